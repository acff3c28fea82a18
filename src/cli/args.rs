//! The command line as typed words: which command, which options. Terraform's options are taken with one dash too.
//! Parses only; what a command does with its options is in the command's own file.

mod again;
mod bringing;
mod early;
mod elsewhere;
mod given;
mod one_dash;
mod words;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{
    ArgAction, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use delivery::schedule::{self, Schedule};
use model::address::{AddressError, InstanceAddr, Target};
use model::pattern::Pattern;
use state::RunKind;

use super::output::style::ColorChoice;

pub use again::Keep;
pub use bringing::Bringing;
pub use early::Early;
pub use given::Given;
pub use words::{ApplySubject, Named, PlanRef, ShowSubject, ShowWhat, WordsError};

/// Everything on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "terrace",
    version,
    about = "Provisions the environments of a delivery pipeline from one definition",
    styles = early::STYLES,
    help_template = early::HELP,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Go to this directory first
    #[arg(long, global = true, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub color: ColorChoice,
    /// The same as --color=never
    #[arg(long, global = true, hide = true)]
    pub no_color: bool,
    /// Say less: no progress and summaries; twice, only errors
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// Say more: unchanged attributes; twice, what happens inside
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

impl Global {
    /// The colour asked for.
    pub fn color(&self) -> ColorChoice {
        if self.no_color {
            ColorChoice::Never
        } else {
            self.color
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would change, and why
    Plan(PlanArgs),
    /// Make an environment as defined
    Apply(ApplyArgs),
    /// Destroy all of an environment
    Destroy(DestroyArgs),
    /// Find what is not as it was applied, and heal it
    Drift(DriftArgs),
    /// Look for drift again and again
    Watch(WatchArgs),
    /// Write what is there as a patch of the definition or of variables
    Adopt(AdoptArgs),
    /// Try the checks of an environment on what is deployed there
    Verify(VerifyArgs),
    /// Carry a revision through the environments as far as the rules let it
    #[command(subcommand)]
    Pipeline(PipelineCommand),
    /// Bring a revision to an environment, when every rule is met
    Promote(PromoteArgs),
    /// Go back to what was in an environment before
    Rollback(RollbackArgs),
    /// Approve what a revision does to an environment
    Approve(ApproveArgs),
    /// Let nothing come to an environment for now
    Hold(HoldArgs),
    /// End a hold
    ReleaseHold(ReleaseArgs),
    /// Show what is recorded, a saved plan or a run
    Show(ShowArgs),
    /// Show the outputs of an environment
    Output(OutputArgs),
    /// Look into the record of an environment
    #[command(subcommand)]
    State(StateCommand),
    /// Show all environments, or one, at a glance
    Status(StatusArgs),
    /// Look at revisions: what was made to be promoted
    #[command(subcommand)]
    Revision(RevisionCommand),
    /// Show in which environments a revision is and was
    Where(WhereArgs),
    /// Show the way of a revision through the environments
    Trace(TraceArgs),
    /// Show in what two environments differ
    Diff(DiffArgs),
    /// List the runs of an environment, or verify that none was edited
    Log(LogArgs),
    /// Check the definition and the project file
    Validate(ValidateArgs),
    /// Bring definition files into the usual form
    Fmt(FmtArgs),
    /// Evaluate expressions of the language
    Console(ConsoleArgs),
    /// Begin a project in a directory
    Init(InitArgs),
    /// Show the version
    Version(VersionArgs),
    /// Write a script that completes commands in a shell
    Completions(CompletionsArgs),
    /// Explain an error or warning by its id
    Explain(ExplainArgs),
}

/// How a plan is made.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "What is planned")]
pub struct Planning {
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Read variables from a file; may be repeated, the last one wins
    #[arg(long = "var-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
    /// `--var` and `--var-file` in the order they were given.
    #[arg(skip)]
    pub given: Vec<Given>,
    /// Plan only this address and what it needs; may be repeated
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Target>,
    /// Leave out this address and what needs it; may be repeated
    #[arg(long = "exclude", value_name = "ADDRESS", conflicts_with = "targets")]
    pub excludes: Vec<Target>,
    /// Replace this instance; may be repeated
    #[arg(long = "replace", value_name = "ADDRESS")]
    pub replaces: Vec<InstanceAddr>,
    /// Look at what really exists first; --refresh=false trusts the record
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub refresh: bool,
    /// Change nothing, only bring the record up to what exists
    #[arg(long, conflicts_with_all = ["destroy", "replaces"])]
    pub refresh_only: bool,
    /// Plan to destroy everything
    #[arg(long, conflicts_with = "replaces")]
    pub destroy: bool,
    /// At most so many operations at once
    #[arg(long, value_name = "N", value_parser = so_many)]
    pub parallelism: Option<NonZeroUsize>,
    /// Give an input, which all environments share; may be repeated. --input=false never asks for what is missing
    #[arg(
        long = "input", value_name = "NAME=VALUE", default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Append
    )]
    input_words: Vec<String>,
    /// Whether missing variables may be asked for.
    #[arg(skip = true)]
    pub input: bool,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    lock: Option<bool>,
    #[arg(long, hide = true, value_name = "DURATION")]
    lock_timeout: Option<String>,
}

impl Planning {
    /// A plan of everything, with what is configured.
    pub fn everything(parallelism: Option<NonZeroUsize>) -> Self {
        Self {
            variables: Vec::new(),
            variable_files: Vec::new(),
            given: Vec::new(),
            targets: Vec::new(),
            excludes: Vec::new(),
            replaces: Vec::new(),
            refresh: true,
            refresh_only: false,
            destroy: false,
            parallelism,
            input_words: Vec::new(),
            input: false,
            inputs: Vec::new(),
            lock: None,
            lock_timeout: None,
        }
    }

