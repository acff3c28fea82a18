//! One look at an environment: observes everything that is recorded, judges what differs, and records what it saw. Changes
//! neither the world nor what is recorded of it. Entry point: [`look`].

mod judged;

use std::collections::{BTreeMap, BTreeSet};

use delivery::applied;
use delivery::drift::{self, Finding};
use delivery::heal::{self as policy, Decision, Effort, Situation};
use engine::observation::{Kept, Observation};
use engine::{Events, Looked, Recorded, Seen, SessionRequest, Sight};
use lang::project::{Check, Heal};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::pattern::Pattern;
use model::serial::RunId;
use model::{Diagnostic, Diagnostics, Span, Str, Value};
use state::{
    CheckResult, How, RecordError, RunFilter, RunKind, RunOutcome, Sighting, Sightings, Store,
};

use crate::cli::args::Showing;
use crate::cli::guard::under_way;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::listen::{Listener, Listening};
use crate::cli::invocation::suggested;
use crate::cli::output::drift::DriftView;
use crate::cli::prepare::revised::Content;
use crate::cli::prepare::{self, Prepared, Refused, Wanted, Wants};
use crate::cli::record;
use crate::cli::verify::checks;
use judged::Judged;

/// What a look comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: neither the world nor what is recorded of it is changed.
    Nothing,
    /// Healing: what became of steps that were cut short is found out first.
    Healing,
}

/// A look at one environment, with what healing needs.
#[derive(Debug)]
pub struct Look {
    /// What is shown of it.
    pub view: DriftView,
    /// What is there, of what differs.
    pub observed: BTreeMap<InstanceAddr, Value>,
    /// What differs, judged.
    pub findings: Vec<Finding>,
    /// What is known of drift from now on.
    pub sightings: Vec<Sighting>,
    /// How much healing did lately.
    pub recent: Effort,
    /// What a run destroyed to replace it, where what was applied last says what it was.
    pub lost: BTreeSet<InstanceAddr>,
    /// Whether the look is in the record: nothing is healed that is not.
    pub is_recorded: bool,
    /// The environment.
    pub prepared: Prepared,
    /// Its record.
    pub store: Store,
}

/// Looks at one environment, and records what was seen.
///
/// The record is what is compared with: it is what was applied last. The definition, as it was then, says how providers are
/// configured and what `ignore_changes` names.
///
/// # Errors
/// When nobody can look: the definition cannot be read, or the environment is being changed.
pub async fn look(
    invocation: &Invocation,
    environment: &Str,
    before: Before,
) -> Result<Look, Refused> {
    let wanted = Wanted::configured(Some(environment), Wants::Applied);
    let prepared = prepare::prepare(invocation, wanted).await?;
    let refused = |error: &(dyn std::error::Error + 'static)| {
        Refused::alone(record::diagnostic(error), prepared.sources())
    };
    let store = record::open(&prepared.project.record()).map_err(|error| refused(&error))?;
    let clock = &invocation.process.clock;
    let at = clock.now();
    // What a run has under way is neither as it was nor as it will be.
    under_way::refuse(&prepared, &store, at)?;
    if before == Before::Healing {
        let in_doubt = record::recover(invocation, &prepared, &store).await?;
        invocation.report(&in_doubt, prepared.sources(), "", false);
    }
    let lease = lease(&store, environment).map_err(|e| refused(&e))?;
    let (earlier, known) = known(&store, environment).map_err(|e| refused(&e))?;
    let recorded = engine::record::read(&store, environment).map_err(|e| refused(&e))?;
    let serial = recorded.serial;
    let request = SessionRequest::new(environment, RunKind::Drift, invocation.actor());
    let observation = Observation::begin(&store, clock, request, serial);
    let (outputs, subjects) = (outputs(&recorded), subjects(&prepared, &recorded));
    let lost = lost(&prepared, &store, &recorded).map_err(|e| refused(&e))?;
    let looked = observed(invocation, &prepared, recorded).await;
    let looked = with_lost(looked, &lost);
    let is_deployed = looked.instances > 0
        || applied::is_deployed(&store, environment).map_err(|e| refused(&e))?;
    let results = if is_deployed {
        tried(invocation, &prepared, &store, &outputs, &observation).await
    } else {
        Vec::new()
    };
    let rules = &prepared.project.file.heal;
    let failing = failing_checks(&prepared, &results);
    let mut judged = Judged::of(rules, looked, at, &earlier.rows, (&failing, &subjects));
    judged
        .tell(&Events::ignored(clock.clone()).noted_by(&observation))
        .await;
    let recent = healed_lately(&store, environment, rules, at).map_err(|e| refused(&e))?;
    let decisions = decided(&prepared, &judged, recent, at);
    let rows = policy::quarantined(&decisions, judged.sightings.clone());
    let (failing, tried) = (failing_of(&results), results.clone());
    let end = (RunOutcome::Succeeded, judged.counts());
    let kept = if judged.instances == 0 && !known && results.is_empty() {
        // There was nothing to look at, which is nothing to keep.
        Ok(Kept::Recorded)
    } else if self::lease(&store, environment).map_err(|e| refused(&e))? != lease {
        // Something was changed meanwhile, and what was seen may be of before, after or in between.
        Ok(Kept::Outdated)
    } else {
        let sightings = Sightings {
            by: earlier.by,
            rows: rows.clone(),
        };
        observation.finish_looking(results, sightings, end).await
    };
    let lost = of_known(lost, &store, environment).map_err(|e| refused(&e))?;
    let is_recorded = was_kept(invocation, environment, kept).map_err(|e| refused(&e))?;
    let view = DriftView {
        environment: environment.clone(),
        serial,
        revision: prepared.content.as_ref().and_then(Content::id),
        at,
        took: clock.now().since(at),
        instances: judged.instances,
        rows: judged.rows(decisions),
        unreadable: judged.unreadable,
        failing,
        checks: tried,
    };
    Ok(Look {
        view,
        observed: judged.observed,
        findings: judged.findings,
        sightings: rows,
        recent,
        lost,
        is_recorded,
        prepared,
        store,
    })
}

