//! Runs the steps of a plan: starts what may run next while there is room for it, and takes what ended. Independent
//! branches go on after a failure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use contract::Effects;
use lang::Phase;
use model::address::{InstanceAddr, ProviderAddr};
use model::condition::Conditions;
use model::event::EventKind;
use model::plan::{PlanMode, Step, StepId, StepKind};
use model::{Diagnostic, Diagnostics, Severity, Str, Value};
use state::{Output, RecordError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::effect::{Desk, Effect, Effected, effect};
use super::prepare::Prepared;
use super::queue::Queue;
use super::room::Room;
use super::session::Session;
use super::write;
use super::{ApplyOptions, Outcome, Stop};
use crate::asking::Asking;
use crate::conditions;
use crate::events::Events;
use crate::open::OpenStep;
use crate::plan::{Planned, moves};
use crate::record::{self, StoreError};

/// How long a step that is left may take to give way.
const PATIENCE: Duration = Duration::from_secs(2);

/// What ended.
enum Ended {
    /// A change of the world or of the record only, and whether the provider asked to slow down.
    Effect(Box<Effect>, Effected, bool),
    /// A look.
    Read(Result<Value, Box<Diagnostic>>),
}

/// A run in progress.
pub(super) struct Schedule<'s> {
    pub(super) planned: Planned,
    session: &'s Session,
    options: ApplyOptions,
    events: &'s Events,
    queue: Queue,
    room: Room,
    running: JoinSet<Ended>,
    /// Those of them that only look.
    reading: HashMap<tokio::task::Id, (StepId, InstanceAddr)>,
    done: BTreeMap<&'static str, u64>,
    failed: u64,
    skipped: u64,
    pub(super) diagnostics: Diagnostics,
    /// Texts that no error may show.
    pub(super) secrets: Arc<contract::Secrets>,
    pub(super) closures: HashMap<lang::graph::NodeId, Arc<[lang::graph::NodeId]>>,
    /// Instances of which it is not known what became of an earlier effect.
    unsettled: HashMap<InstanceAddr, OpenStep>,
    /// Those of them that were not touched for it.
    spared: BTreeSet<InstanceAddr>,
    /// The null of the resource type that was last worked on.
    pub(super) null: Option<(Arc<contract::ResourceSchema>, Value)>,
}

impl<'s> Schedule<'s> {
    pub(super) fn new(
        planned: Planned,
        session: &'s Session,
        options: ApplyOptions,
        events: &'s Events,
    ) -> Self {
        let steps = planned.plan.steps.iter();
        let lanes = steps.map(|step| lane(&planned, step)).collect();
        let queue = Queue::new(&planned.plan.order.after, lanes);
        let secrets = Arc::new(crate::secrets::of(&planned.plan, planned.plugins.told()));
        let room = Room::new(options.parallelism);
        Self {
            planned,
            session,
            options,
            events,
            queue,
            room,
            running: JoinSet::new(),
            reading: HashMap::new(),
            done: BTreeMap::new(),
            failed: 0,
            skipped: 0,
            diagnostics: Diagnostics::new(),
            secrets,
            closures: HashMap::new(),
            unsettled: HashMap::new(),
            spared: BTreeSet::new(),
            null: None,
        }
    }

    /// Instances that earlier runs left in doubt are not touched: whatever is done to them could be done twice.
    pub(super) fn spare(mut self, unsettled: Vec<OpenStep>) -> Self {
        for open in unsettled {
            // The definition may call it otherwise than the run did that left it.
            let now = moves::present(&self.planned.desired, &open.addr);
            self.unsettled.insert(now, open.clone());
            self.unsettled.insert(open.addr.clone(), open);
        }
        self
    }

    fn in_doubt(&mut self, step: &Step) -> Option<(InstanceAddr, Diagnostic)> {
        if self.unsettled.is_empty() || step.kind == StepKind::Read {
            return None;
        }
        let change = self.planned.plan.change_of(step)?;
        let open = self.unsettled.get(&change.addr)?;
        let addr = change.addr.clone();
        let message = format!("`{addr}` was left as it is: it cannot be told what became of it");
        let diagnostic = open.error(message).about(addr.clone());
        self.spared.insert(open.addr.clone());
        Some((addr, diagnostic))
    }

