//! Who may be whom. One person has several names: a commit's author and e-mail address, the login of a CI system, the user
//! of a machine. Pure. Entry points: [`is_named`], [`may_be_one`].

use std::collections::BTreeSet;

/// Whether a name is this one, but for capitals and the space around it. To be asked where a name gives a right.
pub fn is_named(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Whether two names may be those of one person: they differ in capitals, spaces and signs alone, or one is what stands
/// before the `@` of the other, an e-mail address. To be asked where being another person gives a right.
pub fn may_be_one(one: &str, other: &str) -> bool {
    !forms(one).is_disjoint(&forms(other))
}

/// What a person of this name may be called elsewhere, as it is compared.
fn forms(name: &str) -> BTreeSet<String> {
    let name = name.trim().to_lowercase();
    let mut forms = BTreeSet::from([bare(&name)]);
    if let Some((login, _)) = name.rsplit_once('@') {
        forms.insert(bare(login));
        // GitHub's addresses that receive nothing begin with a number, others end with a purpose.
        forms.extend(login.split_once('+').map(|(before, after)| {
            let is_number = before.bytes().all(|byte| byte.is_ascii_digit());
            bare(if is_number { after } else { before })
        }));
    }
    forms
}

/// The letters and digits of a name; where it has none, all of it.
fn bare(name: &str) -> String {
    let bare: String = name.chars().filter(|one| one.is_alphanumeric()).collect();
    match bare.is_empty() {
        true => name.to_owned(),
        false => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_known_by_other_spellings_and_by_an_address() {
        for other in [
            "anna",
            "Anna",
            " anna ",
            "ANNA\t",
            "anna@example.org",
            "Anna+work@example.org",
            "1234567+anna@users.noreply.github.com",
        ] {
            assert!(may_be_one("anna", other), "{other}");
            assert!(may_be_one(other, "anna"), "{other}");
        }
        for other in ["Anna Rossi", "anna.rossi", "anna_rossi@example.org"] {
            assert!(may_be_one("anna rossi", other), "{other}");
            assert!(!may_be_one("anna", other), "{other}");
        }
        assert!(!may_be_one("anna", "bruno"));
        assert!(!may_be_one("anna", "anna2"));
        assert!(!may_be_one("--", "++"));
        assert!(!may_be_one("", "anna"));
    }

    #[test]
    fn a_right_is_given_by_the_whole_name_alone() {
        assert!(is_named("bruno", " Bruno "));
        assert!(!is_named("bruno", "bruno@example.org"));
        assert!(!is_named("bruno.bianchi", "bruno bianchi"));
    }
}
