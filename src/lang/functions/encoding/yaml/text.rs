//! Reads the tokens of a YAML document that have text in them: scalars, anchors, tags, directives.
//! Which token is next is `scan`'s to know.

use super::cursor::{Cursor, Mark, Problem, is_blank, is_blank_or_end, is_break, is_word};

/// Line breaks and blanks between two lines of a scalar, and what becomes of them.
#[derive(Default)]
struct Fold {
    /// Blanks, as long as no line break was read.
    blanks: String,
    first_break: String,
    more_breaks: String,
    /// A line break was read.
    broken: bool,
}

impl Fold {
    /// Reads blanks and line breaks. `tab` is asked at each tab at the start of a line.
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        tab: impl Fn(Mark) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        while let Some(c) = cursor.peek() {
            if is_break(c) {
                let into = if self.broken {
                    &mut self.more_breaks
                } else {
                    &mut self.first_break
                };
                cursor.read_break(into);
                self.blanks.clear();
                self.broken = true;
            } else if !is_blank(c) {
                break;
            } else if self.broken {
                if c == '\t' {
                    tab(cursor.mark)?;
                }
                cursor.skip();
            } else {
                cursor.read(&mut self.blanks);
            }
        }
        Ok(())
    }

    /// Writes what they become: a single line break is a space, of several the first is dropped.
    fn write(&mut self, out: &mut String) {
        let Self {
            blanks,
            first_break,
            more_breaks,
            broken,
        } = std::mem::take(self);
        if !broken {
            out.push_str(&blanks);
        } else if !first_break.starts_with('\n') {
            out.extend([first_break, more_breaks]);
        } else if more_breaks.is_empty() {
            out.push(' ');
        } else {
            out.push_str(&more_breaks);
        }
    }
}

/// Reads a scalar without quotes; `indent` is that of its collection. Also says whether it ended after a line break.
pub(super) fn plain(
    cursor: &mut Cursor<'_>,
    indent: isize,
    in_flow: bool,
) -> Result<(String, bool), Problem> {
    let least = usize::try_from(indent + 1).unwrap_or(0);
    let tab = |mark: Mark| match mark.column < least {
        true => Err(mark.problem("a tab stands where the line should be indented by spaces")),
        false => Ok(()),
    };
    let mut text = String::new();
    let mut fold = Fold::default();
    while !cursor.at_document_indicator() && cursor.peek() != Some('#') {
        while let Some(c) = cursor.peek().filter(|c| !is_blank_or_end(Some(*c))) {
            let ends_value = c == ':' && is_blank_or_end(cursor.second());
            if ends_value || (in_flow && matches!(c, ',' | '?' | '[' | ']' | '{' | '}')) {
                break;
            }
            fold.write(&mut text);
            cursor.read(&mut text);
        }
        if !cursor.peek().is_some_and(|c| is_blank_or_end(Some(c))) {
            break;
        }
        fold.read(cursor, tab)?;
        if !in_flow && cursor.mark.column < least {
            break;
        }
    }
    Ok((text, fold.broken))
}

/// Reads a scalar in the quotes that are next.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Result<String, Problem> {
    let start = cursor.mark;
    let quote = cursor.peek();
    cursor.skip();
    let mut text = String::new();
    let mut fold = Fold::default();
    loop {
        if cursor.at_document_indicator() {
            return Err(cursor.mark.problem("a document ends inside of quotes"));
        }
        while let Some(c) = cursor.peek().filter(|c| !is_blank_or_end(Some(*c))) {
            if Some(c) == quote && (c == '"' || cursor.second() != Some('\'')) {
                cursor.skip();
                return Ok(text);
            }
            if c == '\\' && quote == Some('"') {
                if cursor.second().is_some_and(is_break) {
                    // The line break does not count, nor does the indentation of the next line.
                    cursor.skip();
                    cursor.read_break(&mut String::new());
                    fold.broken = true;
                    break;
                }
                text.push(escaped(cursor)?);
                continue;
            }
            cursor.read(&mut text);
            if c == '\'' && quote == Some('\'') {
                // Two quotes stand for one.
                cursor.skip();
            }
        }
        if cursor.peek().is_none() {
            return Err(start.problem("the quotes are not closed"));
        }
        fold.read(cursor, |_| Ok(()))?;
        fold.write(&mut text);
    }
}

