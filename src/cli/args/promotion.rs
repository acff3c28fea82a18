//! Commands that bring revisions through the environments: pipeline, promote, approve, hold, rollback, verify.

use std::num::NonZeroUsize;

use clap::{Args as ClapArgs, Subcommand};

use super::{Bringing, Consent, Failing, Reporting, Showing, a_name, a_reason, so_many};

/// `terrace verify`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit codes: 0 every check passed, 1 one did not.

Examples:
  terrace verify staging                       is it still as it should be?
  terrace verify staging --junit report.xml    and tell the CI system")]
pub struct VerifyArgs {
    /// The environment; may be left out where there is only one
    pub environment: Option<String>,
    /// Write JSON, one message a line
    #[arg(long)]
    pub json: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `terrace pipeline ..`.
#[derive(Debug, Subcommand)]
pub enum PipelineCommand {
    /// Carry a revision through the environments as far as the rules let it
    Run(PipelineRunArgs),
}

/// `terrace pipeline run`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Nobody is asked: the rules of terrace.hcl say what may come where. Run it again to go on.

Exit codes: 0 done, 1 failed, 3 waits for a person, 4 waits for time.

Examples:
  terrace pipeline run                         the definition as it is, and what is under way
  terrace pipeline run r42                     this revision
  terrace pipeline run --input app_version=1.9.0 --junit report.xml --markdown summary.md")]
pub struct PipelineRunArgs {
    /// The revision, if not the definition as it is: r42, or the start of its digest or commit
    #[arg(value_name = "REVISION", conflicts_with = "input_words")]
    pub revision: Option<String>,
    /// Give an input, which all environments share; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE", require_equals = true)]
    pub(super) input_words: Vec<String>,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
    /// What follows a failure.
    #[command(flatten)]
    pub failing: Failing,
    /// At most so many operations at once; when left out, 32, and more as long as providers keep up
    #[arg(long, value_name = "N", value_parser = so_many)]
    pub parallelism: Option<NonZeroUsize>,
    /// Write JSON, one message a line
    #[arg(long)]
    pub json: bool,
    /// Show every change of its own, and values whole
    #[arg(long)]
    pub detail: bool,
    /// Has no effect: nobody is asked
    #[arg(long, hide = true)]
    auto_approve: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `terrace promote`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace promote staging                      the newest revision that may come there
  terrace promote r42 production               this one

Exit codes: 3 a person must decide first, 4 time must pass first")]
pub struct PromoteArgs {
    /// The revision, if not the newest that may come, and the environment
    #[arg(value_name = "REVISION | ENVIRONMENT", num_args = 1..=2, required = true)]
    pub words: Vec<String>,
    /// What it may do without asking.
    #[command(flatten)]
    pub consent: Consent,
    /// What follows a failure.
    #[command(flatten)]
    pub failing: Failing,
    /// How the plan is made.
    #[command(flatten)]
    pub bringing: Bringing,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `terrace rollback`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace rollback production                  the revision and variables that were good there before
  terrace rollback production --to r40         as r40 was there last")]
pub struct RollbackArgs {
    /// The environment; may be left out where there is only one
    pub environment: Option<String>,
    /// The revision, if not the one before: r40, or the start of its digest or commit
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
    /// Why, to be recorded
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    pub reason: Option<String>,
    /// What it may do without asking.
    #[command(flatten)]
    pub consent: Consent,
    /// At most so many operations at once; when left out, 32, and more as long as providers keep up
    #[arg(long, value_name = "N", value_parser = so_many)]
    pub parallelism: Option<NonZeroUsize>,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace approve`.
#[derive(Debug, ClapArgs)]
pub struct ApproveArgs {
    /// The environment, and the revision if not the newest that may come
    #[arg(value_name = "ENVIRONMENT | REVISION", num_args = 1..=2, required = true)]
    pub words: Vec<String>,
    /// Who approves, if not who runs this
    #[arg(long = "as", value_name = "NAME", value_parser = a_name)]
    pub by: Option<String>,
    /// Why, to be recorded
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    pub reason: Option<String>,
    /// How the plan is made.
    #[command(flatten)]
    pub bringing: Bringing,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace hold`.
#[derive(Debug, ClapArgs)]
pub struct HoldArgs {
    /// The environment
    pub environment: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    pub reason: String,
}

/// `terrace release-hold`.
#[derive(Debug, ClapArgs)]
pub struct ReleaseArgs {
    /// The environment
    pub environment: String,
    /// A revision that a rollback left, and that may come again; without it, what a person holds is released, or what
    /// rollbacks left where nobody holds
    pub revision: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    pub reason: Option<String>,
}
