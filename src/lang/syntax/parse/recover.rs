//! Finds where reading can go on after an error: the next item of a body or object, or the end of a sequence.
//! Looks at brackets, quotes and line ends only, and never at a token twice.

use super::cursor::{Bracket, Cursor};
use super::text::{Stop, line_stop, quoted_stop};
use super::token::{Newlines, TokenKind, heredoc_name, lex, line_end};

/// Where reading can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resume {
    /// The next token is the newline or comma that ends the item.
    Item,
    /// The next token closes the bracket.
    Close,
    /// The bracket is not closed: the next token belongs further out.
    Outside,
}

impl Cursor<'_> {
    /// Skips what is left of an item in the innermost of the outermost `level` brackets, which stays open.
    pub(super) fn recover(&mut self, level: usize) -> Resume {
        let target = level
            .checked_sub(1)
            .and_then(|index| self.open.get(index))
            .map_or(Bracket::File, |open| open.bracket);
        let mut inside = Inside::default();
        for open in self.open.iter().skip(level) {
            inside.push(open.bracket);
        }
        let line_continues = self.at(TokenKind::Newline);
        let mut skip = Skip {
            text: self.text,
            at: self.taken,
            inside,
            target,
            line_continues,
        };
        let resume = skip.run();
        let at = skip.at;
        self.forget_inside(level);
        self.go_to(at);
        resume
    }

    /// Whether the text at byte `at` reads like the start of an item of a body: `name =`, `name {`, `name "label"`.
    ///
    /// `in_object`: `name =` may be an item of an object too and does not count.
    pub(super) fn looks_like_item(&self, at: usize, in_object: bool) -> bool {
        looks_like_item(self.text, at, in_object)
    }
}

fn looks_like_item(text: &str, at: usize, in_object: bool) -> bool {
    let word = lex(text, at, Newlines::Count);
    let next = lex(text, word.end, Newlines::Count);
    if word.kind != TokenKind::Identifier {
        return false;
    }
    match next.kind {
        TokenKind::Equal => !in_object,
        TokenKind::LeftBrace => true,
        TokenKind::Quote => {
            let line = text
                .get(at..line_end(text.as_bytes(), at))
                .unwrap_or_default();
            line.trim_end().ends_with(['{', '}'])
        }
        _ => false,
    }
}

/// A walk over text that minds brackets only.
struct Skip<'t> {
    text: &'t str,
    at: usize,
    inside: Inside,
    target: Bracket,
    /// The error is that the line ends too early: the next one is likely the rest of the item.
    line_continues: bool,
}

/// The brackets inside the target. Looking for one costs only what it then removes.
#[derive(Default)]
struct Inside {
    /// Innermost last.
    brackets: Vec<Bracket>,
    /// How many there are of each [`Closer`].
    counts: [usize; 4],
}

/// What closes a bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closer {
    Paren,
    Square,
    Brace,
    /// The end of a string, not a token.
    Text,
}

fn closer_of(bracket: Bracket) -> Closer {
    match bracket {
        Bracket::Paren => Closer::Paren,
        Bracket::Square => Closer::Square,
        Bracket::File | Bracket::Body | Bracket::Object | Bracket::ForBrace | Bracket::Sequence => {
            Closer::Brace
        }
        Bracket::Quote | Bracket::Heredoc { .. } => Closer::Text,
    }
}

impl Inside {
    fn push(&mut self, bracket: Bracket) {
        if let Some(count) = self.counts.get_mut(closer_of(bracket) as usize) {
            *count += 1;
        }
        self.brackets.push(bracket);
    }

    fn pop(&mut self) -> Option<Bracket> {
        let bracket = self.brackets.pop()?;
        if let Some(count) = self.counts.get_mut(closer_of(bracket) as usize) {
            *count -= 1;
        }
        Some(bracket)
    }

    fn last(&self) -> Option<Bracket> {
        self.brackets.last().copied()
    }

    fn is_empty(&self) -> bool {
        self.brackets.is_empty()
    }

    /// Removes the innermost bracket of this kind and all inside of it; none when there is none.
    fn remove(&mut self, closer: Closer) -> Option<Bracket> {
        if self.counts.get(closer as usize) == Some(&0) {
            return None;
        }
        loop {
            let bracket = self.pop()?;
            if closer_of(bracket) == closer {
                return Some(bracket);
            }
        }
    }
}

