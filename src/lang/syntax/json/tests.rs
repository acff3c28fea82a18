//! JSON files as native bodies.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what these tests do not show is shown as it is"
)]

use model::{FileId, Span};

use super::*;
use crate::syntax::ast::{Body, Expr, ExprKind, TraversalKind};
use crate::syntax::parse_body;

/// A body as native text would have it, for comparison.
fn show(body: &Body) -> String {
    let mut text = String::new();
    for attribute in &body.attributes {
        text += &format!("{}={};", attribute.name.text, expression(&attribute.expr));
    }
    for block in &body.blocks {
        let labels: String = block
            .labels
            .iter()
            .map(|label| format!(" {}", label.text))
            .collect();
        text += &format!("{}{labels}{{{}}}", block.kind.text, show(&block.body));
    }
    text
}

fn expression(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(value) => format!("{value:?}"),
        ExprKind::Wrap(inner) => format!("wrap({})", expression(inner)),
        ExprKind::Traversal { root, steps } => {
            let step = |step: &crate::syntax::ast::TraversalStep| match &step.kind {
                TraversalKind::Attribute(name) => format!(".{name}"),
                TraversalKind::Index(key) => format!("[{key:?}]"),
            };
            format!(
                "{}{}",
                root.text,
                steps.iter().map(step).collect::<String>()
            )
        }
        ExprKind::Tuple(items) => format!(
            "[{}]",
            items.iter().map(expression).collect::<Vec<_>>().join(" ")
        ),
        ExprKind::Object(items) => {
            let items = items
                .iter()
                .map(|item| format!("{}:{}", expression(&item.key), expression(&item.value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(" "))
        }
        ExprKind::Call { name, args, .. } => {
            format!(
                "{}({})",
                name[0],
                args.iter().map(expression).collect::<Vec<_>>().join(" ")
            )
        }
        ExprKind::Template(parts) => format!("template({})", parts.len()),
        ExprKind::Error => "error".to_owned(),
        other => format!("{other:?}"),
    }
}

fn read(text: &str) -> Node {
    let (node, diagnostics) = parse_json(FileId(0), text);
    node.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

fn errors(text: &str) -> Vec<String> {
    let (node, mut diagnostics) = parse_json(FileId(0), text);
    if let Some(node) = node {
        diagnostics.extend(json_body(&node, &resource_file()).1);
    }
    let shown = |d: &model::Diagnostic| {
        format!(
            "{}: {} at {:?}",
            d.id,
            d.message,
            slice(text, d.primary.as_ref().unwrap().span)
        )
    };
    diagnostics.iter().map(shown).collect()
}

/// A part of the shape of a definition.
fn resource_file() -> BodyShape {
    let lifecycle = BodyShape {
        rest: Rest::Guess,
        ..BodyShape::default()
    }
    .with_attributes(Form::Expression, &["create_before_destroy"])
    .with_attributes(Form::Reference, &["ignore_changes"])
    .with_block("precondition", 0, Nested::new(BodyShape::default()));
    let resource = BodyShape {
        dynamic: true,
        ..BodyShape::default()
    }
    .with_attributes(Form::Reference, &["provider", "depends_on", "providers"])
    .with_block("lifecycle", 0, Nested::new(lifecycle))
    .with_block("provisioner", 1, Nested::Later(BodyShape::default));
    let variable = BodyShape {
        rest: Rest::Guess,
        ..BodyShape::default()
    }
    .with_attributes(Form::Code, &["type"])
    .with_attributes(Form::Literal, &["default", "description"]);
    BodyShape {
        rest: Rest::Guess,
        ..BodyShape::default()
    }
    .with_block("resource", 2, Nested::new(resource))
    .with_block("variable", 1, Nested::new(variable))
    .with_block("locals", 0, Nested::new(BodyShape::default()))
}

/// The same definition in both syntaxes has the same tree.
fn same(json: &str, native: &str) {
    let (body, diagnostics) = json_body(&read(json), &resource_file());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let (wanted, diagnostics) = parse_body(FileId(0), native);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(show(&body), show(&wanted));
}

#[test]
fn labels_are_nested_objects_or_arrays_of_them() {
    same(
        r#"{"resource": {"a": {"b": {"x": 1}, "c": [{"x": 2}, {"x": 3}]}}}"#,
        "resource a b {\nx = 1\n}\nresource a c {\nx = 2\n}\nresource a c {\nx = 3\n}\n",
    );
    same(
        r#"{"resource": [{"a": {"b": {}}}, {"a": [{"c": {}}]}], "locals": [{"x": 1}, {"y": 2}]}"#,
        "resource a b {}\nresource a c {}\nlocals {\nx = 1\n}\nlocals {\ny = 2\n}\n",
    );
    same(
        r#"{"locals": null, "variable": {"v": {}}}"#,
        "variable v {}\n",
    );
}

#[test]
fn strings_are_templates_and_keys_too() {
    same(
        r#"{"locals": {"a": "${var.x}", "b": "x${1}", "c": ["${1}", null, true, 1.50], "d": {"${k}": 1, "e.f": 2}}}"#,
        r#"locals {
a = "${var.x}"
b = "x${1}"
c = ["${1}", null, true, 1.50]
d = { "${k}" = 1, "e.f" = 2 }
}
"#,
    );
}

#[test]
fn references_and_types_are_strings_without_sequences() {
    same(
        r#"{"resource": {"a": {"b": {"depends_on": ["c.d", "${e.f}"], "provider": "g.h", "providers": {"i": "j.k"},
            "lifecycle": {"ignore_changes": "all"}}}},
            "variable": {"v": {"type": "list(string)", "default": "${not.a.template}"}}}"#,
        r#"resource a b {
