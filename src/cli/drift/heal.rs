//! Heals what a look found and the policy allows: a plan of only that, checked against what was decided, applied as a run
//! of its own. What may be healed is decided in `delivery::heal`.

use std::collections::BTreeSet;

use delivery::applied::is_whole;
use delivery::heal::{Decision, Situation, Verdict, attempted};
use delivery::remedy::{Objection, Remedy, check, dependents, forced};
use engine::PlanOptions;
use engine::record::StoreError;
use lang::project::HealOn;
use model::address::{InstanceAddr, Target};
use model::{Diagnostic, Diagnostics, Sources};
use state::{CheckResult, RecordError, RunFilter, RunKind, RunRow, Sightings};

use crate::cli::apply::{Apply, Purpose};
use crate::cli::args::Showing;

use crate::cli::drift::look::{Look, protected};
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::plan::{self, Made};
use crate::cli::prepare::Refused;
use crate::cli::record;

/// What came of healing.
#[derive(Clone, Debug, PartialEq)]
pub enum Healed {
    /// There was nothing to heal, or nothing that may be.
    Nothing,
    /// The plan that would heal it was not applied; a phrase says why.
    Refused(String),
    /// All that may be healed is.
    All {
        /// How the program ends by it: the checks may not pass all the same.
        code: ExitCode,
        /// What the checks said afterwards, where they were tried.
        checks: Vec<CheckResult>,
    },
    /// It was tried, and failed.
    Failed(ExitCode),
}

/// How healing is shown.
const SHOWING: Showing = Showing {
    json: false,
    detail: false,
    compact_warnings: false,
};

/// Heals what was decided in a look.
pub async fn heal(invocation: &Invocation, look: &Look) -> Healed {
    let decisions: Vec<Decision> = look
        .view
        .rows
        .iter()
        .map(|row| row.decision.clone())
        .collect();
    let healing: BTreeSet<InstanceAddr> = decisions
        .iter()
        .filter(|decision| decision.acts())
        .map(|decision| decision.addr.clone())
        .collect();
    if healing.is_empty() || !look.is_recorded {
        return Healed::Nothing;
    }
    let showing = SHOWING;
    let dependents = match depending(look, &decisions, &healing) {
        Ok(dependents) => dependents,
        Err(error) => return Healed::Failed(record::report(invocation, &error)),
    };
    let planned = planned(invocation, look, &decisions, &dependents, showing);
    let made = match planned.await {
        Ok(made) => made,
        Err(refused) => return Healed::Failed(refused.report(invocation)),
    };
    let situation = Situation {
        policy: &look.prepared.project.file.heal,
        protect: protected(&look.prepared),
        findings: &look.findings,
        sightings: &look.sightings,
        recent: look.recent,
        instances: look.view.instances,
        now: invocation.process.clock.now(),
    };
    let recorded = |addr: &InstanceAddr| {
        let object = made.planned.recorded.current(addr);
        object.map(|object| &object.value)
    };
    let remedy = Remedy {
        situation: &situation,
        decisions: &decisions,
        dependents: &dependents,
        lost: &look.lost,
    };
    if let Err(objection) = check(&remedy, &made.planned.plan.changes, recorded) {
        return refused(invocation, objected(&objection));
    }
    if !made.open.is_empty() {
        // Nobody knows what became of it, so that nobody can say what heals it.
        invocation.report(&made.warnings, look.prepared.sources(), "", false);
        return refused(invocation, in_doubt());
    }
    if made.planned.plan.changes.is_empty() {
        // It was put right in the meantime.
        return Healed::done();
    }
    let attempts = match counted(look, &healing, situation.now) {
        Ok(Some(attempts)) => attempts,
        Ok(None) => return refused(invocation, moved_on()),
        Err(error) => return Healed::Failed(record::report(invocation, &error)),
    };
    let apply = Apply {
        invocation,
        prepared: &look.prepared,
        store: &look.store,
        showing,
        parallelism: None,
        planning: None,
        purpose: Purpose::Heal(attempts),
        allow: &[],
    };
    let before = newest(look);
    let code = apply.go(made.planned).await;
    match before.and_then(|before| Ok((before, newest(look)?))) {
        Ok((before, after)) => Healed::by(
            look,
            code,
            after.filter(|run| Some(run.id) != before.map(|run| run.id)),
        ),
        Err(error) => Healed::Failed(record::report(invocation, &error)),
    }
}

fn moved_on() -> Diagnostic {
    Diagnostic::warning("record-moved-on", "nothing is healed")
        .note("another look was faster")
        .help("look again")
}

/// The run that healed last, or tried to.
fn newest(look: &Look) -> Result<Option<RunRow>, RecordError> {
    let filter = RunFilter {
        kinds: vec![RunKind::Heal],
        ..RunFilter::of(&look.view.environment, 1)
    };
    Ok(look.store.runs(&filter)?.pop())
}

impl Healed {
    /// There was nothing left to do.
    fn done() -> Self {
        Self::All {
            code: ExitCode::Done,
            checks: Vec::new(),
        }
    }

