//! Packages out of Git repositories, by the program `git`, as Terraform does. Entry point: [`fetch`].

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::address::{Address, hidden};
use crate::trouble::Trouble;

/// What `git` is told that is not to be passed on from a hook or a script that runs Terrace.
const OF_ANOTHER: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
];

/// Fetches a repository into `to`, which is made: the commit that its address names by `ref=`, or `commit` where it was
/// resolved before. Returns the commit.
///
/// # Errors
/// What `git` says.
pub(crate) fn fetch(url: &str, commit: Option<&str>, to: &Path) -> Result<String, Trouble> {
    let mut address = Address::of(url);
    let named = address.take("ref");
    let depth = address.take("depth");
    if address.take("sshkey").is_some() {
        return Err(Trouble::new("keys in addresses are not supported")
            .help("give the key to ssh: `ssh-add FILE`, or `IdentityFile` in ~/.ssh/config"));
    }
    let wanted = commit.or(named.as_deref()).unwrap_or("HEAD");
    if wanted.starts_with('-') {
        return Err(Trouble::new(format!(
            "`{wanted}` is no name of a commit, branch or tag"
        )));
    }
    let git = Git {
        url: address.url(),
        to,
    };
    std::fs::create_dir_all(to).map_err(Trouble::file(to))?;
    git.run(&["init", "--quiet", "."])?;
    let depth = depth.filter(|depth| depth.parse().is_ok_and(|depth: u32| depth > 0));
    let depth = format!("--depth={}", depth.as_deref().unwrap_or("1"));
    let fetched = git.run(&[
        "fetch",
        "--quiet",
        "--no-tags",
        &depth,
        "--",
        &git.url,
        wanted,
    ]);
    let is_there = match fetched {
        Ok(_) => git
            .run(&["checkout", "--quiet", "--detach", "FETCH_HEAD"])
            .map(|_| true)?,
        // Not every server gives commits by their digests, and none by the beginning of one.
        Err(said) if said.is_about_the_commit() => false,
        Err(said) => return Err(said.trouble(&git.url)),
    };
    if !is_there {
        let all = [
            "+refs/heads/*:refs/remotes/origin/*",
            "+refs/tags/*:refs/tags/*",
        ];
        let [heads, tags] = all;
        git.run(&["fetch", "--quiet", "--", &git.url, heads, tags])?;
        let names = [wanted.to_owned(), format!("refs/remotes/origin/{wanted}")];
        let found = names.iter().find(|name| {
            let commit = format!("{name}^{{commit}}");
            git.run(&[
                "rev-parse",
                "--quiet",
                "--verify",
                "--end-of-options",
                &commit,
            ])
            .is_ok()
        });
        let Some(found) = found else {
            return Err(git.unknown(wanted));
        };
        git.run(&["checkout", "--quiet", "--detach", found])?;
    }
    if to.join(".gitmodules").exists() {
        git.run(&[
            "submodule",
            "--quiet",
            "update",
            "--init",
            "--recursive",
            "--depth=1",
        ])
        .or_else(|_| git.run(&["submodule", "--quiet", "update", "--init", "--recursive"]))?;
    }
    let head = git.run(&["rev-parse", "HEAD"])?;
    Ok(head.trim().to_owned())
}

struct Git<'g> {
    url: String,
    to: &'g Path,
}

/// What `git` said when it failed.
struct Said {
    lines: Vec<String>,
    url: String,
}

