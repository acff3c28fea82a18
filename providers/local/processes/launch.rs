//! Starts a process that outlives Terrace: in a session of its own, so that neither Ctrl-C nor a closed terminal
//! reaches it, with its marker in its environment from its first instant.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
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
    /// What it is found by.
    pub(super) marker: &'a str,
}

impl Launch<'_> {
    /// Starts it.
    ///
    /// # Errors
    /// When it could not be started; then nothing was.
    pub(super) fn start(self) -> Result<Box<dyn ChildWrapper>, ProviderError> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(ProviderError::bug("a process has no command"));
        };
        if !self.directory.is_dir() {
            let message = format!(
                "there is no directory `{}` to run `{program}` in",
                self.directory.display()
            );
            return Err(ProviderError::permanent(message));
        }
        let stdout = written(self.stdout.as_deref())?;
        let stderr = written(self.stderr.as_deref())?;
        let mut command = CommandWrap::with_new(program, |command| {
            command
                .args(arguments)
                .envs(&self.environment)
                .env(MARKER, self.marker)
                .current_dir(&self.directory)
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
