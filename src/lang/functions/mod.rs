//! The built-in functions: one file per subject, and the way they are called.

mod collection;
mod conversion;
mod crypto;
mod datetime;
mod encoding;
mod filesystem;
mod network;
mod numeric;
pub mod protocol;
mod reads;
mod registry;
mod string;
mod template;
mod terraform_provider;
#[cfg(test)]
mod testing;
mod text_function;

pub use protocol::{CallContext, Function, FunctionError, Impure, Random, call};
pub use reads::Reads;
pub use registry::{all, lookup};
pub use terraform_provider::terraform_provider;
