//! Finds files by a pattern: `*`, `?`, `[a-z]`, `[^a-z]`, `{a,b}` and `\` within a part of a path, `**` for any number of
//! directories.
//!
//! Follows Terraform, oddities included: `aa{,b}` does not find `aa`, braces neither nest nor contain a `/`, and a pattern
//! that is wrong is an error only when some name is compared with the part that is. But Terraform forgets such an error
//! if another directory follows, and passes over some names in which characters take different numbers of bytes.

use std::fs;
use std::path::{Path, PathBuf};

/// How much comparing of one name with one pattern may take; stars and braces can multiply.
const MOST_STEPS: u32 = 1 << 20;

/// Why nothing is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A bracket or brace is not closed, a range is not one, or nothing follows a backslash.
    Syntax,
    /// Comparing takes too long.
    Costly,
}

/// Finds what matches `pattern`, a cleaned path; what is found is relative to `directory` if the pattern is, and still to
/// be looked at, because a link may lead nowhere.
pub(super) fn glob(directory: &Path, pattern: &str) -> Result<Vec<String>, Wrong> {
    let (start, rest) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", pattern),
    };
    let mut search = Search {
        directory,
        found: Vec::new(),
        entered: Vec::new(),
    };
    search.walk(start, rest)?;
    Ok(search.found)
}

struct Search<'a> {
    directory: &'a Path,
    found: Vec<String>,
    /// Where the links lead that were followed on the way, so that none is followed in a circle.
    entered: Vec<PathBuf>,
}

struct Entry {
    name: String,
    is_link: bool,
    is_directory: bool,
    leads_nowhere: bool,
}

impl Search<'_> {
    /// Adds what matches `pattern` below `base`.
    fn walk(&mut self, base: &str, pattern: &str) -> Result<(), Wrong> {
        let (base, pattern) = skip_plain(base, pattern);
        let place = self.directory.join(&base);
        if fs::symlink_metadata(&place).is_err() {
            return Ok(());
        }
        if pattern.is_empty() {
            self.found.push(base);
            return Ok(());
        }
        if !place.is_dir() {
            return Ok(());
        }
        let (part, rest) = split_part(pattern);
        if part == "**" {
            return self.descend(&base, pattern, rest);
        }
        for entry in entries(&place) {
            if !matches(part, &entry.name)? {
                continue;
            }
            let path = within(&base, &entry.name);
            match rest {
                None => self.found.push(path),
                Some(rest) => self.walk(&path, rest)?,
            }
        }
        Ok(())
    }

    /// Adds what matches a pattern that begins with `**`; `rest` is what follows that.
    fn descend(&mut self, base: &str, pattern: &str, rest: Option<&str>) -> Result<(), Wrong> {
        let place = self.directory.join(base);
        for entry in entries(&place) {
            if entry.leads_nowhere {
                continue;
            }
            let path = within(base, &entry.name);
            if rest.is_none() {
                self.found.push(path.clone());
            }
            if !entry.is_directory {
                continue;
            }
            if !entry.is_link {
                self.walk(&path, pattern)?;
            } else if let Some(target) = self.new_target(&place, &path) {
                self.entered.push(target);
                let walked = self.walk(&path, pattern);
                self.entered.pop();
                walked?;
            }
        }
        match rest {
            Some(rest) => self.walk(base, rest),
            None => Ok(()),
        }
    }

    /// Where a link leads, unless that is where it stands in or where another link on the way led.
    fn new_target(&self, place: &Path, link: &str) -> Option<PathBuf> {
        let target = fs::canonicalize(self.directory.join(link)).ok()?;
        let here = fs::canonicalize(place).ok()?;
        (!here.starts_with(&target) && !self.entered.contains(&target)).then_some(target)
    }
}