    /// Options that were given and have no effect, each with the reason.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let lock = self
            .lock
            .map(|_| "--lock has no effect: a plan takes no lock, an apply always takes one");
        let timeout = self
            .lock_timeout
            .as_ref()
            .map(|_| "--lock-timeout has no effect: a locked record is told at once, exit code 75");
        let replace = (self.destroy && !self.replaces.is_empty())
            .then_some("--replace has no effect: a destroy replaces nothing");
        lock.into_iter().chain(timeout).chain(replace).collect()
    }
}

/// How things are shown.
#[derive(Clone, Copy, Debug, ClapArgs)]
#[command(next_help_heading = "How it is shown")]
pub struct Showing {
    /// Write JSON, one message a line, as Terraform does
    #[arg(long)]
    pub json: bool,
    /// Show every change of its own, and values whole
    #[arg(long)]
    pub detail: bool,
    /// A line for each warning
    #[arg(long)]
    pub compact_warnings: bool,
}

/// Files that tell what happened.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Reports")]
pub struct Reporting {
    /// Write what happened to this file as JUnit XML, also when it failed
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write what happened to this file as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Let the Markdown have at most so many bytes: it is folded, and never loses what is destroyed
    #[arg(
        long,
        value_name = "N",
        requires = "markdown",
        default_value_t = 60_000
    )]
    pub max_bytes: usize,
}

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
    input_words: Vec<String>,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
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
    /// At most so many operations at once
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
    words: Vec<String>,
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Let this protected instance, or what matches this pattern, be destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = instances)]
    pub allow_destroy: Vec<Pattern>,
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
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Let this protected instance, or what matches this pattern, be destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = instances)]
    pub allow_destroy: Vec<Pattern>,
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

