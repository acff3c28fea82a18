//! The command line: one file a command, each parse, options, one call, render. `output/` is all that writes.

pub mod args;
pub mod exit;
pub mod output;
