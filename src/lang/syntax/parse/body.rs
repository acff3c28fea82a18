//! Reads bodies: arguments and blocks, one a line.

use std::collections::HashMap;

use model::{Diagnostic, Span, Str};

use super::cursor::{Bracket, Cursor, Open, Parsed, Reported};
use super::recover::Resume;
use super::token::{Newlines, Token, TokenKind};
use crate::syntax::ast::{Attribute, Block, Body, Ident};

/// A body in the making.
#[derive(Default)]
struct Items {
    attributes: Vec<Attribute>,
    blocks: Vec<Block>,
    /// Filled when there are many, so that finding a name again stays cheap.
    names: HashMap<Str, Span>,
}

/// From how many attributes on names are looked up in a map.
const MANY: usize = 16;

impl Items {
    /// Where an argument of this name was set before.
    fn earlier(&mut self, name: &str) -> Option<Span> {
        if self.attributes.len() < MANY {
            let earlier = self
                .attributes
                .iter()
                .find(|attribute| attribute.name.text == name);
            return earlier.map(|attribute| attribute.name.span);
        }
        if self.names.is_empty() {
            self.names = self
                .attributes
                .iter()
                .map(|a| (a.name.text.clone(), a.name.span))
                .collect();
        }
        self.names.get(name).copied()
    }

    fn add(&mut self, attribute: Attribute) {
        if !self.names.is_empty() {
            self.names
                .insert(attribute.name.text.clone(), attribute.name.span);
        }
        self.attributes.push(attribute);
    }

    fn finish(mut self, span: Span) -> Body {
        self.attributes.shrink_to_fit();
        self.blocks.shrink_to_fit();
        Body {
            attributes: self.attributes,
            blocks: self.blocks,
            span,
        }
    }
}

