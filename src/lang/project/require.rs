//! `require` blocks: what must be true before a revision comes to an environment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Diagnostic, Diagnostics, Span, Str};

use super::argument::{calendar, count, duration, strings};
use super::calendar::Calendar;
use super::group::{Group, persons};
use crate::load::Parts;
use crate::suggest::closest;
use crate::syntax::ast::Block;

/// What is required. Without a block, nothing is.
#[derive(Clone, Debug, Default)]
pub struct Require {
    /// The block's header, where there is a block.
    pub span: Option<Span>,
    /// How long the revision must have been verified, and undisturbed, in every environment that this one is `after`.
    pub soak: Option<(Duration, Span)>,
    /// How many persons must approve.
    pub approvals: Option<(u32, Span)>,
    /// Names of groups and persons who may approve; empty: anyone but the author.
    pub by: Vec<(Str, Span)>,
    /// When it may come.
    pub calendar: Calendar,
    /// How old the passed checks of an environment that this one is `after` may be; by default of any age.
    pub evidence: Option<(Duration, Span)>,
}

impl Require {
    /// Whether it says anything of what comes, whatever the environment is `after`: then nothing comes past it.
    pub fn governs(&self) -> bool {
        let Calendar { window, freeze } = &self.calendar;
        self.approvals.is_some_and(|(count, _)| count > 0)
            || !window.is_empty()
            || !freeze.is_empty()
    }

    /// The persons who may approve; none means anyone but the author.
    pub fn approvers(&self, groups: &BTreeMap<Str, Group>) -> Option<BTreeSet<Str>> {
        if self.by.is_empty() {
            return None;
        }
        let persons = self.by.iter().flat_map(|(name, _)| match groups.get(name) {
            Some(group) => group
                .members
                .iter()
                .map(|(member, _)| member.clone())
                .collect(),
            None => vec![name.clone()],
        });
        Some(persons.collect())
    }
}

/// Reads a `require` block.
pub(super) fn read(environment: &Str, block: Block) -> (Require, Diagnostics) {
    let mut parts = Parts::new(
        block.body,
        format!("`require` of environment `{environment}`"),
    );
    let require = Require {
        span: Some(block.header),
        soak: duration(&mut parts, "soak"),
        approvals: count(&mut parts, "approvals", 0),
        by: strings(&mut parts, "by").unwrap_or_default(),
        calendar: calendar(&mut parts),
        evidence: duration(&mut parts, "evidence"),
    };
    persons(&require.by, &mut parts.diagnostics);
    (require, parts.finish())
}

/// Reports what can never be met, and what has no meaning. `is_first`: the environment is after no other.
pub(super) fn impossible(
    require: &Require,
    is_first: bool,
    groups: &BTreeMap<Str, Group>,
) -> Diagnostics {
    let mut out = Diagnostics::new();
    let spans = [("soak", require.soak), ("evidence", require.evidence)];
    for (name, span) in spans {
        if let (Some((_, span)), true) = (span, is_first) {
            let message = format!("`{name}` is about an environment before, and there is none");
            out.push(
                Diagnostic::error("impossible-rule", message)
                    .at(span, "")
                    .help("add `after` to the environment, or take it away"),
            );
        }
    }
    let wanted = require.approvals.map_or(0, |(number, _)| number);
    if let (Some((_, span)), 0) = (require.by.first(), wanted) {
        out.push(
            Diagnostic::error(
                "impossible-rule",
                "`by` says who approves, and no approval is wanted",
            )
            .at(*span, "")
            .help("add `approvals = 1`"),
        );
    }
    for (name, span) in &require.by {
        let close = closest(name, groups.keys().map(Str::as_str));
        if let (false, Some(close)) = (groups.contains_key(name), close) {
            out.push(
                Diagnostic::warning(
                    "unknown-reference",
                    format!("there is no group `{name}`, so that it is a person"),
                )
                .at(*span, "")
                .help(format!("did you mean `{close}`?")),
            );
        }
    }
    let few = require
        .approvers(groups)
        .map(|approvers| approvers.len())
        .filter(|persons| *persons < wanted as usize);
    if let (Some(persons), Some((_, span))) = (few, require.approvals) {
        let persons = match persons {
            1 => "1 person".to_owned(),
            more => format!("{more} persons"),
        };
        out.push(
            Diagnostic::error(
                "impossible-rule",
                format!("{wanted} approvals are wanted and {persons} may approve"),
            )
            .at(span, "")
            .help("name more groups or persons in `by`, or want fewer"),
        );
    }
    out
}
