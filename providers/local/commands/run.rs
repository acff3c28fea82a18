//! Runs a program to its end, within a time, and collects what it writes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use contract::{ProviderError, Secrets};
use model::Path;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::fault;

/// A program may write so much to its standard output.
const MOST_OUTPUT: u64 = 16 << 20;
/// So much of the end of its standard error is shown.
const SHOWN_OF_STDERR: usize = 4096;
/// Something a program leaves running may hold its output open; that is not waited for longer.
const AFTER_EXIT: Duration = Duration::from_secs(2);

/// A program to run.
#[derive(Debug)]
pub(super) struct Invocation {
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    /// In addition to Terrace's own environment.
    pub(super) environment: BTreeMap<String, String>,
    /// Where it runs.
    pub(super) directory: PathBuf,
    /// What it reads.
    pub(super) stdin: Vec<u8>,
    /// It is killed when it takes longer.
    pub(super) timeout: Duration,
}

/// What became of a program that ran.
#[derive(Debug)]
pub(super) struct Finished {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What it wrote.
    pub(super) stdout: Vec<u8>,
    /// What it wrote about itself.
    pub(super) stderr: Vec<u8>,
    program: String,
}

/// Why a program did not end by itself, as far as is known.
#[derive(Debug)]
pub(super) enum RunError {
    /// It never ran.
    NotStarted(ProviderError),
    /// It ran and did not end well: it took too long and was killed, or it wrote too much.
    CutShort(ProviderError),
    /// There is no telling how it ended.
    Lost(ProviderError),
}

impl RunError {
    /// The same, about the attribute that says what to run.
    pub(super) fn at(self, attribute: &str) -> Self {
        let at = |error: ProviderError| error.at(Path::root().attribute(attribute));
        match self {
            Self::NotStarted(error) => Self::NotStarted(at(error)),
            Self::CutShort(error) => Self::CutShort(at(error)),
            Self::Lost(error) => Self::Lost(at(error)),
        }
    }

    /// The error itself.
    pub(super) fn into_error(self) -> ProviderError {
        match self {
            Self::NotStarted(error) | Self::CutShort(error) | Self::Lost(error) => error,
        }
    }
}

impl Finished {
    /// The error that it is when a program does not end well.
    pub(super) fn failure(&self, secrets: &Secrets) -> ProviderError {
        let how = match self.status.code() {
            Some(code) => format!("exited with status {code}"),
            None => format!("was ended by a {}", self.status),
        };
        let program = secrets.hidden_in(&self.program);
        // A secret that stands where the text is cut is to be hidden as well.
        let stderr = secrets.hidden_in(&String::from_utf8_lossy(&self.stderr));
        ProviderError::permanent(format!("`{program}` {how}")).detail(last_lines(&stderr))
    }
}

/// The last lines of a text, at most [`SHOWN_OF_STDERR`] bytes; of a line that is longer, its end.
fn last_lines(text: &str) -> &str {
    let text = text.trim_end();
    let Some(from) = text
        .len()
        .checked_sub(SHOWN_OF_STDERR)
        .filter(|from| *from > 0)
    else {
        return text;
    };
    let line_end = text.bytes().skip(from - 1).position(|byte| byte == b'\n');
    let start = line_end.map_or(from, |at| from + at);
    (start..=text.len())
        .find_map(|at| text.get(at..))
        .unwrap_or_default()
}

/// Kills a whole process group when dropped, unless it ended by itself.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended a moment ago.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs a program to its end.
pub(super) async fn run(invocation: Invocation) -> Result<Finished, RunError> {
    let program = shown(&invocation.words);
    let mut child = spawn(&invocation, &program).map_err(RunError::NotStarted)?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    let mut group = Group(pid.and_then(Pid::from_raw));
    let timeout = invocation.timeout;
    let ended = tokio::time::timeout(timeout, collect(&mut child, invocation.stdin)).await;
    let cut_short = |message: String| RunError::CutShort(ProviderError::permanent(message));
    match ended {
        Ok(Ok((status, stdout, stderr))) => {
            group.0 = None;
            if stdout.len() as u64 > MOST_OUTPUT {
                return Err(cut_short(format!(
                    "`{program}` wrote more than {MOST_OUTPUT} bytes"
                )));
            }
            Ok(Finished {
                status,
                stdout,
                stderr,
                program,
            })
        }
        Ok(Err(error)) => {
            let message = format!("`{program}` was lost: {error}");
            Err(RunError::Lost(ProviderError::permanent(message)))
        }
        Err(_) => Err(cut_short(format!(
            "`{program}` took longer than {timeout:?} and was killed"
        ))),
    }
}

/// The program alone: a line for the shell, or an argument, may hold a secret.
fn shown(words: &[String]) -> String {
    match words {
        [shell, flag, _] if shell == "/bin/sh" && flag == "-c" => "sh".into(),
        _ => words.first().cloned().unwrap_or_default(),
    }
}

fn spawn(invocation: &Invocation, program: &str) -> Result<Child, ProviderError> {
    if !invocation.directory.is_dir() {
        let message = format!(
            "there is no directory `{}` to run `{program}` in",
            invocation.directory.display()
        );
        return Err(ProviderError::permanent(message));
    }
    let (first, arguments) = invocation
        .words
        .split_first()
        .ok_or_else(|| ProviderError::bug("a command names no program"))?;
    let spawned = Command::new(first)
        .args(arguments)
        .envs(&invocation.environment)
        .current_dir(&invocation.directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Of its own, so that Ctrl-C lets it end and a timeout ends all of it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    spawned.map_err(|error| fault::not_started(program, &error))
}

async fn collect(
    child: &mut Child,
    stdin: Vec<u8>,
) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let status = {
        let talk = async {
            let (input, output, errors) = pipes;
            let write = async {
                if let Some(mut input) = input {
                    // A program need not read what it is given.
                    let _ = input.write_all(&stdin).await;
                }
            };
            let read_output = async {
                match output {
                    Some(output) => output
                        .take(MOST_OUTPUT + 1)
                        .read_to_end(&mut stdout)
                        .await
                        .map(drop),
                    None => Ok(()),
                }
            };
            let read_errors = async {
                match errors {
                    Some(errors) => errors
                        .take(MOST_OUTPUT)
                        .read_to_end(&mut stderr)
                        .await
                        .map(drop),
                    None => Ok(()),
                }
            };
            let ((), output, errors) = tokio::join!(write, read_output, read_errors);
            output.and(errors)
        };
        tokio::pin!(talk);
        tokio::select! {
            talked = &mut talk => {
                talked?;
                child.wait().await?
            }
            status = child.wait() => {
                let status = status?;
                if let Ok(talked) = tokio::time::timeout(AFTER_EXIT, talk).await {
                    talked?;
                }
                status
            }
        }
    };
    Ok((status, stdout, stderr))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_whole_lines_of_its_end_are_shown() {
        assert_eq!(last_lines("a\nb\n\n"), "a\nb");
        let line = "x".repeat(2000);
        let text = format!("{line}\n{line}\n{line}\n");
        assert_eq!(last_lines(&text), format!("{line}\n{line}"));
        let exact = "y".repeat(SHOWN_OF_STDERR);
        assert_eq!(last_lines(&format!("{line}\n{exact}\n")), exact);
        let wide = "é".repeat(SHOWN_OF_STDERR);
        assert!((SHOWN_OF_STDERR - 1..=SHOWN_OF_STDERR).contains(&last_lines(&wide).len()));
    }
}
