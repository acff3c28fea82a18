//! Decides what happens to one instance, from what is there and what the provider plans. Pure.
//! Entry point: [`decide`]. The rules are Terraform's (`facts` in `src/README.md`).

use model::change::{Action, Reason, ReplaceOrder};
use model::{Path, Value};

/// What the decision is made from; values without marks.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    /// The object as observed; null when there is none.
    pub(crate) prior: &'a Value,
    /// What the provider plans.
    pub(crate) planned: &'a Value,
    /// Paths whose change the provider says needs a new object.
    pub(crate) requires_replace: &'a [Path],
    /// Why it is to be replaced whatever is planned.
    pub(crate) forced: Option<Reason>,
    /// In which order a replacement goes.
    pub(crate) order: ReplaceOrder,
    /// Whether marks differ between recorded and planned.
    pub(crate) marks_differ: bool,
}

/// What happens, why, and the paths that force a replacement.
#[derive(Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) action: Action,
    pub(crate) reason: Option<Reason>,
    pub(crate) replace_paths: Vec<Path>,
}

/// Decides.
pub(crate) fn decide(situation: &Situation<'_>) -> Decision {
    let Situation {
        prior,
        planned,
        requires_replace,
        forced,
        order,
        marks_differ,
    } = situation;
    let plain = |action| Decision {
        action,
        reason: None,
        replace_paths: Vec::new(),
    };
    if prior.is_null() {
        return plain(Action::Create);
    }
    let replace_paths: Vec<Path> = requires_replace
        .iter()
        .filter(|path| differs(prior, planned, path))
        .cloned()
        .collect();
    if let Some(reason) = forced {
        return Decision {
            action: Action::Replace(*order),
            reason: Some(*reason),
            replace_paths,
        };
    }
    if !replace_paths.is_empty() {
        let reason = Some(Reason::ReplaceBecauseCannotUpdate);
        return Decision {
            action: Action::Replace(*order),
            reason,
            replace_paths,
        };
    }
    if planned == prior && !marks_differ {
        plain(Action::NoOp)
    } else {
        plain(Action::Update)
    }
}

/// Whether what a path leads to is another in `planned`; an unknown counts as another.
fn differs(prior: &Value, planned: &Value, path: &Path) -> bool {
    // A path may lead into something that is null or missing on one side: then the nearest part that both have
    // decides.
    let mut depth = path.0.len();
    loop {
        let part = Path(path.0.iter().take(depth).cloned().collect());
        match (prior.at(&part), planned.at(&part)) {
            (Some(old), Some(new)) => return old != new,
            (None, None) if depth == path.0.len() => return false,
            _ if depth == 0 => return prior != planned,
            _ => depth -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(size: i64, name: &str) -> Value {
        Value::object([("size", Value::int(size)), ("name", Value::string(name))])
    }

    fn decided(
        prior: &Value,
        planned: &Value,
        requires_replace: &[Path],
        forced: Option<Reason>,
    ) -> Action {
        let order = ReplaceOrder::DestroyFirst;
        let marks_differ = false;
        decide(&Situation {
            prior,
            planned,
            requires_replace,
            forced,
            order,
            marks_differ,
        })
        .action
    }

    #[test]
    fn nothing_there_is_a_create() {
        assert_eq!(
            decided(&Value::NULL, &object(1, "a"), &[], None),
            Action::Create
        );
    }

    #[test]
    fn no_difference_is_no_action_even_when_a_path_would_force_one() {
        let path = Path::root().attribute("size");
        assert_eq!(
            decided(&object(1, "a"), &object(1, "a"), &[path], None),
            Action::NoOp
        );
    }

    #[test]
    fn a_changed_forcing_path_replaces_and_another_updates() {
        let path = Path::root().attribute("size");
        let replace = Action::Replace(ReplaceOrder::DestroyFirst);
        assert_eq!(
            decided(
                &object(1, "a"),
                &object(2, "a"),
                std::slice::from_ref(&path),
                None
            ),
            replace
        );
        assert_eq!(
            decided(&object(1, "a"), &object(1, "b"), &[path], None),
            Action::Update
        );
    }

    #[test]
    fn an_unknown_at_a_forcing_path_replaces() {
        let planned = Value::object([
            ("size", Value::unknown(model::Type::Number)),
            ("name", Value::string("a")),
        ]);
        let path = Path::root().attribute("size");
        let replace = Action::Replace(ReplaceOrder::DestroyFirst);
        assert_eq!(decided(&object(1, "a"), &planned, &[path], None), replace);
    }

    #[test]
    fn a_request_replaces_what_is_unchanged() {
        let replace = Action::Replace(ReplaceOrder::DestroyFirst);
        assert_eq!(
            decided(
                &object(1, "a"),
                &object(1, "a"),
                &[],
                Some(Reason::ReplaceByRequest)
            ),
            replace
        );
    }
}
