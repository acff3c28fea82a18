//! The run that is changing an environment now, of a process that lives: its steps are not in doubt, and nothing else
//! can be applied until it has ended. Entry point: [`find`].

use model::clock::Timestamp;
use model::{Diagnostic, Sources, Str};
use state::{Holder, HolderState, RecordError, RunRow, Store};

use crate::cli::output::moment::readable;
use crate::cli::prepare::{Prepared, Refused};
use crate::cli::record;

/// A run that goes on.
#[derive(Clone, Debug)]
pub struct UnderWay {
    /// Its row; none while it has not begun to write.
    pub run: Option<RunRow>,
    /// Who holds the environment.
    holder: Holder,
    /// Since when.
    since: Timestamp,
}

impl UnderWay {
    /// What goes on, as a sentence without its end.
    fn what(&self) -> String {
        let Holder {
            actor,
            what,
            process,
        } = &self.holder;
        let who = match &self.run {
            Some(run) => format!("run {} ({})", run.id, run.kind.as_str()),
            None => format!("`{what}`"),
        };
        let since = readable(self.since);
        format!(
            "{who} is under way since {since} by {actor} (process {} on {})",
            process.pid, process.host
        )
    }

    /// The error that nothing can be applied now.
    fn error(&self, environment: &str) -> Diagnostic {
        let message = format!("`{environment}` is being changed: {}", self.what());
        Diagnostic::error("record-locked", message).help("try again when it has ended")
    }

    /// The warning that what is planned now will soon be another thing.
    fn warning(&self) -> Diagnostic {
        Diagnostic::warning("record-locked", self.what())
            .note("what it does from now on is not in this plan")
            .help("plan again when it has ended")
    }
}

/// The run that is changing the environment at `now`; none where none does, or its process is certainly gone.
///
/// # Errors
/// When the record cannot be read.
pub fn find(
    store: &Store,
    environment: &Str,
    now: Timestamp,
) -> Result<Option<UnderWay>, RecordError> {
    let Some(lease) = store.lease(environment)? else {
        return Ok(None);
    };
    if !lease.held || now >= lease.expires || lease.holder.process.state() == HolderState::Dead {
        return Ok(None);
    }
    let mut unended = store.unended_runs(environment)?;
    unended.retain(|run| run.token == Some(lease.token));
    Ok(Some(UnderWay {
        run: unended.pop(),
        holder: lease.holder,
        since: lease.since,
    }))
}

/// Refuses to go on where a run is under way, before anything is asked of anybody.
///
/// # Errors
/// When there is one, or the record cannot be read.
pub fn refuse(prepared: &Prepared, store: &Store, now: Timestamp) -> Result<(), Refused> {
    let environment = &prepared.environment;
    let refused = |diagnostic: Diagnostic| Refused {
        diagnostics: diagnostic.into(),
        sources: Sources::default(),
    };
    match find(store, environment, now) {
        Ok(None) => Ok(()),
        Ok(Some(found)) => Err(refused(found.error(environment))),
        Err(error) => Err(refused(record::diagnostic(&error))),
    }
}

/// Warns of a run that is under way.
///
/// # Errors
/// When the record cannot be read.
pub fn warn(
    store: &Store,
    environment: &Str,
    now: Timestamp,
) -> Result<Option<Diagnostic>, RecordError> {
    Ok(find(store, environment, now)?.map(|found| found.warning()))
}
