//! `terrace apply` and `terrace destroy`. The straight line: load, evaluate, read, observe, plan, apply; then the
//! environment's checks.

use std::collections::BTreeMap;

use delivery::configuration;
use delivery::gather::{BLOCKED, is_past_rules};
use engine::record::StoreError;
use engine::{
    ApplyOptions, Events, OpenStep, Outcome, Planned, Session, SessionError, SessionRequest, Stop,
};
use model::pattern::Pattern;
use model::plan::{Plan, PlanMode};
use model::serial::RevisionId;
use model::{Diagnostic, Diagnostics, Severity, Sources, Str, Value};
use state::{ConfigurationDigest, RecordError, RunKind, RunOutcome, Store};

use super::args::{ApplyArgs, DestroyArgs, Keep, OnFailure, Planning, Showing};
use super::checks::{self, Checked, check};
use super::exit::ExitCode;
use super::interrupt::interrupts;
use super::invocation::Invocation;
use super::listen::{Listener, Listening};
use super::output::json::diagnostic::Translator;
use super::output::json::ui;
use super::output::plan::counts;
use super::output::prompt::{Answer, Question, approve};
use super::output::recorded::OutputView;
use super::output::run::{RunEnd, closing};
use super::output::run_view::RunView;
use super::output::state::outputs as show_outputs;
use super::output::status::FAILED_CHECKS;
use super::output::write;
use super::plan::{self, Made};
use super::prepare::{self, Prepared, Refused, Wanted};
use super::revised::{self, Content};
use super::suggested::{Again, program};
use super::{bound, isolation, notify, protect, record, saved, under_way};

