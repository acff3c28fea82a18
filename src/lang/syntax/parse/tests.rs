//! What is read, what is refused, and what is said about it.

use model::{FileId, Value};

use super::*;
use crate::syntax::ast::{SplatForm, SplatStep, TemplatePart, TraversalKind};
use crate::syntax::stack::MAX_DEPTH;

/// An expression in brackets, with nothing but what evaluation needs.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => format!("{:?}", text.as_str()),
        ExprKind::Literal(Value::Number(number)) => number.to_string(),
        ExprKind::Literal(Value::Bool(value)) => value.to_string(),
        ExprKind::Literal(_) => "null".into(),
        ExprKind::Template(parts) => format!("t({})", show_parts(parts)),
        ExprKind::Wrap(inner) => format!("wrap({})", show(inner)),
        ExprKind::Traversal { root, steps } => {
            format!(
                "{}{}",
                root.text,
                steps.iter().map(show_step).collect::<String>()
            )
        }
        ExprKind::Relative { source, steps } => {
            format!(
                "<{}>{}",
                show(source),
                steps.iter().map(show_step).collect::<String>()
            )
        }
        ExprKind::Index { source, key } => format!("{}[{}]", show(source), show(key)),
        ExprKind::Splat {
            source, form, each, ..
        } => format!("{}{}", show(source), show_splat(*form, each)),
        ExprKind::Call {
            name, args, expand, ..
        } => {
            let name: Vec<&str> = name.iter().map(|part| part.as_str()).collect();
            format!(
                "{}({}{})",
                name.join("::"),
                show_all(args),
                if *expand { "..." } else { "" }
            )
        }
        ExprKind::Unary { op, operand } => format!("({op:?} {})", show(operand)),
        ExprKind::Binary {
            op, left, right, ..
        } => format!("({op:?} {} {})", show(left), show(right)),
        ExprKind::Conditional { condition, yes, no } => {
            format!("(if {} {} {})", show(condition), show(yes), show(no))
        }
        ExprKind::Tuple(items) => format!("[{}]", show_all(items)),
        ExprKind::Object(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{}={}", show(&item.key), show(&item.value)))
                .collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::For(each) => {
            let name = |name: &Ident| name.text.to_string();
            let optional = |expr: &Option<Expr>| expr.as_ref().map_or("-".into(), show);
            format!(
                "for({} {} {} {} {}{} {})",
                each.key_name.as_ref().map_or("-".into(), name),
                name(&each.value_name),
                show(&each.collection),
                optional(&each.key),
                show(&each.value),
                if each.group { "..." } else { "" },
                optional(&each.condition),
            )
        }
        ExprKind::Paren(inner) => format!("paren({})", show(inner)),
        ExprKind::Error => "ERROR".into(),
    }
}

fn show_all(exprs: &[Expr]) -> String {
    exprs.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn show_parts(parts: &[TemplatePart]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text, _) => format!("{:?}", text.as_str()),
            TemplatePart::Value(expr) => show(expr),
            TemplatePart::If {
                condition, yes, no, ..
            } => {
                format!(
                    "if({} [{}] [{}])",
                    show(condition),
                    show_parts(yes),
                    show_parts(no)
                )
            }
            TemplatePart::For {
                key,
                value,
                collection,
                body,
                ..
            } => {
                let key = key.as_ref().map_or("-", |key| key.text.as_str());
                format!(
                    "for({key} {} {} [{}])",
                    value.text,
                    show(collection),
                    show_parts(body)
                )
            }
        })
        .collect();
    parts.join(" ")
}

fn show_step(step: &TraversalStep) -> String {
    match &step.kind {
        TraversalKind::Attribute(name) => format!(".{name}"),
        TraversalKind::Index(Value::String(key)) => format!("[{:?}]", key.as_str()),
        TraversalKind::Index(Value::Number(number)) => format!("[{number}]"),
        TraversalKind::Index(other) => format!("[{other:?}]"),
    }
}

fn show_splat(form: SplatForm, each: &[SplatStep]) -> String {
    let steps: String = each
        .iter()
        .map(|step| match step {
            SplatStep::Static(step) => show_step(step),
            SplatStep::Index(key) => format!("[{}]", show(key)),
            SplatStep::Splat { form, each, .. } => show_splat(*form, each),
        })
        .collect();
    let mark = if form == SplatForm::Full { "[*]" } else { ".*" };
    format!("{mark}{{{steps}}}")
}

/// The expression of a text without errors.
fn read(text: &str) -> String {
    let (expr, diagnostics) = parse_expression(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text:?}: {diagnostics:?}");
    show(&expr)
}

