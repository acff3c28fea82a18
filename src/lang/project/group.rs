//! `group` blocks: names for several persons.

use model::{Diagnostic, Diagnostics, Span, Str};

use super::argument::some_strings;
use crate::load::Parts;
use crate::syntax::ast::{Block, Ident};

/// A group of persons.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// The persons, as they are called where they approve.
    pub members: Vec<(Str, Span)>,
}

/// Reads a `group` block.
pub(super) fn read(label: Ident, block: Block) -> (Option<Group>, Diagnostics) {
    let mut parts = Parts::new(block.body, format!("group `{}`", label.text));
    let members = some_strings(&mut parts, "members");
    if let Some((_, members)) = &members {
        persons(members, &mut parts.diagnostics);
    } else if !parts.diagnostics.has_errors() {
        let message = format!("group `{}` has no `members`", label.text);
        parts.diagnostics.push(
            Diagnostic::error("missing-argument", message)
                .at(block.header, "")
                .help("write `members = [\"NAME\"]`"),
        );
    }
    let group = members.map(|(_, members)| Group {
        name: label.text,
        span: block.header,
        members,
    });
    (group, parts.finish())
}

/// Reports names that nobody can have.
pub(super) fn persons(names: &[(Str, Span)], out: &mut Diagnostics) {
    for (name, span) in names {
        let bad =
            name.is_empty() || name.trim() != name.as_str() || name.contains(char::is_control);
        if bad {
            out.push(
                Diagnostic::error(
                    "invalid-identifier",
                    format!("`{name}` is not a person's name"),
                )
                .at(*span, "")
                .help("write the name as it stands in `terrace log`"),
            );
        }
    }
}
