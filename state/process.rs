//! Finds out which process this is and whether another still lives. Knows nothing of leases' rows.
//! Entry points: [`Process::current`], [`Process::state`].

use std::fs;

use crate::lease::{HolderState, Process};

impl Process {
    /// Returns the process that calls this.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            host: host(),
            boot: boot(),
            pid,
            started: started("self").unwrap_or(0),
        }
    }

    /// Finds out whether the process still runs.
    ///
    /// [`HolderState::Dead`] is certain: the process was one of this boot of this host, and its number is free or
    /// belongs to a process that began at another time. Where that cannot be known, it is [`HolderState::Unknown`].
    pub fn state(&self) -> HolderState {
        let boot = boot();
        if boot.is_empty() || self.boot != boot || self.host != host() || self.started == 0 {
            return HolderState::Unknown;
        }
        match started(&self.pid.to_string()) {
            Some(started) if started == self.started => HolderState::Alive,
            Some(_) => HolderState::Dead,
            // `/proc` hides processes of others on some hosts; that it shows this one proves nothing then.
            None if shows_all() => HolderState::Dead,
            None => HolderState::Unknown,
        }
    }
}

fn host() -> String {
    read("/proc/sys/kernel/hostname")
}

/// The boot and the process namespace: containers share a boot and may share a name, but not their processes.
fn boot() -> String {
    let boot = read("/proc/sys/kernel/random/boot_id");
    match fs::read_link("/proc/self/ns/pid") {
        Ok(namespace) if !boot.is_empty() => format!("{boot} {}", namespace.display()),
        Ok(_) | Err(_) => String::new(),
    }
}

/// Whether `/proc` shows the processes of all users, as it does unless mounted with `hidepid`.
fn shows_all() -> bool {
    read("/proc/self/mounts").lines().any(|line| {
        let mut words = line.split(' ');
        words.nth(1) == Some("/proc")
            && words
                .nth(1)
                .is_some_and(|options| !options.contains("hidepid"))
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .map(|text| text.trim().to_string())
        .unwrap_or_default()
}

/// When a process began, in clock ticks since the boot; none if there is no such process, or only its remains.
fn started(pid: &str) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; after it come the state and eighteen numbers before this one.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
