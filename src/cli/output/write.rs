//! Text on its way out of the process: answers to standard output, conversation to standard error.

#[cfg(test)]
pub mod heard;

use std::io::{self, Write};

/// Writes to standard output. A reader that went away (`| head`) is no failure.
///
/// # Errors
/// When it cannot be written for another reason, such as a full disk.
pub fn answer(text: &str) -> io::Result<()> {
    through(|out| out.write_all(text.as_bytes()))
}

/// Writes to standard output by way of `write`, buffered; see [`answer`].
///
/// # Errors
/// As [`answer`].
pub fn through(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    #[cfg(test)]
    let to = heard::Ear;
    #[cfg(not(test))]
    let to = io::stdout().lock();
    let mut out = io::BufWriter::with_capacity(1 << 16, to);
    let result = write(&mut out).and_then(|()| out.flush());
    // What is still buffered would be tried again when it is dropped.
    let (_, _) = out.into_parts();
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes to standard error; when that is gone there is nobody to tell.
pub fn say(text: &str) {
    #[cfg(test)]
    let mut out = heard::Ear;
    #[cfg(not(test))]
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
