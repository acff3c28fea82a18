//! `replace`: a string with all places of a text, or all matches of a pattern, replaced.

use model::Value;

use super::super::protocol::{Function, FunctionError, Param};
use super::super::text_function::text_function;
use super::pattern::{Match, Pattern};

pub(super) const REPLACE: Function = text_function(
    "replace",
    &[
        Param::string("str"),
        Param::string("substr"),
        Param::string("replace"),
    ],
    |_, args, _| {
        let (text, wanted, replacement) = (args.string(0)?, args.string(1)?, args.string(2)?);
        let inside = wanted
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        let Some(inside) = inside else {
            return Ok(Value::string(text.replace(wanted.as_str(), replacement)));
        };
        let pattern = Pattern::compile(inside).map_err(|error| {
            FunctionError::argument(1, format!("{} in `{}`", error.problem, error.part))
        })?;
        let replaced =
            pattern.replace_all(text, |found, out| expand(&pattern, replacement, found, out));
        Ok(Value::string(replaced))
    },
    "the string with a text, or what a /pattern/ matches, replaced everywhere",
);

/// Writes `template` with `$1`, `$name` and `${name}` replaced by what the groups matched, `$$` by a dollar sign.
/// A name is as long as possible, so that `$1x` is the group `1x`; one that is no group is nothing.
fn expand(pattern: &Pattern, template: &str, found: &Match<'_>, out: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = group_name(after) {
            out.push_str(group(pattern, name, found).unwrap_or_default());
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
}

/// The name at the start of `text` and what follows it; none if there is no name.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let (braced, inside) = text
        .strip_prefix('{')
        .map_or((false, text), |inside| (true, inside));
    let is_name = |c: char| c == '_' || c.is_alphabetic() || c.is_numeric();
    let length = inside.find(|c| !is_name(c)).unwrap_or(inside.len());
    let (name, after) = inside.split_at_checked(length)?;
    if name.is_empty() {
        return None;
    }
    Some((
        name,
        if braced {
            after.strip_prefix('}')?
        } else {
            after
        },
    ))
}

fn group<'t>(pattern: &Pattern, name: &str, found: &Match<'t>) -> Option<&'t str> {
    let padded = name.len() > 1 && name.starts_with('0');
    if let Some(index) = name.parse::<usize>().ok().filter(|_| !padded) {
        return found.get(index).copied().flatten();
    }
    let groups = found.iter().skip(1).zip(pattern.groups());
    groups
        .filter(|(_, group)| group.as_deref() == Some(name))
        .find_map(|(text, _)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn replaces(pattern: &str, text: &str, template: &str, wanted: &str) {
        let pattern = Pattern::compile(pattern).unwrap();
        let replaced =
            pattern.replace_all(text, |found, out| expand(&pattern, template, found, out));
        assert_eq!(replaced, wanted, "{template}");
    }

    #[test]
    fn templates_are_expanded_as_in_go() {
        replaces(
            "(?P<first>a)(b)",
            "abc",
            "$first-$2-${2}x-$$-$2x-$first_x-${first",
            "a-b-bx-$---${firstc",
        );
        replaces(
            "b",
            "abc",
            "${0}$0 ${0 $é $$ $10 $01 ${} $",
            "abb ${0  $   ${} $c",
        );
        replaces("(?P<n>a)|(?P<n>b)", "ab", "<$n>", "<a><b>");
        replaces("b", "abc", "$", "a$c");
    }
}
