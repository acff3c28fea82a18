//! `terrace apply` and `terrace destroy`. The straight line: load, evaluate, read, observe, plan, apply; then the
//! environment's checks.

mod ending;
pub mod purpose;
mod question;
pub mod saved;
mod session;

use std::collections::BTreeMap;

use delivery::gather::BLOCKED;
use engine::{ApplyOptions, Events, OpenStep, Planned, Session, Stop};
use model::pattern::Pattern;
use model::plan::{Plan, PlanMode};
use model::{Diagnostic, Severity, Sources, Str, Value};
use state::{RunKind, RunOutcome, Store};

use super::args::{ApplyArgs, DestroyArgs, Keep, OnFailure, Planning, Showing};
use super::invocation::Invocation;
use super::output::runs::FAILED_CHECKS;
use super::plan::{self, Made};
use super::prepare::{self, Prepared, Refused, Wanted};
use super::record;
use crate::cli::guard::{bound, isolation, protect, under_way};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::interrupt::interrupts;
use crate::cli::invocation::listen::{Listener, Listening};
use crate::cli::invocation::suggested::{Again, program};
use crate::cli::prepare::{checkouts, revised};
use crate::cli::reports::notify;
use crate::cli::verify::checks::{self, Checked, check};

pub use crate::cli::apply::purpose::Purpose;
use ending::say_completed;
pub(super) use ending::say_diagnostics;
pub use question::ask;
use session::{begin, finish, is_news, outcome_of};

/// Runs `terrace apply`.
pub async fn run(invocation: &Invocation, args: ApplyArgs) -> ExitCode {
    let (project, _) = match prepare::open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    let subject = match args.subject(
        |name| project.has_environment(name),
        |path| invocation.directory.join(path).is_file(),
    ) {
        Ok(subject) => subject,
        Err(error) => {
            let refused = Refused {
                diagnostics: prepare::unknown_word(&error, &project).into(),
                sources: project.sources,
            };
            plan::refuse(invocation, &refused, args.showing);
            return ExitCode::Usage;
        }
    };
    let approved = args.consent.auto_approve;
    match subject.plan {
        None => {
            let asked = Asked {
                environment: subject.environment.as_deref(),
                revision: args.revision.as_deref(),
                planning: &args.planning,
                showing: args.showing,
                approved,
                break_glass: args.break_glass.as_deref(),
                allow: &args.consent.allow_destroy,
                on_failure: args.failing.on_failure,
            };
            now(invocation, asked).await
        }
        Some(plan) => saved::apply(invocation, subject.environment.as_deref(), &plan, &args).await,
    }
}

/// Runs `terrace destroy`.
pub async fn destroy(invocation: &Invocation, mut args: DestroyArgs) -> ExitCode {
    args.planning.destroy = true;
    let asked = Asked {
        environment: args.environment.as_deref(),
        revision: None,
        planning: &args.planning,
        showing: args.showing,
        approved: args.consent.auto_approve,
        break_glass: None,
        allow: &args.consent.allow_destroy,
        on_failure: OnFailure::Stop,
    };
    now(invocation, asked).await
}

/// What a command line asks for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    environment: Option<&'a str>,
    /// The revision to apply instead of the definition as it is.
    revision: Option<&'a str>,
    planning: &'a Planning,
    showing: Showing,
    /// Nobody is to be asked.
    approved: bool,
    /// Why the rules are not to be asked.
    break_glass: Option<&'a str>,
    /// What may be destroyed although it is protected.
    allow: &'a [Pattern],
    on_failure: OnFailure,
}

/// Says that a stream of messages has nobody to answer a question.
pub(super) fn nobody_to_ask(invocation: &Invocation, showing: Showing) -> ExitCode {
    let diagnostic = Diagnostic::error("missing-argument", "with -json nobody can be asked")
        .help("add -auto-approve, or apply a saved plan");
    plan::refuse(
        invocation,
        &Refused::alone(diagnostic, &Sources::default()),
        showing,
    );
    ExitCode::Usage
}