/// Reads an escape, from the backslash that is next.
fn escaped(cursor: &mut Cursor<'_>) -> Result<char, Problem> {
    let start = cursor.mark;
    cursor.skip();
    let c = cursor.peek();
    cursor.skip();
    let digits = match c {
        Some('0') => return Ok('\0'),
        Some('a') => return Ok('\x07'),
        Some('b') => return Ok('\x08'),
        Some('t' | '\t') => return Ok('\t'),
        Some('n') => return Ok('\n'),
        Some('v') => return Ok('\x0b'),
        Some('f') => return Ok('\x0c'),
        Some('r') => return Ok('\r'),
        Some('e') => return Ok('\x1b'),
        Some(c @ (' ' | '"' | '\'' | '\\')) => return Ok(c),
        Some('N') => return Ok('\u{85}'),
        Some('_') => return Ok('\u{a0}'),
        Some('L') => return Ok('\u{2028}'),
        Some('P') => return Ok('\u{2029}'),
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => return Err(start.problem("the escape is none that YAML knows")),
    };
    let mut code: u32 = 0;
    for _ in 0..digits {
        let digit = cursor.peek().and_then(|c| c.to_digit(16));
        let digit = digit.ok_or_else(|| {
            start.problem(format!("the escape needs {digits} hexadecimal digits"))
        })?;
        code = code.wrapping_mul(16) + digit;
        cursor.skip();
    }
    char::from_u32(code).ok_or_else(|| start.problem("the escape stands for no character"))
}

/// Reads a literal or folded block scalar, from the `|` or `>` that is next; `indent` is that of its collection.
pub(super) fn block(cursor: &mut Cursor<'_>, indent: isize) -> Result<String, Problem> {
    let literal = cursor.peek() == Some('|');
    cursor.skip();
    let (keep, increment) = block_header(cursor)?;
    let outside = usize::try_from(indent).unwrap_or(0);
    let mut indent = match increment {
        Some(increment) => Indent {
            known: outside + increment,
            least: 0,
        },
        None => Indent {
            known: 0,
            least: usize::try_from(indent + 1).unwrap_or(0).max(1),
        },
    };
    let mut text = String::new();
    let (mut line_break, mut more_breaks) = (String::new(), String::new());
    let mut after_blank = false;
    indent.read(cursor, &mut more_breaks)?;
    while cursor.mark.column == indent.known && cursor.peek().is_some() {
        let blank = cursor.peek().is_some_and(is_blank);
        if !literal && !after_blank && !blank && line_break.starts_with('\n') {
            text.push_str(if more_breaks.is_empty() { " " } else { "" });
        } else {
            text.push_str(&line_break);
        }
        text.push_str(&more_breaks);
        line_break.clear();
        more_breaks.clear();
        after_blank = blank;
        text.push_str(cursor.take_while(|c| !is_break(c)));
        cursor.read_break(&mut line_break);
        indent.read(cursor, &mut more_breaks)?;
    }
    if keep != Some(Keep::Nothing) {
        text.push_str(&line_break);
    }
    if keep == Some(Keep::All) {
        text.push_str(&more_breaks);
    }
    Ok(text)
}

/// What becomes of the line breaks at the end of a block; usually the first is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Nothing,
}

/// Reads what follows the `|` or `>` in its line.
fn block_header(cursor: &mut Cursor<'_>) -> Result<(Option<Keep>, Option<usize>), Problem> {
    let (mut keep, mut increment) = (None, None);
    while let Some(c) = cursor.peek() {
        match (c, c.to_digit(10)) {
            ('+', _) if keep.is_none() => keep = Some(Keep::All),
            ('-', _) if keep.is_none() => keep = Some(Keep::Nothing),
            (_, Some(0)) => return Err(cursor.mark.problem("a block cannot be indented by 0")),
            (_, Some(digit)) if increment.is_none() => increment = usize::try_from(digit).ok(),
            _ => break,
        }
        cursor.skip();
    }
    cursor.skip_while(is_blank);
    if cursor.peek() == Some('#') {
        cursor.skip_while(|c| !is_break(c));
    }
    if cursor.peek().is_some_and(|c| !is_break(c)) {
        return Err(cursor
            .mark
            .problem("the text of a block starts in the line after this"));
    }
    cursor.read_break(&mut String::new());
    Ok((keep, increment))
}

/// How far the lines of a block are indented.
struct Indent {
    /// 0 until the first line with text was seen.
    known: usize,
    /// What it is at least when it is not written.
    least: usize,
}

impl Indent {
    /// Passes over indentation and takes over empty lines, up to a line with text.
    fn read(&mut self, cursor: &mut Cursor<'_>, breaks: &mut String) -> Result<(), Problem> {
        let mut furthest = 0;
        loop {
            let inside = |column: usize, known: usize| known == 0 || column < known;
            while inside(cursor.mark.column, self.known) && cursor.peek() == Some(' ') {
                cursor.skip();
            }
            furthest = furthest.max(cursor.mark.column);
            if inside(cursor.mark.column, self.known) && cursor.peek() == Some('\t') {
                return Err(cursor
                    .mark
                    .problem("a tab stands where the block should be indented by spaces"));
            }
            if !cursor.peek().is_some_and(is_break) {
                break;
            }
            cursor.read_break(breaks);
        }
        if self.known == 0 {
            self.known = furthest.max(self.least);
        }
        Ok(())
    }
}

