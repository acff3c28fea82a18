//! `terrace rollback`, and the way back that a failed apply takes by itself: an environment returns to a revision and the
//! variables that it had. Where to, and what that cannot undo, is decided in `delivery::rollback`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use delivery::facts::{Facts, History};
use delivery::gather::gather;
use delivery::rollback::{self as rules, Goal, Nowhere, Past};
use model::pattern::Pattern;
use model::plan::Plan;
use model::serial::{RevisionId, RunId};
use model::{Diagnostic, Sources, Str, Value};
use state::{ConfigurationDigest, RecordError, RunOutcome, Store};

use super::apply::{Apply, Purpose, Still, ask, nobody_to_ask};
use super::args::{Keep, OnFailure, RollbackArgs, Showing};
use super::invocation::Invocation;
use super::output::json::ui;
use super::output::rollback::{losses, nowhere};
use super::output::write;
use super::plan::{self, Made};
use super::prepare::{self, Prepared, Refused, Wanted, Wants};
use super::record;
use crate::cli::guard::{protect, under_way};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::{Again, program};
use crate::cli::prepare::{applied, revised};

/// Runs `terrace rollback`.
pub async fn run(invocation: &Invocation, args: RollbackArgs) -> ExitCode {
    if args.showing.json && !args.consent.auto_approve {
        return nobody_to_ask(invocation, args.showing);
    }
    match found(invocation, &args) {
        Ok((store, environment, goal)) => {
            let back = Back {
                invocation,
                store: &store,
                environment: &environment,
                goal,
                reason: args.reason.clone(),
                allow: &args.consent.allow_destroy,
                asks: !args.consent.auto_approve,
                parallelism: args.parallelism,
                showing: args.showing,
            };
            back.go().await
        }
        Err(refused) => plan::refuse(invocation, &refused, args.showing),
    }
}

/// The environment that a command line means, and where it goes back to.
fn found(invocation: &Invocation, args: &RollbackArgs) -> Result<(Store, Str, Goal), Refused> {
    let (project, _) = prepare::open(invocation)?;
    let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &project.sources);
    let environment = project
        .environment(args.environment.as_deref())
        .map_err(|error| refused(error.diagnostic()))?;
    let of_record = |error: RecordError| refused(record::diagnostic(&error));
    let store = record::open(&project.record()).map_err(of_record)?;
    let wanted = args.to.as_ref().map(|name| revised::find(&store, name));
    let wanted = wanted.transpose().map_err(|error| refused(*error))?;
    let facts = gather(&store, [environment.clone()]).map_err(of_record)?;
    let none = History::default();
    let history = facts.environments.get(&environment).unwrap_or(&none);
    let wanted = wanted.map(|row| RevisionId(row.number));
    let goal = match wanted {
        Some(revision) => rules::named(&facts, history, revision),
        None => rules::previous(&facts, history),
    };
    let goal = goal.map_err(|why| {
        let program = program(invocation);
        refused(nowhere(&why, wanted, &environment, &program))
    })?;
    Ok((store, environment, goal))
}

/// What a run that goes back is recorded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The variables it uses; none where they were not kept.
    pub configuration: Option<ConfigurationDigest>,
    /// Why.
    pub reason: Option<String>,
}

/// A way back.
#[derive(Debug)]
struct Back<'b> {
    invocation: &'b Invocation,
    store: &'b Store,
    environment: &'b Str,
    goal: Goal,
    reason: Option<String>,
    /// What may be destroyed although it is protected.
    allow: &'b [Pattern],
    /// Whether a person is asked.
    asks: bool,
    parallelism: Option<NonZeroUsize>,
    showing: Showing,
}

