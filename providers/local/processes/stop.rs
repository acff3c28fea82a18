//! Ends a process and everything it started: asks with a signal, waits, then kills.

use std::time::Duration;

use contract::{ErrorClass, ProviderError};
use model::{Path, Value};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::time::Instant;

use super::identity::Identity;
use contract::attributes;
use contract::duration;

const SIGNALS: [(&str, Signal); 8] = [
    ("TERM", Signal::TERM),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("HUP", Signal::HUP),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("WINCH", Signal::WINCH),
    ("KILL", Signal::KILL),
];
const GRACE: Duration = Duration::from_secs(10);
/// A killed process that is still there after this cannot be ended.
const AFTER_KILL: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How to end a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    signal: Signal,
    grace: Duration,
}

impl Stop {
    /// What the object's `stop` block says, or the defaults: `TERM` and 10 seconds.
    ///
    /// # Errors
    /// When it names no signal or no duration.
    pub(super) fn of(object: &Value) -> Result<Self, ProviderError> {
        let block = object.get("stop").unwrap_or(&Value::NULL);
        let at = |name: &str| Path::root().attribute("stop").attribute(name);
        let signal = match attributes::text(block, "signal") {
            Some(name) => signal(name).ok_or_else(|| {
                let known: Vec<String> = SIGNALS
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .collect();
                let message = format!("`{name}` is not one of the signals {}", known.join(", "));
                ProviderError::permanent(message).at(at("signal"))
            })?,
            None => Signal::TERM,
        };
        let grace = match attributes::text(block, "grace") {
            Some(text) => duration::parse(text).map_err(|error| error.at(at("grace")))?,
            None => GRACE,
        };
        Ok(Self { signal, grace })
    }

    /// Ends it; returns when nothing of it runs.
    ///
    /// # Errors
    /// When something of it still runs.
    pub(super) async fn stop(self, identity: &Identity) -> Result<(), ProviderError> {
        if identity.members()?.is_empty() {
            return Ok(());
        }
        self.signal_all(identity, self.signal)?;
        if wait(identity, self.grace).await? {
            return Ok(());
        }
        self.signal_all(identity, Signal::KILL)?;
        if wait(identity, AFTER_KILL).await? {
            return Ok(());
        }
        let message = format!("process {} was killed but still runs", identity.pid);
        Err(ProviderError::new(ErrorClass::Transient, message))
    }

    /// Signals the process group, and what left the group but not the session.
    fn signal_all(self, identity: &Identity, signal: Signal) -> Result<(), ProviderError> {
        let members = identity.members()?;
        if members.is_empty() {
            return Ok(());
        }
        let to_group = Pid::from_raw(identity.pid).map(|group| kill_process_group(group, signal));
        let to_members = members
            .into_iter()
            // A polite signal comes once to each; a kill cannot come too often.
            .filter(|_| signal == Signal::KILL || !matches!(to_group, Some(Ok(()))))
            .filter_map(Pid::from_raw)
            .map(|pid| kill_process(pid, signal));
        for result in to_group.into_iter().chain(to_members) {
            match result {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(Errno::PERM) => {
                    let message = format!("not allowed to signal process {}", identity.pid);
                    return Err(ProviderError::new(ErrorClass::Denied, message));
                }
                Err(error) => {
                    let message = format!("cannot signal process {}", identity.pid);
                    return Err(ProviderError::permanent(message).detail(error.to_string()));
                }
            }
        }
        Ok(())
    }
}

fn signal(name: &str) -> Option<Signal> {
    let name = name.strip_prefix("SIG").unwrap_or(name);
    SIGNALS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, signal)| *signal)
}

/// Whether nothing of it runs any more, within a time.
async fn wait(identity: &Identity, within: Duration) -> Result<bool, ProviderError> {
    let deadline = Instant::now() + within;
    let mut pause = FIRST_PAUSE;
    loop {
        if identity.members()?.is_empty() {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
