//! Reads the characters of regular expressions: escapes, and classes in brackets.

use regex_syntax::hir::{ClassUnicode, Hir, Look};

use super::pattern_class;
use super::pattern_syntax::{PatternError, Reader, error};

impl<'a> Reader<'a> {
    /// Reads an escape that is not in a class.
    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        let second = self.rest().chars().nth(1);
        let look = match second {
            Some('A') => Some(Look::Start),
            Some('z') => Some(Look::End),
            Some('b') => Some(Look::WordAscii),
            Some('B') => Some(Look::WordAsciiNegate),
            _ => None,
        };
        if let Some(look) = look {
            self.at += 2;
            self.push(Hir::look(look));
        } else if self.take("\\Q") {
            let quoted = self.rest();
            let length = quoted.find("\\E").unwrap_or(quoted.len());
            let quoted = quoted.get(..length).unwrap_or_default();
            quoted.chars().for_each(|c| self.push_char(c));
            self.at += length;
            self.take("\\E");
        } else if let Some(class) = self.named_class()? {
            self.push_class(class);
        } else {
            let c = self.escaped_char()?;
            self.push_char(c);
        }
        Ok(())
    }

    /// Reads `\d`, `\pL`, `\p{Greek}` or their opposites; none if something else is next, and then nothing was read.
    fn named_class(&mut self) -> Result<Option<ClassUnicode>, PatternError> {
        let start = self.at;
        let Some(letter) = self
            .rest()
            .strip_prefix('\\')
            .and_then(|rest| rest.chars().next())
        else {
            return Ok(None);
        };
        let (class, mut negated) = if let Some((class, negated)) = pattern_class::perl(letter) {
            self.at += 2;
            (class, negated)
        } else if matches!(letter, 'p' | 'P') {
            self.at += 2;
            let (name, negated) = self.unicode_class_name(start)?;
            let class = pattern_class::unicode(name);
            let class =
                class.ok_or_else(|| error("invalid character class range", self.since(start)))?;
            (class, negated)
        } else {
            return Ok(None);
        };
        negated ^= letter == 'P';
        let mut class = self.folded(class);
        if negated {
            class.negate();
        }
        Ok(Some(class))
    }

    fn unicode_class_name(&mut self, start: usize) -> Result<(&'a str, bool), PatternError> {
        let rest = self.rest();
        if !self.take("{") {
            self.next();
            return Ok((
                rest.get(..rest.len() - self.rest().len())
                    .unwrap_or_default(),
                false,
            ));
        }
        let inside = self.rest();
        let Some(length) = inside.find('}') else {
            let part = self.text.get(start..).unwrap_or_default();
            return Err(error("invalid character class range", part));
        };
        self.at += length + 1;
        let name = inside.get(..length).unwrap_or_default();
        Ok(name
            .strip_prefix('^')
            .map_or((name, false), |name| (name, true)))
    }

    /// Reads an escape that stands for one character.
    fn escaped_char(&mut self) -> Result<char, PatternError> {
        let start = self.at;
        self.next();
        let Some(c) = self.next() else {
            return Err(error("trailing backslash at end of expression", ""));
        };
        let simple = match c {
            'a' => Some('\x07'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        };
        let code = match c {
            _ if simple.is_some() => {
                return simple.ok_or_else(|| error("invalid escape sequence", ""));
            }
            // One digit alone would be a reference to a group, which RE2 does not have.
            '1'..='7' if !self.peek().is_some_and(|c| matches!(c, '0'..='7')) => None,
            '0'..='7' => {
                let length = self
                    .rest()
                    .bytes()
                    .take(2)
                    .take_while(|digit| matches!(digit, b'0'..=b'7'))
                    .count();
                self.at += length;
                u32::from_str_radix(self.since(start).trim_start_matches('\\'), 8).ok()
            }
            'x' => self.hexadecimal(),
            _ => None,
        };
        code.and_then(char::from_u32)
            .ok_or_else(|| error("invalid escape sequence", self.since(start)))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = if self.take("{") {
            let inside = self.rest();
            let length = inside.find('}')?;
            self.at += length + 1;
            inside.get(..length)?
        } else {
            let digits = self.rest().get(..2)?;
            self.at += 2;
            digits
        };
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if plain {
            u32::from_str_radix(digits, 16).ok()
        } else {
            None
        }
    }

    /// Reads `[..]`.
    pub(super) fn class(&mut self) -> Result<ClassUnicode, PatternError> {
        let start = self.at;
        self.next();
        let negated = self.take("^");
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || !self.take("]") {
            first = false;
            if let Some(named) = self.posix_class()? {
                class.union(&named);
            } else if let Some(named) = self.named_class()? {
                class.union(&named);
            } else {
                class.union(&self.range(start)?);
            }
        }
        if negated {
            class.negate();
        }
        Ok(class)
    }

    fn posix_class(&mut self) -> Result<Option<ClassUnicode>, PatternError> {
        let Some(inside) = self.rest().strip_prefix("[:") else {
            return Ok(None);
        };
        let Some((name, _)) = inside.split_once(":]") else {
            return Ok(None);
        };
        let start = self.at;
        self.at += name.len() + 4;
        let (bare, negated) = name
            .strip_prefix('^')
            .map_or((name, false), |bare| (bare, true));
        let Some(class) = pattern_class::posix(bare) else {
            return Err(error("invalid character class range", self.since(start)));
        };
        let mut class = self.folded(class);
        if negated {
            class.negate();
        }
        Ok(Some(class))
    }

    fn range(&mut self, class_start: usize) -> Result<ClassUnicode, PatternError> {
        let start = self.at;
        let low = self.class_char(class_start)?;
        let mut high = low;
        // At the end `-` stands for itself.
        if self.rest().len() > 1 && self.rest().starts_with('-') && !self.rest().starts_with("-]") {
            self.next();
            high = self.class_char(class_start)?;
            if high < low {
                return Err(error("invalid character class range", self.since(start)));
            }
        }
        Ok(self.folded(pattern_class::of(&[(low, high)])))
    }

    fn class_char(&mut self, class_start: usize) -> Result<char, PatternError> {
        match self.peek() {
            None => Err(error(
                "missing closing ]",
                self.text.get(class_start..).unwrap_or_default(),
            )),
            Some('\\') => self.escaped_char(),
            Some(c) => {
                self.next();
                Ok(c)
            }
        }
    }
}
