//! What can go wrong with the record, one variant per thing the caller can do something about.
//! Entry point: [`RecordError`].

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RunId, Serial};
use rusqlite::ErrorCode;

use crate::id::IntentId;
use crate::lease::Holder;

/// The cause of a [`RecordError`]; shared, because one failed commit is the answer to many callers.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why the record did not do what was asked. Nothing was changed by the call that returns one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordError {
    /// The file or its directory cannot be opened or made.
    #[error("cannot open the record `{}`", path.display())]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// There is no record yet, and it was not to be made.
    #[error("there is no record at `{}`", path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file is damaged or no record at all.
    #[error("the record `{}` cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A newer Terrace wrote it.
    #[error("the record `{}` has format {found}, this Terrace knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// An older Terrace wrote it, and it cannot be brought to the newest format where it may not be written.
    #[error("the record `{}` has format {found}, which must become {known} first, and it is read-only", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The format this program reads.
        known: i64,
    },
    /// The directory or file may not be written.
    #[error("the record `{}` is read-only", path.display())]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// No space is left.
    #[error("the disk is full; the record `{}` could not be written", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// Another process kept the file locked for longer than the options allow to wait.
    #[error("the record `{}` is busy", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Cause,
    },
    /// The file was deleted, moved or replaced while it was open; what was written since nobody finds again.
    #[error("the record `{}` is not there any more: it was deleted, moved or replaced meanwhile", path.display())]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// Reading or writing failed for another reason.
    #[error("the record `{}` could not be read or written", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        #[source]
        source: Cause,
    },
    /// Another run holds the environment's lease.
    #[error("environment `{environment}` is being changed by {holder}")]
    Locked {
        /// The environment.
        environment: Str,
        /// Who holds it.
        holder: Box<Holder>,
        /// Since when.
        since: Timestamp,
        /// When it ends if the holder is not heard of again.
        expires: Timestamp,
    },
    /// The lease was released or taken over; this run may not write any more.
    #[error("the lease on environment `{environment}` is no longer held by this run")]
    Fenced {
        /// The environment.
        environment: Str,
        /// The token the run has.
        held: u64,
        /// The newest token that was given out.
        current: u64,
    },
    /// Something is sealed and there is no key.
    #[error("the record of `{environment}` holds sealed values and there is no key at `{}`", path.display())]
    KeyMissing {
        /// The environment.
        environment: Str,
        /// Where the key should be.
        path: PathBuf,
    },
    /// The key is not the one the record was sealed with.
    #[error("the record of `{environment}` was sealed with another key")]
    WrongKey {
        /// The environment.
        environment: Str,
    },
    /// The key's file is there, and is no key or cannot be read or made.
    #[error("the key `{}` cannot be used: {reason}", path.display())]
    KeyUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A sealed value was changed or moved to another row.
    #[error(
        "the sealed {what} of `{address}` in environment `{environment}` was changed outside Terrace"
    )]
    Tampered {
        /// The environment.
        environment: Str,
        /// Whose value it is.
        address: String,
        /// Which value.
        what: &'static str,
    },
    /// No object has that address.
    #[error("environment `{environment}` has no object `{address}`")]
    NoObject {
        /// The environment.
        environment: Str,
        /// The address, with the deposed key if any.
        address: String,
    },
    /// An object is to get an address that another has.
    #[error("environment `{environment}` already has an object `{address}`")]
    ObjectExists {
        /// The environment.
        environment: Str,
        /// The address, with the deposed key if any.
        address: String,
    },
    /// Another environment has what a step is about to take.
    #[error("{} belongs to environment `{environment}`, as `{address}`", thing.as_ref().map_or_else(|| "it".to_owned(), |thing| format!("`{thing}`")))]
    ClaimedElsewhere {
        /// What; none where it may not be shown.
        thing: Option<Str>,
        /// Whose it is.
        environment: Str,
        /// Which object there has it.
        address: String,
    },
    /// The record of an environment never had that serial.
    #[error("environment `{environment}` has no serial {serial}; the newest is {newest}")]
    NoSerial {
        /// The environment.
        environment: Str,
        /// What was asked for.
        serial: Serial,
        /// The newest.
        newest: Serial,
    },
    /// No revision has that number or digest.
    #[error("there is no revision `{revision}`")]
    NoRevision {
        /// What was asked for: `r42`, or a digest.
        revision: String,
    },
    /// No configuration of the environment has that digest.
    #[error("environment `{environment}` has no configuration {digest}")]
    NoConfiguration {
        /// The environment.
        environment: Str,
        /// What was asked for.
        digest: String,
    },
    /// Another run wrote what drift was seen after the caller had read it.
    #[error("what is known of the drift of environment `{environment}` was changed by another run")]
    SightingsMoved {
        /// The environment.
        environment: Str,
        /// The run that wrote them last; none if none did.
        by: Option<RunId>,
    },
    /// No saved plan has that id, or an id that begins so.
    #[error("there is no saved plan `{id}`")]
    NoPlan {
        /// What was asked for.
        id: String,
    },
    /// More than one saved plan has an id that begins so.
    #[error("`{prefix}` could be any of the plans {}", ids.join(", "))]
    AmbiguousPlan {
        /// What was asked for.
        prefix: String,
        /// The first few of those it could be.
        ids: Vec<String>,
    },
    /// Another plan was saved under the id.
    #[error("another plan is saved as `{id}`")]
    PlanExists {
        /// The id.
        id: String,
    },
    /// No blob has that digest.
    #[error("there is no content `{digest}` in the record")]
    NoBlob {
        /// The digest in hexadecimal.
        digest: String,
    },
    /// No run has that number.
    #[error("there is no run {run}")]
    NoRun {
        /// What was asked for.
        run: RunId,
    },
    /// The run has ended; nothing can be added to it.
    #[error("run {run} has ended")]
    RunEnded {
        /// The run.
        run: RunId,
    },
    /// The run does not hold the environment's lease, so it may not change objects.
    #[error("run {run} only observes; it may not change `{environment}`")]
    OnlyObserves {
        /// The run.
        run: RunId,
        /// The environment.
        environment: Str,
    },
    /// No open intent has that number in this environment.
    #[error("intent {intent} of environment `{environment}` is not open")]
    NotOpen {
        /// The environment.
        environment: Str,
        /// What was asked for.
        intent: IntentId,
    },
    /// The store was closed while the call waited.
    #[error("the record was closed before the change was written")]
    Closed,
    /// Should not happen.
    #[error("{what}. This is a bug in Terrace.")]
    Bug {
        /// What happened.
        what: String,
    },
}

