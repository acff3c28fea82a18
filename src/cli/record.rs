//! The record as commands open it, and what goes wrong with it as diagnostics.

pub mod views;

use std::path::Path;
use std::sync::Arc;

use contract::Providers;
use delivery::Project;
use engine::record::StoreError;
use engine::{Recorded, SessionRequest};
use model::{Diagnostic, Diagnostics, Str};
use state::{Options, RecordError, RunKind, Store};

use super::invocation::Invocation;
use super::prepare::{Prepared, Refused};
use crate::cli::invocation::exit::ExitCode;

/// Opens the record to write, making it if there is none. In a directory that cannot be written an existing record is
/// opened to read.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> Result<Store, RecordError> {
    #[cfg(not(test))]
    let options = Options::create();
    #[cfg(test)]
    let options = super::histories::options(path);
    match Store::open(path, options) {
        Err(RecordError::ReadOnly { .. }) if path.exists() => Store::open(path, Options::read()),
        other => other,
    }
}

/// Opens the record to read; none when there is none.
///
/// # Errors
/// When it cannot be opened.
pub fn open_existing(path: &Path) -> Result<Option<Store>, RecordError> {
    match Store::open(path, Options::read()) {
        Ok(store) => Ok(Some(store)),
        Err(RecordError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads what is recorded of an environment of a project, whose record may not be there yet.
///
/// # Errors
/// When the record cannot be opened or read.
pub fn recorded(project: &Project, environment: &Str) -> Result<Recorded, StoreError> {
    let store = open_existing(&project.record())?;
    read(store.as_ref(), environment)
}

/// What is recorded of an environment, from a record that may not be there yet.
///
/// # Errors
/// When it cannot be read.
pub fn read(store: Option<&Store>, environment: &Str) -> Result<Recorded, StoreError> {
    match store {
        Some(store) => engine::record::read(store, environment),
        None => Ok(Recorded {
            environment: environment.clone(),
            ..Recorded::default()
        }),
    }
}

/// An error of the record as a diagnostic.
pub fn diagnostic(error: &(dyn std::error::Error + 'static)) -> Diagnostic {
    let record =
        error
            .downcast_ref::<RecordError>()
            .or_else(|| match error.downcast_ref::<StoreError>() {
                Some(StoreError::Record(record)) => Some(record),
                _ => None,
            });
    if let Some(closed) = record.and_then(closed) {
        return closed;
    }
    let (id, help): (&'static str, Option<String>) = match record {
        Some(RecordError::Locked { .. }) => {
            ("record-locked", Some("try again when it has ended".into()))
        }
        Some(RecordError::Fenced { .. }) => (
            "record-locked",
            Some(
                "another run took over, because this one was not heard of for too long; what it did is recorded, and \
                 what was under way is found out by the next command"
                    .into(),
            ),
        ),
        Some(RecordError::Busy { .. } | RecordError::SightingsMoved { .. }) => {
            ("record-locked", Some("try again".into()))
        }
        Some(RecordError::Newer { .. }) => (
            "record-newer",
            Some("use the Terrace that wrote it, or a newer one".into()),
        ),
        Some(RecordError::Older { .. }) => (
            "read-only-directory",
            Some("run any command once where the directory can be written".into()),
        ),
        Some(RecordError::Unreadable { path, .. }) => (
            "record-unreadable",
            Some(format!(
                "put a copy of `{}` back from a backup",
                path.display()
            )),
        ),
        Some(RecordError::Gone { path }) => (
            "record-gone",
            Some(format!(
                "put `{}` back from a backup, with all that is beside it; what was made since is in no record",
                path.display()
            )),
        ),
        Some(RecordError::ReadOnly { .. }) => (
            "read-only-directory",
            Some("make the directory writable; the record is kept there".into()),
        ),
        Some(RecordError::Full { .. }) => (
            "record-write",
            Some("free some space and run the command again; what was recorded is safe".into()),
        ),
        Some(RecordError::KeyMissing { path, .. }) => (
            "record-unreadable",
            Some(format!("put the key back at `{}`", path.display())),
        ),
        Some(RecordError::NoPlan { .. } | RecordError::AmbiguousPlan { .. }) => {
            ("no-such-plan", Some("plan again: terrace plan".into()))
        }
        Some(RecordError::NoRun { .. }) => {
            ("unknown-run", Some("the runs there are: terrace log".into()))
        }
        Some(_) => ("record-unreadable", None),
        None => ("record-unreadable", None),
    };
    let mut diagnostic = Diagnostic::error(id, error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if text != diagnostic.message {
            diagnostic = diagnostic.note(text);
        }
        cause = error.source();
    }
    diagnostic.help.extend(help);
    diagnostic
}

/// What is said of a record that may not be read.
fn closed(error: &RecordError) -> Option<Diagnostic> {
    let (RecordError::ReadOnly { path, .. } | RecordError::Open { path, .. }) = error else {
        return None;
    };
    let denied = std::fs::File::open(path).err()?;
    (denied.kind() == std::io::ErrorKind::PermissionDenied).then(|| {
        let message = format!("the record `{}` may not be read", path.display());
        Diagnostic::error("record-unreadable", message)
            .help("let whom it belongs to make it readable, and the directory it is in")
    })
}

/// Reports an error of the record and says how the process ends.
pub fn report(invocation: &Invocation, error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let diagnostic = diagnostic(error);
    let code = if diagnostic.id == "record-locked" {
        ExitCode::Locked
    } else {
        ExitCode::Failed
    };
    invocation.report(
        &diagnostic.into(),
        &model::Sources::default(),
        "nothing was changed",
        false,
    );
    code
}

/// Records what objects claim that an older Terrace recorded, in any environment; where the record can only be read, that
/// stays to be done.
///
/// # Errors
/// When the record cannot be used.
pub async fn learn_claims(store: &Store, providers: &Arc<dyn Providers>) -> Result<(), StoreError> {
    match engine::claims::learn(store, providers).await {
        Ok(()) | Err(StoreError::Record(RecordError::ReadOnly { .. })) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Finds out what became of steps that earlier runs left open, and tells what it found. Returns warnings of those of
/// which it cannot be told.
///
/// # Errors
/// When the record cannot be used; a run that still goes on is no error here.
pub async fn recover(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
) -> Result<Diagnostics, Refused> {
    let cannot = |error: StoreError| Refused {
        diagnostics: diagnostic(&error).into(),
        sources: prepared.sources().clone(),
    };
    learn_claims(store, &prepared.providers)
        .await
        .map_err(cannot)?;
    let actor = invocation.actor();
    let request = SessionRequest::new(&prepared.environment, RunKind::Recover, actor);
    let (clock, providers) = (&invocation.process.clock, &prepared.providers);
    match engine::recover::recover(store, clock, request, prepared.desired(), providers).await {
        Ok(found) => {
            tell(invocation, &found);
            Ok(found.diagnostics)
        }
        // The run that has the steps open is still going on, or the record cannot be written here.
        Err(StoreError::Record(RecordError::Locked { .. } | RecordError::ReadOnly { .. })) => {
            Ok(Diagnostics::new())
        }
        Err(error) => Err(cannot(error)),
    }
}

fn tell(invocation: &Invocation, found: &engine::recover::Recovery) {
    let mut text = String::new();
    for (list, what) in [
        (&found.adopted, "had happened and is recorded now"),
        (
            &found.half,
            "was cut short; what is there is recorded, and the rest is planned anew",
        ),
        (&found.undone, "had not happened"),
    ] {
        for addr in list.iter().take(8) {
            text.push_str(&format!("   Recovered {addr}  {what}\n"));
        }
        if list.len() > 8 {
            text.push_str(&format!(
                "   Recovered {} more, which {what}\n",
                list.len() - 8
            ));
        }
    }
    invocation.say(&text);
}
