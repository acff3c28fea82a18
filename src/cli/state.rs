//! `terrace state list` and `terrace state show`: looks into the record.

pub mod settle;

use model::{Diagnostic, Diagnostics, Str};

use super::args::{Named, StateListArgs, StateShowArgs};
use super::invocation::Invocation;
use super::output::json::state as json;
use super::output::recorded::RecordedView;
use super::output::state::{list, list_json, remarks, show};
use super::output::write;
use super::prepare::{open, unknown_word};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::record::views;

/// A look into the record.
#[derive(Debug)]
pub enum Look {
    /// `terrace state list`.
    List(StateListArgs),
    /// `terrace state show`.
    Show(StateShowArgs),
}

/// Runs the command.
pub fn run(invocation: &Invocation, command: &Look) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let is_environment = |name: &str| project.has_environment(name);
    let named = match command {
        Look::List(args) => args.subject(is_environment),
        Look::Show(args) => args.subject(is_environment),
    };
    let refuse = |diagnostic: Diagnostic, code: ExitCode| {
        invocation.report(&Diagnostics::from(diagnostic), &project.sources, "", false);
        code
    };
    let Named {
        environment,
        rest: targets,
    } = match named {
        Ok(named) => named,
        Err(error) => return refuse(unknown_word(&error, &project), ExitCode::Usage),
    };
    let environment: Str = match project.environment(environment.as_deref()) {
        Ok(environment) => environment,
        Err(error) => return refuse(error.diagnostic(), ExitCode::Usage),
    };
    let recorded = match record::recorded(&project, &environment) {
        Ok(recorded) => recorded,
        Err(error) => return record::report(invocation, &error),
    };
    let objects = views::covered(views::objects(&recorded), &targets);
    if objects.is_empty() && !targets.is_empty() {
        let shown: Vec<String> = targets.iter().map(|target| format!("`{target}`")).collect();
        let message = format!("`{environment}` has no recorded {}", shown.join(", "));
        let help = format!("what is recorded: terrace state list {environment}");
        return refuse(
            Diagnostic::error("missing-value", message).help(help),
            ExitCode::Failed,
        );
    }
    let written = match command {
        Look::List(args) => {
            let objects = with_id(objects, args.id.as_deref());
            if args.json {
                write::answer(&format!("{:#}\n", list_json(&objects)))
            } else {
                // Apart from the addresses, which are for other programs too.
                let written = write::answer(&list(&objects, invocation.stdout));
                invocation.say(&remarks(&objects, invocation.stderr));
                written
            }
        }
        Look::Show(args) if args.showing.json => {
            write::through(|out| json::write(out, &objects, &[], &[]))
        }
        Look::Show(_) => write::answer(&show(&objects, invocation.stdout)),
    };
    match written {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

fn with_id<'r>(objects: Vec<RecordedView<'r>>, id: Option<&str>) -> Vec<RecordedView<'r>> {
    let Some(id) = id else { return objects };
    let has = |object: &RecordedView<'_>| {
        object
            .value
            .get("id")
            .and_then(|found| found.as_str())
            .is_some_and(|found| *found == id)
    };
    objects.into_iter().filter(has).collect()
}
