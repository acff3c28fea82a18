//! Opens the file of the record, made whole or not at all. Knows nothing of its rows.
//! Entry point: [`open_record`].

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::RecordError;
use crate::file::{Draft, make_directory};
use crate::schema::{FORMAT, Found, create, inspect, upgrade};
use crate::seal::Keyring;
use crate::store::{Access, Options};

/// Opens the record for the first time in this process: makes it if need be, and finds out what it is.
pub(crate) fn open_record(path: &Path, options: &Options) -> Result<Connection, RecordError> {
    match options.access {
        Access::Create => {
            let directory = path.parent().unwrap_or(Path::new("."));
            if path.symlink_metadata().is_err() {
                make_directory(directory)
                    .map_err(|error| RecordError::from_io(directory, error))?;
                make(path)?;
            }
        }
        Access::Read => match path.symlink_metadata() {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(RecordError::Missing { path: path.into() });
            }
            Err(error) => return Err(RecordError::from_io(path, error)),
        },
    }
    check_file(path)?;
    let conn = connect(path, options)?;
    let sqlite = |error| RecordError::from_sqlite(path, error);
    let found = match inspect(&conn).map_err(sqlite)? {
        Found::Older(found) => make_newest(&conn, found, path, options)?,
        other @ (Found::Current | Found::Newer(_) | Found::Foreign) => other,
    };
    match found {
        Found::Current => Ok(conn),
        Found::Newer(found) => Err(RecordError::Newer {
            path: path.into(),
            found,
            known: FORMAT,
        }),
        Found::Older(found) => Err(older(path, found)),
        Found::Foreign => {
            let reason = "it is a database, but not a record of Terrace".into();
            Err(RecordError::Unreadable {
                path: path.into(),
                reason,
            })
        }
    }
}

/// Brings a record of an older format to the newest. Who only wants to read does that too, where the file may be written.
fn make_newest(
    conn: &Connection,
    found: i64,
    path: &Path,
    options: &Options,
) -> Result<Found, RecordError> {
    let keyring = keyring(path, options);
    let upgrade = |conn: &Connection| upgrade(conn, &keyring).map_err(|failure| failure.at(path));
    match options.access {
        Access::Create => upgrade(conn),
        Access::Read => {
            let options = Options {
                access: Access::Create,
                ..options.clone()
            };
            match connect(path, &options).and_then(|conn| upgrade(&conn)) {
                Err(RecordError::ReadOnly { .. } | RecordError::Open { .. }) => {
                    Err(older(path, found))
                }
                other => other,
            }
        }
    }
}

/// The key of the record at `path`: the one that was given, or else in the file beside it.
pub(crate) fn keyring(path: &Path, options: &Options) -> Keyring {
    Keyring::new(path.with_file_name("key"), options.key.clone())
}

fn older(path: &Path, found: i64) -> RecordError {
    RecordError::Older {
        path: path.into(),
        found,
        known: FORMAT,
    }
}

/// SQLite takes an empty file for an empty database; as a record it is one that lost its content.
fn check_file(path: &Path) -> Result<(), RecordError> {
    let meta = std::fs::metadata(path).map_err(|error| RecordError::from_io(path, error))?;
    let reason = if !meta.is_file() {
        "it is not a file"
    } else if meta.len() == 0 {
        "it is empty"
    } else {
        return Ok(());
    };
    Err(RecordError::Unreadable {
        path: path.into(),
        reason: reason.into(),
    })
}

/// Makes an empty record beside its place and puts it there when it is whole; one that is there meanwhile stays.
fn make(path: &Path) -> Result<(), RecordError> {
    let draft = Draft::new(path).map_err(|error| RecordError::from_io(path, error))?;
    let sqlite = |error| RecordError::from_sqlite(path, error);
    let conn = Connection::open(draft.path()).map_err(sqlite)?;
    create(&conn).map_err(sqlite)?;
    // WAL is a property of the file. Closing the last connection leaves the one file alone.
    conn.pragma_update(None, "journal_mode", "WAL")
        .map_err(sqlite)?;
    conn.close().map_err(|(_, error)| sqlite(error))?;
    draft
        .publish()
        .map_err(|error| RecordError::from_io(path, error))?;
    Ok(())
}

