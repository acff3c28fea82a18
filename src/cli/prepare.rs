//! The first two calls of the straight line, for every command that needs them: load the definition, and evaluate
//! what an environment gives it. How variables get their values is in [`giving`].

pub mod applied;
pub mod checkouts;
pub mod elsewhere;
pub mod giving;
pub mod revised;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use contract::Providers;
use delivery::project::PROJECT_FILE;
use delivery::soundness::{Surroundings, check_checks};
use delivery::{Project, project};
use lang::load::{Disk, Packages, load_with};
use lang::{Definition, Desired, Graph, Phase, Settings};
use model::address::ModulePath;
use model::clock::Timestamp;
use model::serial::RevisionId;
use model::{Diagnostic, Diagnostics, Severity, Sources, Str, Value};

use super::args::{Given, Planning, WordsError};
use super::invocation::{Directories, Invocation};
use super::modules::{self, Resolve};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::giving::{Giving, Variables};
use crate::cli::prepare::revised::Content;

/// The id of the error that there is no definition.
const EMPTY: &str = "empty-definition";

/// A project, one of its environments, and its definition ready to be evaluated.
#[derive(Debug)]
pub struct Prepared {
    /// The project.
    pub project: Project,
    /// The environment.
    pub environment: Str,
    /// The definition.
    pub definition: Arc<Definition>,
    /// What depends on what in it.
    pub graph: Arc<Graph>,
    /// The root module's variables.
    pub variables: BTreeMap<Str, Value>,
    /// What evaluation sees of the world.
    pub settings: Settings,
    /// Where providers come from.
    pub providers: Arc<dyn Providers>,
    /// The revision that it is, or is to be; none where nobody looked.
    pub content: Option<Content>,
    /// The revision that was named, so that the definition is not what is in the project's directory now.
    pub named: Option<RevisionId>,
    /// Warnings so far.
    pub warnings: Diagnostics,
}

impl Prepared {
    /// A fresh evaluation.
    pub fn desired(&self) -> Desired {
        Desired::new(
            self.definition.clone(),
            self.graph.clone(),
            &self.variables,
            self.settings.clone(),
        )
    }

    /// The text of everything that was read.
    pub fn sources(&self) -> &Sources {
        &self.definition.sources
    }
}

/// What went wrong on the way, with the text to show it in.
#[derive(Debug)]
pub struct Refused {
    /// What is wrong.
    pub diagnostics: Diagnostics,
    /// Where.
    pub sources: Sources,
}

impl Refused {
    /// One thing went wrong.
    pub fn alone(diagnostic: Diagnostic, sources: &Sources) -> Self {
        Self {
            diagnostics: diagnostic.into(),
            sources: sources.clone(),
        }
    }

    /// Shows it; nothing was changed.
    pub fn report(&self, invocation: &Invocation) -> ExitCode {
        invocation.report(
            &self.diagnostics,
            &self.sources,
            "nothing was changed",
            false,
        );
        ExitCode::of(&self.diagnostics)
    }
}

/// Opens the project that the directory is in, whatever the command, and says which one when that is not plain.
///
/// # Errors
/// When `terrace.hcl` is not right.
pub fn open(invocation: &Invocation) -> Result<(Project, Diagnostics), Refused> {
    let (mut project, diagnostics) = project::open(&invocation.directory, &invocation.base);
    if diagnostics.has_errors() {
        return Err(Refused {
            diagnostics,
            sources: project.sources,
        });
    }
    learn_recorded(&mut project);
    say_which(invocation, &project);
    Ok((project, diagnostics))
}

/// Learns which environments have a record and are not declared. A record that cannot be read is told by what needs it.
pub(super) fn learn_recorded(project: &mut Project) {
    if let Ok(Some(store)) = record::open_existing(&project.record()) {
        let _ = project.learn_recorded(&store);
    }
}

/// Says which project it is when it is not that of the directory.
pub(super) fn say_which(invocation: &Invocation, project: &Project) {
    if project.base != invocation.base {
        let file = project.base.join(PROJECT_FILE);
        invocation.say_project(&format!("Using the project of {}\n", file.display()));
    }
}

/// Finds an environment of the project by its name.
///
/// # Errors
/// How the program ends when there is none, which was said.
pub fn named(invocation: &Invocation, project: &Project, name: &str) -> Result<Str, ExitCode> {
    project.environment(Some(name)).map_err(|error| {
        invocation.report(&error.diagnostic().into(), &project.sources, "", false);
        ExitCode::Usage
    })
}

/// A word of the command line that names nothing, and what it could be.
pub fn unknown_word(error: &WordsError, project: &Project) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-environment", error.to_string());
    match error {
        WordsError::Unknown { word, .. } => project.with_environments(diagnostic, word),
        WordsError::Missing { .. } => diagnostic,
    }
}

