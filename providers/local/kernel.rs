//! What the kernel says of processes: the files under `/proc`.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use contract::ProviderError;

use crate::fault::{self, blocking};

/// The environment variable that a process is found by.
pub(crate) const MARKER: &str = "TERRACE_MARKER";
/// A process that was being started when Terrace was killed has its marker after a moment.
const MOMENTS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(100),
];

/// What the kernel says of a process.
pub(crate) struct Stat {
    /// One letter.
    state: u8,
    /// The number of its session.
    pub(crate) session: i32,
    /// When it started, in clock ticks since boot.
    pub(crate) start: u64,
}

impl Stat {
    /// What it says of the process of this number; `None` when there is none.
    pub(crate) fn of(pid: i32) -> Option<Self> {
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

    /// Whether it runs; one that ended stays in the list until its parent asks how.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Whether a process has this marker in its environment.
pub(crate) fn has_marker(pid: i32, marker: &str) -> bool {
    // What cannot be read belongs to someone else.
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    let wanted = format!("{MARKER}={marker}");
    environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == wanted.as_bytes())
}

/// The numbers of all processes with another marker than this one in their environment.
///
/// # Errors
/// When the list of processes cannot be read.
pub(crate) fn marked_otherwise(marker: &str) -> Result<Vec<i32>, ProviderError> {
    let (any, own) = (format!("{MARKER}="), format!("{MARKER}={marker}"));
    let mut found = processes()?;
    found.retain(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut entries = environment.split(|byte| *byte == 0);
        entries.any(|entry| entry.starts_with(any.as_bytes()) && entry != own.as_bytes())
    });
    Ok(found)
}

/// The numbers of all processes.
///
/// # Errors
/// When the list cannot be read.
pub(crate) fn processes() -> Result<Vec<i32>, ProviderError> {
    let failed = |error: &io::Error| fault::about("read", &PathBuf::from("/proc"), error);
    let entries = fs::read_dir("/proc").map_err(|error| failed(&error))?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect())
}

/// Whether one of these processes listens on this TCP port, at any address.
///
/// # Errors
/// When the list of connections cannot be read.
pub(crate) fn listens(pids: &[i32], port: u16) -> Result<bool, ProviderError> {
    let mut sockets = HashSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let path = PathBuf::from(table);
        match fs::read_to_string(&path) {
            Ok(text) => sockets.extend(text.lines().filter_map(|line| listener(line, port))),
            // A machine may be without one of the two protocols.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(fault::about("read", &path, &error)),
        }
    }
    let holds = |pid: &i32| {
        // What cannot be read belongs to someone else.
        let files = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten();
        let mut targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        targets.any(|target| sockets.contains(&*target.to_string_lossy()))
    };
    Ok(!sockets.is_empty() && pids.iter().any(holds))
}

/// The socket that a line of the kernel's list of connections is about, as a process's list of files names it; none
/// unless it listens on this port.
fn listener(line: &str, port: u16) -> Option<String> {
    const LISTENS: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (_, own) = fields.next()?.rsplit_once(':')?;
    let is_it = u16::from_str_radix(own, 16).ok()? == port && fields.nth(1)? == LISTENS;
    let inode = fields.nth(5)?;
    is_it.then(|| format!("socket:[{inode}]"))
}

/// Which boot of the machine this is.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn boot() -> Result<String, ProviderError> {
    let path = PathBuf::from("/proc/sys/kernel/random/boot_id");
    let text = fs::read_to_string(&path).map_err(|error| fault::about("read", &path, &error))?;
    Ok(text.trim().to_owned())
}

/// The numbers of the running processes with this marker in their environment, those that were just being started
/// among them.
///
/// # Errors
/// When the list of processes cannot be read.
pub(crate) async fn marked(marker: &str) -> Result<Vec<i32>, ProviderError> {
    for moment in MOMENTS {
        tokio::time::sleep(moment).await;
        let marker = marker.to_owned();
        let found = blocking(move || {
            let mut found = processes()?;
            found.retain(|pid| {
                has_marker(*pid, &marker) && Stat::of(*pid).is_some_and(|stat| stat.is_alive())
            });
            Ok(found)
        })
        .await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_on_a_port_is_known() {
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(listens(&[own], port).unwrap());
        assert!(!listens(&[], port).unwrap());
        drop(held);
        assert!(!listens(&[own], port).unwrap());
    }
}
