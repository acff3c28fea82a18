//! `terrace promote`: a revision comes to an environment when every rule is met. The rules are in `delivery::gate`; here the
//! facts are gathered, the plan is made, and what is missing is said.

mod approve;

pub use approve::approve;

use std::sync::{Mutex, PoisonError};

use delivery::advance::candidate;
use delivery::coverage::Effects;
use delivery::facts::{Facts, History};
use delivery::gate::{Question, Unmet, Waits, approvals_of, unmet};
use delivery::gather::gather;
use delivery::half::{as_approved, half_made};
use delivery::report::{Wait, WaitsFor};
use delivery::stages::{Pipeline, Stage};
use delivery::verdict::{self, Verdict};
use model::clock::Timestamp;
use model::pattern::Pattern;
use model::plan::Plan;
use model::serial::RevisionId;
use model::{Diagnostic, Diagnostics, Sources};
use state::{RecordError, Store};

use super::apply::{
    Apply, Purpose, ask, in_doubt_is_an_error, nobody_to_ask, say_diagnostics, unchanged,
};
use super::args::{Keep, OnFailure, Planning, PromoteArgs, Showing};
use super::invocation::Invocation;
use super::output::gate::{sentence, what_to_do};
use super::plan::{self, Made};
use super::prepare::{self, Prepared, Refused, Wanted};
use super::record;
use crate::cli::guard::{protect, under_way};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::Again;
use crate::cli::prepare::revised;
use crate::cli::reports::notify;

/// Runs `terrace promote`.
pub async fn run(invocation: &Invocation, args: PromoteArgs) -> ExitCode {
    if args.showing.json && !args.consent.auto_approve {
        return nobody_to_ask(invocation, args.showing);
    }
    let asked = Asked {
        words: &args.words,
        planning: &args.bringing.planning,
        allow: &args.consent.allow_destroy,
        showing: args.showing,
        on_failure: args.failing.on_failure,
    };
    let promotion = match Promotion::open(invocation, &asked, candidate) {
        Ok(promotion) => promotion,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    let asking = match args.consent.auto_approve {
        true => Asking::Nobody,
        false => Asking::Someone,
    };
    match promotion.carry(invocation, &asked, asking).await {
        Carried::Ended(code) => code,
        Carried::Blocked(missing) => {
            promotion.tell(invocation, &missing).await;
            promotion.blocked(invocation, &missing, args.showing)
        }
    }
}

/// What a command line asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// A revision and an environment, or an environment.
    pub words: &'a [String],
    /// How the plan is made.
    pub planning: &'a Planning,
    /// What may be destroyed although it is protected.
    pub allow: &'a [Pattern],
    /// How it is shown.
    pub showing: Showing,
    /// What happens when it fails.
    pub on_failure: OnFailure,
}

/// Which revision is meant where none is named.
pub type Unnamed = fn(&Pipeline, &Facts, &Stage, Timestamp) -> Option<RevisionId>;

/// Who is asked before anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Who sits there.
    Someone,
    /// Nobody: it was said before.
    Nobody,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It came, or failed to, or nobody wanted it: that was said.
    Ended(ExitCode),
    /// These rules are not met: that is to be said.
    Blocked(Vec<Unmet>),
}

/// A revision, the environment it is to come to, and all that is known of both.
#[derive(Debug)]
pub struct Promotion {
    store: Store,
    pipeline: Pipeline,
    stage: Stage,
    facts: Facts,
    revision: RevisionId,
}