/// What happens when an apply, or a check after it, fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// What was done stays as it is.
    #[default]
    Stop,
    /// The environment goes back to what was there before.
    Rollback,
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
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Let this protected instance, or what matches this pattern, be destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = instances)]
    pub allow_destroy: Vec<Pattern>,
    /// At most so many operations at once
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
    #[arg(long = "as", value_name = "NAME")]
    pub by: Option<String>,
    /// Why, to be recorded
    #[arg(long, value_name = "TEXT")]
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
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `terrace release-hold`.
#[derive(Debug, ClapArgs)]
pub struct ReleaseArgs {
    /// The environment
    pub environment: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `terrace destroy`.
#[derive(Debug, ClapArgs)]
pub struct DestroyArgs {
    /// The environment; may be left out where there is only one
    pub environment: Option<String>,
    /// Destroy without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Let this protected instance, or what matches this pattern, be destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = instances)]
    pub allow_destroy: Vec<Pattern>,
    /// How it is made.
    #[command(flatten)]
    pub planning: Planning,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace drift`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit codes: 0 nothing drifted, or all of it is healed; 2 something drifted; 1 it could not be told.

Examples:
  terrace drift                                look at every environment
  terrace drift staging --explain              and say which rule decided about each
  terrace drift production --heal              and heal what `heal` in terrace.hcl allows")]
pub struct DriftArgs {
    /// Environments; all of them when left out
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Heal what the `heal` block of terrace.hcl allows, in each environment after it was looked at
    #[arg(long)]
    pub heal: bool,
    /// Name the rule that decided about each instance, and what follows from it
    #[arg(long)]
    pub explain: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Show values whole
    #[arg(long)]
    pub detail: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
    /// Write numbers for Prometheus, as the node exporter's textfile collector reads them
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub metrics: Option<PathBuf>,
}

/// `terrace adopt`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
What was changed outside is written where it comes from: the literal in the block, or what terrace.hcl or a variable file
gives the variable. It is printed as a patch, from the project's directory; nothing is edited or applied.

Exit codes: 0 all of it can be adopted, 2 a part of it, 1 nothing.

Examples:
  terrace adopt staging local_directory.data | patch -p1
  terrace adopt staging local_directory.data --patch drift.patch")]
pub struct AdoptArgs {
    /// The environment
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: String,
    /// The instance
    #[arg(value_name = "ADDRESS")]
    pub address: InstanceAddr,
    /// Write the patch to this file
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,
}

/// `terrace watch`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
It says a line a look, reads terrace.hcl anew each time, and ends when it is asked to: at once between looks, after the
running step in one. A look that fails does not end it. One process watches an environment at a time.

Examples:
  terrace watch production --heal              every 5 minutes
  terrace watch --every 1m --jitter 10s        every environment, more often
  terrace watch production --heal --cron '0 6 * * MON-FRI Europe/Rome'")]
pub struct WatchArgs {
    /// Environments; all of them when left out
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Heal what the `heal` block of terrace.hcl allows
    #[arg(long)]
    pub heal: bool,
    /// Look so often; every 5m when left out
    #[arg(long, value_name = "DURATION", value_parser = Schedule::every, conflicts_with = "cron")]
    pub every: Option<Schedule>,
    /// Look when a cron expression says so: five fields, then a time zone or else in UTC
    #[arg(long, value_name = "EXPRESSION", value_parser = Schedule::cron)]
    pub cron: Option<Schedule>,
    /// Look later than that by at most so much, by chance
    #[arg(long, value_name = "DURATION", value_parser = schedule::duration, default_value = "0s", hide_default_value = true)]
    pub jitter: std::time::Duration,
    /// End after so many looks, with the exit code of the last
    #[arg(long, value_name = "N")]
    pub max_looks: Option<std::num::NonZeroU64>,
    /// Write JSON, a message a look and environment
    #[arg(long)]
    pub json: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
    /// Write numbers for Prometheus, as the node exporter's textfile collector reads them
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub metrics: Option<PathBuf>,
}

/// `terrace show`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace show staging                         what is recorded
  terrace show p7f3a91c                        a plan, again
  terrace show -json network.plan              the same in Terraform's format
  terrace show staging run 51                  what a run did")]
pub struct ShowArgs {
    /// An environment, a plan (its id or file), or `run` and a number
    #[arg(value_name = "ENVIRONMENT | PLAN | run N", num_args = 0..=3)]
    words: Vec<String>,
    /// Tell a run again as it was seen
    #[arg(long)]
    pub replay: bool,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace output`.
#[derive(Debug, ClapArgs)]
pub struct OutputArgs {
    /// An environment and the name of one output; each may be left out
    #[arg(value_name = "ENVIRONMENT | NAME", num_args = 0..=2)]
    words: Vec<String>,
    /// Write JSON, sensitive values too
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Write the bare text of one output, without a newline
    #[arg(long)]
    pub raw: bool,
}

/// `terrace state ..`.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List recorded instances
    List(StateListArgs),
    /// Show recorded instances with their attributes
    Show(StateShowArgs),
    /// Say what became of a step of which it cannot be told
    Settle(StateSettleArgs),
}

/// `terrace state list`.
#[derive(Debug, ClapArgs)]
pub struct StateListArgs {
    /// An environment, and addresses of modules, blocks or instances to list
    #[arg(value_name = "ENVIRONMENT | ADDRESS")]
    words: Vec<String>,
    /// Only the object with this id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace state show`.
#[derive(Debug, ClapArgs)]
pub struct StateShowArgs {
    /// An environment, and addresses of modules, blocks or instances to show
    #[arg(value_name = "ENVIRONMENT | ADDRESS", required = true)]
    words: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace state settle`.
#[derive(Debug, ClapArgs)]
#[command(group = clap::ArgGroup::new("verdict").required(true))]
pub struct StateSettleArgs {
    /// An environment, and the address of the instance
    #[arg(value_name = "ENVIRONMENT | ADDRESS", required = true)]
    words: Vec<String>,
    /// There is no such object
    #[arg(long, group = "verdict")]
    pub gone: bool,
    /// It is as it was before the step
    #[arg(long, group = "verdict")]
    pub unchanged: bool,
    /// It exists, with this id
    #[arg(long, value_name = "ID", group = "verdict")]
    pub id: Option<String>,
}

/// `terrace status`.
#[derive(Debug, ClapArgs)]
pub struct StatusArgs {
    /// One environment in more words; all of them when left out
    pub environment: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Write only the names of the environments, for completions
    #[arg(long, hide = true, conflicts_with = "json")]
    pub names: bool,
}

/// `terrace revision ..`.
#[derive(Debug, Subcommand)]
pub enum RevisionCommand {
    /// Make a revision of the definition as it is
    Create(RevisionCreateArgs),
    /// List revisions, the newest first
    List(RevisionListArgs),
    /// Show a revision: where it comes from and what is in it
    Show(RevisionShowArgs),
    /// Show what differs between two revisions
    Diff(RevisionDiffArgs),
    /// Say that a revision is not to be promoted any more
    Reject(RevisionRejectArgs),
    /// Write the files of a revision into a directory
    Export(RevisionExportArgs),
}

/// `terrace revision create`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace revision create
  terrace revision create --input app_version=1.9.0 --note 'faster search'")]
pub struct RevisionCreateArgs {
    /// Give an input, which all environments share; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE", require_equals = true)]
    input_words: Vec<String>,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
    /// A word to keep with it
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision list`.
#[derive(Debug, ClapArgs)]
pub struct RevisionListArgs {
    /// So many, the newest ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Write JSON, one revision a line
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision show`.
#[derive(Debug, ClapArgs)]
pub struct RevisionShowArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision diff`.
#[derive(Debug, ClapArgs)]
pub struct RevisionDiffArgs {
    /// The earlier one: r41, or the start of its digest or commit
    pub old: String,
    /// The later one
    pub new: String,
}

/// `terrace revision reject`.
#[derive(Debug, ClapArgs)]
pub struct RevisionRejectArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `terrace revision export`.
#[derive(Debug, ClapArgs)]
pub struct RevisionExportArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// The directory, which must be empty or not there yet
    pub directory: PathBuf,
}

/// `terrace where`.
#[derive(Debug, ClapArgs)]
pub struct WhereArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace trace`.
#[derive(Debug, ClapArgs)]
pub struct TraceArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace diff`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  terrace diff staging production              what production has instead of what staging has")]
pub struct DiffArgs {
    /// An environment, whose values stand left
    #[arg(value_name = "ENVIRONMENT")]
    pub left: String,
    /// Another one
    #[arg(value_name = "OTHER")]
    pub right: String,
    /// Compare the ids of objects too, which are others in every environment
    #[arg(long)]
    pub ids: bool,
    /// Show values whole
    #[arg(long)]
    pub detail: bool,
    /// Exit with 2 when something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace log`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace log production --kind promote,rollback --since 7d
  terrace log --failed --by ci
  terrace log --verify                         whether the history is as it was written; exit code 1 if not")]
pub struct LogArgs {
    /// The environment; all of them when left out
    pub environment: Option<String>,
    /// So many runs, the last ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Only runs of these kinds: apply, promote, rollback, approve, ..
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub kinds: Vec<RunKind>,
    /// Only runs about this revision
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Only runs by this person or system
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Only runs begun since: 2h, 3d, 2026-11-22
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only runs that did not end well
    #[arg(long)]
    pub failed: bool,
    /// Verify that no run was edited, removed or added
    #[arg(long, conflicts_with_all = ["limit", "kinds", "revision", "by", "since", "failed"])]
    pub verify: bool,
    /// Write JSON, one run a line
    #[arg(long)]
    pub json: bool,
}

/// `terrace validate`.
#[derive(Debug, ClapArgs)]
pub struct ValidateArgs {
    /// Check the variables of this environment only
    pub environment: Option<String>,
    /// Write JSON, as Terraform does
    #[arg(long)]
    pub json: bool,
    /// A line for each warning
    #[arg(long)]
    pub compact_warnings: bool,
}

/// `terrace fmt`.
#[derive(Debug, ClapArgs)]
pub struct FmtArgs {
    /// Files or directories; `-` is standard input [default: this directory]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit with 3 when a file is not in the usual form
    #[arg(long)]
    pub check: bool,
    /// Show what differs
    #[arg(long)]
    pub diff: bool,
    /// Go into directories
    #[arg(long)]
    pub recursive: bool,
    /// Write the files; --write=false only looks
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub write: bool,
    /// Name the files that differ; --list=false does not
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub list: bool,
}

/// `terrace console`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace console staging
  echo 'cidrsubnet(var.cidr, 8, 3)' | terrace console staging --json")]
pub struct ConsoleArgs {
    /// The environment whose variables and record expressions see
    pub environment: Option<String>,
    /// Write {"type", "value"} with unknowns and marks for each expression
    #[arg(long)]
    pub json: bool,
    /// How variables are given.
    #[command(flatten)]
    pub planning: Planning,
}

/// `terrace init`.
#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// The directory [default: this one]
    pub directory: Option<PathBuf>,
    /// Names of environments, in the order of the pipeline
    #[arg(long = "environment", value_name = "NAME")]
    pub environments: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    input: Option<bool>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    backend: Option<bool>,
    #[arg(long, hide = true)]
    upgrade: bool,
    #[arg(long, hide = true)]
    reconfigure: bool,
}

impl InitArgs {
    /// Options that were given and have no effect, each with the reason.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let upgrade = self.upgrade.then_some(
            "-upgrade has no effect: the providers are built in, and nothing is installed",
        );
        let backend = (self.backend.is_some() || self.reconfigure).then_some(
            "-backend and -reconfigure have no effect: the record is .terrace/state.db in the project's directory",
        );
        upgrade.into_iter().chain(backend).collect()
    }
}

/// `terrace version`.
#[derive(Debug, ClapArgs)]
pub struct VersionArgs {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace completions`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace completions bash > ~/.local/share/bash-completion/completions/terrace
  terrace completions zsh > ~/.zfunc/_terrace
  terrace completions fish > ~/.config/fish/completions/terrace.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `terrace explain`.
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// The id, as in `error[unknown-attribute]`; all ids when left out
    pub id: Option<String>,
}

/// A kind of run, by the record's word.
fn kind(text: &str) -> Result<RunKind, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no kind of run: apply, destroy, refresh, promote, rollback, heal, recover, verify, drift, \
             approve, reject, hold, release, revision"
        )
    })
}

/// A count that is not 0.
fn so_many(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a whole number from 1"))
}

/// A pattern of whole instances.
fn instances(text: &str) -> Result<Pattern, String> {
    let pattern: Pattern = text
        .parse()
        .map_err(|error: AddressError| error.to_string())?;
    match pattern.names_attribute() {
        true => Err("this names an attribute, and instances are destroyed whole".into()),
        false => Ok(pattern),
    }
}

/// A reason that says something.
fn a_reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a reason is wanted, which is recorded".into()),
        reason => Ok(reason.to_owned()),
    }
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// [`Early`] when the process ends here: with help, the version, or a usage error (exit code 64).
pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Args, Box<Early>> {
    let mut command = Args::command();
    let line = one_dash::rewritten(line, &command);
    let matches = command
        .try_get_matches_from_mut(line)
        .map_err(Early::from_clap)?;
    let mut args = Args::from_arg_matches(&matches)
        .map_err(|error| Early::from_clap(error.format(&mut command)))?;
    if let Command::Revision(RevisionCommand::Create(args)) = &mut args.command {
        let (inputs, _) = given::inputs(&args.input_words).map_err(|error| Early::usage(&error))?;
        args.inputs = inputs;
    }
    if let Command::Pipeline(PipelineCommand::Run(args)) = &mut args.command {
        let (inputs, _) = given::inputs(&args.input_words).map_err(|error| Early::usage(&error))?;
        args.inputs = inputs;
    }
    if let (Some(planning), Some((_, matches))) = (args.command.planning(), matches.subcommand()) {
        let (inputs, ask) =
            given::inputs(&planning.input_words).map_err(|error| Early::usage(&error))?;
        (planning.inputs, planning.input) = (inputs, ask.unwrap_or(true));
        planning.given = given::in_order(&planning.variables, &planning.variable_files, matches)
            .map_err(|error| Early::usage(&error))?;
    }
    if args.command.inputs_of_a_revision() {
        return Err(Early::usage(
            "`--input` cannot be given with `--revision`: a revision has its inputs already",
        ));
    }
    Ok(args)
}

impl Command {
    /// Whether inputs are given to a revision, which has its own.
    fn inputs_of_a_revision(&self) -> bool {
        let of = |revision: &Option<String>, planning: &Planning| {
            revision.is_some() && !planning.inputs.is_empty()
        };
        if let Self::Plan(args) = self {
            return of(&args.revision, &args.planning);
        }
        matches!(self, Self::Apply(args) if of(&args.revision, &args.planning))
    }

    fn planning(&mut self) -> Option<&mut Planning> {
        match self {
            Self::Plan(args) => Some(&mut args.planning),
            Self::Apply(args) => Some(&mut args.planning),
            Self::Destroy(args) => Some(&mut args.planning),
            Self::Console(args) => Some(&mut args.planning),
            Self::Promote(args) => Some(args.bringing.settled()),
            Self::Approve(args) => Some(args.bringing.settled()),
            Self::Show(_)
            | Self::Drift(_)
            | Self::Watch(_)
            | Self::Adopt(_)
            | Self::Output(_)
            | Self::State(_)
            | Self::Status(_)
            | Self::Revision(_)
            | Self::Where(_)
            | Self::Trace(_)
            | Self::Diff(_)
            | Self::Log(_)
            | Self::Validate(_)
            | Self::Fmt(_)
            | Self::Init(_)
            | Self::Version(_)
            | Self::Completions(_)
            | Self::Hold(_)
            | Self::Rollback(_)
            | Self::ReleaseHold(_)
            | Self::Verify(_)
            | Self::Pipeline(_)
            | Self::Explain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
