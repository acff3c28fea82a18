//! Programs that are killed in the middle of their work, at moments that follow from a seed, and what they leave behind:
//! processes that can be told from all others, and files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

/// Numbers that follow from a seed (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    /// Those of a test, by its name; `TERRACE_CRASH_SEED` gives others.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test is told from outside which moments to try"
    )]
    pub(crate) fn of(name: &str) -> Self {
        let seed = std::env::var("TERRACE_CRASH_SEED").ok();
        let seed: u64 = seed.map_or(0, |seed| seed.parse().expect("a number"));
        Self(seed ^ (name.bytes().map(u64::from).sum::<u64>() << 32))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Looks at the clock until it is that late.
pub(crate) fn until(moment: Instant) {
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

/// Kills, and says whether that was what ended it.
pub(crate) fn kill(mut child: Child) -> bool {
    child.kill().expect("it is killed");
    let status = child.wait().expect("it ends");
    status.signal() == Some(9)
}

/// The processes that have the word in their environment as `CRASH_TEST`. They end with it.
pub(crate) struct Marked(pub(crate) String);

impl Marked {
    /// Those that run: their environments by their numbers.
    pub(crate) fn running(&self) -> BTreeMap<u64, BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc")
            .expect("the list of processes")
            .flatten()
        {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            let environment = fs::read_to_string(entry.path().join("environ"));
            let (Some(pid), Ok(environment)) = (pid, environment) else {
                continue;
            };
            let environment: BTreeMap<String, String> = environment
                .split('\0')
                .filter_map(|entry| entry.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            if environment.get("CRASH_TEST") == Some(&self.0) {
                found.insert(pid, environment);
            }
        }
        found
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        for pid in self.running().into_keys() {
            // It may end by itself meanwhile.
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
    }
}

/// Everything under a directory, with the content of files.
pub(crate) fn files(below: &Path) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    let mut stack = vec![below.to_owned()];
    while let Some(directory) = stack.pop() {
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = path.strip_prefix(below).expect("it is under it");
            let content = fs::read_to_string(&path).ok();
            found.insert(name.display().to_string(), content);
            stack.push(path);
        }
    }
    found
}