/// What the policy says to what was found.
fn decided(prepared: &Prepared, judged: &Judged, recent: Effort, now: Timestamp) -> Vec<Decision> {
    policy::decide(&Situation {
        policy: &prepared.project.file.heal,
        protect: protected(prepared),
        findings: &judged.findings,
        sightings: &judged.sightings,
        recent,
        instances: judged.instances,
        now,
    })
}

/// Of what was lost, that of which is known what it was: nothing where nothing was ever applied whole.
fn of_known(
    lost: BTreeMap<InstanceAddr, RunId>,
    store: &Store,
    environment: &Str,
) -> Result<BTreeSet<InstanceAddr>, RecordError> {
    if lost.is_empty() || delivery::applied::applied(store, environment)?.is_none() {
        return Ok(BTreeSet::new());
    }
    Ok(lost.into_keys().collect())
}

/// What `protect` of the environment names.
pub fn protected(prepared: &Prepared) -> &[(Pattern, Span)] {
    let declared = prepared.project.declared(&prepared.environment);
    declared.map_or(&[], |declared| declared.protect.as_slice())
}

/// What is known of drift, after what runs did since; says whether anything was known before.
fn known(store: &Store, environment: &Str) -> Result<(Sightings, bool), RecordError> {
    let Sightings { by, rows } = store.sightings(environment)?;
    let Since { changed, healed } = since(store, environment, by)?;
    let known = !rows.is_empty();
    let rows = drift::put_right(rows, &changed, &healed);
    Ok((Sightings { by, rows }, known))
}

/// The checks that do not pass.
fn failing_checks<'p>(prepared: &'p Prepared, results: &[CheckResult]) -> Vec<&'p Check> {
    let failed = |check: &&Check| {
        let mut failed = results.iter().filter(|result| !result.passed);
        failed.any(|result| check.name == result.name.as_str())
    };
    checks::of(prepared).into_iter().filter(failed).collect()
}

/// Who has the right to change the environment, and whether they have it still.
fn lease(store: &Store, environment: &Str) -> Result<Option<(u64, bool)>, RecordError> {
    let lease = store.lease(environment)?;
    Ok(lease.map(|lease| (lease.token, lease.held)))
}

/// What runs did since what is known of drift was written.
struct Since {
    /// What was made or changed by an apply.
    changed: BTreeSet<InstanceAddr>,
    /// What was healed.
    healed: BTreeSet<InstanceAddr>,
}

fn since(store: &Store, environment: &Str, by: Option<RunId>) -> Result<Since, RecordError> {
    let (mut changed, mut healed) = (BTreeSet::new(), BTreeSet::new());
    // A run that heals writes what is known before it begins.
    let Some(by) = by else {
        return Ok(Since { changed, healed });
    };
    for run in store.runs_since(environment, RunId(by.0.saturating_sub(1)))? {
        if run.token.is_none() {
            continue;
        }
        let touched = if run.kind == RunKind::Heal {
            &mut healed
        } else {
            &mut changed
        };
        for step in store.journal(run.id)? {
            let is_done = step.result.is_some_and(|result| result.how == How::Done);
            if is_done && step.action != "destroy" {
                touched.insert(step.addr);
            }
        }
    }
    Ok(Since { changed, healed })
}

/// The recorded instances that a check of the environment is about.
fn subjects(prepared: &Prepared, recorded: &Recorded) -> BTreeSet<InstanceAddr> {
    let checks = checks::of(prepared);
    let patterns: Vec<_> = checks.iter().flat_map(|check| &check.about).collect();
    if patterns.is_empty() {
        return BTreeSet::new();
    }
    let instances = recorded.instances();
    instances
        .filter(|(_, instance)| instance.current.is_some())
        .map(|(addr, _)| addr)
        .filter(|addr| patterns.iter().any(|(pattern, _)| pattern.matches(addr)))
        .collect()
}

