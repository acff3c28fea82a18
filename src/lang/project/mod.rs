//! Reads `terrace.hcl`: where the definition is, which environments there are, what comes before what and under which
//! rules, how they are checked, what is healed and who is told. Text in, [`Project`] out; evaluates nothing that refers to
//! an environment's outputs, and enforces nothing. Entry point: [`read`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

mod argument;
mod calendar;
mod check;
mod environment;
mod freeze;
mod group;
mod heal;
mod input;
mod notify;
mod references;
mod require;
mod window;
mod zone;

use std::collections::BTreeMap;

use model::{Diagnostic, Diagnostics, FileId, Span, Str};

pub use argument::Percent;
pub use calendar::{Calendar, CalendarError};
pub use check::{Check, CheckAction};
pub use environment::{Environment, GivenVariable, Promote, means_something_else};
pub use freeze::Freeze;
pub use group::Group;
pub use heal::{Heal, HealAction, HealLimit, HealOn, HealRule};
pub use input::Input;
pub use notify::{Notify, NotifyChannel, NotifyOn};
pub use require::Require;
pub use window::Window;
pub use zone::Zone;

use crate::load::Parts;
use crate::syntax;
use crate::syntax::ast::{Block, Ident};

/// What a `terrace.hcl` says.
#[derive(Debug, Default)]
pub struct Project {
    /// The project's name, when it is given one.
    pub name: Option<Str>,
    /// The definition's directory, from the project's; `.` by default.
    pub definition: Option<(Str, Span)>,
    /// Values that are the same in every environment of a revision, by name.
    pub inputs: BTreeMap<Str, Input>,
    /// Groups of persons by name.
    pub groups: BTreeMap<Str, Group>,
    /// Environments in the order they are written.
    pub environments: Vec<Environment>,
    /// Checks by name.
    pub checks: BTreeMap<Str, Check>,
    /// What may be healed.
    pub heal: Heal,
    /// Who is told, by name.
    pub notify: BTreeMap<Str, Notify>,
    /// Whether the text could not be read whole, so that something it says may be missing here.
    pub broken: bool,
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments
            .iter()
            .find(|environment| environment.name == name)
    }
}

/// Reads the text of a `terrace.hcl`. Everything that is wrong is collected.
pub fn read(file: FileId, text: &str) -> (Project, Diagnostics) {
    let (body, mut out) = syntax::parse_body(file, text);
    let broken = out.has_errors();
    let mut parts = Parts::new(body, "terrace.hcl");
    let environments = named(&mut parts, "environment", environment::read);
    let mut project = Project {
        name: parts.string("name").map(|(name, _)| name),
        definition: parts.string("definition"),
        inputs: named(&mut parts, "input", input::read)
            .into_iter()
            .collect(),
        groups: named(&mut parts, "group", group::read)
            .into_iter()
            .collect(),
        environments: environments.into_iter().map(|(_, one)| one).collect(),
        checks: named(&mut parts, "check", check::read)
            .into_iter()
            .collect(),
        heal: Heal::default(),
        notify: named(&mut parts, "notify", notify::read)
            .into_iter()
            .collect(),
        broken,
    };
    if let Some(block) = parts.block("heal") {
        let (heal, diagnostics) = heal::read(block);
        parts.diagnostics.extend(diagnostics);
        project.heal = heal;
    }
    out.extend(parts.finish());
    out.extend(references::check(&project));
    out.sort();
    (project, out)
}

/// Reads all blocks of a kind that have a name; of several with the same name only the first counts.
fn named<T>(
    parts: &mut Parts,
    kind: &'static str,
    read: fn(Ident, Block) -> (Option<T>, Diagnostics),
) -> Vec<(Str, T)> {
    let mut seen: BTreeMap<Str, Span> = BTreeMap::new();
    let mut found = Vec::new();
    for block in parts.blocks(kind) {
        let header = block.header;
        let label = one_label(&block.labels, kind, header, &mut parts.diagnostics).cloned();
        let Some(label) = label else { continue };
        let name = label.text.clone();
        let (one, diagnostics) = read(label, block);
        parts.diagnostics.extend(diagnostics);
        if let Some(first) = seen.get(&name) {
            let twice = declared_twice(kind, &name, header, *first);
            parts.diagnostics.push(twice);
            continue;
        }
        seen.insert(name.clone(), header);
        found.extend(one.map(|one| (name, one)));
    }
    found
}

fn declared_twice(kind: &str, name: &str, again: Span, first: Span) -> Diagnostic {
    let message = format!("{kind} `{name}` is declared twice");
    Diagnostic::error("duplicate-definition", message)
        .at(again, "declared again here")
        .and_at(first, "first declared here")
}

fn one_label<'l>(
    labels: &'l [Ident],
    kind: &str,
    header: Span,
    out: &mut Diagnostics,
) -> Option<&'l Ident> {
    let [label] = labels else {
        let message = format!("`{kind}` has {} labels instead of 1", labels.len());
        out.push(
            Diagnostic::error("syntax", message)
                .at(header, "")
                .help(format!("write `{kind} \"NAME\" {{ .. }}`")),
        );
        return None;
    };
    if !is_name(&label.text) {
        out.push(
            Diagnostic::error(
                "invalid-identifier",
                format!("`{}` is not a name", label.text),
            )
            .at(label.span, "")
            .help("a name has letters, digits, `-`, `_` and `.`"),
        );
        return None;
    }
    Some(label)
}

/// Whether text can name an environment, a check or anything else that has a name in `terrace.hcl`: ASCII letters, digits, `-`, `_` and `.`.
pub fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(good) && !text.starts_with(['.', '-'])
}

/// Reports labels of a block that has no name.
fn no_labels(kind: &str, labels: &[Ident], header: Span, out: &mut Diagnostics) {
    if !labels.is_empty() {
        let message = format!("`{kind}` has a name and takes none");
        out.push(
            Diagnostic::error("syntax", message)
                .at(header, "")
                .help(format!("write `{kind} {{ .. }}`")),
        );
    }
}

#[cfg(test)]
mod tests;
