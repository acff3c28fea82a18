//! Functions on strings, regular expressions among them.

mod affix;
mod case;
mod cut;
mod format;
mod format_verb;
mod pattern;
mod pattern_chars;
mod pattern_class;
mod pattern_syntax;
mod regex;
mod replace;

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    affix::CHOMP,
    affix::ENDSWITH,
    affix::STARTSWITH,
    affix::STRCONTAINS,
    affix::TRIM,
    affix::TRIMPREFIX,
    affix::TRIMSPACE,
    affix::TRIMSUFFIX,
    case::LOWER,
    case::TITLE,
    case::UPPER,
    cut::INDENT,
    cut::JOIN,
    cut::SPLIT,
    cut::STRREV,
    cut::SUBSTR,
    format::FORMAT,
    format::FORMATLIST,
    regex::REGEX,
    regex::REGEXALL,
    replace::REPLACE,
];
