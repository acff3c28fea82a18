//! The verbs of a format string, `%-5.2[1]f`: reading them, and writing one value by one of them.
//! Which arguments are taken in which order is `format`'s.

use model::value::convert;
use model::{Number, Type, Value};
use num_bigint::{BigInt, Sign};
use unicode_segmentation::UnicodeSegmentation;

use crate::functions::encoding::json;

/// The widest field and the most digits that are written.
const MAX_WIDTH: usize = 1_000_000;

/// A verb with all that stands before its letter.
#[derive(Debug)]
pub(super) struct Verb<'a> {
    /// The whole of it, from the percent sign to the letter.
    pub raw: &'a str,
    /// Where it starts in the format string, in bytes.
    pub offset: usize,
    /// Which argument it names, counted from 1; none takes the next.
    pub argument: Option<usize>,
    flags: Flags,
    width: Option<usize>,
    precision: Option<usize>,
    mode: char,
}

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five flags that each may be written"
)]
struct Flags {
    zero: bool,
    sharp: bool,
    minus: bool,
    plus: bool,
    space: bool,
}

/// A position in the format string.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Verb<'a> {
    /// Reads the verb whose percent sign is at byte `offset` of `text`.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub(super) fn read(text: &'a str, offset: usize) -> Result<Self, String> {
        let mut cursor = Cursor {
            text,
            at: offset + 1,
        };
        let flags = cursor.flags();
        let width = if cursor.peek() == Some('0') {
            None
        } else {
            cursor.number()?
        };
        let precision = if cursor.take('.') {
            Some(cursor.number()?.unwrap_or(0))
        } else {
            None
        };
        let argument = if cursor.take('[') {
            Some(cursor.argument()?)
        } else {
            None
        };
        let mode = cursor.peek().ok_or_else(|| cursor.unexpected())?;
        if !mode.is_ascii_alphabetic() {
            return Err(cursor.unexpected());
        }
        let raw = text.get(offset..cursor.at + 1).unwrap_or_default();
        Ok(Self {
            raw,
            offset,
            argument,
            flags,
            width,
            precision,
            mode,
        })
    }

    /// Writes `value` to the end of `out`.
    ///
    /// # Errors
    /// Why the verb cannot write it, as a phrase.
    pub(super) fn write(&self, value: &Value, out: &mut String) -> Result<(), String> {
        if self.mode != 'v' && value.is_null() {
            return Err(self.unsupported("null cannot be formatted"));
        }
        match self.mode {
            'v' => out.push_str(&self.pad(&self.default_text(value)?)),
            't' => {
                let value = self.converted(value, &Type::Bool)?;
                out.push_str(if value.as_bool() == Some(true) {
                    "true"
                } else {
                    "false"
                });
            }
            'b' | 'd' | 'o' | 'x' | 'X' => self.write_integer(&self.number(value)?, out)?,
            'e' | 'E' | 'f' | 'g' | 'G' => self.write_float(&self.number(value)?, out),
            's' | 'q' => {
                let text = self.string(value)?;
                out.push_str(&self.pad(&if self.mode == 'q' {
                    json::quoted(&text)
                } else {
                    text
                }));
            }
            other => {
                let Self { raw, offset, .. } = self;
                return Err(format!(
                    "there is no verb `{other}`, as in `{raw}` at offset {offset}"
                ));
            }
        }
        Ok(())
    }

    fn default_text(&self, value: &Value) -> Result<String, String> {
        if self.flags.sharp {
            json::encode(value).map_err(|reason| self.unsupported(&reason))
        } else if let Some(text) = value.as_str() {
            Ok(text.to_string())
        } else if let Some(number) = value.as_number() {
            Ok(number.text_general(None))
        } else {
            json::encode(value).map_err(|reason| self.unsupported(&reason))
        }
    }

    fn converted(&self, value: &Value, ty: &Type) -> Result<Value, String> {
        convert(value, ty).map_err(|error| self.unsupported(&error.to_string()))
    }

    fn number(&self, value: &Value) -> Result<Number, String> {
        let value = self.converted(value, &Type::Number)?;
        value
            .as_number()
            .cloned()
            .ok_or_else(|| self.unsupported("a number is required"))
    }

    fn string(&self, value: &Value) -> Result<String, String> {
        let value = self.converted(value, &Type::String)?;
        let text = value
            .as_str()
            .ok_or_else(|| self.unsupported("a string is required"))?;
        // A precision of 0 is as none, as in Terraform.
        Ok(match self.precision {
            None | Some(0) => text.to_string(),
            Some(count) => text.graphemes(true).take(count).collect(),
        })
    }

    fn write_integer(&self, number: &Number, out: &mut String) -> Result<(), String> {
        let whole: BigInt = number
            .to_bigint()
            .ok_or_else(|| self.unsupported("an integer is required"))?;
        let (radix, prefix) = match self.mode {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let prefix = if self.flags.sharp { prefix } else { "" };
        let mut digits = whole.magnitude().to_str_radix(radix);
        if self.mode == 'X' {
            digits.make_ascii_uppercase();
        }
        if self.precision == Some(0) && digits == "0" {
            return Ok(());
        }
        let sign = self.sign(whole.sign() == Sign::Minus);
        let mut zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        let (mut left, mut right) = (0, 0);
        if self.flags.minus {
            right = missing;
        } else if self.flags.zero && self.precision.is_none() {
            zeros = missing;
        } else {
            left = missing;
        }
        let (left, zeros, right) = (" ".repeat(left), "0".repeat(zeros), " ".repeat(right));
        out.extend([&left, sign, prefix, &zeros, &digits, &right]);
        Ok(())
    }

    fn write_float(&self, number: &Number, out: &mut String) {
        let text = match self.mode {
            'e' | 'E' => number.text_exponent(Some(self.precision.unwrap_or(6))),
            'f' => number.text_fixed(Some(self.precision.unwrap_or(6))),
            _ => number.text_general(self.precision),
        };
        let text = if self.mode.is_uppercase() && !number.is_infinite() {
            text.to_ascii_uppercase()
        } else {
            text
        };
        let digits = text.trim_start_matches(['-', '+']);
        let sign = match self.sign(text.starts_with('-')) {
            // A positive infinity shows its sign.
            "" if text.starts_with('+') => "+",
            _ if text.starts_with('+') && self.flags.space => " ",
            sign => sign,
        };
        let missing = self
            .width
            .unwrap_or(0)
            .saturating_sub(sign.len() + digits.len());
        // Unlike with integers, a zero flag wins over a minus flag here.
        if self.flags.zero && !number.is_infinite() {
            out.extend([sign, &"0".repeat(missing), digits]);
        } else if self.flags.minus {
            out.extend([sign, digits, &" ".repeat(missing)]);
        } else {
            out.extend([&" ".repeat(missing), sign, digits]);
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    /// Fills the field; a character is a grapheme cluster.
    fn pad(&self, text: &str) -> String {
        let missing = self
            .width
            .unwrap_or(0)
            .saturating_sub(text.graphemes(true).count());
        let padding = if self.flags.zero { "0" } else { " " }.repeat(missing);
        if self.flags.minus {
            format!("{text}{padding}")
        } else {
            format!("{padding}{text}")
        }
    }

    fn unsupported(&self, reason: &str) -> String {
        format!(
            "the value for `{}` at offset {} does not fit: {reason}",
            self.raw, self.offset
        )
    }
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some('0') => flags.zero = true,
                Some('#') => flags.sharp = true,
                Some('-') => flags.minus = true,
                Some('+') => flags.plus = true,
                Some(' ') => flags.space = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Option<usize>, String> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse().ok().filter(|number| *number <= MAX_WIDTH);
        number
            .map(Some)
            .ok_or_else(|| format!("{digits} at offset {start} is above {MAX_WIDTH}"))
    }

    fn argument(&mut self) -> Result<usize, String> {
        if self.peek() == Some('0') {
            return Err(self.unexpected());
        }
        let number = self.number()?.ok_or_else(|| self.unexpected())?;
        if self.take(']') {
            Ok(number)
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            Some(c) => format!("`{c}` at offset {} is no part of a verb", self.at),
            None => format!("the verb at the end is not complete, at offset {}", self.at),
        }
    }
}