impl Promotion {
    /// Finds out what is to come where, and what is known of both.
    ///
    /// # Errors
    /// When there is no such revision or environment, or the record cannot be read.
    pub fn open(
        invocation: &Invocation,
        asked: &Asked<'_>,
        unnamed: Unnamed,
    ) -> Result<Self, Refused> {
        let (project, _) = prepare::open(invocation)?;
        let sources = &project.sources;
        let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, sources);
        let (revision, environment) = match asked.words {
            [environment] => (None, environment),
            // `approve ENV r42` is how one says it; both orders are understood.
            [one, other] if project.has_environment(one) => (Some(other), one),
            [one, other] => (Some(one), other),
            _ => return Err(refused(usage())),
        };
        let environment = project
            .environment(Some(environment))
            .map_err(|error| refused(error.diagnostic()))?;
        let pipeline = Pipeline::of(&project.file);
        let Some(stage) = pipeline.stage(&environment).cloned() else {
            let gone = project.not_declared(&environment);
            return Err(refused(gone.unwrap_or_else(usage)));
        };
        let of_record = |error: &RecordError| refused(record::diagnostic(error));
        let store = record::open(&project.record()).map_err(|error| of_record(&error))?;
        let facts = gather(&store, project.environments()).map_err(|error| of_record(&error))?;
        let revision = match revision {
            Some(name) => {
                let row = revised::find(&store, name).map_err(|found| refused(*found))?;
                Some(RevisionId(row.number))
            }
            None => unnamed(&pipeline, &facts, &stage, invocation.process.clock.now()),
        };
        let Some(revision) = revision else {
            let message = format!("there is no revision that could come to {environment}");
            return Err(refused(
                Diagnostic::error("promotion-blocked", message)
                    .help("make one by applying to an environment that comes after no other"),
            ));
        };
        invocation.account.about(&stage.name, Some(revision));
        Ok(Self {
            store,
            pipeline,
            stage,
            facts,
            revision,
        })
    }

    /// Plans, asks and applies, where every rule is met.
    pub async fn carry(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
        asking: Asking,
    ) -> Carried {
        // What no plan can change is said before one is made.
        let early = self.unmet(None, invocation.process.clock.now());
        if early
            .iter()
            .any(|rule| !matches!(rule, Unmet::Approvals { .. }))
        {
            return Carried::Blocked(early);
        }
        let (prepared, mut made) = match self.plan(invocation, asked).await {
            Ok(planned) => planned,
            Err(code) => return Carried::Ended(code),
        };
        let effects = match self.effects(&made.planned.plan) {
            Ok(effects) => effects,
            Err(error) => return Carried::Ended(record::report(invocation, &error)),
        };
        let again = Again {
            invocation,
            prepared: &prepared,
            planning: Some(asked.planning),
        };
        let form = plan::form(asked.showing, false);
        let is_in_doubt = made.is_unchanged() && !made.open.is_empty();
        if is_in_doubt {
            in_doubt_is_an_error(&mut made);
        }
        plan::show(invocation, &made, again, asked.showing, form, None);
        let missing = self.unmet(Some(&effects), invocation.process.clock.now());
        if !missing.is_empty() {
            if let Err(error) = self.fell_short(invocation, &made, &missing).await {
                return Carried::Ended(record::report(invocation, &error));
            }
            return Carried::Blocked(missing);
        }
        let command = Purpose::Promote.command(again, made.planned.plan.mode, Keep::ALL);
        let protected = protect::refuse(&prepared, &made.planned, asked.allow, &command);
        if let Err(refused) = protected {
            return Carried::Ended(plan::refuse(invocation, &refused, asked.showing));
        }
        // Nobody is asked about what could not be done.
        if is_in_doubt {
            return Carried::Ended(ExitCode::Failed);
        }
        let now = invocation.process.clock.now();
        if let Err(refused) = under_way::refuse(&prepared, &self.store, now) {
            return Carried::Ended(plan::refuse(invocation, &refused, asked.showing));
        }
        let plan = &made.planned.plan;
        if self.is_there() && made.is_unchanged() {
            let done = unchanged(again, &self.store, made.planned, asked.showing);
            return Carried::Ended(done.await);
        }
        if !plan.is_empty() && asking == Asking::Someone && !ask(invocation, plan) {
            return Carried::Ended(ExitCode::Failed);
        }
        let apply = Apply {
            invocation,
            prepared: &prepared,
            store: &self.store,
            showing: asked.showing,
            parallelism: asked.planning.parallelism,
            purpose: Purpose::Promote,
            allow: asked.allow,
            planning: Some(asked.planning),
        };
        let blocked = Mutex::new(Vec::new());
        let still = || self.still(invocation, &effects, &blocked);
        let code = apply.go_or_back(made.planned, asked.on_failure, &still);
        let code = code.await;
        let blocked = blocked.into_inner().unwrap_or_else(PoisonError::into_inner);
        match blocked.is_empty() {
            true => Carried::Ended(code),
            false => Carried::Blocked(blocked),
        }
    }

    /// Asks the rules again, once nobody else can change the environment: someone may have decided something since the
    /// plan was made.
    fn still(
        &self,
        invocation: &Invocation,
        effects: &Effects,
        blocked: &Mutex<Vec<Unmet>>,
    ) -> Result<(), ExitCode> {
        let stages = self.pipeline.stages.iter();
        let facts = gather(&self.store, stages.map(|stage| stage.name.clone()))
            .map_err(|error| record::report(invocation, &error))?;
        let missing = unmet(&Question {
            pipeline: &self.pipeline,
            facts: &facts,
            revision: self.revision,
            stage: &self.stage,
            effects: Some(effects),
            now: invocation.process.clock.now(),
        });
        if missing.is_empty() {
            return Ok(());
        }
        let code = code(&missing);
        *blocked.lock().unwrap_or_else(PoisonError::into_inner) = missing;
        Err(code)
    }

    /// Shows what would be done, to those who are to say whether it may.
    pub async fn show(&self, invocation: &Invocation, asked: &Asked<'_>) {
        if let Ok((prepared, made)) = self.plan(invocation, asked).await {
            let again = Again {
                invocation,
                prepared: &prepared,
                planning: Some(asked.planning),
            };
            let form = plan::form(asked.showing, false);
            plan::show(invocation, &made, again, asked.showing, form, None);
        }
    }

    /// Whether the environment has the revision, as the rules know.
    fn is_there(&self) -> bool {
        let here = self.facts.environments.get(&self.stage.name);
        let stay = here.and_then(History::occupant);
        stay.is_some_and(|stay| stay.revision == self.revision)
    }

    fn unmet(&self, effects: Option<&Effects>, now: Timestamp) -> Vec<Unmet> {
        unmet(&Question {
            pipeline: &self.pipeline,
            facts: &self.facts,
            revision: self.revision,
            stage: &self.stage,
            effects,
            now,
        })
    }

    /// Records whose approvals do not cover the plan, once for each approval, so that it is known without another plan.
    async fn fell_short(
        &self,
        invocation: &Invocation,
        made: &Made,
        missing: &[Unmet],
    ) -> Result<(), RecordError> {
        let outdated = missing.iter().find_map(|rule| {
            if let Unmet::Approvals { outdated, .. } = rule {
                Some(outdated).filter(|people| !people.is_empty())
            } else {
                None
            }
        });
        let (Some(outdated), Some(revision)) = (outdated, self.facts.revisions.get(&self.revision))
        else {
            return Ok(());
        };
        let is_new = approvals_of(&self.facts, &self.stage, revision).any(|approval| {
            outdated.contains(&approval.decision.by) && approval.fell_short.is_none()
        });
        if !is_new {
            return Ok(());
        }
        let verdict = Verdict {
            by: &invocation.actor(),
            at: invocation.process.clock.now(),
            reason: None,
        };
        let plan = made.planned.plan.id.to_string();
        let what = (self.revision, plan.as_str());
        let environment = &self.stage.name;
        verdict::fell_short(&self.store, environment, what, outdated.clone(), &verdict)
            .await
            .map(|_| ())
    }

    /// Tells who wants to know that it waits for a person.
    pub async fn tell(&self, invocation: &Invocation, missing: &[Unmet]) {
        if missing.iter().map(Unmet::waits).max() != Some(Waits::Person) {
            return;
        }
        let (revision, stage) = (self.revision, &self.stage);
        let sentences = missing
            .iter()
            .filter(|rule| rule.waits() == Waits::Person)
            .map(|rule| sentence(rule, revision, stage))
            .collect();
        notify::of_waiting(invocation, &stage.name, revision, sentences).await;
    }

    /// Says what is missing, each with what to do.
    fn blocked(&self, invocation: &Invocation, missing: &[Unmet], showing: Showing) -> ExitCode {
        let now = invocation.process.clock.now();
        let (revision, stage) = (self.revision, &self.stage);
        let found: Diagnostics = missing
            .iter()
            .map(|rule| {
                Diagnostic::error("promotion-blocked", sentence(rule, revision, stage))
                    .help(what_to_do(rule, revision, stage, now))
            })
            .collect();
        invocation.account.waits(missing.iter().map(|rule| Wait {
            waits_for: waits_for(rule.waits()),
            sentence: sentence(rule, revision, stage),
            remedy: what_to_do(rule, revision, stage, now),
        }));
        let what = format!("{revision} did not come to {}", stage.name);
        match showing.json {
            true => say_diagnostics(invocation, &found, &Sources::default()),
            false => invocation.report(&found, &Sources::default(), &what, false),
        }
        code(missing)
    }

    /// Plans the revision with the environment's variables.
    async fn plan(
        &self,
        invocation: &Invocation,
        asked: &Asked<'_>,
    ) -> Result<(Prepared, Made), ExitCode> {
        let revision = self.revision.to_string();
        let wanted = Wanted {
            revision: Some(&revision),
            ..Wanted::of(Some(&self.stage.name), asked.planning)
        };
        let refuse = |refused: Refused| plan::refuse(invocation, &refused, asked.showing);
        let mut prepared = prepare::prepare(invocation, wanted).await.map_err(refuse)?;
        let in_doubt = record::recover(invocation, &prepared, &self.store)
            .await
            .map_err(refuse)?;
        prepared.warnings.extend(in_doubt);
        let made = plan::make(
            invocation,
            &prepared,
            &self.store,
            asked.planning,
            asked.showing,
        )
        .await
        .map_err(refuse)?;
        Ok((prepared, made))
    }

    /// What a plan does, to be compared with what was approved.
    fn effects(&self, plan: &Plan) -> Result<Effects, RecordError> {
        if self.stage.approvals == 0 {
            return Ok(Effects::default());
        }
        let half_made = || half_made(&self.store, &plan.environment, self.revision);
        let changes = as_approved(&plan.changes, half_made)?;
        let digests = self.store.fingerprints(&plan.environment)?;
        let given = self.facts.environments.get(&self.stage.name);
        let given = given.into_iter().flat_map(|here| &here.approvals);
        let given = given.filter(|approval| approval.revision == self.revision);
        let approved = given.map(|approval| &approval.covers);
        let found = Effects::of(&changes, |bytes| digests.of(EFFECT, bytes).0, approved);
        found.map_err(|error| bug(&error))
    }
}

fn usage() -> Diagnostic {
    Diagnostic::error("unknown-environment", "which environment?")
        .help("name it, after the revision if you name one: terrace promote r42 staging")
}

/// What fingerprints of effects are called, which nothing else is.
const EFFECT: &str = "effect";

fn bug(error: &engine::codec::CodecError) -> RecordError {
    RecordError::Bug {
        what: error.to_string(),
    }
}

/// The word of reports for it.
pub fn waits_for(waits: Waits) -> WaitsFor {
    match waits {
        Waits::Time => WaitsFor::Time,
        Waits::Person => WaitsFor::Approval,
        Waits::Work => WaitsFor::Condition,
    }
}

/// What is waited for decides: work to be done before a person, a person before time.
fn code(missing: &[Unmet]) -> ExitCode {
    match missing.iter().map(Unmet::waits).max() {
        Some(Waits::Work) => ExitCode::Failed,
        Some(Waits::Person) => ExitCode::WaitsForPerson,
        Some(Waits::Time) => ExitCode::WaitsForTime,
        None => ExitCode::Done,
    }
}