impl Git<'_> {
    fn run(&self, words: &[&str]) -> Result<String, Said> {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(self.to)
            .args([
                "-c",
                "advice.detachedHead=false",
                "-c",
                "core.fsmonitor=false",
            ])
            // What is checked out is the same on every machine.
            .args(["-c", "core.autocrlf=false", "-c", "core.symlinks=true"])
            .args(words)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        for name in OF_ANOTHER {
            command.env_remove(name);
        }
        let failed = |lines| Said {
            lines,
            url: self.url.clone(),
        };
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => return Err(failed(vec![format!("cannot run `git`: {error}")])),
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failed(said.lines().map(ToOwned::to_owned).collect()))
    }

    /// That the repository has nothing of that name, with what it has.
    fn unknown(&self, wanted: &str) -> Trouble {
        let trouble = Trouble::new(format!(
            "the repository has no commit, branch or tag `{wanted}`"
        ));
        let names = self.run(&["for-each-ref", "--sort=-creatordate", "--format=%(refname)"]);
        let names = names.unwrap_or_default();
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in names.lines() {
            if let Some(tag) = name.strip_prefix("refs/tags/") {
                by_kind.entry("tags").or_default().push(tag);
            } else if let Some(branch) = name.strip_prefix("refs/remotes/origin/") {
                by_kind.entry("branches").or_default().push(branch);
            }
        }
        let known = by_kind.values().flatten().copied();
        let close = lang::closest(wanted, known);
        let mut trouble = match close {
            Some(close) => trouble.help(format!("did you mean `?ref={close}`?")),
            None => trouble,
        };
        for (kind, names) in &by_kind {
            trouble = trouble.note(format!("{kind}: {}", listed(names)));
        }
        trouble
    }
}

/// So many names are listed.
const LISTED: usize = 10;

/// Names in a line, the first of many.
pub(crate) fn listed(names: &[&str]) -> String {
    let first: Vec<&str> = names.iter().take(LISTED).copied().collect();
    match names.len().saturating_sub(LISTED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

impl Said {
    /// Whether it could be that the server does not give what was asked for in this way, or not so little of it.
    fn is_about_the_commit(&self) -> bool {
        const WORDS: [&str; 5] = [
            "couldn't find remote ref",
            "not our ref",
            "unadvertised object",
            "shallow",
            "dumb http",
        ];
        let has = |line: &String| WORDS.iter().any(|word| line.contains(word));
        self.lines.iter().any(has)
    }

    fn trouble(self, url: &str) -> Trouble {
        let has = |words: &[&str]| {
            let has = |line: &String| words.iter().any(|word| line.contains(word));
            self.lines.iter().any(has)
        };
        let mut trouble = if has(&["cannot run `git`"]) {
            Trouble::new("it is in a Git repository, and `git` cannot be run")
                .help("install Git, or see that it is on PATH")
        } else if has(&[
            "Could not resolve host",
            "Connection refused",
            "Connection timed out",
            "Network is unreachable",
            "Failed to connect",
        ]) {
            Trouble::new("the host cannot be reached")
        } else if has(&[
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "Permission denied",
            "error: 403",
            "terminal prompts disabled",
        ]) {
            Trouble::new("the repository wants to know who asks")
                .help("see that `git ls-remote` of its address works without a question: a credential helper for https, a key in an agent for ssh")
        } else if has(&[
            "does not exist",
            "not found",
            "does not appear to be a git repository",
        ]) {
            Trouble::new("there is no such repository, or it is not shown to you")
        } else {
            Trouble::new("git cannot fetch it")
        };
        let lines = self.lines.iter().map(|line| hidden(line, url));
        const NOISE: [&str; 3] = [
            "fatal: Could not read from remote repository.",
            "Please make sure you have the correct access rights",
            "and the repository exists.",
        ];
        let lines = lines.filter(|line| !line.trim().is_empty() && !NOISE.contains(&line.as_str()));
        for line in lines.take(4) {
            trouble = trouble.note(line.strip_prefix("fatal: ").unwrap_or(&line));
        }
        trouble
    }
}

impl From<Said> for Trouble {
    fn from(said: Said) -> Self {
        let url = said.url.clone();
        said.trouble(&url)
    }
}

/// The commit that a directory has checked out, where it is the root of a repository: read from its files, so that no
/// program is run.
pub(crate) fn commit_of(directory: &Path) -> Option<String> {
    let git = directory.join(".git");
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let is_digest =
        |text: &str| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let head = head.trim();
    let Some(name) = head.strip_prefix("ref: ") else {
        return is_digest(head).then(|| head.to_owned());
    };
    if let Ok(commit) = std::fs::read_to_string(git.join(name)) {
        return Some(commit.trim().to_owned()).filter(|commit| is_digest(commit));
    }
    let packed = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    let found = packed
        .lines()
        .find_map(|line| line.strip_suffix(name)?.strip_suffix(' '));
    found
        .map(ToOwned::to_owned)
        .filter(|commit| is_digest(commit))
}