/// Opens the project and finds the environment that is meant. What is wrong with the rest of `terrace.hcl` is
/// returned, so that it can be shown together with what is wrong with the definition.
///
/// # Errors
/// When the project cannot be read, or has no such environment.
fn open_environment(
    invocation: &Invocation,
    wanted: Wanted<'_>,
) -> Result<(Project, Str, Diagnostics), Refused> {
    let (mut project, mut diagnostics) = project::open(&invocation.directory, &invocation.base);
    if project.is_broken() {
        return Err(Refused {
            diagnostics,
            sources: project.sources,
        });
    }
    learn_recorded(&mut project);
    let is_to_be_declared = wanted.wants != Wants::Record;
    if let Some(name) = wanted.environment
        && is_to_be_declared
        && let Some(error) = project.not_declared(name)
    {
        // Its block may be there, and not be right.
        if !diagnostics.has_errors() {
            diagnostics = error.into();
        }
        return Err(Refused {
            diagnostics,
            sources: project.sources,
        });
    }
    if is_to_be_declared {
        diagnostics.extend(project.warn_of_undeclared());
    }
    match project.environment(wanted.environment) {
        Ok(environment) => {
            say_which(invocation, &project);
            Ok((project, environment, diagnostics))
        }
        // It may be the one that is not right.
        Err(_) if diagnostics.has_errors() => Err(Refused {
            diagnostics,
            sources: project.sources,
        }),
        Err(error) => Err(Refused {
            diagnostics: error.diagnostic().into(),
            sources: project.sources,
        }),
    }
}

/// What a definition is prepared for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The environment, where it is named.
    pub environment: Option<&'w str>,
    /// The revision to plan instead of the definition as it is.
    pub revision: Option<&'w str>,
    /// How variables are given.
    pub given: &'w [Given],
    /// Inputs that are given, by name and text.
    pub inputs: &'w [(String, String)],
    /// Whether missing variables may be asked for.
    pub ask: bool,
    /// Variables of an earlier run, instead of those that the environment has now; the inputs are those of the revision.
    pub restored: Option<&'w BTreeMap<Str, Value>>,
    /// What of the environment.
    pub wants: Wants,
}

/// What of an environment is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To make it as defined: it has to be declared, and its checks have to be right.
    Definition,
    /// To bring it back to what was applied last, where that is a revision: the definition as it was then, with the variables
    /// it was given. Declared, as above.
    Applied,
    /// To try its checks on what is there: it has to be declared, and its checks have to be right, but its variables need
    /// not be given.
    Checks,
    /// Only what is recorded, to look at it or to be rid of it; also of an environment that is not declared any more.
    Record,
}

impl<'w> Wanted<'w> {
    /// What a command wants that takes no values: those that are configured.
    pub fn configured(environment: Option<&'w str>, wants: Wants) -> Self {
        Self {
            environment,
            revision: None,
            given: &[],
            inputs: &[],
            ask: false,
            restored: None,
            wants,
        }
    }

    /// What planning options want.
    pub fn of(environment: Option<&'w str>, planning: &'w Planning) -> Self {
        Self {
            environment,
            revision: None,
            given: &planning.given,
            inputs: &planning.inputs,
            ask: planning.input,
            restored: None,
            wants: if planning.destroy {
                Wants::Record
            } else {
                Wants::Definition
            },
        }
    }
}

/// Loads the definition and assigns the environment's variables.
///
/// # Errors
/// With everything that is wrong with any of it.
pub async fn prepare(invocation: &Invocation, wanted: Wanted<'_>) -> Result<Prepared, Refused> {
    let (mut project, environment, mut warnings) = open_environment(invocation, wanted)?;
    invocation.account.about(&environment, None);
    let named = wanted.revision;
    let content = named.map(|name| revised::check_out(invocation, &mut project, name));
    let mut content = content.transpose()?;
    let mut applied = None;
    if wanted.wants == Wants::Applied
        && let Some(last) = applied::find(&mut project, &environment)?
    {
        (content, applied) = (Some(last.content), last.variables);
    }
    let Loaded {
        mut definition,
        graph,
        found,
    } = definition(invocation, &mut project);
    // What is recorded can be destroyed without a definition.
    let is_needed = wanted.wants != Wants::Record || !project.record().exists();
    let found = found.into_iter();
    let found = found.filter(|found| is_needed || found.id != EMPTY);
    warnings.extend(found.collect());
    let root = definition.modules.get(&ModulePath::root()).cloned();
    if wanted.wants != Wants::Record {
        let mut found = checks(invocation, &project, root.as_deref());
        // What was good once is not kept from coming back by a check that is newer.
        if wanted.restored.is_some() {
            found = as_warnings(found);
        }
        warnings.extend(found);
    }
    let mut given = Variables::default();
    if let Some(root) = root {
        let mut sources = std::mem::take(&mut definition.sources);
        let giving = Giving {
            invocation,
            project: &project,
            environment: &environment,
            wanted,
            content: content.as_ref(),
            applied: wanted.restored.or(applied.as_ref()),
        };
        given = giving.variables(&root, &mut sources, &mut warnings)?;
        definition.sources = sources;
    }
    warnings.sort();
    let mut settings = settings(invocation, &environment, &project, None);
    let Variables {
        values: variables,
        given_at,
    } = given;
    settings.given_at = Arc::new(given_at);
    let providers = providers(invocation, &project);
    let (definition, graph) = (Arc::new(definition), Arc::new(graph));
    if warnings.has_errors() {
        settings.phase = Phase::Environment;
        let sources = definition.sources.clone();
        let unevaluated = Desired::new(definition, graph, &variables, settings);
        // What else is wrong, so that all of it can be mended at once.
        let found = engine::check(unevaluated, providers).await;
        engine::check::merge(&mut warnings, found);
        return Err(Refused {
            diagnostics: warnings,
            sources,
        });
    }
    let named = wanted.revision.and(content.as_ref()).and_then(Content::id);
    Ok(Prepared {
        project,
        environment,
        definition,
        graph,
        variables,
        settings,
        providers,
        content,
        named,
        warnings,
    })
}

