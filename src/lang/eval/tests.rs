//! What the evaluator says and how it asks its scope; what it computes is compared with Terraform's answers elsewhere.

use std::cell::RefCell;
use std::path::Path;

use model::clock::{Clock, Timestamp};
use model::{Diagnostic, Diagnostics, Marks, Sources, Str, Type, Value};

use super::{FreeTraversal, Indexed, Resolution, Scope, evaluate, references, show};
use crate::functions::{CallContext, Impure, Random};
use crate::syntax::ast::{Ident, TraversalStep};
use crate::syntax::parse_expression;

#[derive(Debug)]
struct Nowhere;

impl Clock for Nowhere {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

impl Random for Nowhere {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Has `var` with a few attributes, and `fleet`, of which it only gives single elements.
struct World {
    var: Value,
    asked: RefCell<Vec<String>>,
    calls: CallContext<'static>,
}

fn world() -> World {
    let users = [("alice", 1), ("bob", 2)].map(|(name, id)| (name, Value::int(id)));
    World {
        var: Value::object([
            (
                "list",
                Value::list(Type::Number, vec![Value::int(7), Value::int(8)]),
            ),
            ("secret", Value::string("hunter2").mark(Marks::SENSITIVE)),
            ("users", Value::object(users)),
            ("unknown", Value::unknown(Type::String)),
        ]),
        asked: RefCell::default(),
        calls: CallContext {
            directory: Path::new("/"),
            working_directory: Path::new("/"),
            home: None,
            reads: None,
            impure: Impure::Unknown,
            plan_time: None,
            clock: &Nowhere,
            random: &Nowhere,
            template_depth: 0,
        },
    }
}

impl Scope for World {
    fn resolve(
        &self,
        root: &Ident,
        _: &[TraversalStep],
        _: &mut Diagnostics,
    ) -> Option<Resolution> {
        self.asked.borrow_mut().push(root.text.to_string());
        (root.text == "var").then(|| Resolution::of(self.var.clone()))
    }

    fn resolve_indexed(&self, indexed: &Indexed<'_>, _: &mut Diagnostics) -> Option<Resolution> {
        if indexed.root.text != "fleet" {
            return None;
        }
        let text = format!(
            "fleet[{}] and {} steps",
            show(indexed.key),
            indexed.rest.len()
        );
        self.asked.borrow_mut().push(text);
        Some(Resolution {
            value: indexed.key.clone(),
            taken: indexed.rest.len(),
        })
    }

