//! What is agreed to beforehand: that nobody is asked, that something protected goes, and what follows a failure.

use clap::{Args as ClapArgs, ValueEnum};
use model::pattern::Pattern;

use super::instances;

/// What a command may do without asking.
#[derive(Debug, ClapArgs)]
pub struct Consent {
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Let this protected instance, or what matches this pattern, be destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = instances)]
    pub allow_destroy: Vec<Pattern>,
}

/// What follows when an apply, or a check after it, fails.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub struct Failing {
    /// When it or a check fails: stop, or rollback to what was there before
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub on_failure: OnFailure,
}

/// What happens when an apply, or a check after it, fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// What was done stays as it is.
    #[default]
    Stop,
    /// The environment goes back to what was there before.
    Rollback,
}