/// Moves the leading parts of a pattern that are plain names over to the base.
fn skip_plain<'a>(base: &str, pattern: &'a str) -> (String, &'a str) {
    let plain = match pattern.find(['*', '?', '[', '{', '\\']) {
        None => pattern.len(),
        Some(at) => pattern
            .get(..at)
            .and_then(|before| before.rfind('/'))
            .unwrap_or(0),
    };
    let (names, rest) = pattern.split_at(plain);
    let base = if names.is_empty() {
        base.to_owned()
    } else {
        within(base, names)
    };
    (base, rest.strip_prefix('/').unwrap_or(rest))
}

fn within(base: &str, name: &str) -> String {
    match base {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        base => format!("{base}/{name}"),
    }
}

/// The pattern's first part, and what follows its slash.
fn split_part(pattern: &str) -> (&str, Option<&str>) {
    match find_plain(pattern, '/') {
        Some(at) => {
            let (part, rest) = pattern.split_at(at);
            (part, rest.strip_prefix('/'))
        }
        None => (pattern, None),
    }
}

/// Where a character stands in a pattern without a backslash before it.
fn find_plain(pattern: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    pattern.char_indices().find_map(|(at, c)| {
        let plain = !escaped;
        escaped = plain && c == '\\';
        (plain && c == wanted).then_some(at)
    })
}

/// What is in a directory, sorted by name; nothing when it cannot be read. Names that are not UTF-8 are passed over.
fn entries(directory: &Path) -> Vec<Entry> {
    let mut entries: Vec<Entry> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let kind = entry.file_type().ok()?;
            let target = if kind.is_symlink() {
                fs::metadata(entry.path()).ok().map(|meta| meta.file_type())
            } else {
                Some(kind)
            };
            Some(Entry {
                name: entry.file_name().into_string().ok()?,
                is_link: kind.is_symlink(),
                is_directory: target.is_some_and(|kind| kind.is_dir()),
                leads_nowhere: target.is_none(),
            })
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

/// Compares a name with a pattern for one part of a path.
fn matches(pattern: &str, name: &str) -> Result<bool, Wrong> {
    let name: Vec<char> = name.chars().collect();
    compare(pattern, &name, &mut 0)
}

fn compare(pattern: &str, mut name: &[char], steps: &mut u32) -> Result<bool, Wrong> {
    let mut rest = pattern;
    while let (Some(c), Some((&first, others))) = (rest.chars().next(), name.split_first()) {
        *steps += 1;
        if *steps > MOST_STEPS {
            return Err(Wrong::Costly);
        }
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => {
                let literal = after.chars().next().ok_or(Wrong::Syntax)?;
                if literal != first {
                    return Ok(false);
                }
                rest = after.get(literal.len_utf8()..).unwrap_or_default();
            }
            '*' => return after_star(after, name, steps),
            '[' => {
                let end = find_plain(after, ']').ok_or(Wrong::Syntax)?;
                let (class, closed) = after.split_at(end);
                if !in_class(class, first)? {
                    return Ok(false);
                }
                rest = closed.get(1..).unwrap_or_default();
            }
            '{' => return any_of(after, name, steps),
            '?' => rest = after,
            c if c == first => rest = after,
            _ => return Ok(false),
        }
        name = others;
    }
    Ok(name.is_empty() && matches!(rest, "" | "*" | "**"))
}

/// Whether what follows a star matches the name from any place on. A mistake in the pattern there is passed over.
fn after_star(pattern: &str, name: &[char], steps: &mut u32) -> Result<bool, Wrong> {
    if pattern.is_empty() {
        return Ok(true);
    }
    for start in 0..name.len() {
        match compare(pattern, name.get(start..).unwrap_or_default(), steps) {
            Ok(true) => return Ok(true),
            Ok(false) | Err(Wrong::Syntax) => {}
            Err(Wrong::Costly) => return Err(Wrong::Costly),
        }
    }
    Ok(false)
}

