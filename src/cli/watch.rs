//! `terrace watch`: one round of looks after another, until it is asked to end. A round is what `terrace drift` does; all it
//! goes by is read anew each time. One watches an environment at a time.

use std::time::Duration;

use delivery::schedule::{Schedule, jitter};
use engine::Stop;
use model::clock::Timestamp;
use serde_json::{Value as Json, json};

use super::args::WatchArgs;
use super::drift::{Asked, Told, environments, round};
use super::invocation::Invocation;
use super::output::drift::{DriftView, counts};
use super::output::moment::{in_seconds, readable};
use super::output::write;
use super::reports::Reports;
use super::{prepare, record};
use crate::cli::drift::heal::Healed;
use crate::cli::drift::watcher::Watchers;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::interrupt::interrupts;

/// The longest sleep: then the clock is looked at again, which may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &WatchArgs) -> ExitCode {
    let reports = Reports::ready_with_metrics(invocation, &args.reporting, &args.metrics);
    let reports = match reports {
        Ok(reports) => reports,
        Err(code) => return code,
    };
    let mut stop = interrupts();
    let mut watchers = Watchers::default();
    let mut looks = 0_u64;
    loop {
        let began = invocation.process.clock.now();
        let watched = match watched(invocation, args, &mut watchers) {
            Ok(watched) => Ok(watched),
            // What was right before may be so again.
            Err(code) if looks > 0 => Err(code),
            Err(code) => return code,
        };
        let code = match watched {
            Ok(watched) => {
                let asked = Asked {
                    environments: &watched,
                    heal: args.heal,
                    reports: &reports,
                };
                match round(invocation, &asked, |_| {}).await {
                    Ok(round) => {
                        for told in &round.told {
                            let _ = write::answer(&line(told, began, args.json));
                        }
                        round.code()
                    }
                    Err(code) => code,
                }
            }
            Err(code) => code,
        };
        looks = looks.saturating_add(1);
        if *stop.borrow() != Stop::Never {
            return ExitCode::Done;
        }
        if args.max_looks.is_some_and(|most| looks >= most.get()) {
            return code;
        }
        tokio::select! {
            biased;
            Ok(()) = stop.changed() => return ExitCode::Done,
            () = pause(invocation, args, began) => {}
        }
    }
}

/// The environments that are watched in this round.
fn watched(
    invocation: &Invocation,
    args: &WatchArgs,
    watchers: &mut Watchers,
) -> Result<Vec<String>, ExitCode> {
    let (project, _) = prepare::open(invocation).map_err(|refused| refused.report(invocation))?;
    let environments = environments(invocation, &project, &args.environments)?;
    // It makes the directory of the record.
    record::open(&project.record()).map_err(|error| record::report(invocation, &error))?;
    for environment in &environments {
        if let Err(diagnostic) = watchers.take(invocation, &project, environment) {
            let code = ExitCode::Locked;
            invocation.report(&(*diagnostic).into(), &project.sources, "", false);
            return Err(code);
        }
    }
    Ok(environments.iter().map(ToString::to_string).collect())
}

/// Waits until it is time for the next round.
async fn pause(invocation: &Invocation, args: &WatchArgs, began: Timestamp) {
    let schedule = args.cron.as_ref().or(args.every.as_ref());
    let usual = Schedule::Every(Duration::from_secs(300));
    let schedule = schedule.unwrap_or(&usual);
    loop {
        let now = invocation.process.clock.now();
        match schedule.wait(began, now) {
            Some(Duration::ZERO) => break,
            Some(wait) => tokio::time::sleep(wait.min(LONGEST_SLEEP)).await,
            None => tokio::time::sleep(LONGEST_SLEEP).await,
        }
    }
    let mut chance = [0; 8];
    invocation.process.random.fill(&mut chance);
    tokio::time::sleep(jitter(args.jitter, u64::from_le_bytes(chance))).await;
}

/// What came of a look, in a line.
fn line(told: &Told, at: Timestamp, as_json: bool) -> String {
    if as_json {
        return format!("{}\n", message(told, at));
    }
    let Told {
        environment,
        view,
        healed,
        refused,
        code: _,
    } = told;
    let found = match (view, refused) {
        (None, why) => format!(
            "could not be looked at: {}",
            why.as_deref().unwrap_or_default()
        ),
        (Some(view), _) if view.is_drifted() || !view.unreadable.is_empty() => counts(view),
        (Some(view), _) => match view.instances {
            1 => "as it was applied (1 instance)".to_owned(),
            several => format!("as it was applied ({several} instances)"),
        },
    };
    let acts = |view: &DriftView| view.drifted().filter(|row| row.decision.acts()).count();
    let healed = match (healed, view.as_ref().map_or(0, acts)) {
        (Some(Healed::All { code, .. }), count @ 1..) if *code == ExitCode::Done => {
            format!("; healed {count}")
        }
        (Some(Healed::All { .. }), count @ 1..) => {
            format!("; healed {count}, and checks do not pass")
        }
        (Some(Healed::Failed(_)), _) => "; healing failed".to_owned(),
        (Some(Healed::Refused(_)), _) | (Some(Healed::Nothing), 1..) => {
            "; healing was refused".to_owned()
        }
        (Some(Healed::All { .. } | Healed::Nothing), 0) | (None, _) => String::new(),
    };
    format!("{} {environment}: {found}{healed}\n", readable(at))
}

fn message(told: &Told, at: Timestamp) -> Json {
    let view = told.view.as_ref();
    json!({
        "time": in_seconds(at),
        "environment": told.environment.to_string(),
        "revision": view.and_then(|view| view.revision).map(|id| id.to_string()),
        "instances": view.map(|view| view.instances),
        "drifted": view.map(|view| view.drifted().count()),
        "unreadable": view.map(|view| view.unreadable.len()),
        "failing_checks": view.map(|view| view.failing.len()),
        "healed": told.healed.as_ref().map(|healed| match healed {
            Healed::All { .. } => view.map_or(0, |view| {
                view.drifted().filter(|row| row.decision.acts()).count()
            }),
            Healed::Nothing | Healed::Refused(_) | Healed::Failed(_) => 0,
        }),
        "refused_by_protect": view.map(DriftView::refused),
        "error": told.refused,
        "exit_code": told.code.number(),
    })
}
