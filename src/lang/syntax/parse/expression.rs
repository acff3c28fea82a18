//! Reads expressions: conditionals, operators, and the terms they join.

use model::{Diagnostic, Number, Value};

use super::cursor::{Bracket, Cursor, Open, Parsed};
use super::token::{Newlines, Token, TokenKind};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

impl Cursor<'_> {
    /// An expression that is all of the text.
    pub(super) fn whole_expression(&mut self) -> Expr {
        let read = self.expression().and_then(|expr| {
            if self.at(TokenKind::End) {
                return Ok(expr);
            }
            let diagnostic = self
                .wanting("the end of the expression")
                .and_at(expr.span, "the expression that was read");
            self.fail(self.token.start, diagnostic)
        });
        read.unwrap_or_else(|_| Expr {
            kind: ExprKind::Error,
            span: self.span(0, self.text.len()),
        })
    }

    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let start = self.token.start;
        let condition = self.binary(0)?;
        if self.take_if(TokenKind::Question).is_none() {
            return Ok(condition);
        }
        let yes = self.expression()?;
        if self.take_if(TokenKind::Colon).is_none() {
            let diagnostic = self.wanting_with(
                "`:`",
                "write both results: `condition ? value_if_true : value_if_false`",
            );
            return self.fail(self.token.start, diagnostic);
        }
        let no = self.expression()?;
        let kind = ExprKind::Conditional {
            condition: Box::new(condition),
            yes: Box::new(yes),
            no: Box::new(no),
        };
        Ok(self.expr_from(start, kind))
    }

    /// Operators that bind at least as strongly as `least`, and their operands.
    fn binary(&mut self, least: u8) -> Parsed<Expr> {
        let start = self.token.start;
        let mut left = self.unary()?;
        while let Some((op, strength)) =
            binary_op(self.kind()).filter(|(_, strength)| *strength >= least)
        {
            let token = self.take();
            let right = self.binary(strength + 1)?;
            let kind = ExprKind::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right),
                op_span: self.token_span(token),
            };
            left = self.expr_from(start, kind);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let op = match self.kind() {
            TokenKind::Minus => UnaryOp::Negate,
            TokenKind::Bang => UnaryOp::Not,
            _ => {
                let start = self.token.start;
                let term = self.term()?;
                return self.with_steps(term, start);
            }
        };
        let start = self.take().start;
        let operand = Box::new(self.deeper(Self::unary)?);
        Ok(self.expr_from(start, ExprKind::Unary { op, operand }))
    }

    fn term(&mut self) -> Parsed<Expr> {
        let token = self.token;
        match token.kind {
            TokenKind::Identifier => self.word_term(),
            TokenKind::Number => self.number(),
            TokenKind::Quote => Ok(self.quoted()),
            TokenKind::Heredoc => Ok(self.heredoc()),
            TokenKind::LeftParen => self.group(),
            TokenKind::LeftBracket => self.list(),
            TokenKind::LeftBrace => self.object(),
            _ => self.fail_no_value(),
        }
    }

    fn fail_no_value<T>(&mut self) -> Parsed<T> {
        if self.at(TokenKind::End)
            && let Some(open) = self.innermost()
        {
            return self.fail_unclosed(open);
        }
        let diagnostic = match self.kind() {
            TokenKind::Less if self.slice(self.token.end, self.token.end + 1) == "<" => {
                self.wanting_with("a value", "a heredoc is `<<NAME` or `<<-NAME` and nothing else on the line")
            }
            TokenKind::Newline => self.wanting_with(
                "a value",
                "the value starts on the same line; an expression of several lines stands in parentheses",
            ),
            TokenKind::EqualEqual | TokenKind::Equal => {
                self.wanting_with("a value", "`==` compares two values; `=` sets an argument once")
            }
            _ => self.wanting("a value"),
        };
        self.fail(self.token.start, diagnostic)
    }

    /// A name, `true`, `false`, `null` or a call.
    fn word_term(&mut self) -> Parsed<Expr> {
        let token = self.take();
        if self.at(TokenKind::LeftParen) || self.at(TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.word(token) {
            "true" => ExprKind::Literal(Value::Bool(true)),
            "false" => ExprKind::Literal(Value::Bool(false)),
            "null" => ExprKind::Literal(Value::NULL),
            _ => ExprKind::Traversal {
                root: self.ident(token),
                steps: Vec::new(),
            },
        };
        Ok(self.expr_from(token.start, kind))
    }

    fn number(&mut self) -> Parsed<Expr> {
        let token = self.take();
        let value = self.number_value(token);
        Ok(self.expr_from(
            token.start,
            value.map_or(ExprKind::Error, ExprKind::Literal),
        ))
    }

    /// The value of a number token; none when it was reported.
    pub(super) fn number_value(&mut self, token: Token) -> Option<Value> {
        let word = self.word(token);
        // The token starts with a digit and holds digits, dots and exponents only.
        let number = Number::parse(word);
        if number.is_none() {
            let wanted = if word.matches('.').count() > 1 {
                "a number has one decimal point; a version is a string in quotes"
            } else {
                "a number is digits, maybe a fraction, maybe an exponent of a few digits"
            };
            let diagnostic =
                Diagnostic::error("invalid-number", format!("`{word}` is not a number"))
                    .at(self.token_span(token), "")
                    .help(wanted);
            self.report(diagnostic);
        }
        number.map(Value::Number)
    }

    fn group(&mut self) -> Parsed<Expr> {
        let start = self.open(Bracket::Paren, Newlines::Skip).start;
        let inner = self.expression()?;
        if !self.at(TokenKind::RightParen) {
            return self.fail_inside("`)`");
        }
        self.close();
        Ok(self.expr_from(start, ExprKind::Paren(Box::new(inner))))
    }

    /// A call whose first word was taken.
    fn call(&mut self, first: Token) -> Parsed<Expr> {
        let mut name = vec![self.name(first.start, first.end)];
        while self.take_if(TokenKind::DoubleColon).is_some() {
            if !self.at(TokenKind::Identifier) {
                return self.fail_wanting("the name of a function");
            }
            let word = self.take();
            name.push(self.name(word.start, word.end));
        }
        let name_span = self.span(first.start, self.taken);
        if !self.at(TokenKind::LeftParen) {
            let diagnostic = self.wanting_with(
                "`(`",
                "`::` stands only in the names of functions, which are always called",
            );
            return self.fail(self.token.start, diagnostic);
        }
        self.open(Bracket::Paren, Newlines::Skip);
        let (mut args, expand) = self.arguments()?;
        self.close();
        args.shrink_to_fit();
        Ok(self.expr_from(
            first.start,
            ExprKind::Call {
                name,
                name_span,
                args,
                expand,
            },
        ))
    }

    /// The arguments of a call up to its `)`, and whether the last is expanded.
    fn arguments(&mut self) -> Parsed<(Vec<Expr>, bool)> {
        let mut args = Vec::new();
        while !self.at(TokenKind::RightParen) {
            args.push(self.expression()?);
            if self.take_if(TokenKind::Ellipsis).is_some() {
                if self.at(TokenKind::RightParen) {
                    return Ok((args, true));
                }
                let diagnostic = self.wanting_with(
                    "`)`",
                    "only the last argument can be expanded by `...`, without a comma",
                );
                return self.fail(self.token.start, diagnostic);
            }
            if self.take_if(TokenKind::Comma).is_none() && !self.at(TokenKind::RightParen) {
                return self.fail_inside("`,` or `)`");
            }
        }
        Ok((args, false))
    }

    /// The innermost bracket that is open; the file is none.
    pub(super) fn innermost(&self) -> Option<Open> {
        self.open
            .last()
            .copied()
            .filter(|open| open.bracket != Bracket::File)
    }
}

/// An operator and how strongly it binds.
fn binary_op(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        TokenKind::OrOr => (BinaryOp::Or, 1),
        TokenKind::AndAnd => (BinaryOp::And, 2),
        TokenKind::EqualEqual => (BinaryOp::Equal, 3),
        TokenKind::BangEqual => (BinaryOp::NotEqual, 3),
        TokenKind::Less => (BinaryOp::Less, 4),
        TokenKind::LessEqual => (BinaryOp::LessOrEqual, 4),
        TokenKind::Greater => (BinaryOp::Greater, 4),
        TokenKind::GreaterEqual => (BinaryOp::GreaterOrEqual, 4),
        TokenKind::Plus => (BinaryOp::Add, 5),
        TokenKind::Minus => (BinaryOp::Subtract, 5),
        TokenKind::Star => (BinaryOp::Multiply, 6),
        TokenKind::Slash => (BinaryOp::Divide, 6),
        TokenKind::Percent => (BinaryOp::Modulo, 6),
        _ => return None,
    })
}
