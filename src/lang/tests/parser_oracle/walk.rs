//! Visits every expression of a tree.

use lang::syntax::ast::{Body, Expr, ExprKind, SplatStep, TemplatePart};

/// Visits every expression in a body.
pub(crate) fn body(of: &Body, visit: &mut dyn FnMut(&Expr)) {
    for attribute in &of.attributes {
        expr(&attribute.expr, visit);
    }
    for block in &of.blocks {
        body(&block.body, visit);
    }
}

/// Visits an expression and every expression in it.
pub(crate) fn expr(of: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(of);
    match &of.kind {
        ExprKind::Literal(_) | ExprKind::Traversal { .. } | ExprKind::Error => {}
        ExprKind::Template(inner) => parts(inner, visit),
        ExprKind::Wrap(inner) | ExprKind::Paren(inner) => expr(inner, visit),
        ExprKind::Relative { source, .. } => expr(source, visit),
        ExprKind::Index { source, key } => {
            expr(source, visit);
            expr(key, visit);
        }
        ExprKind::Splat { source, each, .. } => {
            expr(source, visit);
            steps(each, visit);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| expr(arg, visit)),
        ExprKind::Unary { operand, .. } => expr(operand, visit),
        ExprKind::Binary { left, right, .. } => {
            expr(left, visit);
            expr(right, visit);
        }
        ExprKind::Conditional { condition, yes, no } => {
            for part in [condition, yes, no] {
                expr(part, visit);
            }
        }
        ExprKind::Tuple(items) => items.iter().for_each(|item| expr(item, visit)),
        ExprKind::Object(items) => {
            for item in items {
                expr(&item.key, visit);
                expr(&item.value, visit);
            }
        }
        ExprKind::For(each) => {
            expr(&each.collection, visit);
            expr(&each.value, visit);
            for part in [&each.key, &each.condition].into_iter().flatten() {
                expr(part, visit);
            }
        }
    }
}

fn parts(of: &[TemplatePart], visit: &mut dyn FnMut(&Expr)) {
    for part in of {
        match part {
            TemplatePart::Text(..) => {}
            TemplatePart::Value(value) => expr(value, visit),
            TemplatePart::If {
                condition, yes, no, ..
            } => {
                expr(condition, visit);
                parts(yes, visit);
                parts(no, visit);
            }
            TemplatePart::For {
                collection, body, ..
            } => {
                expr(collection, visit);
                parts(body, visit);
            }
        }
    }
}

fn steps(of: &[SplatStep], visit: &mut dyn FnMut(&Expr)) {
    for step in of {
        match step {
            SplatStep::Static(_) => {}
            SplatStep::Index(key) => expr(key, visit),
            SplatStep::Splat { each, .. } => steps(each, visit),
        }
    }
}