/// Each error as `id: message at "text"`.
fn errors(text: &str, diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.primary.as_ref().unwrap().span;
            format!(
                "{}: {} at {:?}",
                diagnostic.id,
                diagnostic.message,
                &text[span.start as usize..span.end as usize]
            )
        })
        .collect()
}

fn body_errors(text: &str) -> Vec<String> {
    errors(text, &parse_body(FileId(0), text).1)
}

fn expression_errors(text: &str) -> Vec<String> {
    errors(text, &parse_expression(FileId(0), text).1)
}

#[test]
fn operators_bind_as_in_terraform() {
    assert_eq!(read("1 + 2 * 3"), "(Add 1 (Multiply 2 3))");
    assert_eq!(read("1 - 2 - 3"), "(Subtract (Subtract 1 2) 3)");
    assert_eq!(read("-46+5"), "(Add (Negate 46) 5)");
    assert_eq!(read("!a.b == false"), "(Equal (Not a.b) false)");
    assert_eq!(
        read("a || b && c == d < e"),
        "(Or a (And b (Equal c (Less d e))))"
    );
    assert_eq!(read("a ? b : c ? d : e"), "(if a b (if c d e))");
    assert_eq!(read("a-b"), "a-b");
    assert_eq!(read("a -b"), "(Subtract a b)");
    assert_eq!(read("- - 1"), "(Negate (Negate 1))");
}

#[test]
fn steps_make_the_longest_traversal() {
    assert_eq!(read("a.b[0].c[\"k\"].0"), "a.b[0].c[\"k\"][0]");
    assert_eq!(read("a[b].c"), "<a[b]>.c");
    assert_eq!(read("a[\"${b}\"]"), "a[wrap(b)]");
    assert_eq!(read("f(x).y[0]"), "<f(x)>.y[0]");
    assert_eq!(read("(a).b"), "<paren(a)>.b");
    assert_eq!(read("a[true]"), "a[true]");
}

#[test]
fn an_attribute_splat_ends_at_a_bracket_and_a_full_one_does_not() {
    assert_eq!(read("a.*.b.0.c[0]"), "<a.*{.b[0].c}>[0]");
    assert_eq!(read("a[*].b[0].c"), "a[*]{.b[0].c}");
    assert_eq!(read("a[*].b[*].c[d]"), "a[*]{.b[*]{.c[d]}}");
    assert_eq!(read("a[*].b.*.c[0]"), "a[*]{.b.*{.c}[0]}");
    assert_eq!(
        expression_errors("a.*.b.*.c"),
        ["syntax: found a second `.*` inside what `.*` gives at \".*\""]
    );
}

#[test]
fn two_legacy_indexes_in_a_row_are_refused() {
    assert_eq!(
        expression_errors("a.0.1"),
        ["syntax: found `.0.1` where one index should be at \".0.1\""]
    );
    assert_eq!(read("a.0.b.1"), "a[0].b[1]");
}

#[test]
fn calls_may_have_a_namespace_and_expand_their_last_argument() {
    assert_eq!(read("f()"), "f()");
    assert_eq!(read("core::max(\n1,\n2,\n)"), "core::max(1 2)");
    assert_eq!(read("f(a, b...)"), "f(a b...)");
    assert_eq!(
        expression_errors("f(a..., b)"),
        ["syntax: found `,` where `)` should be at \",\""]
    );
    assert_eq!(
        expression_errors("a::b"),
        ["syntax: found the end of the text where `(` should be at \"\""]
    );
}

#[test]
fn a_bare_word_is_an_object_key_by_name() {
    assert_eq!(
        read("{a = 1, b: 2\n null = 3\n (c) = 4, d.e = 5, \"f\" = 6, 1 = 7}"),
        r#"{"a"=1 "b"=2 "null"=3 paren(c)=4 d.e=5 "f"=6 1=7}"#
    );
    assert_eq!(
        expression_errors("{a = 1 b = 2}"),
        ["syntax: found `b` where `,`, a new line or `}` should be at \"b\""]
    );
    assert_eq!(
        expression_errors("{a = 1 +\n2}"),
        ["syntax: found the end of the line where a value should be at \"\\n\""]
    );
}

