//! The modules of a definition that are not local paths: installed when they are first needed, and said. How they are
//! fetched is in the crate `modules`; those of a revision or a saved plan are read where those were kept.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use delivery::Project;
use lang::Definition;
use lang::load::{Package, PackagesByKey};
use model::{Diagnostic, Diagnostics};
pub use modules::Resolve;
use modules::{Modules, Places, Said};

use super::args::GetArgs;
use super::invocation::Invocation;
use super::output::line::{Line, Page};
use super::output::style::Label;
use super::prepare::{self, Loaded, Refused};
use crate::cli::invocation::exit::ExitCode;

/// Where nobody watches, what is being fetched is said only after this time.
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Where a saved plan keeps what its modules were, among its files.
pub const OF_PLAN: &str = ".terraform/modules/packages";

/// Runs `terrace get`.
pub fn get(invocation: &Invocation, args: &GetArgs) -> ExitCode {
    let mut project = match prepare::open(invocation) {
        Ok((project, _)) => project,
        Err(refused) => return refused.report(invocation),
    };
    let resolve = match args.update {
        true => Resolve::Anew,
        false => Resolve::Kept,
    };
    match install(invocation, &mut project, resolve) {
        Ok(0) => {
            invocation.say("Nothing to install: all modules are local paths.\n");
            ExitCode::Done
        }
        Ok(_) => ExitCode::Done,
        Err(refused) => refused.report(invocation),
    }
}

/// Installs the modules of a project's definition that are not local paths. Returns how many it has.
///
/// # Errors
/// With what is wrong where one cannot be had. What else is wrong with the definition is for others to tell.
pub(super) fn install(
    invocation: &Invocation,
    project: &mut Project,
    resolve: Resolve,
) -> Result<usize, Refused> {
    let said = Cell::new(0_usize);
    let say_it = |told: &Said| {
        said.set(said.get() + usize::from(matches!(told, Said::Installed { .. })));
        say(invocation, told);
    };
    let mut packages = installing(invocation, project, resolve, &say_it);
    let Loaded {
        definition, found, ..
    } = prepare::definition_with(project, &mut packages);
    let of_modules = ["missing-module", "module-not-fetched", "version-constraint"];
    let is_of_modules = |found: &Diagnostic| of_modules.contains(&&*found.id);
    let found: Diagnostics = found.into_iter().filter(is_of_modules).collect();
    if found.has_errors() {
        return Err(Refused {
            diagnostics: found,
            sources: definition.sources,
        });
    }
    if resolve == Resolve::Anew {
        packages.forget_unused();
    }
    let count = definition.packages.len();
    if count > 0 && said.get() == 0 {
        let plural = if count == 1 {
            "module is"
        } else {
            "modules are"
        };
        invocation.say(&format!(
            "Nothing to do: {count} {plural} installed already. To resolve anew: terrace init -upgrade\n"
        ));
    }
    Ok(count)
}

/// What installs the modules of a project's definition.
pub(super) fn installing<'i>(
    invocation: &'i Invocation,
    project: &Project,
    resolve: Resolve,
    say: &'i dyn Fn(&Said),
) -> Modules<'i> {
    let absolute = |directory: PathBuf| std::path::absolute(&directory).unwrap_or(directory);
    let places = Places {
        definition: absolute(project.definition_directory()),
        kept: absolute(project.directory.join(".terrace")),
    };
    let modules = Modules::new(places, &invocation.process.environment, resolve, say);
    match std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        true => modules,
        false => modules.patient(IN_A_LOG),
    }
}

/// Says what is done to install modules, as a line of its own.
pub(super) fn say(invocation: &Invocation, said: &Said) {
    let line = |label: Label, word: &'static str, rest: String| {
        let indent = " ".repeat(12_usize.saturating_sub(word.len()));
        Line::plain(indent)
            .with(label, word)
            .then(format!(" {rest}"))
    };
    let line = match said {
        Said::Waiting => line(
            Label::Running,
            "Waiting",
            "another terrace installs modules of the project".to_owned(),
        ),
        Said::Fetching { source } => line(Label::Running, "Fetching", source.clone()),
        Said::Installed { key, package } => line(
            Label::Done,
            "Installed",
            format!("module.{key}  {}", what(package)),
        ),
    };
    let mut page = Page::new(invocation.stderr);
    page.line(&line);
    invocation.say(&page.finish());
}

/// What a package is, in a line.
pub fn what(package: &Package) -> String {
    match package.resolved().as_str() {
        "" => package.source.clone(),
        resolved => format!("{}  {resolved}", package.source),
    }
}

/// What a saved plan keeps of the packages of its definition, when it has any.
pub(super) fn of_plan(definition: &Definition) -> Option<Vec<u8>> {
    if definition.packages.is_empty() {
        return None;
    }
    serde_json::to_vec(&definition.packages).ok()
}

/// Reads what [`of_plan`] wrote; nothing where it is not that.
pub(super) fn read_plan(bytes: &[u8]) -> PackagesByKey {
    serde_json::from_slice(bytes).unwrap_or_default()
}
