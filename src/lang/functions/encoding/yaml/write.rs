//! Writes values as YAML documents, byte for byte as Terraform does: strings and keys in double quotes, strings of
//! several lines as literal blocks where that is possible, lines of quoted text folded after 80 columns.

use model::Value;
use model::value::Fields;

const INDENT: usize = 2;
const WIDTH: usize = 80;
/// Longer keys, in bytes, are written with a question mark.
const MAX_SIMPLE_KEY: usize = 128;

/// Writes a wholly known value.
///
/// # Errors
/// When something in it is not known; the message is a phrase.
pub(super) fn write(value: &Value) -> Result<String, String> {
    let mut writer = Writer {
        out: String::new(),
        column: 0,
        after_space: true,
        after_indicators: true,
    };
    writer.node(value, None, Place::Root)?;
    writer.line(0);
    if matches!(
        value.bare(),
        Value::Null(_) | Value::Bool(_) | Value::Number(_)
    ) {
        // A plain scalar alone has no end of its own.
        writer.out.push_str("...\n");
    }
    Ok(writer.out)
}

/// What a node is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Sequence,
    Mapping,
}

struct Writer {
    out: String,
    /// In characters.
    column: usize,
    /// Nothing, or white space, or an indicator that brings its own stands before.
    after_space: bool,
    /// Only indentation and indicators stand before in this line.
    after_indicators: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    /// Starts a new line at the indentation, unless the position is already there with nothing before it.
    fn line(&mut self, indent: usize) {
        if !self.after_indicators
            || self.column > indent
            || (self.column == indent && !self.after_space)
        {
            self.out.push('\n');
            self.column = 0;
        }
        let missing = " ".repeat(indent.saturating_sub(self.column));
        self.put(&missing);
        self.after_space = true;
        self.after_indicators = true;
    }

    /// Writes `-`, `?` or `:` after which the node may start in the same line.
    fn block_indicator(&mut self, indicator: &str) {
        self.space();
        self.put(indicator);
        self.after_space = false;
    }

    fn space(&mut self) {
        if !self.after_space {
            self.put(" ");
        }
        self.after_space = false;
    }

