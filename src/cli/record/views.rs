//! What is recorded, as the screens want it.

use delivery::Project;
use engine::Recorded;
use model::Str;
use model::address::{InstanceAddr, Target};
use model::change::DeposedKey;
use state::{CheckRow, RecordError, Store};

use crate::cli::output::recorded::{OutputView, RecordedView};

/// Every recorded object, in address order, current ones before deposed ones.
pub fn objects(recorded: &Recorded) -> Vec<RecordedView<'_>> {
    let mut views = Vec::new();
    for (addr, instance) in recorded.instances() {
        if let Some(object) = &instance.current {
            views.push(view(addr.clone(), None, object));
        }
        for (key, object) in &instance.deposed {
            views.push(view(addr.clone(), Some(key), object));
        }
    }
    views
}

fn view<'r>(
    addr: InstanceAddr,
    deposed: Option<&'r DeposedKey>,
    object: &'r engine::recorded::RecordedObject,
) -> RecordedView<'r> {
    RecordedView {
        addr,
        deposed,
        provider: &object.provider,
        schema_version: object.schema_version,
        value: &object.value,
        depends_on: &object.dependencies,
        tainted: object.tainted,
    }
}

/// Those objects that any of the targets covers; all without targets.
pub fn covered<'r>(views: Vec<RecordedView<'r>>, targets: &[Target]) -> Vec<RecordedView<'r>> {
    if targets.is_empty() {
        return views;
    }
    views
        .into_iter()
        .filter(|view| targets.iter().any(|target| target.covers(&view.addr)))
        .collect()
}

/// The recorded root outputs.
pub fn outputs(recorded: &Recorded) -> Vec<OutputView<'_>> {
    let outputs = recorded.outputs.iter();
    outputs
        .map(|(name, output)| OutputView {
            name,
            value: &output.value,
            sensitive: output.sensitive,
        })
        .collect()
}

/// What the checks of an environment said last; of those that are still to run after an apply.
///
/// # Errors
/// When the record cannot be read.
pub fn checks(
    store: &Store,
    project: &Project,
    environment: &Str,
) -> Result<Vec<CheckRow>, RecordError> {
    let mut checks = store.newest_checks(environment)?;
    checks.retain(|check| project.is_verified_by(environment, &check.result.name));
    Ok(checks)
}