    pub(super) async fn run(mut self) -> Result<Outcome, StoreError> {
        self.planned.desired.set_phase(Phase::Apply);
        let observed = write::observed(&self.planned.plan, &self.planned.recorded, |addr| {
            self.unsettled.contains_key(addr)
        });
        let observed = observed.map_err(|source| StoreError::Object {
            address: "what was observed".into(),
            source,
        })?;
        if !observed.is_empty() {
            self.session.writer().change(observed).await?;
        }
        let worked = self.work().await;
        if matches!(&worked, Err(StoreError::Record(RecordError::Gone { .. }))) {
            self.let_end().await;
        }
        worked?;
        let unknown = self.leave().await?;
        self.finish(unknown).await
    }

    /// Lets what runs come to its end, unless it is to be left: what is told of it is all that anyone will know.
    async fn let_end(&mut self) {
        let mut stop = self.options.stop.clone();
        let left = async {
            if stop.wait_for(|asked| *asked == Stop::Now).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let ended = async { while self.running.join_next().await.is_some() {} };
        tokio::select! {
            () = ended => {}
            () = left => {}
        }
    }

    /// Starts what may run, until nothing does any more or it is to be left.
    async fn work(&mut self) -> Result<(), StoreError> {
        let mut stop = self.options.stop.clone();
        let mut stopping = false;
        loop {
            let asked = *stop.borrow_and_update();
            if asked == Stop::Now {
                return Ok(());
            }
            if asked == Stop::AfterRunning && !stopping {
                stopping = true;
                self.events
                    .emit(EventKind::Stopping {
                        running: self.running.len() as u64,
                    })
                    .await;
            }
            if asked == Stop::Never {
                self.start().await?;
            }
            if self.running.is_empty() {
                return Ok(());
            }
            tokio::select! {
                Some(ended) = self.running.join_next_with_id() => self.ended(ended).await?,
                changed = stop.changed() => {
                    if changed.is_err() {
                        // Nobody can ask any more.
                        stop = never();
                    }
                }
            }
            // Take along what else has ended, so that many short steps cost few turns.
            while let Some(ended) = self.running.try_join_next_with_id() {
                self.ended(ended).await?;
            }
        }
    }

    /// Leaves what still runs, and returns how many steps that are. Once they are gone, nothing of this run happens in
    /// the world any more, and the next run may ask what became of them.
    async fn leave(&mut self) -> Result<u64, StoreError> {
        self.running.abort_all();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut unknown = 0;
        loop {
            match tokio::time::timeout_at(deadline, self.running.join_next_with_id()).await {
                Ok(Some(Ok(ended))) => self.ended(Ok(ended)).await?,
                // What only looks leaves nothing behind.
                Ok(Some(Err(error))) if self.reading.remove(&error.id()).is_some() => {}
                Ok(Some(Err(_))) => unknown += 1,
                Ok(None) => return Ok(unknown),
                // A provider that does not give way ends with the process.
                Err(_) => {
                    let left = self.running.len().saturating_sub(self.reading.len());
                    return Ok(unknown + left as u64);
                }
            }
        }
    }

    /// Starts every step that may run now.
    async fn start(&mut self) -> Result<(), StoreError> {
        while let Some(node) = self.queue.pop(|effects| self.room.has(effects)) {
            let Some(step) = self.planned.plan.steps.get(node as usize).cloned() else {
                self.queue.complete(node);
                continue;
            };
            if let Some((addr, diagnostic)) = self.in_doubt(&step) {
                self.refuse(StepId(node), step.kind, &addr, diagnostic)
                    .await;
                continue;
            }
            if matches!(step.kind, StepKind::Move) {
                self.count(step.kind);
                self.queue.complete(node);
                continue;
            }
            match self.prepare(StepId(node), &step) {
                Prepared::Effect(prepared) => {
                    self.room.take(prepared.schema.effects);
                    let desk = Desk {
                        run: self.session.writer().clone(),
                        events: self.events.clone(),
                    };
                    self.running.spawn(async move {
                        let (effect, effected, throttled) = effect(*prepared, desk).await;
                        Ended::Effect(Box::new(effect), effected, throttled)
                    });
                }
                Prepared::Read(reading) => {
                    self.room.take(Effects::World);
                    let subject = (reading.step, reading.addr.clone());
                    let run = self.session.writer().clone();
                    let task = self
                        .running
                        .spawn(async move { Ended::Read(reading.read(&run).await) });
                    self.reading.insert(task.id(), subject);
                }
                Prepared::Forget(changes) => {
                    self.session.writer().change(changes).await?;
                    self.count(step.kind);
                    self.queue.complete(node);
                }
                Prepared::Refused(addr, diagnostic) => {
                    self.refuse(StepId(node), step.kind, &addr, *diagnostic)
                        .await;
                }
            }
        }
        Ok(())
    }

    async fn told(&self, step: StepId, kind: StepKind, addr: &InstanceAddr) {
        let started = EventKind::StepStarted {
            step,
            kind,
            addr: addr.clone(),
            id: None,
        };
        self.events.emit(started).await;
        let took = std::time::Duration::ZERO;
        self.events
            .emit(EventKind::StepDone {
                step,
                kind,
                addr: addr.clone(),
                id: None,
                took,
            })
            .await;
    }

    async fn ended(
        &mut self,
        ended: Result<(tokio::task::Id, Ended), tokio::task::JoinError>,
    ) -> Result<(), StoreError> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        if let Some((step, addr)) = self.reading.remove(&id) {
            self.room.leave(Effects::World);
            let answer = match ended {
                Ok((_, Ended::Read(answer))) => answer,
                Ok((_, Ended::Effect(..))) | Err(_) => {
                    let message = format!("cannot read `{addr}`: the provider panicked");
                    Err(Diagnostic::error("provider-failed", message)
                        .about(addr.clone())
                        .into())
                }
            };
            self.read(step, &addr, answer).await;
            return Ok(());
        }
        let Ok((_, Ended::Effect(effect, effected, throttled))) = ended else {
            let what = "an effect's task ended without an answer".to_owned();
            return Err(StoreError::Record(RecordError::Bug { what }));
        };
        self.room.leave(effect.schema.effects);
        self.room.adapt(throttled);
        let addr = effect.row.change.addr.clone();
        match effected {
            Effected::Done(value) => {
                // The old object of a create-first replacement goes without a trace in the values.
                if effect.kind == StepKind::Destroy {
                    self.count(effect.kind);
                    self.queue.complete(effect.step.0);
                } else {
                    self.arrived(effect.step, effect.kind, &addr, value).await;
                }
            }
            Effected::Failed(diagnostic) => {
                self.failed += 1;
                self.diagnostics.push(self.placed(&addr, *diagnostic));
                self.bar(effect.step.0, &addr).await;
            }
            Effected::Lost(error) => return Err(StoreError::Record(error)),
        }
        Ok(())
    }

