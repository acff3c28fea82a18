//! `terrace log`: the runs of an environment, the newest first.

use model::Diagnostics;
use state::RunFilter;

use super::args::LogArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::status::{run_json, runs as table};
use super::output::write;
use super::prepare::open;
use super::record;

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
                return ExitCode::Usage;
            }
        },
    };
    let filter = RunFilter {
        environment,
        ..RunFilter::newest(args.limit)
    };
    let runs = record::open_existing(&project.record())
        .and_then(|store| store.map_or_else(|| Ok(Vec::new()), |store| store.runs(&filter)));
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => return record::report(invocation, &error),
    };
    let text = if args.json {
        runs.iter()
            .map(|run| format!("{}\n", run_json(run)))
            .collect()
    } else {
        table(&runs, args.environment.is_some(), invocation.stdout)
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}
