//! The modules of a definition that are not local paths: installed when they are first needed, and said. How they are
//! fetched is in the crate `modules`; those of a revision or a saved plan are read where those were kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use delivery::Project;
use delivery::revision::KeptModule;
use lang::Definition;
use lang::load::{Package, PackagesByKey};
pub use modules::Resolve;
use modules::{Modules, Places, Said};

use super::invocation::Invocation;
use super::output::line::{Line, Page};
use super::output::style::Label;

/// Where a saved plan keeps what its modules were, among its files.
pub const OF_PLAN: &str = ".terraform/modules/packages";

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
    Modules::new(places, &invocation.process.environment, resolve, say)
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
pub(super) fn what(package: &Package) -> String {
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
    let kept: BTreeMap<&String, KeptModule> = definition
        .packages
        .iter()
        .map(|(key, package)| (key, KeptModule::from(package)))
        .collect();
    serde_json::to_vec(&kept).ok()
}

/// Reads what [`of_plan`] wrote; nothing where it is not that.
pub(super) fn read_plan(bytes: &[u8]) -> PackagesByKey {
    let kept: BTreeMap<String, KeptModule> = serde_json::from_slice(bytes).unwrap_or_default();
    let packages = kept.into_iter();
    packages.map(|(key, kept)| (key, kept.into())).collect()
}
