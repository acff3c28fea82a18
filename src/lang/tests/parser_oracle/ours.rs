//! The shape of a tree of ours, as text.

use lang::syntax::ast::{
    BinaryOp, Body, Expr, ExprKind, SplatForm, SplatStep, TemplatePart, TraversalKind,
    TraversalStep, UnaryOp,
};
use model::{Str, Value};

/// A body with everything that evaluation needs.
pub(crate) fn body(of: &Body) -> String {
    show_body(of, &expr)
}

/// As [`body`], where a value that is a lone sequence or in parentheses is shown as what is in it.
pub(crate) fn unwrapped_body(of: &Body) -> String {
    fn unwrapped(value: &Expr) -> String {
        if let ExprKind::Wrap(inner) | ExprKind::Paren(inner) = &value.kind {
            return unwrapped(inner);
        }
        expr(value)
    }
    show_body(of, &unwrapped)
}

fn show_body(of: &Body, value: &dyn Fn(&Expr) -> String) -> String {
    let mut shown = String::new();
    for attribute in &of.attributes {
        shown += &format!("{} = {}\n", attribute.name.text, value(&attribute.expr));
    }
    for block in &of.blocks {
        let labels: Vec<&str> = block
            .labels
            .iter()
            .map(|label| label.text.as_str())
            .collect();
        shown += &format!(
            "{} {labels:?} {{\n{}}}\n",
            block.kind.text,
            show_body(&block.body, value)
        );
    }
    shown
}

/// An expression with everything that evaluation needs.
pub(crate) fn expr(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Template(parts) => format!("template({})", show_parts(parts)),
        ExprKind::Wrap(inner) => format!("wrap({})", expr(inner)),
        ExprKind::Traversal { root, steps } => format!("{}{}", root.text, show_steps(steps)),
        ExprKind::Relative { source, steps } => format!("{}{}", expr(source), show_steps(steps)),
        ExprKind::Index { source, key } => format!("{}[{}]", expr(source), expr(key)),
        ExprKind::Splat {
            source, form, each, ..
        } => format!("{}{}", expr(source), show_splat(*form, each)),
        ExprKind::Call {
            name, args, expand, ..
        } => {
            let name: Vec<&str> = name.iter().map(Str::as_str).collect();
            format!(
                "{}({}{})",
                name.join("::"),
                show_all(args),
                if *expand { "..." } else { "" }
            )
        }
        ExprKind::Unary { op, operand } => {
            let op = match op {
                UnaryOp::Negate => "-",
                UnaryOp::Not => "!",
            };
            format!("{op}({})", expr(operand))
        }
        ExprKind::Binary {
            op, left, right, ..
        } => format!("({} {} {})", expr(left), binary(*op), expr(right)),
        ExprKind::Conditional { condition, yes, no } => {
            format!("({} ? {} : {})", expr(condition), expr(yes), expr(no))
        }
        ExprKind::Tuple(items) => format!("[{}]", show_all(items)),
        ExprKind::Object(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{} = {}", expr(&item.key), expr(&item.value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        ExprKind::For(each) => {
            let key_name = each
                .key_name
                .as_ref()
                .map_or(String::new(), |name| format!("{}, ", name.text));
            let key = each
                .key
                .as_ref()
                .map_or(String::new(), |key| format!("{} => ", expr(key)));
            let condition = each.condition.as_ref().map_or(String::new(), |condition| {
                format!(" if {}", expr(condition))
            });
            format!(
                "for({key_name}{} in {} : {key}{}{}{condition})",
                each.value_name.text,
                expr(&each.collection),
                expr(&each.value),
                if each.group { "..." } else { "" },
            )
        }
        ExprKind::Paren(inner) => format!("paren({})", expr(inner)),
        ExprKind::Error => "error".to_owned(),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.as_str()),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null(_) => "null".to_owned(),
        Value::Unknown(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Tuple(_)
        | Value::Object(_)
        | Value::Marked(_) => format!("{value:?}"),
    }
}

fn show_all(exprs: &[Expr]) -> String {
    exprs.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn show_parts(parts: &[TemplatePart]) -> String {
    let parts = parts.iter().map(|part| match part {
        TemplatePart::Text(text, _) => format!("{:?}", text.as_str()),
        TemplatePart::Value(value) => expr(value),
        TemplatePart::If {
            condition, yes, no, ..
        } => {
            format!(
                "if({}: {} else {})",
                expr(condition),
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
            let key = key
                .as_ref()
                .map_or(String::new(), |key| format!("{}, ", key.text));
            format!(
                "for({key}{} in {}: {})",
                value.text,
                expr(collection),
                show_parts(body)
            )
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn show_steps(steps: &[TraversalStep]) -> String {
    let steps = steps.iter().map(|step| match &step.kind {
        TraversalKind::Attribute(name) => format!(".{name}"),
        TraversalKind::Index(key) => format!("[{}]", literal(key)),
    });
    steps.collect()
}

fn show_splat(form: SplatForm, each: &[SplatStep]) -> String {
    let steps = each.iter().map(|step| match step {
        SplatStep::Static(step) => show_steps(std::slice::from_ref(step)),
        SplatStep::Index(key) => format!("[{}]", expr(key)),
        SplatStep::Splat { form, each, .. } => show_splat(*form, each),
    });
    let marker = match form {
        SplatForm::Attribute => ".*",
        SplatForm::Full => "[*]",
    };
    format!("{marker}{}", steps.collect::<String>())
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
    }
}