    async fn read(
        &mut self,
        step: StepId,
        addr: &InstanceAddr,
        answer: Result<Value, Box<Diagnostic>>,
    ) {
        match answer {
            Ok(value) => {
                self.told(step, StepKind::Read, addr).await;
                self.arrived(step, StepKind::Read, addr, value).await;
            }
            Err(diagnostic) if self.is_in_check(addr) => {
                let mut diagnostic = self.placed(addr, *diagnostic);
                diagnostic.severity = Severity::Warning;
                self.diagnostics.push(diagnostic);
                self.told(step, StepKind::Read, addr).await;
                self.count(StepKind::Read);
                self.queue.complete(step.0);
            }
            Err(diagnostic) => self.refuse(step, StepKind::Read, addr, *diagnostic).await,
        }
    }

    /// Whether it is the data source of a `check` block, which makes nothing fail.
    fn is_in_check(&self, addr: &InstanceAddr) -> bool {
        let resource = self.planned.desired.resource(&addr.block);
        resource.is_some_and(|resource| resource.check.is_some())
    }

    fn count(&mut self, kind: StepKind) {
        *self.done.entry(kind.word()).or_default() += 1;
    }

    /// An instance has its value: conditions on it are checked, and what waited for it goes on. A step after which they
    /// do not hold counts as one that failed, though what it did is done.
    async fn arrived(&mut self, step: StepId, kind: StepKind, addr: &InstanceAddr, value: Value) {
        let (_, diagnostics) = self
            .planned
            .desired
            .postconditions(addr, &value, Severity::Error);
        self.planned.desired.set_value(addr, value);
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        if failed {
            self.failed += 1;
            self.bar(step.0, addr).await;
        } else {
            self.count(kind);
            self.queue.complete(step.0);
        }
    }

    async fn refuse(
        &mut self,
        step: StepId,
        kind: StepKind,
        addr: &InstanceAddr,
        diagnostic: Diagnostic,
    ) {
        self.failed += 1;
        let diagnostic = self.placed(addr, diagnostic);
        let failed = EventKind::StepFailed {
            step,
            kind,
            addr: addr.clone(),
            took: std::time::Duration::ZERO,
            diagnostic: Box::new(diagnostic.clone()),
            refusal: None,
        };
        self.events.emit(failed).await;
        self.diagnostics.push(diagnostic);
        self.bar(step.0, addr).await;
    }

