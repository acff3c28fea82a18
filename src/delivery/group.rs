//! The processes that a program started which leads a group of its own: they end with it where it is given up.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Ends a whole process group when dropped, unless its leader ended by itself: what a program started ends with it.
#[derive(Debug)]
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// The group that `leader` leads, which was spawned with `process_group(0)`.
    pub(crate) fn of(leader: &Child) -> Self {
        let pid = leader.id().and_then(|id| i32::try_from(id).ok());
        Self(pid.and_then(Pid::from_raw))
    }

    /// Leaves what is left of the group alone: its leader ended by itself.
    pub(crate) fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended a moment ago.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
