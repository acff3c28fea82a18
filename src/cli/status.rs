//! `terrace status`: every environment at a glance, from the record alone.

use delivery::Project;
use delivery::bound::Promoted;
use delivery::gather::promoted;
use model::clock::Timestamp;
use model::{Diagnostics, Str};
use state::{RecordError, RunFilter, Store};

use super::args::StatusArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::status::{Glance, as_json, screen};
use super::output::write;
use super::prepare::open;
use super::{record, under_way, views};

/// Runs the command.
pub fn run(invocation: &Invocation, args: &StatusArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environments = match &args.environment {
        None => {
            let left = project.undeclared.iter();
            let left = left.filter(|found| found.has_something());
            let mut all = project.environments();
            all.extend(left.map(|found| found.name.clone()));
            all
        }
        Some(name) => match project.environment(Some(name)) {
            Ok(environment) => vec![environment],
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
    if args.names {
        let names: String = environments
            .iter()
            .map(|name| format!("{name}\n"))
            .collect();
        return match write::answer(&names) {
            Ok(()) => ExitCode::Done,
            Err(_) => ExitCode::Failed,
        };
    }
    let now = invocation.process.clock.now();
    let glances = record::open_existing(&project.record()).and_then(|store| {
        environments
            .iter()
            .map(|environment| glance(store.as_ref(), &project, environment, now))
            .collect()
    });
    let glances: Vec<Glance> = match glances {
        Ok(glances) => glances,
        Err(error) => return record::report(invocation, &error),
    };
    let text = if args.json {
        let all: Vec<serde_json::Value> = glances.iter().map(as_json).collect();
        format!("{:#}\n", serde_json::Value::Array(all))
    } else {
        screen(&glances, now, args.environment.is_some(), invocation.stdout)
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

fn glance(
    store: Option<&Store>,
    project: &Project,
    environment: &Str,
    now: Timestamp,
) -> Result<Glance, RecordError> {
    let mut glance = Glance {
        environment: environment.clone(),
        declared: project.undeclared(environment).is_none(),
        serial: 0,
        objects: 0,
        revision: None,
        past_rules: None,
        last: None,
        running: None,
        checks: Vec::new(),
        open: 0,
    };
    let Some(store) = store else {
        return Ok(glance);
    };
    glance.serial = store.header(environment)?.serial.0;
    let rows = store.environments()?;
    glance.objects = rows
        .iter()
        .find(|row| row.header.environment == *environment)
        .map_or(0, |row| row.objects);
    let newest = store.runs(&RunFilter::of(environment, 1))?;
    glance.last = newest.into_iter().next();
    // Not always the last: checks that hold nothing may have been run since it began.
    glance.running = under_way::find(store, environment, now)?.and_then(|found| found.run);
    if glance.objects > 0 {
        // Of what is destroyed, it says nothing that it was well once.
        glance.checks = views::checks(store, project, environment)?;
    }
    if glance.objects > 0 {
        glance.revision = store.deployed(environment)?.and_then(|run| run.revision);
    }
    if let Promoted::PastRules(past) = promoted(store, environment)? {
        glance.past_rules = Some(past);
    }
    let running = glance.running.as_ref().map(|run| run.id);
    let open = store.open_intents(environment)?.intents;
    glance.open = open
        .iter()
        .filter(|intent| Some(intent.run) != running)
        .count();
    Ok(glance)
}