    /// The diagnostic at the place of the instance's block, unless it has one.
    fn placed(&self, addr: &InstanceAddr, diagnostic: Diagnostic) -> Diagnostic {
        match self.planned.desired.resource(&addr.block) {
            Some(resource) => diagnostic.at_least(resource.span),
            None => diagnostic,
        }
    }

    /// A node failed: nothing that needs it, however far, can run.
    async fn bar(&mut self, node: u32, addr: &InstanceAddr) {
        for at in self.queue.bar(node) {
            let Some(step) = self.planned.plan.steps.get(at as usize) else {
                continue;
            };
            let Some(change) = self.planned.plan.change_of(step) else {
                continue;
            };
            self.skipped += 1;
            let skipped = EventKind::StepSkipped {
                step: StepId(at),
                kind: step.kind,
                addr: change.addr.clone(),
                needs: Some(addr.clone()),
            };
            self.events.emit(skipped).await;
        }
    }

    /// What became of the definition's conditions; what this run had no reason to look at is as the plan has it.
    fn conditions(&self) -> Vec<Conditions> {
        let plan = &self.planned.plan;
        if plan.mode == PlanMode::Destroy {
            return Vec::new();
        }
        let mut found = self.planned.desired.conditions(|_| true);
        for (found, planned) in found.iter_mut().zip(&plan.conditions) {
            found.fill_in(planned);
        }
        found
    }

    async fn finish(mut self, unknown: u64) -> Result<Outcome, StoreError> {
        let total = self.planned.plan.steps.len() as u64;
        let done: u64 = self.done.values().sum();
        let untouched = total.saturating_sub(done + self.failed + self.skipped + unknown);
        self.skipped += untouched;
        let outputs = self.outputs();
        if self.is_whole() && unknown == 0 {
            let found = self.planned.assertions();
            self.diagnostics.extend(found);
        }
        let rows: Result<BTreeMap<Str, Output>, _> = outputs
            .iter()
            .map(|(name, (value, sensitive))| {
                let value = record::payload(value)?;
                Ok((
                    name.clone(),
                    Output {
                        value,
                        sensitive: *sensitive,
                    },
                ))
            })
            .collect();
        let rows = rows.map_err(|source| StoreError::Object {
            address: "an output".into(),
            source,
        })?;
        self.session.writer().outputs(rows).await?;
        if let Some(row) = conditions::row(self.events.now(), self.conditions()) {
            self.session.writer().event(row).await?;
        }
        let mut diagnostics = self.diagnostics;
        diagnostics.sort();
        Ok(Outcome {
            run: self.session.run_id(),
            done: self.done,
            failed: self.failed,
            skipped: self.skipped,
            unknown,
            stopped: *self.options.stop.borrow() != Stop::Never,
            took: std::time::Duration::ZERO,
            outputs,
            spared: self.spared,
            diagnostics,
        })
    }
}

/// A receiver that never changes.
fn never() -> watch::Receiver<Stop> {
    let (sender, receiver) = watch::channel(Stop::Never);
    // Forgetting the sender would close the channel, which is what ended the first one.
    std::mem::forget(sender);
    receiver
}

/// What a step needs room for; none where it is done at once.
fn lane(planned: &Planned, step: &Step) -> Option<Effects> {
    match step.kind {
        StepKind::Move | StepKind::Forget => return None,
        StepKind::Create
        | StepKind::Update
        | StepKind::Destroy
        | StepKind::Read
        | StepKind::Import
        | StepKind::Refresh => {}
    }
    let change = planned.plan.change_of(step)?;
    let (source, rtype) = (&change.provider.source, &change.addr.block.rtype);
    let schema = planned.plugins.resource_schema(source, rtype);
    Some(schema.map_or(Effects::World, |schema| schema.effects))
}

impl Schedule<'_> {
    pub(super) fn run_id(&self) -> model::serial::RunId {
        self.session.run_id()
    }

    pub(super) fn lineage(&self) -> &str {
        self.session.lineage()
    }

    pub(super) fn asking(&self, provider: &ProviderAddr) -> Asking {
        Asking {
            provider: provider.source.name.clone(),
            environment: self.planned.plan.environment.clone(),
            attempts: self.options.attempts,
            events: self.events.clone(),
        }
    }

    pub(super) fn attempts(&self) -> u32 {
        self.options.attempts
    }

    /// Whether nothing failed or was left out.
    pub(super) fn is_whole(&self) -> bool {
        self.failed == 0 && self.skipped == 0
    }
}
