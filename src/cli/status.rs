//! `terrace status`: every environment at a glance, from the record alone.

use std::collections::BTreeSet;

use delivery::Project;
use delivery::advance::{self, Ahead as Comes, under_way};
use delivery::bound::Promoted;
use delivery::facts::{Facts, History};
use delivery::gate::approvals_of;
use delivery::gather::{gather, promoted};
use delivery::stages::{Pipeline, Stage};
use delivery::standing::Instance;
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use state::{CheckRow, RecordError, RunFilter, RunKind, Store};

use super::args::StatusArgs;
use super::invocation::Invocation;
use super::output::ahead::Ahead;
use super::output::duration::ago;
use super::output::status::{DriftGlance, Glance, There, as_json, screen};
use super::output::write;
use super::prepare::{named, open};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::program;
use crate::cli::record::views;

/// Runs the command.
pub fn run(invocation: &Invocation, args: &StatusArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environments = match &args.environment {
        None => {
            let left = project.undeclared.iter();
            let left = left.filter(|found| found.has_something());
            let mut all = project.environments();
            all.extend(left.map(|found| found.name.clone()));
            all
        }
        Some(name) => match named(invocation, &project, name) {
            Ok(environment) => vec![environment],
            Err(code) => return code,
        },
    };
    if args.names {
        let names: String = environments
            .iter()
            .map(|name| format!("{name}\n"))
            .collect();
        return match write::answer(&names) {
            Ok(()) => ExitCode::Done,
            Err(_) => ExitCode::Failed,
        };
    }
    let now = invocation.process.clock.now();
    let glances = match record::open_existing(&project.record()) {
        Ok(store) => Looking {
            invocation,
            project: &project,
            store: store.as_ref(),
            now,
        }
        .glances(&environments),
        Err(error) => Err(error),
    };
    let (glances, ahead) = match glances {
        Ok(glances) => glances,
        Err(error) => return record::report(invocation, &error),
    };
    let one = args.environment.is_some();
    let text = if args.json {
        let of = |glance: &Glance| {
            let waiting = ahead.iter();
            let waiting = waiting.filter(|one| one.environment == glance.environment);
            as_json(glance, &waiting.collect::<Vec<_>>())
        };
        let all: Vec<serde_json::Value> = glances.iter().map(of).collect();
        format!("{:#}\n", serde_json::Value::Array(all))
    } else {
        screen(&glances, &ahead, (now, one), invocation.stdout)
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

/// Where a status is taken from.
struct Looking<'l> {
    invocation: &'l Invocation,
    project: &'l Project,
    store: Option<&'l Store>,
    now: Timestamp,
}

impl Looking<'_> {
    /// The environments, and what waits in front of them.
    fn glances(&self, environments: &[Str]) -> Result<(Vec<Glance>, Vec<Ahead>), RecordError> {
        let Some(store) = self.store else {
            let empty = environments.iter().map(|name| self.empty(name));
            return Ok((empty.collect(), Vec::new()));
        };
        let mut names = self.project.environments();
        names.extend(environments.iter().cloned());
        names.sort();
        names.dedup();
        let facts = gather(store, names)?;
        let pipeline = Pipeline::of(&self.project.file);
        let glances = environments
            .iter()
            .map(|environment| self.glance(store, (&facts, &pipeline), environment))
            .collect::<Result<Vec<Glance>, RecordError>>()?;
        let mut ahead = self.ahead(&facts, &pipeline);
        ahead.retain(|one| environments.contains(&one.environment));
        Ok((glances, ahead))
    }

    fn empty(&self, environment: &Str) -> Glance {
        Glance {
            environment: environment.clone(),
            declared: self.project.undeclared(environment).is_none(),
            serial: 0,
            objects: 0,
            there: None,
            past_rules: None,
            last: None,
            running: None,
            checks: Vec::new(),
            earlier: Vec::new(),
            unasked: Vec::new(),
            stale: Vec::new(),
            drift: None,
            hold: None,
            other_variables: None,
            left: Vec::new(),
            open: 0,
        }
    }

    fn glance(
        &self,
        store: &Store,
        (facts, pipeline): (&Facts, &Pipeline),
        environment: &Str,
    ) -> Result<Glance, RecordError> {
        let mut glance = self.empty(environment);
        glance.serial = store.header(environment)?.serial.0;
        glance.objects = store.count_objects(environment)?;
        let newest = store.runs(&RunFilter::of(environment, 1))?;
        glance.last = newest.into_iter().next();
        // Not always the last: checks that hold nothing may have been run since it began.
        glance.running = crate::cli::guard::under_way::find(store, environment, self.now)?
            .and_then(|found| found.run);
        if let Some(history) = facts.environments.get(environment) {
            if glance.objects > 0 || history.occupant().is_some() {
                glance.there = there(facts, history);
            }
            glance.hold.clone_from(&history.hold);
            glance.other_variables = history.other_variables();
            let left = history.rolled_back.iter();
            glance.left = left.map(|(id, decision)| (*id, decision.clone())).collect();
        }
        if glance.objects > 0 || glance.there.is_some() {
            // Of what is destroyed, it says nothing that it was well once.
            glance.checks = views::checks(store, self.project, environment)?;
            if let Some(there) = &glance.there {
                let history = facts.environments.get(environment);
                glance.earlier = earlier(history, there, &mut glance.checks);
            }
            let stage = pipeline.stage(environment);
            glance.stale = stage.map_or_else(Vec::new, |stage| self.stale(stage, &glance.checks));
            glance.unasked = stage.map_or_else(Vec::new, |stage| unasked(stage, &glance.checks));
            glance.drift = self.drift(store, environment)?;
        }
        if let Promoted::PastRules(past) = promoted(store, environment)? {
            glance.past_rules = Some(past);
        }
        let running = glance.running.as_ref().map(|run| run.id);
        let open = store.open_intents(environment)?.intents;
        glance.open = open
            .iter()
            .filter(|intent| Some(intent.run) != running)
            .count();
        Ok(glance)
    }

    /// Checks that passed too long ago to be evidence.
    fn stale(&self, stage: &Stage, checks: &[CheckRow]) -> Vec<String> {
        let is_stale = |row: &&CheckRow| {
            let declared = stage.checks.iter();
            let mut declared = declared.filter(|check| *check.name == *row.result.name);
            let expires = declared.next().and_then(|check| check.expires);
            row.result.passed && expires.is_some_and(|limit| self.now.since(row.result.at) > limit)
        };
        let stale = checks.iter().filter(is_stale);
        stale.map(|row| row.result.name.clone()).collect()
    }

    /// What the last look found; none where nobody looked.
    fn drift(&self, store: &Store, environment: &Str) -> Result<Option<DriftGlance>, RecordError> {
        let looks = store.runs(&RunFilter {
            kinds: vec![RunKind::Drift],
            ..RunFilter::of(environment, 1)
        })?;
        let looked = looks.first().and_then(|run| run.end.as_ref());
        let Some(looked) = looked.map(|end| end.ended) else {
            return Ok(None);
        };
        let rows = store.sightings(environment)?.rows;
        let current: Vec<_> = delivery::drift::current(&rows).collect();
        Ok(Some(DriftGlance {
            looked,
            count: current.len(),
            since: current.iter().map(|one| one.first_seen).min(),
            given_up: current.iter().filter(|one| one.quarantined).count(),
        }))
    }

    /// What waits in front of which environment, for the newest revision and those that are still on their way.
    fn ahead(&self, facts: &Facts, pipeline: &Pipeline) -> Vec<Ahead> {
        if !self.project.is_pipeline() {
            return Vec::new();
        }
        let Some(newest) = facts.revisions.keys().next_back().copied() else {
            return Vec::new();
        };
        let mut revisions = vec![newest];
        revisions.extend(under_way(pipeline, facts, newest, self.now));
        let mut found = Vec::new();
        for revision in revisions {
            let is_rejected = facts
                .revisions
                .get(&revision)
                .map(|row| row.rejected.is_some());
            if is_rejected.unwrap_or(true) {
                continue;
            }
            let instance = Instance {
                pipeline,
                facts,
                revision,
                now: self.now,
            };
            let comes = advance::ahead(&instance).into_iter();
            found.extend(comes.filter_map(|one| self.one_ahead(&instance, one)));
        }
        found
    }

    /// What is in front of a revision in one environment; nothing where it is an entry of the pipeline, to which comes
    /// whatever is applied there.
    fn one_ahead(&self, instance: &Instance<'_>, one: Comes) -> Option<Ahead> {
        let (facts, revision) = (instance.facts, instance.revision);
        let stage = |name: &Str| instance.pipeline.stage(name);
        let program = program(self.invocation);
        match one {
            Comes::Comes(name) if self.project.is_entry(&name) => None,
            Comes::Comes(name) => Some(self.may_come(facts, revision, stage(&name)?)),
            Comes::Verify(name) => Some(Ahead::unverified(revision, &name, &program)),
            Comes::Waits(waiting) => {
                let stage = stage(&waiting.stage)?;
                let how = (program.as_str(), self.now);
                Some(match waiting.unmet.is_empty() {
                    true => self.may_come(facts, revision, stage),
                    false => Ahead::kept(revision, stage, &waiting.unmet, how),
                })
            }
        }
    }

    /// A revision for which nothing is missing but a plan that does what was approved. No plan is made to tell; that the last
    /// one was not covered was recorded.
    fn may_come(&self, facts: &Facts, revision: RevisionId, stage: &Stage) -> Ahead {
        let program = program(self.invocation);
        let found = facts.revisions.get(&revision);
        let given = found.filter(|_| stage.approvals > 0);
        let given = given
            .into_iter()
            .flat_map(|found| approvals_of(facts, stage, found));
        let given: Vec<_> = given.collect();
        let good = given.iter().filter(|one| one.fell_short.is_none());
        let people: BTreeSet<Str> = given.iter().map(|one| one.decision.by.clone()).collect();
        let people = people.into_iter().collect();
        let last = given.iter().filter_map(|one| one.fell_short).max();
        match last.filter(|_| good.count() < stage.approvals as usize) {
            Some(last) => {
                let ago = ago(self.now.since(last));
                Ahead::fell_short(revision, &stage.name, (people, &ago), &program)
            }
            None => Ahead::may_come(revision, &stage.name, people, &program),
        }
    }
}

