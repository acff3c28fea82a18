//! What became of a revision in each environment of a `pipeline run`, for the summary and for reports. Nothing is asked or
//! done here. Entry point: [`End`].

use std::collections::BTreeMap;
use std::time::Duration;

use delivery::advance::{Next, Round, Tried, Waiting};
use delivery::gate::{Unmet, Waits};
use delivery::report::{self, Outcome, Wait};
use delivery::stages::Stage;
use delivery::standing::{Instance, Standing, standing};
use model::Str;
use model::serial::RevisionId;

use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::gate::{sentence, what_to_do};
use crate::cli::output::pipeline::{BUSY, Became, Cut, Left, Missing, PipelineRow};
use crate::cli::promote::waits_for;
use crate::cli::reports::account::Kept;

/// What was done in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The revision was to come.
    Deployed,
    /// The checks were asked.
    Verified,
    /// It was only planned, for those who approve.
    Planned,
}

/// What was done in an environment, and what was kept of it.
#[derive(Clone, Debug)]
pub struct Done {
    /// What.
    pub what: What,
    /// What came of it.
    pub kept: Kept,
    /// How long it took.
    pub took: Duration,
    /// What ended it that is nothing of its own: another run that holds the environment, or a person.
    pub cut: Option<Cut>,
}

/// What ended a command with this code, where it is no failure.
pub fn cut(code: ExitCode) -> Option<Cut> {
    match code {
        ExitCode::Locked => Some(Cut::Busy),
        ExitCode::Interrupted => Some(Cut::Interrupted),
        ExitCode::Done
        | ExitCode::Failed
        | ExitCode::ChangesPending
        | ExitCode::Unformatted
        | ExitCode::WaitsForPerson
        | ExitCode::WaitsForTime
        | ExitCode::Usage
        | ExitCode::Bug => None,
    }
}

/// Whether a revision is the one that a run is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It is.
    First,
    /// It is an older one that also goes on.
    Older,
}

/// The end of a revision's way in one run.
#[derive(Debug)]
pub struct End<'e> {
    /// The revision and the pipeline, as they are now.
    pub instance: &'e Instance<'e>,
    /// What came of the environments that were taken up.
    pub round: &'e Round,
    /// Why it goes no further.
    pub comes: &'e Next,
    /// Which revision it is.
    pub part: Part,
}

/// A row of the summary, with what was done.
#[derive(Clone, Debug)]
pub struct Told {
    /// The row.
    pub row: PipelineRow,
    /// What was done, where anything was.
    pub done: Option<Done>,
}

impl End<'_> {
    /// What is waited for; work where it failed or cannot go on.
    pub fn waits(&self) -> Option<Waits> {
        match self.comes {
            Next::Stopped(_) => Some(Waits::Work),
            Next::Deploy(_) | Next::Verify(_) | Next::Done | Next::Wait(_) => {
                let ahead = self.comes.ahead().into_iter();
                let waits = ahead.filter(|one| !self.is_left(one)).map(Waiting::waits);
                waits.max()
            }
        }
    }

    /// Whether an environment is not waited for any more: an older revision for which something would have to be mended,
    /// where the newer one is on its way, is left where it is.
    fn is_left(&self, one: &Waiting) -> bool {
        self.part == Part::Older && one.waits() == Waits::Work
    }

    /// A row for each environment; of an older revision only where something was done or is waited for.
    pub fn told(&self, mut done: BTreeMap<Str, Done>) -> Vec<Told> {
        let mut told = Vec::new();
        for stage in &self.instance.pipeline.stages {
            let done = done.remove(&stage.name);
            let (became, missing) = self.became(stage, done.as_ref());
            let is_news = match became {
                Became::Deployed { .. }
                | Became::Verified
                | Became::Failed(_)
                | Became::Cut(..)
                | Became::Waits(_) => true,
                Became::There { .. } | Became::NotReached | Became::Newer(_) => false,
            };
            if is_news || self.part == Part::First {
                let row = PipelineRow {
                    environment: stage.name.clone(),
                    revision: self.instance.revision,
                    became,
                    missing,
                    left: Vec::new(),
                };
                told.push(Told { row, done });
            }
        }
        told
    }

    fn became(&self, stage: &Stage, done: Option<&Done>) -> (Became, Vec<Missing>) {
        let waiting = match self.comes {
            Next::Wait(waiting) => waiting.as_slice(),
            Next::Deploy(_) | Next::Verify(_) | Next::Done | Next::Stopped(_) => &[],
        };
        if let Some(one) = waiting.iter().find(|one| one.stage == stage.name) {
            if one.is_behind(waiting) || self.is_left(one) {
                return (Became::NotReached, Vec::new());
            }
            return (Became::Waits(one.waits()), self.missing(stage, &one.unmet));
        }
        let became = match (self.round.tried.get(&stage.name), done) {
            (Some(Tried::Failed), done) => {
                let why = done.and_then(|done| done.kept.wrong.clone());
                match done.and_then(|done| done.cut) {
                    Some(cut) => Became::Cut(cut, why),
                    None => Became::Failed(why.unwrap_or_else(|| "it failed".into())),
                }
            }
            (Some(Tried::Done), Some(done)) if done.what == What::Verified => Became::Verified,
            (Some(Tried::Done), _) => Became::Deployed {
                is_verified: !stage.checks.is_empty(),
            },
            (Some(Tried::Blocked(_)) | None, _) => self.untried(stage),
        };
        (became, Vec::new())
    }

    fn untried(&self, stage: &Stage) -> Became {
        let here = self.instance.facts.environments.get(&stage.name);
        let newer = here
            .and_then(delivery::facts::History::aimed_at)
            .filter(|newer| *newer > self.instance.revision);
        match (standing(self.instance, stage), newer) {
            (Standing::Verified { since } | Standing::Unverified { since, .. }, _) => {
                Became::There { since }
            }
            (Standing::Superseded { by }, _) => Became::Newer(by),
            (_, Some(newer)) => Became::Newer(newer),
            (
                Standing::Passed { .. }
                | Standing::Failed { .. }
                | Standing::Ready
                | Standing::Waits(_),
                None,
            ) => Became::NotReached,
        }
    }

    /// The rules that are not met, as sentences; that a person has to promote is one of them.
    fn missing(&self, stage: &Stage, unmet: &[Unmet]) -> Vec<Missing> {
        let Instance { revision, now, .. } = *self.instance;
        let is_rejected = |rule: &&Unmet| matches!(rule, Unmet::Rejected(_));
        // What was rejected waits for nothing else any more.
        let unmet = match unmet.iter().find(is_rejected) {
            Some(rejected) => std::slice::from_ref(rejected),
            None => unmet,
        };
        let mut missing: Vec<Missing> = unmet
            .iter()
            .map(|rule| Missing {
                sentence: sentence(rule, revision, stage),
                remedy: what_to_do(rule, revision, stage, now),
                until: rule.until(),
                waits: rule.waits(),
            })
            .collect();
        if missing.is_empty() {
            missing.push(Missing {
                sentence: format!("{revision} comes to {} when a person says so", stage.name),
                remedy: format!("terrace promote {revision} {}", stage.name),
                until: None,
                waits: Waits::Person,
            });
        }
        missing
    }
}

