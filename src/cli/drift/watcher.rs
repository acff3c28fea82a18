//! Who watches an environment: one process at a time, which holds a lock on a file that ends with it. Looks and healing by
//! others are not kept out by it; the record sees to these. Entry point: [`Watchers`].

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use delivery::Project;
use model::{Diagnostic, Str};
use state::Process;

use crate::cli::invocation::Invocation;
use crate::cli::output::moment::readable;

/// The locks that this process holds.
#[derive(Debug, Default)]
pub struct Watchers(BTreeMap<Str, File>);

impl Watchers {
    /// Becomes the one who watches an environment, where that is not so yet.
    ///
    /// # Errors
    /// Who watches it already, or why the lock cannot be had.
    pub fn take(
        &mut self,
        invocation: &Invocation,
        project: &Project,
        environment: &Str,
    ) -> Result<(), Box<Diagnostic>> {
        if self.0.contains_key(environment) {
            return Ok(());
        }
        let path = place(project, environment);
        let cannot = |error: std::io::Error| {
            let message = format!("cannot write `{}`", path.display());
            Box::new(Diagnostic::error("file-not-writable", message).note(error.to_string()))
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                let _ = file.read_to_string(&mut who);
                let message = format!("`{environment}` is watched already");
                return Err(Box::new(
                    Diagnostic::error("watched-already", message)
                        .note(format!("by {}", who.trim()))
                        .help("end that first, or look once: terrace drift"),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        let Process { host, pid, .. } = Process::current();
        let since = readable(invocation.process.clock.now());
        let who = format!(
            "{} since {since} (process {pid} on {host})\n",
            invocation.actor()
        );
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(who.as_bytes()));
        written.map_err(cannot)?;
        self.0.insert(environment.clone(), file);
        Ok(())
    }
}

/// The file of an environment, whose name may have characters in it that those of files have not.
fn place(project: &Project, environment: &str) -> PathBuf {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = environment
        .chars()
        .map(|c| {
            if is_plain(c) {
                c.to_string()
            } else {
                format!("%{:x}", u32::from(c))
            }
        })
        .collect();
    let record = project.record();
    record.with_file_name(format!("watch-{name}.lock"))
}
