//! `terrace apply` and `terrace destroy`. The straight line: load, evaluate, read, observe, plan, apply; then the
//! environment's checks.

use std::collections::BTreeMap;
use std::path::Path;

use delivery::verify::{Subject, verify};
use engine::{ApplyOptions, Events, Outcome, Planned, Session, SessionError, SessionRequest, Stop};
use lang::load::Snapshot;
use lang::{Graph, load};
use model::plan::{Plan, PlanMode};
use model::serial::PlanId;
use model::{Diagnostic, Diagnostics, Sources, Str, Value};
use state::{CheckResult, RunKind, RunOutcome, Store};
use tokio::sync::watch;

use super::args::{ApplyArgs, DestroyArgs, PlanRef, Planning, Showing};
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::listen::{Listener, Listening};
use super::output::json::ui;
use super::output::plan::counts;
use super::output::prompt::{Answer, Question, approve};
use super::output::recorded::OutputView;
use super::output::run::{RunEnd, closing};
use super::output::state::outputs as show_outputs;
use super::output::write;
use super::plan::{self, Made};
use super::prepare::{self, Prepared, Refused, Wanted};
use super::{record, views};

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
            now(
                invocation,
                subject.environment.as_deref(),
                &args.planning,
                args.showing,
                approved,
            )
            .await
        }
        Some(plan) => saved(invocation, subject.environment.as_deref(), &plan, &args).await,
    }
}

/// Runs `terrace destroy`.
pub async fn destroy(invocation: &Invocation, mut args: DestroyArgs) -> ExitCode {
    args.planning.destroy = true;
    now(
        invocation,
        args.environment.as_deref(),
        &args.planning,
        args.showing,
        args.auto_approve,
    )
    .await
}

/// Plans, asks, applies.
async fn now(
    invocation: &Invocation,
    environment: Option<&str>,
    planning: &Planning,
    showing: Showing,
    approved: bool,
) -> ExitCode {
    let prepared = match prepare::prepare(invocation, Wanted::of(environment, planning)) {
        Ok(prepared) => prepared,
        Err(refused) => return plan::refuse(invocation, &refused, showing),
    };
    plan::warn_without_effect(invocation, planning);
    let store = match record::open(&prepared.project.record()) {
        Ok(store) => store,
        Err(error) => return record::report(invocation, &error),
    };
    if let Err(refused) = record::recover(invocation, &prepared, &store).await {
        return plan::refuse(invocation, &refused, showing);
    }
    let made = match plan::make(invocation, &prepared, &store, planning, showing).await {
        Ok(made) => made,
        Err(refused) => return plan::refuse(invocation, &refused, showing),
    };
    let folded = plan::form(showing, false);
    plan::show(invocation, &made, &prepared, showing, folded, None);
    let nothing = made.planned.plan.is_empty();
    if nothing && made.planned.plan.drift.is_empty() {
        return unchanged(invocation, &prepared, &store, &made, showing).await;
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
    }
    .go(planned)
    .await
}

/// Nothing to apply: the outputs as they are, and the checks, if the last run's did not pass.
async fn unchanged(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    made: &Made,
    showing: Showing,
) -> ExitCode {
    let outputs: BTreeMap<Str, (Value, bool)> = made
        .planned
        .recorded
        .outputs
        .iter()
        .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
        .collect();
    let failed = match views::checks(store, &prepared.project, &prepared.environment) {
        Ok(checks) => checks.iter().any(|check| !check.result.passed),
        Err(error) => return record::report(invocation, &error),
    };
    if failed && made.planned.plan.mode == PlanMode::Normal {
        let session = match begin(invocation, prepared, store, RunKind::Verify, None).await {
            Ok(session) => session,
            Err(code) => return code,
        };
        return match check(invocation, prepared, &session, &outputs, showing).await {
            Ok(passed) => finish(invocation, session, outcome_of(passed), BTreeMap::new()).await,
            Err(error) => record::report(invocation, &error),
        };
    }
    if showing.json {
        say_outputs(invocation, &outputs);
    }
    ExitCode::Done
}

