//! Which references of an expression gave it another value than before. The values of references are not recorded,
//! so it is found out from what became of the expression: where it is the same as before, what it refers to there is
//! no cause; in a text, what stands there now and did not before is one. What cannot be told is left out.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds of expressions only a few are looked into"
)]

use lang::desired::Lookup;
use lang::eval::{FreeTraversal, Scope, references, walk};
use lang::reference::{Subject, subject};
use lang::syntax::ast::{Expr, ExprKind, TemplatePart};
use model::value::convert;
use model::{Diagnostics, Span, Type, Value};

/// The references of `expr` that made `after` of `before`, in the order they are written; empty when none did, or it
/// cannot be told which. `is_fixed` says of a reference that it has the value it had; the values have no marks.
pub(super) fn origins<'e>(
    expr: &'e Expr,
    before: &Value,
    after: &Value,
    lookup: &Lookup<'_>,
    is_fixed: &dyn Fn(&Subject) -> bool,
) -> Vec<FreeTraversal<'e>> {
    let mut found = Vec::new();
    Origins { lookup, is_fixed }.of(expr, before, after, &mut found);
    found
}

struct Origins<'o> {
    lookup: &'o Lookup<'o>,
    is_fixed: &'o dyn Fn(&Subject) -> bool,
}

/// What the values say of a reference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Its value stands in the new value and did not in the old one.
    New,
    /// Its value stood in the old value already.
    Old,
    /// It may or may not be the cause.
    Unclear,
}

impl Origins<'_> {
    fn of<'e>(
        &self,
        expr: &'e Expr,
        before: &Value,
        after: &Value,
        out: &mut Vec<FreeTraversal<'e>>,
    ) {
        if before == after {
            return;
        }
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Wrap(inner) => self.of(inner, before, after, out),
            ExprKind::Object(items) if after.as_fields().is_some() => {
                for item in items {
                    match &item.key.kind {
                        ExprKind::Literal(Value::String(key)) => {
                            let (old, new) = (before.get(key), after.get(key));
                            let old = old.unwrap_or(&Value::NULL);
                            self.of(&item.value, old, new.unwrap_or(&Value::NULL), out);
                        }
                        _ => {
                            self.told(&item.key, before, after, out);
                            self.told(&item.value, before, after, out);
                        }
                    }
                }
            }
            ExprKind::Tuple(items) if after.as_items().is_some() => {
                let element = |value: &Value, at: usize| {
                    let items = value.as_items();
                    items.and_then(|items| items.get(at)).cloned()
                };
                for (at, item) in items.iter().enumerate() {
                    let old = element(before, at).unwrap_or(Value::NULL);
                    let new = element(after, at).unwrap_or(Value::NULL);
                    self.of(item, &old, &new, out);
                }
            }
            _ => self.told(expr, before, after, out),
        }
    }

    /// Tells the references of an expression apart by what stands in the values.
    fn told<'e>(
        &self,
        expr: &'e Expr,
        before: &Value,
        after: &Value,
        out: &mut Vec<FreeTraversal<'e>>,
    ) {
        let mut free = Vec::new();
        references(expr, &mut free);
        free.retain(|reference| {
            subject(reference.root, reference.steps)
                .is_ok_and(|(subject, _)| !(self.is_fixed)(&subject))
        });
        if is_edited(expr, before, after) {
            free.retain(|reference| self.part(reference, before, after) == Part::New);
            out.extend(free);
            return;
        }
        if let [only] = free.as_slice() {
            // The value of what is nothing but a reference may also be a part of the old one, by chance.
            let is_alone = matches!(expr.kind, ExprKind::Traversal { .. });
            if is_alone || self.part(only, before, after) != Part::Old {
                out.extend(free);
            }
            return;
        }
        let direct = direct(expr);
        let parts: Vec<Part> = free
            .iter()
            .map(|reference| match direct.contains(&reference.span) {
                true => self.part(reference, before, after),
                false => Part::Unclear,
            })
            .collect();
        let of = |wanted: Part| {
            let pairs = free.iter().zip(&parts);
            pairs
                .filter(move |(_, part)| **part == wanted)
                .map(|(reference, _)| *reference)
        };
        if parts.contains(&Part::New) {
            out.extend(of(Part::New));
        } else if of(Part::Unclear).count() == 1 {
            out.extend(of(Part::Unclear));
        }
    }

    fn part(&self, reference: &FreeTraversal<'_>, before: &Value, after: &Value) -> Part {
        let mut wrong = Diagnostics::new();
        let resolved = self
            .lookup
            .resolve(reference.root, reference.steps, &mut wrong);
        let Some(resolved) = resolved.filter(|_| !wrong.has_errors()) else {
            return Part::Unclear;
        };
        let rest = reference.steps.get(resolved.taken..).unwrap_or_default();
        let (value, wrong) = walk(resolved.value, rest);
        let (value, _) = value.unmark_deep();
        if wrong.has_errors() || !value.is_wholly_known() || !stands_in(&value, after) {
            return Part::Unclear;
        }
        match (stands_in(&value, before), is_telling(&value)) {
            (false, _) => Part::New,
            (true, true) => Part::Old,
            (true, false) => Part::Unclear,
        }
    }
}

