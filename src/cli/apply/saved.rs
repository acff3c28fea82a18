//! A saved plan: found by its id or by the file that names it, and applied exactly as it was shown. How plans are made
//! and kept is in `plan.rs`.

use std::path::Path;

use engine::Events;
use lang::Graph;
use lang::load::{PackagesByKey, Snapshot, load_with};
use model::plan::Plan;
use model::serial::PlanId;
use model::{Diagnostic, Diagnostics, Sources};
use state::Store;

use crate::cli::apply::{Apply, Purpose, say_diagnostics};
use crate::cli::args::{ApplyArgs, PlanRef};
use crate::cli::guard::{bound, under_way};
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::json::ui;
use crate::cli::output::write;
use crate::cli::prepare::revised::{self, Content};
use crate::cli::prepare::{self, Prepared, Refused};
use crate::cli::{modules, plan, record};

/// Applies a saved plan, exactly as it was shown.
pub async fn apply(
    invocation: &Invocation,
    environment: Option<&str>,
    plan: &PlanRef,
    args: &ApplyArgs,
) -> ExitCode {
    let mut decided = args.planning.decided();
    decided.extend(args.revision.as_ref().map(|_| "--revision"));
    if !decided.is_empty() {
        plan::refuse(invocation, &decided_already(&decided), args.showing);
        return ExitCode::Usage;
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
    if let Some(refused) = edited(&prepared, &plan) {
        return plan::refuse(invocation, &refused, args.showing);
    }
    let bound = bound::bound_of_plan(&prepared, &store, plan.mode);
    let break_glass = args.break_glass.as_deref();
    let purpose = bound.and_then(|bound| bound::check(invocation, &prepared, &bound, break_glass));
    let purpose = match purpose {
        Ok(purpose) => purpose,
        Err(refused) => return plan::refuse(invocation, &refused, args.showing),
    };
    if let Err(refused) = under_way::refuse(&prepared, &store, invocation.process.clock.now()) {
        return plan::refuse(invocation, &refused, args.showing);
    }
    match record::recover(invocation, &prepared, &store).await {
        Ok(in_doubt) => {
            let resuming = Resuming {
                invocation,
                prepared: &prepared,
                store: &store,
                args,
                purpose,
            };
            resuming.go(plan, &in_doubt).await
        }
        Err(refused) => plan::refuse(invocation, &refused, args.showing),
    }
}

/// A plan that is taken up again.
struct Resuming<'a> {
    invocation: &'a Invocation,
    prepared: &'a Prepared,
    store: &'a Store,
    args: &'a ApplyArgs,
    purpose: Purpose,
}

impl Resuming<'_> {
    /// Takes the plan up on what is recorded now, and applies it.
    async fn go(self, plan: Plan, in_doubt: &Diagnostics) -> ExitCode {
        let Self {
            invocation,
            prepared,
            store,
            args,
            purpose,
        } = self;
        if !args.showing.json {
            invocation.report(in_doubt, prepared.sources(), "", false);
        }
        let recorded = match engine::record::read(store, &plan.environment) {
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
            say_plan(invocation, &planned.plan);
            say_diagnostics(invocation, in_doubt, prepared.sources());
        }
        let (showing, parallelism) = (args.showing, args.planning.parallelism);
        Apply {
            invocation,
            prepared,
            store,
            showing,
            parallelism,
            planning: None,
            purpose,
            allow: &args.consent.allow_destroy,
        }
        .go_or_back(planned, args.failing.on_failure, &|| Ok(()))
        .await
    }
}

/// Writes what is planned into the stream of messages.
fn say_plan(invocation: &Invocation, plan: &Plan) {
    let now = invocation.process.clock.now();
    let mut text = invocation.account.opening(now);
    for message in ui::planned_changes(plan) {
        text.push_str(&(message.line(now) + "\n"));
    }
    let _ = write::answer(&text);
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
    engine::codec::decode_as(engine::codec::PLAN, &bytes).map_err(|error| {
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
            Diagnostic::error("no-such-plan", message)
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
///
/// # Errors
/// When the record does not have it, or this version does not understand it.
pub fn from_plan(
    invocation: &Invocation,
    mut project: delivery::Project,
    store: &Store,
    plan: &Plan,
) -> Result<Prepared, Refused> {
    let mut snapshot = Snapshot::default();
    let mut packages = PackagesByKey::new();
    for file in plan.files.iter().filter(|file| is_kept(&file.path)) {
        let content = store
            .blob(state::BlobDigest(file.digest))
            .map_err(|error| Refused {
                diagnostics: record::diagnostic(&error).into(),
                sources: Sources::default(),
            })?;
        match file.path.as_str() {
            modules::OF_PLAN => packages = modules::read_plan(&content),
            path => {
                snapshot.0.insert(path.to_owned(), content);
            }
        }
    }
    let content = match plan.content {
        None => None,
        Some(digest) => {
            let refused =
                |diagnostic: Box<Diagnostic>| Refused::alone(*diagnostic, &project.sources);
            let content = Content::kept(store, state::BlobDigest(digest)).map_err(refused)?;
            let sources = project.sources.clone();
            revised::back_to(store, &mut project, &content)
                .map_err(|diagnostic| Refused::alone(*diagnostic, &sources))?;
            Some(content)
        }
    };
    let base = project.source_base();
    let sources = project.sources.clone();
    let (definition, mut found) = load_with(&snapshot, &mut packages, &base, sources);
    let (graph, diagnostics) = Graph::of(&definition);
    found.extend(diagnostics);
    if found.has_errors() {
        return Err(Refused {
            diagnostics: found,
            sources: definition.sources,
        });
    }
    let created = Some(plan.created);
    let settings = prepare::settings(invocation, &plan.environment, &project, created);
    let providers = prepare::providers(invocation, &project);
    Ok(Prepared {
        project,
        environment: plan.environment.clone(),
        definition: definition.into(),
        graph: graph.into(),
        variables: plan.variables.clone(),
        settings,
        providers,
        content,
        named: None,
        warnings: Diagnostics::new(),
    })
}

/// Whether a file of a plan is of its definition, and kept in the record; others were only read.
fn is_kept(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".tf.json") || path == modules::OF_PLAN
}

/// The error that a file which functions read is not as it was when the plan was made.
fn edited(prepared: &Prepared, plan: &Plan) -> Option<Refused> {
    let read = plan.files.iter().filter(|file| !is_kept(&file.path));
    let is_other = |path: &str, digest: &[u8; 32]| {
        let content = std::fs::read(prepared.settings.directory.join(path));
        content.map_or(true, |content| state::BlobDigest::of(&content).0 != *digest)
    };
    let mut others = read.filter(|file| is_other(&file.path, &file.digest));
    let first = others.next()?;
    let message = format!(
        "`{}`, which the definition reads, is not as it was when {} was made",
        first.path, plan.id
    );
    let mut diagnostic = Diagnostic::error("plan-stale", message);
    for file in others.take(NAMED) {
        diagnostic = diagnostic.note(format!("neither is `{}`", file.path));
    }
    let diagnostic = diagnostic.help("plan again: terrace plan");
    Some(Refused::alone(diagnostic, prepared.sources()))
}

/// So many more files are named.
const NAMED: usize = 4;

fn decided_already(options: &[&str]) -> Refused {
    let message = format!(
        "a saved plan is applied as it is: {} cannot be given",
        options.join(", ")
    );
    let diagnostic = Diagnostic::error("plan-stale", message)
        .help("plan again with the options, or leave them out here");
    Refused {
        diagnostics: diagnostic.into(),
        sources: Sources::default(),
    }
}
