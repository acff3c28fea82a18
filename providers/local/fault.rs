//! What an error of the operating system means to the engine.

use std::io;
use std::path::Path;

use contract::{ErrorClass, ProviderError};

/// The class of an error of the operating system.
pub(crate) fn class(error: &io::Error) -> ErrorClass {
    use io::ErrorKind as Kind;
    let is = |kinds: &[Kind]| kinds.contains(&error.kind());
    if is(&[Kind::NotFound]) {
        ErrorClass::NotFound
    } else if is(&[Kind::PermissionDenied, Kind::ReadOnlyFilesystem]) {
        ErrorClass::Denied
    } else if is(&[Kind::StorageFull, Kind::QuotaExceeded]) {
        ErrorClass::Quota
    } else if is(&[
        Kind::Interrupted,
        Kind::WouldBlock,
        Kind::TimedOut,
        Kind::ResourceBusy,
    ]) {
        ErrorClass::Transient
    } else {
        ErrorClass::Permanent
    }
}

/// An error of the operating system about a file; `doing` goes on as "cannot {doing} `path`".
pub(crate) fn about(doing: &str, path: &Path, error: &io::Error) -> ProviderError {
    let message = format!("cannot {doing} `{}`", path.display());
    ProviderError::new(class(error), message).detail(error.to_string())
}

/// The error of a program that could not be started. Nothing ran.
pub(crate) fn not_started(program: &str, error: &io::Error) -> ProviderError {
    let class = class(error);
    // `NotFound` speaks of objects, not of programs.
    let class = if class == ErrorClass::NotFound {
        ErrorClass::Permanent
    } else {
        class
    };
    ProviderError::new(class, format!("cannot run `{program}`")).detail(error.to_string())
}

/// Runs what may wait for a disk where that holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProviderError> + Send + 'static,
) -> Result<T, ProviderError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ProviderError::bug(format!(
            "work on a file ended early: {error}"
        ))),
    }
}