/// Takes those of the checks' words away that are about an earlier revision than the one that is there, each with which.
fn earlier(
    history: Option<&History>,
    there: &There,
    checks: &mut Vec<CheckRow>,
) -> Vec<(CheckRow, Option<RevisionId>)> {
    let of = |run: RunId| {
        let brought = history?
            .deployments
            .iter()
            .rev()
            .find(|one| one.run <= run)?;
        brought.revision
    };
    let earlier = checks.extract_if(.., |check| check.run < there.run);
    earlier
        .map(|check| (of(check.run), check))
        .map(|(id, check)| (check, id))
        .collect()
}

/// Checks that are declared and said nothing yet.
fn unasked(stage: &Stage, checks: &[CheckRow]) -> Vec<String> {
    let has_run = |name: &Str| checks.iter().any(|row| *row.result.name == **name);
    let declared = stage.checks.iter().map(|check| &check.name);
    let unasked = declared.filter(|name| !has_run(name));
    unasked.map(ToString::to_string).collect()
}

/// What is in an environment, as far as that is known: after a deployment that failed, in part what it was to bring.
fn there(facts: &Facts, history: &History) -> Option<There> {
    // What goes on has brought nothing yet.
    let ended = history.deployments.iter().filter(|one| one.ended.is_some());
    let ended = History {
        deployments: ended.cloned().collect(),
        ..History::default()
    };
    let brought = match ended.occupant() {
        Some(stay) => ended.deployments.iter().find(|one| one.run == stay.run),
        None => ended.deployments.last(),
    }?;
    let revision = brought.revision?;
    Some(There {
        revision,
        commit: facts
            .revisions
            .get(&revision)
            .and_then(|row| row.commit.clone()),
        in_part: !brought.succeeded,
        since: brought.ended.unwrap_or(brought.started),
        by: brought.by.clone(),
        run: brought.run,
        rejected: facts
            .revisions
            .get(&revision)
            .and_then(|row| row.rejected.clone()),
    })
}