    fn node(&mut self, value: &Value, indent: Option<usize>, place: Place) -> Result<(), String> {
        match value.bare() {
            Value::Null(_) => self.plain("null"),
            Value::Bool(true) => self.plain("true"),
            Value::Bool(false) => self.plain("false"),
            Value::Number(number) => self.plain(&number.to_string()),
            Value::String(text) => self.text(text, inner(indent)),
            Value::List(list) | Value::Set(list) => self.sequence(&list.items, indent, place)?,
            Value::Tuple(items) => self.sequence(items, indent, place)?,
            Value::Map(map) => self.mapping(&map.entries, indent)?,
            Value::Object(fields) => self.mapping(fields, indent)?,
            Value::Unknown(_) | Value::Marked(_) => {
                return Err("it holds a value that is not known yet".to_owned());
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.space();
        self.put(text);
        self.after_indicators = false;
    }

    fn sequence(
        &mut self,
        items: &[Value],
        indent: Option<usize>,
        place: Place,
    ) -> Result<(), String> {
        if items.is_empty() {
            self.plain("[]");
            return Ok(());
        }
        // Right below its key a sequence is not indented.
        let below_key = place == Place::Mapping && !self.after_indicators;
        let indent = if below_key {
            indent.unwrap_or(0)
        } else {
            nested(indent)
        };
        for item in items {
            self.line(indent);
            self.block_indicator("-");
            self.node(item, Some(indent), Place::Sequence)?;
        }
        Ok(())
    }

    fn mapping(&mut self, fields: &Fields, indent: Option<usize>) -> Result<(), String> {
        if fields.is_empty() {
            self.plain("{}");
            return Ok(());
        }
        let indent = nested(indent);
        for (key, value) in fields.iter() {
            self.line(indent);
            if key.len() <= MAX_SIMPLE_KEY && !key.contains(is_break) {
                self.quoted(key, indent + INDENT, Fold::Never);
                self.put(":");
            } else {
                self.block_indicator("?");
                self.text(key, indent + INDENT);
                self.line(indent);
                self.block_indicator(":");
            }
            self.node(value, Some(indent), Place::Mapping)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize) {
        if text.contains('\n') && may_be_literal(text) {
            self.literal(text, indent);
        } else {
            self.quoted(text, indent, Fold::Wide);
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.space();
        self.put("|");
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.put(&INDENT.to_string());
        }
        let mut last = text.chars().rev();
        match (
            last.next().is_some_and(is_break),
            last.next().is_none_or(is_break),
        ) {
            (false, _) => self.put("-"),
            (true, true) => self.put("+"),
            (true, false) => {}
        }
        self.out.push('\n');
        self.column = 0;
        let mut at_start = true;
        self.after_space = true;
        self.after_indicators = true;
        for c in text.chars() {
            if is_break(c) {
                self.out.push(c);
                self.column = 0;
                self.after_indicators = true;
                at_start = true;
                continue;
            }
            if std::mem::take(&mut at_start) {
                self.line(indent);
            }
            self.put(c.encode_utf8(&mut [0; 4]));
            self.after_indicators = false;
        }
    }

    fn escape_before(&mut self, next: Option<char>) {
        if next == Some(' ') {
            self.put("\\");
        }
    }

    fn quoted(&mut self, text: &str, indent: usize, fold: Fold) {
        self.space();
        self.put("\"");
        // As the original does by mistake: after a byte order mark nothing is printable.
        let escape_all = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|&(_, next)| next);
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.put(&escaped(c));
                after_space = false;
            } else if c == ' ' {
                if fold == Fold::Wide
                    && !after_space
                    && self.column > WIDTH
                    && at > 0
                    && next.is_some()
                {
                    self.after_indicators = false;
                    self.line(indent);
                    // A space at the start of a line would be lost.
                    self.escape_before(next);
                } else {
                    self.put(" ");
                }
                after_space = true;
            } else {
                self.put(c.encode_utf8(&mut [0; 4]));
                after_space = false;
            }
        }
        self.put("\"");
        self.after_space = false;
        self.after_indicators = false;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// A key stays in its line.
    Never,
    /// At a space after the width.
    Wide,
}

/// The indentation of a collection in one of `indent`.
fn nested(indent: Option<usize>) -> usize {
    indent.map_or(0, |indent| indent + INDENT)
}

/// The indentation of the lines of text in a collection of `indent`.
fn inner(indent: Option<usize>) -> usize {
    indent.unwrap_or(0) + INDENT
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// Whether a literal block keeps the text: everything is printable, and no space is before a line's end.
fn may_be_literal(text: &str) -> bool {
    let space_before = |end: usize| text.get(..end).is_some_and(|before| before.ends_with(' '));
    text.chars().all(is_printable)
        && !text.ends_with(' ')
        && !text
            .char_indices()
            .any(|(at, c)| is_break(c) && space_before(at))
}

fn escaped(c: char) -> String {
    match c {
        '\0' => "\\0".into(),
        '\x07' => "\\a".into(),
        '\x08' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\x0b' => "\\v".into(),
        '\x0c' => "\\f".into(),
        '\r' => "\\r".into(),
        '\x1b' => "\\e".into(),
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{85}' => "\\N".into(),
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        _ => match u32::from(c) {
            code @ ..=0xff => format!("\\x{code:02X}"),
            code @ ..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use model::Number;

    use super::*;

    #[track_caller]
    fn writes(value: impl Into<Value>, wanted: &str) {
        assert_eq!(write(&value.into()).as_deref(), Ok(wanted));
    }

    fn object(entries: &[(&str, Value)]) -> Value {
        Value::object(entries.iter().map(|(name, value)| (*name, value.clone())))
    }

    fn tuple(items: &[Value]) -> Value {
        Value::tuple(items.to_vec())
    }

    #[test]
    fn scalars_alone_end_the_document() {
        writes(true, "true\n...\n");
        writes(Value::NULL, "null\n...\n");
        writes(Value::Number(Number::INFINITY), "+Inf\n...\n");
        writes("1", "\"1\"\n");
        writes(tuple(&[]), "[]\n");
    }

    #[test]
    fn sequences_below_keys_are_not_indented() {
        let one = Value::int(1);
        let list = tuple(&[one.clone(), tuple(&[one.clone(), tuple(&[])])]);
        writes(list.clone(), "- 1\n- - 1\n  - []\n");
        writes(object(&[("a", list)]), "\"a\":\n- 1\n- - 1\n  - []\n");
        let inner = object(&[("b", one.clone()), ("c", tuple(std::slice::from_ref(&one)))]);
        writes(
            tuple(std::slice::from_ref(&inner)),
            "- \"b\": 1\n  \"c\":\n  - 1\n",
        );
        writes(
            object(&[("a", inner)]),
            "\"a\":\n  \"b\": 1\n  \"c\":\n  - 1\n",
        );
        writes(tuple(&[tuple(&[object(&[("a", one)])])]), "- - \"a\": 1\n");
    }

    #[test]
    fn text_of_several_lines_is_literal_where_that_keeps_it() {
        writes("a\nb", "|-\n  a\n  b\n");
        writes("a\n\n", "|+\n  a\n\n");
        writes("\n", "|2+\n\n");
        writes(" a\nb", "|2-\n   a\n  b\n");
        writes("a \nb", "\"a \\nb\"\n");
        writes("a\n😀", "\"a\\n\\U0001F600\"\n");
        writes("x\u{2028}y\nz", "|-\n  x\u{2028}  y\n  z\n");
        writes(
            object(&[
                ("a", "x\n".into()),
                ("b", "y\n\n".into()),
                ("c", "z".into()),
            ]),
            "\"a\": |\n  x\n\"b\": |+\n  y\n\n\"c\": \"z\"\n",
        );
        writes(
            tuple(&[object(&[("a", "x\ny".into())])]),
            "- \"a\": |-\n    x\n    y\n",
        );
    }

    #[test]
    fn quoted_text_is_escaped_and_folded() {
        writes(
            "\u{1}\t\u{7f}\u{85}\u{feff}\"\\é",
            "\"\\x01\\t\\x7F\\N\\uFEFF\\\"\\\\é\"\n",
        );
        writes("\u{feff}x\ny", "\"\\uFEFF\\x78\\n\\x79\"\n");
        let word = "word ".repeat(40);
        let (first, second) = ("word ".repeat(17), "word ".repeat(16));
        let wanted = format!(
            "\"{}\n  {}\n  {}\"\n",
            first.trim_end(),
            second.trim_end(),
            "word ".repeat(7)
        );
        writes(word.as_str(), &wanted);
    }

    #[test]
    fn long_keys_and_keys_of_several_lines_stand_alone() {
        let long = "a".repeat(129);
        writes(
            object(&[(&long, tuple(&["x".into()]))]),
            &format!("? \"{long}\"\n: - \"x\"\n"),
        );
        writes(
            object(&[("a\nb", tuple(&["a\nb".into()]))]),
            "? |-\n  a\n  b\n: - |-\n    a\n    b\n",
        );
    }
}
