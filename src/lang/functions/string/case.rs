//! Functions that change the case of letters, one letter for one: `ß` has no capital of its own and stays.

use model::Value;

use super::super::protocol::{Function, Param};
use super::super::text_function::text_function;

pub(super) const LOWER: Function = text_function(
    "lower",
    &[Param::string("str")],
    |_, args, _| {
        Ok(Value::string(
            args.string(0)?.chars().map(lower).collect::<String>(),
        ))
    },
    "the string with all letters small",
);

pub(super) const UPPER: Function = text_function(
    "upper",
    &[Param::string("str")],
    |_, args, _| {
        Ok(Value::string(
            args.string(0)?.chars().map(upper).collect::<String>(),
        ))
    },
    "the string with all letters capital",
);

pub(super) const TITLE: Function = text_function(
    "title",
    &[Param::string("str")],
    |_, args, _| {
        let mut before = ' ';
        let titled = args.string(0)?.chars().map(|c| {
            let starts_word = separates(std::mem::replace(&mut before, c));
            if starts_word { title(c) } else { c }
        });
        Ok(Value::string(titled.collect::<String>()))
    },
    "the string with the first letter of each word capital",
);

fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    // The only one that becomes two is `İ`, and the dot of its small letter is the usual one.
    mapped.next().unwrap_or(c)
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // Several letters (`ß`, `ŉ`, ligatures): only the Greek ones with a iota below have a capital in one.
        _ => match u32::from(c) {
            code @ (0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => later(c, code, 8),
            code @ (0x1FB3 | 0x1FC3 | 0x1FF3) => later(c, code, 9),
            _ => c,
        },
    }
}

fn later(c: char, code: u32, by: u32) -> char {
    char::from_u32(code + by).unwrap_or(c)
}

fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals, but not for the beginning of a word.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => c,
        _ => upper(c),
    }
}

/// Whether a word starts after `c`. Beyond ASCII only white space separates.
fn separates(c: char) -> bool {
    if c.is_ascii() {
        !c.is_ascii_alphanumeric() && c != '_'
    } else {
        c.is_whitespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(map: fn(char) -> char, text: &str) -> String {
        text.chars().map(map).collect()
    }

    #[test]
    fn letters_map_one_to_one() {
        assert_eq!(
            mapped(upper, "ᾳᾀ ŉ ß ﬀ ı ǆ ǰ ΐ ա և"),
            "ᾼᾈ ŉ ß ﬀ I Ǆ ǰ ΐ Ա և"
        );
        assert_eq!(mapped(lower, "İ Σ ẞ ǅ Ω K Å"), "i σ ß ǆ ω k å");
        assert_eq!(mapped(title, "ǆ ᾳ ß ა"), "ǅ ᾼ ß ა");
    }
}
