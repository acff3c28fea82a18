//! `terrace pipeline run`: carries a revision through the environments as far as the rules let it, and tells what is then
//! waited for. Which environment is next is decided in `delivery::advance`; how a revision comes to one is in `promote.rs`.

pub mod carried;
pub mod left;

use std::collections::{BTreeMap, BTreeSet};

use delivery::advance::{Next, Round, Tried, Waiting, candidate, next, under_way};
use delivery::configuration;
use delivery::facts::{Deployment, Facts, History};
use delivery::gate::{Unmet, Waits};
use delivery::gather::gather;
use delivery::report::Subject;
use delivery::stages::Pipeline;
use delivery::standing::Instance;
use model::clock::Timestamp;
use model::serial::RevisionId;
use model::{Diagnostic, Str};
use state::{RecordError, Store};

use super::args::{OnFailure, PipelineRunArgs, Planning, Showing};
use super::invocation::Invocation;
use super::output::gate::sentence;
use super::output::pipeline::{Became, Cut, PipelineRow, message, screen};
use super::output::write;
use super::prepare::{self, Refused, Wanted, Wants};
use super::promote::{Asked, Asking, Carried, Promotion};
use super::reports::Reports;
use super::{plan, record, revision, verify};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::pipeline::carried::{Done, End, Part, Told, What, cut};
use crate::cli::pipeline::left::{left, other_variables};
use crate::cli::prepare::revised;
use crate::cli::reports::notify;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &PipelineRunArgs) -> ExitCode {
    let reports = match Reports::ready(invocation, &args.reporting) {
        Ok(reports) => reports,
        Err(code) => return code,
    };
    let showing = Showing {
        json: args.json,
        detail: args.detail,
        compact_warnings: false,
    };
    if args.json {
        let now = invocation.process.clock.now();
        let _ = write::answer(&invocation.account.opening(now));
    }
    let started = invocation.process.clock.now();
    invocation.account.turn_to(&"definition".into());
    let mut walk = match Walk::begin(invocation, args, showing).await {
        Ok(walk) => walk,
        Err(refused) => {
            let code = plan::refuse(invocation, &refused, showing);
            let took = invocation.process.clock.now().since(started);
            let subject = Subject {
                operation: "pipeline run".into(),
                environments: vec![invocation.account.end().report(code, took)],
            };
            if showing.json {
                let now = invocation.process.clock.now();
                let _ = write::answer(&(message(&[], None, code.number()).line(now) + "\n"));
            }
            return reports.write(invocation, &subject, code);
        }
    };
    let mut code = match walk.all(args.revision.is_none()).await {
        Ok(code) => code,
        Err(error) => record::report(invocation, &error),
    };
    code = match walk.leaves(code).await {
        Ok(code) => walk.say(code),
        Err(error) => record::report(invocation, &error),
    };
    let subject = Subject {
        operation: format!("pipeline run {}", walk.revision),
        environments: walk.told.into_iter().map(Told::report).collect(),
    };
    reports.write(invocation, &subject, code)
}

fn written(result: std::io::Result<()>, code: ExitCode) -> ExitCode {
    match result {
        Ok(()) => code,
        Err(_) => code.max(ExitCode::Failed),
    }
}

/// How a revision came to where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brought {
    AsUsual,
    ByRollback,
}

/// A walk of revisions through the pipeline.
struct Walk<'a> {
    invocation: &'a Invocation,
    showing: Showing,
    planning: Planning,
    on_failure: OnFailure,
    store: Store,
    pipeline: Pipeline,
    /// The revision that it is about, which may not be the only one that goes on.
    revision: RevisionId,
    told: Vec<Told>,
    /// Whether anything was shown that the next is to stand apart from.
    has_shown: bool,
    /// The worst that a command ended with that is not for the pipeline to tell, as a record that is locked.
    ended: ExitCode,
}

