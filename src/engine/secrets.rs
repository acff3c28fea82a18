//! The texts that must not be shown, so that what providers and checks say, which may quote anything they were given, can
//! be cleaned of them.

pub use contract::Secrets;
use model::Value;
use model::plan::Plan;

/// Every sensitive text of a plan: of its variables, of the objects it changes, and of what providers were told.
pub(crate) fn of(plan: &Plan, told: &[Value]) -> Secrets {
    let changes = plan.changes.iter();
    let objects = changes.flat_map(|change| [&change.before, &change.after, &change.config]);
    marked_in(plan.variables.values().chain(objects).chain(told))
}

/// Every sensitive text in values with marks.
pub fn marked_in<'v>(values: impl IntoIterator<Item = &'v Value>) -> Secrets {
    let mut found = Vec::new();
    for value in values.into_iter().filter(|value| value.has_marks()) {
        collect(value, &mut found);
    }
    Secrets::in_values(&found)
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Marked(marked) if marked.marks.is_secret() => {
            found.push(marked.value.clone().unmark_deep().0);
        }
        Value::Marked(marked) => collect(&marked.value, found),
        Value::List(list) | Value::Set(list) => {
            list.items.iter().for_each(|item| collect(item, found));
        }
        Value::Tuple(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(map) => map.entries.values().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, found)),
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => {}
    }
}
