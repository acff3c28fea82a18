//! What Git says of where a revision comes from: commit, author, branch, and whether its files are as committed. Asks
//! the program `git`, which changes nothing. Entry point: [`Git::ask`].

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;

/// Where a revision comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The commit that was checked out, in full.
    pub commit: String,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When it was committed, in seconds since 1970.
    pub committed: i64,
    /// The first line of its message.
    pub subject: String,
    /// The branch; none where a commit is checked out by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Whether any file of the revision is not as committed.
    pub dirty: bool,
}

/// What Git had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Git {
    /// There is no repository, nothing was committed yet, or there is no `git` to ask.
    Silent,
    /// Where the revision comes from.
    Facts(Source),
    /// There is a repository, and it cannot be read: why, in Git's words.
    Unreadable(String),
}

/// Why an answer is missing.
enum Missing {
    Program,
    Failed(String),
}

impl Git {
    /// Asks of the repository that `root` is in. The paths of `manifest` start from there.
    pub fn ask(root: &Path, manifest: &Manifest) -> Self {
        if !root.ancestors().any(|above| above.join(".git").exists()) {
            return Self::Silent;
        }
        match facts(root, manifest) {
            Ok(Some(facts)) => Self::Facts(facts),
            Ok(None) | Err(Missing::Program) => Self::Silent,
            Err(Missing::Failed(why)) => Self::Unreadable(why),
        }
    }
}

fn facts(root: &Path, manifest: &Manifest) -> Result<Option<Source>, Missing> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    let status = git(
        root,
        &[
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--",
            ".",
        ],
    )?;
    let status = Status::read(&status);
    if status.commit.is_none() {
        return Ok(None);
    }
    let log = git(
        root,
        &[
            "log",
            "-1",
            "--no-show-signature",
            "--format=%H%x00%an%x00%ae%x00%ct%x00%s",
        ],
    )?;
    let mut fields = log.trim_end_matches('\n').split('\0');
    let mut field = || fields.next().unwrap_or_default().to_owned();
    let (commit, author, email) = (field(), field(), field());
    let committed = field().parse().unwrap_or_default();
    let prefix = root
        .strip_prefix(top.trim_end_matches('\n'))
        .ok()
        .and_then(Path::to_str)
        .unwrap_or_default();
    Ok(Some(Source {
        commit,
        author,
        email,
        committed,
        subject: field(),
        branch: status.branch.clone(),
        dirty: status.is_dirty(prefix, manifest),
    }))
}

/// What `git status` says, in its second form for programs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Status {
    commit: Option<String>,
    branch: Option<String>,
    /// Paths from the repository's root of files that are not as committed.
    changed: BTreeSet<String>,
    /// Those of them that are gone from the disk.
    gone: BTreeSet<String>,
}

impl Status {
    fn read(text: &str) -> Self {
        let mut status = Self::default();
        for entry in text.split('\0') {
            let mut words = entry.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some("#"), Some("branch.oid"), Some(commit)) if commit != "(initial)" => {
                    status.commit = Some(commit.to_owned());
                }
                (Some("#"), Some("branch.head"), Some(branch)) if branch != "(detached)" => {
                    status.branch = Some(branch.to_owned());
                }
                // An ordinary change has 8 fields, an unmerged file 10; then the path, which may have spaces.
                (Some("1"), Some(letters), Some(rest)) => status.file(letters, rest, 6),
                (Some("u"), Some(letters), Some(rest)) => status.file(letters, rest, 8),
                (Some("?"), Some(_), _) => {
                    let path = entry.strip_prefix("? ").unwrap_or_default();
                    status.changed.insert(path.to_owned());
                }
                _ => {}
            }
        }
        status
    }

    /// Takes a file whose path comes after `fields` fields more.
    fn file(&mut self, letters: &str, rest: &str, fields: usize) {
        let Some(path) = rest.splitn(fields + 1, ' ').nth(fields) else {
            return;
        };
        if letters.contains('D') {
            self.gone.insert(path.to_owned());
        }
        self.changed.insert(path.to_owned());
    }

    /// Whether a file of the manifest is not as committed, or one that was committed is gone. `prefix` is the path from
    /// the repository's root to where the manifest's begin.
    fn is_dirty(&self, prefix: &str, manifest: &Manifest) -> bool {
        let inside = |path: &str| match prefix {
            "" => Some(path.to_owned()),
            prefix => Some(path.strip_prefix(prefix)?.strip_prefix('/')?.to_owned()),
        };
        self.changed.iter().any(|path| {
            inside(path).is_some_and(|inside| {
                // What was fetched is nobody's to commit.
                manifest.files.contains_key(&inside) && manifest.module_of(&inside).is_none()
                    || self.gone.contains(path) && is_of_definition(&inside)
            })
        })
    }
}

