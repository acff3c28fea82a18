//! `terrace plan`: shows what would change, and keeps the plan so that exactly it can be applied.

mod keep;

use std::collections::BTreeSet;
use std::time::Duration;

use engine::record::StoreError;
use engine::{Events, OpenStep, PlanOptions, Planned};
use model::clock::Timestamp;
use model::plan::{Plan, PlanMode, PlannedFile, Refresh};
use model::{Diagnostics, Sources};
use sha2::{Digest, Sha256};
use state::{RecordError, Store};

use super::apply::Purpose;
use super::args::{Keep, PlanArgs, Planning, Showing};
use super::invocation::Invocation;
use super::output::json::diagnostic::Translator;
use super::output::json::ui;
use super::output::plan::{self as screen, Form, GoOn, PlanFacts};
use super::output::recorded::OutputView;
use super::output::write;
use super::prepare::{Prepared, Refused, Wanted, prepare};
use super::{modules, record};
use crate::cli::guard::bound::{self, Bond, Bound, Way};
use crate::cli::guard::{isolation, protect, under_way};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::listen::{Listener, Listening};
use crate::cli::invocation::shell::quoted;
use crate::cli::invocation::suggested::{self, Again};
use crate::cli::prepare::elsewhere;
use crate::cli::prepare::revised::{self, Content};