/// Reads the name after the `&` or `*` that is next.
pub(super) fn anchor(cursor: &mut Cursor<'_>) -> Result<String, Problem> {
    let start = cursor.mark;
    cursor.skip();
    let name = cursor.take_while(is_word);
    let ended = cursor.peek().is_none_or(|c| {
        is_blank_or_end(Some(c)) || matches!(c, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`')
    });
    if name.is_empty() || !ended {
        return Err(start.problem("the name of an anchor is of letters, digits, `_` and `-`"));
    }
    Ok(name.to_owned())
}

/// Reads the tag that is next: its handle, which may be empty, and the rest.
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Result<(String, String), Problem> {
    let start = cursor.mark;
    let (handle, suffix) = if cursor.second() == Some('<') {
        cursor.skip();
        cursor.skip();
        let whole = uri(cursor)?;
        if cursor.peek() != Some('>') {
            return Err(start.problem("the tag is not closed by `>`"));
        }
        cursor.skip();
        (String::new(), whole)
    } else {
        cursor.skip();
        let word = cursor.take_while(is_word);
        if cursor.peek() == Some('!') {
            cursor.skip();
            (format!("!{word}!"), uri(cursor)?)
        } else {
            let suffix = format!("{word}{}", uri(cursor)?);
            // `!` alone is a tag of its own.
            if suffix.is_empty() {
                (String::new(), "!".to_owned())
            } else {
                ("!".to_owned(), suffix)
            }
        }
    };
    if !is_blank_or_end(cursor.peek()) {
        return Err(start.problem("a blank must follow the tag"));
    }
    if suffix.is_empty() {
        return Err(start.problem("the tag is not complete"));
    }
    Ok((handle, suffix))
}

/// Reads the characters that a tag may have, which may be empty; `%C3%A9` stands for the bytes of a character.
fn uri(cursor: &mut Cursor<'_>) -> Result<String, Problem> {
    let start = cursor.mark;
    let mut bytes = Vec::new();
    while let Some(c) = cursor.peek() {
        if c == '%' {
            cursor.skip();
            let mut byte = 0;
            for _ in 0..2 {
                let digit = cursor.peek().and_then(|c| c.to_digit(16));
                byte = byte * 16
                    + digit.ok_or_else(|| start.problem("`%` needs two hexadecimal digits"))?;
                cursor.skip();
            }
            bytes.extend(u8::try_from(byte));
        } else if is_word(c) || ";/?:@&=+$,.!~*'()[]".contains(c) {
            bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
            cursor.skip();
        } else {
            break;
        }
    }
    String::from_utf8(bytes).map_err(|_| start.problem("the tag is not UTF-8 text"))
}

/// A line that starts with `%`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// `%YAML 1.1`.
    Version(u32, u32),
    /// `%TAG !e! tag:example.com,2000:`.
    Tag(String, String),
}

/// Reads the directive that is next.
pub(super) fn directive(cursor: &mut Cursor<'_>) -> Result<Directive, Problem> {
    let start = cursor.mark;
    cursor.skip();
    let name = cursor.take_while(is_word);
    cursor.skip_while(is_blank);
    let directive = match name {
        "YAML" => {
            let number = |digits: &str| {
                digits
                    .parse()
                    .map_err(|_| start.problem("the version is not one such as 1.1"))
            };
            let major = number(cursor.take_while(|c| c.is_ascii_digit()))?;
            if cursor.peek() == Some('.') {
                cursor.skip();
            }
            Directive::Version(major, number(cursor.take_while(|c| c.is_ascii_digit()))?)
        }
        "TAG" => {
            let handle = cursor.take_while(|c| c == '!' || is_word(c)).to_owned();
            cursor.skip_while(is_blank);
            let prefix = uri(cursor)?;
            if !handle.starts_with('!') || !handle.ends_with('!') || prefix.is_empty() {
                return Err(start.problem("a `%TAG` has a handle such as `!e!` and a prefix"));
            }
            Directive::Tag(handle, prefix)
        }
        _ => return Err(start.problem(format!("there is no directive `%{name}`"))),
    };
    cursor.skip_while(is_blank);
    if cursor.peek() == Some('#') {
        cursor.skip_while(|c| !is_break(c));
    }
    if cursor.peek().is_some_and(|c| !is_break(c)) {
        return Err(cursor.mark.problem("something follows the directive"));
    }
    cursor.read_break(&mut String::new());
    Ok(directive)
}
