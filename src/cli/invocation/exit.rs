//! What the process tells its caller when it ends.

use model::{Diagnostic, Diagnostics};

/// How a command ended. The numbers are those of [`number`](Self::number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Done, or nothing to do.
    Done,
    /// Failed.
    Failed,
    /// Changes are pending: only with `--detailed-exitcode`, as Terraform. Drift is left.
    ChangesPending,
    /// Files are not formatted; only `fmt --check`, as Terraform.
    Unformatted,
    /// A person must decide first.
    WaitsForPerson,
    /// Time must pass first.
    WaitsForTime,
    /// The command line is wrong.
    Usage,
    /// A bug in Terrace.
    Bug,
    /// The record is locked; try again.
    Locked,
    /// Interrupted, with a consistent record.
    Interrupted,
}

impl ExitCode {
    /// What the process tells its caller. One number has two meanings, which no command has both of: Terraform's `fmt`
    /// took it first.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::ChangesPending => 2,
            Self::Unformatted | Self::WaitsForPerson => 3,
            Self::WaitsForTime => 4,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Locked => 75,
            Self::Interrupted => 130,
        }
    }

    /// The code of a command that ends with these diagnostics.
    pub fn of(diagnostics: &Diagnostics) -> Self {
        let has = |wanted: fn(&Diagnostic) -> bool| diagnostics.iter().any(wanted);
        if !diagnostics.has_errors() {
            Self::Done
        } else if has(|found| found.id == "record-locked") {
            Self::Locked
        } else if has(|found| found.id == "held") {
            Self::WaitsForPerson
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
        Self::from(code.number())
    }
}
