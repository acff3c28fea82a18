//! Warns where Terraform has its own state of a definition that would be made for the first time here: what is in it exists
//! already, and would be made a second time. Entry point: [`warn`].

use std::path::{Path, PathBuf};

use engine::Planned;
use model::Diagnostic;
use model::address::ModulePath;
use model::change::Action;
use serde_json::Value as Json;

use crate::cli::prepare::Prepared;

/// Warns of what Terraform may have made already. Nothing is looked for where anything is recorded, or nothing is made.
pub(in crate::cli) fn warn(prepared: &Prepared, planned: &Planned) -> Option<Diagnostic> {
    let mut changes = planned.plan.changes.iter();
    let is_first = planned.recorded.serial.0 == 0;
    if !is_first || !changes.any(|change| matches!(change.action, Action::Create)) {
        return None;
    }
    let directory = prepared.project.definition_directory();
    let of_environment = PathBuf::from("terraform.tfstate.d")
        .join(prepared.environment.as_str())
        .join(NAME);
    let listed = [PathBuf::from(NAME), of_environment]
        .into_iter()
        .map(|inside| (objects(&directory.join(&inside)), inside))
        .find(|(count, _)| *count > 0);
    if let Some((count, inside)) = listed {
        let noun = if count == 1 { "object" } else { "objects" };
        let message = format!(
            "`{}` lists {count} {noun} that Terraform made",
            inside.display()
        );
        return Some(told(message));
    }
    let root = prepared.definition.modules.get(&ModulePath::root())?;
    let span = root.state_elsewhere?;
    let message = "Terraform keeps its state of this definition elsewhere";
    Some(told(message.to_owned()).at(span, ""))
}

const NAME: &str = "terraform.tfstate";

fn told(message: String) -> Diagnostic {
    Diagnostic::warning("unsupported", message)
        .note("what exists there does not exist for Terrace, and would be made a second time")
        .help("take what is to stay out of the definition, or destroy it with Terraform first")
}

/// How many objects a state of Terraform lists; none where it cannot be read.
fn objects(path: &Path) -> usize {
    let state: Option<Json> = std::fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let resources = state
        .as_ref()
        .and_then(|state| state.get("resources")?.as_array());
    let managed = resources
        .into_iter()
        .flatten()
        .filter(|resource| resource.get("mode").and_then(Json::as_str) == Some("managed"));
    managed
        .filter_map(|resource| Some(resource.get("instances")?.as_array()?.len()))
        .sum()
}
