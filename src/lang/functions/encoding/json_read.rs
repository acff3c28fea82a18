//! Reads JSON into values: numbers exactly, arrays as tuples, objects as objects, of repeated names the last.
//! Differs from `serde_json` in what Terraform accepts: half a surrogate pair is U+FFFD, a closing bracket too many at
//! the end is passed over.

use model::{Number, Str, Value};

/// The most values inside each other.
pub(super) const MAX_DEPTH: usize = 2_000;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// An array or object that is not closed yet.
enum Open {
    Array(Vec<Value>),
    Object {
        entries: Vec<(Str, Value)>,
        name: Str,
    },
}

/// Reads one value.
///
/// # Errors
/// What is wrong, as a phrase.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None | Some(b']' | b'}') => Ok(value),
        Some(_) => Err(reader.unexpected("the end")),
    }
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            Some(c) => format!("found {c:?} at offset {}, not {wanted}", self.at),
            None => format!("found the end of the text, not {wanted}"),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.start(&mut open)? {
                Some(value) => value,
                None => continue,
            };
            // Close as many as end here.
            loop {
                let Some(outer) = open.last_mut() else {
                    return Ok(value);
                };
                match outer {
                    Open::Array(items) => items.push(value),
                    Open::Object { entries, name } => entries.push((std::mem::take(name), value)),
                }
                if self.take(b',') {
                    self.next_name(outer)?;
                    break;
                }
                value = match open.pop() {
                    Some(Open::Array(items)) if self.take(b']') => Value::tuple(items),
                    Some(Open::Object { entries, .. }) if self.take(b'}') => Value::object(entries),
                    Some(Open::Array(_)) => return Err(self.unexpected("`,` or `]`")),
                    _ => return Err(self.unexpected("`,` or `}`")),
                };
            }
        }
    }

    /// Reads the name that the next value of an object has.
    fn next_name(&mut self, outer: &mut Open) -> Result<(), String> {
        if let Open::Object { name, .. } = outer {
            *name = self.name()?;
        }
        Ok(())
    }

    /// Reads a value, or opens an array or object that is not empty and gives none.
    fn start(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, String> {
        self.skip_space();
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                if self.take(b']') {
                    return Ok(Some(Value::tuple(Vec::new())));
                }
                open.push(Open::Array(Vec::new()));
            }
            Some(b'{') => {
                self.at += 1;
                if self.take(b'}') {
                    return Ok(Some(Value::object::<Str>([])));
                }
                let name = self.name()?;
                open.push(Open::Object {
                    entries: Vec::new(),
                    name,
                });
            }
            Some(b'"') => return self.string().map(|text| Some(Value::string(text))),
            Some(b'-' | b'0'..=b'9') => return self.number().map(Some),
            _ => return self.word().map(Some),
        }
        if open.len() > MAX_DEPTH {
            return Err(format!(
                "more than {MAX_DEPTH} values are inside each other"
            ));
        }
        Ok(None)
    }

    fn name(&mut self) -> Result<Str, String> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a name in double quotes"));
        }
        let name = self.string()?;
        if self.take(b':') {
            Ok(name.into())
        } else {
            Err(self.unexpected("`:`"))
        }
    }

    fn word(&mut self) -> Result<Value, String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let words = [
            ("null", Value::NULL),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
        ];
        for (word, value) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("a value"))
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.unexpected("a digit"))
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let number = Number::parse(text)
            .ok_or_else(|| format!("{text} is too large or too small a number"))?;
        Ok(Value::Number(number))
    }

    /// Reads a string from its first to its last quote.
    fn string(&mut self) -> Result<String, String> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest: &'a str = self.text.get(self.at..).unwrap_or_default();
            let special = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let special = special.unwrap_or(rest.len());
            out.push_str(rest.get(..special).unwrap_or_default());
            self.at += special;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.push(c);
                }
                _ => return Err(self.unexpected("a character of a string or its end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("an escape such as `n` or `u00e9`")),
        };
        self.at += 1;
        Ok(c)
    }

    /// Reads `u00e9`, or a pair `ud83d\ude00` that stands for one character.
    fn unicode_escape(&mut self) -> Result<char, String> {
        self.at += 1;
        let high = self.four_hex_digits()?;
        if (0xd800..0xdc00).contains(&high) && self.text.get(self.at..self.at + 2) == Some("\\u") {
            let after = self.at;
            self.at += 2;
            let low = self.four_hex_digits()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_hex_digits(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += if code.is_some() { 4 } else { 0 };
        code.ok_or_else(|| self.unexpected("four hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::encode;
    use super::*;

    #[track_caller]
    fn reads(text: &str, wanted: &str) {
        assert_eq!(
            read(text).and_then(|value| encode(&value)).as_deref(),
            Ok(wanted),
            "{text}"
        );
    }

    #[test]
    fn values_are_read() {
        reads(
            " {\"b\" : [1, {}, [ ], true,null] , \"a\":\"x\"} ",
            r#"{"a":"x","b":[1,{},[],true,null]}"#,
        );
        reads(r#"{"a":1,"a":"x"}"#, r#"{"a":"x"}"#);
        reads(
            "[1e3,-0.0,1.50,123456789012345678901234567890.5]",
            "[1000,-0,1.5,123456789012345678901234567890.5]",
        );
        reads(r#""\/\b\f\u00e9\ud83d\ude00""#, r#""/\b\fé😀""#);
        reads(r#""\ud83d\u0041\ude00""#, "\"\u{fffd}A\u{fffd}\"");
        reads("[1]]", "[1]");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "  ",
            "[1,2",
            "[1,]",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":}",
            "{,}",
            "{\"a\":1,}",
            "[1 2]",
            "1 2",
            "tru",
            "truex",
            "01",
            "1.",
            ".1",
            "+1",
            "-",
            "1e",
            "'a'",
            "NaN",
            "\"a\nb\"",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"a",
            "\u{feff}1",
            "\u{a0}1",
            "// c\n1",
            "{\"a\":1]",
            "[1}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_works_and_deeper_nesting_is_an_error() {
        assert!(read(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))).is_ok());
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
