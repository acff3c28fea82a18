//! How the plan of a promotion is made: always of the whole revision, which has its inputs already. So none of the options
//! that make a part of a plan, or another one, are here.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs};

use super::{Planning, so_many};

/// How the plan of a promotion is made.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "What is planned")]
pub struct Bringing {
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Read variables from a file; may be repeated, the last one wins
    #[arg(long = "var-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
    /// Look at what really exists first; --refresh=false trusts the record
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    refresh: bool,
    /// At most so many operations at once; when left out, 32, and more as long as providers keep up
    #[arg(long, value_name = "N", value_parser = so_many)]
    parallelism: Option<NonZeroUsize>,
    #[arg(
        long, hide = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = asking
    )]
    input: bool,
    /// The same as what a plan takes.
    #[arg(skip = Planning::everything(None))]
    pub planning: Planning,
}

impl Bringing {
    /// The options as a plan takes them.
    pub(super) fn settled(&mut self) -> &mut Planning {
        self.planning = Planning {
            variables: self.variables.clone(),
            variable_files: self.variable_files.clone(),
            refresh: self.refresh,
            input_words: vec![self.input.to_string()],
            ..Planning::everything(self.parallelism)
        };
        &mut self.planning
    }
}

/// Whether missing variables may be asked for; an input cannot be given.
fn asking(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "t" => Ok(true),
        "false" | "0" | "f" => Ok(false),
        _ => Err("a revision has its inputs already".into()),
    }
}
