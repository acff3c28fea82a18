//! The parser against another one (hcl-edit) on generated text, and against text that nobody would write.
//!
//! Left out of the comparison is what hcl-edit reads otherwise than Terraform: numbers that are no `f64`, repeated keys
//! of an object, text that is not in normalisation form C, escapes inside of directives, `<<-` around directives, `~`
//! (which it does not apply), `.*` twice, two legacy indexes in a row, nesting beyond 64 levels. Unit tests and the conformance cases have those.

mod generate;
mod ours;
mod theirs;
mod walk;

use lang::syntax::json::{BodyShape, json_body, parse_json};
use lang::syntax::{format, parse_body, parse_expression, parse_template, parse_traversal};
use model::{Diagnostics, FileId, Span};
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn messages(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect()
}

/// Whether a place is one of the text.
fn is_place(text: &str, span: Span) -> bool {
    text.get(span.start as usize..span.end as usize).is_some()
}

/// Reads text in every way there is; checks that what is said about it points into it.
fn read_all(text: &str) {
    let file = FileId(0);
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (body, mut diagnostics) = parse_body(file, text);
    walk::body(&body, &mut |expr| {
        assert!(is_place(plain, expr.span), "{text:?}: {expr:?}")
    });
    let formatted = format(text);
    assert_eq!(formatted.is_err(), diagnostics.has_errors());
    let (expr, found) = parse_expression(file, text);
    walk::expr(&expr, &mut |expr| {
        assert!(is_place(plain, expr.span), "{text:?}: {expr:?}")
    });
    diagnostics.extend(found);
    let (template, found) = parse_template(file, text);
    walk::expr(&template, &mut |expr| {
        assert!(is_place(plain, expr.span), "{text:?}: {expr:?}")
    });
    diagnostics.extend(found);
    diagnostics.extend(parse_traversal(file, text).1);
    let (node, found) = parse_json(file, text);
    assert_eq!(node.is_none(), found.has_errors());
    diagnostics.extend(found);
    if let Some(node) = node {
        diagnostics.extend(json_body(&node, &BodyShape::default()).1);
    }
    for diagnostic in &diagnostics {
        assert!(diagnostic.primary.is_some(), "{text:?}: {diagnostic:?}");
        for label in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            assert!(is_place(plain, label.span), "{text:?}: {diagnostic:?}");
        }
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_body_is_what_the_oracle_says(text in generate::body()) {
        let oracle = hcl_edit::parser::parse_body(&text);
        let oracle = oracle.map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        let (body, diagnostics) = parse_body(FileId(0), &text);
        prop_assert!(diagnostics.is_empty(), "{:?}\n{}", messages(&diagnostics), text);
        prop_assert_eq!(ours::body(&body), theirs::body(&oracle), "\n{}", text);
    }

    #[test]
    fn an_expression_is_what_the_oracle_says(text in generate::expression()) {
        // In parentheses, because the oracle minds newlines otherwise.
        let oracle = hcl_edit::parser::parse_expr(&format!("({text})"));
        let oracle = oracle.map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        let (expr, diagnostics) = parse_expression(FileId(0), &text);
        prop_assert!(diagnostics.is_empty(), "{:?}\n{}", messages(&diagnostics), text);
        prop_assert_eq!(format!("paren({})", ours::expr(&expr)), theirs::expr(&oracle), "\n{}", text);
    }

    #[test]
    fn a_template_is_what_the_oracle_says(text in generate::template_text()) {
        let oracle = hcl_edit::parser::parse_template(&text);
        let oracle = oracle.map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        let (expr, diagnostics) = parse_template(FileId(0), &text);
        prop_assert!(diagnostics.is_empty(), "{:?}\n{}", messages(&diagnostics), text);
        prop_assert_eq!(ours::expr(&expr), theirs::template(&oracle), "\n{}", text);
    }

    #[test]
    fn the_text_of_a_place_reads_as_what_is_there(text in generate::body()) {
        let (body, diagnostics) = parse_body(FileId(0), &text);
        prop_assert!(diagnostics.is_empty(), "{:?}\n{}", messages(&diagnostics), text);
        walk::body(&body, &mut |expr| {
            let part = &text[expr.span.start as usize..expr.span.end as usize];
            let (again, diagnostics) = parse_expression(FileId(0), part);
            let shown = ours::expr(expr);
            // A bare word as a key is a string though it stands without quotes.
            if shown != format!("{part:?}") {
                assert!(diagnostics.is_empty(), "{part:?} of {text}: {diagnostics:?}");
                assert_eq!(ours::expr(&again), shown, "{part:?} of {text}");
            }
        });
    }

    #[test]
    fn layout_keeps_the_meaning(text in generate::body()) {
        let formatted = format(&text).map_err(|_| TestCaseError::fail("not read"))?;
        let (before, after) = (parse_body(FileId(0), &text).0, parse_body(FileId(0), &formatted).0);
        prop_assert_eq!(ours::unwrapped_body(&before), ours::unwrapped_body(&after), "\n{}", text);
        // A lone sequence in a lone sequence is a lone sequence after the first time, as in Terraform.
        if !text.contains("\"${") {
            prop_assert_eq!(format(&formatted), Ok(formatted.clone()), "a second time");
        }
    }

    #[test]
    fn changed_text_is_read_or_refused(text in generate::body(), changes in generate::changes()) {
        read_all(&generate::changed(&text, &changes));
    }

    #[test]
    fn any_tokens_are_read_or_refused(text in generate::soup()) {
        read_all(&text);
    }

    #[test]
    fn any_characters_are_read_or_refused(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn changed_json_is_read_or_refused(text in generate::json(), changes in generate::changes()) {
        let (node, diagnostics) = parse_json(FileId(0), &text);
        prop_assert!(node.is_some(), "{:?}\n{}", messages(&diagnostics), text);
        read_all(&text);
        read_all(&generate::changed(&text, &changes));
    }
}