    /// What came of a run that was to heal, if there was one. A check that does not pass afterwards does not undo what was
    /// healed.
    fn by(look: &Look, code: ExitCode, run: Option<RunRow>) -> Self {
        let Some(run) = run else {
            return Self::Failed(code);
        };
        let rows = look.store.checks(run.id).unwrap_or_default();
        let outcome = run.end.map(|end| end.outcome);
        if !is_whole(outcome, !rows.is_empty()) {
            return Self::Failed(code);
        }
        let checks = rows.into_iter().map(|row| row.result).collect();
        Self::All { code, checks }
    }

    /// Whether all that may be healed is.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All { .. })
    }
}

/// Says that nothing is healed, and why.
fn refused(invocation: &Invocation, diagnostic: Diagnostic) -> Healed {
    let why = diagnostic.notes.first().cloned().unwrap_or_default();
    report(invocation, diagnostic);
    Healed::Refused(why)
}

/// What depends on what is healed, and may have to change with it. What drifted too and is left alone is left alone.
fn depending(
    look: &Look,
    decisions: &[Decision],
    healing: &BTreeSet<InstanceAddr>,
) -> Result<BTreeSet<InstanceAddr>, StoreError> {
    let recorded = engine::record::read(&look.store, &look.view.environment)?;
    let instances = recorded.instances().filter_map(|(addr, instance)| {
        let object = instance.current.as_ref()?;
        Some((addr, &object.dependencies))
    });
    let mut found = dependents(instances, healing);
    for decision in decisions.iter().filter(|decision| !decision.acts()) {
        found.remove(&decision.addr);
    }
    Ok(found)
}

/// A plan of what is to be healed, with what has to change with it, and nothing else.
async fn planned(
    invocation: &Invocation,
    look: &Look,
    decisions: &[Decision],
    dependents: &BTreeSet<InstanceAddr>,
    showing: Showing,
) -> Result<Made, Refused> {
    let acting = || decisions.iter().filter(|decision| decision.acts());
    let is_replaced = |decision: &&Decision| {
        decision.verdict == Verdict::Recreate && decision.on != HealOn::Missing
    };
    let with = |others: &BTreeSet<InstanceAddr>| {
        let options = PlanOptions {
            targets: acting()
                .map(|decision| &decision.addr)
                .chain(others)
                .map(|addr| Target::Resource(addr.clone()))
                .collect(),
            // What drifted and is left alone is not in the way of what depends on it, or stands in one block with it.
            unobserved: decisions
                .iter()
                .filter(|decision| !decision.acts())
                .map(|decision| decision.addr.clone())
                .collect(),
            replace: acting()
                .filter(is_replaced)
                .map(|decision| decision.addr.clone())
                .collect(),
            ..plan::whole(invocation, &look.prepared)
        };
        plan::make_with(invocation, &look.prepared, &look.store, options, showing)
    };
    if dependents.is_empty() {
        return with(dependents).await;
    }
    let all = with(dependents).await?;
    let needed = forced(&all.planned.plan.changes, dependents);
    if needed == *dependents {
        return Ok(all);
    }
    // What else a plan of all of them would touch is not to be in the way.
    with(&needed).await
}

/// What is known of drift with the attempts that are about to be made; none where another look knows more by now.
fn counted(
    look: &Look,
    healing: &BTreeSet<InstanceAddr>,
    now: model::clock::Timestamp,
) -> Result<Option<Sightings>, RecordError> {
    let Sightings { by, rows } = look.store.sightings(&look.view.environment)?;
    let rows = (rows == look.sightings).then(|| attempted(&rows, healing, now));
    Ok(rows.map(|rows| Sightings { by, rows }))
}

fn in_doubt() -> Diagnostic {
    Diagnostic::warning("heal-refused", "nothing is healed")
        .note("it is not known what became of a step that was cut short")
        .help("see what it is: terrace plan")
}

fn objected(objection: &Objection) -> Diagnostic {
    let diagnostic = Diagnostic::warning("heal-refused", "nothing is healed");
    let apply = "see what an apply would do: terrace plan";
    match objection {
        Objection::Beyond(addr) => diagnostic
            .note(format!(
                "`{addr}` would change too, and it is neither to be healed nor depends on what is"
            ))
            .help(apply),
        Objection::Another(addr) => diagnostic
            .note(format!(
                "`{addr}` cannot be healed in the way that the policy allows"
            ))
            .help(apply),
        Objection::Edited(addr) => diagnostic
            .note(format!(
                "the definition wants something else of `{addr}` by now than was applied"
            ))
            .help("apply the definition, or take the edit back"),
        Objection::Protected { addr, by } => diagnostic
            .about(addr.clone())
            .note(format!(
                "`{addr}` would be replaced with it, which is refused by protect: {by}"
            ))
            .help(apply),
        Objection::Exceeds(excess) => diagnostic.note(format!("it comes to {excess}")).help(apply),
    }
}

fn report(invocation: &Invocation, diagnostic: Diagnostic) {
    let diagnostics = Diagnostics::from(diagnostic);
    invocation.report(&diagnostics, &Sources::default(), "", false);
}