impl Told {
    /// Whether the environment has the revision now, and nothing is left to be done or waited for.
    pub fn is_there_with(&self, revision: RevisionId) -> bool {
        let is_there = matches!(
            self.row.became,
            Became::There { .. } | Became::Deployed { .. } | Became::Verified
        );
        is_there && self.row.revision == revision
    }

    /// What reports say of it.
    pub fn report(self) -> report::Environment {
        let Self { row, done } = self;
        let outcome = match &row.became {
            Became::Deployed { .. } | Became::Verified => Outcome::Done,
            Became::There { .. } | Became::Newer(_) => Outcome::Unchanged,
            Became::Failed(why) => Outcome::Failed(why.clone()),
            Became::Cut(Cut::Busy, _) => Outcome::Waiting,
            Became::Cut(Cut::Interrupted, why) => {
                Outcome::Unknown(why.clone().unwrap_or_else(|| "it was interrupted".into()))
            }
            Became::Waits(Waits::Work) => Outcome::Failed("it cannot go on".into()),
            Became::Waits(Waits::Person | Waits::Time) => Outcome::Waiting,
            Became::NotReached => Outcome::NotReached,
        };
        let busy = if let Became::Cut(Cut::Busy, why) = &row.became {
            Some(Wait {
                waits_for: report::WaitsFor::Condition,
                sentence: why.clone().unwrap_or_else(|| BUSY.into()),
                remedy: format!("try again: terrace pipeline run {}", row.revision),
            })
        } else {
            None
        };
        let waits = row.missing.into_iter().map(|missing| Wait {
            waits_for: waits_for(missing.waits),
            sentence: missing.sentence,
            remedy: missing.remedy,
        });
        let left = row.left.into_iter().map(|Left { sentence, remedy }| Wait {
            waits_for: report::WaitsFor::Condition,
            sentence,
            remedy,
        });
        let waits = busy.into_iter().chain(waits).chain(left);
        let took = done.as_ref().map(|done| done.took);
        let kept = done.map(|done| done.kept).unwrap_or_default();
        report::Environment {
            name: row.environment,
            revision: Some(row.revision),
            outcome,
            took,
            plan: kept.plan,
            steps: kept.steps,
            checks: kept.checks,
            drift: None,
            waits: waits.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use delivery::facts::Facts;
    use delivery::stages::Pipeline;
    use model::clock::Timestamp;

    use crate::cli::pipeline::carried::*;

    #[test]
    fn an_older_revision_for_which_something_would_have_to_be_mended_is_left_where_it_is() {
        let stage = Stage {
            name: "production".into(),
            after: vec!["staging".into()],
            ..Stage::default()
        };
        let pipeline = Pipeline {
            stages: vec![stage],
        };
        let (facts, round) = (Facts::default(), Round::default());
        let end = |part, unmet: Vec<Unmet>| {
            let instance = Instance {
                pipeline: &pipeline,
                facts: &facts,
                revision: RevisionId(1),
                now: Timestamp(0),
            };
            let stage = "production".into();
            let end = End {
                instance: &instance,
                round: &round,
                comes: &Next::Wait(vec![Waiting { stage, unmet }]),
                part,
            };
            (end.waits(), end.told(BTreeMap::new()).len())
        };
        let work = || {
            vec![Unmet::NotDeployed {
                before: "staging".into(),
                newer: None,
                destroyed: None,
            }]
        };
        assert_eq!(end(Part::First, work()), (Some(Waits::Work), 1));
        assert_eq!(end(Part::Older, work()), (None, 0));
        // A person's word is still waited for.
        assert_eq!(end(Part::Older, Vec::new()), (Some(Waits::Person), 1));
    }
}
