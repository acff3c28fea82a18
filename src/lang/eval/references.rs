//! What an expression refers to, found without evaluating it.

use model::Span;

use crate::syntax::ast::{Expr, ExprKind, ForExpr, Ident, SplatStep, TemplatePart, TraversalStep};
use crate::syntax::stack::with_room;

/// A name with the static steps after it that is not bound inside the expression.
#[derive(Clone, Copy, Debug)]
pub struct FreeTraversal<'e> {
    /// The name.
    pub root: &'e Ident,
    /// The steps; those after an index that must be evaluated are not here.
    pub steps: &'e [TraversalStep],
    /// All of it.
    pub span: Span,
    /// Whether the expression may have a value though this has none: it stands in an argument of `try` or `can`, or
    /// in what is not always evaluated (a branch, what a `for` makes of each element).
    pub may_fail: bool,
}

/// Adds everything that `expr` refers to, in the order it is written, to `out`. Names that a `for` binds are left
/// out, and so is the type that is the second argument of `convert`.
pub fn references<'e>(expr: &'e Expr, out: &mut Vec<FreeTraversal<'e>>) {
    Walk {
        out,
        bound: Vec::new(),
        may_fail: false,
    }
    .expr(expr);
}

struct Walk<'e, 'o> {
    out: &'o mut Vec<FreeTraversal<'e>>,
    /// Names bound where the walk is, the innermost last.
    bound: Vec<&'e Ident>,
    /// [`FreeTraversal::may_fail`] of what stands where the walk is.
    may_fail: bool,
}

impl<'e> Walk<'e, '_> {
    fn expr(&mut self, expr: &'e Expr) {
        if !matches!(expr.kind, ExprKind::Literal(_)) {
            with_room(|| self.nested(expr));
        }
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn nested(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Error => {}
            ExprKind::Traversal { root, steps } => {
                if !self.bound.iter().any(|bound| bound.text == root.text) {
                    self.out.push(FreeTraversal {
                        root,
                        steps,
                        span: expr.span,
                        may_fail: self.may_fail,
                    });
                }
            }
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Wrap(inner) | ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Relative { source, .. } => self.expr(source),
            ExprKind::Index { source, key } => self.all([&**source, &**key]),
            ExprKind::Splat { source, each, .. } => {
                self.expr(source);
                self.splat(each);
            }
            ExprKind::Call { name, args, .. } => match (name.last(), args.as_slice()) {
                (Some(name), [value, _]) if *name == "convert" => self.expr(value),
                (Some(name), args) if matches!(name.as_str(), "try" | "can") => {
                    self.maybe(|walk| walk.all(args));
                }
                _ => self.all(args),
            },
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { .. } => self.binary(expr),
            ExprKind::Conditional { condition, yes, no } => {
                self.expr(condition);
                self.maybe(|walk| walk.all([&**yes, &**no]));
            }
            ExprKind::Tuple(items) => self.all(items),
            ExprKind::Object(items) => {
                self.all(items.iter().flat_map(|item| [&item.key, &item.value]));
            }
            ExprKind::For(expr) => self.comprehension(expr),
        }
    }

    /// Walks the left spine of a chain without recursion.
    fn binary(&mut self, expr: &'e Expr) {
        let mut rights = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary { left, right, .. } = &leftmost.kind {
            rights.push(&**right);
            leftmost = left;
        }
        self.expr(leftmost);
        self.all(rights.into_iter().rev());
    }

    fn comprehension(&mut self, expr: &'e ForExpr) {
        self.expr(&expr.collection);
        self.bind(expr.key_name.as_ref(), &expr.value_name, |walk| {
            walk.maybe(|walk| {
                walk.all(expr.key.as_ref());
                walk.expr(&expr.value);
                walk.all(expr.condition.as_ref());
            });
        });
    }

    fn template(&mut self, parts: &'e [TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Value(expr) => self.expr(expr),
                TemplatePart::If {
                    condition, yes, no, ..
                } => {
                    self.expr(condition);
                    with_room(|| self.maybe(|walk| [yes, no].map(|part| walk.template(part))));
                }
                TemplatePart::For {
                    key,
                    value,
                    collection,
                    body,
                    ..
                } => {
                    self.expr(collection);
                    self.bind(key.as_ref(), value, |walk| {
                        with_room(|| walk.maybe(|walk| walk.template(body)));
                    });
                }
            }
        }
    }

    fn splat(&mut self, each: &'e [SplatStep]) {
        for step in each {
            match step {
                SplatStep::Static(_) => {}
                SplatStep::Index(key) => self.expr(key),
                SplatStep::Splat { each, .. } => {
                    with_room(|| self.splat(each));
                }
            }
        }
    }

    /// Walks what may fail without the expression failing.
    fn maybe<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.may_fail, true);
        let found = inside(self);
        self.may_fail = before;
        found
    }

    fn bind(&mut self, key: Option<&'e Ident>, value: &'e Ident, inside: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(key);
        self.bound.push(value);
        inside(self);
        self.bound.truncate(before);
    }
}
