//! Which process is ours. A process number alone does not say: it is given to another process in time, so an identity
//! is the number, the moment the process started, and the boot of the machine; and, for a process whose number was
//! never recorded, the marker in its environment. Entry points: [`Identity::look`],
//! [`Identity::among`].

use contract::ProviderError;
use serde::{Deserialize, Serialize};

use crate::kernel::{Stat, boot, has_marker, processes};

/// Which process. Every process is the first of a session, whose number is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: i32,
    /// When it started, in clock ticks since boot.
    start: u64,
    /// Which boot.
    boot: String,
    /// What its environment holds under `TERRACE_MARKER`.
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

    /// The process among these, all of one marker: the first of its session before all others.
    ///
    /// # Errors
    /// When the kernel's word on them cannot be read.
    pub(super) fn among(marked: &[i32], marker: &str) -> Result<Option<Self>, ProviderError> {
        let alive: Vec<(i32, Stat)> = marked
            .iter()
            .filter_map(|pid| Some((*pid, Stat::of(*pid)?)))
            .filter(|(_, stat)| stat.is_alive())
            .collect();
        let Some((_, any)) = alive.first() else {
            return Ok(None);
        };
        let first = alive.iter().find(|(pid, stat)| stat.session == *pid);
        // When it has ended itself, what it started is known by its session alone.
        let (pid, start) = first.map_or((any.session, 0), |(pid, stat)| (*pid, stat.start));
        Ok(Some(Self {
            pid,
            start,
            boot: boot()?,
            marker: marker.to_owned(),
        }))
    }

    /// What its environment holds to be found by.
    pub(super) fn marker(&self) -> &str {
        &self.marker
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

    #[tokio::test(start_paused = true)]
    async fn a_marker_nobody_has_finds_nothing() {
        let marked = crate::kernel::marked("nobody-has-this-marker")
            .await
            .unwrap();
        assert_eq!(
            Identity::among(&marked, "nobody-has-this-marker").unwrap(),
            None
        );
    }
}
