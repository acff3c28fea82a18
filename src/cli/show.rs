//! `terrace show`: what is recorded, a saved plan, or what a run did.

use model::{Diagnostic, Diagnostics, Sources};
use state::{How, RecordError, RunRow, Store};

use super::args::{PlanRef, ShowArgs, ShowWhat, Showing};
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::duration::short;
use super::output::json;
use super::output::json::plan::PlanView;
use super::output::line::{Line, Page};
use super::output::moment::readable;
use super::output::plan::{self as screen, PlanFacts};
use super::output::recorded::OutputView;
use super::output::state::{RecordScreen, record as record_screen};
use super::output::style::Label;
use super::output::write;
use super::plan::{form, open_steps};
use super::prepare::{open, unknown_word};
use super::saved::load_plan;
use super::{record, views};

/// Runs the command.
pub fn run(invocation: &Invocation, args: &ShowArgs) -> ExitCode {
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
            Some(store) => saved(invocation, &store, &plan, args.showing),
            None => missing(
                invocation,
                "missing-value",
                "there is no record yet, and so no plan",
            ),
        },
        ShowWhat::Run(id) => match store {
            Some(store) => {
                let (id, environment) = (state::RunId(id.0), subject.environment.as_deref());
                one_run(invocation, &store, id, environment)
            }
            None => missing(
                invocation,
                "unknown-run",
                "there is no record yet, and so no run",
            ),
        },
    }
}

fn missing(invocation: &Invocation, id: &'static str, message: &str) -> ExitCode {
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
        write::through(|out| json::state::write(out, &objects, &outputs))
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

fn ended(written: std::io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

fn saved(invocation: &Invocation, store: &Store, plan: &PlanRef, showing: Showing) -> ExitCode {
    let plan = match load_plan(store, &invocation.directory, plan) {
        Ok(plan) => plan,
        Err(diagnostic) => {
            invocation.report(&(*diagnostic).into(), &Sources::default(), "", false);
            return ExitCode::Failed;
        }
    };
    if !showing.json {
        let apply_with = Some(format!("terrace apply {}", plan.id));
        let open = match open_steps(store, &plan) {
            Ok(open) => open,
            Err(error) => return record::report(invocation, &error),
        };
        let facts = PlanFacts {
            apply_with,
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
    let view = PlanView {
        plan: &plan,
        recorded: &objects,
        outputs: &outputs,
    };
    ended(write::through(|out| json::plan::write(out, view)))
}

/// What a run did: its facts, its steps, its checks.
fn one_run(
    invocation: &Invocation,
    store: &Store,
    id: state::RunId,
    environment: Option<&str>,
) -> ExitCode {
    let run = match store.run(id) {
        Ok(run) => run,
        Err(error) => return record::report(invocation, &error),
    };
    if environment.is_some_and(|name| run.environment != *name) {
        let message = format!("run {id} is of environment `{}`", run.environment);
        return missing(invocation, "unknown-run", &message);
    }
    match run_text(invocation, store, &run) {
        Ok(text) => ended(write::answer(&text)),
        Err(error) => record::report(invocation, &error),
    }
}

fn run_text(invocation: &Invocation, store: &Store, run: &RunRow) -> Result<String, RecordError> {
    let id = run.id;
    let mut page = Page::new(invocation.stdout);
    page.line(&heading(run));
    page.gap();
    for step in store.journal(id)? {
        let (label, word) = match step.result.as_ref().map(|result| result.how) {
            Some(How::Done) => (Label::Done, "done"),
            Some(How::Failed) => (Label::Failed, "failed"),
            Some(How::Adopted) => (Label::Done, "had happened"),
            Some(How::DidNotHappen) => (Label::Skipped, "did not happen"),
            Some(How::SettledByHand) => (Label::Done, "settled by hand"),
            None => (Label::Failed, "unknown"),
        };
        let mut line = Line::plain("  ").with(label, format!("{:>8} {}", step.action, step.addr));
        line.put(Label::Plain, format!("  {word}"));
        if let Some(result) = &step.result {
            let took = u64::try_from(result.at.0.saturating_sub(step.at.0)).unwrap_or(0);
            line.put(
                Label::Duration,
                format!("  {}", short(std::time::Duration::from_millis(took))),
            );
            if let Some(detail) = &result.detail {
                line.put(Label::Plain, format!("  {detail}"));
            }
        }
        page.line(&line);
    }
    for check in store.checks(id)? {
        let (label, word) = if check.result.passed {
            (Label::Done, "passed")
        } else {
            (Label::Failed, "failed")
        };
        let line = Line::plain("     check ").with(label, check.result.name.clone());
        page.line(&line.then(format!("  {word}: {}", check.result.detail)));
        for line in check.result.seen.lines() {
            page.line(&Line::plain(format!("           {line}")));
        }
    }
    Ok(page.finish())
}

fn heading(run: &RunRow) -> Line {
    let mut text = format!(
        "run {}   {} {}   by {}",
        run.id,
        run.kind.as_str(),
        run.environment,
        run.actor
    );
    text.push_str(&format!(
        "   {}",
        readable(model::clock::Timestamp(run.started.0))
    ));
    match &run.end {
        Some(end) => text.push_str(&format!("   {}", end.outcome.as_str())),
        None => text.push_str("   not ended"),
    }
    if let Some(plan) = &run.plan {
        text.push_str(&format!("   plan {plan}"));
    }
    Line::of(Label::Heading, text)
}
