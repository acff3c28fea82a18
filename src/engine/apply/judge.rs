//! What is recorded and told of a provider's answer to an effect. Pure: asks nobody and writes nothing.

use contract::{ApplyError, Exists, Object, result_is_compatible};
use model::event::Refusal;
use model::plan::StepKind;
use model::{Diagnostic, Value};
use state::{How, ObjectChange};

use super::call::Answered;
use super::effect::{Effect, Effected};
use super::write;
use crate::codec::CodecError;
use crate::plugins;

pub(super) type Judged = (Effected, How, Option<String>, Vec<ObjectChange>);

/// Turns a provider's answer into what is recorded and told. A result that breaks the plan's promise is recorded as it
/// is, and is an error.
pub(super) fn judge(effect: &Effect, answered: Answered) -> Result<Judged, CodecError> {
    let refusal = answered.refusal();
    match answered.answer {
        Ok(None) => {
            let gone = gone(effect);
            Ok((Effected::Done(Value::NULL), How::Done, None, vec![gone]))
        }
        Ok(Some(object)) => {
            let (wrong, tainted) = check_result(effect, &object);
            let value = effect.marked(object.value);
            let made = made(effect, value.clone(), object.private, tainted)?;
            Ok(match wrong {
                None => (Effected::Done(value), How::Done, None, made),
                Some(diagnostic) => {
                    let detail = Some(diagnostic.message.clone());
                    let failed = Effected::Failed(Box::new(diagnostic));
                    (failed, How::Failed, detail, made)
                }
            })
        }
        Err(error) => failed(effect, &error, refusal),
    }
}

/// The object is not there any more.
fn gone(effect: &Effect) -> ObjectChange {
    ObjectChange::Delete {
        addr: effect.row.change.addr.clone(),
        deposed: effect.row.deposed.as_ref().map(|key| key.0.clone()),
    }
}

/// The object is there. Where it takes the place of one that is there still, that one is put aside in the same breath:
/// no crash finds an instance without a current object in between.
fn made(
    effect: &Effect,
    value: Value,
    private: Vec<u8>,
    tainted: bool,
) -> Result<Vec<ObjectChange>, CodecError> {
    let aside = effect.depose.as_ref().map(|key| ObjectChange::Depose {
        addr: effect.row.change.addr.clone(),
        key: key.0.clone(),
    });
    let put = effect.row.put(value, private, tainted)?;
    Ok(aside.into_iter().chain([put]).collect())
}

/// What is wrong with a result, and whether the object has to be replaced for it.
fn check_result(effect: &Effect, object: &Object) -> (Option<Diagnostic>, bool) {
    let addr = &effect.row.change.addr;
    if effect.row.change.legacy {
        return (None, false);
    }
    let mut wrong: Vec<String> =
        result_is_compatible(&effect.schema.schema.block, &effect.planned, &object.value)
            .iter()
            .take(8)
            .map(ToString::to_string)
            .collect();
    if !object.value.is_wholly_known() {
        wrong.push("something is still unknown after the apply".to_owned());
    }
    if wrong.is_empty() {
        return (None, false);
    }
    let message = format!("what became of `{addr}` is not what was planned");
    let mut diagnostic = Diagnostic::error("inconsistent-result", message).about(addr.clone());
    if let Some(resource) = effect.resource() {
        diagnostic = diagnostic.at(resource.span, "");
    }
    diagnostic.notes = wrong;
    let diagnostic = diagnostic.help("this is a bug of the provider; what exists is recorded");
    (Some(diagnostic), effect.kind == StepKind::Create)
}

fn failed(
    effect: &Effect,
    error: &ApplyError,
    refusal: Option<Refusal>,
) -> Result<Judged, CodecError> {
    let addr = &effect.row.change.addr;
    let verb = match effect.kind {
        StepKind::Create => "create",
        StepKind::Update => "update",
        StepKind::Destroy => "destroy",
        StepKind::Read
        | StepKind::Move
        | StepKind::Import
        | StepKind::Forget
        | StepKind::Refresh => "apply",
    };
    let what = format!("could not {verb} `{addr}`");
    let mut diagnostic =
        plugins::diagnostic("provider-refused", &error.error, &what, &effect.secrets)
            .about(addr.clone());
    diagnostic = plugins::placed(diagnostic, effect.resource(), &error.error);
    let mut changes = Vec::new();
    match (&error.exists, effect.kind) {
        // It is as it was, and what is recorded is what was applied last.
        (Exists::Object(object), StepKind::Update | StepKind::Destroy)
            if object.value == effect.prior && object.private == effect.prior_private => {}
        (Exists::Object(object), kind) => {
            let tainted = kind == StepKind::Create;
            let value = left(effect, object.value.clone());
            let null = Value::Null(effect.schema.schema.block.value_type());
            // An object that is only half made may have unknowns left: they become null.
            let value = if value.is_wholly_known() {
                value
            } else {
                without_unknowns(&value, &null)
            };
            changes = made(effect, value, object.private.clone(), tainted)?;
            if tainted {
                diagnostic = diagnostic
                    .note("it exists and is recorded as tainted: the next apply replaces it");
            }
        }
        (Exists::Nothing, StepKind::Destroy) => changes.push(gone(effect)),
        (Exists::Nothing, StepKind::Create) => {}
        (Exists::Nothing, _) => {
            changes.push(gone(effect));
            diagnostic = diagnostic.note("it does not exist any more");
        }
        (Exists::Unknown, _) => {
            diagnostic = diagnostic.note("it cannot be told what exists of it now");
        }
    }
    diagnostic
        .notes
        .extend(refusal.map(|refusal| refusal.to_string()));
    let detail = Some(error.error.message.clone());
    Ok((
        Effected::Failed(Box::new(diagnostic)),
        How::Failed,
        detail,
        changes,
    ))
}

/// What is to be recorded of an object that a failed step left, with its marks.
fn left(effect: &Effect, found: Value) -> Value {
    if effect.kind == StepKind::Create {
        return effect.marked(found);
    }
    let (recorded, recorded_marks) = effect.recorded.clone().unmark_paths();
    let value = write::unfinished(&recorded, &effect.prior, &effect.planned, &found);
    // What it still has of before is as secret as it was.
    effect
        .marked(value)
        .mark_paths(&recorded_marks)
        .mark_paths(&effect.row.change.before.clone().unmark_paths().1)
}

fn without_unknowns(value: &Value, null: &Value) -> Value {
    let Some(fields) = value.as_fields() else {
        return null.clone();
    };
    Value::object(fields.iter().map(|(name, value)| {
        let kept = if value.is_wholly_known() {
            value.clone()
        } else {
            Value::Null(value.ty())
        };
        (name.clone(), kept)
    }))
    .mark(value.marks())
}
