//! The nouns of Terrace: values, types, addresses, schemas, plans, events, diagnostics.
//! No IO; knows neither HCL nor SQL nor an async runtime.

pub mod address;
pub mod change;
pub mod clock;
pub mod condition;
pub mod diagnostic;
pub mod event;
pub mod number;
pub mod path;
pub mod pattern;
pub mod plan;
pub mod schema;
pub mod serial;
pub mod span;
pub mod text;
pub mod ty;
pub mod value;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use number::Number;
pub use path::{Path, PathStep};
pub use pattern::Pattern;
pub use span::{FileId, Sources, Span};
pub use text::Str;
pub use ty::Type;
pub use value::{Marks, Value};
