//! Reads JSON strings, remembering where each character stands in the file.

use model::{Diagnostic, FileId, Span};

use super::node::Text;

/// Reads the string whose quote is at byte `start`. Returns it with the byte after its closing quote.
pub(super) fn read(
    file: FileId,
    text: &str,
    start: usize,
) -> Result<(Text, usize), Box<Diagnostic>> {
    let mut reading = Reading {
        file,
        source: text,
        text: String::new(),
        marks: Vec::new(),
    };
    let inside = start + 1;
    let mut at = inside;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let stop = rest
            .bytes()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        let plain = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
        reading.text.push_str(plain);
        at += plain.len();
        match text.as_bytes().get(at) {
            Some(b'"') => break,
            Some(b'\\') => {
                if reading.marks.is_empty() {
                    reading.mark_at(0, inside);
                }
                at = reading.escape(at)?;
                reading.mark_at(reading.text.len(), at);
            }
            Some(b'\n' | b'\r') | None => {
                let diagnostic =
                    Diagnostic::error("unterminated", "`\"` is not closed before the line ends")
                        .at(Span::new(file, start, inside), "opened here")
                        .and_at(Span::new(file, at, at), "the line ends here")
                        .help("add `\"`; a new line in a string is written `\\n`");
                return Err(Box::new(diagnostic));
            }
            Some(control) => {
                let message = format!("found the character U+{control:04X} in a string");
                let diagnostic = Diagnostic::error("invalid-character", message)
                    .at(Span::new(file, at, at + 1), "")
                    .help(format!("write it as `\\u{control:04x}`"));
                return Err(Box::new(diagnostic));
            }
        }
    }
    Ok((
        Text {
            text: reading.text.into(),
            marks: reading.marks.into(),
        },
        at + 1,
    ))
}

struct Reading<'t> {
    file: FileId,
    source: &'t str,
    text: String,
    marks: Vec<(u32, u32)>,
}

impl Reading<'_> {
    fn mark_at(&mut self, text: usize, file: usize) {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.marks.push((clamp(text), clamp(file)));
    }

    /// Resolves the escape at byte `at`; returns the byte after it.
    fn escape(&mut self, at: usize) -> Result<usize, Box<Diagnostic>> {
        let letter = match self.source.as_bytes().get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_unit(at),
            _ => return Err(self.not_an_escape(at)),
        };
        self.text.push(letter);
        Ok(at + 2)
    }

    fn code_unit(&mut self, at: usize) -> Result<usize, Box<Diagnostic>> {
        let Some(first) = self.hex(at) else {
            return Err(self.not_an_escape(at));
        };
        if let Some(letter) = char::from_u32(first) {
            self.text.push(letter);
            return Ok(at + 6);
        }
        let second = self
            .hex(at + 6)
            .filter(|unit| (0xdc00..0xe000).contains(unit));
        let pair = second
            .filter(|_| first < 0xdc00)
            .map(|second| 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        match pair.and_then(char::from_u32) {
            Some(letter) => {
                self.text.push(letter);
                Ok(at + 12)
            }
            // Half of a pair, which is no character: replaced, as Terraform does.
            None => {
                self.text.push(char::REPLACEMENT_CHARACTER);
                Ok(at + 6)
            }
        }
    }

    /// The code unit of `\uXXXX` at byte `at`.
    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.source.get(at..at + 6)?.strip_prefix("\\u")?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then_some(())?;
        u32::from_str_radix(digits, 16).ok()
    }

    fn not_an_escape(&self, at: usize) -> Box<Diagnostic> {
        let selector = self
            .source
            .get(at + 1..)
            .and_then(|rest| rest.chars().next());
        let end = at + 1 + selector.map_or(0, char::len_utf8);
        let shown = self.source.get(at..end).unwrap_or_default();
        let diagnostic = Diagnostic::error(
            "invalid-escape",
            format!("`{shown}` is not an escape of JSON"),
        )
        .at(Span::new(self.file, at, end), "")
        .help("the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        Box::new(diagnostic)
    }
}