    fn names(&self) -> Vec<Str> {
        vec!["var".into(), "fleet".into()]
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.calls
    }
}

fn value(text: &str) -> Value {
    let mut sources = Sources::default();
    let (expr, found) = parse_expression(sources.add("test", text), text);
    assert!(found.is_empty(), "{found:?}");
    let (value, found) = evaluate(&expr, &world());
    assert!(found.is_empty(), "{found:?}");
    value
}

/// What is reported, each as its id, message, place, notes and help on lines of their own.
fn report(text: &str) -> String {
    let mut sources = Sources::default();
    let (expr, found) = parse_expression(sources.add("test", text), text);
    assert!(found.is_empty(), "{found:?}");
    let (_, found) = evaluate(&expr, &world());
    let line = |diagnostic: &Diagnostic| {
        let place = diagnostic
            .primary
            .as_ref()
            .map_or("", |label| sources.text(label.span));
        let mut text = format!("{}: {} | {place}", diagnostic.id, diagnostic.message);
        for note in &diagnostic.notes {
            text.push_str(&format!("\n  note: {note}"));
        }
        for help in &diagnostic.help {
            text.push_str(&format!("\n  help: {help}"));
        }
        text
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Runs on a thread with the stack a thread usually has.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(work)
        .unwrap();
    thread.join().unwrap();
}

#[test]
fn a_thousand_levels_fit_any_stack() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{a = ", "1", "}"),
        ("\"${", "1", "}\""),
        ("true ? ", "1", " : 0"),
        ("[for x in [1] : ", "1", "]"),
        ("try(", "1", ")"),
        ("upper(", "\"a\"", ")"),
        ("!", "true", ""),
    ] {
        let text = format!("{}{inner}{}", open.repeat(1_000), close.repeat(1_000));
        on_a_small_stack(move || {
            value(&text);
        });
    }
}

#[test]
fn a_chain_of_a_hundred_thousand_operators_fits_any_stack() {
    on_a_small_stack(|| {
        let text = format!("1{}", " + 1".repeat(100_000));
        assert_eq!(value(&text), Value::int(100_001));
    });
}

#[test]
fn an_element_is_asked_for_without_the_whole() {
    let world = world();
    let text = "[for i in [3] : fleet[i].id.name]";
    let (expr, _) = parse_expression(Sources::default().add("test", text), text);
    let (value, found) = evaluate(&expr, &world);
    assert!(found.is_empty());
    assert_eq!(value, Value::tuple(vec![Value::int(3)]));
    assert_eq!(*world.asked.borrow(), ["fleet[3] and 2 steps"]);
}

#[test]
fn names_of_a_for_hide_those_outside() {
    assert_eq!(
        value("[for var in [1] : var]"),
        Value::tuple(vec![Value::int(1)])
    );
    assert_eq!(
        value("[for i, fleet in [[5]] : fleet[i]]"),
        Value::tuple(vec![Value::int(5)])
    );
}

#[test]
fn only_free_names_are_references() {
    let text =
        "[for k, v in var.a : \"${k}${v.b}${x.y[0].z}\" if w[v][q]] + f(u).t + convert(s, list(r))";
    let (expr, found) = parse_expression(Sources::default().add("test", text), text);
    assert!(found.is_empty(), "{found:?}");
    let mut free: Vec<FreeTraversal<'_>> = Vec::new();
    references(&expr, &mut free);
    let names: Vec<(&str, usize)> = free
        .iter()
        .map(|free| (free.root.text.as_str(), free.steps.len()))
        .collect();
    assert_eq!(
        names,
        [("var", 1), ("x", 3), ("w", 0), ("q", 0), ("u", 0), ("s", 0)]
    );
}

#[test]
fn everything_wrong_is_reported_at_once() {
    assert_eq!(
        report("[var.x, 1 + [], nope]"),
        "unknown-attribute: `var` has no attribute `x` | var.x\n  \
           note: its attributes: `list`, `secret`, `unknown`, `users`\n\
         operand-type: `+` takes numbers, this is a tuple | []\n\
         unknown-name: `nope` is not defined here | nope"
    );
}

#[test]
fn a_near_name_is_suggested() {
    assert_eq!(
        report("var.users.alise"),
        "unknown-attribute: `var.users` has no attribute `alise` | var.users.alise\n  \
           note: its attributes: `alice`, `bob`\n  help: did you mean `alice`?"
    );
    assert_eq!(
        report("uper(\"a\")"),
        "unknown-function: there is no function `uper` | uper\n  help: did you mean `upper`?"
    );
}

#[test]
fn values_in_play_are_shown_but_not_sensitive_ones() {
    assert_eq!(
        report("var.list[var.users.bob]"),
        "index-out-of-range: `var.list` has no element 2: its last is 1 | var.users.bob\n  \
           note: var.users.bob = 2"
    );
    assert_eq!(
        report("var.secret * var.users.bob"),
        "operand-type: `*` takes numbers, this is a string | var.secret\n  \
           note: var.secret = (sensitive value)"
    );
    assert_eq!(
        report("parseint(var.secret, 10)"),
        "function-failed: `parseint` cannot use the value; why is not shown, because it is sensitive | var.secret\n  \
           note: var.secret = (sensitive value)"
    );
}

#[test]
fn what_fails_for_many_elements_is_reported_once() {
    assert_eq!(
        report("[for i in [5, 6, 7] : var.list[i]]"),
        "index-out-of-range: `var.list` has no element 5: its last is 1 | i\n  \
           note: i = 5\n  note: 2 more elements fail in this place"
    );
}

#[test]
fn the_branch_not_taken_reports_nothing() {
    assert_eq!(value("true ? 1 : [][0]"), Value::int(1));
    assert_eq!(
        value("var.unknown == null || var.users.bob == 2"),
        Value::Bool(true)
    );
    assert_eq!(value("false && var.nope"), Value::Bool(false));
    assert_eq!(
        report("true && var.users.nope"),
        "unknown-attribute: `var.users` has no attribute `nope` | var.users.nope\n  note: its attributes: `alice`, `bob`"
    );
}

#[test]
fn a_short_circuit_keeps_the_marks_of_both() {
    let sensitive = |text: &str| value(text).marks().contains(Marks::SENSITIVE);
    assert!(sensitive("false && var.secret == \"x\""));
    assert!(sensitive("var.secret != \"x\" || var.unknown == \"x\""));
}

#[test]
fn try_tells_why_each_argument_fails() {
    let text = "try(var.x, [][0])";
    let (expr, _) = parse_expression(Sources::default().add("test", text), text);
    let (_, found) = evaluate(&expr, &world());
    let reasons: Vec<&str> = found
        .iter()
        .flat_map(|d| &d.secondary)
        .map(|label| label.text.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`var` has no attribute `x`",
            "the value has no element 0: it is empty"
        ]
    );
}

#[test]
fn convert_takes_a_type() {
    assert_eq!(
        value("convert([\"1\"], list(number))"),
        Value::list(Type::Number, vec![Value::int(1)])
    );
    assert!(report("convert(\"x\", number)").starts_with("argument-type: `convert`: "));
    assert!(report("convert(1)").starts_with("argument-count: "));
}

#[test]
fn a_template_with_an_unknown_keeps_its_safe_prefix() {
    let Value::Unknown(unknown) = value("\"key-${var.unknown}\"") else {
        panic!("known")
    };
    assert_eq!(unknown.refinement.prefix, Some(Str::new("key-")));
    assert!(unknown.refinement.not_null);
}
