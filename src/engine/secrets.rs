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
    let marked = values.into_iter().filter(|value| value.has_marks());
    Secrets::new(marked.flat_map(Value::secret_texts))
}