impl Cursor<'_> {
    /// The whole text as a body.
    pub(super) fn file_body(&mut self) -> Body {
        self.open_at(Bracket::File, 0, 0, Newlines::Count);
        let mut items = Items::default();
        loop {
            self.items(&mut items);
            if self.at(TokenKind::End) {
                break;
            }
            // A closing bracket that nothing opened.
            let _: Parsed<()> = self.fail_no_name();
            self.take();
        }
        self.forget_open();
        items.finish(self.span(0, self.text.len()))
    }

    /// Items up to the end of the text or the `}` that closes the body.
    fn items(&mut self, items: &mut Items) {
        let level = self.open.len();
        loop {
            while self.take_if(TokenKind::Newline).is_some() {}
            if self.at(TokenKind::End) || self.at(TokenKind::RightBrace) {
                return;
            }
            let item_start = self.token.start;
            if self.item(items).is_ok() {
                continue;
            }
            // Without progress the same item would be read for ever.
            if self.recover(level) != Resume::Item || self.token.start <= item_start {
                return;
            }
        }
    }

    /// One argument or block with the end of its line.
    fn item(&mut self, items: &mut Items) -> Parsed<()> {
        if !self.at(TokenKind::Identifier) {
            return self.fail_no_name();
        }
        let word = self.take();
        let after = match self.kind() {
            TokenKind::Equal => {
                self.argument(items, word)?;
                "argument"
            }
            TokenKind::Quote | TokenKind::LeftBrace | TokenKind::Identifier => {
                let block = self.deeper(|cursor| cursor.block(word))?;
                items.blocks.push(block);
                "block"
            }
            _ => return self.fail_after_name(word),
        };
        if self.take_if(TokenKind::Newline).is_some() || self.at(TokenKind::End) {
            return Ok(());
        }
        let help = if self.at(TokenKind::Comma) {
            "arguments stand each on a line of its own, without commas".to_owned()
        } else {
            format!("each {after} ends with its line")
        };
        let diagnostic = self.wanting_with("the end of the line", help);
        self.fail(self.token.start, diagnostic)
    }

    fn fail_no_name<T>(&mut self) -> Parsed<T> {
        let wanted = "an argument or a block";
        let diagnostic = match self.kind() {
            TokenKind::Quote => {
                self.wanting_with(wanted, "names of arguments and blocks stand without quotes")
            }
            TokenKind::RightBrace => self.wanting_with(
                wanted,
                "there is a `}` too many, or a `{` too few before it",
            ),
            _ => self.wanting(wanted),
        };
        self.fail(self.token.start, diagnostic)
    }

    fn fail_after_name<T>(&mut self, word: Token) -> Parsed<T> {
        let name = self.word(word);
        let wanted = "`=` or a block";
        let diagnostic = match self.kind() {
            TokenKind::Colon | TokenKind::Arrow | TokenKind::EqualEqual => self
                .wanting_with(wanted, format!("write `{name} = ..`"))
                .suggest(self.token_span(self.token), "="),
            TokenKind::Newline | TokenKind::End => self.wanting_with(
                wanted,
                format!(
                    "write `{name} = ..` for an argument, `{name} {{` on this line for a block"
                ),
            ),
            TokenKind::Dot | TokenKind::LeftBracket => self.wanting_with(
                wanted,
                "the name of an argument is one word; a part of a value cannot be set",
            ),
            _ => self.wanting_with(wanted, format!("write `{name} = ..` to set an argument")),
        };
        self.fail(self.token.start, diagnostic)
    }

    /// `= expression` after a name. An expression that cannot be read leaves an argument with an error.
    fn argument(&mut self, items: &mut Items, word: Token) -> Parsed<()> {
        self.take();
        let name = self.ident(word);
        let start = self.token.start;
        let (expr, result) = match self.expression() {
            Ok(expr) => (expr, Ok(())),
            Err(reported) => (self.error_from(start), Err(reported)),
        };
        match items.earlier(&name.text) {
            Some(earlier) => self.report(
                Diagnostic::error(
                    "duplicate-argument",
                    format!("`{}` is set a second time", name.text),
                )
                .at(name.span, "set again here")
                .and_at(earlier, "set first here")
                .help("leave one of the two out"),
            ),
            None => items.add(Attribute { name, expr }),
        }
        result
    }

    /// Labels and content after a block's first word.
    fn block(&mut self, word: Token) -> Parsed<Block> {
        let kind = self.ident(word);
        let mut labels = Vec::new();
        while !self.at(TokenKind::LeftBrace) {
            labels.push(self.label(&kind)?);
        }
        labels.shrink_to_fit();
        let header = self.span(word.start, self.taken);
        let level = self.open.len();
        let brace = self.open(Bracket::Body, Newlines::Count);
        let mut items = Items::default();
        let several_lines = matches!(
            self.kind(),
            TokenKind::Newline | TokenKind::RightBrace | TokenKind::End
        );
        if several_lines {
            self.items(&mut items);
        } else {
            self.one_line(&mut items)?;
        }
        let body = items.finish(self.span(brace.end, self.token.start));
        if self.open.len() <= level {
            return Err(Reported);
        }
        if !self.at(TokenKind::RightBrace) {
            return self.fail_open_block();
        }
        self.close();
        Ok(Block {
            kind,
            labels,
            body,
            header,
            span: self.span(word.start, self.taken),
        })
    }

    /// A label: a word, or a string without sequences.
    fn label(&mut self, kind: &Ident) -> Parsed<Ident> {
        match self.kind() {
            TokenKind::Identifier => {
                let token = self.take();
                Ok(self.ident(token))
            }
            TokenKind::Quote => self.plain_string(),
            TokenKind::Equal => {
                let diagnostic = self.wanting_with(
                    "`{`",
                    format!(
                        "a block has no `=`: write `{} {{`; the name of an argument is one word",
                        kind.text
                    ),
                );
                self.fail(self.token.start, diagnostic)
            }
            TokenKind::Newline => {
                let diagnostic = self.wanting_with(
                    "`{`",
                    "the block's `{` stands on the line of its first word",
                );
                self.fail(self.token.start, diagnostic)
            }
            _ => self.fail_wanting("a label or `{`"),
        }
    }

    /// The one argument of a block that is written on one line.
    fn one_line(&mut self, items: &mut Items) -> Parsed<()> {
        let help = "a block on one line holds one argument; put each item on a line of its own";
        if !self.at(TokenKind::Identifier) {
            return self.fail_no_name();
        }
        let word = self.take();
        if !self.at(TokenKind::Equal) {
            if matches!(
                self.kind(),
                TokenKind::LeftBrace | TokenKind::Quote | TokenKind::Identifier
            ) {
                let diagnostic = self.wanting_with("`=`", help);
                return self.fail(self.token.start, diagnostic);
            }
            return self.fail_after_name(word);
        }
        self.argument(items, word)?;
        if self.at(TokenKind::RightBrace) {
            return Ok(());
        }
        if self.at(TokenKind::End) {
            return self.fail_open_block();
        }
        let diagnostic = self.wanting_with("`}`", help);
        self.fail(self.token.start, diagnostic)
    }

    /// Reports the block that is most likely the one without its `}`.
    fn fail_open_block<T>(&mut self) -> Parsed<T> {
        let outermost: Option<Open> = self
            .open
            .iter()
            .copied()
            .find(|open| open.bracket == Bracket::Body);
        match (self.suspect, self.innermost(), outermost) {
            (Some(suspect), _, Some(outermost)) if suspect.start > outermost.start => {
                self.fail_unclosed(suspect)
            }
            (_, Some(innermost), _) => self.fail_unclosed(innermost),
            _ => self.fail_wanting("`}`"),
        }
    }
}