/// The references that stand in a text as they are: only of them does the text tell. What a conditional or a function
/// gives may be another without another value of what it gives.
fn direct(expr: &Expr) -> Vec<Span> {
    let ExprKind::Template(parts) = &expr.kind else {
        return Vec::new();
    };
    let is_direct = |part: &TemplatePart| match part {
        TemplatePart::Value(value) => {
            matches!(value.kind, ExprKind::Traversal { .. }).then_some(value.span)
        }
        TemplatePart::Text(..) | TemplatePart::If { .. } | TemplatePart::For { .. } => None,
    };
    parts.iter().filter_map(is_direct).collect()
}

/// Whether it is a text of which what is written around its references is another than it was.
fn is_edited(expr: &Expr, before: &Value, after: &Value) -> bool {
    let (ExprKind::Template(parts), Some(before), Some(after)) =
        (&expr.kind, before.as_str(), after.as_str())
    else {
        return false;
    };
    fits(parts, after) && !fits(parts, before)
}

/// Whether a text can be made of these parts, whatever stands for those that are no text.
fn fits(parts: &[TemplatePart], text: &str) -> bool {
    let mut rest = text;
    let mut is_fixed = true;
    for part in parts {
        let TemplatePart::Text(written, _) = part else {
            is_fixed = false;
            continue;
        };
        let written = written.as_str();
        let found = match is_fixed {
            true => rest.starts_with(written).then_some(0),
            false => rest.find(written),
        };
        let Some(at) = found else {
            return false;
        };
        rest = rest.get(at + written.len()..).unwrap_or_default();
        is_fixed = true;
    }
    // The last text stands at the end.
    match parts.last() {
        Some(TemplatePart::Text(written, _)) => text.ends_with(written.as_str()),
        _ => !is_fixed || rest.is_empty(),
    }
}

/// Whether a value is of a kind that does not stand somewhere by chance.
fn is_telling(value: &Value) -> bool {
    match value.as_items() {
        Some(items) => !items.is_empty(),
        None if value.as_bool().is_some() => false,
        None => value.as_fields().is_some_and(|fields| !fields.is_empty()) || text(value).len() > 3,
    }
}

fn text(value: &Value) -> String {
    match convert(value, &Type::String) {
        Ok(Value::String(text)) => text.to_string(),
        Ok(_) | Err(_) => String::new(),
    }
}

/// Whether a value is one, is anywhere in it, or its text is part of a text in it.
fn stands_in(part: &Value, whole: &Value) -> bool {
    if part == whole {
        return true;
    }
    if let Some(whole) = whole.as_str() {
        let part = text(part);
        return !part.is_empty() && whole.contains(&part);
    }
    match (whole.as_items(), whole.as_fields()) {
        (Some(items), _) => items.iter().any(|item| stands_in(part, item)),
        (None, Some(fields)) => fields.iter().any(|(_, field)| stands_in(part, field)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_in_texts_and_in_what_holds_them() {
        let whole = Value::object([("a", Value::tuple(vec![Value::string("x-beta-y")]))]);
        assert!(stands_in(&Value::string("beta"), &whole));
        assert!(!stands_in(&Value::string("gamma"), &whole));
        assert!(!stands_in(&Value::string(""), &Value::string("any")));
        assert!(stands_in(
            &Value::int(8080),
            &Value::string("http://host:8080/")
        ));
    }

    #[test]
    fn a_text_fits_where_only_its_references_differ() {
        let span = Span::new(model::FileId(0), 0, 0);
        let text = |text: &str| TemplatePart::Text(text.into(), span);
        let value = || {
            TemplatePart::Value(Expr {
                kind: ExprKind::Error,
                span,
            })
        };
        let parts = [text("a "), value(), text(" b "), value(), text("c")];
        assert!(fits(&parts, "a 1 b 2c"));
        assert!(fits(&parts, "a  b cc"));
        assert!(!fits(&parts, "A 1 b 2c"));
        assert!(!fits(&parts, "a 1 x 2c"));
        assert!(!fits(&parts, "a 1 b 2c."));
        assert!(fits(&[value()], "whatever"));
        assert!(fits(&[text("a"), value()], "abc"));
        assert!(!fits(&[text("a"), value()], "bc"));
    }

    #[test]
    fn a_short_value_may_stand_anywhere_by_chance() {
        assert!(!is_telling(&Value::int(3)));
        assert!(!is_telling(&Value::Bool(true)));
        assert!(is_telling(&Value::string("beta")));
        assert!(!is_telling(&Value::tuple(Vec::new())));
    }
}