/// Whether one of the alternatives up to the next closing brace, together with what follows that, matches the name.
fn any_of(pattern: &str, name: &[char], steps: &mut u32) -> Result<bool, Wrong> {
    let end = find_plain(pattern, '}').ok_or(Wrong::Syntax)?;
    let (mut options, closed) = pattern.split_at(end);
    let rest = closed.get(1..).unwrap_or_default();
    loop {
        let (option, others) = match find_plain(options, ',') {
            Some(at) => (options.get(..at).unwrap_or_default(), options.get(at + 1..)),
            None => (options, None),
        };
        if compare(&format!("{option}{rest}"), name, steps)? {
            return Ok(true);
        }
        match others {
            Some(others) => options = others,
            None => return Ok(false),
        }
    }
}

/// Whether a character is in the class whose inside is given: `a-z`, `^a-z`.
fn in_class(class: &str, wanted: char) -> Result<bool, Wrong> {
    let (negated, ranges) = match class.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, class),
    };
    if class.is_empty() {
        return Err(Wrong::Syntax);
    }
    let mut chars = ranges.chars().peekable();
    let mut found = false;
    while chars.peek().is_some() {
        let low = class_char(&mut chars)?;
        let high = if chars.next_if_eq(&'-').is_some() {
            class_char(&mut chars)?
        } else {
            low
        };
        found |= (low..=high).contains(&wanted);
    }
    Ok(found != negated)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, Wrong> {
    match chars.next() {
        Some('\\') => chars.next().ok_or(Wrong::Syntax),
        Some('-') | None => Err(Wrong::Syntax),
        Some(c) => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name) in [
            ("*", ".dot"),
            ("a*", "a"),
            ("a**", "a"),
            ("*.txt", "e,f.txt"),
            ("?.txt", "é.txt"),
            ("[a-é]", "b"),
            ("[^ab]", "c"),
            ("a[^^]", "ab"),
            ("a[\\^a]", "aa"),
            ("a[\\]a]", "aa"),
            ("[{a,b}]", "{"),
            ("{a,c}.{txt,md}", "c.md"),
            ("{*.md,*.txt}", "c.md"),
            ("a{}.txt", "a.txt"),
            ("a{a,}", "aa"),
            ("{e\\,f,a}", "e,f"),
            ("\\a", "a"),
            ("s\\*r", "s*r"),
            ("{a,{b,c}}.*", "b.txt"),
            ("***.md", "c.md"),
            ("a*{t,x}", "a.txt"),
            ("[^]", "a"),
        ] {
            assert_eq!(matches(pattern, name), Ok(true), "{pattern} {name}");
        }
    }

    #[test]
    fn names_do_not_match_patterns() {
        for (pattern, name) in [
            ("a", "A"),
            ("aa{,b}", "aa"),
            ("aa***", "aa"),
            ("[!ab]", "c"),
            ("{a,{b,c}}.*", "a.txt"),
            ("{a,{b,c}}.*", "c.txt"),
            ("{,b}", "a"),
            ("[c-a]", "b"),
            ("[[:alpha:]]", "a"),
            ("?", ""),
            ("*[", "a"),
            ("nope{", "x"),
            ("aa\\", "aa"),
        ] {
            assert_eq!(matches(pattern, name), Ok(false), "{pattern} {name}");
        }
    }

    #[test]
    fn mistakes_in_patterns_are_found_where_names_get_to_them() {
        for (pattern, name) in [
            ("[", "a"),
            ("[a", "a"),
            ("[a-", "a"),
            ("[]a]", "a"),
            ("[-a]", "a"),
            ("[a-]", "a"),
            ("[a-b-c]", "a"),
            ("[a\\]", "a"),
            ("{a", "a"),
            ("{a,b", "x"),
            ("a\\", "ab"),
        ] {
            assert_eq!(
                matches(pattern, name),
                Err(Wrong::Syntax),
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_pattern_that_multiplies_is_refused() {
        assert_eq!(
            matches(&"*a".repeat(40), &format!("{}b", "a".repeat(60))),
            Err(Wrong::Costly)
        );
    }
}