fn as_warnings(found: Diagnostics) -> Diagnostics {
    let warning = |diagnostic: Diagnostic| Diagnostic {
        severity: Severity::Warning,
        ..diagnostic
    };
    found.into_iter().map(warning).collect()
}

/// A definition that was read, whatever is wrong with it.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) definition: Definition,
    pub(super) graph: Graph,
    pub(super) found: Diagnostics,
}

/// Where `terrace.hcl` names a directory that has no definition, that is the place of the error.
fn placed(project: &Project, directory: &std::path::Path, found: Diagnostics) -> Diagnostics {
    let Some((name, span)) = &project.file.definition else {
        return found;
    };
    let is_there = directory.is_dir();
    let what = match is_there {
        true => "no `.tf` files there",
        false => "there is no such directory",
    };
    let at_the_name = |found: Diagnostic| {
        let is_meant = match is_there {
            true => found.id == EMPTY,
            false => found.primary.is_none(),
        };
        if !is_meant {
            return found;
        }
        let message = format!("the definition `{name}` is not there");
        Diagnostic::error(EMPTY, message)
            .at(*span, what)
            .help("name the directory of your `.tf` files, from that of terrace.hcl")
    };
    found.into_iter().map(at_the_name).collect()
}

/// Reads the definition of a project, and takes over the project's sources. Modules that are not local paths are
/// installed, unless it is read from a checkout, which has them.
pub(super) fn definition(invocation: &Invocation, project: &mut Project) -> Loaded {
    let checkout = project.checkout.as_ref();
    if let Some(mut packages) = checkout.map(|checkout| checkout.packages.clone()) {
        return definition_with(project, &mut packages);
    }
    let say = |said: &_| modules::say(invocation, said);
    let mut packages = modules::installing(invocation, project, Resolve::Kept, &say);
    definition_with(project, &mut packages)
}

/// Reads the definition of a project as [`definition`] does; `packages` finds modules that are not local paths.
pub(super) fn definition_with(project: &mut Project, packages: &mut dyn Packages) -> Loaded {
    let directory = project.source_directory();
    let base = project.source_base();
    let sources = std::mem::take(&mut project.sources);
    let (definition, found) = load_with(&Disk::new(&directory), packages, &base, sources);
    let mut found = placed(project, &directory, found);
    let (graph, diagnostics) = Graph::of(&definition);
    found.extend(diagnostics);
    found.extend(lang::requirements(&definition));
    Loaded {
        definition,
        graph,
        found,
    }
}

/// What is wrong with the checks of `terrace.hcl`.
pub(super) fn checks(
    invocation: &Invocation,
    project: &Project,
    root: Option<&lang::load::Module>,
) -> Diagnostics {
    let surroundings = Surroundings {
        directory: &project.directory,
        clock: &*invocation.process.clock,
        random: &*invocation.process.random,
    };
    check_checks(project, root, surroundings)
}

/// Where the providers of a project come from.
pub(super) fn providers(invocation: &Invocation, project: &Project) -> Arc<dyn Providers> {
    let directories = Directories {
        own: &project.definition_directory(),
        source: &project.source_directory(),
    };
    (invocation.process.providers)(directories, invocation.process.clock.clone())
}

/// What evaluation sees of the world.
pub fn settings(
    invocation: &Invocation,
    environment: &Str,
    project: &Project,
    planned: Option<Timestamp>,
) -> Settings {
    let absolute = |directory: PathBuf| std::path::absolute(&directory).unwrap_or(directory);
    Settings {
        workspace: environment.clone(),
        directory: absolute(project.source_directory()),
        working_directory: absolute(project.definition_directory()),
        home: invocation.process.environment.get("HOME").map(Into::into),
        reads: Arc::default(),
        phase: Phase::Plan,
        given_at: Arc::default(),
        plan_time: Some(planned.unwrap_or_else(|| invocation.process.clock.now())),
        clock: invocation.process.clock.clone(),
        random: invocation.process.random.clone(),
    }
}