#[test]
fn for_makes_lists_and_objects() {
    assert_eq!(read("[for x in y : x if z]"), "for(- x y - x z)");
    assert_eq!(
        read("{for k, v in y :\n k => v...\n}"),
        "for(k v y k v... -)"
    );
    assert_eq!(
        expression_errors("{for x in y : x}"),
        ["syntax: found `}` where `=>` should be at \"}\""]
    );
    assert_eq!(
        expression_errors("[for x in y : x...]"),
        ["syntax: found `...` after the value of a list at \"...\""]
    );
    assert_eq!(
        expression_errors("{for = 1}"),
        ["syntax: found `=` where a variable's name should be at \"=\""]
    );
}

#[test]
fn numbers_are_exact_and_odd_ones_are_refused() {
    assert_eq!(
        read("123456789012345678901234567890"),
        "123456789012345678901234567890"
    );
    assert_eq!(read("1.e5"), "100000");
    assert_eq!(read("1e3"), "1000");
    assert_eq!(
        expression_errors("1.2.3"),
        ["invalid-number: `1.2.3` is not a number at \"1.2.3\""]
    );
    assert_eq!(
        expression_errors("1e"),
        ["syntax: found `e` where the end of the expression should be at \"e\""]
    );
}

#[test]
fn a_lone_sequence_keeps_its_type_and_others_make_text() {
    assert_eq!(read(r#""${a}""#), "wrap(a)");
    assert_eq!(read(r#""x${a}y""#), r#"t("x" a "y")"#);
    assert_eq!(read(r#""""#), r#""""#);
    assert_eq!(
        read(r#""a$b%c $${d} %%{e} $$${f}""#),
        r#""a$b%c ${d} %{e} $${f}""#
    );
    assert_eq!(
        read(r#""\n\r\t\"\\\u00e9\U0001F600""#),
        "\"\\n\\r\\t\\\"\\\\é😀\""
    );
    assert_eq!(read("\"e\u{301}\""), "\"é\"");
}

#[test]
fn marks_trim_the_blank_next_to_them() {
    assert_eq!(read(r#""a  ${~ x ~}  b""#), r#"t("a" x "b")"#);
    assert_eq!(
        read(r#""a %{~ if x ~} b %{~ else ~} c %{~ endif ~} d""#),
        r#"t("a" if(x ["b"] ["c"]) "d")"#
    );
    assert_eq!(read("<<E\n${x ~}\n  y\nE\n"), r#"t(x "  y\n")"#);
    assert_eq!(
        read("<<-E\n  %{ for a in b ~}\n  item\n  %{ endfor ~}\nE\n"),
        r#"t(for(- a b ["  item\n"]))"#
    );
}

#[test]
fn directives_nest() {
    assert_eq!(
        read(r#""%{ for k, v in m }%{ if v }${k}%{ endif }%{ endfor }""#),
        "t(for(k v m [if(v [k] [])]))"
    );
    assert_eq!(
        expression_errors(r#""%{ if a }%{ endfor }""#),
        [
            "invalid-template: `%{ if }` is never ended at \"%{ if a }\"",
            "invalid-template: `%{ endfor }` has no directive to belong to at \"%{ endfor }\""
        ]
    );
    assert_eq!(
        expression_errors(r#""%{ nope }""#),
        ["invalid-template: found `nope` where a directive's name should be at \"nope\""]
    );
}

#[test]
fn heredocs_lose_only_common_indentation_and_keep_line_ends() {
    assert_eq!(read("<<E\n  a\r\n\\n\n E\n"), r#""  a\r\n\\n\n""#);
    assert_eq!(
        read("<<-E\n    a\n \n  b ${x}\n\tc\n  E\n"),
        r#"t("   a\n \n b " x "\nc\n")"#
    );
    assert_eq!(read("<<-E\n    a\n  ${x}\n  E\n"), r#"t("  a\n" x "\n")"#);
    assert_eq!(read("<<E\nE\n"), r#""""#);
    assert_eq!(
        read("f(<<E\n${<<E\nx\nE\n}\nE\n, 1)"),
        r#"f(t("x\n" "\n") 1)"#
    );
}

#[test]
fn the_whole_text_can_be_a_template() {
    let read = |text: &str| {
        let (expr, diagnostics) = parse_template(FileId(0), text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        show(&expr)
    };
    assert_eq!(read("a \\n \"b\"\n"), r#""a \\n \"b\"\n""#);
    assert_eq!(read("${x}"), "wrap(x)");
    assert_eq!(read("a\n  ${~ x ~}\n  b"), r#"t("a\n" x "  b")"#);
    assert_eq!(read(""), r#""""#);
}

#[test]
fn a_reference_is_read_alone() {
    let read = |text: &str| {
        let (found, diagnostics) = parse_traversal(FileId(0), text);
        assert_eq!(found.is_none(), diagnostics.has_errors());
        found.map(|(root, steps)| {
            format!(
                "{}{}",
                root.text,
                steps.iter().map(show_step).collect::<String>()
            )
        })
    };
    assert_eq!(read("a.b[0]").as_deref(), Some("a.b[0]"));
    assert_eq!(read("a[b]"), None);
    assert_eq!(read("1"), None);
    assert_eq!(read(""), None);
}

#[test]
fn a_body_keeps_its_items_in_order_with_exact_places() {
    let text = "\u{feff}a = 1 # one\nb \"x\" y {\n  c = [1,\n 2]\n}\n\nd { e = 2 }\nf {}";
    let plain = &text[3..];
    let (body, diagnostics) = parse_body(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let at = |span: model::Span| &plain[span.start as usize..span.end as usize];
    assert_eq!(at(body.attributes[0].span()), "a = 1");
    let block = &body.blocks[0];
    assert_eq!(at(block.header), "b \"x\" y");
    assert_eq!(at(block.span), "b \"x\" y {\n  c = [1,\n 2]\n}");
    assert_eq!(
        block
            .labels
            .iter()
            .map(|label| label.text.as_str())
            .collect::<Vec<_>>(),
        ["x", "y"]
    );
    assert_eq!(at(block.labels[0].span), "\"x\"");
    assert_eq!(at(block.body.span), "\n  c = [1,\n 2]\n");
    assert_eq!(at(block.body.attributes[0].expr.span), "[1,\n 2]");
    assert_eq!(
        body.blocks
            .iter()
            .map(|block| block.kind.text.as_str())
            .collect::<Vec<_>>(),
        ["b", "d", "f"]
    );
}

#[test]
fn every_error_of_a_file_is_found() {
    let text = "\
resource \"a\" \"b\" {
  x = [1, 2
  y = 3
  z = foo(1,
  w = 4
  tags = {
    b 2
    c = = 3
  }
  q = \"abc
  r = 'x'
  s = \"x ${a b} ${c d}\"
}
\"quoted\" = 1
foo: 2
bar
{
  x = 1
}
m = \"line1
line2\"
data \"x\" \"y\" = {
  a = 1
}
x = 1
x = 2
";
    assert_eq!(
        body_errors(text),
        [
            "unterminated: `[` is never closed at \"[\"",
            "unterminated: `(` is never closed at \"(\"",
            "syntax: found `2` where `=` should be at \"2\"",
            "syntax: found `=` where a value should be at \"=\"",
            "unterminated: `\"` is not closed before the line ends at \"\\\"\"",
            "invalid-character: found `'`, but strings stand in double quotes at \"'\"",
            "syntax: found `b` where `}` should be at \"b\"",
            "syntax: found `d` where `}` should be at \"d\"",
            "syntax: found a quoted string where an argument or a block should be at \"\\\"\"",
            "syntax: found `:` where `=` or a block should be at \":\"",
            "syntax: found the end of the line where `=` or a block should be at \"\\n\"",
            "unterminated: `\"` is not closed before the line ends at \"\\\"\"",
            "syntax: found `=` where `{` should be at \"=\"",
            "duplicate-argument: `x` is set a second time at \"x\"",
        ]
    );
    let (body, _) = parse_body(FileId(0), text);
    assert_eq!(body.attributes.len(), 2, "m and the first x");
    assert_eq!(body.blocks[0].body.attributes.len(), 8);
}

#[test]
fn an_open_brace_is_shown_where_indentation_says() {
    let text = "a {\n  b {\n    c = 1\n}\n\nd {\n  e = 1\n}\n";
    let (_, diagnostics) = parse_body(FileId(0), text);
    let span = diagnostics
        .iter()
        .next()
        .unwrap()
        .primary
        .as_ref()
        .unwrap()
        .span;
    assert_eq!(&text[..span.start as usize], "a {\n  b ");
    assert_eq!(
        body_errors("a {\n  b = 1\n"),
        ["unterminated: `{` is never closed at \"{\""]
    );
    assert_eq!(
        body_errors("a = <<E\nx\n E,\n"),
        ["unterminated: the heredoc `E` is never closed at \"<<E\""]
    );
    assert_eq!(
        body_errors("a = 1 /* b\n"),
        ["unterminated: `/*` is never closed at \"/*\""]
    );
    assert_eq!(
        body_errors("a = \"b"),
        ["unterminated: `\"` is not closed before the line ends at \"\\\"\""]
    );
    assert_eq!(body_errors("a = 1\n}\nb = = 2\n").len(), 2);
    assert_eq!(
        body_errors("a = {\n  b = 1\nvariable \"c\" {\n}\n"),
        ["unterminated: `{` is never closed at \"{\""]
    );
}

#[test]
fn wrong_characters_are_named() {
    assert_eq!(
        expression_errors("a & b")[0],
        "invalid-character: found `&`, but there are no operators on bits at \"&\""
    );
    assert_eq!(
        expression_errors("<<E\na\rb\r\nE\n"),
        ["invalid-character: found a carriage return without a line feed at \"\\r\""]
    );
    assert_eq!(
        expression_errors("a\u{a0}b")[0],
        "invalid-character: found the character U+00A0, which has no meaning here at \"\\u{a0}\""
    );
    assert_eq!(
        expression_errors(r#""\q\u12""#),
        [
            "invalid-escape: `\\q` is not an escape at \"\\\\q\"",
            "invalid-escape: `\\u12` is not a character at \"\\\\u12\""
        ]
    );
}

/// Runs on the stack that a thread of an engine has.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

/// Every way to nest, `depth` levels deep.
fn nested(depth: usize) -> Vec<(&'static str, String)> {
    let around =
        |open: &str, middle: &str, close: &str| open.repeat(depth) + middle + &close.repeat(depth);
    vec![
        ("parentheses", around("(", "x", ")")),
        ("lists", around("[", "", "]")),
        ("objects", around("{a=", "1", "}")),
        ("calls", around("f(", "x", ")")),
        ("indexes", around("a[", "x", "]")),
        ("splats", "a".to_owned() + &"[*].b".repeat(depth)),
        ("templates", around("\"${", "x", "}\"")),
        ("mixed templates", around("\"a${[", "x", "]}b\"")),
        ("negations", around("-", "x", "")),
        ("conditionals", around("a ? b : ", "c", "")),
        ("conditionals in the middle", around("a ? ", "b", " : c")),
        ("for", around("[for a in ", "b", ": a]")),
        ("right operands", around("1 + (", "2", ")")),
    ]
}

#[test]
fn a_thousand_levels_can_be_read_copied_and_dropped() {
    on_small_stack(|| {
        for (name, text) in nested(900) {
            let (expr, diagnostics) = parse_expression(FileId(0), &text);
            assert!(diagnostics.is_empty(), "{name}");
            let copy = expr.clone();
            assert!(format!("{copy:?}").len() > 900, "{name}");
        }
        let directives = "%{if a}".repeat(1000) + &"%{endif}".repeat(1000);
        assert!(parse_template(FileId(0), &directives).1.is_empty());
        let blocks = "a {\n".repeat(1000) + &"}\n".repeat(1000);
        assert!(parse_body(FileId(0), &blocks).1.is_empty());
    });
}

#[test]
fn too_many_levels_are_one_error() {
    on_small_stack(|| {
        let id = |diagnostics: Diagnostics| {
            diagnostics
                .iter()
                .map(|diagnostic| diagnostic.id.clone())
                .collect::<Vec<_>>()
        };
        for depth in [MAX_DEPTH + 1, 100_000] {
            for (name, text) in nested(depth) {
                let t = std::time::Instant::now();
                assert_eq!(
                    id(parse_expression(FileId(0), &text).1),
                    ["deep-recursion"],
                    "{name}"
                );
                eprintln!("{name} {:?}", t.elapsed());
            }
            let directives = "%{if a}".repeat(depth) + &"%{endif}".repeat(depth);
            assert_eq!(
                id(parse_template(FileId(0), &directives).1),
                ["deep-recursion"]
            );
            let blocks = "a {\n".repeat(depth) + &"}\n".repeat(depth);
            assert_eq!(id(parse_body(FileId(0), &blocks).1), ["deep-recursion"]);
            let open = "(".repeat(depth) + &"]".repeat(depth);
            assert_eq!(id(parse_expression(FileId(0), &open).1), ["deep-recursion"]);
        }
    });
}

#[test]
fn chains_have_no_limit() {
    on_small_stack(|| {
        for text in [
            "1".to_owned() + &" + 1".repeat(100_000),
            "a".to_owned() + &".b".repeat(100_000),
            "a".to_owned() + &"[b]".repeat(100_000),
            "a".to_owned() + &".*.b[0]".repeat(100_000),
            "\"".to_owned() + &"${a}b".repeat(100_000) + "\"",
        ] {
            let (expr, diagnostics) = parse_expression(FileId(0), &text);
            assert!(diagnostics.is_empty());
            drop(expr.clone());
        }
    });
}