pub use super::purpose::Purpose;

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
    let approved = args.auto_approve;
    match subject.plan {
        None => {
            let asked = Asked {
                environment: subject.environment.as_deref(),
                revision: args.revision.as_deref(),
                planning: &args.planning,
                showing: args.showing,
                approved,
                break_glass: args.break_glass.as_deref(),
                allow: &args.allow_destroy,
                on_failure: args.on_failure,
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
        approved: args.auto_approve,
        break_glass: None,
        allow: &args.allow_destroy,
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
    if unchanged_at_all && is_read_only(invocation, &prepared, &store, &purpose).await {
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
        say_outputs(invocation, &outputs);
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

/// Failures are shown with the end of the run; conditions that do not hold after it, and what is in doubt, are not.
fn unsaid(outcome: &Outcome, view: &RunView) -> Diagnostics {
    let shown = &view.failures;
    let is_new = |found: &&Diagnostic| !shown.iter().any(|known| known.message == found.message);
    outcome.diagnostics.iter().filter(is_new).cloned().collect()
}

/// Writes diagnostics into the stream of messages.
pub(super) fn say_diagnostics(invocation: &Invocation, found: &Diagnostics, sources: &Sources) {
    invocation.account.wrong(found);
    let mut translator = Translator::new(sources);
    let now = invocation.process.clock.now();
    let lines: String = found
        .iter()
        .map(|found| {
            let message = ui::diagnostic(found, &mut translator);
            invocation.account.line(message, now)
        })
        .collect();
    let _ = write::answer(&lines);
}

async fn begin(
    again: Again<'_>,
    store: &Store,
    (kind, purpose): (RunKind, &Purpose),
    plan: &Plan,
) -> Result<Session, ExitCode> {
    let Again {
        invocation,
        prepared,
        ..
    } = again;
    let (revision, mut configuration) =
        match used(invocation, prepared, store, (kind, purpose)).await {
            Ok(used) => used,
            Err(error) => return Err(record::report(invocation, &error)),
        };
    if let Purpose::Rollback(back) = purpose {
        // What was kept is what is used again, also where inputs were declared since.
        configuration = back.configuration.or(configuration);
    }
    let request = SessionRequest {
        environment: prepared.environment.clone(),
        kind,
        plan: Some(plan.id.to_string()),
        revision,
        configuration,
        actor: invocation.actor(),
        note: purpose.note(),
    };
    let expected = Some((plan.serial, &plan.lineage));
    match Session::begin(store, &invocation.process.clock, request, expected).await {
        Ok(session) => Ok(session),
        Err(SessionError::Record(error)) => Err(record::report(invocation, &error)),
        Err(error @ (SessionError::Stale { .. } | SessionError::Foreign)) => {
            let diagnostic = Diagnostic::error("plan-stale", error.to_string())
                .note("something was applied since, so that the plan may do other things than it shows")
                .help(purpose.again(again, plan.mode));
            invocation.report(
                &diagnostic.into(),
                &Sources::default(),
                "nothing was changed",
                false,
            );
            Err(ExitCode::Failed)
        }
    }
}

/// What a run that applies makes real, made if need be: the revision, and the variables it is given.
async fn used(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    (kind, purpose): (RunKind, &Purpose),
) -> Result<(Option<String>, Option<ConfigurationDigest>), StoreError> {
    if !matches!(
        kind,
        RunKind::Apply | RunKind::Promote | RunKind::Rollback | RunKind::Heal
    ) {
        return Ok((None, None));
    }
    let row = match purpose {
        // What it was is to be known, and may be promoted in its own time.
        Purpose::BreakGlass(_) => revised::made_of(invocation, prepared, store).await?,
        Purpose::Apply | Purpose::Promote | Purpose::Rollback(_) | Purpose::Heal(_) => {
            revised::made(invocation, prepared, store).await?
        }
    };
    let revision = row.map(|row| RevisionId(row.number).to_string());
    let payload = configuration::payload(&prepared.project, &prepared.variables);
    let payload = payload.map_err(|source| StoreError::Object {
        address: "the variables".into(),
        source,
    })?;
    let configuration = store
        .put_configuration(&prepared.environment, payload)
        .await?;
    Ok((revision, Some(configuration)))
}

/// Whether the record cannot take what a run would say.
async fn is_read_only(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    purpose: &Purpose,
) -> bool {
    let used = used(invocation, prepared, store, (RunKind::Apply, purpose)).await;
    matches!(used, Err(StoreError::Record(RecordError::ReadOnly { .. })))
}

/// Whether the environment is to have another revision than the one it has, though nothing in it changes.
fn is_news(prepared: &Prepared, store: &Store, purpose: &Purpose) -> Result<bool, RecordError> {
    let (project, environment) = (&prepared.project, &prepared.environment);
    let Some(content) = prepared.content.as_ref().filter(|_| project.has_file) else {
        return Ok(false);
    };
    let Some(id) = content.id() else {
        let goes_past = matches!(purpose, Purpose::BreakGlass(_));
        return Ok(goes_past || project.is_entry(environment));
    };
    // What is under way there brings it already, as where its checks apply again.
    let name = Some(id.to_string());
    let coming = store.unended_runs(environment)?;
    let comes = coming
        .iter()
        .any(|run| run.revision == name && !is_past_rules(run));
    Ok(!comes && delivery::applied::there(store, environment)? != Some(id))
}

async fn finish(
    invocation: &Invocation,
    session: Session,
    outcome: RunOutcome,
    counts: BTreeMap<String, u64>,
) -> ExitCode {
    match (session.finish(outcome, counts).await, outcome) {
        (Ok(()), RunOutcome::Succeeded) => ExitCode::Done,
        (Ok(()), RunOutcome::Cancelled) => ExitCode::Interrupted,
        (Ok(()), RunOutcome::Failed | RunOutcome::Interrupted) => ExitCode::Failed,
        (Err(error), _) => record::report(invocation, &error),
    }
}

fn outcome_of(passed: bool) -> RunOutcome {
    if passed {
        RunOutcome::Succeeded
    } else {
        RunOutcome::Failed
    }
}

/// Asks for approval; says so when nobody can be asked.
pub fn ask(invocation: &Invocation, plan: &Plan) -> bool {
    let found = counts(plan);
    let question = Question {
        what: format!("Apply {} to {}", plan.id, plan.environment),
        environment: plan.environment.to_string(),
        destroys: found.destroy + found.replace,
    };
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
    let answer = approve(&question, invocation.stderr, &mut input, &mut output);
    if !invocation.is_interactive()
        && matches!(answer, Ok(Answer::Yes | Answer::No | Answer::OtherName))
    {
        // A terminal shows the line that was typed; here the prompt's line is still open.
        write::say("\n");
    }
    match answer {
        Ok(Answer::Yes) => true,
        Ok(Answer::No) => {
            write::say("Not applied; nothing was changed.\n");
            false
        }
        Ok(Answer::OtherName) => {
            let name = &plan.environment;
            write::say(&format!(
                "Not applied; nothing was changed: what destroys wants the environment's name, `{name}`.\n"
            ));
            false
        }
        Ok(Answer::Nothing) | Err(_) => {
            write::say(
                "\nNot applied: nobody answered. To apply without a question: -auto-approve\n",
            );
            false
        }
    }
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

    /// What goes on from a run that did not do all: the same again. What was replaced is not replaced once more.
    fn go_on(&self, outcome: &Outcome, mode: PlanMode) -> Option<String> {
        if outcome.is_success() {
            return None;
        }
        let keep = Keep {
            mode: mode == PlanMode::RefreshOnly,
            part: true,
            replace: outcome.done.values().all(|count| *count == 0),
        };
        let mut command = self.purpose.command(self.again(), mode, keep);
        if self.planning.is_none() && mode == PlanMode::RefreshOnly {
            command.push_str(" -refresh-only");
        }
        Some(command)
    }

    /// The record could not be written any more in the middle of the run.
    fn cut_short(&self, error: &engine::record::StoreError) -> ExitCode {
        let diagnostic = record::diagnostic(error);
        let code = if diagnostic.id == "record-locked" {
            ExitCode::Locked
        } else {
            ExitCode::Failed
        };
        let sources = self.prepared.sources();
        let what = "the run was cut short; what it did until then is recorded";
        self.invocation
            .report(&diagnostic.into(), sources, what, false);
        self.invocation
            .say("Run the command again: what was under way is found out then.\n");
        code
    }

    fn say_end(&self, outcome: &Outcome, view: &RunView, mode: PlanMode) {
        if self.showing.json {
            let rest = unsaid(outcome, view);
            say_diagnostics(self.invocation, &rest, self.prepared.sources());
            if !outcome.is_success() {
                return;
            }
            let now = self.invocation.process.clock.now();
            let count = |word: &str| outcome.done.get(word).copied().unwrap_or(0);
            let summary = ui::Summary {
                add: count("create"),
                change: count("update"),
                import: count("import"),
                remove: count("destroy"),
            };
            let operation = match mode {
                PlanMode::Destroy => ui::Operation::Destroy,
                PlanMode::Normal | PlanMode::RefreshOnly => ui::Operation::Apply,
            };
            let message = ui::change_summary(summary, operation);
            let _ = write::answer(&self.invocation.account.line(message, now));
            if mode != PlanMode::Destroy {
                say_outputs(self.invocation, &outcome.outputs);
            }
            return;
        }
        let mut recorded = self.store.header(&self.prepared.environment).map_or_else(
            |_| "the record".to_owned(),
            |header| format!("serial {}", header.serial),
        );
        let content = self.prepared.content.as_ref();
        if let Some(id) = content.and_then(Content::id) {
            recorded.push_str(&format!(", {id}"));
        }
        let go_on = self.go_on(outcome, mode);
        let text = closing(
            view,
            &RunEnd { recorded, go_on },
            self.prepared.sources(),
            self.invocation.stderr,
        );
        self.invocation.say(&text);
        if outcome.stopped {
            self.invocation
                .say("Interrupted: what was not begun is left for the next apply.\n");
        }
        if outcome.unknown > 0 {
            let (steps, them) = match outcome.unknown {
                1 => ("1 step was".to_owned(), "it"),
                several => (format!("{several} steps were"), "them"),
            };
            let left =
                format!("{steps} left: what became of {them} is found out by the next command.\n");
            self.invocation.say(&left);
        }
        let rest = unsaid(outcome, view);
        if !rest.is_empty() {
            self.invocation.say("\n");
        }
        self.invocation
            .report(&rest, self.prepared.sources(), "", false);
    }

    fn show_outputs(&self, outputs: &BTreeMap<Str, (Value, bool)>) {
        if self.showing.json || outputs.is_empty() {
            return;
        }
        let views: Vec<OutputView<'_>> = outputs
            .iter()
            .map(|(name, (value, sensitive))| OutputView {
                name,
                value,
                sensitive: *sensitive,
            })
            .collect();
        let _ = write::answer(&show_outputs(&views, self.invocation.stdout));
    }
}

fn say_outputs(invocation: &Invocation, outputs: &BTreeMap<Str, (Value, bool)>) {
    let views: Vec<OutputView<'_>> = outputs
        .iter()
        .map(|(name, (value, sensitive))| OutputView {
            name,
            value,
            sensitive: *sensitive,
        })
        .collect();
    let now = invocation.process.clock.now();
    let _ = write::answer(&invocation.account.line(ui::outputs(&views), now));
}
