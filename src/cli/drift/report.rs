//! What a round of looks found, as the reports of `delivery` want it: results for JUnit and Markdown, numbers for Prometheus.
//! Nothing is read from the world; what ever happened is read out of the record.

use std::collections::BTreeMap;
use std::time::Duration;

use delivery::applied::is_whole;
use delivery::report::{
    CheckResult, Checked, Drift, DriftClass, Environment, Healing, Measured, Outcome, Subject,
};
use lang::project::HealOn;
use model::Str;
use model::clock::Timestamp;
use model::serial::RunId;
use state::{RecordError, RunKind, RunOutcome, Store};

use crate::cli::drift::Told;
use crate::cli::drift::heal::Healed;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::drift::{DriftRow, DriftView, What, explained};
use crate::cli::output::runs::FAILED_CHECKS;
use crate::cli::prepare::revised::source;

/// What was found, in words.
pub fn subject(told: &[Told]) -> Subject {
    let is_healing = told.iter().any(|told| told.healed.is_some());
    let operation = if is_healing { "drift --heal" } else { "drift" };
    Subject {
        operation: operation.to_owned(),
        environments: told.iter().map(environment).collect(),
    }
}

fn environment(told: &Told) -> Environment {
    let unknown = |why: String| Environment {
        name: told.environment.clone(),
        revision: None,
        outcome: Outcome::Unknown(why),
        took: None,
        plan: None,
        steps: Vec::new(),
        checks: Vec::new(),
        drift: None,
        waits: Vec::new(),
    };
    let Some(view) = &told.view else {
        return unknown(told.refused.clone().unwrap_or_default());
    };
    let outcome = match &told.healed {
        Some(Healed::Failed(_)) => Outcome::Failed("healing failed".into()),
        Some(Healed::All { code, .. }) if *code != ExitCode::Done => {
            Outcome::Failed("checks do not pass after healing".into())
        }
        _ if !view.unreadable.is_empty() => {
            Outcome::Unknown(format!("{} could not be read", view.unreadable.len()))
        }
        _ if !view.is_drifted() => Outcome::Unchanged,
        Some(_) | None => Outcome::Done,
    };
    let checks = checks(told, view).map(|check| Checked {
        name: check.name.as_str().into(),
        result: result_of(check.passed),
        detail: check.detail.clone(),
        seen: check.seen.clone(),
        took: None,
    });
    Environment {
        revision: view.revision,
        outcome,
        took: Some(view.took),
        checks: checks.collect(),
        drift: Some(findings(view, told.healed.as_ref())),
        ..unknown(String::new())
    }
}

fn result_of(passed: bool) -> CheckResult {
    if passed {
        CheckResult::Passed
    } else {
        CheckResult::Failed
    }
}

/// The newest word of each check.
fn checks<'t>(told: &'t Told, view: &'t DriftView) -> impl Iterator<Item = &'t state::CheckResult> {
    let after = match &told.healed {
        Some(Healed::All { checks, .. }) => checks.as_slice(),
        Some(Healed::Nothing | Healed::Refused(_) | Healed::Failed(_)) | None => &[],
    };
    view.checks.iter().map(|check| {
        let mut again = after.iter().rev();
        again
            .find(|again| again.name == check.name)
            .unwrap_or(check)
    })
}

fn findings(view: &DriftView, healed: Option<&Healed>) -> Vec<Drift> {
    let differing = view.rows.iter().map(|row| Drift {
        address: row.addr.clone(),
        class: class(row),
        detail: detail(&row.what),
        seen_for: row.since.map(|since| view.at.since(since)),
        healing: healing(row, view.at, healed),
    });
    let unreadable = view.unreadable.iter().filter_map(|found| {
        Some(Drift {
            address: found.address.clone()?,
            class: DriftClass::Unreadable,
            detail: found.message.clone(),
            seen_for: None,
            healing: Healing::NotAsked,
        })
    });
    differing.chain(unreadable).collect()
}

fn class(row: &DriftRow) -> DriftClass {
    match (row.since, row.decision.on) {
        (None, _) => DriftClass::Expected,
        (Some(_), HealOn::Missing) => DriftClass::Missing,
        (Some(_), HealOn::Unhealthy) => DriftClass::Unhealthy,
        (Some(_), HealOn::Changed) => DriftClass::Changed,
    }
}

/// What differs, by name; the values stay where they are not anybody's.
fn detail(what: &What) -> String {
    let joined = |names: Vec<&str>| names.join(", ");
    match what {
        What::Gone(None) => String::new(),
        What::Gone(Some(instead)) => instead.to_string(),
        What::Changed(differences) => joined(
            differences
                .iter()
                .map(|found| found.name.as_str())
                .collect(),
        ),
        What::Unhealthy(checks) => joined(checks.iter().map(Str::as_str).collect()),
    }
}

