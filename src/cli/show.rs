//! `terrace show`: what is recorded, or a saved plan. A run is shown by `one_run.rs`.

pub mod one_run;

use delivery::Project;
use engine::plugins::Plugins;
use engine::record::StoreError;
use model::{Diagnostic, Diagnostics, Sources};
use state::Store;

use super::args::{PlanRef, ShowArgs, ShowWhat, Showing};
use super::invocation::Invocation;
use super::output::json;
use super::output::json::configuration::DefinitionView;
use super::output::json::plan::PlanView;
use super::output::json::provider_configs::sources;
use super::output::plan::{self as screen, GoOn, PlanFacts};
use super::output::recorded::OutputView;
use super::output::state::{RecordScreen, record as record_screen};
use super::output::write;
use super::plan::{form, open_steps};
use super::prepare::{open, unknown_word};
use super::record;
use crate::cli::apply::saved::{from_plan, load_plan};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::program;
use crate::cli::record::views;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &ShowArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let subject = match args.subject(
        |name| project.has_environment(name),
        |path| invocation.directory.join(path).is_file(),
    ) {
        Ok(subject) => subject,
        Err(error) => {
            let diagnostic = unknown_word(&error, &project);
            invocation.report(&diagnostic.into(), &project.sources, "", false);
            return ExitCode::Usage;
        }
    };
    if args.replay && !matches!(subject.what, ShowWhat::Run(_)) {
        let diagnostic = Diagnostic::error("missing-argument", "--replay tells a run again")
            .help("name the run: terrace show run N --replay");
        invocation.report(&diagnostic.into(), &project.sources, "", false);
        return ExitCode::Usage;
    }
    let store = match record::open_existing(&project.record()) {
        Ok(store) => store,
        Err(error) => return record::report(invocation, &error),
    };
    match subject.what {
        ShowWhat::Record => match project.environment(subject.environment.as_deref()) {
            Ok(environment) => whole(invocation, store.as_ref(), &environment, args.showing),
            Err(error) => {
                invocation.report(&error.diagnostic().into(), &project.sources, "", false);
                ExitCode::Usage
            }
        },
        ShowWhat::Plan(plan) => match store {
            Some(store) => saved(invocation, project, &store, &plan, args.showing).await,
            None => missing(
                invocation,
                "missing-value",
                "there is no record yet, and so no plan",
            ),
        },
        ShowWhat::Run(id) => match store {
            Some(store) => {
                let (id, environment) = (id, subject.environment.as_deref());
                one_run::show(invocation, &store, id, environment, args)
            }
            None => missing(
                invocation,
                "unknown-run",
                "there is no record yet, and so no run",
            ),
        },
    }
}

pub(super) fn missing(invocation: &Invocation, id: &'static str, message: &str) -> ExitCode {
    let diagnostics = Diagnostics::from(Diagnostic::error(id, message));
    invocation.report(&diagnostics, &Sources::default(), "", false);
    ExitCode::Failed
}

fn whole(
    invocation: &Invocation,
    store: Option<&Store>,
    environment: &model::Str,
    showing: Showing,
) -> ExitCode {
    let recorded = match record::read(store, environment) {
        Ok(recorded) => recorded,
        Err(error) => return record::report(invocation, &error),
    };
    let (objects, outputs) = (views::objects(&recorded), views::outputs(&recorded));
    let written = if showing.json {
        let conditions = match store {
            Some(store) => engine::conditions::read(store, environment),
            None => Ok(Vec::new()),
        };
        let conditions = match conditions {
            Ok(conditions) => conditions,
            Err(error) => return record::report(invocation, &StoreError::from(error)),
        };
        write::through(|out| json::state::write(out, &objects, &outputs, &conditions))
    } else {
        let serial = format!("serial {}", recorded.serial);
        let screen = RecordScreen {
            environment,
            recorded: &serial,
            objects: &objects,
            outputs: &outputs,
        };
        write::answer(&record_screen(&screen, invocation.stdout))
    };
    ended(written)
}

pub(super) fn ended(written: std::io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

async fn saved(
    invocation: &Invocation,
    project: Project,
    store: &Store,
    plan: &PlanRef,
    showing: Showing,
) -> ExitCode {
    let plan = match load_plan(store, &invocation.directory, plan) {
        Ok(plan) => plan,
        Err(diagnostic) => {
            invocation.report(&(*diagnostic).into(), &Sources::default(), "", false);
            return ExitCode::Failed;
        }
    };
    if !showing.json {
        let go_on = Some(GoOn::exactly(format!(
            "{} apply {}",
            program(invocation),
            plan.id
        )));
        let open = match open_steps(store, &plan, invocation.process.clock.now()) {
            Ok(open) => open,
            Err(error) => return record::report(invocation, &error),
        };
        let facts = PlanFacts {
            go_on,
            past_rules: None,
            open,
            ..PlanFacts::default()
        };
        let options = screen::PlanOptions {
            form: form(showing, false),
            verbose: invocation.global.verbose > 0,
        };
        return ended(write::answer(&screen::render(
            &plan,
            &facts,
            options,
            invocation.stdout,
        )));
    }
    let recorded = match engine::record::read_at(store, &plan.environment, plan.serial) {
        Ok(recorded) => recorded,
        Err(error) => return record::report(invocation, &error),
    };
    let objects = views::objects(&recorded);
    let outputs: Vec<OutputView<'_>> = views::outputs(&recorded);
    let prepared = match from_plan(invocation, project, store, &plan) {
        Ok(prepared) => prepared,
        Err(refused) => return refused.report(invocation),
    };
    let mut plugins = Plugins::new(prepared.providers.clone());
    for source in sources(&prepared.definition) {
        // Without its schemas, the definition can be shown all the same.
        let _ = plugins.of_source(&source).await;
    }
    let view = PlanView {
        plan: &plan,
        recorded: &objects,
        outputs: &outputs,
        definition: Some(DefinitionView {
            definition: &prepared.definition,
            plugins: &plugins,
        }),
    };
    ended(write::through(|out| json::plan::write(out, view)))
}
