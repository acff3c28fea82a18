//! Starts a process that outlives Terrace: in a session of its own, so that neither Ctrl-C nor a closed terminal
//! reaches it, with its marker in its environment from its first instant.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use contract::ProviderError;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};

use crate::fault;
use crate::kernel::MARKER;

/// A process to start.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    /// In addition to Terrace's own environment.
    pub(super) environment: BTreeMap<String, String>,
    /// Where it runs.
    pub(super) directory: PathBuf,
    /// Where it writes; nowhere when not given.
    pub(super) stdout: Option<PathBuf>,
    /// Where it writes about itself; nowhere when not given.
    pub(super) stderr: Option<PathBuf>,
    /// Where the program is looked for, unless the environment says so.
    pub(super) search_path: Option<OsString>,
    /// What it is found by.
    pub(super) marker: &'a str,
}

/// A process that can be started, as far as that shows before it is.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    launch: Launch<'a>,
    stdout: Stdio,
    stderr: Stdio,
}

impl<'a> Launch<'a> {
    /// Makes sure, as far as that shows, that it can be started: there is a directory to run in, a program to run, and
    /// files to write to, which are made.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn prepare(self) -> Result<Prepared<'a>, ProviderError> {
        let Some(program) = self.words.first() else {
            return Err(ProviderError::bug("a process has no command"));
        };
        if !self.directory.is_dir() {
            let message = format!(
                "there is no directory `{}` to run `{program}` in",
                self.directory.display()
            );
            return Err(ProviderError::permanent(message));
        }
        self.find_program(program)?;
        let stdout = written(self.stdout.as_deref())?;
        let stderr = written(self.stderr.as_deref())?;
        Ok(Prepared {
            launch: self,
            stdout,
            stderr,
        })
    }

    /// Looks for the program where the system will.
    fn find_program(&self, program: &str) -> Result<(), ProviderError> {
        let missing = |detail: &str| {
            let message = format!("cannot run `{program}`");
            Err(ProviderError::permanent(message).detail(detail))
        };
        if program.contains('/') {
            return match std::fs::metadata(self.directory.join(program)) {
                Ok(found) if is_program(&found) => Ok(()),
                Ok(_) => missing("It is not an executable file."),
                Err(error) => Err(fault::not_started(program, &error)),
            };
        }
        let own = self.environment.get("PATH").map(OsString::from);
        // Without a search path the system has one of its own, which is not known here.
        let Some(path) = own.or_else(|| self.search_path.clone()) else {
            return Ok(());
        };
        let is_there = |directory: PathBuf| {
            let file = self.directory.join(directory).join(program);
            std::fs::metadata(file).is_ok_and(|found| is_program(&found))
        };
        if std::env::split_paths(&path).any(is_there) {
            Ok(())
        } else {
            missing("There is no such program on the search path.")
        }
    }
}

impl Prepared<'_> {
    /// Starts it.
    ///
    /// # Errors
    /// When it could not be started; then nothing was.
    pub(super) fn start(self) -> Result<Box<dyn ChildWrapper>, ProviderError> {
        let Self {
            launch,
            stdout,
            stderr,
        } = self;
        let Some((program, arguments)) = launch.words.split_first() else {
            return Err(ProviderError::bug("a process has no command"));
        };
        let mut command = CommandWrap::with_new(program, |command| {
            command
                .args(arguments)
                .envs(&launch.environment)
                .env(MARKER, launch.marker)
                .current_dir(&launch.directory)
                .stdin(Stdio::null())
                .stdout(stdout)
                .stderr(stderr);
        });
        let spawned = command.wrap(ProcessSession).spawn();
        let child = spawned.map_err(|error| fault::not_started(program, &error))?;
        // The wrapper speaks for the whole group; its inside for the one process.
        Ok(child.into_inner())
    }
}

fn is_program(found: &Metadata) -> bool {
    found.is_file() && found.permissions().mode() & 0o111 != 0
}

fn written(path: Option<&Path>) -> Result<Stdio, ProviderError> {
    let Some(path) = path else {
        return Ok(Stdio::null());
    };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)
            .map_err(|error| fault::about("make the directory", directory, &error))?;
    }
    let file: File = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| fault::about("open", path, &error))?;
    Ok(file.into())
}