impl Back<'_> {
    /// Plans, asks, applies.
    async fn go(&self) -> ExitCode {
        let (invocation, showing) = (self.invocation, self.showing);
        let (prepared, made) = match self.plan().await {
            Ok(planned) => planned,
            Err(refused) => return plan::refuse(invocation, &refused, showing),
        };
        let again = Again {
            invocation,
            prepared: &prepared,
            planning: None,
        };
        plan::show(
            invocation,
            &made,
            again,
            showing,
            plan::form(showing, false),
            None,
        );
        if let Err(error) = self.say_losses(&made.planned.plan) {
            return record::report(invocation, &error);
        }
        let purpose = Purpose::Rollback(Return {
            configuration: self.goal.pair.configuration,
            reason: self.reason.clone(),
        });
        let command = purpose.command(again, made.planned.plan.mode, Keep::ALL);
        if let Err(refused) = protect::refuse(&prepared, &made.planned, self.allow, &command) {
            return plan::refuse(invocation, &refused, showing);
        }
        let now = invocation.process.clock.now();
        if let Err(refused) = under_way::refuse(&prepared, self.store, now) {
            return plan::refuse(invocation, &refused, showing);
        }
        if self.asks && !made.planned.plan.is_empty() && !ask(invocation, &made.planned.plan) {
            return ExitCode::Failed;
        }
        let Made { planned, .. } = made;
        let code = Apply {
            invocation,
            prepared: &prepared,
            store: self.store,
            showing,
            parallelism: self.parallelism,
            planning: None,
            purpose,
            allow: self.allow,
        }
        .go(planned)
        .await;
        self.say_held();
        code
    }

    async fn plan(&self) -> Result<(Prepared, Made), Refused> {
        let invocation = self.invocation;
        let variables = self.variables()?;
        let revision = self.goal.pair.revision.to_string();
        let wanted = Wanted {
            revision: Some(&revision),
            restored: variables.as_ref(),
            ..Wanted::configured(Some(self.environment), Wants::Definition)
        };
        let mut prepared = prepare::prepare(invocation, wanted).await?;
        self.say_way(variables.is_some());
        let in_doubt = record::recover(invocation, &prepared, self.store).await?;
        prepared.warnings.extend(in_doubt);
        let options = plan::whole(invocation, &prepared);
        let made = plan::make_with(invocation, &prepared, self.store, options, self.showing);
        let made = made.await?;
        Ok((prepared, made))
    }

    /// The variables as the run had them that is gone back to; none where they were not kept.
    fn variables(&self) -> Result<Option<BTreeMap<Str, Value>>, Refused> {
        let Some(digest) = self.goal.pair.configuration else {
            return Ok(None);
        };
        let variables = applied::variables(self.store, self.environment, digest)
            .map_err(|found| Refused::alone(*found, &Sources::default()))?;
        Ok(Some(variables))
    }

    fn say_way(&self, has_variables: bool) {
        let Goal { pair, run, from } = self.goal;
        let from = match from {
            Some(from) if from != pair.revision => format!(" from {from}"),
            Some(_) | None => String::new(),
        };
        let with = match has_variables {
            true => format!("with the variables of run {run}"),
            false => format!("with the variables of now: those of run {run} were not kept"),
        };
        let environment = self.environment;
        let revision = pair.revision;
        self.invocation.say(&format!(
            "Going back{from} to {revision} in {environment}, {with}\n"
        ));
    }

    /// Says what does not come back.
    fn say_losses(&self, plan: &Plan) -> Result<(), RecordError> {
        let found = rules::losses(plan, &self.past()?);
        if found.is_empty() {
            return Ok(());
        }
        // A reader that went away wants no more.
        let _ = if self.showing.json {
            let now = self.invocation.process.clock.now();
            let lines = found.iter().map(|loss| ui::loss(loss).line(now) + "\n");
            write::answer(&lines.collect::<String>())
        } else {
            self.invocation
                .tell(&losses(&found, self.invocation.stdout))
        };
        Ok(())
    }

    /// What there was when the run had ended that is gone back to, and what became of it.
    fn past(&self) -> Result<Past, RecordError> {
        let run = self.store.run(self.goal.run)?;
        let serial = run.serial_after.unwrap_or(run.serial_before);
        let addresses = |recorded: state::Recorded| {
            let objects = recorded.objects.into_iter();
            let current = objects.filter(|object| object.deposed.is_none());
            current.map(|object| object.addr).collect()
        };
        let mut past = Past {
            then: addresses(self.store.read_at(self.environment, serial)?),
            now: addresses(self.store.read(self.environment)?),
            lost: BTreeMap::new(),
        };
        for later in self.store.runs_since(self.environment, run.id)? {
            if later.token.is_some() {
                past.take(later.id, &self.store.journal(later.id)?);
            }
        }
        Ok(past)
    }

    /// Says which revisions do not come again by themselves.
    fn say_held(&self) {
        let environment = self.environment;
        let Ok(facts) = gather(self.store, [environment.clone()]) else {
            return;
        };
        let Some(history) = facts.environments.get(environment) else {
            return;
        };
        let left: Vec<String> = history
            .rolled_back
            .keys()
            .map(ToString::to_string)
            .collect();
        if left.is_empty() {
            return;
        }
        let (does, only) = match left.as_slice() {
            [only] => ("does", format!(" {only}")),
            _ => ("do", String::new()),
        };
        self.invocation.say(&format!(
            "{} {does} not come to {environment} again until {} release-hold {environment}{only}; a newer revision may\n",
            left.join(", "),
            program(self.invocation),
        ));
    }
}

