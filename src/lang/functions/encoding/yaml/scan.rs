//! Takes a YAML document apart into tokens: what is written, and where collections start and end by indentation.
//! The rules are those of libyaml, which Go's YAML is a port of; they are of YAML 1.1.

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark, Problem, is_blank_or_end, is_break};
use super::scalar::Style;
use super::text::{self, Directive};

/// A key that is not marked by `?` lies within so many bytes of one line.
const KEY_REACH: usize = 1024;

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Directive(Directive),
    DocumentStart,
    DocumentEnd,
    /// The first `-` or key further in than what is around it.
    BlockSequenceStart,
    BlockMappingStart,
    /// The end of such a collection.
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or the beginning of a key without it.
    Key,
    /// `:`
    Value,
    Alias(String),
    Anchor(String),
    /// Handle and suffix.
    Tag(String, String),
    Scalar(String, Style),
    End,
}

/// Where a key may have begun that has no `?`; only the `:` after it tells.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Nothing else can stand there.
    required: bool,
    /// How many tokens are before it.
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'t> {
    cursor: Cursor<'t>,
    /// Tokens that were not taken yet.
    tokens: VecDeque<(Token, Mark)>,
    /// How many tokens were taken.
    taken: usize,
    /// How many `[` and `{` are open.
    flow_level: usize,
    /// The column of the innermost block collection; -1 outside of any.
    indent: isize,
    /// Those around it.
    indents: Vec<isize>,
    key_allowed: bool,
    /// For the block context and each open `[` or `{`.
    keys: Vec<SimpleKey>,
    ended: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Problem> {
        Ok(Self {
            cursor: Cursor::new(text)?,
            tokens: VecDeque::new(),
            taken: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            ended: false,
        })
    }

    /// The next token, which stays; the last is [`Token::End`].
    pub(super) fn peek(&mut self) -> Result<&(Token, Mark), Problem> {
        loop {
            let front = self.taken;
            self.forget_stale_keys()?;
            // A key may yet have to be put before the next token.
            let waits = self
                .keys
                .iter()
                .any(|key| key.possible && key.token == front);
            if self.ended || !(self.tokens.is_empty() || waits) {
                break;
            }
            self.fetch()?;
        }
        let mark = self.cursor.mark;
        self.tokens
            .front()
            .ok_or_else(|| mark.problem("the document ends too early"))
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Result<(Token, Mark), Problem> {
        self.peek()?;
        let mark = self.cursor.mark;
        let token = self
            .tokens
            .pop_front()
            .ok_or_else(|| mark.problem("the document ends too early"))?;
        self.taken += 1;
        Ok(token)
    }

    fn push(&mut self, token: Token, mark: Mark) {
        self.tokens.push_back((token, mark));
    }

    fn column(&self) -> isize {
        isize::try_from(self.cursor.mark.column).unwrap_or(isize::MAX)
    }

    fn fetch(&mut self) -> Result<(), Problem> {
        self.skip_to_token();
        self.forget_stale_keys()?;
        self.unroll(self.column());
        let mark = self.cursor.mark;
        let Some(c) = self.cursor.peek() else {
            return self.fetch_end();
        };
        let second = self.cursor.second();
        let in_flow = self.flow_level > 0;
        match c {
            '%' if mark.column == 0 => {
                self.leave_collections()?;
                let directive = text::directive(&mut self.cursor)?;
                self.push(Token::Directive(directive), mark);
                Ok(())
            }
            '-' | '.' if self.cursor.at_document_indicator() => {
                self.leave_collections()?;
                (0..3).for_each(|_| self.cursor.skip());
                self.push(
                    if c == '-' {
                        Token::DocumentStart
                    } else {
                        Token::DocumentEnd
                    },
                    mark,
                );
                Ok(())
            }
            '[' => self.fetch_flow_start(Token::FlowSequenceStart),
            '{' => self.fetch_flow_start(Token::FlowMappingStart),
            ']' => self.fetch_flow_end(Token::FlowSequenceEnd),
            '}' => self.fetch_flow_end(Token::FlowMappingEnd),
            ',' => {
                self.forget_key()?;
                self.key_allowed = true;
                self.fetch_indicator(Token::FlowEntry)
            }
            '-' if is_blank_or_end(second) => self.fetch_block_entry(),
            '?' if in_flow || is_blank_or_end(second) => self.fetch_key(),
            ':' if in_flow || is_blank_or_end(second) => self.fetch_value(),
            '*' | '&' | '!' => self.fetch_property(c),
            '|' | '>' if !in_flow => {
                self.forget_key()?;
                self.key_allowed = true;
                let text = text::block(&mut self.cursor, self.indent)?;
                self.push(Token::Scalar(text, Style::Block), mark);
                Ok(())
            }
            '\'' | '"' => {
                self.remember_key()?;
                self.key_allowed = false;
                let text = text::quoted(&mut self.cursor)?;
                self.push(Token::Scalar(text, Style::Quoted), mark);
                Ok(())
            }
            // Here `-`, `?` and `:` are followed by more.
            '-' | '?' | ':' => self.fetch_plain(),
            '\t' | '#' | '|' | '>' | '%' | '@' | '`' => {
                Err(mark.problem(format!("{c:?} cannot be the beginning of anything here")))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Passes over blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.mark.column == 0 && self.cursor.peek() == Some('\u{feff}') {
                self.cursor.skip();
            }
            // Where a key may start, a tab would be indentation.
            let tabs = self.flow_level > 0 || !self.key_allowed;
            self.cursor.skip_while(|c| c == ' ' || (tabs && c == '\t'));
            if self.cursor.peek() == Some('#') {
                self.cursor.skip_while(|c| !is_break(c));
            }
            if !self.cursor.peek().is_some_and(is_break) {
                return;
            }
            self.cursor.read_break(&mut String::new());
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn forget_stale_keys(&mut self) -> Result<(), Problem> {
        let here = self.cursor.mark;
        for key in self.keys.iter_mut().filter(|key| key.possible) {
            if key.mark.line < here.line || key.mark.at + KEY_REACH < here.at {
                if key.required {
                    return Err(key.mark.problem("a `:` is missing after this key"));
                }
                key.possible = false;
            }
        }
        Ok(())
    }

    /// Notes that a key may begin here.
    fn remember_key(&mut self) -> Result<(), Problem> {
        let required = self.flow_level == 0 && self.indent == self.column();
        if self.key_allowed {
            self.forget_key()?;
            let token = self.taken + self.tokens.len();
            let mark = self.cursor.mark;
            if let Some(key) = self.keys.last_mut() {
                *key = SimpleKey {
                    possible: true,
                    required,
                    token,
                    mark,
                };
            }
        }
        Ok(())
    }

    fn forget_key(&mut self) -> Result<(), Problem> {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => {
                Err(key.mark.problem("a `:` is missing after this key"))
            }
            Some(key) => {
                key.possible = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Starts a block collection at `column`, if that is further in; its token goes before the token at `place`.
    fn roll(&mut self, column: isize, place: Option<usize>, token: Token, mark: Mark) {
        if self.flow_level > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let place = place.map_or(self.tokens.len(), |place| place.saturating_sub(self.taken));
        self.tokens
            .insert(place.min(self.tokens.len()), (token, mark));
    }

    /// Ends the block collections that are further in than `column`.
    fn unroll(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(Token::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn leave_collections(&mut self) -> Result<(), Problem> {
        self.unroll(-1);
        self.forget_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_end(&mut self) -> Result<(), Problem> {
        self.leave_collections()?;
        self.push(Token::End, self.cursor.mark);
        self.ended = true;
        Ok(())
    }

    fn fetch_indicator(&mut self, token: Token) -> Result<(), Problem> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        self.push(token, mark);
        Ok(())
    }

    fn fetch_flow_start(&mut self, token: Token) -> Result<(), Problem> {
        self.remember_key()?;
        self.keys.push(SimpleKey::default());
        self.flow_level += 1;
        self.key_allowed = true;
        self.fetch_indicator(token)
    }

    fn fetch_flow_end(&mut self, token: Token) -> Result<(), Problem> {
        self.forget_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.fetch_indicator(token)
    }

    fn fetch_block_entry(&mut self) -> Result<(), Problem> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(mark.problem("a sequence cannot begin here"));
            }
            self.roll(self.column(), None, Token::BlockSequenceStart, mark);
        }
        self.forget_key()?;
        self.key_allowed = true;
        self.fetch_indicator(Token::BlockEntry)
    }

    fn fetch_key(&mut self) -> Result<(), Problem> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(mark.problem("a key cannot begin here"));
            }
            self.roll(self.column(), None, Token::BlockMappingStart, mark);
        }
        self.forget_key()?;
        self.key_allowed = self.flow_level == 0;
        self.fetch_indicator(Token::Key)
    }

    fn fetch_value(&mut self) -> Result<(), Problem> {
        let mark = self.cursor.mark;
        let key = self.keys.last().copied().filter(|key| key.possible);
        if let Some(key) = key {
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(place, (Token::Key, key.mark));
            let column = isize::try_from(key.mark.column).unwrap_or(isize::MAX);
            self.roll(column, Some(key.token), Token::BlockMappingStart, key.mark);
            if let Some(key) = self.keys.last_mut() {
                key.possible = false;
            }
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(mark
                        .problem("a value with `:` cannot stand here; is something not quoted?"));
                }
                self.roll(self.column(), None, Token::BlockMappingStart, mark);
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(Token::Value)
    }

    /// Reads an alias, an anchor or a tag.
    fn fetch_property(&mut self, c: char) -> Result<(), Problem> {
        self.remember_key()?;
        self.key_allowed = false;
        let mark = self.cursor.mark;
        let token = match c {
            '*' => Token::Alias(text::anchor(&mut self.cursor)?),
            '&' => Token::Anchor(text::anchor(&mut self.cursor)?),
            _ => {
                let (handle, suffix) = text::tag(&mut self.cursor)?;
                Token::Tag(handle, suffix)
            }
        };
        self.push(token, mark);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<(), Problem> {
        self.remember_key()?;
        self.key_allowed = false;
        let mark = self.cursor.mark;
        let (text, broken) = text::plain(&mut self.cursor, self.indent, self.flow_level > 0)?;
        if broken {
            self.key_allowed = true;
        }
        self.push(Token::Scalar(text, Style::Plain), mark);
        Ok(())
    }
}
