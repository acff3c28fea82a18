//! Which characters make an identifier: Unicode's ID_Start and ID_Continue, with `_` and `-`.

/// Whether an identifier may begin with this character.
pub(crate) fn starts(letter: char) -> bool {
    letter == '_' || unicode_ident::is_xid_start(letter) || only_in_id(letter)
}

/// Whether this character may stand in an identifier after the first.
pub(crate) fn continues(letter: char) -> bool {
    letter == '-' || unicode_ident::is_xid_continue(letter) || only_in_id(letter)
}

/// The characters of ID_Start that Unicode leaves out of XID_Start, because their compatibility forms are not letters.
fn only_in_id(letter: char) -> bool {
    matches!(
        letter,
        '\u{37a}' | '\u{e33}' | '\u{eb3}' | '\u{309b}' | '\u{309c}' | '\u{fc5e}'
            ..='\u{fc63}'
                | '\u{fdfa}'
                | '\u{fdfb}'
                | '\u{fe70}'
                | '\u{fe72}'
                | '\u{fe74}'
                | '\u{fe76}'
                | '\u{fe78}'
                | '\u{fe7a}'
                | '\u{fe7c}'
                | '\u{fe7e}'
                | '\u{ff9e}'
                | '\u{ff9f}'
    )
}
