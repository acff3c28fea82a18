//! The text of strings and templates: where it ends, and its escapes.

use model::Diagnostic;

use super::cursor::Cursor;
use super::template::Text;

/// What ends a run of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `${` or `%{`.
    Sequence,
    /// `"`.
    Quote,
    /// The end of the line or of the text.
    LineEnd,
}

/// Finds what ends the run of text in quotes that starts at byte `from`, and whether it has escapes.
pub(crate) fn quoted_stop(text: &str, from: usize) -> (Stop, usize, bool) {
    let bytes = text.as_bytes();
    let mut escapes = false;
    let mut at = from;
    loop {
        match bytes.get(at) {
            None | Some(b'\n' | b'\r') => return (Stop::LineEnd, at, escapes),
            Some(b'"') => return (Stop::Quote, at, escapes),
            Some(b'\\') => {
                escapes = true;
                let line_ends = matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r'));
                at += if line_ends { 1 } else { 2 };
            }
            Some(mark @ (b'$' | b'%')) => match doubled(bytes, at, *mark) {
                Mark::Sequence => return (Stop::Sequence, at, escapes),
                Mark::Escape => {
                    escapes = true;
                    at += 3;
                }
                Mark::Text => at += 1,
            },
            Some(_) => at += 1,
        }
    }
}

/// Finds where a line of text without quotes ends that goes on at byte `from`: before its first sequence, or after its
/// newline, or at the end of the text. Says also whether it has escapes.
pub(crate) fn line_stop(text: &str, from: usize) -> (Stop, usize, bool) {
    let bytes = text.as_bytes();
    let mut escapes = false;
    let mut at = from;
    loop {
        match bytes.get(at) {
            None => return (Stop::LineEnd, at, escapes),
            Some(b'\n') => return (Stop::LineEnd, at + 1, escapes),
            Some(mark @ (b'$' | b'%')) => match doubled(bytes, at, *mark) {
                Mark::Sequence => return (Stop::Sequence, at, escapes),
                Mark::Escape => {
                    escapes = true;
                    at += 3;
                }
                Mark::Text => at += 1,
            },
            Some(_) => at += 1,
        }
    }
}

/// What a `$` or `%` is.
enum Mark {
    /// It opens a sequence.
    Sequence,
    /// It makes `${` or `%{` text.
    Escape,
    Text,
}

fn doubled(bytes: &[u8], at: usize, mark: u8) -> Mark {
    match (bytes.get(at + 1), bytes.get(at + 2)) {
        (Some(b'{'), _) => Mark::Sequence,
        (Some(next), Some(b'{')) if *next == mark => Mark::Escape,
        _ => Mark::Text,
    }
}

/// Text with `$${` and `%%{` resolved.
pub(super) fn unescape_bare(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

impl Cursor<'_> {
    /// The text of bytes `start..end` in quotes, with its escapes resolved; those that are none are reported.
    pub(super) fn unescape_quoted(&mut self, start: usize, end: usize) -> Text {
        let mut value = String::with_capacity(end - start);
        let mut at = start;
        while at < end {
            let rest = self.slice(at, end);
            let plain = rest.find(['\\', '$', '%']).unwrap_or(rest.len());
            value.push_str(rest.get(..plain).unwrap_or_default());
            at += plain;
            let rest = rest.get(plain..).unwrap_or_default();
            if rest.starts_with("$${") || rest.starts_with("%%{") {
                value.push_str(rest.get(1..3).unwrap_or_default());
                at += 3;
            } else if rest.starts_with('\\') {
                at += self.escape(&mut value, at, rest);
            } else if let Some(first) = rest.chars().next() {
                value.push(first);
                at += first.len_utf8();
            }
        }
        Text { value, start, end }
    }

    /// Resolves the escape at the start of `rest`, which is at byte `at`; returns its length.
    fn escape(&mut self, value: &mut String, at: usize, rest: &str) -> usize {
        let selector = rest.chars().nth(1);
        let plain = match selector {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('"') => '"',
            Some('\\') => '\\',
            Some('u') => return self.code_point(value, at, rest, 4),
            Some('U') => return self.code_point(value, at, rest, 8),
            _ => {
                let length = 1 + selector.map_or(0, char::len_utf8);
                let shown = rest.get(..length).unwrap_or_default();
                let help = match selector {
                    Some('$') => "a literal `${` is written `$${`",
                    Some('%') => "a literal `%{` is written `%%{`",
                    _ => {
                        "a backslash itself is written `\\\\`; the escapes are \\n \\r \\t \\\" \\\\ \\uXXXX \\UXXXXXXXX"
                    }
                };
                self.report(
                    Diagnostic::error("invalid-escape", format!("`{shown}` is not an escape"))
                        .at(self.span(at, at + length), "")
                        .help(help),
                );
                return length;
            }
        };
        value.push(plain);
        2
    }

    fn code_point(&mut self, value: &mut String, at: usize, rest: &str, digits: usize) -> usize {
        let hex = rest.get(2..).unwrap_or_default();
        let count = hex
            .bytes()
            .take(digits)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        let code = hex.get(..count).unwrap_or_default();
        let length = 2 + count;
        let found = rest.get(..length).unwrap_or_default();
        let letter = if count == digits {
            u32::from_str_radix(code, 16).ok().and_then(char::from_u32)
        } else {
            None
        };
        if let Some(letter) = letter {
            value.push(letter);
            return length;
        }
        let diagnostic = Diagnostic::error(
            "invalid-escape",
            format!("`{found}` is not a character"),
        )
        .at(self.span(at, at + length), "")
        .help(if count == digits {
            "characters go up to `\\U0010FFFF`, without the surrogates `\\uD800` to `\\uDFFF`"
        } else {
            "`\\u` is followed by four hexadecimal digits, `\\U` by eight"
        });
        self.report(diagnostic);
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_two_of_many_dollars_escape() {
        assert_eq!(unescape_bare("$$${a}"), "$${a}");
        assert_eq!(line_stop("$$${a}", 0), (Stop::LineEnd, 6, true));
        assert_eq!(line_stop("$%{a}", 0), (Stop::Sequence, 1, false));
    }

    #[test]
    fn a_quote_after_a_backslash_does_not_end_the_string() {
        assert_eq!(quoted_stop(r#"a\"b"c"#, 0), (Stop::Quote, 4, true));
        assert_eq!(quoted_stop("a\\\n", 0), (Stop::LineEnd, 2, true));
    }
}
