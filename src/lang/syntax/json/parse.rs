//! Reads JSON text. Stops at the first error: where JSON goes on after one is a guess.

use model::{Diagnostic, Diagnostics, FileId, Number, Span};

use super::node::{Member, Node, NodeKind, Text};
use super::string;
use crate::syntax::stack::{MAX_DEPTH, with_room};

/// Reads JSON text, as RFC 8259 has it; a byte-order mark is dropped, and places count without it.
///
/// No node exactly when there is an error.
pub fn parse_json(file: FileId, text: &str) -> (Option<Node>, Diagnostics) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        at: 0,
        file,
        depth: 0,
    };
    match reader.document() {
        Ok(node) => (Some(node), Diagnostics::new()),
        Err(diagnostic) => (None, Diagnostics::from(*diagnostic)),
    }
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    file: FileId,
    depth: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Read<Node> {
        let node = self.value()?;
        self.skip_blank();
        if self.at < self.text.len() {
            return Err(self.expected("the end of the text"));
        }
        Ok(node)
    }

    fn value(&mut self) -> Read<Node> {
        self.skip_blank();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.deeper(Self::object)?,
            Some(b'[') => self.deeper(Self::array)?,
            Some(b'"') => NodeKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            _ => return Err(self.expected("a value")),
        };
        Ok(Node {
            kind,
            span: self.span(start),
        })
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Read<NodeKind>) -> Read<NodeKind> {
        if self.depth == MAX_DEPTH {
            let message = format!("this is nested more than {MAX_DEPTH} levels deep");
            let span = Span::new(self.file, self.at, self.at + 1);
            return Err(Box::new(
                Diagnostic::error("deep-recursion", message)
                    .at(span, "one level too many starts here"),
            ));
        }
        self.depth += 1;
        let result = with_room(|| read(self));
        self.depth -= 1;
        result
    }

    fn object(&mut self) -> Read<NodeKind> {
        let open = self.at;
        self.at += 1;
        let mut members = Vec::new();
        self.skip_blank();
        while self.peek() != Some(b'}') {
            if self.peek() != Some(b'"') {
                return Err(self.expected_in(open, "a name in quotes or `}`"));
            }
            let start = self.at;
            let name = self.string()?;
            let name_span = self.span(start);
            self.skip_blank();
            if self.peek() != Some(b':') {
                return Err(self.expected_in(open, "`:`"));
            }
            self.at += 1;
            members.push(Member {
                name,
                name_span,
                value: self.value()?,
            });
            self.after_item(open, b'}')?;
        }
        self.at += 1;
        members.shrink_to_fit();
        Ok(NodeKind::Object(members))
    }

    fn array(&mut self) -> Read<NodeKind> {
        let open = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blank();
        while self.peek() != Some(b']') {
            if self.at == self.text.len() {
                return Err(self.expected_in(open, "a value or `]`"));
            }
            items.push(self.value()?);
            self.after_item(open, b']')?;
        }
        self.at += 1;
        items.shrink_to_fit();
        Ok(NodeKind::Array(items))
    }

    /// Takes the comma after an item, unless the closing bracket follows.
    fn after_item(&mut self, open: usize, closing: u8) -> Read<()> {
        self.skip_blank();
        let comma = self.at;
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(next) if next == closing => return Ok(()),
            _ => return Err(self.expected_in(open, &format!("`,` or `{}`", char::from(closing)))),
        }
        self.skip_blank();
        if self.peek() == Some(closing) {
            let span = Span::new(self.file, comma, comma + 1);
            let diagnostic = Diagnostic::error("invalid-json", "found `,` after the last item")
                .at(span, "")
                .help("leave the comma out: JSON has it only between items")
                .suggest(span, "");
            return Err(Box::new(diagnostic));
        }
        Ok(())
    }

    fn string(&mut self) -> Read<Text> {
        let (text, end) = string::read(self.file, self.text, self.at)?;
        self.at = end;
        Ok(text)
    }

    fn number(&mut self) -> Read<NodeKind> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = rest.bytes().take_while(is_part).count();
        let word = rest.get(..length).unwrap_or_default();
        let number = is_number(word).then(|| Number::parse(word)).flatten();
        let Some(number) = number else {
            let span = Span::new(self.file, self.at, self.at + length);
            let diagnostic = Diagnostic::error(
                "invalid-number",
                format!("`{word}` is not a number of JSON"),
            )
            .at(span, "")
            .help("write digits without leading zeros, maybe a fraction, maybe an exponent");
            return Err(Box::new(diagnostic));
        };
        self.at += length;
        Ok(NodeKind::Number(number))
    }

    fn word(&mut self) -> Read<NodeKind> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let word = rest.get(..length).unwrap_or_default();
        let kind = match word {
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            "null" => NodeKind::Null,
            _ => {
                let span = Span::new(self.file, self.at, self.at + length);
                let diagnostic = Diagnostic::error(
                    "invalid-json",
                    format!("found `{word}` where a value should be"),
                )
                .at(span, "")
                .help("words other than `true`, `false` and `null` stand in double quotes");
                return Err(Box::new(diagnostic));
            }
        };
        self.at += length;
        Ok(kind)
    }

    fn skip_blank(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// From byte `start` to where reading is.
    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    fn expected(&self, wanted: &str) -> Box<Diagnostic> {
        let next = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        let (found, length) = match next {
            Some(letter) => (format!("`{}`", letter.escape_debug()), letter.len_utf8()),
            None => ("the end of the text".to_owned(), 0),
        };
        let span = Span::new(self.file, self.at, self.at + length);
        let mut diagnostic = Diagnostic::error(
            "invalid-json",
            format!("found {found} where {wanted} should be"),
        )
        .at(span, format!("{wanted} should be here"));
        if matches!(next, Some('\'')) {
            diagnostic = diagnostic.help("strings stand in double quotes");
        } else if matches!(next, Some('#' | '/')) {
            diagnostic = diagnostic
                .help("JSON has no comments; a property named \"//\" is one in this language");
        }
        Box::new(diagnostic)
    }

    /// As [`Self::expected`], inside a bracket: at the end of the text it is the bracket that is wrong.
    fn expected_in(&self, open: usize, wanted: &str) -> Box<Diagnostic> {
        if self.at < self.text.len() {
            return self.expected(wanted);
        }
        let bracket = self.text.get(open..open + 1).unwrap_or_default();
        let diagnostic = Diagnostic::error("unterminated", format!("`{bracket}` is never closed"))
            .at(Span::new(self.file, open, open + 1), "opened here")
            .note("the text ends before it is closed");
        Box::new(diagnostic)
    }
}

/// Whether text is a number as JSON has it.
fn is_number(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (coefficient, exponent) = match word.split_once(['e', 'E']) {
        Some((coefficient, exponent)) => (coefficient, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match coefficient.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (coefficient, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
