//! Reads the text of addresses of modules and resources.

use std::sync::Arc;

use super::{AddressError, BlockAddr, InstanceAddr, InstanceKey, Mode, ModuleStep, Target};
use crate::text::Str;

/// Takes an address apart, from left to right.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    text: &'a str,
    /// What is left of it.
    pub(crate) rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Starts at the first character.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// The error for this text.
    pub(crate) fn fail<T>(&self, reason: &'static str) -> Result<T, AddressError> {
        Err(AddressError {
            text: self.text.into(),
            reason,
        })
    }

    /// Takes a character, if it is the next.
    pub(crate) fn eat(&mut self, token: char) -> bool {
        self.rest
            .strip_prefix(token)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    /// A name of the language.
    pub(crate) fn name(&mut self) -> Result<&'a str, AddressError> {
        self.word(&['_', '-'])
    }

    /// A name in which a `*` may stand for any part.
    pub(crate) fn name_or_stars(&mut self) -> Result<&'a str, AddressError> {
        self.word(&['_', '-', '*'])
    }

    /// Letters, digits and the characters `also`, not beginning with a digit, up to a `.` or `[`.
    fn word(&mut self, also: &[char]) -> Result<&'a str, AddressError> {
        let end = self.rest.find(['.', '[']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let good = |c: char| {
            c.is_alphanumeric() || also.contains(&c) || (!c.is_ascii() && !c.is_whitespace())
        };
        if name.is_empty()
            || !name.chars().all(good)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return self.fail("a name is expected");
        }
        self.rest = rest;
        Ok(name)
    }

    /// `[0]`, `["name"]`, or nothing.
    pub(crate) fn key(&mut self) -> Result<InstanceKey, AddressError> {
        if !self.eat('[') {
            return Ok(InstanceKey::None);
        }
        let key = if self.eat('"') {
            InstanceKey::Key(self.quoted()?)
        } else {
            self.index()?
        };
        if self.eat(']') {
            Ok(key)
        } else {
            self.fail("a `]` is missing")
        }
    }

    fn index(&mut self) -> Result<InstanceKey, AddressError> {
        let end = self.rest.find(']').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let Ok(index) = digits.parse() else {
            return self.fail("a key is a number or a quoted string");
        };
        self.rest = rest;
        Ok(InstanceKey::Index(index))
    }

    fn quoted(&mut self) -> Result<Str, AddressError> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(out.into());
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, c @ ('"' | '\\'))) => out.push(c),
                    _ => return self.fail("an escape in a key is not known"),
                },
                '$' | '%' => {
                    let doubled = self.rest.get(at + 1..).is_some_and(|rest| {
                        rest.starts_with(c)
                            && rest.get(1..).is_some_and(|rest| rest.starts_with('{'))
                    });
                    if doubled {
                        chars.next();
                    }
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        self.fail("a closing quote is missing")
    }

    /// All of it: a module, a block or an instance.
    pub(crate) fn target(&mut self) -> Result<Target, AddressError> {
        let mut modules = Vec::new();
        loop {
            let first = self.name()?;
            let mode = match first {
                "module" => {
                    if !self.eat('.') {
                        return self.fail("a module's name is missing");
                    }
                    let name = self.name()?.into();
                    modules.push(ModuleStep {
                        name,
                        key: self.key()?,
                    });
                    if self.rest.is_empty() {
                        return Ok(Target::Module(modules.into()));
                    }
                    if !self.eat('.') {
                        return self.fail("a `.` is missing");
                    }
                    continue;
                }
                "data" => Mode::Data,
                "ephemeral" => Mode::Ephemeral,
                _ => Mode::Managed,
            };
            let rtype = match mode {
                Mode::Managed => first,
                Mode::Data | Mode::Ephemeral if self.eat('.') => self.name()?,
                Mode::Data | Mode::Ephemeral => return self.fail("a resource type is missing"),
            };
            if !self.eat('.') {
                return self.fail("a resource has a type and a name");
            }
            let name = self.name()?.into();
            let key = self.key()?;
            if !self.rest.is_empty() {
                return self.fail("something follows it");
            }
            let block = BlockAddr {
                module: modules.into(),
                mode,
                rtype: rtype.into(),
                name,
            };
            return Ok(Target::Resource(InstanceAddr {
                block: Arc::new(block),
                key,
            }));
        }
    }
}
