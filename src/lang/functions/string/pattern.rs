//! Regular expressions ready to match. Their syntax and what they match are RE2's, see [`super::pattern_syntax`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures;

use super::pattern_syntax::{PatternError, parse};

/// The most memory one pattern may take, in bytes.
const MAX_BYTES: usize = 100 << 20;

/// The stack that building the most deeply nested pattern takes at most, in bytes.
const BUILD_STACK: usize = 16 << 20;

/// The most patterns that are kept ready.
const MAX_KEPT: usize = 100;

thread_local! {
    static KEPT: RefCell<HashMap<String, Rc<Pattern>>> = RefCell::default();
}

/// A regular expression.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    groups: Vec<Option<String>>,
}

/// One match: the text of the whole at index 0 and then of each group, none for a group that took no part.
pub(super) type Match<'t> = Vec<Option<&'t str>>;

impl Pattern {
    /// Reads a pattern; one that was used before is kept ready.
    pub(super) fn compile(text: &str) -> Result<Rc<Self>, PatternError> {
        if let Some(kept) = KEPT.with_borrow(|kept| kept.get(text).cloned()) {
            return Ok(kept);
        }
        let pattern = Rc::new(Self::read(text)?);
        KEPT.with_borrow_mut(|kept| {
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(text.to_owned(), Rc::clone(&pattern));
        });
        Ok(pattern)
    }

    fn read(text: &str) -> Result<Self, PatternError> {
        let parsed = parse(text)?;
        let config = Config::new().nfa_size_limit(Some(MAX_BYTES));
        // Building goes into nested groups by recursion.
        let build = || {
            Regex::builder()
                .configure(config)
                .build_from_hir(&parsed.hir)
        };
        let regex =
            stacker::maybe_grow(BUILD_STACK, BUILD_STACK, build).map_err(|_| PatternError {
                problem: "expression too large",
                part: text.to_owned(),
            })?;
        Ok(Self {
            regex,
            groups: parsed.groups,
        })
    }

    /// The names of the groups; the first group is at index 0 here.
    pub(super) fn groups(&self) -> &[Option<String>] {
        &self.groups
    }

    /// The first match in `text`.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(text, &mut captures);
        captures.is_match().then(|| texts(&captures, text))
    }

    /// All matches in `text`, from left to right, none overlapping another.
    pub(super) fn find_all<'t>(&self, text: &'t str) -> Vec<Match<'t>> {
        self.regex
            .captures_iter(Input::new(text))
            .map(|captures| texts(&captures, text))
            .collect()
    }

    /// `text` with each match replaced by what `replacement` makes of it.
    pub(super) fn replace_all(
        &self,
        text: &str,
        replacement: impl Fn(&Match<'_>, &mut String),
    ) -> String {
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for captures in self.regex.captures_iter(Input::new(text)) {
            let Some(whole) = captures.get_match() else {
                continue;
            };
            out.push_str(text.get(end..whole.start()).unwrap_or_default());
            replacement(&texts(&captures, text), &mut out);
            end = whole.end();
        }
        out.push_str(text.get(end..).unwrap_or_default());
        out
    }
}