depends_on = [c.d, e.f]
provider = g.h
providers = { i = j.k }
lifecycle {
  ignore_changes = all
}
}
variable v {
  type = list(string)
  default = "$${not.a.template}"
}
"#,
    );
}

#[test]
fn comments_and_nulls_are_not_there() {
    same(
        r#"{"//": "file", "resource": {"a": {"b": {"//": {"x": 1}, "x": null, "y": {"//": "kept"}}}}}"#,
        "resource a b {\ny = { \"//\" = \"kept\" }\n}\n",
    );
}

#[test]
fn unknown_names_are_guessed_where_nothing_more_will_be_known() {
    same(
        r#"{"reosurce": {"a": 1}, "x": 1, "y": [{}, {}], "z": []}"#,
        "x = 1\nz = []\nreosurce {\n a = 1\n}\ny {}\ny {}\n",
    );
}

#[test]
fn arguments_become_blocks_when_the_schema_is_known() {
    let (body, _) = json_body(
        &read(
            r#"{"tags": {"a": 1}, "rule": [{"port": 1, "from": {"x": 2}}, {"port": 2}], "by": {"k": {"v": 1}},
                  "dynamic": {"rule": {"for_each": [1], "iterator": "it", "content": {"from": {"x": "${it.value}"}}}}}"#,
        ),
        &BodyShape {
            dynamic: true,
            ..BodyShape::default()
        },
    );
    let from = BodyShape::default().with_attributes(Form::Expression, &["x"]);
    let rule = BodyShape {
        dynamic: true,
        ..BodyShape::default()
    }
    .with_attributes(Form::Expression, &["port"])
    .with_block("from", 0, Nested::new(from));
    let shape = BodyShape {
        dynamic: true,
        ..BodyShape::default()
    }
    .with_attributes(Form::Expression, &["tags"])
    .with_block("rule", 0, Nested::new(rule))
    .with_block("by", 1, Nested::Later(BodyShape::default));
    let (fitted, diagnostics) = fit(body, &shape);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let native = r#"
