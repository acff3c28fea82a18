//! What the process tells its caller when it ends.

use model::{Diagnostic, Diagnostics};

/// Exit codes; a number means the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Changes are pending; only with `--detailed-exitcode`, as Terraform.
    ChangesPending = 2,
    /// Files are not formatted; only `fmt --check`, as Terraform.
    Unformatted = 3,
    /// The command line is wrong.
    Usage = 64,
    /// A bug in Terrace.
    Bug = 70,
    /// The record is locked; try again.
    Locked = 75,
    /// Interrupted, with a consistent record.
    Interrupted = 130,
}

impl ExitCode {
    /// The code of a command that ends with these diagnostics.
    pub fn of(diagnostics: &Diagnostics) -> Self {
        let has = |wanted: fn(&Diagnostic) -> bool| diagnostics.iter().any(wanted);
        if !diagnostics.has_errors() {
            Self::Done
        } else if has(|found| found.id == "record-locked") {
            Self::Locked
        } else if has(|found| {
            matches!(
                found.id.as_ref(),
                "unknown-environment" | "undeclared-environment"
            ) && found.is_error()
                && found.primary.is_none()
        }) {
            // It was named on the command line: in a file it would have a place.
            Self::Usage
        } else {
            Self::Failed
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
