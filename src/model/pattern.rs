//! Patterns of addresses: `module.app[*].aws_instance.*`, `module.database`, `aws_autoscaling_group.*.desired_capacity`.
//! A target that may have `*` in it, and may go on to an attribute; what is done with what matches is not known here.

use std::fmt;
use std::str::FromStr;

use crate::address::{AddressError, InstanceAddr, InstanceKey, Mode, Parser};
use crate::path::{Path, PathStep};
use crate::text::Str;

/// Which instances, or which attribute of them, are meant.
///
/// A `*` stands for any characters, also none, within one step. A step without a key names all of its instances, as
/// `[*]` does. A module means everything in it; a resource type without a module is one of the root module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Str,
    modules: Vec<ModulePattern>,
    resource: Option<ResourcePattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ModulePattern {
    name: Glob,
    key: KeyPattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ResourcePattern {
    mode: Mode,
    rtype: Glob,
    name: Glob,
    key: KeyPattern,
    /// Empty: the instance itself.
    attribute: Vec<AttributePattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPattern {
    Any,
    Index(u64),
    Key(Glob),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum AttributePattern {
    Name(Glob),
    Key(KeyPattern),
}

/// Text in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob(Str);

impl Pattern {
    /// Whether the whole instance is meant. A pattern that names an attribute means no whole instance.
    pub fn matches(&self, addr: &InstanceAddr) -> bool {
        !self.names_attribute() && self.covers(addr)
    }

    /// Whether that attribute of the instance is meant: it is named, or it is in what is named.
    ///
    /// Elements of lists and sets and keys of maps may be left out of a pattern: `x.y.listener.port` means the port of
    /// every listener.
    pub fn matches_attribute(&self, addr: &InstanceAddr, attribute: &Path) -> bool {
        let named = self
            .resource
            .as_ref()
            .map_or_else(Default::default, |named| named.attribute.as_slice());
        self.covers(addr) && leads_to(named, &attribute.0)
    }

    /// Whether it names an attribute.
    pub fn names_attribute(&self) -> bool {
        self.resource
            .as_ref()
            .is_some_and(|named| !named.attribute.is_empty())
    }

    /// Whether the instance, or an attribute of it, may be meant.
    fn covers(&self, addr: &InstanceAddr) -> bool {
        let steps = addr.module().steps();
        let inside = match &self.resource {
            Some(named) => named.covers(addr) && steps.len() == self.modules.len(),
            None => steps.len() >= self.modules.len(),
        };
        inside
            && self
                .modules
                .iter()
                .zip(steps)
                .all(|(named, step)| named.name.matches(&step.name) && named.key.matches(&step.key))
    }
}

impl ResourcePattern {
    fn covers(&self, addr: &InstanceAddr) -> bool {
        self.mode == addr.block.mode
            && self.rtype.matches(&addr.block.rtype)
            && self.name.matches(&addr.block.name)
            && self.key.matches(&addr.key)
    }
}

impl KeyPattern {
    fn matches(&self, key: &InstanceKey) -> bool {
        match (self, key) {
            (Self::Any, _) => true,
            (Self::Index(named), InstanceKey::Index(index)) => named == index,
            (Self::Key(named), InstanceKey::Key(key)) => named.matches(key),
            (Self::Index(_) | Self::Key(_), _) => false,
        }
    }
}

/// Whether a path is what is named, or leads below it.
fn leads_to(named: &[AttributePattern], path: &[PathStep]) -> bool {
    let Some((first, others)) = named.split_first() else {
        return true;
    };
    let Some((step, below)) = path.split_first() else {
        return false;
    };
    match (first, step) {
        (AttributePattern::Name(name), PathStep::Attribute(step)) => {
            name.matches(step) && leads_to(others, below)
        }
        (AttributePattern::Name(name), PathStep::Key(key)) => {
            (name.matches(key) && leads_to(others, below)) || leads_to(named, below)
        }
        (AttributePattern::Name(_), PathStep::Index(_) | PathStep::Element(_)) => {
            leads_to(named, below)
        }
        (AttributePattern::Key(KeyPattern::Any), _) => leads_to(others, below),
        (AttributePattern::Key(KeyPattern::Index(index)), PathStep::Index(step)) => {
            index == step && leads_to(others, below)
        }
        (
            AttributePattern::Key(KeyPattern::Key(key)),
            PathStep::Key(step) | PathStep::Attribute(step),
        ) => key.matches(step) && leads_to(others, below),
        (AttributePattern::Key(KeyPattern::Index(_) | KeyPattern::Key(_)), _) => false,
    }
}

impl Glob {
    fn matches(&self, text: &str) -> bool {
        let Some((first, after)) = self.0.split_once('*') else {
            return *self.0 == *text;
        };
        let (middle, last) = after.rsplit_once('*').unwrap_or(("", after));
        let Some(inner) = text
            .strip_prefix(first)
            .and_then(|rest| rest.strip_suffix(last))
        else {
            return false;
        };
        let found = middle.split('*').try_fold(inner, |rest, piece| {
            rest.find(piece).and_then(|at| rest.get(at + piece.len()..))
        });
        found.is_some()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut parser = Parser::new(text);
        let mut modules = Vec::new();
        let resource = loop {
            let first = parser.name_or_stars()?;
            if first != "module" {
                break Some(resource(&mut parser, first)?);
            }
            if !parser.eat('.') {
                return parser.fail("a module's name is missing");
            }
            modules.push(ModulePattern {
                name: Glob(parser.name_or_stars()?.into()),
                key: key(&mut parser)?,
            });
            if parser.rest.is_empty() {
                break None;
            }
            if !parser.eat('.') {
                return parser.fail("a `.` is missing");
            }
        };
        if !parser.rest.is_empty() {
            return parser.fail("a `.` is missing");
        }
        Ok(Self {
            text: text.into(),
            modules,
            resource,
        })
    }
}

fn resource(parser: &mut Parser<'_>, first: &str) -> Result<ResourcePattern, AddressError> {
    let mode = match first {
        "data" => Mode::Data,
        "ephemeral" => Mode::Ephemeral,
        _ => Mode::Managed,
    };
    let rtype = match mode {
        Mode::Managed => first,
        Mode::Data | Mode::Ephemeral if parser.eat('.') => parser.name_or_stars()?,
        Mode::Data | Mode::Ephemeral => return parser.fail("a resource type is missing"),
    };
    if !parser.eat('.') {
        return parser.fail("a resource has a type and a name");
    }
    let mut named = ResourcePattern {
        mode,
        rtype: Glob(rtype.into()),
        name: Glob(parser.name_or_stars()?.into()),
        key: key(parser)?,
        attribute: Vec::new(),
    };
    while parser.eat('.') {
        let name = Glob(parser.name_or_stars()?.into());
        named.attribute.push(AttributePattern::Name(name));
        while parser.rest.starts_with('[') {
            named.attribute.push(AttributePattern::Key(key(parser)?));
        }
    }
    Ok(named)
}

fn key(parser: &mut Parser<'_>) -> Result<KeyPattern, AddressError> {
    if let Some(rest) = parser.rest.strip_prefix("[*]") {
        parser.rest = rest;
        return Ok(KeyPattern::Any);
    }
    Ok(match parser.key()? {
        InstanceKey::None => KeyPattern::Any,
        InstanceKey::Index(index) => KeyPattern::Index(index),
        InstanceKey::Key(key) => KeyPattern::Key(Glob(key)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    fn addr(text: &str) -> InstanceAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_means_instances() {
        for (text, meant, not_meant) in [
            (
                "local_process.*",
                &["local_process.a", "local_process.a[1]"][..],
                &[
                    "module.a.local_process.a",
                    "local_file.a",
                    "data.local_process.a",
                ][..],
            ),
            (
                "module.database",
                &[
                    "module.database.a.b",
                    "module.database[0].a.b",
                    "module.database[\"x\"].module.inner.data.a.b[1]",
                ],
                &["a.b", "module.data.a.b", "module.outer.module.database.a.b"],
            ),
            (
                "module.app[*].aws_instance.*",
                &[
                    "module.app.aws_instance.a",
                    "module.app[3].aws_instance.b[\"x\"]",
                ],
                &["module.app.module.b.aws_instance.a", "aws_instance.a"],
            ),
            (
                "module.*.module.net[1].x.y",
                &["module.a[\"k\"].module.net[1].x.y[2]"],
                &["module.net[1].x.y", "module.a.module.net[0].x.y"],
            ),
            (
                "aws_db_*.ma*n[\"eu-*\"]",
                &["aws_db_instance.main[\"eu-west\"]", "aws_db_.man[\"eu-\"]"],
                &[
                    "aws_db_instance.main[0]",
                    "aws_db_instance.main",
                    "aws_db_instance.mane[\"eu-x\"]",
                ],
            ),
            ("*.*", &["a.b", "c.d[0]"], &["data.a.b", "module.a.b.c"]),
            ("data.*.a", &["data.x.a"], &["x.a", "ephemeral.x.a"]),
            ("x.y[\"*.example.com\"]", &["x.y[\"*.example.com\"]"], &[]),
            (
                "x.a*b*a",
                &["x.aba", "x.axxbxbxa"],
                &["x.ab", "x.aa", "x.abab"],
            ),
            ("x.y.size", &[], &["x.y", "x.y[0]"]),
        ] {
            for meant in meant {
                assert!(pattern(text).matches(&addr(meant)), "{text} {meant}");
            }
            for other in not_meant {
                assert!(!pattern(text).matches(&addr(other)), "{text} {other}");
            }
        }
    }

    #[test]
    fn a_pattern_means_attributes() {
        let name = |name: &str| PathStep::Attribute(name.into());
        let key = |key: &str| PathStep::Key(key.into());
        let path = |steps: &[PathStep]| Path(steps.to_vec());
        let tag = path(&[name("tags"), key("Name")]);
        let port = path(&[name("listener"), PathStep::Index(1), name("port")]);
        for (text, at, meant) in [
            ("x.*.tags", &tag, true),
            ("x.*.tags.Name", &tag, true),
            ("x.*.tags[\"Na*\"]", &tag, true),
            ("x.*.tags[*]", &tag, true),
            ("x.*.tags.Owner", &tag, false),
            ("x.*.tags[\"Owner\"]", &tag, false),
            ("x.*.tags.Name.more", &tag, false),
            ("x.*.*", &tag, true),
            ("x.*", &tag, true),
            ("module.a", &tag, false),
            ("z.*.tags", &tag, false),
            ("x.y.listener.port", &port, true),
            ("x.y.listener[1].port", &port, true),
            ("x.y.listener[0].port", &port, false),
            ("x.y.port", &port, false),
        ] {
            assert_eq!(
                pattern(text).matches_attribute(&addr("x.y[0]"), at),
                meant,
                "{text} {at}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, reason) in [
            ("", "a name is expected"),
            ("*", "a resource has a type and a name"),
            ("aws_instance", "a resource has a type and a name"),
            ("module", "a module's name is missing"),
            ("module.a.", "a name is expected"),
            ("module.a[", "a key is a number or a quoted string"),
            ("data.x", "a resource has a type and a name"),
            ("a.b[x]", "a key is a number or a quoted string"),
            ("a.b[\"x\"", "a `]` is missing"),
            ("a.b[0]c", "a `.` is missing"),
            ("a.b[0][1]", "a `.` is missing"),
            ("a b.c", "a name is expected"),
        ] {
            let error = text.parse::<Pattern>().unwrap_err();
            assert_eq!(error.reason, reason, "{text}");
        }
    }

    #[test]
    fn a_pattern_is_shown_as_written() {
        let text = "module.app[*].aws_instance.*";
        assert_eq!(pattern(text).to_string(), text);
    }
}
