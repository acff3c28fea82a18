//! A fresh directory in which commands run with an environment that is the same everywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A command that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(240);

/// What a command said, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its standard output; what is not UTF-8 is replaced.
    pub(crate) stdout: String,
    /// Its standard error; what is not UTF-8 is replaced.
    pub(crate) stderr: String,
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
}

/// A temporary directory; it is removed with the value.
#[derive(Debug)]
pub(crate) struct Sandbox {
    root: TempDir,
    path: std::ffi::OsString,
}

impl Sandbox {
    /// Makes a sandbox in which `terrace` is on the path.
    pub(crate) fn new() -> Self {
        // Paths of one length everywhere, because long ones are wrapped in what Terrace says.
        let root = TempDir::new_in("/tmp").expect("a temporary directory");
        for name in ["project", "home"] {
            std::fs::create_dir(root.path().join(name)).expect("a directory in the sandbox");
        }
        let terrace = Path::new(env!("CARGO_BIN_EXE_terrace"));
        let mut path = vec![
            terrace
                .parent()
                .expect("the program is in a directory")
                .to_owned(),
        ];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(path).expect("a search path");
        Self { root, path }
    }

    /// The directory in which commands run, without symbolic links.
    pub(crate) fn project(&self) -> PathBuf {
        self.root
            .path()
            .join("project")
            .canonicalize()
            .expect("the sandbox exists")
    }

    /// Copies what is in `from` into the project, directories too.
    pub(crate) fn copy(&self, from: &Path) {
        copy_into(from, &self.project());
    }

    /// Writes a file of the project, and the directories it is in.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.project().join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a directory"))
            .expect("directories");
        std::fs::write(path, content).expect("a file of the project");
    }

    /// Runs a line of shell in the project.
    pub(crate) fn shell(&self, line: &str) -> Answer {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.run(command)
    }

    /// Runs `terrace` in the project with these arguments and variables of the environment.
    pub(crate) fn terrace<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.args(arguments).envs(variables);
        self.run(command)
    }

    fn run(&self, mut command: Command) -> Answer {
        let inherited: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command
            .current_dir(self.project())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.root.path().join("home"))
            .env("TERRACE_ACTOR", "somebody")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .envs(inherited)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let line = format!("{command:?}");
        let child = command.spawn().expect("the command starts");
        let id = child.id();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(PATIENCE) else {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("still running after {PATIENCE:?}: {line}");
        };
        let output = output.expect("the command's output");
        Answer {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

fn copy_into(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory to copy") {
        let entry = entry.expect("an entry of a directory");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type of file").is_dir() {
            std::fs::create_dir_all(&target).expect("a directory in the sandbox");
            copy_into(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy of a file");
        }
    }
}