/// The recorded outputs, as checks see them.
fn outputs(recorded: &engine::Recorded) -> BTreeMap<Str, (Value, bool)> {
    let outputs = recorded.outputs.iter();
    outputs
        .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
        .collect()
}

/// What a run destroyed to replace it and is not there, where the definition has its block.
fn lost(
    prepared: &Prepared,
    store: &Store,
    recorded: &Recorded,
) -> Result<BTreeMap<InstanceAddr, RunId>, RecordError> {
    let mut lost = delivery::lost::lost(store, &prepared.environment)?;
    if !lost.is_empty() {
        let desired = prepared.desired();
        lost.retain(|addr, _| {
            recorded.current(addr).is_none() && desired.resource(&addr.block).is_some()
        });
    }
    Ok(lost)
}

/// What was seen, with what is not even recorded any more.
fn with_lost(mut looked: Looked, lost: &BTreeMap<InstanceAddr, RunId>) -> Looked {
    looked.instances += lost.len() as u64;
    looked.seen.extend(lost.iter().map(|(addr, run)| Seen {
        addr: addr.clone(),
        recorded: Value::NULL,
        sight: Sight::Gone {
            instead: Some(
                format!("run {run} destroyed it to make another, which never came").into(),
            ),
        },
    }));
    looked
}

/// Observes everything that is recorded, and shows that it goes on.
async fn observed(invocation: &Invocation, prepared: &Prepared, recorded: Recorded) -> Looked {
    let listener = Listener::start(invocation, Listening::Screen, prepared.sources());
    let events = Events::to(listener.sender(), invocation.process.clock.clone());
    let providers = prepared.providers.clone();
    let looked = engine::look(prepared.desired(), recorded, providers, &events).await;
    drop(events);
    listener.finish().await;
    looked
}

/// Says whether a look is in the record, and why not where it is not.
fn was_kept(
    invocation: &Invocation,
    environment: &Str,
    kept: Result<Kept, RecordError>,
) -> Result<bool, RecordError> {
    let (id, why) = match kept {
        Ok(Kept::Recorded) => return Ok(true),
        Ok(Kept::Outdated) | Err(RecordError::SightingsMoved { .. }) => {
            ("record-moved-on", "another run was faster".to_owned())
        }
        Err(error @ RecordError::ReadOnly { .. }) => ("read-only-directory", error.to_string()),
        Err(error) => return Err(error),
    };
    unrecorded(invocation, environment, id, &why);
    Ok(false)
}

async fn tried(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    outputs: &BTreeMap<Str, (Value, bool)>,
    observation: &Observation,
) -> Vec<CheckResult> {
    let run = checks::Run {
        invocation,
        prepared,
        store,
        outputs,
        showing: Showing {
            json: false,
            detail: false,
            compact_warnings: false,
        },
        again: format!(
            "{} drift {}",
            suggested::program(invocation),
            prepared.environment
        ),
    };
    run.within(observation).await
}

fn failing_of(results: &[CheckResult]) -> Vec<(Str, String)> {
    let failing = results.iter().filter(|result| !result.passed);
    failing
        .map(|result| (result.name.as_str().into(), result.detail.clone()))
        .collect()
}

/// The look was made and is shown, but is not in the record.
fn unrecorded(invocation: &Invocation, environment: &Str, id: &'static str, why: &str) {
    let message = format!("what was seen of `{environment}` is not recorded");
    let diagnostic = Diagnostic::warning(id, message).note(why);
    let diagnostics = Diagnostics::from(diagnostic.help("look again"));
    invocation.report(&diagnostics, &model::Sources::default(), "", false);
}

/// How much healing did to an environment within the time over which the policy counts.
fn healed_lately(
    store: &Store,
    environment: &Str,
    policy: &Heal,
    now: Timestamp,
) -> Result<Effort, RecordError> {
    let Some(per) = policy.limit.per else {
        return Ok(Effort::default());
    };
    let mut effort = Effort::default();
    let heals = RunFilter {
        kinds: vec![RunKind::Heal],
        ..RunFilter::of(environment, usize::MAX)
    };
    for run in store.runs(&heals)? {
        if now.since(run.started) >= per {
            continue;
        }
        let journal = store.journal(run.id)?;
        let touched: BTreeSet<&InstanceAddr> = journal.iter().map(|step| &step.addr).collect();
        effort.resources += touched.len() as u64;
        let destroys = |step: &&state::JournalRow| step.action == "destroy";
        effort.destroys += journal.iter().filter(destroys).count() as u64;
    }
    Ok(effort)
}
