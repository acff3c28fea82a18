//! Variable files that count without being named: `terraform.tfvars` and `*.auto.tfvars`. They are part of a revision as
//! all files beside the definition are; those that an ignore file leaves out are the working tree's own, and count for
//! every revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lang::load::Module;
use model::{Diagnostic, Diagnostics};

use super::snapshot::top;
use super::walk::ignored;
use crate::project::Project;
use crate::variables;

/// The variable files of a definition that count without being named, in the order in which they do: `terraform.tfvars`,
/// then `*.auto.tfvars` by name, each before its JSON form.
pub fn automatic(project: &Project) -> Vec<PathBuf> {
    let mut found = named(&project.source_directory());
    if project.checkout.is_some() {
        for (name, place) in left_out(project) {
            found.entry(name).or_insert(place);
        }
    }
    found.into_values().collect()
}

/// Warns of each variable file that a revision of this keeps as it is, and that gives values to sensitive variables.
pub fn kept_in_clear(project: &Project, root: &Module) -> Diagnostics {
    let not_kept = left_out(project);
    let kept = named(&project.definition_directory())
        .into_iter()
        .filter(|(name, _)| !not_kept.contains_key(name));
    kept.filter_map(|((_, file), place)| {
        let given = variables::names_in(&place);
        let secret: Vec<String> = given
            .iter()
            .filter(|name| root.variables.get(&***name).is_some_and(|found| found.sensitive))
            .map(|name| format!("`{name}`"))
            .collect();
        let message = format!(
            "{file} gives {}, which is sensitive, and is kept in the revision as it is",
            secret.join(", ")
        );
        (!secret.is_empty()).then(|| {
            Diagnostic::warning("secret-in-revision", message)
                .note("everyone who can read the record can read it")
                .help("name it in .gitignore, or give the value by an environment's variable_files or TF_VAR_")
        })
    })
    .collect()
}

/// Files by name, in the order in which they count.
type Named = BTreeMap<(bool, String), PathBuf>;

fn named(directory: &Path) -> Named {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.to_owned();
            let is_first = ["terraform.tfvars", "terraform.tfvars.json"].contains(&name.as_str());
            let is_automatic =
                name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
            let counts = (is_first || is_automatic) && entry.path().is_file();
            counts.then(|| ((!is_first, name), entry.path()))
        })
        .collect()
}

/// Those beside the definition that are in no revision.
fn left_out(project: &Project) -> Named {
    let Ok(directory) = project.definition_directory().canonicalize() else {
        return Named::new();
    };
    let mut found = named(&directory);
    let all: BTreeSet<PathBuf> = found.values().cloned().collect();
    if all.is_empty() {
        return found;
    }
    let ignored = ignored(&top(project, &directory), &all);
    found.retain(|_, place| ignored.contains(place));
    found
}
