//! `required_version`: which releases of the tool a module says it works with.

use model::{Diagnostic, Diagnostics};
use semver::Version;

use crate::load::Definition;

/// The release of Terraform whose language this is.
const LANGUAGE: Version = Version::new(1, 11, 4);

/// Reports constraints that the language we speak does not meet, or that cannot be read.
pub fn requirements(definition: &Definition) -> Diagnostics {
    let mut out = Diagnostics::new();
    for module in definition.modules.values() {
        for (text, span) in &module.required_versions {
            match allows(text, &LANGUAGE) {
                Some(true) => {}
                Some(false) => out.push(
                    Diagnostic::error(
                        "version-constraint",
                        format!("the definition wants Terraform `{text}`"),
                    )
                    .at(*span, format!("the language here is that of {LANGUAGE}"))
                    .help("relax the constraint if the definition works with it"),
                ),
                None => out.push(
                    Diagnostic::error(
                        "version-constraint",
                        format!("`{text}` is not a version constraint"),
                    )
                    .at(*span, "")
                    .help("write for example `>= 1.5` or `~> 1.9`"),
                ),
            }
        }
    }
    out
}

/// Whether a version meets constraints such as `>= 1.2, < 2.0` or `~> 1.3`; none when they cannot be read.
///
/// Terraform's operators: `=`, `!=`, `>`, `>=`, `<`, `<=`, and `~>`, which lets only the last given part rise.
pub fn allows(constraints: &str, version: &Version) -> Option<bool> {
    let mut all = true;
    for constraint in constraints.split(',') {
        let constraint = constraint.trim();
        let at = constraint.find(|c: char| c.is_ascii_digit() || c == 'v')?;
        let (operator, text) = constraint.split_at(at);
        let text = text.trim().trim_start_matches('v');
        let parts: Vec<&str> = text
            .split(['-', '+'])
            .next()
            .unwrap_or(text)
            .split('.')
            .collect();
        let bound = Version::parse(&padded(text, parts.len())).ok()?;
        all &= match operator.trim() {
            "" | "=" => *version == bound,
            "!=" => *version != bound,
            ">" => *version > bound,
            ">=" => *version >= bound,
            "<" => *version < bound,
            "<=" => *version <= bound,
            "~>" => {
                let is_below = match parts.len() {
                    0 | 1 => true,
                    2 => version.major == bound.major,
                    _ => (version.major, version.minor) == (bound.major, bound.minor),
                };
                *version >= bound && is_below
            }
            _ => return None,
        };
    }
    Some(all)
}

fn padded(text: &str, parts: usize) -> String {
    let (numbers, rest) = match text.find(['-', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    format!(
        "{numbers}{}{rest}",
        ".0".repeat(3_usize.saturating_sub(parts))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_terraforms() {
        let allowed = |constraints| allows(constraints, &LANGUAGE);
        assert_eq!(allowed(">= 1.5, < 2"), Some(true));
        assert_eq!(allowed("~> 1.11.0"), Some(true));
        assert_eq!(allowed("~> 1.10.0"), Some(false));
        assert_eq!(allowed("~> 1.3"), Some(true));
        assert_eq!(allowed("~> 1"), Some(true));
        assert_eq!(allowed("~> 2"), Some(false));
        assert_eq!(allowed("= 1.11.4"), Some(true));
        assert_eq!(allowed("> 1.11.4"), Some(false));
        assert_eq!(allowed("soon"), None);
    }
}
