//! `terrace log`: the runs of an environment, the newest first.

use model::Diagnostics;
use model::clock::Timestamp;
use state::RunFilter;

use super::args::LogArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::line::{Line, Page};
use super::output::moment::readable;
use super::output::style::Label;
use super::output::table::{Align, Table};
use super::output::write;
use super::prepare::open;
use super::record;
use super::status::{outcome_word, run_json};

/// Runs the command.
pub fn run(invocation: &Invocation, args: &LogArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environment = match args.environment.as_deref() {
        None => None,
        Some(name) => match project.environment(Some(name)) {
            Ok(environment) => Some(environment),
            Err(error) => {
                invocation.report(
                    &Diagnostics::from(error.diagnostic()),
                    &project.sources,
                    "",
                    false,
                );
                return ExitCode::Failed;
            }
        },
    };
    let filter = RunFilter {
        environment,
        before: None,
        limit: args.limit,
    };
    let runs = record::open_existing(&project.record())
        .and_then(|store| store.map_or_else(|| Ok(Vec::new()), |store| store.runs(&filter)));
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => return record::report(invocation, &error),
    };
    let mut page = Page::new(invocation.stdout);
    if args.json {
        let lines: String = runs
            .iter()
            .map(|run| format!("{}\n", run_json(run)))
            .collect();
        page.text(&lines);
    } else if runs.is_empty() {
        page.line(&Line::plain("Nothing was run yet."));
    } else {
        let mut table = Table::new([
            ("run", Align::Right),
            ("environment", Align::Left),
            ("when", Align::Left),
            ("what", Align::Left),
            ("by", Align::Left),
            ("serial", Align::Left),
            ("steps", Align::Left),
        ]);
        for run in &runs {
            let word = outcome_word(run);
            let label = if matches!(word, "failed" | "interrupted") {
                Label::Failed
            } else {
                Label::Plain
            };
            let what = match word {
                "failed" | "interrupted" | "stopped" | "not ended" => {
                    format!("{} {word}", run.kind.as_str())
                }
                word => word.to_owned(),
            };
            let serial = match run.serial_after {
                Some(after) => format!("{} -> {after}", run.serial_before),
                None => run.serial_before.to_string(),
            };
            let counts = run.end.as_ref().map(|end| &end.counts);
            let steps: Vec<String> = counts
                .into_iter()
                .flatten()
                .map(|(word, count)| format!("{count} {word}"))
                .collect();
            table.row([
                Line::plain(run.id.to_string()),
                Line::of(Label::Environment, run.environment.to_string()),
                Line::plain(readable(Timestamp(run.started.0))),
                Line::of(label, what),
                Line::plain(run.actor.clone()),
                Line::plain(serial),
                Line::plain(steps.join(", ")),
            ]);
        }
        table.render(&mut page);
    }
    match write::answer(&page.finish()) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}
