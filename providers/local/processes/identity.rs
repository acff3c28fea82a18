//! Which process is ours. A process number alone does not say: it is given to another process in time, so an identity
//! is the number, the moment the process started, and the boot of the machine; and, for a process whose number was
//! never recorded, the marker in its environment. Entry points: [`Identity::look`], [`Identity::find`].

use std::fs;
use std::io;
use std::path::PathBuf;

use contract::ProviderError;
use serde::{Deserialize, Serialize};

use crate::fault;

/// The environment variable that a process is found by.
pub(super) const MARKER: &str = "TERRACE_MARKER";

/// Which process. Every process is the first of a session, whose number is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: i32,
    /// When it started, in clock ticks since boot.
    start: u64,
    /// Which boot.
    boot: String,
    /// What its environment holds under [`MARKER`].
    marker: String,
}

/// What there is of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It runs.
    Running,
    /// It ended, but processes that it started run.
    Remains,
    /// Nothing of it runs.
    Gone,
}

/// What the kernel says of a process.
struct Stat {
    state: u8,
    session: i32,
    start: u64,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The program's name stands in parentheses and may itself hold any character.
        let after_name = text.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(text.get(after_name + 2..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: *fields.first()?.as_bytes().first()?,
            session: fields.get(3)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
        })
    }

    fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
}

impl Identity {
    /// The process that was just started under this number. `None` when it has ended and been forgotten already.
    pub(super) fn of(pid: i32, marker: &str) -> Result<Option<Self>, ProviderError> {
        let Some(stat) = Stat::of(pid) else {
            return Ok(None);
        };
        Ok(Some(Self {
            pid,
            start: stat.start,
            boot: boot()?,
            marker: marker.to_owned(),
        }))
    }

    /// Finds the process with this marker in its environment; the first of its session before all others.
    ///
    /// # Errors
    /// When the kernel's list of processes cannot be read.
    pub(super) fn find(marker: &str) -> Result<Option<(Self, Presence)>, ProviderError> {
        let marked = processes()?
            .into_iter()
            .filter(|pid| has_marker(*pid, marker));
        let alive: Vec<(i32, Stat)> = marked
            .filter_map(|pid| Some((pid, Stat::of(pid)?)))
            .filter(|(_, stat)| stat.is_alive())
            .collect();
        let Some((_, any)) = alive.first() else {
            return Ok(None);
        };
        let first = alive.iter().find(|(pid, stat)| stat.session == *pid);
        let (pid, start, presence) = match first {
            Some((pid, stat)) => (*pid, stat.start, Presence::Running),
            None => (any.session, 0, Presence::Remains),
        };
        Ok(Some((
            Self {
                pid,
                start,
                boot: boot()?,
                marker: marker.to_owned(),
            },
            presence,
        )))
    }

    /// What there is of it now.
    ///
    /// # Errors
    /// When the kernel's list of processes cannot be read.
    pub(super) fn look(&self) -> Result<Presence, ProviderError> {
        if self.boot != boot()? {
            return Ok(Presence::Gone);
        }
        match Stat::of(self.pid) {
            Some(stat) if stat.start == self.start && stat.is_alive() => Ok(Presence::Running),
            _ if self.members()?.is_empty() => Ok(Presence::Gone),
            _ => Ok(Presence::Remains),
        }
    }

    /// The numbers of all living processes of its session.
    ///
    /// # Errors
    /// When the kernel's list of processes cannot be read.
    pub(super) fn members(&self) -> Result<Vec<i32>, ProviderError> {
        if self.boot != boot()? {
            return Ok(Vec::new());
        }
        // While the first process of a session is there, the kernel keeps the number for it. After that only what
        // carries the marker is certainly of this session and not of a later one of the same number.
        let first = Stat::of(self.pid);
        let is_ours = first.as_ref().is_some_and(|stat| stat.start == self.start);
        let of_session = |pid: &i32| {
            let stat = Stat::of(*pid);
            stat.is_some_and(|stat| stat.session == self.pid && stat.is_alive())
        };
        let members = processes()?.into_iter().filter(of_session);
        Ok(members
            .filter(|pid| is_ours || has_marker(*pid, &self.marker))
            .collect())
    }
}

fn has_marker(pid: i32, marker: &str) -> bool {
    // What cannot be read belongs to someone else.
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    let wanted = format!("{MARKER}={marker}");
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == wanted.as_bytes())
}

fn processes() -> Result<Vec<i32>, ProviderError> {
    let failed = |error: &io::Error| fault::about("read", &PathBuf::from("/proc"), error);
    let entries = fs::read_dir("/proc").map_err(|error| failed(&error))?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect())
}

fn boot() -> Result<String, ProviderError> {
    let path = PathBuf::from("/proc/sys/kernel/random/boot_id");
    let text = fs::read_to_string(&path).map_err(|error| fault::about("read", &path, &error))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Identity {
        let pid = i32::try_from(std::process::id()).unwrap();
        Identity::of(pid, "m").unwrap().unwrap()
    }

    #[test]
    fn a_running_process_is_told_from_another_of_its_number() {
        let own = own();
        assert_eq!(own.look().unwrap(), Presence::Running);
        let earlier = Identity {
            start: own.start - 1,
            ..own.clone()
        };
        assert_eq!(earlier.look().unwrap(), Presence::Gone);
        let other_boot = Identity {
            boot: "another".into(),
            ..own
        };
        assert_eq!(other_boot.look().unwrap(), Presence::Gone);
    }

    #[test]
    fn a_marker_nobody_has_finds_nothing() {
        assert_eq!(Identity::find("nobody-has-this-marker").unwrap(), None);
    }
}