impl RecordError {
    pub(crate) fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        if is_mangled(&error) {
            return Self::Unreadable {
                path,
                reason: error.to_string(),
            };
        }
        let Some(code) = error.sqlite_error_code() else {
            return Self::Storage {
                path,
                source: Arc::new(error),
            };
        };
        let extended = error.sqlite_error().map(|error| error.extended_code);
        // A table or column that is not there: someone else's database, or a damaged one.
        let foreign = code == ErrorCode::Unknown && error.to_string().starts_with("no such");
        if foreign || matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) {
            return Self::Unreadable {
                path,
                reason: error.to_string(),
            };
        }
        // The shared-memory file could not grow: the one way a full disk is not called full.
        if code == ErrorCode::DiskFull || extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::Full {
                path,
                source: Arc::new(error),
            };
        }
        if matches!(code, ErrorCode::ReadOnly | ErrorCode::PermissionDenied) {
            return Self::ReadOnly {
                path,
                source: Arc::new(error),
            };
        }
        if matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) {
            return Self::Busy {
                path,
                source: Arc::new(error),
            };
        }
        if code == ErrorCode::CannotOpen {
            return Self::Open {
                path,
                source: Arc::new(error),
            };
        }
        Self::Storage {
            path,
            source: Arc::new(error),
        }
    }

    pub(crate) fn from_io(path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let kind = error.kind();
        let (path, source) = (path.to_path_buf(), Arc::new(error));
        if matches!(
            kind,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        ) {
            return Self::ReadOnly { path, source };
        }
        if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            return Self::Full { path, source };
        }
        Self::Open { path, source }
    }

    pub(crate) fn bug(what: impl Into<String>) -> Self {
        Self::Bug { what: what.into() }
    }
}

/// Whether a row holds what this program never writes.
fn is_mangled(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..)
            | E::InvalidColumnType(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..)
    )
}

/// Why one operation inside a transaction failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may not be done; the transaction and the operations of others are sound.
    Refused(RecordError),
    /// The storage failed; nothing of the transaction can be kept.
    Storage(rusqlite::Error),
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
            return Self::Refused(RecordError::bug(format!(
                "the record refused a row: {error}"
            )));
        }
        Self::Storage(error)
    }
}

impl Failure {
    pub(crate) fn at(self, path: &Path) -> RecordError {
        match self {
            Self::Refused(error) => error,
            Self::Storage(error) => RecordError::from_sqlite(path, error),
        }
    }
}