/// Runs the command.
pub async fn run(invocation: &Invocation, args: PlanArgs) -> ExitCode {
    let Ready {
        prepared,
        store,
        bound,
        way,
    } = match ready(invocation, &args).await {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    let mut made = match make(invocation, &prepared, &store, &args.planning, args.showing).await {
        Ok(made) => made,
        Err(refused) => return refuse(invocation, &refused, args.showing),
    };
    let kept = match keep::kept(&store, &made.planned.plan, &prepared, args.out.as_deref()).await {
        Ok(kept) => kept,
        // A plan is worth seeing also where it cannot be kept.
        Err(RecordError::ReadOnly { .. }) => false,
        Err(error) => return record::report(invocation, &error),
    };
    if let Some(path) = &args.out
        && let Err(code) = keep::write_out(invocation, &prepared, path, &made.planned.plan)
    {
        return code;
    }
    let again = Again {
        invocation,
        prepared: &prepared,
        planning: Some(&args.planning),
    };
    let command = command(
        again,
        &bound,
        &made.planned.plan,
        kept.then_some(args.out.as_deref()),
    );
    made.warnings
        .extend(protect::warn(&prepared, &made.planned, &command));
    let go_on = kept.then(|| {
        go_on(
            again,
            &made.planned.plan,
            args.out.as_deref(),
            (&bound, way),
        )
    });
    let go_on = go_on.flatten();
    show(
        invocation,
        &made,
        again,
        args.showing,
        form(args.showing, args.summary),
        go_on,
    );
    if args.detailed_exitcode && !(made.planned.plan.is_empty() && made.open.is_empty()) {
        return ExitCode::ChangesPending;
    }
    ExitCode::Done
}

/// What is ready to be planned.
struct Ready {
    prepared: Prepared,
    store: Store,
    bound: Bound,
    way: Option<Way>,
}

async fn ready(invocation: &Invocation, args: &PlanArgs) -> Result<Ready, ExitCode> {
    let refuse = |refused: Refused| refuse(invocation, &refused, args.showing);
    let wanted = Wanted {
        revision: args.revision.as_deref(),
        ..Wanted::of(args.environment.as_deref(), &args.planning)
    };
    let mut prepared = prepare(invocation, wanted).await.map_err(refuse)?;
    warn_without_effect(invocation, &args.planning);
    let store = record::open(&prepared.project.record())
        .map_err(|error| record::report(invocation, &error))?;
    let now = invocation.process.clock.now();
    let warning = under_way::warn(&store, &prepared.environment, now)
        .map_err(|error| record::report(invocation, &error))?;
    if let Some(warning) = warning {
        prepared.warnings.push(warning);
    }
    let in_doubt = record::recover(invocation, &prepared, &store)
        .await
        .map_err(refuse)?;
    prepared.warnings.extend(in_doubt);
    let bound = bound::bound(&mut prepared, &store, &args.planning).map_err(refuse)?;
    let way = bound::way(invocation, &prepared);
    revised::look(&mut prepared, &store, &args.planning).map_err(refuse)?;
    Ok(Ready {
        prepared,
        store,
        bound,
        way,
    })
}

/// What to do with a plan that was kept.
fn go_on(
    again: Again<'_>,
    plan: &Plan,
    out: Option<&std::path::Path>,
    (bound, way): (&Bound, Option<Way>),
) -> Option<GoOn> {
    let program = suggested::program(again.invocation);
    match &bound.bond {
        Bond::Free | Bond::Kept if !bound.lets() => Some(GoOn {
            what: "Held; when that is over".into(),
            command: format!("{program} release-hold {}", plan.environment),
        }),
        // A plan of a part does not say of which revision it is, so that it is not applied as it is.
        Bond::Kept if plan.content.is_none() => Some(GoOn {
            what: "Apply this part".into(),
            command: again.command("apply", Keep::ALL),
        }),
        Bond::Free | Bond::Kept => Some(GoOn::exactly(exactly(again, plan, out))),
        Bond::Broken(_) | Bond::Reconfigured(_) => way.map(Way::go_on),
    }
}

/// The command that does what the plan says; with `kept`, of a plan that is kept, in the file that it names.
fn command(
    again: Again<'_>,
    bound: &Bound,
    plan: &Plan,
    kept: Option<Option<&std::path::Path>>,
) -> String {
    match (&bound.bond, plan.mode, kept) {
        (Bond::Broken(_) | Bond::Reconfigured(_), mode, _) => {
            Purpose::Promote.command(again, mode, Keep::ALL)
        }
        (_, PlanMode::Normal, Some(out)) => exactly(again, plan, out),
        (_, mode, _) => Purpose::Apply.command(again, mode, Keep::ALL),
    }
}

/// The command that applies exactly the plan.
fn exactly(again: Again<'_>, plan: &Plan, out: Option<&std::path::Path>) -> String {
    let program = suggested::program(again.invocation);
    match out {
        Some(path) => format!("{program} apply {}", quoted(&path.display().to_string())),
        None => format!("{program} apply {}", plan.id),
    }
}

/// Shows what went wrong before anything was planned.
pub fn refuse(invocation: &Invocation, refused: &Refused, showing: Showing) -> ExitCode {
    if showing.json {
        invocation.account.wrong(&refused.diagnostics);
        let mut translator = Translator::new(&refused.sources);
        let now = invocation.process.clock.now();
        let line = |message| invocation.account.line(message, now);
        let mut text = invocation.account.opening(now);
        for diagnostic in &refused.diagnostics {
            text.push_str(&line(ui::diagnostic(diagnostic, &mut translator)));
        }
        return match write::answer(&text) {
            Ok(()) | Err(_) => ExitCode::of(&refused.diagnostics),
        };
    }
    invocation.report(
        &refused.diagnostics,
        &refused.sources,
        "nothing was changed",
        showing.compact_warnings,
    );
    ExitCode::of(&refused.diagnostics)
}

/// Says which options have no effect.
pub fn warn_without_effect(invocation: &Invocation, planning: &Planning) {
    for text in planning.without_effect() {
        invocation.say(&format!("hint: {text}\n"));
    }
    let workspace = invocation.process.environment.get("TF_WORKSPACE");
    if workspace.is_some_and(|name| !name.is_empty() && name != "default") {
        invocation
            .say("hint: TF_WORKSPACE has no effect: which environment is meant is said on the command line\n");
    }
}

/// A plan that was made, and how long that took.
#[derive(Debug)]
pub struct Made {
    /// The plan, ready to be applied.
    pub planned: Planned,
    /// Steps of earlier runs that are open, on instances that the plan is about.
    pub open: Vec<OpenStep>,
    /// That something was applied to the environment past the rules, and nothing was promoted since.
    pub past_rules: Option<String>,
    /// Warnings.
    pub warnings: Diagnostics,
    /// How long it took.
    pub took: Duration,
}

impl Made {
    /// Whether there is nothing to do and nothing to record.
    pub fn is_unchanged(&self) -> bool {
        self.planned.plan.is_empty() && self.planned.plan.drift.is_empty()
    }
}

/// The next three calls of the straight line: read the record, observe, plan.
///
/// # Errors
/// With everything that is wrong.
pub async fn make(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    planning: &Planning,
    showing: Showing,
) -> Result<Made, Refused> {
    let options = PlanOptions {
        mode: match (planning.destroy, planning.refresh_only) {
            (true, _) => PlanMode::Destroy,
            (_, true) => PlanMode::RefreshOnly,
            (false, false) => PlanMode::Normal,
        },
        refresh: if planning.refresh {
            Refresh::Observe
        } else {
            Refresh::Trust
        },
        targets: planning.targets.clone(),
        excludes: planning.excludes.clone(),
        unobserved: BTreeSet::new(),
        replace: planning.replaces.clone(),
        ..whole(invocation, prepared)
    };
    make_with(invocation, prepared, store, options, showing).await
}

/// Asks for a plan of everything.
pub fn whole(invocation: &Invocation, prepared: &Prepared) -> PlanOptions {
    let now = prepared.settings.plan_time;
    PlanOptions {
        mode: PlanMode::Normal,
        refresh: Refresh::Observe,
        targets: Vec::new(),
        excludes: Vec::new(),
        unobserved: BTreeSet::new(),
        replace: Vec::new(),
        now: now.unwrap_or_else(|| invocation.process.clock.now()),
        revision: prepared.content.as_ref().and_then(Content::id),
        content: prepared.content.as_ref().map(|content| content.digest.0),
        variables: prepared.variables.clone(),
        files: files(prepared),
        attempts: engine::ATTEMPTS,
    }
}

/// Makes a plan as `options` ask for it.
///
/// # Errors
/// With everything that is wrong.
pub async fn make_with(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    options: PlanOptions,
    showing: Showing,
) -> Result<Made, Refused> {
    let clock = invocation.process.clock.clone();
    let started = clock.now();
    let sources = || prepared.sources().clone();
    let refused = |diagnostics: Diagnostics| Refused {
        diagnostics,
        sources: sources(),
    };
    let recorded = engine::record::read(store, &prepared.environment)
        .map_err(|error| refused(record::diagnostic(&error).into()))?;
    let mode = if showing.json {
        let _ = write::answer(&invocation.account.opening(started));
        Listening::Json
    } else {
        Listening::Screen
    };
    let listener = Listener::start(invocation, mode, prepared.sources());
    let events = Events::to(listener.sender(), clock.clone());
    let events = match mode {
        Listening::Json => events.of_each_object(),
        Listening::Screen | Listening::Silent => events,
    };
    let planned = engine::plan(
        prepared.desired(),
        recorded,
        prepared.providers.clone(),
        options,
        &events,
    )
    .await;
    drop(events);
    listener.finish().await;
    let mut warnings = prepared.warnings.clone();
    match planned {
        (Some(mut planned), found) => {
            warnings.extend(found);
            // What no revision holds is looked at again before the plan is applied.
            if prepared.content.is_none() {
                planned.plan.files.extend(read_files(prepared));
            }
            if let Some(error) = revised::left_behind(prepared) {
                warnings.push(error);
                return Err(refused(warnings));
            }
            match isolation::refuse(prepared, &planned, store) {
                Ok(shared) => {
                    planned.plan.warnings.extend(shared.clone());
                    warnings.extend(shared);
                }
                Err(error) => {
                    warnings.extend(error.diagnostics);
                    return Err(refused(warnings));
                }
            }
            warnings.extend(elsewhere::warn(prepared, &planned).into_iter().collect());
            let open = open_steps(store, &planned.plan, clock.now()).map_err(|error| Refused {
                diagnostics: record::diagnostic(&error).into(),
                sources: sources(),
            })?;
            let past_rules = bound::past_rules(prepared, store).map_err(|error| Refused {
                diagnostics: record::diagnostic(&error).into(),
                sources: sources(),
            })?;
            Ok(Made {
                planned,
                open,
                past_rules,
                warnings,
                took: clock.now().since(started),
            })
        }
        (None, found) => {
            warnings.extend(found);
            Err(Refused {
                diagnostics: warnings,
                sources: sources(),
            })
        }
    }
}

/// Steps of earlier runs that are open, on instances that a plan is about. Those of a run that is under way are not.
///
/// # Errors
/// When the record cannot be read.
pub fn open_steps(store: &Store, plan: &Plan, now: Timestamp) -> Result<Vec<OpenStep>, StoreError> {
    let mut open = engine::open::steps(store, &plan.environment)?;
    open.retain(|step| step.concerns(plan));
    if !open.is_empty() {
        let running = under_way::find(store, &plan.environment, now)?.and_then(|found| found.run);
        open.retain(|step| running.as_ref().is_none_or(|run| run.id.0 != step.run));
    }
    Ok(open)
}

fn files(prepared: &Prepared) -> Vec<PlannedFile> {
    let file = |(path, content): &(String, std::sync::Arc<[u8]>)| PlannedFile {
        path: path.clone(),
        digest: Sha256::digest(content).into(),
    };
    let files = prepared.definition.files.iter().map(file);
    let packages = modules::of_plan(&prepared.definition).map(|kept| PlannedFile {
        path: modules::OF_PLAN.to_owned(),
        digest: Sha256::digest(kept).into(),
    });
    files.chain(packages).collect()
}

/// Files that are not the definition's, but that functions in it read.
fn read_files(prepared: &Prepared) -> Vec<PlannedFile> {
    let settings = &prepared.settings;
    let known = |path: &String| prepared.definition.files.iter().any(|(own, _)| own == path);
    let reads = settings.reads.all().into_iter();
    let reads = reads.chain(settings.reads.elsewhere());
    let others = reads.filter(|path| !known(path));
    others
        .filter_map(|path| {
            let content = std::fs::read(settings.directory.join(&path)).ok()?;
            let digest = Sha256::digest(content).into();
            Some(PlannedFile { path, digest })
        })
        .collect()
}

/// How much of a plan is shown.
pub fn form(showing: Showing, summary: bool) -> Form {
    match (showing.detail, summary) {
        (true, _) => Form::Detail,
        (_, true) => Form::Summary,
        (false, false) => Form::Folded,
    }
}

/// Shows a plan on standard output, and its warnings on standard error.
#[expect(
    clippy::too_many_arguments,
    reason = "what is shown, and how, come from different places"
)]
pub fn show(
    invocation: &Invocation,
    made: &Made,
    again: Again<'_>,
    showing: Showing,
    form: Form,
    go_on: Option<GoOn>,
) {
    let plan = &made.planned.plan;
    let prepared = again.prepared;
    invocation.account.plan(plan);
    if showing.json {
        show_json(invocation, made, prepared.sources());
        return;
    }
    let drift_with = (!plan.drift.is_empty()).then(|| {
        let mut looking = again.planning.cloned();
        if let Some(planning) = &mut looking {
            (planning.destroy, planning.refresh_only) = (false, true);
        }
        let keep = Keep {
            replace: false,
            ..Keep::ALL
        };
        let planning = looking.as_ref();
        Again { planning, ..again }.command("plan", keep)
    });
    let all = Keep {
        part: false,
        ..Keep::ALL
    };
    let facts = PlanFacts {
        accounts: Vec::new(),
        took: Some(made.took),
        go_on,
        past_rules: made.past_rules.clone(),
        drift_with,
        rest_with: Some(again.command("plan", all)),
        open: made.open.clone(),
    };
    let options = screen::PlanOptions {
        form,
        verbose: invocation.global.verbose > 0,
    };
    let text = screen::render(plan, &facts, options, invocation.stdout);
    // A reader that went away wants no more.
    let _ = invocation.tell(&text);
    invocation.report(
        &made.warnings,
        prepared.sources(),
        "",
        showing.compact_warnings,
    );
}

fn show_json(invocation: &Invocation, made: &Made, sources: &Sources) {
    let now = invocation.process.clock.now();
    let recorded: Vec<OutputView<'_>> = made
        .planned
        .recorded
        .outputs
        .iter()
        .map(|(name, output)| OutputView {
            name,
            value: &output.value,
            sensitive: output.sensitive,
        })
        .collect();
    let mut translator = Translator::new(sources);
    let line = |message| invocation.account.line(message, now);
    let mut text = invocation.account.opening(now);
    for message in ui::plan(&made.planned.plan, &recorded) {
        text.push_str(&line(message));
    }
    for diagnostic in &made.warnings {
        text.push_str(&line(ui::diagnostic(diagnostic, &mut translator)));
    }
    let _ = write::answer(&text);
}