/// Plans, asks, applies.
async fn now(invocation: &Invocation, asked: Asked<'_>) -> ExitCode {
    let Asked {
        planning,
        showing,
        approved,
        on_failure,
        ..
    } = asked;
    if showing.json && !approved {
        return nobody_to_ask(invocation, showing);
    }
    let Ready {
        prepared,
        store,
        purpose,
    } = match ready(invocation, asked).await {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    let mut made = match plan::make(invocation, &prepared, &store, planning, showing).await {
        Ok(made) => made,
        Err(refused) => return plan::refuse(invocation, &refused, showing),
    };
    let again = Again {
        invocation,
        prepared: &prepared,
        planning: Some(planning),
    };
    let folded = plan::form(showing, false);
    let nothing = made.planned.plan.is_empty();
    let unchanged_at_all = made.is_unchanged();
    if unchanged_at_all && !made.open.is_empty() {
        in_doubt_is_an_error(&mut made);
        plan::show(invocation, &made, again, showing, folded, None);
        return ExitCode::Failed;
    }
    plan::show(invocation, &made, again, showing, folded, None);
    let is_news = match is_news(&prepared, &store, &purpose) {
        Ok(is_news) => is_news,
        Err(error) => return record::report(invocation, &error),
    };
    if unchanged_at_all && !is_news {
        return unchanged(again, &store, made.planned, showing).await;
    }
    // Nobody is asked about what could not be done.
    let command = purpose.command(again, made.planned.plan.mode, Keep::ALL);
    if let Err(refused) = protect::refuse(&prepared, &made.planned, asked.allow, &command) {
        return plan::refuse(invocation, &refused, showing);
    }
    if let Err(refused) = under_way::refuse(&prepared, &store, invocation.process.clock.now()) {
        return plan::refuse(invocation, &refused, showing);
    }
    if unchanged_at_all && store.is_read_only() {
        return unchanged(again, &store, made.planned, showing).await;
    }
    if !nothing && !approved && !ask(invocation, &made.planned.plan) {
        return ExitCode::Failed;
    }
    let Made { planned, .. } = made;
    let parallelism = planning.parallelism;
    Apply {
        invocation,
        prepared: &prepared,
        store: &store,
        showing,
        parallelism,
        planning: Some(planning),
        purpose,
        allow: asked.allow,
    }
    .go_or_back(planned, on_failure, &|| Ok(()))
    .await
}

/// What is ready to be planned, and may be applied as far as the rules of the pipeline go.
struct Ready {
    prepared: Prepared,
    store: Store,
    purpose: Purpose,
}

async fn ready(invocation: &Invocation, asked: Asked<'_>) -> Result<Ready, ExitCode> {
    let planning = asked.planning;
    let refuse = |refused: Refused| plan::refuse(invocation, &refused, asked.showing);
    let wanted = Wanted {
        revision: asked.revision,
        ..Wanted::of(asked.environment, planning)
    };
    let mut prepared = prepare::prepare(invocation, wanted).await.map_err(refuse)?;
    plan::warn_without_effect(invocation, planning);
    let store = record::open(&prepared.project.record())
        .map_err(|error| record::report(invocation, &error))?;
    let in_doubt = record::recover(invocation, &prepared, &store)
        .await
        .map_err(refuse)?;
    prepared.warnings.extend(in_doubt);
    let bound = bound::bound(&mut prepared, &store, planning).map_err(refuse)?;
    let purpose = bound::check(invocation, &prepared, &bound, asked.break_glass).map_err(refuse)?;
    revised::look(&mut prepared, &store, planning).map_err(refuse)?;
    Ok(Ready {
        prepared,
        store,
        purpose,
    })
}

/// Nothing to apply: the checks all the same, as what they see may be another, and the outputs as they are.
pub async fn unchanged(
    again: Again<'_>,
    store: &Store,
    planned: Planned,
    showing: Showing,
) -> ExitCode {
    let Again {
        invocation,
        prepared,
        ..
    } = again;
    let outputs: BTreeMap<Str, (Value, bool)> = planned
        .recorded
        .outputs
        .iter()
        .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
        .collect();
    let mode = planned.plan.mode;
    let mut serial = planned.recorded.serial;
    if !planned.plan.relinked.is_empty() {
        let code = relink(again, store, planned).await;
        if code != ExitCode::Done {
            return code;
        }
        serial = match store.header(&prepared.environment) {
            Ok(header) => header.serial,
            Err(error) => return record::report(invocation, &error),
        };
    }
    if mode == PlanMode::Normal && !checks::of(prepared).is_empty() {
        let run = checks::Run {
            invocation,
            prepared,
            store,
            outputs: &outputs,
            showing,
            again: again.command("apply", Keep::ALL),
        };
        match run.look(serial).await {
            Ok(ExitCode::Done) => {}
            Ok(code) => return code,
            Err(error) => return record::report(invocation, &error),
        }
    }
    if showing.json {
        say_completed(invocation, &BTreeMap::new(), mode, &outputs);
    }
    ExitCode::Done
}

/// Nothing changes but what the record says that instances depend on, of which there is nothing to tell.
async fn relink(again: Again<'_>, store: &Store, planned: Planned) -> ExitCode {
    let invocation = again.invocation;
    let (kind, purpose) = (RunKind::Apply, Purpose::Apply);
    let session = match begin(again, store, (kind, &purpose), &planned.plan).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let (_, stop) = tokio::sync::watch::channel(Stop::Never);
    let options = ApplyOptions {
        parallelism: None,
        stop,
        attempts: engine::ATTEMPTS,
    };
    let events = Events::ignored(invocation.process.clock.clone());
    if let Err(error) = engine::apply(planned, &session, options, &events).await {
        return record::report(invocation, &error);
    }
    finish(invocation, session, RunOutcome::Succeeded, BTreeMap::new()).await
}

/// Where there is nothing to apply, what is in doubt is all that is wrong: the warnings of it become errors.
pub fn in_doubt_is_an_error(made: &mut Made) {
    let is_of = |found: &Diagnostic, step: &OpenStep| {
        found.id == "journal-open" && found.address.as_ref() == Some(&step.addr)
    };
    let as_error = |step: &OpenStep| {
        let warned = made.warnings.iter().find(|found| is_of(found, step));
        warned.map_or_else(
            || step.unsettled(),
            |found| Diagnostic {
                severity: Severity::Error,
                ..found.clone()
            },
        )
    };
    let errors: Vec<Diagnostic> = made.open.iter().map(as_error).collect();
    let others = made
        .warnings
        .iter()
        .filter(|found| found.id != "journal-open");
    made.warnings = others.cloned().chain(errors).collect();
}

/// The last call of the straight line, and what comes after it.
#[derive(Debug)]
pub struct Apply<'a> {
    /// The call.
    pub invocation: &'a Invocation,
    /// The environment and its definition.
    pub prepared: &'a Prepared,
    /// The record.
    pub store: &'a Store,
    /// How it is shown.
    pub showing: Showing,
    /// At most so many operations at once.
    pub parallelism: Option<std::num::NonZeroUsize>,
    /// How the plan was made; none for a saved one.
    pub planning: Option<&'a Planning>,
    /// What it is for.
    pub purpose: Purpose,
    /// What may be destroyed although it is protected.
    pub allow: &'a [Pattern],
}