impl Apply<'_> {
    /// Applies the plan; where that, or a check, fails and it is wanted, goes back to what was there before. The exit code
    /// is that of the apply: what failed has failed.
    pub async fn go_or_back(
        &self,
        planned: engine::Planned,
        on_failure: OnFailure,
        still: Still<'_>,
    ) -> ExitCode {
        let is_whole = planned.plan.mode == model::plan::PlanMode::Normal;
        let last = self.last_run();
        let code = self.go_while(planned, still).await;
        if on_failure == OnFailure::Stop || code != ExitCode::Failed || !is_whole {
            return code;
        }
        // Where the record cannot be written, no run has failed that one could go back from.
        match self.last_run() {
            Some((run, Some(RunOutcome::Failed))) if last.is_none_or(|(last, _)| run > last) => {
                self.back_from(run).await
            }
            Some(_) | None => code,
        }
    }

    /// The newest run that was to change the environment, and how it ended.
    fn last_run(&self) -> Option<(RunId, Option<RunOutcome>)> {
        let kinds = vec![self.purpose.kind()];
        let filter = state::RunFilter {
            kinds,
            ..state::RunFilter::of(&self.prepared.environment, 1)
        };
        let newest = self.store.runs(&filter).ok()?.into_iter().next()?;
        Some((newest.id, newest.end.map(|end| end.outcome)))
    }

    /// Goes back from a run that failed.
    async fn back_from(&self, run: RunId) -> ExitCode {
        let (invocation, environment) = (self.invocation, &self.prepared.environment);
        let goal = match self.goal_before(run) {
            Ok(Ok(goal)) => goal,
            Ok(Err(why)) => {
                let program = program(invocation);
                let diagnostic = nowhere(&why, None, environment, &program);
                invocation.say("\n");
                invocation.report(
                    &diagnostic.into(),
                    &Sources::default(),
                    "nothing was rolled back",
                    false,
                );
                return ExitCode::Failed;
            }
            Err(error) => return record::report(invocation, &error),
        };
        invocation.say("\n");
        let back = Back {
            invocation,
            store: self.store,
            environment,
            goal,
            reason: Some(format!("run {run} failed")),
            allow: &[],
            asks: false,
            parallelism: self.parallelism,
            showing: self.showing,
        };
        let code = Box::pin(back.go()).await;
        let revision = goal.pair.revision;
        if code == ExitCode::Done {
            invocation.say(&format!(
                "Run {run} failed, and {environment} was rolled back to {revision}\n"
            ));
            return ExitCode::Failed;
        }
        let message = format!("the rollback of {environment} to {revision} failed too");
        let program = program(invocation);
        let diagnostic = Diagnostic::error("rollback-failed", message).help(format!(
            "mend what stands above, then: {program} rollback {environment} --to {revision}"
        ));
        invocation.report(&diagnostic.into(), &Sources::default(), "", false);
        ExitCode::Failed
    }

    fn goal_before(&self, run: RunId) -> Result<Result<Goal, Nowhere>, RecordError> {
        let environment = &self.prepared.environment;
        let facts: Facts = gather(self.store, [environment.clone()])?;
        let none = History::default();
        let history = facts.environments.get(environment).unwrap_or(&none);
        Ok(rules::before(&facts, history, run))
    }
}
