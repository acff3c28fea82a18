//! Prefixes of strings whose rest is not known yet.

use model::Str;
use unicode_segmentation::UnicodeSegmentation as _;

/// What of `text` is certainly at the start of every string that starts with it, once that is in normalisation form C
/// and taken apart into characters as people see them: a character that follows may change the last one.
pub fn safe_prefix(text: &str) -> Str {
    let text = Str::new(text);
    let Some((start, last)) = text.grapheme_indices(true).next_back() else {
        return text;
    };
    let mut chars = last.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) if stands_alone(only) => text,
        _ => Str::new(text.get(..start).unwrap_or_default()),
    }
}

/// Separators that no following character changes.
fn stands_alone(c: char) -> bool {
    matches!(c, ' ' | '\t') || (c.is_ascii_punctuation() && !matches!(c, '<' | '=' | '>' | '`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_letter_may_still_change() {
        assert_eq!(safe_prefix("abc-"), "abc-");
        assert_eq!(safe_prefix("abc"), "ab");
        assert_eq!(safe_prefix("a="), "a");
        assert_eq!(safe_prefix("a\r\n"), "a");
        assert_eq!(safe_prefix(""), "");
    }
}
