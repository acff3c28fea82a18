//! What a run writes while it goes on. Every call checks, in the transaction that writes, that the run still holds its
//! lease. Entry point: [`RunWriter`].

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Str;
use model::serial::RunId;

use crate::claim::{Claim, Claimant};
use crate::desk::{Desk, Scope};
use crate::error::{Failure, RecordError};
use crate::id::IntentId;
use crate::journal::{Intent, Settlement};
use crate::object::ObjectChange;
use crate::observation::{CheckResult, EventRow};
use crate::output::Output;
use crate::pending::Pending;
use crate::run::{RunEnd, RunRow};
use crate::sighting::Sightings;
use crate::store::Store;

/// A run that goes on. Clones are the same run; all may be used at once, and calls take effect in the order they are made.
///
/// Each call queues its write when it is made and answers when that is durable. Besides the errors it names, each can fail
/// with [`RecordError::Fenced`] if the lease was released or taken over, [`RecordError::RunEnded`], those of writing
/// (see [`Store::acquire`]), and, where objects or the journal are written, [`RecordError::OnlyObserves`] if the run was
/// begun without a lease. A call that fails changed nothing.
///
/// [`RecordError::Fenced`]: crate::RecordError::Fenced
/// [`RecordError::RunEnded`]: crate::RecordError::RunEnded
/// [`RecordError::OnlyObserves`]: crate::RecordError::OnlyObserves
#[derive(Clone, Debug)]
pub struct RunWriter {
    store: Store,
    scope: Arc<Scope>,
}

impl Store {
    /// Begins a run and returns what writes it.
    pub(crate) fn begin(
        &self,
        begin: impl Fn(&mut Desk) -> Result<Scope, Failure> + Send + 'static,
    ) -> Pending<RunWriter> {
        let scope = self.write(begin);
        let store = self.clone();
        scope.map(move |scope| RunWriter {
            store,
            scope: Arc::new(scope),
        })
    }
}

impl RunWriter {
    /// Returns the run's number.
    pub fn id(&self) -> RunId {
        self.scope.run
    }

    /// Returns the environment.
    pub fn environment(&self) -> &Str {
        &self.scope.name
    }

    /// Says which other environment has what, as [`Store::claimants`] does.
    ///
    /// # Errors
    /// Those of reading.
    pub fn claimants(&self, claims: &[Claim]) -> Result<Vec<Option<Claimant>>, RecordError> {
        self.store.claimants(&self.scope.name, claims)
    }

    fn write<T: Send + 'static>(
        &self,
        write: impl Fn(&mut Desk, &Scope) -> Result<T, Failure> + Send + 'static,
    ) -> Pending<T> {
        let scope = self.scope.clone();
        self.store.write(move |desk| write(desk, &scope))
    }

    /// Writes what is about to be done, and what it claims. The effect may be asked for once this has answered.
    ///
    /// # Errors
    /// [`RecordError::ClaimedElsewhere`](crate::RecordError::ClaimedElsewhere) if another environment has something of that:
    /// then there is no intent.
    pub fn intent(&self, intent: Intent) -> Pending<IntentId> {
        self.write(move |desk, scope| desk.intend(scope, &intent))
    }

    /// Writes what became of an intent, with the changes of objects that are its effect, all or nothing. The intent may be
    /// of an earlier run of the same environment, whose process died.
    ///
    /// # Errors
    /// [`RecordError::NotOpen`](crate::RecordError::NotOpen), those of [`RunWriter::change`].
    pub fn settle(&self, intent: IntentId, settlement: Settlement) -> Pending<()> {
        self.write(move |desk, scope| desk.settle(scope, intent, &settlement))
    }

    /// Makes many changes of objects in their order, all or nothing.
    ///
    /// # Errors
    /// [`RecordError::NoObject`](crate::RecordError::NoObject),
    /// [`RecordError::ObjectExists`](crate::RecordError::ObjectExists); where sealed objects move or are compared, those of
    /// [`Opener::attributes`](crate::Opener::attributes).
    pub fn change(&self, changes: Vec<ObjectChange>) -> Pending<()> {
        self.write(move |desk, scope| desk.change_objects(scope, &changes))
    }

    /// Makes `outputs` all the outputs the environment has. Those that are the same stay as they are.
    pub fn outputs(&self, outputs: BTreeMap<Str, Output>) -> Pending<()> {
        self.write(move |desk, scope| desk.set_outputs(scope, &outputs))
    }

    /// Adds an event that is no step.
    pub fn event(&self, event: EventRow) -> Pending<()> {
        self.write(move |desk, scope| desk.event(scope, &event))
    }

    /// Adds the result of a check.
    pub fn check(&self, check: CheckResult) -> Pending<()> {
        self.write(move |desk, scope| desk.check(scope, &check))
    }

    /// Ends the run and adds it to the environment's chain; nothing can be added to it afterwards. Intents may be left open.
    pub fn finish(&self, end: RunEnd) -> Pending<RunRow> {
        self.write(move |desk, scope| desk.finish(scope, &end))
    }

    /// Makes `sightings` all that is known of the environment's drift, as a run does before it heals: what it is about to try
    /// is counted also if it dies.
    ///
    /// # Errors
    /// [`RecordError::SightingsMoved`](crate::RecordError::SightingsMoved) if another run wrote them since they were read.
    pub fn sightings(&self, sightings: Sightings) -> Pending<()> {
        self.write(move |desk, scope| desk.set_sightings(scope, &sightings))
    }

    /// Ends the run as [`RunWriter::finish`] does, and makes `sightings` all that is known of the environment's drift, all
    /// or nothing.
    ///
    /// # Errors
    /// [`RecordError::SightingsMoved`](crate::RecordError::SightingsMoved) if another run wrote them since they were read.
    pub fn finish_looking(&self, end: RunEnd, sightings: Sightings) -> Pending<RunRow> {
        self.write(move |desk, scope| {
            desk.set_sightings(scope, &sightings)?;
            desk.finish(scope, &end)
        })
    }

    /// Ends an earlier run of the same environment whose process is gone, as this run found out.
    ///
    /// # Errors
    /// [`RecordError::NoRun`](crate::RecordError::NoRun).
    pub fn finish_other(&self, run: RunId, end: RunEnd) -> Pending<RunRow> {
        self.write(move |desk, scope| desk.finish_other(scope, run, &end))
    }
}