async fn begin(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    kind: RunKind,
    plan: Option<&Plan>,
) -> Result<Session, ExitCode> {
    let request = SessionRequest {
        environment: prepared.environment.clone(),
        kind,
        plan: plan.map(|plan| plan.id.to_string()),
        revision: None,
        actor: invocation.actor(),
        note: None,
    };
    let expected = plan.map(|plan| (plan.serial, &plan.lineage));
    match Session::begin(store, &invocation.process.clock, request, expected).await {
        Ok(session) => Ok(session),
        Err(SessionError::Record(error)) => Err(record::report(invocation, &error)),
        Err(error @ (SessionError::Stale { .. } | SessionError::Foreign)) => {
            let diagnostic = Diagnostic::error("plan-stale", error.to_string())
                .note("something was applied since, so that the plan may do other things than it shows")
                .help(format!("plan again: terrace plan {}", prepared.environment));
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
fn ask(invocation: &Invocation, plan: &Plan) -> bool {
    let found = counts(plan);
    let question = Question {
        what: format!("Apply {} to {}", plan.id, plan.environment),
        environment: plan.environment.to_string(),
        destroys: found.destroy + found.replace,
    };
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
    let answer = approve(&question, invocation.stderr, &mut input, &mut output);
    if !invocation.is_interactive() && matches!(answer, Ok(Answer::Yes | Answer::No)) {
        // A terminal shows the line that was typed; here the prompt's line is still open.
        write::say("\n");
    }
    match answer {
        Ok(Answer::Yes) => true,
        Ok(Answer::No) => {
            write::say("Not applied; nothing was changed.\n");
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

fn variables_given() -> Refused {
    let message = "a saved plan has its variables in it: none can be given when it is applied";
    let diagnostic = Diagnostic::error("undeclared-variable", message)
        .help("plan again with the variables, or leave them out here");
    Refused {
        diagnostics: diagnostic.into(),
        sources: Sources::default(),
    }
}

/// Applies a saved plan, exactly as it was shown.
async fn saved(
    invocation: &Invocation,
    environment: Option<&str>,
    plan: &PlanRef,
    args: &ApplyArgs,
) -> ExitCode {
    if !args.planning.given.is_empty() {
        return plan::refuse(invocation, &variables_given(), args.showing);
    }
    let (project, _) = match prepare::open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    let store = match record::open(&project.record()) {
        Ok(store) => store,
        Err(error) => return record::report(invocation, &error),
    };
    let plan = match load_plan(&store, &invocation.directory, plan) {
        Ok(plan) => plan,
        Err(diagnostic) => {
            let refused = Refused {
                diagnostics: (*diagnostic).into(),
                sources: Sources::default(),
            };
            return plan::refuse(invocation, &refused, args.showing);
        }
    };
    if environment.is_some_and(|name| plan.environment != *name) {
        let message = format!("plan {} is for environment `{}`", plan.id, plan.environment);
        let refused = Refused {
            diagnostics: Diagnostic::error("plan-stale", message).into(),
            sources: Sources::default(),
        };
        return plan::refuse(invocation, &refused, args.showing);
    }
    let prepared = match from_plan(invocation, project, &store, &plan) {
        Ok(prepared) => prepared,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    if let Err(refused) = record::recover(invocation, &prepared, &store).await {
        return plan::refuse(invocation, &refused, args.showing);
    }
    let recorded = match engine::record::read(&store, &plan.environment) {
        Ok(recorded) => recorded,
        Err(error) => return record::report(invocation, &error),
    };
    let events = Events::ignored(invocation.process.clock.clone());
    let resumed = engine::resume(
        plan,
        prepared.desired(),
        recorded,
        prepared.providers.clone(),
        &events,
    )
    .await;
    let planned = match resumed {
        (Some(planned), _) => planned,
        (None, diagnostics) => {
            let refused = Refused {
                diagnostics,
                sources: prepared.sources().clone(),
            };
            return plan::refuse(invocation, &refused, args.showing);
        }
    };
    if args.showing.json {
        let now = invocation.process.clock.now();
        let mut text = ui::version(env!("CARGO_PKG_VERSION")).line(now) + "\n";
        for message in ui::planned_changes(&planned.plan) {
            text.push_str(&(message.line(now) + "\n"));
        }
        let _ = write::answer(&text);
    }
    let (showing, parallelism) = (args.showing, args.planning.parallelism);
    Apply {
        invocation,
        prepared: &prepared,
        store: &store,
        showing,
        parallelism,
    }
    .go(planned)
    .await
}

/// Finds a saved plan by its id or by the file that names it.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn load_plan(store: &Store, directory: &Path, plan: &PlanRef) -> Result<Plan, Box<Diagnostic>> {
    let id = match plan {
        PlanRef::Id(id) => id.to_string(),
        PlanRef::File(path) => referenced(&directory.join(path))?.to_string(),
    };
    let saved = store
        .load_plan(&id)
        .map_err(|error| record::diagnostic(&error))?;
    let bytes = saved.bytes().map_err(|error| record::diagnostic(&error))?;
    engine::codec::decode(&bytes).map_err(|error| {
        let message = format!("plan {id} cannot be read");
        Box::new(
            Diagnostic::error("plan-stale", message)
                .note(error.to_string())
                .help("plan again: terrace plan"),
        )
    })
}

fn referenced(path: &Path) -> Result<PlanId, Box<Diagnostic>> {
    let wrong = |note: String| {
        let message = format!("`{}` is not a plan that Terrace wrote", path.display());
        Box::new(
            Diagnostic::error("plan-stale", message)
                .note(note)
                .help("make one with terrace plan -out=FILE"),
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let reference: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let id = reference
        .get("terrace_plan")
        .and_then(serde_json::Value::as_str);
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| wrong("it names no plan".into()))
}

/// The definition a plan was made from, out of the record.
fn from_plan(
    invocation: &Invocation,
    project: delivery::Project,
    store: &Store,
    plan: &Plan,
) -> Result<Prepared, Refused> {
    let mut snapshot = Snapshot::default();
    for file in &plan.files {
        let content = store
            .blob(state::BlobDigest(file.digest))
            .map_err(|error| Refused {
                diagnostics: record::diagnostic(&error).into(),
                sources: Sources::default(),
            })?;
        snapshot.0.insert(file.path.clone(), content);
    }
    let directory = project.definition_directory();
    let base = match project.definition() {
        "." | "" => invocation.base.clone(),
        relative => invocation.base.join(relative),
    };
    let (definition, mut found) = load(&snapshot, &base, project.sources.clone());
    let (graph, diagnostics) = Graph::of(&definition);
    found.extend(diagnostics);
    if found.has_errors() {
        return Err(Refused {
            diagnostics: found,
            sources: definition.sources,
        });
    }
    let settings = prepare::settings(
        invocation,
        &plan.environment,
        &directory,
        Some(plan.created),
    );
    let providers = (invocation.process.providers)(&directory, invocation.process.clock.clone());
    Ok(Prepared {
        project,
        environment: plan.environment.clone(),
        definition: definition.into(),
        graph: graph.into(),
        variables: plan.variables.clone(),
        settings,
        providers,
        warnings: Diagnostics::new(),
    })
}

/// The last call of the straight line, and what comes after it.
struct Apply<'a> {
    invocation: &'a Invocation,
    prepared: &'a Prepared,
    store: &'a Store,
    showing: Showing,
    parallelism: Option<std::num::NonZeroUsize>,
}

impl Apply<'_> {
    async fn go(&self, planned: Planned) -> ExitCode {
        let kind = match planned.plan.mode {
            PlanMode::Normal => RunKind::Apply,
            PlanMode::Destroy => RunKind::Destroy,
            PlanMode::RefreshOnly => RunKind::Refresh,
        };
        let mode = planned.plan.mode;
        let session = match begin(
            self.invocation,
            self.prepared,
            self.store,
            kind,
            Some(&planned.plan),
        )
        .await
        {
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
            attempts: 5,
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
        let counts = outcome
            .done
            .iter()
            .map(|(kind, count)| ((*kind).to_owned(), *count))
            .collect();
        if outcome.stopped {
            return finish(self.invocation, session, RunOutcome::Cancelled, counts).await;
        }
        let mut passed = outcome.is_success();
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
                Ok(checked) => passed = checked,
                Err(error) => return record::report(self.invocation, &error),
            }
        }
        let code = finish(self.invocation, session, outcome_of(passed), counts).await;
        if code == ExitCode::Done && mode != PlanMode::Destroy {
            self.show_outputs(&outcome.outputs);
        }
        code
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

    fn say_end(&self, outcome: &Outcome, view: &super::output::run_view::RunView, mode: PlanMode) {
        if self.showing.json {
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
            let _ = write::answer(&(ui::change_summary(summary, operation).line(now) + "\n"));
            say_outputs(self.invocation, &outcome.outputs);
            return;
        }
        let recorded = self.store.header(&self.prepared.environment).map_or_else(
            |_| "the record".to_owned(),
            |header| format!("serial {}", header.serial),
        );
        let go_on =
            (!outcome.is_success()).then(|| format!("terrace apply {}", self.prepared.environment));
        let text = closing(
            view,
            &RunEnd { recorded, go_on },
            self.prepared.sources(),
            self.invocation.stderr,
        );
        self.invocation.say(&text);
        if outcome.unknown > 0 {
            let left = format!(
                "{} steps were left: what became of them is found out by the next command.\n",
                outcome.unknown
            );
            self.invocation.say(&left);
        }
        // Failures were shown with the end of the run; conditions that do not hold after it were not.
        let shown = &view.failures;
        let rest: Diagnostics = outcome
            .diagnostics
            .iter()
            .filter(|found| !shown.iter().any(|known| known.message == found.message))
            .cloned()
            .collect();
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
    let _ = write::answer(&(ui::outputs(&views).line(now) + "\n"));
}

/// Runs the environment's checks and records what came of them; says whether all passed.
async fn check(
    invocation: &Invocation,
    prepared: &Prepared,
    session: &Session,
    outputs: &BTreeMap<Str, (Value, bool)>,
    showing: Showing,
) -> Result<bool, state::RecordError> {
    let Some(declared) = prepared.project.declared(&prepared.environment) else {
        return Ok(true);
    };
    let checks: Vec<_> = declared
        .verify
        .iter()
        .filter_map(|(name, _)| prepared.project.file.checks.get(name))
        .collect();
    if checks.is_empty() {
        return Ok(true);
    }
    let values: BTreeMap<Str, Value> = outputs
        .iter()
        .map(|(name, (value, _))| (name.clone(), value.clone()))
        .collect();
    let subject = Subject {
        environment: &prepared.environment,
        outputs: &values,
        directory: &prepared.project.directory,
        clock: &*invocation.process.clock,
        random: &*invocation.process.random,
    };
    let listening = if showing.json {
        Listening::Json
    } else {
        Listening::Screen
    };
    let listener = Listener::start(invocation, listening, prepared.sources());
    let events = Events::to(listener.sender(), invocation.process.clock.clone());
    let outcomes = verify(&checks, &subject, &events).await;
    drop(events);
    listener.finish().await;
    let mut failed = Diagnostics::new();
    for outcome in &outcomes {
        let at = state::UnixMillis(invocation.process.clock.now().0);
        let result = CheckResult {
            name: outcome.check.to_string(),
            passed: outcome.passed,
            at,
            detail: outcome.detail.clone(),
        };
        session.check(result).await?;
        if !outcome.passed {
            let span = prepared
                .project
                .file
                .checks
                .get(&outcome.check)
                .map(|check| check.span);
            let diagnostic = Diagnostic::error(
                "check-failed",
                format!("check `{}` did not pass", outcome.check),
            )
            .note(format!(
                "tried {} time{}; last: {}",
                outcome.attempts,
                if outcome.attempts == 1 { "" } else { "s" },
                outcome.detail
            ))
            .help(
                "the environment is applied as recorded; mend what the check sees and apply again",
            );
            failed.push(match span {
                Some(span) => diagnostic.at(span, ""),
                None => diagnostic,
            });
        }
    }
    invocation.report(&failed, prepared.sources(), "", false);
    Ok(failed.is_empty())
}

/// Listens for Ctrl-C: the first lets running steps end, the second leaves them.
fn interrupts() -> watch::Receiver<Stop> {
    let (sender, receiver) = watch::channel(Stop::Never);
    tokio::spawn(async move {
        for stop in [Stop::AfterRunning, Stop::Now] {
            if signal().await.is_err() || sender.send(stop).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Waits for an interrupt, or for a request to end, which is what CI systems send.
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
