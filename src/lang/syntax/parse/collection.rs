//! Reads lists, objects and `for` expressions.

use model::{Diagnostic, Value};

use super::cursor::{Bracket, Cursor, Parsed};
use super::recover::Resume;
use super::token::{Newlines, TokenKind};
use crate::syntax::ast::{Expr, ExprKind, ForExpr, Ident, ObjectItem};

impl Cursor<'_> {
    /// `[..]`: a list or a `for` expression.
    pub(super) fn list(&mut self) -> Parsed<Expr> {
        let start = self.open(Bracket::Square, Newlines::Skip).start;
        if self.at_word("for") {
            let each = self.for_expression(Shape::Tuple)?;
            return Ok(self.expr_from(start, ExprKind::For(Box::new(each))));
        }
        let mut items = Vec::new();
        while !self.at(TokenKind::RightBracket) {
            items.push(self.expression()?);
            if self.take_if(TokenKind::Comma).is_none() && !self.at(TokenKind::RightBracket) {
                return self.fail_inside("`,` or `]`");
            }
        }
        self.close();
        items.shrink_to_fit();
        Ok(self.expr_from(start, ExprKind::Tuple(items)))
    }

    /// `{..}`: an object or a `for` expression.
    pub(super) fn object(&mut self) -> Parsed<Expr> {
        let start = self.open(Bracket::Object, Newlines::Skip).start;
        if self.at_word("for") {
            if let Some(open) = self.open.last_mut() {
                open.bracket = Bracket::ForBrace;
            }
            let each = self.for_expression(Shape::Object)?;
            return Ok(self.expr_from(start, ExprKind::For(Box::new(each))));
        }
        self.newlines = Newlines::Count;
        self.go_to(self.taken);
        let level = self.open.len();
        let mut items = Vec::new();
        loop {
            while self.take_if(TokenKind::Newline).is_some() {}
            if self.at(TokenKind::RightBrace) {
                break;
            }
            let item_start = self.token.start;
            match self.object_item() {
                Ok(item) => items.push(item),
                Err(reported) => match self.recover(level) {
                    // Without progress the same item would be read for ever.
                    Resume::Item if self.token.start > item_start => {
                        self.take();
                    }
                    Resume::Close => break,
                    Resume::Item | Resume::Outside => return Err(reported),
                },
            }
        }
        self.close();
        items.shrink_to_fit();
        Ok(self.expr_from(start, ExprKind::Object(items)))
    }

    /// One item with the comma or newline after it.
    fn object_item(&mut self) -> Parsed<ObjectItem> {
        let key = self.expression()?;
        if !self.at(TokenKind::Equal) && !self.at(TokenKind::Colon) {
            return self.fail_no_separator(&key);
        }
        self.take();
        let value = self.expression()?;
        let ended = self.at(TokenKind::RightBrace)
            || self.take_if(TokenKind::Comma).is_some()
            || self.take_if(TokenKind::Newline).is_some();
        if !ended {
            return self.fail_inside("`,`, a new line or `}`");
        }
        Ok(ObjectItem {
            key: as_key(key),
            value,
        })
    }

    fn fail_no_separator<T>(&mut self, key: &Expr) -> Parsed<T> {
        let help = match (self.kind(), &key.kind) {
            (TokenKind::Arrow, _) => "write `=`; `=>` stands only in `for` expressions",
            (TokenKind::EqualEqual, _) => "write one `=`",
            (TokenKind::Identifier, _) => "a key of several words stands in quotes",
            (_, ExprKind::Traversal { .. } | ExprKind::Literal(_)) => "write `key = value`",
            _ => "an object is written `{ key = value, .. }`, a list `[value, ..]`",
        };
        if self.at(TokenKind::Quote) || self.at(TokenKind::End) {
            return self.fail_inside("`=`");
        }
        let diagnostic = self.wanting_with("`=`", help);
        self.fail(self.token.start, diagnostic)
    }

    /// `for` up to and with the closing bracket.
    fn for_expression(&mut self, shape: Shape) -> Parsed<ForExpr> {
        self.take();
        let (key_name, value_name) = self.for_names()?;
        let collection = self.expression()?;
        if self.take_if(TokenKind::Colon).is_none() {
            return self.fail_inside("`:`");
        }
        let first = self.expression()?;
        let (key, value) = match (shape, self.at(TokenKind::Arrow)) {
            (Shape::Tuple, false) => (None, first),
            (Shape::Object, true) => {
                self.take();
                (Some(first), self.expression()?)
            }
            (Shape::Tuple, true) => {
                let diagnostic =
                    self.wanting_with("`]`", "a key and `=>` make an object, which stands in `{}`");
                return self.fail(self.token.start, diagnostic);
            }
            (Shape::Object, false) => {
                let diagnostic = self.wanting_with(
                    "`=>`",
                    "write `{for .. : key => value}`, or `[for .. : value]` for a list",
                );
                return self.fail(self.token.start, diagnostic);
            }
        };
        let group = self.take_if(TokenKind::Ellipsis);
        if let (Shape::Tuple, Some(ellipsis)) = (shape, group) {
            let diagnostic = Diagnostic::error("syntax", "found `...` after the value of a list")
                .at(
                    self.token_span(ellipsis),
                    "only an object groups values by key",
                )
                .help("leave `...` out, or write `{for .. : key => value...}`");
            return self.fail(ellipsis.start, diagnostic);
        }
        let condition = if self.at_word("if") {
            self.take();
            Some(self.expression()?)
        } else {
            None
        };
        let closer = match shape {
            Shape::Tuple => TokenKind::RightBracket,
            Shape::Object => TokenKind::RightBrace,
        };
        if !self.at(closer) {
            return self.fail_inside(if shape == Shape::Tuple { "`]`" } else { "`}`" });
        }
        self.close();
        Ok(ForExpr {
            key_name,
            value_name,
            collection,
            key,
            value,
            group: group.is_some(),
            condition,
        })
    }

    /// `k, v in` or `v in`.
    pub(super) fn for_names(&mut self) -> Parsed<(Option<Ident>, Ident)> {
        let first = self.for_name()?;
        let second = if self.take_if(TokenKind::Comma).is_some() {
            Some(self.for_name()?)
        } else {
            None
        };
        if !self.at_word("in") {
            let diagnostic = self.wanting_with(
                "`in`",
                "write `for value in collection` or `for key, value in ..`",
            );
            return self.fail(self.token.start, diagnostic);
        }
        self.take();
        Ok(match second {
            Some(value) => (Some(first), value),
            None => (None, first),
        })
    }

    fn for_name(&mut self) -> Parsed<Ident> {
        if !self.at(TokenKind::Identifier) {
            let diagnostic = self.wanting_with(
                "a variable's name",
                "`for` starts a `for` expression; a key of this name stands in quotes",
            );
            return self.fail(self.token.start, diagnostic);
        }
        let token = self.take();
        Ok(self.ident(token))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Tuple,
    Object,
}

/// A bare word as a key is a string; anything else stays as it is.
fn as_key(mut key: Expr) -> Expr {
    let text = match &key.kind {
        ExprKind::Traversal { root, steps } if steps.is_empty() => root.text.clone(),
        ExprKind::Literal(Value::Bool(true)) => "true".into(),
        ExprKind::Literal(Value::Bool(false)) => "false".into(),
        ExprKind::Literal(Value::Null(_)) => "null".into(),
        _ => return key,
    };
    key.kind = ExprKind::Literal(Value::String(text));
    key
}
