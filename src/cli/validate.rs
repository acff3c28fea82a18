//! `terrace validate`: checks the project file, the definition whatever it is given, and what each environment gives
//! it. Needs no record, no provider's configuration and no value that is given later; reads nothing of the world.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use delivery::inputs::{Asked, settle};
use delivery::variables::{Places, collect, share};
use delivery::{Project, project};
use lang::desired::{Missing, assign, unknown_variables};
use lang::load::Module;
use lang::{Definition, Desired, Graph, Phase, Settings};
use model::address::ModulePath;
use model::{Diagnostic, Diagnostics, Sources, Str, Value};

use super::args::ValidateArgs;
use super::invocation::Invocation;
use super::output::json::diagnostic::validation;
use super::output::line::{Line, Page};
use super::output::style::Label;
use super::output::write;
use super::prepare::{self, Loaded};
use crate::cli::invocation::exit::ExitCode;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: ValidateArgs) -> ExitCode {
    let (mut project, mut found) = project::open(&invocation.directory, &invocation.base);
    if !project.is_broken() {
        prepare::learn_recorded(&mut project);
    }
    if let Some(error) = args
        .environment
        .as_deref()
        .and_then(|name| project.not_declared(name))
    {
        found.push(error);
        return finish(invocation, &args, &found, &project.sources, &[]);
    }
    found.extend(project.warn_of_undeclared());
    let environments = match args.environment.as_deref() {
        None => project.environments(),
        Some(name) => match project.environment(Some(name)) {
            Ok(environment) => vec![environment],
            Err(error) => {
                if !found.has_errors() {
                    found.push(error.diagnostic());
                }
                return finish(invocation, &args, &found, &project.sources, &[]);
            }
        },
    };
    if project.is_broken() {
        return finish(invocation, &args, &found, &project.sources, &[]);
    }
    prepare::say_which(invocation, &project);
    let Loaded {
        definition,
        graph,
        found: of_definition,
    } = prepare::definition(invocation, &mut project);
    found.extend(of_definition);
    let root = definition.modules.get(&ModulePath::root()).cloned();
    found.extend(prepare::checks(invocation, &project, root.as_deref()));
    let mut sources = definition.sources.clone();
    if let Some(root) = root {
        let checked = Checked {
            invocation,
            project: &project,
            definition: Arc::new(definition),
            graph: Arc::new(graph),
            root,
        };
        engine::check::merge(&mut found, checked.alone().await);
        let given = checked.environments(&environments, &mut sources).await;
        engine::check::merge(&mut found, given);
    }
    found.sort();
    finish(invocation, &args, &found, &sources, &environments)
}

/// A definition that is checked.
struct Checked<'c> {
    invocation: &'c Invocation,
    project: &'c Project,
    definition: Arc<Definition>,
    graph: Arc<Graph>,
    root: Arc<Module>,
}

impl Checked<'_> {
    /// What is wrong with the definition whatever it is given.
    async fn alone(&self) -> Diagnostics {
        let variables = unknown_variables(&self.root);
        self.with(&variables, Phase::Definition, &Str::default())
            .await
    }

    /// What is wrong with what environments give the definition: each thing once, with those it is about.
    async fn environments(&self, environments: &[Str], sources: &mut Sources) -> Diagnostics {
        let mut found: Vec<(Diagnostic, Vec<Str>)> = Vec::new();
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        for environment in environments {
            for diagnostic in self.environment(environment, sources).await {
                let place = place(&diagnostic, sources);
                let at = *known
                    .entry((place, diagnostic.message.clone()))
                    .or_insert(found.len());
                match found.get_mut(at) {
                    Some((_, about)) if about.contains(environment) => {}
                    Some((_, about)) => about.push(environment.clone()),
                    None => found.push((diagnostic, vec![environment.clone()])),
                }
            }
        }
        let file = Path::new(project::PROJECT_FILE).file_name();
        let is_project_file = |diagnostic: &Diagnostic| {
            let label = diagnostic.primary.as_ref();
            label
                .and_then(|label| sources.file(label.span.file))
                .is_some_and(|found| Path::new(&found.name).file_name() == file)
        };
        found
            .into_iter()
            .map(|(diagnostic, about)| {
                if !self.project.has_file || is_project_file(&diagnostic) {
                    return diagnostic;
                }
                let names: Vec<String> = about.iter().map(|name| format!("`{name}`")).collect();
                let what = if names.len() == 1 {
                    "environment"
                } else {
                    "environments"
                };
                diagnostic.note(format!("in {what} {}", names.join(", ")))
            })
            .collect()
    }

    /// What is wrong with what one environment gives the definition. What it gives no value will be given one later.
    async fn environment(&self, environment: &Str, sources: &mut Sources) -> Diagnostics {
        let places = Places {
            project: self.project,
            environment,
            process: self.invocation.process.tf_vars(),
            arguments: &[],
        };
        let (mut given, mut found) = collect(&places, &self.root, sources);
        let asked = Asked {
            given: &[],
            before: None,
            missing: Missing::NotKnown,
        };
        let (inputs, diagnostics) = settle(self.project, &self.root, asked, sources);
        found.extend(diagnostics);
        found.extend(share(&mut given, inputs));
        let (variables, diagnostics) = assign(&self.root, &given, Missing::NotKnown);
        found.extend(diagnostics);
        found.extend(self.with(&variables, Phase::Environment, environment).await);
        found
    }

    async fn with(
        &self,
        variables: &BTreeMap<Str, Value>,
        phase: Phase,
        environment: &Str,
    ) -> Diagnostics {
        let settings = Settings {
            phase,
            ..prepare::settings(self.invocation, environment, self.project, None)
        };
        let (definition, graph) = (self.definition.clone(), self.graph.clone());
        let desired = Desired::new(definition, graph, variables, settings);
        engine::check(desired, prepare::providers(self.invocation, self.project)).await
    }
}

/// Where a diagnostic is, the same for a file that was read again for another environment.
fn place(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let Some(label) = &diagnostic.primary else {
        return String::new();
    };
    let name = sources.file(label.span.file).map(|file| file.name.as_str());
    format!(
        "{} {}..{}",
        name.unwrap_or_default(),
        label.span.start,
        label.span.end
    )
}

fn finish(
    invocation: &Invocation,
    args: &ValidateArgs,
    diagnostics: &Diagnostics,
    sources: &Sources,
    environments: &[Str],
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
        let names: Vec<&str> = environments.iter().map(Str::as_str).collect();
        let mut page = Page::new(invocation.stdout);
        page.line(&Line::of(Label::Done, "Valid").then(format!(" for {}", names.join(", "))));
        return match invocation.tell(&page.finish()) {
            Ok(()) => code,
            Err(_) => ExitCode::Failed,
        };
    }
    code
}
