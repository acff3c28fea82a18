//! Keeps a plan so that exactly it can be applied: in the record, and by a file that names it.

use model::plan::Plan;
use state::{NewPlan, Payload, Protection, RecordError, Store};

use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::modules;
use crate::cli::prepare::Prepared;

/// Keeps a plan that can be asked for: one that does something, or that a file names. Tells whether it was kept.
///
/// # Errors
/// When the record cannot be written.
pub(super) async fn kept(
    store: &Store,
    plan: &Plan,
    prepared: &Prepared,
    out: Option<&std::path::Path>,
) -> Result<bool, RecordError> {
    if plan.is_empty() && out.is_none() {
        return Ok(false);
    }
    keep(store, plan, prepared).await.map(|()| true)
}

/// Keeps a plan, and the definition it was made from, in the record.
async fn keep(store: &Store, plan: &Plan, prepared: &Prepared) -> Result<(), RecordError> {
    for (_, content) in &prepared.definition.files {
        store.put_blob(content.clone()).await?;
    }
    if let Some(kept) = modules::of_plan(&prepared.definition) {
        store.put_blob(kept).await?;
    }
    let snapshot = prepared.content.as_ref();
    if let Some(snapshot) = snapshot.and_then(|content| content.snapshot.as_ref()) {
        delivery::revision::keep(store, snapshot).await?;
    }
    let bytes =
        engine::codec::encode_as(engine::codec::PLAN, plan).map_err(|error| RecordError::Bug {
            what: error.to_string(),
        })?;
    let protection = if has_secrets(plan) {
        Protection::Sealed
    } else {
        Protection::Plain
    };
    let new = NewPlan {
        environment: plan.environment.clone(),
        id: plan.id.to_string(),
        serial: plan.serial,
        created: plan.created,
        bytes: Payload::new(bytes, protection),
    };
    store.save_plan(new).await
}

fn has_secrets(plan: &Plan) -> bool {
    plan.variables.values().any(model::Value::has_marks)
        || plan.changes.iter().any(|change| {
            change.before.has_marks() || change.after.has_marks() || change.config.has_marks()
        })
        || plan
            .outputs
            .iter()
            .any(|output| output.sensitive || output.before.has_marks() || output.after.has_marks())
        || plan.reads.values().any(model::Value::has_marks)
        || plan
            .drift
            .iter()
            .any(|drift| drift.recorded.has_marks() || drift.observed.has_marks())
}

/// Writes the file that `-out` asks for, and reports where it cannot be written.
///
/// # Errors
/// When it cannot; it was reported.
pub(super) fn write_out(
    invocation: &Invocation,
    prepared: &Prepared,
    path: &std::path::Path,
    plan: &Plan,
) -> Result<(), ExitCode> {
    write_reference(&invocation.directory.join(path), plan).map_err(|error| {
        let message = format!("cannot write `{}`", path.display());
        let diagnostic =
            model::Diagnostic::error("file-not-readable", message).note(error.to_string());
        invocation.report(&diagnostic.into(), prepared.sources(), "", false);
        ExitCode::Failed
    })
}

/// Writes the file that `-out` asks for. The plan itself stays in the record, where its secrets are sealed; the file
/// names it.
fn write_reference(path: &std::path::Path, plan: &Plan) -> std::io::Result<()> {
    let reference = serde_json::json!({
        "terrace_plan": plan.id.to_string(),
        "environment": plan.environment.to_string(),
        "serial": plan.serial.0,
    });
    std::fs::write(path, format!("{reference}\n"))
}