impl<'a> Walk<'a> {
    async fn begin(
        invocation: &'a Invocation,
        args: &PipelineRunArgs,
        showing: Showing,
    ) -> Result<Self, Refused> {
        let (project, _) = prepare::open(invocation)?;
        let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &project.sources);
        let pipeline = Pipeline::of(&project.file);
        if pipeline.stages.is_empty() {
            let diagnostic =
                Diagnostic::error("promotion-blocked", "there is no pipeline to go through");
            return Err(refused(diagnostic.help(
                "declare environments in terrace.hcl: terrace init, terrace explain project-file",
            )));
        }
        let row = match &args.revision {
            Some(name) => {
                let store = record::open(&project.record())
                    .map_err(|error| refused(record::diagnostic(&error)))?;
                revised::find(&store, name).map_err(|found| refused(*found))?
            }
            None => revision::of_now(invocation, &args.inputs).await?,
        };
        let store =
            record::open(&project.record()).map_err(|error| refused(record::diagnostic(&error)))?;
        Ok(Self {
            invocation,
            showing,
            planning: Planning::everything(args.parallelism),
            on_failure: args.failing.on_failure,
            store,
            pipeline,
            revision: RevisionId(row.number),
            told: Vec::new(),
            has_shown: false,
            ended: ExitCode::Done,
        })
    }

    /// Carries the revision, then the older ones that are under way where nobody named one.
    async fn all(&mut self, with_older: bool) -> Result<ExitCode, RecordError> {
        let mut waits = vec![self.carry(self.revision, Part::First).await?];
        if with_older && self.ended == ExitCode::Done {
            let facts = self.facts()?;
            let older = under_way(&self.pipeline, &facts, self.revision, self.now());
            for revision in older {
                waits.push(self.carry(revision, Part::Older).await?);
            }
        }
        // What failed is told before what waits for a person, and that before the clock.
        Ok(match (self.ended, waits.into_iter().flatten().max()) {
            (ExitCode::Done, None) => ExitCode::Done,
            (ExitCode::Done, Some(Waits::Time)) => ExitCode::WaitsForTime,
            (ExitCode::Done, Some(Waits::Person)) => ExitCode::WaitsForPerson,
            (ExitCode::Done, Some(Waits::Work)) => ExitCode::Failed,
            (other, _) => other,
        })
    }

    /// Carries one revision on as far as it may go.
    async fn carry(
        &mut self,
        revision: RevisionId,
        part: Part,
    ) -> Result<Option<Waits>, RecordError> {
        // Every line says which one it is about.
        self.invocation.say_revision(revision.0, "");
        let pipeline = self.pipeline.clone();
        let mut round = Round {
            reconfigured: self.reconfigured(revision).await?,
            ..Round::default()
        };
        let mut done = BTreeMap::new();
        loop {
            let facts = self.facts()?;
            let instance = Instance {
                pipeline: &pipeline,
                facts: &facts,
                revision,
                now: self.now(),
            };
            let comes = next(&instance, &round);
            match &comes {
                Next::Deploy(stage) => {
                    let tried = self.deploy(revision, stage, &mut done).await;
                    round.tried.insert(stage.clone(), tried);
                }
                Next::Verify(stage) => {
                    let tried = self.verify(revision, stage, &mut done).await;
                    round.tried.insert(stage.clone(), tried);
                }
                Next::Done | Next::Stopped(_) | Next::Wait(_) => {
                    self.show_to_approvers(revision, &comes, &mut done).await;
                    self.tell(revision, &comes).await;
                    let end = End {
                        instance: &instance,
                        round: &round,
                        comes: &comes,
                        part,
                    };
                    self.told.extend(end.told(done));
                    return Ok(end.waits());
                }
            }
        }
    }

    async fn deploy(
        &mut self,
        revision: RevisionId,
        stage: &Str,
        done: &mut BTreeMap<Str, Done>,
    ) -> Tried {
        let started = self.turn_to(stage);
        self.gap();
        let words = [revision.to_string(), stage.to_string()];
        let asked = self.asked(&words);
        let tried = match Promotion::open(self.invocation, &asked, candidate) {
            Ok(promotion) => match promotion
                .carry(self.invocation, &asked, Asking::Nobody)
                .await
            {
                Carried::Ended(code) => self.ended_with(code),
                Carried::Blocked(unmet) => {
                    promotion.tell(self.invocation, &unmet).await;
                    (Tried::Blocked(unmet), None)
                }
            },
            Err(refused) => self.ended_with(plan::refuse(self.invocation, &refused, self.showing)),
        };
        let (tried, cut) = tried;
        done.insert(stage.clone(), self.done((What::Deployed, cut), started));
        tried
    }

    async fn verify(
        &mut self,
        revision: RevisionId,
        stage: &Str,
        done: &mut BTreeMap<Str, Done>,
    ) -> Tried {
        let started = self.turn_to(stage);
        self.invocation
            .say(&format!("Verifying {revision} in {stage}\n"));
        let code = verify::verify(self.invocation, stage, self.showing).await;
        let (tried, cut) = self.ended_with(code);
        done.insert(stage.clone(), self.done((What::Verified, cut), started));
        tried
    }

    /// Tells who wants to know what waits for a person.
    async fn tell(&self, revision: RevisionId, comes: &Next) {
        let Next::Wait(waiting) = comes else { return };
        for one in waiting {
            if one.waits() != Waits::Person || one.is_behind(waiting) {
                continue;
            }
            let Some(stage) = self.pipeline.stage(&one.stage) else {
                continue;
            };
            let mut sentences: Vec<String> = one
                .unmet
                .iter()
                .filter(|rule| rule.waits() == Waits::Person)
                .map(|rule| sentence(rule, revision, stage))
                .collect();
            if sentences.is_empty() {
                sentences.push("a person says when it comes".into());
            }
            notify::of_waiting(self.invocation, &one.stage, revision, sentences).await;
        }
    }

    /// Finds what is left that is not as it should be in environments where nothing failed and nothing is waited for: what
    /// drifted since it was brought there, and variables that a rollback brought back.
    async fn leaves(&mut self, code: ExitCode) -> Result<ExitCode, RecordError> {
        let brought_back = self
            .with_other_variables(self.revision, Brought::ByRollback)
            .await?;
        let now = self.now();
        let mut any = false;
        for told in self
            .told
            .iter_mut()
            .filter(|told| told.is_there_with(self.revision))
        {
            let environment = &told.row.environment;
            told.row.left = left(&self.store, environment, now)?;
            if brought_back.contains(environment) {
                told.row.left.push(other_variables(&told.row));
            }
            any |= !told.row.left.is_empty();
        }
        Ok(match any && code == ExitCode::Done {
            true => ExitCode::ChangesPending,
            false => code,
        })
    }

    /// Environments that have the revision with other variables than `terrace.hcl` gives them by now, or with what cannot
    /// be read any more. What a rollback brought back is meant to be as it is.
    async fn reconfigured(&self, revision: RevisionId) -> Result<BTreeSet<Str>, RecordError> {
        self.with_other_variables(revision, Brought::AsUsual).await
    }

    async fn with_other_variables(
        &self,
        revision: RevisionId,
        brought: Brought,
    ) -> Result<BTreeSet<Str>, RecordError> {
        let facts = self.facts()?;
        let mut found = BTreeSet::new();
        for stage in &self.pipeline.stages {
            let here = facts.environments.get(&stage.name);
            let is_there = here.and_then(History::occupant);
            let is_there = is_there.is_some_and(|stay| stay.revision == revision);
            let last = here.and_then(|here| here.last_try(revision));
            let is_meant =
                |last: &&Deployment| last.is_rollback == (brought == Brought::ByRollback);
            let Some(last) = last.filter(|_| is_there).filter(is_meant) else {
                continue;
            };
            let Some(configuration) = last.configuration else {
                continue;
            };
            let had = self.store.configuration(&stage.name, configuration)?;
            if self.given(revision, &stage.name).await != Some(had) {
                found.insert(stage.name.clone());
            }
        }
        Ok(found)
    }

    /// The variables that an environment is given now, as the record would keep them.
    async fn given(&self, revision: RevisionId, environment: &Str) -> Option<Vec<u8>> {
        let revision = revision.to_string();
        let wanted = Wanted {
            revision: Some(&revision),
            ..Wanted::configured(Some(environment), Wants::Definition)
        };
        let prepared = prepare::prepare(self.invocation, wanted).await.ok()?;
        let payload = configuration::payload(&prepared.project, &prepared.variables).ok()?;
        Some(payload.bytes.to_vec())
    }

    /// Plans what only a person's word is missing for, so that they see what it is about.
    async fn show_to_approvers(
        &mut self,
        revision: RevisionId,
        comes: &Next,
        done: &mut BTreeMap<Str, Done>,
    ) {
        let Next::Wait(waiting) = comes else { return };
        for Waiting { stage, unmet } in waiting {
            let mut unmet = unmet.iter();
            let is_for_people = unmet.all(|rule| matches!(rule, Unmet::Approvals { .. }));
            if !is_for_people || done.contains_key(stage) {
                continue;
            }
            let started = self.turn_to(stage);
            self.gap();
            let words = [revision.to_string(), stage.to_string()];
            let asked = self.asked(&words);
            match Promotion::open(self.invocation, &asked, candidate) {
                Ok(promotion) => promotion.show(self.invocation, &asked).await,
                Err(refused) => {
                    plan::refuse(self.invocation, &refused, self.showing);
                }
            }
            done.insert(stage.clone(), self.done((What::Planned, None), started));
        }
    }

    fn asked<'w>(&'w self, words: &'w [String]) -> Asked<'w> {
        Asked {
            words,
            planning: &self.planning,
            allow: &[],
            showing: self.showing,
            on_failure: self.on_failure,
        }
    }

    /// What failed stops the revision; what another run or a person stopped ends all of it.
    fn ended_with(&mut self, code: ExitCode) -> (Tried, Option<Cut>) {
        if code == ExitCode::Done {
            return (Tried::Done, None);
        }
        if !matches!(
            code,
            ExitCode::Failed | ExitCode::Usage | ExitCode::WaitsForPerson | ExitCode::WaitsForTime
        ) {
            self.ended = self.ended.max(code);
        }
        (Tried::Failed, cut(code))
    }

    /// Says how it ended.
    fn say(&self, code: ExitCode) -> ExitCode {
        let (invocation, revision) = (self.invocation, self.revision);
        let rows: Vec<PipelineRow> = self.told.iter().map(|told| told.row.clone()).collect();
        if self.showing.json {
            let now = self.now();
            let line = message(&rows, Some(revision), code.number()).line(now) + "\n";
            return written(write::answer(&line), code);
        }
        let is_nothing =
            |row: &PipelineRow| matches!(row.became, Became::There { .. }) && row.left.is_empty();
        let gap = if self.has_shown { "\n" } else { "" };
        let text = match rows.iter().all(is_nothing) {
            true => format!("{revision} is in every environment: nothing to do\n"),
            false => format!("{gap}{}", screen(&rows, invocation.stdout)),
        };
        written(invocation.tell(&text), code)
    }

    /// Begins with an environment, and says when.
    fn turn_to(&mut self, stage: &Str) -> Timestamp {
        self.invocation.account.turn_to(stage);
        self.now()
    }

    /// Sets a plan apart from what stands above it.
    fn gap(&mut self) {
        if self.has_shown && !self.showing.json {
            let _ = self.invocation.tell("\n");
        }
        self.has_shown = true;
    }

    fn done(&self, (what, cut): (What, Option<Cut>), started: Timestamp) -> Done {
        Done {
            what,
            cut,
            kept: self.invocation.account.end(),
            took: self.now().since(started),
        }
    }

    fn facts(&self) -> Result<Facts, RecordError> {
        let stages = self.pipeline.stages.iter();
        gather(&self.store, stages.map(|stage| stage.name.clone()))
    }

    fn now(&self) -> Timestamp {
        self.invocation.process.clock.now()
    }
}