/// Opens one more connection to a record that was opened before.
pub(crate) fn connect(path: &Path, options: &Options) -> Result<Connection, RecordError> {
    let sqlite = |error| RecordError::from_sqlite(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    match configure(&mut conn, options) {
        Ok(()) => Ok(conn),
        Err(error) if options.access == Access::Read && is_barred(&error) => {
            let mut still = connect_still(path)?;
            configure(&mut still, options).map_err(sqlite)?;
            Ok(still)
        }
        Err(error) if is_barred(&error) => Err(barred(path, error)),
        Err(error) => Err(sqlite(error)),
    }
}

/// Says why SQLite could not make its files: "cannot open" may be a directory that is read-only.
fn barred(path: &Path, error: rusqlite::Error) -> RecordError {
    match Draft::new(path) {
        Ok(_) => RecordError::from_sqlite(path, error),
        Err(error) => RecordError::from_io(path, error),
    }
}

/// Whether SQLite may not make the files it needs beside the record.
fn is_barred(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    error
        .sqlite_error_code()
        .is_some_and(|code| matches!(code, CannotOpen | PermissionDenied | ReadOnly))
}

/// Opens a record in a directory that cannot be written, where nobody can be writing to it.
fn connect_still(path: &Path) -> Result<Connection, RecordError> {
    let mut log = path.as_os_str().to_os_string();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|meta| meta.len() > 0) {
        let reason =
            "its directory is read-only and its last changes are still in the log beside it";
        return Err(RecordError::Unreadable {
            path: path.into(),
            reason: reason.into(),
        });
    }
    let whole = std::path::absolute(path).map_err(|error| RecordError::from_io(path, error))?;
    let mut uri = String::from("file:");
    for byte in whole.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).map_err(|error| RecordError::from_sqlite(path, error))
}

/// Pages in the log before it is copied back: fewer copies for a large run, and still a small file.
const CHECKPOINT_PAGES: u32 = 4000;
/// What the log is cut back to when it is done with, in bytes.
const LOG_BYTES: u32 = 64 << 20;
/// Memory for pages of one connection, in KiB, as SQLite wants it: negative.
const CACHE: i32 = -32 * 1024;

fn configure(conn: &mut Connection, options: &Options) -> Result<(), rusqlite::Error> {
    conn.busy_handler(Some(wait_for_turn))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", CACHE)?;
    conn.pragma_update(None, "trusted_schema", "OFF")?;
    if options.access == Access::Read {
        conn.pragma_update(None, "query_only", "ON")?;
    } else {
        conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        if let Some(pages) = options.page_limit {
            conn.pragma_update(None, "max_page_count", pages)?;
        }
    }
    // The first look at the file: that it is one, and that it may be read.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// How often a connection asks for its turn before it gives up: about a minute.
const TURNS: i32 = 12_000;

/// Another process is committing. That takes milliseconds, so this asks again soon instead of backing off:
/// an environment that is being applied must not starve one that only wants its turn.
fn wait_for_turn(asked: i32) -> bool {
    let pause = if asked < 100 {
        Duration::from_millis(1)
    } else {
        Duration::from_millis(5)
    };
    std::thread::sleep(pause);
    asked < TURNS
}

/// Checks the whole file: that SQLite's own structures are as they must be.
pub(crate) fn check_structure(conn: &Connection, path: &Path) -> Result<(), RecordError> {
    let found: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| RecordError::from_sqlite(path, error))?;
    if found == "ok" {
        return Ok(());
    }
    Err(RecordError::Unreadable {
        path: path.into(),
        reason: found,
    })
}

/// The answer to a write through a store that was opened for reading.
pub(crate) fn reading_only(path: &Path) -> RecordError {
    let source = Arc::new(std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem));
    RecordError::ReadOnly {
        path: path.into(),
        source,
    }
}
