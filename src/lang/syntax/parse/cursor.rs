//! The state of a parse: the next token, the brackets that are open, and what was found wrong so far.

use model::{Diagnostic, Diagnostics, Span, Str};

use super::names::Names;
use super::place::Places;
use super::token::{Newlines, Token, TokenKind, lex};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::syntax::stack::{MAX_DEPTH, with_room};

/// How many diagnostics one text can have.
const MOST_DIAGNOSTICS: usize = 100;

/// How far back the start of a line is searched, in bytes, when its indentation is a hint only.
const LONGEST_LINE: usize = 500;

/// What went wrong is reported; the construct cannot be gone on with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

/// The result of reading one construct.
pub(super) type Parsed<T> = Result<T, Reported>;

/// What a bracket encloses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    /// The file itself; only at the bottom.
    File,
    /// `{` of a block.
    Body,
    /// `{` of an object constructor.
    Object,
    /// `(` of a group or a call.
    Paren,
    /// `[` of a list or an index, and `[` and `{` of a `for` expression with their own closers.
    Square,
    /// `{` of a `for` expression.
    ForBrace,
    /// `${` or `%{`.
    Sequence,
    /// `"`.
    Quote,
    /// `<<NAME`: the bytes of the name.
    Heredoc { name: (usize, usize) },
}

/// A bracket that is not closed yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) bracket: Bracket,
    /// Its bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// How newlines were read outside.
    outside: Newlines,
}