fn texts<'t>(captures: &Captures, text: &'t str) -> Match<'t> {
    captures
        .iter()
        .map(|span| span.and_then(|span| text.get(span.range())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(pattern: &str, text: &str, wanted: &str) {
        let found = Pattern::compile(pattern).unwrap().find(text);
        assert_eq!(
            found.and_then(|found| found[0]),
            Some(wanted),
            "{pattern} in {text:?}"
        );
    }

    #[track_caller]
    fn misses(pattern: &str, text: &str) {
        assert_eq!(
            Pattern::compile(pattern).unwrap().find(text),
            None,
            "{pattern} in {text:?}"
        );
    }

    #[test]
    fn classes_are_of_ascii() {
        finds(r"[[:word:]]+", "é_a", "_a");
        finds(r"\s", "\u{3000} ", " ");
        misses(r"\w+", "é");
        misses(r"\d", "٣");
        misses(r"\s", "\u{b}");
        finds(r"[[:space:]]", "\u{b}", "\u{b}");
        finds(r"\D+", "1é", "é");
        finds(r"[^\D]+", "é1", "1");
        finds(r"[[:^alpha:]]", "a1", "1");
    }

    #[test]
    fn unicode_classes_have_their_full_names() {
        finds(r"\pL+", "éa1", "éa");
        finds(r"\p{Greek}+", "xαβ", "αβ");
        finds(r"\p{^L}+\PL", "ab12", "12");
        finds(r"\p{Lu}\p{Ll}", "Éa", "Éa");
        finds(r"\p{Nko}", "\u{7ca}", "\u{7ca}");
        misses(r"\p{C}", "\u{378}");
        for pattern in [
            r"\p{greek}",
            r"\p{Grek}",
            r"\p{Letter}",
            r"\p{Cn}",
            r"\pG",
            r"\p{L",
            r"\p",
            r"\p{}",
        ] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn flags_hold_to_the_end_of_their_group() {
        finds("(?i:a)b", "AB Ab", "Ab");
        finds("(?i)K", "\u{212a}", "\u{212a}");
        finds("((?i)a)b", "ab AB", "ab");
        misses("(?i)(?-i)A", "a");
        finds("(?U)a+", "aaa", "a");
        finds("(?U)a+?", "aaa", "aaa");
        finds("(?s).+", "a\nb", "a\nb");
        finds("(?m)^b$", "a\nb\nc", "b");
        misses("b$", "b\n");
        misses("(?m)a$", "a\r\n");
        misses("(?i)[^k]", "kK\u{212a}");
    }

    #[test]
    fn escapes_stand_for_characters() {
        finds(r"\Qa.b\E+", "a.bb", "a.bb");
        finds(r"\x41\x{42}\103\0", "ABC\0", "ABC\0");
        finds(r"\_\-\/", "_-/", "_-/");
        for pattern in [
            r"\é",
            r"\y",
            r"\8",
            r"\1",
            r"\18",
            r"\Z",
            r"\C",
            r"\E",
            r"\x4",
            r"\x{110000}",
            r"\x{}",
            r"[\b]",
            "\\",
        ] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn word_boundaries_lie_between_characters() {
        let dashes = |pattern: &str, text: &str| {
            Pattern::compile(pattern)
                .unwrap()
                .replace_all(text, |_, out| out.push('-'))
        };
        assert_eq!(dashes(r"\B", "héé"), "hé-é-");
        assert_eq!(dashes(r"\b", "hé é"), "-h-é é");
        assert_eq!(dashes("a*", "baac"), "-b-c-");
    }

    #[test]
    fn braces_that_are_no_count_are_text() {
        for text in ["a{,2}", "a{", "a{1,2", "a{-1}", "a{00001}"] {
            finds(text, text, text);
        }
        finds("a{2,3}", "aaaa", "aaa");
        finds("a{0}", "aaa", "");
    }

    #[test]
    fn repetitions_are_neither_stacked_nor_too_many() {
        for (pattern, problem, part) in [
            ("a**", "invalid nested repetition operator", "**"),
            ("a{2}{3}", "invalid nested repetition operator", "{2}{3}"),
            ("a???", "invalid nested repetition operator", "???"),
            ("*a", "missing argument to repetition operator", "*"),
            ("a|*", "missing argument to repetition operator", "*"),
            ("(*)", "missing argument to repetition operator", "*"),
            ("a{1001}", "invalid repeat count", "{1001}"),
            ("a{2,1}", "invalid repeat count", "{2,1}"),
            ("(a{1000}){1000}", "invalid repeat count", "{1000}"),
            ("(a", "missing closing )", "(a"),
            ("a)", "unexpected )", "a)"),
            ("[z-a]", "invalid character class range", "z-a"),
            ("[a", "missing closing ]", "[a"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?i", "invalid or unsupported Perl syntax", "(?i"),
            ("(?P<n", "invalid named capture", "(?P<n"),
            ("(?P<é>b)", "invalid named capture", "(?P<é>"),
        ] {
            let error = Pattern::compile(pattern).unwrap_err();
            assert_eq!(
                (error.problem, error.part.as_str()),
                (problem, part),
                "{pattern}"
            );
        }
    }

    #[test]
    fn deep_nesting_works_and_deeper_nesting_is_an_error() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        finds(&nested(990), "a", "a");
        assert!(Pattern::compile(&nested(100_000)).is_err());
    }
}