/// Whether a file that is gone would have been evaluated, or told how.
fn is_of_definition(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    [".tf", ".tf.json", ".tfvars", ".terraform.lock.hcl"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// So long Git is waited for: what it is asked takes moments, unless the disk or the program hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs Git and returns what it printed.
fn git(directory: &Path, words: &[&str]) -> Result<String, Missing> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        // A monitor is a program that the repository names.
        .args(["-c", "core.fsmonitor=false"])
        .args(words)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        // Of its own, so that what it started ends with it.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(|_| Missing::Program)?;
    let output = within(child, PATIENCE)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("git failed");
    Err(Missing::Failed(
        first.strip_prefix("fatal: ").unwrap_or(first).to_owned(),
    ))
}

/// Waits for a program to end, and ends it where it takes too long.
fn within(mut child: Child, patience: Duration) -> Result<Output, Missing> {
    let ends = Instant::now() + patience;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let rest = || ends.saturating_duration_since(Instant::now());
    // It has ended, or is about to, when it has closed what it writes to.
    let said = stdout
        .recv_timeout(rest())
        .and_then(|out| Ok((out, stderr.recv_timeout(rest())?)));
    let Ok((stdout, stderr)) = said else {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // It may have ended a moment ago.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
        let seconds = patience.as_secs();
        return Err(Missing::Failed(format!(
            "`git` did not end within {seconds}s"
        )));
    };
    let status = child.wait().map_err(|_| Missing::Program)?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Reads all there is, beside whatever else is done.
fn read(from: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut read = Vec::new();
        // An error of reading is the end of what there is.
        let _ = from.map(|mut from| from.read_to_end(&mut read));
        // Nobody waits any more where it took too long.
        let _ = sender.send(read);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::{FileDigest, Shape};
    use state::BlobDigest;

    fn run(directory: &Path, words: &[&str]) {
        let status = Command::new("git")
            .arg("-C")
            .arg(directory)
            .args(words)
            .env("GIT_AUTHOR_NAME", "Anna Rossi")
            .env("GIT_AUTHOR_EMAIL", "anna@example.org")
            .env("GIT_COMMITTER_NAME", "Bruno")
            .env("GIT_COMMITTER_EMAIL", "bruno@example.org")
            .env("GIT_COMMITTER_DATE", "2026-03-04T05:06:07Z")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {words:?}");
    }

    /// A repository with a definition in `infra`, and its manifest.
    fn repository() -> (tempfile::TempDir, Manifest) {
        let directory = tempfile::tempdir().unwrap();
        let infra = directory.path().join("infra");
        std::fs::create_dir(&infra).unwrap();
        std::fs::write(infra.join("main.tf"), "").unwrap();
        std::fs::write(infra.join("a name.txt"), "").unwrap();
        std::fs::write(directory.path().join("README"), "").unwrap();
        run(directory.path(), &["init", "-q", "-b", "main"]);
        let mut manifest = Manifest::new(".", Shape::default());
        let digest = FileDigest(BlobDigest::of(b""));
        for path in ["main.tf", "a name.txt"] {
            manifest.files.insert(path.into(), digest);
        }
        (directory, manifest)
    }

    fn commit(directory: &Path) {
        run(directory, &["add", "-A"]);
        run(directory, &["commit", "-q", "-m", "First: a word\n\nMore."]);
    }

    fn ask(directory: &tempfile::TempDir, manifest: &Manifest) -> Git {
        let root = directory.path().canonicalize().unwrap().join("infra");
        Git::ask(&root, manifest)
    }

    fn is_dirty(directory: &tempfile::TempDir, manifest: &Manifest) -> bool {
        match ask(directory, manifest) {
            Git::Facts(facts) => facts.dirty,
            other @ (Git::Silent | Git::Unreadable(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_commit_is_told_with_its_author_and_branch() {
        let (directory, manifest) = repository();
        assert_eq!(
            ask(&directory, &manifest),
            Git::Silent,
            "nothing is committed"
        );
        commit(directory.path());
        let Git::Facts(facts) = ask(&directory, &manifest) else {
            panic!("no facts");
        };
        assert_eq!(facts.commit.len(), 40);
        let expected = Source {
            commit: facts.commit.clone(),
            author: "Anna Rossi".into(),
            email: "anna@example.org".into(),
            committed: 1_772_600_767,
            subject: "First: a word".into(),
            branch: Some("main".into()),
            dirty: false,
        };
        assert_eq!(facts, expected);
        run(directory.path(), &["checkout", "-q", "--detach"]);
        let Git::Facts(detached) = ask(&directory, &manifest) else {
            panic!("no facts");
        };
        assert_eq!(detached.branch, None);
    }

    #[test]
    fn only_files_of_the_revision_make_it_dirty() {
        let (directory, mut manifest) = repository();
        commit(directory.path());
        let infra = directory.path().join("infra");
        std::fs::write(directory.path().join("README"), "edited").unwrap();
        std::fs::write(infra.join("made.txt"), "by an apply").unwrap();
        assert!(!is_dirty(&directory, &manifest));
        let digest = FileDigest(BlobDigest::of(b""));
        manifest.files.insert("made.txt".into(), digest);
        assert!(
            is_dirty(&directory, &manifest),
            "a file that is not committed"
        );
        manifest.files.remove("made.txt");
        std::fs::write(infra.join("a name.txt"), "edited").unwrap();
        assert!(is_dirty(&directory, &manifest), "a file that was edited");
        run(directory.path(), &["add", "-A"]);
        assert!(is_dirty(&directory, &manifest), "one that is only staged");
    }

    #[test]
    fn a_part_of_the_definition_that_is_gone_makes_it_dirty() {
        let (directory, mut manifest) = repository();
        commit(directory.path());
        let infra = directory.path().join("infra");
        std::fs::remove_file(infra.join("main.tf")).unwrap();
        manifest.files.remove("main.tf");
        assert!(is_dirty(&directory, &manifest));
    }

    #[test]
    fn one_that_hangs_is_not_waited_for() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 600 & echo said; sleep 600"])
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let Err(Missing::Failed(why)) = within(child, Duration::from_millis(50)) else {
            panic!("it was waited for");
        };
        assert_eq!(why, "`git` did not end within 0s");
    }

    #[test]
    fn no_repository_is_silent_and_a_broken_one_is_not() {
        let (directory, manifest) = repository();
        let alone = tempfile::tempdir().unwrap();
        assert_eq!(Git::ask(alone.path(), &manifest), Git::Silent);
        commit(directory.path());
        std::fs::write(directory.path().join(".git/HEAD"), "nonsense").unwrap();
        let answer = ask(&directory, &manifest);
        assert!(
            matches!(&answer, Git::Unreadable(why) if !why.is_empty()),
            "{answer:?}"
        );
    }
}
