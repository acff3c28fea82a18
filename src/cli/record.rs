//! The record as commands open it, and what goes wrong with it as diagnostics.

use std::path::Path;

use engine::record::StoreError;
use engine::{Recorded, Session, SessionError, SessionRequest};
use model::{Diagnostic, Str};
use state::{Options, RecordError, RunKind, RunOutcome, Store};

use super::exit::ExitCode;
use super::invocation::Invocation;
use super::prepare::{Prepared, Refused};

/// Opens the record to write, making it if there is none. In a directory that cannot be written an existing record is
/// opened to read.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> Result<Store, RecordError> {
    match Store::open(path, Options::create()) {
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
        Some(RecordError::Busy { .. }) => ("record-locked", Some("try again".into())),
        Some(RecordError::Newer { .. }) => (
            "record-newer",
            Some("use the Terrace that wrote it, or a newer one".into()),
        ),
        Some(RecordError::Unreadable { path, .. }) => (
            "record-unreadable",
            Some(format!(
                "put a copy of `{}` back from a backup",
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
            ("plan-stale", Some("plan again: terrace plan".into()))
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
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
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

/// Settles what an interrupted run left open, if anything; tells what it found.
///
/// # Errors
/// When the record cannot be used; a run that still goes on is no error here.
pub async fn recover(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
) -> Result<(), Refused> {
    let refused = |error: &(dyn std::error::Error + 'static)| Refused {
        diagnostics: diagnostic(error).into(),
        sources: prepared.sources().clone(),
    };
    let environment = &prepared.environment;
    let needed = engine::recover::is_needed(store, environment).map_err(|error| refused(&error))?;
    let unended = store
        .unended_runs(environment)
        .map_err(|error| refused(&error))?;
    if !needed && unended.is_empty() {
        return Ok(());
    }
    let request = SessionRequest {
        environment: environment.clone(),
        kind: RunKind::Recover,
        plan: None,
        revision: None,
        actor: invocation.actor(),
        note: None,
    };
    let session = match Session::begin(store, &invocation.process.clock, request, None).await {
        Ok(session) => session,
        // The run that has the intents open is still going on, or the record cannot be written here.
        Err(SessionError::Record(RecordError::Locked { .. } | RecordError::ReadOnly { .. })) => {
            return Ok(());
        }
        Err(error) => return Err(refused(&error)),
    };
    let recorded = engine::record::read(store, environment).map_err(|error| refused(&error))?;
    let desired = prepared.desired();
    let found = engine::recover::recover(&session, &recorded, desired, &prepared.providers).await;
    let found = found.map_err(|error| refused(&error))?;
    session
        .end_interrupted()
        .await
        .map_err(|error| refused(&error))?;
    let counts = [
        ("adopted", &found.adopted),
        ("undone", &found.undone),
        ("unknown", &found.unknown),
    ];
    let counts = counts
        .iter()
        .map(|(name, list)| ((*name).to_owned(), list.len() as u64))
        .collect();
    session
        .finish(RunOutcome::Succeeded, counts)
        .await
        .map_err(|error| refused(&error))?;
    tell(invocation, prepared, &found);
    Ok(())
}

fn tell(invocation: &Invocation, prepared: &Prepared, found: &engine::recover::Recovery) {
    let mut text = String::new();
    for (list, what) in [
        (&found.adopted, "had happened and is recorded now"),
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
    invocation.report(&found.diagnostics, prepared.sources(), "", false);
}
