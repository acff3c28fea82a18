//! How much of the start of a text is certain when more text will follow. Entry point: [`safe_prefix`].

use std::collections::HashSet;
use std::sync::OnceLock;

use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::Str;

/// Characters that end a cluster whatever follows them, and often stand before an unknown part.
const DELIMITERS: &str = "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'";

/// Shortens text that more text will follow to what cannot change any more: a combining mark at the start of the rest
/// would change the last letter, `a` to `á`.
pub fn safe_prefix(text: &str) -> Str {
    let text = Str::new(text);
    match last_boundary(&text) {
        Some(end) if end < text.len() => return text.get(..end).unwrap_or_default().into(),
        _ => {}
    }
    let Some((start, cluster)) = text.grapheme_indices(true).next_back() else {
        return text;
    };
    let mut chars = cluster.chars();
    let delimiter =
        chars.next().is_some_and(|first| DELIMITERS.contains(first)) && chars.next().is_none();
    if delimiter {
        return text;
    }
    text.get(..start).unwrap_or_default().into()
}

/// Where normalisation of the text and of what follows it can be cut; `None` when nowhere.
fn last_boundary(text: &str) -> Option<usize> {
    if text.chars().next_back().is_some_and(is_inert) {
        return Some(text.len());
    }
    text.char_indices()
        .rev()
        .find(|(_, c)| starts_decomposed(*c))
        .map(|(at, _)| at)
}

/// Whether normalisation never joins the character with another one.
fn is_inert(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphabetic() && !matches!(c, '<' | '=' | '>')
        || canonical_combining_class(c) == 0
            && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
            && !combines_forward(c)
}

/// Whether its decomposition starts with a character that is not a combining mark.
fn starts_decomposed(c: char) -> bool {
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first.is_none_or(|first| canonical_combining_class(first) == 0)
}

/// Whether some character after it makes one with it.
fn combines_forward(c: char) -> bool {
    static FIRSTS: OnceLock<HashSet<char>> = OnceLock::new();
    let hangul = matches!(c, '\u{1100}'..='\u{1112}')
        || matches!(c, '\u{ac00}'..='\u{d7a3}') && (c as u32 - 0xac00).is_multiple_of(28);
    hangul || FIRSTS.get_or_init(firsts).contains(&c)
}

/// The first characters of all pairs that normalisation joins, except in Hangul.
fn firsts() -> HashSet<char> {
    // Everything that has such a decomposition is in these blocks.
    ('\u{c0}'..='\u{30ff}')
        .chain('\u{11000}'..='\u{11fff}')
        .chain('\u{16100}'..='\u{16fff}')
        .filter_map(|c| {
            let mut parts = Vec::new();
            decompose_canonical(c, |part| parts.push(part));
            let second = parts.pop()?;
            let mut firsts = parts.into_iter().nfc();
            let first = firsts.next()?;
            (firsts.next().is_none() && compose(first, second) == Some(c)).then_some(first)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_at_the_end_may_still_change() {
        for (text, safe) in [
            ("a", ""),
            ("abc", "ab"),
            ("abc-", "abc-"),
            ("abc1", "abc"),
            ("https://example.com/", "https://example.com/"),
            ("x=", "x"),
            ("abq", "ab"),
            ("\u{e9}", ""),
            ("xe\u{301}\u{316}", "x"),
            ("ab\u{1f468}\u{200d}\u{1f469}", "ab"),
            ("q\u{ac00}", "q"),
            ("a\n", "a"),
            ("", ""),
        ] {
            assert_eq!(safe_prefix(text), safe, "{text:?}");
        }
    }
}
