//! Reads regular expressions as RE2 (Go's `regexp`) writes them into the form that is matched.
//! What differs from the `regex` crate's own syntax: `\w`, `\b` and the like are of ASCII, repetitions are limited and
//! not stacked, classes have no set operators, groups may share a name, `\Q..\E` and octal escapes exist.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, Look, Repetition};

use super::pattern_class;

/// The most repetitions of one thing, nested ones multiplied.
const MAX_REPEAT: u32 = 1000;

/// The most groups inside each other.
const MAX_DEPTH: usize = 1000;

/// What is wrong with a pattern, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatternError {
    pub problem: &'static str,
    pub part: String,
}

/// A pattern that was read, and its groups' names; the first group is at index 0 here.
#[derive(Debug)]
pub(super) struct Parsed {
    pub hir: Hir,
    pub groups: Vec<Option<String>>,
}

#[derive(Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four flags that each may be set"
)]
struct Flags {
    ignore_case: bool,
    many_lines: bool,
    dot_all: bool,
    swap_greed: bool,
}

/// What a repetition would repeat.
struct Item {
    hir: Hir,
    /// How often the repetitions in it repeat, multiplied.
    repeats: u32,
}

/// A group that is not closed yet.
struct Group {
    capture: Option<(u32, Option<Box<str>>)>,
    /// The flags outside.
    flags: Flags,
    alternatives: Vec<Item>,
    sequence: Vec<Item>,
}

/// A place in the text of a pattern, and what was read before it.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    flags: Flags,
    groups: Vec<Option<String>>,
    open: Vec<Group>,
    /// Where the repetition right before starts, if there is one.
    repeated: Option<usize>,
}

/// Reads `text`.
pub(super) fn parse(text: &str) -> Result<Parsed, PatternError> {
    let outside = Group::new(None, Flags::default());
    let mut reader = Reader {
        text,
        at: 0,
        flags: Flags::default(),
        groups: Vec::new(),
        open: vec![outside],
        repeated: None,
    };
    while let Some(c) = reader.peek() {
        reader.step(c)?;
    }
    let Some(outside) = reader.open.pop().filter(|_| reader.open.is_empty()) else {
        return Err(error("missing closing )", text));
    };
    Ok(Parsed {
        hir: outside.close().hir,
        groups: reader.groups,
    })
}

pub(super) fn error(problem: &'static str, part: &str) -> PatternError {
    PatternError {
        problem,
        part: part.to_owned(),
    }
}

impl Group {
    fn new(capture: Option<(u32, Option<Box<str>>)>, flags: Flags) -> Self {
        Self {
            capture,
            flags,
            alternatives: Vec::new(),
            sequence: Vec::new(),
        }
    }

    fn end_alternative(&mut self) {
        let sequence = std::mem::take(&mut self.sequence);
        let repeats = sequence.iter().map(|item| item.repeats).max().unwrap_or(1);
        let hir = Hir::concat(sequence.into_iter().map(|item| item.hir).collect());
        self.alternatives.push(Item { hir, repeats });
    }

    fn close(mut self) -> Item {
        self.end_alternative();
        let repeats = self
            .alternatives
            .iter()
            .map(|item| item.repeats)
            .max()
            .unwrap_or(1);
        let hir = Hir::alternation(self.alternatives.into_iter().map(|item| item.hir).collect());
        let hir = match self.capture {
            Some((index, name)) => Hir::capture(Capture {
                index,
                name,
                sub: Box::new(hir),
            }),
            None => hir,
        };
        Item { hir, repeats }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    pub(super) fn push(&mut self, hir: Hir) {
        if let Some(group) = self.open.last_mut() {
            group.sequence.push(Item { hir, repeats: 1 });
        }
    }

    pub(super) fn push_class(&mut self, class: ClassUnicode) {
        self.push(Hir::class(Class::Unicode(class)));
    }

    pub(super) fn push_char(&mut self, c: char) {
        if self.flags.ignore_case {
            self.push_class(self.folded(pattern_class::of(&[(c, c)])));
        } else {
            self.push(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec()));
        }
    }

    pub(super) fn folded(&self, mut class: ClassUnicode) -> ClassUnicode {
        if self.flags.ignore_case {
            // Fails only without Unicode's tables, which are built in.
            let _ = class.try_case_fold_simple();
        }
        class
    }

