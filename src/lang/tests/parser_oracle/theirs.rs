//! The shape of a tree of hcl-edit's, as the same text as `ours`.

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::{Directive, Element, Template};

/// A body with everything that evaluation needs.
pub(crate) fn body(of: &Body) -> String {
    let attributes = of
        .attributes()
        .map(|attribute| format!("{} = {}\n", attribute.key.as_str(), expr(&attribute.value)));
    let blocks = of.blocks().map(|block| {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        format!(
            "{} {labels:?} {{\n{}}}\n",
            block.ident.as_str(),
            body(&block.body)
        )
    });
    attributes.chain(blocks).collect()
}

/// An expression with everything that evaluation needs.
pub(crate) fn expr(of: &Expression) -> String {
    match of {
        Expression::Null(_) => "null".to_owned(),
        Expression::Bool(value) => value.to_string(),
        // A minus before a literal is part of it there.
        Expression::Number(number) => match number.value().to_string().strip_prefix('-') {
            Some(digits) => format!("-({digits})"),
            None => number.value().to_string(),
        },
        Expression::String(text) => format!("{:?}", text.as_str()),
        Expression::Array(items) => format!("[{}]", show_all(items.iter())),
        Expression::Object(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|(key, value)| format!("{} = {}", object_key(key), expr(value.expr())))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        Expression::StringTemplate(text) => elements(&text.iter().collect::<Vec<_>>()),
        Expression::HeredocTemplate(heredoc) => template(&heredoc.template),
        Expression::Parenthesis(inner) => format!("paren({})", expr(inner.inner())),
        Expression::Variable(name) => name.as_str().to_owned(),
        Expression::Conditional(conditional) => format!(
            "({} ? {} : {})",
            expr(&conditional.cond_expr),
            expr(&conditional.true_expr),
            expr(&conditional.false_expr)
        ),
        Expression::FuncCall(call) => {
            let namespace: String = call
                .name
                .namespace
                .iter()
                .map(|name| format!("{}::", name.as_str()))
                .collect();
            let expand = if call.args.expand_final() { "..." } else { "" };
            format!(
                "{namespace}{}({}{expand})",
                call.name.name.as_str(),
                show_all(call.args.iter())
            )
        }
        Expression::Traversal(of) => traversal(of),
        Expression::UnaryOp(unary) => format!("{}({})", unary.operator.value(), expr(&unary.expr)),
        Expression::BinaryOp(binary) => {
            format!(
                "({} {} {})",
                expr(&binary.lhs_expr),
                binary.operator.value(),
                expr(&binary.rhs_expr)
            )
        }
        Expression::ForExpr(each) => {
            let key_name = each
                .intro
                .key_var
                .as_ref()
                .map_or(String::new(), |name| format!("{}, ", name.as_str()));
            let key = each
                .key_expr
                .as_ref()
                .map_or(String::new(), |key| format!("{} => ", expr(key)));
            let condition = each.cond.as_ref().map_or(String::new(), |condition| {
                format!(" if {}", expr(&condition.expr))
            });
            format!(
                "for({key_name}{} in {} : {key}{}{}{condition})",
                each.intro.value_var.as_str(),
                expr(&each.intro.collection_expr),
                expr(&each.value_expr),
                if each.grouping { "..." } else { "" },
            )
        }
    }
}

fn traversal(of: &Traversal) -> String {
    let steps = of.operators.iter().map(|operator| match operator.value() {
        TraversalOperator::AttrSplat(_) => ".*".to_owned(),
        TraversalOperator::FullSplat(_) => "[*]".to_owned(),
        TraversalOperator::GetAttr(name) => format!(".{}", name.as_str()),
        TraversalOperator::Index(key) => format!("[{}]", expr(key)),
        TraversalOperator::LegacyIndex(index) => format!("[{}]", index.value()),
    });
    expr(&of.expr) + &steps.collect::<String>()
}

fn object_key(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(name) => format!("{:?}", name.as_str()),
        ObjectKey::Expression(Expression::Variable(name)) => format!("{:?}", name.as_str()),
        ObjectKey::Expression(key) => match expr(key) {
            word if ["true", "false", "null"].contains(&word.as_str()) => format!("{word:?}"),
            key => key,
        },
    }
}

fn show_all<'e>(exprs: impl Iterator<Item = &'e Expression>) -> String {
    exprs.map(expr).collect::<Vec<_>>().join(", ")
}

/// A template, as the expression that it is.
pub(crate) fn template(of: &Template) -> String {
    elements(&of.iter().collect::<Vec<_>>())
}

fn elements(of: &[&Element]) -> String {
    let literals: Option<String> = of
        .iter()
        .map(|element| element.as_literal().map(|text| text.as_str()))
        .collect();
    match (literals, of) {
        (Some(text), _) => format!("{text:?}"),
        (None, [Element::Interpolation(only)]) => format!("wrap({})", expr(&only.expr)),
        (None, _) => format!("template({})", show_elements(of)),
    }
}

fn show_elements(of: &[&Element]) -> String {
    let parts = of.iter().map(|element| match element {
        Element::Literal(text) => format!("{:?}", text.as_str()),
        Element::Interpolation(value) => expr(&value.expr),
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(directive) => {
                let no = directive
                    .else_expr
                    .as_ref()
                    .map_or(String::new(), |no| show_template(&no.template));
                format!(
                    "if({}: {} else {no})",
                    expr(&directive.if_expr.cond_expr),
                    show_template(&directive.if_expr.template)
                )
            }
            Directive::For(directive) => {
                let each = &directive.for_expr;
                let key = each
                    .key_var
                    .as_ref()
                    .map_or(String::new(), |key| format!("{}, ", key.as_str()));
                format!(
                    "for({key}{} in {}: {})",
                    each.value_var.as_str(),
                    expr(&each.collection_expr),
                    show_template(&each.template)
                )
            }
        },
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn show_template(of: &Template) -> String {
    show_elements(&of.iter().collect::<Vec<_>>())
}
