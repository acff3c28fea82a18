//! The command line as typed words: which command, which options. Terraform's options are taken with one dash too.
//! Parses only; what a command does with its options is in the command's own file.

mod again;
mod around;
mod bringing;
mod changing;
mod consent;
mod definition;
mod drifting;
mod early;
mod elsewhere;
mod given;
mod one_dash;
mod planning;
mod promotion;
mod recorded;
mod revisions;
mod words;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand};
use model::address::AddressError;
use model::pattern::Pattern;

use super::output::style::ColorChoice;

pub use again::Keep;
pub use bringing::Bringing;
pub use changing::{ApplyArgs, DestroyArgs, PlanArgs};
pub use consent::{Consent, Failing, OnFailure};
pub use definition::{
    CompletionsArgs, ConsoleArgs, ExplainArgs, FmtArgs, GetArgs, InitArgs, ValidateArgs,
    VersionArgs,
};
pub use drifting::{AdoptArgs, DriftArgs, WatchArgs};
pub use early::Early;
pub use given::Given;
pub use planning::{Planning, Reporting, Showing};
pub use promotion::{
    ApproveArgs, HoldArgs, PipelineCommand, PipelineRunArgs, PromoteArgs, ReleaseArgs,
    RollbackArgs, VerifyArgs,
};
pub use recorded::{
    DiffArgs, LogArgs, OutputArgs, ShowArgs, StateCommand, StateListArgs, StateSettleArgs,
    StateShowArgs, StatusArgs, TraceArgs, WhereArgs,
};
pub use revisions::{
    RevisionCommand, RevisionCreateArgs, RevisionDiffArgs, RevisionExportArgs, RevisionListArgs,
    RevisionRejectArgs, RevisionShowArgs,
};
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
    /// Begin a project in a directory; install its modules
    Init(InitArgs),
    /// Install the modules of the definition that are not local paths
    Get(GetArgs),
    /// Show the version
    Version(VersionArgs),
    /// Write a script that completes commands in a shell
    Completions(CompletionsArgs),
    /// Explain an error by its id, or a resource type with its arguments
    Explain(ExplainArgs),
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

/// A name that somebody has, without the spaces around it.
fn a_name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name is wanted: who approves is recorded".into()),
        name if name.contains(char::is_control) => Err("a name is one line of text".into()),
        name => Ok(name.to_owned()),
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
pub fn parse(
    line: impl IntoIterator<Item = OsString>,
    variables: &BTreeMap<String, String>,
) -> Result<Args, Box<Early>> {
    let mut command = Args::command();
    let line =
        around::with_variables(line, &command, variables).map_err(|error| Early::usage(&error))?;
    let line = one_dash::help_last(one_dash::rewritten(line, &command));
    let matches = command.try_get_matches_from_mut(&line).map_err(|error| {
        Early::unknown_option(&error, &line, &command).unwrap_or_else(|| Early::from_clap(error))
    })?;
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
            | Self::Get(_)
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