/// The state of a parse.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) places: Places<'t>,
    /// The next token.
    pub(super) token: Token,
    /// The end of the last token that was taken.
    pub(super) taken: usize,
    pub(super) newlines: Newlines,
    /// Innermost last.
    pub(super) open: Vec<Open>,
    pub(super) names: Names,
    /// A bracket whose closing one was likely meant for an outer one.
    pub(super) suspect: Option<Open>,
    depth: usize,
    too_deep: bool,
    diagnostics: Diagnostics,
    /// The byte of the last syntax error: a second one at the same place says nothing new.
    pub(super) last_error: Option<usize>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, places: Places<'t>, newlines: Newlines) -> Self {
        Self {
            text,
            places,
            token: lex(text, 0, newlines),
            taken: 0,
            newlines,
            open: Vec::new(),
            names: Names::new(),
            suspect: None,
            depth: 0,
            too_deep: false,
            diagnostics: Diagnostics::new(),
            last_error: None,
        }
    }

    /// All that was found wrong, in the order of the text.
    pub(super) fn finish(mut self) -> Diagnostics {
        self.diagnostics.sort();
        self.diagnostics
    }

    /// The kind of the next token.
    pub(super) fn kind(&self) -> TokenKind {
        self.token.kind
    }

    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Whether the next token is this word.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.at(TokenKind::Identifier) && self.slice(self.token.start, self.token.end) == word
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Token {
        let token = self.token;
        self.go_to(token.end);
        token
    }

    /// Takes the next token if it is of this kind.
    pub(super) fn take_if(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.take())
    }

    /// Goes on after byte `at`.
    pub(super) fn go_to(&mut self, at: usize) {
        self.taken = at;
        self.token = lex(self.text, at, self.newlines);
    }

    /// Takes the next token as an opening bracket.
    pub(super) fn open(&mut self, bracket: Bracket, newlines: Newlines) -> Token {
        let token = self.token;
        self.open_at(bracket, token.start, token.end, newlines);
        self.go_to(token.end);
        token
    }

    /// Notes an opening bracket at these bytes without reading on.
    pub(super) fn open_at(
        &mut self,
        bracket: Bracket,
        start: usize,
        end: usize,
        newlines: Newlines,
    ) {
        self.open.push(Open {
            bracket,
            start,
            end,
            outside: self.newlines,
        });
        self.newlines = newlines;
    }

    /// Takes the next token as the closing bracket of the innermost open one.
    pub(super) fn close(&mut self) -> Token {
        let token = self.token;
        self.suspect_indentation(token.start);
        self.forget_open();
        self.go_to(token.end);
        token
    }

    /// Remembers the first bracket whose closing one starts a line that is less indented than the line of the opening
    /// one: it was likely meant for an outer bracket.
    fn suspect_indentation(&mut self, closing: usize) {
        let Some(open) = self.open.last().filter(|_| self.suspect.is_none()) else {
            return;
        };
        let before = |at: usize| self.text.as_bytes().get(..at).unwrap_or_default();
        let blank = |line: &[u8]| {
            line.iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count()
        };
        let indented = before(closing)
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        if !matches!(before(closing - indented).last(), Some(b'\n') | None) {
            return;
        }
        let opening = before(open.start);
        let nearby = opening
            .get(opening.len().saturating_sub(LONGEST_LINE)..)
            .unwrap_or_default();
        let line = nearby
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if indented < blank(line) {
            self.suspect = Some(*open);
        }
    }

    /// Forgets the innermost open bracket without reading on.
    pub(super) fn forget_open(&mut self) {
        if let Some(open) = self.open.pop() {
            self.newlines = open.outside;
        }
    }

    /// Forgets the brackets inside the outermost `count`.
    pub(super) fn forget_inside(&mut self, count: usize) {
        while self.open.len() > count {
            self.forget_open();
        }
    }

    /// Text by its bytes.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Whether a whole file is read, not an expression or template alone.
    pub(super) fn in_file(&self) -> bool {
        self.open
            .first()
            .is_some_and(|open| open.bracket == Bracket::File)
    }

    /// The text of a token.
    pub(super) fn word(&self, token: Token) -> &'t str {
        self.slice(token.start, token.end)
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.places.span(start, end)
    }

    pub(super) fn token_span(&self, token: Token) -> Span {
        self.span(token.start, token.end)
    }

    /// A token as a name.
    pub(super) fn ident(&mut self, token: Token) -> Ident {
        Ident {
            text: self.name(token.start, token.end),
            span: self.token_span(token),
        }
    }

    /// Text by its bytes, as a shared string.
    pub(super) fn name(&mut self, start: usize, end: usize) -> Str {
        self.names
            .get(self.text.get(start..end).unwrap_or_default())
    }

    /// An expression from byte `start` to the last token taken.
    pub(super) fn expr_from(&self, start: usize, kind: ExprKind) -> Expr {
        Expr {
            kind,
            span: self.span(start, self.taken),
        }
    }

    /// Where an expression that could not be read stands: from byte `start` to where reading goes on.
    pub(super) fn error_from(&self, start: usize) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span: self.span(start, self.taken.max(start)),
        }
    }

    /// How many diagnostics there are.
    pub(super) fn reported(&self) -> usize {
        self.diagnostics.len()
    }

    /// Adds a diagnostic that does not stop the construct.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MOST_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds a diagnostic about byte `at`, unless the last one was there already.
    pub(super) fn fail<T>(&mut self, at: usize, diagnostic: Diagnostic) -> Parsed<T> {
        if self.last_error != Some(at) {
            self.last_error = Some(at);
            self.report(diagnostic);
        }
        if self.diagnostics.len() >= MOST_DIAGNOSTICS {
            // Not a definition at all, most likely: the rest is not read.
            self.go_to(self.text.len());
        }
        Err(Reported)
    }

    /// Reads something one level further in, with room on the stack for it.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if !self.has_depth(1) {
            return self.fail_too_deep();
        }
        self.depth += 1;
        let result = with_room(|| read(self));
        self.depth -= 1;
        result
    }

    /// Whether so many levels more are allowed.
    pub(super) fn has_depth(&self, levels: usize) -> bool {
        self.depth + levels <= MAX_DEPTH
    }

    /// Reports too deep nesting at the next token, once a text.
    pub(super) fn fail_too_deep<T>(&mut self) -> Parsed<T> {
        if !self.too_deep {
            self.too_deep = true;
            let diagnostic = Diagnostic::error(
                "deep-recursion",
                format!("this is nested more than {MAX_DEPTH} levels deep"),
            )
            .at(
                self.token_span(self.token),
                "one level too many starts here",
            )
            .help(
                "give an inner part a name of its own, as a local value or in a file that is read",
            );
            self.report(diagnostic);
        }
        self.last_error = Some(self.token.start);
        Err(Reported)
    }
}
