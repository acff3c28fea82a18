//! `terrace validate`: checks the definition, the project file and what environments give, without the record.

use engine::{Events, PlanOptions, Recorded};
use model::plan::{PlanMode, Refresh};
use model::{Diagnostics, Sources};

use super::args::ValidateArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::json::diagnostic::validation;
use super::output::line::{Line, Page};
use super::output::style::Label;
use super::output::write;
use super::prepare::{self, Wanted, prepare};

/// Runs the command.
#[expect(
    clippy::too_many_lines,
    reason = "one environment after the other, each by the straight line"
)]
pub async fn run(invocation: &Invocation, args: ValidateArgs) -> ExitCode {
    let environments = match prepare::open(invocation) {
        Ok((project, _)) => match args.environment.as_deref() {
            None => project.environments(),
            Some(name) => match project.environment(Some(name)) {
                Ok(environment) => vec![environment],
                Err(error) => {
                    return finish(
                        invocation,
                        &args,
                        &error.diagnostic().into(),
                        &project.sources,
                        "",
                    );
                }
            },
        },
        Err(refused) => {
            return finish(
                invocation,
                &args,
                &refused.diagnostics,
                &refused.sources,
                "",
            );
        }
    };
    let mut warnings: Option<(Diagnostics, Sources)> = None;
    for environment in &environments {
        let wanted = Wanted {
            environment: Some(environment),
            given: &[],
            ask: false,
        };
        let prepared = match prepare(invocation, wanted) {
            Ok(prepared) => prepared,
            Err(refused) => {
                return finish(
                    invocation,
                    &args,
                    &refused.diagnostics,
                    &refused.sources,
                    environment,
                );
            }
        };
        let clock = invocation.process.clock.clone();
        let options = PlanOptions {
            mode: PlanMode::Normal,
            refresh: Refresh::Trust,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            now: clock.now(),
            revision: None,
            variables: prepared.variables.clone(),
            files: Vec::new(),
            attempts: engine::ATTEMPTS,
        };
        // A plan against an empty record finds all that is wrong and changes nothing.
        let empty = Recorded {
            environment: environment.clone(),
            ..Recorded::default()
        };
        let events = Events::ignored(clock);
        let (planned, found) = engine::plan(
            prepared.desired(),
            empty,
            prepared.providers.clone(),
            options,
            &events,
        )
        .await;
        let mut all = prepared.warnings.clone();
        all.extend(found);
        if planned.is_none() {
            return finish(invocation, &args, &all, prepared.sources(), environment);
        }
        warnings = Some((all, prepared.sources().clone()));
    }
    let (diagnostics, sources) = warnings.unwrap_or_default();
    let names: Vec<&str> = environments.iter().map(model::Str::as_str).collect();
    finish(invocation, &args, &diagnostics, &sources, &names.join(", "))
}

fn finish(
    invocation: &Invocation,
    args: &ValidateArgs,
    diagnostics: &Diagnostics,
    sources: &Sources,
    environments: &str,
) -> ExitCode {
    let code = ExitCode::of(diagnostics);
    if args.json {
        let text = format!("{:#}\n", validation(diagnostics, sources));
        return match write::answer(&text) {
            Ok(()) => code,
            Err(_) => ExitCode::Failed,
        };
    }
    invocation.report(
        diagnostics,
        sources,
        "nothing was changed",
        args.compact_warnings,
    );
    if code == ExitCode::Done {
        let mut page = Page::new(invocation.stdout);
        page.line(&Line::of(Label::Done, "Valid").then(format!(" for {environments}")));
        return match write::answer(&page.finish()) {
            Ok(()) => code,
            Err(_) => ExitCode::Failed,
        };
    }
    code
}