/// Whether a run that has begun may still do what was planned; the exit code where not.
pub type Still<'s> = &'s (dyn Fn() -> Result<(), ExitCode> + Sync);

impl Apply<'_> {
    fn kind(&self, mode: PlanMode) -> RunKind {
        match mode {
            PlanMode::Normal => self.purpose.kind(),
            PlanMode::Destroy => RunKind::Destroy,
            PlanMode::RefreshOnly => RunKind::Refresh,
        }
    }

    async fn begin(&self, plan: &Plan, still: Still<'_>) -> Result<Session, ExitCode> {
        let kind = self.kind(plan.mode);
        let session = begin(self.again(), self.store, (kind, &self.purpose), plan).await?;
        if let Err(code) = still() {
            let counts = [(BLOCKED.to_owned(), 1)].into();
            let ended = session.finish(RunOutcome::Cancelled, counts).await;
            return Err(match ended {
                Ok(()) => code,
                Err(error) => record::report(self.invocation, &error),
            });
        }
        // What is tried counts also if this process dies while it tries.
        if let Purpose::Heal(attempts) = &self.purpose
            && let Err(error) = session.sightings(attempts.clone()).await
        {
            let code = record::report(self.invocation, &error);
            let (outcome, counts) = (RunOutcome::Failed, BTreeMap::new());
            return Err(finish(self.invocation, session, outcome, counts)
                .await
                .max(code));
        }
        Ok(session)
    }

    /// Applies the plan, tries the checks, and shows what came of it. Who wants to know is told.
    pub async fn go(&self, planned: Planned) -> ExitCode {
        self.go_while(planned, &|| Ok(())).await
    }

    /// Does what [`Apply::go`] does, where it still may once nobody else can change the environment.
    pub async fn go_while(&self, planned: Planned, still: Still<'_>) -> ExitCode {
        let code = self.applied(planned, still).await;
        checkouts::sweep(self.prepared, self.store);
        let Prepared {
            project,
            environment,
            ..
        } = self.prepared;
        notify::of_runs(self.invocation, project, self.store, environment).await;
        code
    }

    async fn applied(&self, planned: Planned, still: Still<'_>) -> ExitCode {
        let mode = planned.plan.mode;
        let kind = self.kind(mode);
        // Whoever calls: what is protected is not destroyed.
        let command = self.command(&planned.plan);
        if let Err(refused) = protect::refuse(self.prepared, &planned, self.allow, &command) {
            return plan::refuse(self.invocation, &refused, self.showing);
        }
        // And what another environment has is not taken.
        if let Err(refused) = isolation::refuse(self.prepared, &planned, self.store) {
            return plan::refuse(self.invocation, &refused, self.showing);
        }
        let session = match self.begin(&planned.plan, still).await {
            Ok(session) => session,
            Err(code) => return code,
        };
        let listening = if self.showing.json {
            Listening::Json
        } else {
            Listening::Screen
        };
        let listener = Listener::start(self.invocation, listening, self.prepared.sources());
        let events = Events::to(listener.sender(), self.invocation.process.clock.clone());
        let stop = interrupts();
        let parallelism = self.parallelism.map(std::num::NonZeroUsize::get);
        let options = ApplyOptions {
            parallelism,
            stop,
            attempts: engine::ATTEMPTS,
        };
        let applied = engine::apply(planned, &session, options, &events).await;
        drop(events);
        let view = listener.finish().await;
        let outcome = match applied {
            Ok(outcome) => outcome,
            Err(error) => {
                return self.cut_short(&error);
            }
        };
        self.say_end(&outcome, &view, mode);
        let mut counts: BTreeMap<String, u64> = outcome
            .done
            .iter()
            .map(|(kind, count)| ((*kind).to_owned(), *count))
            .collect();
        if outcome.stopped {
            return finish(self.invocation, session, RunOutcome::Cancelled, counts).await;
        }
        let mut passed = outcome.is_success();
        let mut is_checked = true;
        if passed && mode == PlanMode::Normal {
            match check(
                self.invocation,
                self.prepared,
                &session,
                &outcome.outputs,
                self.showing,
            )
            .await
            {
                Ok(Checked { failed, is_whole }) => {
                    is_checked = is_whole;
                    if failed > 0 {
                        passed = false;
                        counts.insert(FAILED_CHECKS.to_owned(), failed);
                    }
                }
                Err(error) => return record::report(self.invocation, &error),
            }
        }
        let code = finish(self.invocation, session, outcome_of(passed), counts).await;
        if code == ExitCode::Done && !is_checked {
            return ExitCode::Interrupted;
        }
        if code == ExitCode::Done && mode != PlanMode::Destroy && kind != RunKind::Heal {
            self.show_outputs(&outcome.outputs);
        }
        code
    }

    /// The command that applies the plan, or one like it.
    fn command(&self, plan: &Plan) -> String {
        match (&self.purpose, self.planning) {
            // Healing is no place to let data go.
            (Purpose::Heal(_), _) => self.again().command("apply", Keep::ALL),
            (Purpose::Apply, None) => format!("{} apply {}", program(self.invocation), plan.id),
            _ => self.purpose.command(self.again(), plan.mode, Keep::ALL),
        }
    }

    fn again(&self) -> Again<'_> {
        Again {
            invocation: self.invocation,
            prepared: self.prepared,
            planning: self.planning,
        }
    }
}
