//! One call of the program: what the process environment and the command line say that is the same for every
//! command, and the two streams.

pub mod exit;
pub mod interrupt;
pub mod listen;
pub mod shell;
pub mod suggested;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use contract::Providers;
use lang::desired::RandomSource;
use model::clock::Clock;
use model::{Diagnostics, Sources};

use super::args::Global;
use super::output::diagnostic::{self, Warnings};
use super::output::line::Page;
use super::output::progress::ProgressMode;
use super::output::style::{Look, Surroundings};
use super::output::write;
use crate::cli::reports::account::Account;

/// What `main` finds out and passes in.
#[derive(Clone, Debug)]
pub struct Process {
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// The working directory.
    pub directory: PathBuf,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub random: Arc<dyn RandomSource>,
    /// Makes providers whose relative paths start at directories.
    pub providers: fn(Directories<'_>, Arc<dyn Clock>) -> Arc<dyn Providers>,
    /// The name of the system's user who runs this, where it has one.
    pub user: fn() -> Option<String>,
}

impl Process {
    /// Returns the values for variables that the environment has as `TF_VAR_name`, by name.
    pub fn tf_vars(&self) -> BTreeMap<String, String> {
        let named = self.environment.iter();
        let named = named.filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?, value)));
        named
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }
}

/// Where the relative paths of a definition start.
#[derive(Clone, Copy, Debug)]
pub struct Directories<'d> {
    /// The definition's own directory: what it makes is made below it, whatever revision is applied.
    pub own: &'d Path,
    /// Where its files are read: the same, or where its revision was checked out.
    pub source: &'d Path,
}

/// One call of the program.
#[derive(Debug)]
pub struct Invocation {
    /// What `main` found out.
    pub process: Process,
    /// Options of every command.
    pub global: Global,
    /// How standard output looks.
    pub stdout: Look,
    /// How standard error looks.
    pub stderr: Look,
    /// What the process environment says about output.
    pub around: Surroundings,
    /// The directory that the command is about: the project's, or one in it.
    pub directory: PathBuf,
    /// How the user would write the path to it; empty when they stand in it.
    pub base: PathBuf,
    /// What becomes of the environment that is worked on, for reports.
    pub account: Arc<Account>,
    /// What was said that is to be said once.
    said: OnceLock<()>,
    /// Revisions that were said to be used.
    used: Mutex<BTreeSet<u64>>,
    /// What was not told because of `-qq`.
    withheld: Mutex<String>,
}

impl Invocation {
    /// Puts together what the command line and the process say.
    pub fn new(process: Process, global: Global) -> Self {
        let around = Surroundings::read(|name| process.environment.get(name).cloned());
        let base = global.chdir.clone().unwrap_or_default();
        let directory = if base.as_os_str().is_empty() {
            process.directory.clone()
        } else {
            process.directory.join(&base)
        };
        Self {
            stdout: Look::stdout(global.color(), &around),
            stderr: Look::stderr(global.color(), &around),
            process,
            global,
            around,
            directory,
            base,
            account: Arc::default(),
            said: OnceLock::new(),
            used: Mutex::default(),
            withheld: Mutex::default(),
        }
    }

    /// Says something on standard error, unless `-q`.
    pub fn say(&self, text: &str) {
        if self.global.quiet == 0 {
            write::say(text);
        }
    }

    /// Tells on standard output what a command found or is about to do, unless `-qq`: then it is withheld until somebody is
    /// asked about it. What a command was asked for, and nothing else, is written by [`write::answer`].
    ///
    /// # Errors
    /// As [`write::answer`].
    pub fn tell(&self, text: &str) -> io::Result<()> {
        if self.global.quiet < 2 {
            return write::answer(text);
        }
        let mut withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        withheld.push_str(text);
        Ok(())
    }

    /// Tells what was withheld, before somebody is asked about it.
    pub fn tell_withheld(&self) {
        let mut withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader that went away wants no more.
        let _ = write::answer(&std::mem::take(&mut *withheld));
    }

    /// Says which project is meant, the first time.
    pub fn say_project(&self, text: &str) {
        if self.said.set(()).is_ok() {
            self.say(text);
        }
    }

    /// Says that a revision is used, the first time.
    pub fn say_revision(&self, number: u64, text: &str) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.insert(number) {
            self.say(text);
        }
    }

    /// Shows diagnostics on standard error; `consequence` ends the line after several errors.
    pub fn report(
        &self,
        diagnostics: &Diagnostics,
        sources: &Sources,
        consequence: &str,
        compact: bool,
    ) {
        self.account.wrong(diagnostics);
        let warnings = match (self.global.quiet, compact) {
            (2.., _) => Warnings::Hidden,
            (_, true) => Warnings::Compact,
            (_, false) => Warnings::Folded,
        };
        let mut text = diagnostic::render(diagnostics, sources, warnings, self.stderr);
        if let Some(line) = diagnostic::closing(diagnostics, consequence) {
            let mut page = Page::new(self.stderr);
            page.gap();
            page.line(&line);
            text.push('\n');
            text.push_str(page.finish().trim_start_matches('\n'));
        }
        if !text.is_empty() {
            write::say(&text);
        }
    }

    /// How progress is shown.
    pub fn progress(&self) -> ProgressMode {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        ProgressMode::decide(
            terminal,
            &self.around,
            self.global.quiet,
            self.global.verbose,
        )
    }

    /// Whether someone can be asked.
    pub fn is_interactive(&self) -> bool {
        std::io::IsTerminal::is_terminal(&std::io::stdin())
    }

    /// Who runs this: `TERRACE_ACTOR`, who a CI system says it is, or the system's user.
    pub fn actor(&self) -> String {
        let variables = &self.process.environment;
        let given = |name: &&str| {
            let value = variables.get(*name)?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        // Where the system has no name for a user, as in many containers, the shell may have one.
        ACTORS
            .iter()
            .find_map(given)
            .or_else(self.process.user)
            .or_else(|| ["USER", "LOGNAME"].iter().find_map(given))
            .unwrap_or_else(|| "unknown".into())
    }
}

/// Variables that say who runs this: by intention, then as CI systems set them.
const ACTORS: [&str; 8] = [
    "TERRACE_ACTOR",
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILDKITE_BUILD_CREATOR",
    "CIRCLE_USERNAME",
    "BUILD_REQUESTEDFOR",
    "CODEBUILD_INITIATOR",
    "BUILD_USER_ID",
];