impl Skip<'_> {
    fn run(&mut self) -> Resume {
        loop {
            match self.inside.last() {
                Some(Bracket::Quote) => self.quoted(),
                Some(Bracket::Heredoc { name }) => self.heredoc(name),
                _ => {
                    if let Some(resume) = self.token() {
                        return resume;
                    }
                }
            }
        }
    }

    /// One token outside of strings.
    fn token(&mut self) -> Option<Resume> {
        let token = lex(self.text, self.at, Newlines::Count);
        let before = self.at;
        self.at = token.end;
        match token.kind {
            TokenKind::End => {
                self.at = before;
                return Some(if self.target == Bracket::File {
                    Resume::Item
                } else {
                    Resume::Outside
                });
            }
            TokenKind::LeftParen => self.inside.push(Bracket::Paren),
            TokenKind::LeftBracket => self.inside.push(Bracket::Square),
            TokenKind::LeftBrace => self.left_brace(),
            TokenKind::Quote => self.inside.push(Bracket::Quote),
            TokenKind::Heredoc => self.inside.push(Bracket::Heredoc {
                name: heredoc_name(self.text, token),
            }),
            TokenKind::RightParen => return self.closer(before, Closer::Paren),
            TokenKind::RightBracket => return self.closer(before, Closer::Square),
            TokenKind::RightBrace | TokenKind::TrimBrace => {
                return self.closer(before, Closer::Brace);
            }
            TokenKind::Comma if self.inside.is_empty() && self.target == Bracket::Object => {
                self.at = before;
                return Some(Resume::Item);
            }
            TokenKind::Newline => return self.newline(before),
            _ => {}
        }
        None
    }

    /// After an error in the first line of a block its `{` is that of a body.
    fn left_brace(&mut self) {
        let in_body = match self.inside.last() {
            Some(inner) => inner == Bracket::Body,
            None => matches!(self.target, Bracket::File | Bracket::Body),
        };
        self.inside.push(if in_body {
            Bracket::Body
        } else {
            Bracket::Object
        });
    }

    fn newline(&mut self, before: usize) -> Option<Resume> {
        // A sequence that goes over several lines is rare; one that was left open is not.
        while let Some(text) = self.inside.remove(Closer::Text) {
            if let Bracket::Heredoc { .. } = text {
                self.inside.push(text);
                return None;
            }
        }
        match self.inside.last() {
            None if matches!(self.target, Bracket::File | Bracket::Body | Bracket::Object) => {
                if std::mem::take(&mut self.line_continues) && self.continues() {
                    return None;
                }
                if self.target == Bracket::Object && looks_like_item(self.text, self.at, true) {
                    self.at = before;
                    return Some(Resume::Outside);
                }
                self.at = before;
                Some(Resume::Item)
            }
            None if self.target == Bracket::Sequence => {
                self.at = before;
                Some(Resume::Outside)
            }
            // In these a new item cannot begin: they were not closed.
            None
            | Some(Bracket::Paren | Bracket::Square | Bracket::Sequence | Bracket::ForBrace) => {
                self.unclosed_at(before, false)
            }
            Some(Bracket::Object) => self.unclosed_at(before, true),
            Some(Bracket::Body | Bracket::File | Bracket::Quote | Bracket::Heredoc { .. }) => None,
        }
    }

    /// Whether the text from here on starts with what cannot start an item.
    fn continues(&self) -> bool {
        let next = lex(self.text, self.at, Newlines::Count);
        let blank = matches!(
            next.kind,
            TokenKind::Newline | TokenKind::End | TokenKind::RightBrace
        );
        !blank && next.kind != TokenKind::Identifier
    }

    /// When the line after the newline at `before` starts an item of a body, ends there.
    fn unclosed_at(&mut self, before: usize, in_object: bool) -> Option<Resume> {
        if !looks_like_item(self.text, self.at, in_object) {
            return None;
        }
        self.at = before;
        let in_body = matches!(self.target, Bracket::File | Bracket::Body);
        Some(if in_body {
            Resume::Item
        } else {
            Resume::Outside
        })
    }

    /// A closing bracket that starts at or after `before`.
    fn closer(&mut self, before: usize, closer: Closer) -> Option<Resume> {
        if self.inside.remove(closer).is_some() {
            return None;
        }
        let resume = match self.target {
            // One too many.
            Bracket::File => return None,
            Bracket::Body | Bracket::Sequence if closer != Closer::Brace => return None,
            target if closer_of(target) == closer => Resume::Close,
            _ => Resume::Outside,
        };
        self.at = before;
        Some(resume)
    }

    /// Text in quotes up to a sequence, the closing quote, or the end of the line, where it was left open.
    fn quoted(&mut self) {
        let (stop, at, _) = quoted_stop(self.text, self.at);
        match stop {
            Stop::Sequence => {
                self.at = at + 2;
                self.inside.push(Bracket::Sequence);
            }
            Stop::Quote => {
                self.at = at + 1;
                self.inside.pop();
            }
            Stop::LineEnd => {
                self.at = at;
                self.inside.pop();
            }
        }
    }

    /// One line of a heredoc, or its part up to a sequence.
    fn heredoc(&mut self, name: (usize, usize)) {
        let name = self.text.get(name.0..name.1).unwrap_or_default();
        let line_starts = self
            .text
            .get(..self.at)
            .is_some_and(|before| before.ends_with('\n'));
        let (stop, at, _) = line_stop(self.text, self.at);
        let line = self.text.get(self.at..at).unwrap_or_default();
        if stop == Stop::Sequence {
            self.at = at + 2;
            self.inside.push(Bracket::Sequence);
        } else if line_starts && line.trim() == name {
            self.at = line_end(self.text.as_bytes(), self.at);
            self.inside.pop();
        } else {
            self.at = at;
            if at == self.text.len() {
                self.inside.pop();
            }
        }
    }
}