    /// Reads one thing that starts with `c`.
    fn step(&mut self, c: char) -> Result<(), PatternError> {
        let repeated = self.repeated.take();
        match c {
            '(' => self.open_group()?,
            ')' => self.close_group()?,
            '|' => {
                self.next();
                if let Some(group) = self.open.last_mut() {
                    group.end_alternative();
                }
            }
            '^' => {
                self.next();
                self.push(Hir::look(if self.flags.many_lines {
                    Look::StartLF
                } else {
                    Look::Start
                }));
            }
            '$' => {
                self.next();
                self.push(Hir::look(if self.flags.many_lines {
                    Look::EndLF
                } else {
                    Look::End
                }));
            }
            '.' => {
                self.next();
                self.push_class(match self.flags.dot_all {
                    true => pattern_class::of(&[('\0', char::MAX)]),
                    false => pattern_class::of(&[('\0', '\t'), ('\u{b}', char::MAX)]),
                });
            }
            '[' => {
                let class = self.class()?;
                self.push_class(class);
            }
            '*' | '+' | '?' => {
                let start = self.at;
                self.next();
                let (min, max) = match c {
                    '*' => (0, None),
                    '+' => (1, None),
                    _ => (0, Some(1)),
                };
                self.repeat(start, repeated, min, max)?;
            }
            '{' => {
                let start = self.at;
                match self.counts() {
                    Some((min, max)) => self.repeat(start, repeated, min, max)?,
                    None => {
                        self.next();
                        self.push_char('{');
                    }
                }
            }
            '\\' => self.escape()?,
            _ => {
                self.next();
                self.push_char(c);
            }
        }
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), PatternError> {
        let start = self.at;
        if self.open.len() > MAX_DEPTH {
            return Err(error("expression nests too deeply", self.text));
        }
        let outside = self.flags;
        let name = if self.take("(?P<") || self.take("(?<") {
            Some(self.group_name(start)?)
        } else if self.take("(?") {
            if self.flags(start)? {
                self.open.push(Group::new(None, outside));
            }
            return Ok(());
        } else {
            self.next();
            None
        };
        self.groups.push(name);
        let index = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        // Names stay out of the form that is matched, which wants them distinct.
        self.open.push(Group::new(Some((index, None)), outside));
        Ok(())
    }

    fn group_name(&mut self, start: usize) -> Result<String, PatternError> {
        let Some(length) = self.rest().find('>') else {
            return Err(error(
                "invalid named capture",
                self.text.get(start..).unwrap_or_default(),
            ));
        };
        let name = self.rest().get(..length).unwrap_or_default();
        self.at += length + 1;
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            let part = self.since(start).trim_end_matches(')');
            return Err(error("invalid named capture", part));
        }
        Ok(name.to_owned())
    }

    /// Reads `i-s:` or `i-s)` and sets the flags; true when a group follows, to whose end they hold.
    fn flags(&mut self, start: usize) -> Result<bool, PatternError> {
        let mut flags = self.flags;
        let (mut on, mut some) = (true, false);
        loop {
            let c = self.next();
            match c {
                Some('i') => flags.ignore_case = on,
                Some('m') => flags.many_lines = on,
                Some('s') => flags.dot_all = on,
                Some('U') => flags.swap_greed = on,
                Some('-') if on => {
                    on = false;
                    some = false;
                    continue;
                }
                Some(end @ (':' | ')')) if on || some => {
                    self.flags = flags;
                    return Ok(end == ':');
                }
                _ => {
                    return Err(error(
                        "invalid or unsupported Perl syntax",
                        self.since(start),
                    ));
                }
            }
            some = true;
        }
    }

    fn close_group(&mut self) -> Result<(), PatternError> {
        if self.open.len() < 2 {
            return Err(error("unexpected )", self.text));
        }
        self.next();
        if let Some(group) = self.open.pop() {
            self.flags = group.flags;
            let item = group.close();
            if let Some(outside) = self.open.last_mut() {
                outside.sequence.push(item);
            }
        }
        Ok(())
    }

    /// Reads `{2}`, `{2,}` or `{2,3}`; none if it is not one of them, and then nothing was read.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let (inside, _) = self.rest().strip_prefix('{')?.split_once('}')?;
        let number = |digits: &str| -> Option<u32> {
            let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            let padded = digits.len() > 1 && digits.starts_with('0');
            // One that does not fit is too large in any case.
            (plain && !padded).then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let counts = match inside.split_once(',') {
            None => number(inside).map(|count| (count, Some(count)))?,
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        self.at += inside.len() + 2;
        Some(counts)
    }

    fn repeat(
        &mut self,
        start: usize,
        repeated: Option<usize>,
        min: u32,
        max: Option<u32>,
    ) -> Result<(), PatternError> {
        let written = self.since(start);
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            return Err(error("invalid repeat count", written));
        }
        let lazy = self.take("?");
        if let Some(before) = repeated {
            return Err(error(
                "invalid nested repetition operator",
                self.since(before),
            ));
        }
        let whole = self.since(start);
        let Some(item) = self.open.last_mut().and_then(|group| group.sequence.pop()) else {
            return Err(error("missing argument to repetition operator", whole));
        };
        let repeats = item.repeats.saturating_mul(max.unwrap_or(min).max(1));
        if repeats > MAX_REPEAT {
            return Err(error("invalid repeat count", written));
        }
        let greedy = lazy == self.flags.swap_greed;
        let hir = Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: Box::new(item.hir),
        });
        if let Some(group) = self.open.last_mut() {
            group.sequence.push(Item { hir, repeats });
        }
        self.repeated = Some(start);
        Ok(())
    }
}
