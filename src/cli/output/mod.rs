//! Everything that is written to a terminal, and the JSON that says the same to programs. Commands hand over facts;
//! how they look is decided here. The only place that looks at a terminal's width or colour.

pub mod style;

pub mod ahead;
pub mod chain;
pub mod diagnostic;
pub mod difference;
pub mod drift;
pub mod duration;
pub mod elide;
pub mod environments;
pub mod explanations;
pub mod frame;
pub mod gate;
pub mod hidden;
pub mod json;
pub mod line;
pub mod moment;
pub mod pipeline;
pub mod plan;
pub mod progress;
pub mod prompt;
pub mod recorded;
pub mod revision;
pub mod rollback;
pub mod run;
pub mod run_view;
pub mod runs;
mod source_lines;
pub mod state;
pub mod status;
pub mod table;
pub mod text_diff;
pub mod trail;
pub mod value;
pub mod whole_file;
pub mod write;
