//! What the process tells its caller when it ends.

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

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
