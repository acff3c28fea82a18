//! The stages of a pipeline and their rules, as `terrace.hcl` declares them, without the text they were read from.
//! Entry point: [`Pipeline`].

use std::collections::BTreeSet;
use std::time::Duration;

use lang::project::{Calendar, Environment, Promote};
use model::clock::Timestamp;
use model::{Span, Str};

use crate::identity::is_named;

/// The environments of a project in an order in which each comes after those it is `after`.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    /// The stages.
    pub stages: Vec<Stage>,
}

/// An environment's place in the pipeline, and its rules.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The environment.
    pub name: Str,
    /// The environments that a revision must have been verified in before.
    pub after: Vec<Str>,
    /// The checks that verify it.
    pub checks: Vec<StageCheck>,
    /// Whether a person must ask for each promotion.
    pub is_manual: bool,
    /// How long a revision must have been verified and undisturbed in each environment before.
    pub soak: Duration,
    /// How many people must approve.
    pub approvals: u32,
    /// Who may approve; anyone but the author when none.
    pub approvers: Option<BTreeSet<Str>>,
    /// How old the evidence from an environment before may be.
    pub evidence: Option<Duration>,
    /// When it may be changed.
    pub calendar: Calendar,
}

/// A check of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageCheck {
    /// Its name.
    pub name: Str,
    /// For how long it is evidence that it passed; for ever when none.
    pub expires: Option<Duration>,
}

impl Pipeline {
    /// The pipeline that a `terrace.hcl` declares. One with a circle in it, which is an error of its own, has the stages
    /// of the circle last.
    pub fn of(project: &lang::project::Project) -> Self {
        let mut left: Vec<Stage> = project
            .environments
            .iter()
            .map(|environment| Stage::of(environment, project))
            .collect();
        let mut stages: Vec<Stage> = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_known =
                |name: &Str, stages: &[Stage]| stages.iter().any(|one| one.name == *name);
            let next = left
                .iter()
                .position(|stage| stage.after.iter().all(|name| is_known(name, &stages)));
            stages.push(left.remove(next.unwrap_or(0)));
        }
        Self { stages }
    }

    /// The stage of an environment.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == *name)
    }
}

impl Stage {
    fn of(environment: &Environment, project: &lang::project::Project) -> Self {
        let checks = environment.verify.iter().map(|(name, _)| StageCheck {
            name: name.clone(),
            expires: project.checks.get(name).and_then(|check| check.expires),
        });
        let require = &environment.require;
        Self {
            name: environment.name.clone(),
            after: names(&environment.after),
            checks: checks.collect(),
            is_manual: environment.promote == Promote::Manual,
            soak: require.soak.map_or(Duration::ZERO, |(soak, _)| soak),
            approvals: require.approvals.map_or(0, |(count, _)| count),
            approvers: require.approvers(&project.groups),
            evidence: require.evidence.map(|(limit, _)| limit),
            calendar: require.calendar.clone(),
        }
    }

    /// Whether someone may approve what comes here, if they are not the author.
    pub fn may_approve(&self, who: &Str) -> bool {
        self.approvers
            .as_ref()
            .is_none_or(|approvers| approvers.iter().any(|name| is_named(name, who)))
    }

    /// Whether the environment may not be changed now, and then when it may be; none inside where that is never.
    pub fn closed(&self, now: Timestamp) -> Option<Option<Timestamp>> {
        (!self.calendar.is_open(now)).then(|| self.calendar.next_open(now))
    }
}

fn names(listed: &[(Str, Span)]) -> Vec<Str> {
    listed.iter().map(|(name, _)| name.clone()).collect()
}