fn healing(row: &DriftRow, now: Timestamp, healed: Option<&Healed>) -> Healing {
    match healed {
        None => Healing::NotAsked,
        Some(_) if row.decision.is_protected() => Healing::Refused(explained(&row.decision, now)),
        Some(Healed::All { .. }) if row.decision.acts() => Healing::Healed,
        Some(Healed::Failed(_)) if row.decision.acts() => {
            Healing::Failed("see what the run says".into())
        }
        Some(Healed::Refused(why)) if row.decision.acts() => {
            Healing::Left(format!("the plan that would heal it was refused: {why}"))
        }
        Some(Healed::Nothing) if row.decision.acts() => {
            Healing::Left("what was seen is not recorded, so that nothing is healed".into())
        }
        Some(Healed::Nothing | Healed::Refused(_) | Healed::All { .. } | Healed::Failed(_)) => {
            Healing::Left(explained(&row.decision, now))
        }
    }
}

/// What was found, and what ever happened, in numbers.
///
/// # Errors
/// When the record cannot be read.
pub fn measured(told: &[Told], store: Option<&Store>) -> Result<Vec<Measured>, RecordError> {
    told.iter().map(|told| measured_of(told, store)).collect()
}

fn measured_of(told: &Told, store: Option<&Store>) -> Result<Measured, RecordError> {
    let mut measured = Measured {
        environment: told.environment.clone(),
        ..Measured::default()
    };
    if let Some(view) = &told.view {
        measured.revision = view.revision;
        measured.resources = Some(view.instances);
        let mut drifted = BTreeMap::new();
        for class in view.rows.iter().map(class) {
            *drifted.entry(class).or_insert(0) += 1;
        }
        drifted.insert(DriftClass::Unreadable, view.unreadable.len() as u64);
        // What was healed has not drifted any more.
        if told.healed.as_ref().is_some_and(Healed::is_all) {
            for row in view.drifted().filter(|row| row.decision.acts()) {
                if let Some(count) = drifted.get_mut(&class(row)) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        measured.drifted = Some(drifted);
        measured.checks = checks(told, view)
            .map(|check| (check.name.as_str().into(), result_of(check.passed)))
            .collect();
    }
    if let Some(store) = store {
        history(store, &mut measured)?;
    }
    Ok(measured)
}

/// What ever happened.
fn history(store: &Store, measured: &mut Measured) -> Result<(), RecordError> {
    for run in store.runs_since(&measured.environment, RunId(0))? {
        let Some(end) = run.end else {
            continue;
        };
        let kind: Str = run.kind.to_string().into();
        let outcome: Str = end.outcome.to_string().into();
        if end.outcome == RunOutcome::Succeeded {
            let last = measured
                .last_success
                .entry(kind.clone())
                .or_insert(end.ended);
            *last = end.ended.max(*last);
        }
        if run.kind == RunKind::Heal {
            // A check that does not pass afterwards does not undo what was healed.
            let is_checked = end.counts.contains_key(FAILED_CHECKS);
            let word = if is_whole(Some(end.outcome), is_checked) {
                "healed"
            } else {
                "failed"
            };
            *measured.heals.entry(word.into()).or_insert(0) += 1;
        }
        let operations = &mut measured.operations;
        *operations.entry((kind.clone(), outcome)).or_insert(0) += 1;
        let durations = measured.durations.entry(kind).or_default();
        durations.push(end.ended.since(run.started));
    }
    let Some(revision) = measured.revision else {
        return Ok(());
    };
    let row = store.revision(revision.0)?;
    let source = source(&row);
    let digest = || state::BlobDigest(row.digest).to_string();
    let commit = source.as_ref().map(|source| source.commit.clone());
    measured.definition = Some(commit.unwrap_or_else(digest).into());
    if let Some(source) = source
        && let Some(came) = came(store, &measured.environment, &revision.to_string())?
    {
        let committed = Timestamp(source.committed.saturating_mul(1000));
        measured.lead_time = Some(came.since(committed)).filter(|took| *took > Duration::ZERO);
    }
    Ok(())
}

/// When the revision that an environment has came to it first, this time.
fn came(
    store: &Store,
    environment: &Str,
    revision: &str,
) -> Result<Option<Timestamp>, RecordError> {
    let mut came = None;
    for run in store.runs_since(environment, RunId(0))? {
        let deploys = matches!(
            run.kind,
            RunKind::Apply | RunKind::Promote | RunKind::Rollback
        );
        let Some(end) = run.end.filter(|_| deploys) else {
            continue;
        };
        if run.revision.as_deref() != Some(revision) {
            came = None;
        } else if end.outcome == RunOutcome::Succeeded {
            came = came.or(Some(end.ended));
        }
    }
    Ok(came)
}
