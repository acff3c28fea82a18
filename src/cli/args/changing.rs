//! Commands that change an environment from a definition: plan, apply, destroy.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Consent, Failing, Planning, Reporting, Showing, a_reason};

/// `terrace plan`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace plan staging
  terrace plan staging -target=module.network -out=network.plan
  terrace plan production --summary            a few lines, for a pull request
  terrace plan test -detailed-exitcode         exit code 2 when something would change")]
pub struct PlanArgs {
    /// The environment; may be left out where there is only one
    pub environment: Option<String>,
    /// Plan this revision instead of the definition as it is: r42, or the start of its digest or commit
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Keep the plan in this file, to be applied later
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when something would change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Counts by module instead of every change
    #[arg(long, conflicts_with = "detail")]
    pub summary: bool,
    /// How it is made.
    #[command(flatten)]
    pub planning: Planning,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `terrace apply`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace apply staging                        plan, ask, apply
  terrace apply p7f3a91c                       exactly the plan that was shown
  terrace apply staging network.plan           exactly the plan in a file
  terrace apply test -auto-approve             without a question
  terrace apply production --revision r42      what is promoted there, whatever was edited since")]
pub struct ApplyArgs {
    /// The environment, a plan (its id or file), or both
    #[arg(value_name = "ENVIRONMENT | PLAN", num_args = 0..=2)]
    pub(super) words: Vec<String>,
    /// What it may do without asking.
    #[command(flatten)]
    pub consent: Consent,
    /// What follows a failure.
    #[command(flatten)]
    pub failing: Failing,
    /// Apply this revision instead of the definition as it is: r42, or the start of its digest or commit
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Apply past the rules what was not promoted, and record why
    #[arg(long, value_name = "REASON", value_parser = a_reason)]
    pub break_glass: Option<String>,
    /// How a plan is made, where none is given.
    #[command(flatten)]
    pub planning: Planning,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// `terrace destroy`.
#[derive(Debug, ClapArgs)]
#[command(mut_arg("auto_approve", |asking| asking.help("Destroy without asking")))]
pub struct DestroyArgs {
    /// The environment; may be left out where there is only one
    pub environment: Option<String>,
    /// What it may do without asking.
    #[command(flatten)]
    pub consent: Consent,
    /// How it is made.
    #[command(flatten)]
    pub planning: Planning,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}
