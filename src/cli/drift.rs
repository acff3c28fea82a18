//! `terrace drift`: looks at everything that is recorded, tells what is not as it was applied, and heals what the policy
//! allows. How it looks is in [`look`](mod@look), how it heals in [`heal`]. A [`round`] is one look at each
//! environment, which `terrace watch` repeats.

pub mod heal;
pub mod look;
pub mod report;
pub mod watcher;

use std::collections::BTreeSet;

use delivery::Project;
use engine::Stop;
use model::{Severity, Str};

use super::args::DriftArgs;
use super::invocation::Invocation;
use super::output::drift::{DriftOptions, DriftView, as_json, screen};
use super::output::value::Amount;
use super::output::write;
use super::prepare::{self, Refused};
use super::record;
use super::reports::Reports;
use crate::cli::drift::heal::Healed;
use crate::cli::drift::look::{Before, look};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::interrupt::interrupts;
use crate::cli::reports::notify;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &DriftArgs) -> ExitCode {
    let options = DriftOptions {
        explain: args.explain || args.heal,
        amount: if args.detail {
            Amount::All
        } else {
            Amount::Line
        },
    };
    let mut is_first = true;
    let show = |view: &DriftView| {
        if !args.json {
            let gap = if is_first { "" } else { "\n" };
            let text = screen(view, options, invocation.stdout);
            let _ = invocation.tell(&format!("{gap}{text}"));
        }
        is_first = false;
    };
    let reports = Reports::ready_with_metrics(invocation, &args.reporting, &args.metrics);
    let reports = match reports {
        Ok(reports) => reports,
        Err(code) => return code,
    };
    let asked = Asked {
        environments: &args.environments,
        heal: args.heal,
        reports: &reports,
    };
    let round = match round(invocation, &asked, show).await {
        Ok(round) => round,
        Err(code) => return code,
    };
    if args.json {
        let views = round.told.iter().filter_map(|told| told.view.as_ref());
        let all = serde_json::Value::Array(views.map(as_json).collect());
        if write::answer(&format!("{all:#}\n")).is_err() {
            return ExitCode::Failed;
        }
    }
    round.code()
}

/// What is asked of a round.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The environments; all when there are none.
    pub environments: &'a [String],
    /// Whether what the policy allows is healed.
    pub heal: bool,
    /// The files to be written.
    pub reports: &'a Reports,
}

/// One look at each environment.
#[derive(Debug)]
pub struct Round {
    /// What came of each.
    pub told: Vec<Told>,
    /// How the program ends by the reports.
    pub reported: ExitCode,
}

/// What came of a look at an environment.
#[derive(Debug)]
pub struct Told {
    /// The environment.
    pub environment: Str,
    /// What was seen; none where nobody could look.
    pub view: Option<DriftView>,
    /// What came of healing; none where it was not asked for.
    pub healed: Option<Healed>,
    /// Why nobody could look, in a phrase.
    pub refused: Option<String>,
    /// How the program ends by it.
    pub code: ExitCode,
}

impl Round {
    /// How the program ends. What could not be told may be worse than what is known to have drifted.
    pub fn code(&self) -> ExitCode {
        let mut codes: BTreeSet<ExitCode> = self.told.iter().map(|told| told.code).collect();
        codes.insert(self.reported);
        let mut known = codes.iter().copied();
        let refused =
            known.rfind(|code| !matches!(code, ExitCode::Done | ExitCode::ChangesPending));
        refused
            .or_else(|| codes.last().copied())
            .unwrap_or(ExitCode::Done)
    }
}

/// Looks at each environment that is asked for, heals where that is asked for, and writes reports. Each is shown when it was
/// looked at.
///
/// # Errors
/// How the program ends when the project cannot be read, or has no such environment.
pub async fn round(
    invocation: &Invocation,
    asked: &Asked<'_>,
    mut show: impl FnMut(&DriftView),
) -> Result<Round, ExitCode> {
    let (project, _) = prepare::open(invocation).map_err(|refused| refused.report(invocation))?;
    let environments = environments(invocation, &project, asked.environments)?;
    let mut told = Vec::new();
    let mut stop = interrupts();
    let before = if asked.heal {
        Before::Healing
    } else {
        Before::Nothing
    };
    for environment in environments {
        if *stop.borrow() != Stop::Never {
            return Err(ExitCode::Interrupted);
        }
        let looked = tokio::select! {
            biased;
            Ok(()) = stop.changed() => return Err(ExitCode::Interrupted),
            looked = look(invocation, &environment, before) => looked,
        };
        told.push(match looked {
            Ok(looked) => {
                show(&looked.view);
                let healed = if asked.heal {
                    Some(heal::heal(invocation, &looked).await)
                } else {
                    None
                };
                Told {
                    environment,
                    code: code_of(&looked.view, healed.as_ref()),
                    view: Some(looked.view),
                    healed,
                    refused: None,
                }
            }
            Err(refused) => Told {
                environment,
                view: None,
                healed: None,
                refused: Some(phrase(&refused)),
                code: refused.report(invocation),
            },
        });
    }
    let store = record::open_existing(&project.record()).ok().flatten();
    if store.is_some() && !project.file.notify.is_empty() {
        match record::open(&project.record()) {
            Ok(store) => {
                for told in &told {
                    notify::of_drift(invocation, &project, &store, told).await;
                    notify::of_runs(invocation, &project, &store, &told.environment).await;
                }
            }
            Err(error) => {
                record::report(invocation, &error);
            }
        }
    }
    let reports = asked.reports;
    let mut reported = ExitCode::Done;
    if reports.are_wanted() {
        reported = reports.write(invocation, &report::subject(&told), reported);
    }
    let measured = || report::measured(&told, store.as_ref());
    reported = reports.write_metrics(invocation, measured, reported);
    Ok(Round { told, reported })
}

/// The environments that are meant: those named, or all that are declared.
///
/// # Errors
/// How the program ends when one is not there, which was said.
pub fn environments(
    invocation: &Invocation,
    project: &Project,
    names: &[String],
) -> Result<Vec<Str>, ExitCode> {
    if names.is_empty() {
        return Ok(project.environments());
    }
    let mut environments: Vec<Str> = Vec::new();
    for name in names {
        let environment = prepare::named(invocation, project, name)?;
        // One that is named twice is looked at once.
        if !environments.contains(&environment) {
            environments.push(environment);
        }
    }
    Ok(environments)
}

/// The first error, without its place.
fn phrase(refused: &Refused) -> String {
    let mut found = refused.diagnostics.iter();
    let first = found.find(|found| found.severity == Severity::Error);
    first.map_or_else(String::new, |found| found.message.clone())
}

fn code_of(view: &DriftView, healed: Option<&Healed>) -> ExitCode {
    let left = match healed {
        Some(Healed::Failed(code)) => return *code,
        None | Some(Healed::Nothing | Healed::Refused(_)) => view.is_drifted(),
        Some(Healed::All { code, .. }) if *code != ExitCode::Done => return *code,
        Some(Healed::All { .. }) => view.drifted().any(|row| !row.decision.acts()),
    };
    if left {
        ExitCode::ChangesPending
    } else if view.unreadable.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Failed
    }
}
