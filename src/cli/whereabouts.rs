//! `terrace where` and `terrace trace`: in which environments a revision is and was, and the way it took, from the record
//! alone.

use std::collections::BTreeSet;

use delivery::Project;
use delivery::facts::Facts;
use delivery::gather::gather;
use delivery::stages::Pipeline;
use delivery::trail::{passages, successors, visits};
use model::serial::{RevisionId, RunId};
use model::{Diagnostic, Str};
use state::{PROJECT, RecordError, RevisionRow, RunFilter, RunKind, RunRow, Store};

use super::args::{TraceArgs, WhereArgs};
use super::invocation::Invocation;
use super::output::trail::{
    Place, Step, Trace, Whereabouts, trace_json, trace_screen, where_json, where_screen,
};
use super::output::write;
use super::prepare::{self, Refused};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::revised;

/// Runs `terrace where`.
pub fn run(invocation: &Invocation, args: &WhereArgs) -> ExitCode {
    answer(
        invocation,
        known(invocation, &args.revision).map(|known| {
            let view = known.whereabouts();
            let now = invocation.process.clock.now();
            match args.json {
                true => format!("{:#}\n", where_json(&view)),
                false => where_screen(&view, now, invocation.stdout),
            }
        }),
    )
}

/// Runs `terrace trace`.
pub fn trace(invocation: &Invocation, args: &TraceArgs) -> ExitCode {
    let text = known(invocation, &args.revision).and_then(|known| {
        let view = known
            .trace()
            .map_err(|error| Refused::alone(record::diagnostic(&error), &known.project.sources))?;
        Ok(match args.json {
            true => format!("{:#}\n", trace_json(&view)),
            false => trace_screen(&view, invocation.stdout),
        })
    });
    answer(invocation, text)
}

fn answer(invocation: &Invocation, text: Result<String, Refused>) -> ExitCode {
    match text {
        Ok(text) => match write::answer(&text) {
            Ok(()) => ExitCode::Done,
            Err(_) => ExitCode::Failed,
        },
        Err(refused) => refused.report(invocation),
    }
}

/// A revision and all that is recorded of it.
struct Known {
    project: Project,
    store: Store,
    row: RevisionRow,
    facts: Facts,
}

fn known(invocation: &Invocation, name: &str) -> Result<Known, Refused> {
    let (project, _) = prepare::open(invocation)?;
    let refused = |diagnostic: Diagnostic| Refused::alone(diagnostic, &project.sources);
    let of_record = |error: RecordError| refused(record::diagnostic(&error));
    let store = record::open_existing(&project.record()).map_err(of_record)?;
    let Some(store) = store else {
        let message = format!("there is no revision `{name}`");
        return Err(refused(
            Diagnostic::error("unknown-revision", message).note("nothing is recorded yet"),
        ));
    };
    let row = revised::find(&store, name).map_err(|found| refused(*found))?;
    let facts = gather(&store, environments(&project)).map_err(of_record)?;
    Ok(Known {
        project,
        store,
        row,
        facts,
    })
}

/// Those that are declared, in the pipeline's order, then those that are only recorded.
fn environments(project: &Project) -> Vec<Str> {
    let stages = Pipeline::of(&project.file).stages.into_iter();
    let mut names: Vec<Str> = stages.map(|stage| stage.name).collect();
    let others = project.environments().into_iter();
    let others = others.chain(project.undeclared.iter().map(|found| found.name.clone()));
    for name in others {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl Known {
    fn revision(&self) -> RevisionId {
        RevisionId(self.row.number)
    }

    fn whereabouts(&self) -> Whereabouts {
        let places = environments(&self.project).into_iter().map(|environment| {
            let history = self.facts.environments.get(&environment);
            Place {
                visits: history
                    .map(|history| visits(history, self.revision()))
                    .unwrap_or_default(),
                failed: history
                    .and_then(|history| history.last_try(self.revision()))
                    .filter(|last| !last.succeeded)
                    .map(|last| last.run),
                rolled_back: history
                    .and_then(|history| history.rolled_back.get(&self.revision()))
                    .cloned(),
                environment,
            }
        });
        Whereabouts {
            row: self.row.clone(),
            places: places.collect(),
        }
    }

    fn trace(&self) -> Result<Trace, RecordError> {
        let revision = self.revision();
        let mut rows: Vec<RunRow> = self.store.runs(&RunFilter {
            revision: Some(revision.to_string()),
            ..RunFilter::newest(usize::MAX)
        })?;
        rows.retain(|run| run.kind != RunKind::Drift);
        let known: BTreeSet<RunId> = rows.iter().map(|run| run.id).collect();
        for history in self.facts.environments.values() {
            for next in successors(history, revision) {
                if !known.contains(&next.run) {
                    rows.push(self.store.run(next.run)?);
                }
            }
        }
        rows.extend(self.holds(&rows)?);
        rows.sort_by_key(|run| run.id);
        let mut steps = Vec::with_capacity(rows.len());
        for run in rows {
            let checks = self.store.checks(run.id)?;
            steps.push(Step { run, checks });
        }
        let pipeline = Pipeline::of(&self.project.file);
        Ok(Trace {
            row: self.row.clone(),
            steps,
            passages: passages(&pipeline, &self.facts, revision),
        })
    }

    /// Holds and their ends in environments while the revision was on its way.
    fn holds(&self, rows: &[RunRow]) -> Result<Vec<RunRow>, RecordError> {
        let first = rows.iter().map(|run| run.id).min();
        let last = rows.iter().map(|run| run.id).max();
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Vec::new());
        };
        let mut found = self.store.runs(&RunFilter {
            kinds: vec![RunKind::Hold, RunKind::Release],
            before: Some(last),
            ..RunFilter::newest(usize::MAX)
        })?;
        found.retain(|run| run.id > first && &*run.environment != PROJECT);
        Ok(found)
    }
}