tags = { "a" = 1 }
dynamic "rule" {
  for_each = [1]
  iterator = it
  content {
    from {
      x = "${it.value}"
    }
  }
}
rule {
  port = 1
  from {
    x = 2
  }
}
rule {
  port = 2
}
by "k" {
  v = 1
}
"#;
    assert_eq!(show(&fitted), show(&parse_body(FileId(0), native).0));
    let (body, _) = json_body(&read(r#"{"rule": 1}"#), &BodyShape::default());
    assert!(fit(body, &shape).1.has_errors());
}

#[test]
fn places_are_those_of_the_file_also_after_escapes() {
    let text = r#"{"locals": {"a": "\u00e9\n\"${nope.x}\ud83d\ude00${b c}"}}"#;
    let (body, diagnostics) = json_body(&read(text), &resource_file());
    let span = diagnostics
        .iter()
        .next()
        .unwrap()
        .primary
        .as_ref()
        .unwrap()
        .span;
    assert_eq!(slice(text, span), "c");
    let ExprKind::Template(parts) = &body.blocks[0].body.attributes[0].expr.kind else {
        panic!()
    };
    let crate::syntax::ast::TemplatePart::Value(value) = &parts[1] else {
        panic!()
    };
    assert_eq!(slice(text, value.span), "nope.x");
    let crate::syntax::ast::TemplatePart::Text(emoji, span) = &parts[2] else {
        panic!()
    };
    assert_eq!(emoji.as_str(), "\u{1f600}");
    assert_eq!(slice(text, *span), "\\ud83d\\ude00");
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    assert_eq!(
        errors(r#"{"locals": {"a": 1, "a": 2}}"#),
        ["duplicate-argument: `a` is set a second time at \"\\\"a\\\"\""]
    );
    assert_eq!(
        errors(r#"{"locals": {"a": {"b": 1, "b": 2}}}"#),
        [r#"duplicate-key: the key "b" is there a second time at "\"b\"""#]
    );
    assert_eq!(errors(r#"{"locals": 1}"#).len(), 1);
    assert_eq!(errors(r#"{"resource": {"a": 1}}"#).len(), 1);
    assert_eq!(
        errors("{\"a\": 1,}"),
        ["invalid-json: found `,` after the last item at \",\""]
    );
    assert_eq!(
        errors("{\"a\": [1"),
        ["unterminated: `[` is never closed at \"[\""]
    );
    assert_eq!(
        errors("{\"a\": \"b"),
        ["unterminated: `\"` is not closed before the line ends at \"\\\"\""]
    );
    assert_eq!(
        errors("{a: 1}"),
        ["invalid-json: found `a` where a name in quotes or `}` should be at \"a\""]
    );
    assert_eq!(
        errors("{} x"),
        ["invalid-json: found `x` where the end of the text should be at \"x\""]
    );
    assert_eq!(
        errors("[01]"),
        ["invalid-number: `01` is not a number of JSON at \"01\""]
    );
    assert_eq!(
        errors("[nul]"),
        ["invalid-json: found `nul` where a value should be at \"nul\""]
    );
    assert_eq!(
        errors(r#"["\x"]"#),
        [r#"invalid-escape: `\x` is not an escape of JSON at "\\x""#]
    );
    assert_eq!(
        errors(""),
        ["invalid-json: found the end of the text where a value should be at \"\""]
    );
}

#[test]
fn deep_nesting_is_read_or_refused_on_a_small_stack() {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(|| {
            let nested = |depth: usize| {
                "{\"locals\":{\"a\":".to_owned() + &"[".repeat(depth) + &"]".repeat(depth) + "}}"
            };
            let (body, diagnostics) = json_body(&read(&nested(1_000)), &resource_file());
            assert!(diagnostics.is_empty());
            drop(fit(body, &BodyShape::default()));
            let (node, diagnostics) = parse_json(FileId(0), &nested(100_000));
            assert!(node.is_none());
            assert_eq!(diagnostics.iter().next().unwrap().id, "deep-recursion");
        })
        .unwrap()
        .join()
        .unwrap();
}
