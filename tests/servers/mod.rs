//! The servers of `examples/shop` in a test: ports for them, their program, and those that run below a directory.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

/// The servers that run below a directory. None does any more when it is dropped.
pub(crate) struct Servers {
    directory: PathBuf,
}

impl Servers {
    pub(crate) fn below(directory: &Path) -> Self {
        let directory = fs::canonicalize(directory).expect("the directory");
        Self { directory }
    }

    /// The servers that run, by configuration file.
    pub(crate) fn running(&self) -> BTreeMap<String, u32> {
        let processes = fs::read_dir("/proc").expect("the list of processes");
        let ours = |process: &Path| {
            // What has ended has no working directory any more, even while nobody has asked how it ended.
            fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&self.directory))
        };
        processes
            .flatten()
            .map(|process| process.path())
            .filter(|process| ours(process))
            .filter_map(|process| {
                let pid = process.file_name()?.to_str()?.parse().ok()?;
                let words = fs::read_to_string(process.join("cmdline")).ok()?;
                Some((words.split('\0').nth(1)?.to_owned(), pid))
            })
            .collect()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for pid in self.running().into_values() {
            kill(pid);
        }
    }
}

/// Ends a process at once, and waits until it has.
pub(crate) fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    while fs::read_link(format!("/proc/{pid}/cwd")).is_ok() {
        std::thread::yield_now();
    }
}

/// The first of 60 ports of which those the shop uses are free, others with each call.
pub(crate) fn free_ports() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    let before = CALLS.fetch_add(1, Ordering::Relaxed) % 3;
    let start =
        20_000 + before * 10_000 + u16::try_from(std::process::id() % 150).unwrap_or_default() * 60;
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (0..10)
        .map(|round| start + round * 60)
        .find(|first| (0..60).all(|offset| free(first + offset)))
        .expect("free ports")
}

/// The shop's `terrace.hcl` with ports from `first` on.
pub(crate) fn on_ports(project: &str, first: u16) -> String {
    let mut project = project.to_owned();
    for (port, offset) in [("18410", 0), ("18430", 20), ("18450", 40)] {
        assert!(project.contains(port), "{port} is in terrace.hcl");
        project = project.replace(port, &(first + offset).to_string());
    }
    project
}

/// The directory with `terrace` and the shop's server, built as this test was.
pub(crate) fn built() -> PathBuf {
    let terrace = Path::new(env!("CARGO_BIN_EXE_terrace"));
    let directory = terrace.parent().expect("programs are in a directory");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "shop-server"]);
    if directory.ends_with("release") {
        build.arg("--release");
    }
    if let Some(target) = directory.parent() {
        build.arg("--target-dir").arg(target);
    }
    let built = build
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the server is built");
    directory.to_owned()
}

/// Copies a file, or a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a directory");
        for entry in fs::read_dir(from).expect("a directory").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a file is in a directory")).expect("a directory");
        fs::copy(from, to).expect("a file is copied");
    }
}
