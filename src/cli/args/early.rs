//! Ends before anything began: help, the version, a command line that cannot be understood.

use std::ffi::OsString;

use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::elsewhere::{instead_of, option_instead};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::style::Paint;

/// How help looks; the same colours as everywhere.
pub(super) const STYLES: Styles = Styles::styled()
    .header(anstyle::Style::new().bold())
    .usage(anstyle::Style::new().bold())
    .literal(anstyle::AnsiColor::Green.on_default())
    .placeholder(anstyle::AnsiColor::Cyan.on_default())
    .error(anstyle::AnsiColor::Red.on_default().bold())
    .valid(anstyle::AnsiColor::Green.on_default())
    .invalid(anstyle::AnsiColor::Yellow.on_default());

/// The help of `terrace` alone: its commands by what they are for.
pub(super) const HELP: &str = "\
{about}

{usage-heading} {usage}

Change environments:
  plan         Show what would change, and why
  apply        Make an environment as defined
  destroy      Destroy all of an environment

Promote revisions:
  pipeline     Carry a revision through the environments as far as the rules let it
  promote      Bring a revision to an environment, when every rule is met
  rollback     Go back to what was in an environment before
  approve      Approve what a revision does to an environment
  hold         Let nothing come to an environment for now
  release-hold End a hold
  revision     Look at revisions: what was made to be promoted

Look at environments:
  status       Show all environments, or one, at a glance
  verify       Try the checks of an environment on what is deployed there
  drift        Find what is not as it was applied, and heal it
  watch        Look for drift again and again
  adopt        Write what is there as a patch of the definition or of variables
  show         Show what is recorded, a saved plan or a run
  output       Show the outputs of an environment
  state        Look into the record of an environment
  where        Show in which environments a revision is and was
  trace        Show the way of a revision through the environments
  diff         Show in what two environments differ
  log          List the runs of an environment, or verify that none was edited

Write definitions:
  init         Begin a project in a directory; install its modules
  get          Install the modules of the definition that are not local paths
  validate     Check the definition and the project file
  fmt          Bring definition files into the usual form
  console      Evaluate expressions of the language

About Terrace:
  explain      Explain an error by its id, or a resource type with its arguments
  completions  Write a script that completes commands in a shell
  version      Show the version
  help         Show this, or the help of a command

Options:
{options}

Terraform's options are understood where they mean the same, with one dash too: terrace plan staging -target=a.b
`terrace COMMAND --help` tells more.
";

/// A process that ends here: what it says, where, and with which code.
#[derive(Debug)]
pub struct Early {
    error: Option<clap::Error>,
    text: String,
    /// How the process ends.
    pub code: ExitCode,
}

impl Early {
    pub(super) fn from_clap(error: clap::Error) -> Box<Self> {
        if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
            && let Some(instead) = instead_of(word)
        {
            return Box::new(Self {
                error: None,
                text: format!("error: there is no command `{word}` here\n\n{instead}\n"),
                code: ExitCode::Usage,
            });
        }
        let asked = matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        );
        let code = if asked {
            ExitCode::Done
        } else {
            ExitCode::Usage
        };
        Box::new(Self {
            text: error.to_string(),
            error: Some(error),
            code,
        })
    }

    /// That a command has no such option, with the one that is probably meant, or with what to do instead; none where
    /// something else is wrong.
    pub(super) fn unknown_option(
        error: &clap::Error,
        line: &[OsString],
        command: &clap::Command,
    ) -> Option<Box<Self>> {
        let ContextValue::String(given) = error.get(ContextKind::InvalidArg)? else {
            return None;
        };
        let bare = given
            .strip_prefix("--")
            .filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
        let mut at = command;
        let mut words = vec!["terrace"];
        for word in line.iter().skip(1).filter_map(|word| word.to_str()) {
            if let Some(inner) = at.find_subcommand(word) {
                words.push(inner.get_name());
                at = inner;
            }
        }
        let known = at.get_arguments().chain(command.get_arguments());
        let known: Vec<&str> = known
            .filter(|argument| !argument.is_hide_set())
            .filter_map(clap::Arg::get_long)
            .collect();
        let command = words.join(" ");
        let help = match (option_instead(bare), lang::closest(bare, known)) {
            (Some(instead), _) => format!("help: {instead}\n\n"),
            (None, Some(close)) => format!("help: did you mean `--{close}`?\n\n"),
            (None, None) => String::new(),
        };
        let usage = at.clone().render_usage();
        Some(Box::new(Self {
            error: None,
            text: format!(
                "error: `{command}` has no option `{given}`\n\n{help}{usage}\n\nFor more information: {command} --help\n"
            ),
            code: ExitCode::Usage,
        }))
    }

    pub(super) fn usage(message: &str) -> Box<Self> {
        Box::new(Self {
            error: None,
            text: format!("error: {message}\n\nFor more information, try '--help'.\n"),
            code: ExitCode::Usage,
        })
    }

    /// Whether it is an answer, for standard output, and not a complaint.
    pub fn is_answer(&self) -> bool {
        self.code == ExitCode::Done
    }

    /// What to write.
    pub fn text(&self, paint: Paint) -> String {
        match (&self.error, paint) {
            (Some(error), Paint::Ansi) => error.render().ansi().to_string(),
            _ => self.text.clone(),
        }
    }
}
