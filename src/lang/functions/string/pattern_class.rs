//! The named classes of regular expressions, `\d`, `[:alpha:]`, `\pL`, with the members RE2 gives them: the Perl and
//! POSIX ones are of ASCII alone.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A class of the given ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        ranges
            .iter()
            .map(|&(low, high)| ClassUnicodeRange::new(low, high)),
    )
}

/// The class of `\d`, `\s`, `\w` or, for a capital letter, its opposite; none for another letter.
pub(super) fn perl(letter: char) -> Option<(ClassUnicode, bool)> {
    let class = match letter.to_ascii_lowercase() {
        'd' => of(&[('0', '9')]),
        's' => of(&[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')]),
        'w' => of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        _ => return None,
    };
    Some((class, letter.is_ascii_uppercase()))
}

/// The class that stands in `[:name:]`.
pub(super) fn posix(name: &str) -> Option<ClassUnicode> {
    Some(match name {
        "alnum" => of(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        "alpha" => of(&[('A', 'Z'), ('a', 'z')]),
        "ascii" => of(&[('\0', '\x7f')]),
        "blank" => of(&[('\t', '\t'), (' ', ' ')]),
        "cntrl" => of(&[('\0', '\x1f'), ('\x7f', '\x7f')]),
        "digit" => of(&[('0', '9')]),
        "graph" => of(&[('!', '~')]),
        "lower" => of(&[('a', 'z')]),
        "print" => of(&[(' ', '~')]),
        "punct" => of(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        "space" => of(&[('\t', '\r'), (' ', ' ')]),
        "upper" => of(&[('A', 'Z')]),
        "word" => of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        "xdigit" => of(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        _ => return None,
    })
}

/// The class of a general category or a script, by the name RE2 knows it by: `L`, `Lu`, `Greek`, `Any`.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    if name == "Any" {
        return Some(of(&[('\0', char::MAX)]));
    }
    if name == "C" {
        // Code points that are not assigned do not belong to it.
        let mut class = unicode("Cc")?;
        class.union(&unicode("Cf")?);
        class.union(&unicode("Co")?);
        return Some(class);
    }
    let query = if is_category(name) {
        format!(r"\p{{gc={name}}}")
    } else if is_script_name(name) {
        format!(r"\p{{sc={name}}}")
    } else {
        return None;
    };
    let hir = regex_syntax::Parser::new().parse(&query).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => return Some(class),
        // A class of one character is a literal.
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            return Some(of(&[(c, c)]));
        }
        HirKind::Empty
        | HirKind::Class(Class::Bytes(_))
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => {}
    }
    None
}

fn is_category(name: &str) -> bool {
    const CATEGORIES: &str = " Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So \
                              Z Zl Zp Zs ";
    CATEGORIES
        .split(' ')
        .any(|category| !category.is_empty() && category == name)
}

/// Whether it is written as the full names of scripts are, not as their codes of four letters.
fn is_script_name(name: &str) -> bool {
    const OF_FOUR_LETTERS: [&str; 8] = [
        "Ahom", "Cham", "Kawi", "Lisu", "Modi", "Newa", "Thai", "Toto",
    ];
    let title_case = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_ascii_uppercase())
            && chars.all(|c| c.is_ascii_lowercase())
    };
    match name {
        "SignWriting" | "Phags_Pa" => true,
        _ if name.len() == 4 => OF_FOUR_LETTERS.contains(&name),
        _ => name.split('_').all(title_case),
    }
}
