//! The `heal` block: which drift may be repaired without a person, how, and how much of it.

use std::time::Duration;

use model::{Diagnostic, Diagnostics, Pattern, Span, Str};

use super::argument::{
    Percent, calendar, choice, count, duration, one_of, patterns, percent, some_strings,
};
use super::calendar::Calendar;
use super::{declared_twice, no_labels, one_label};
use crate::load::Parts;
use crate::syntax::ast::{Block, Ident};

/// What may be healed. Without a block everything is only reported.
#[derive(Clone, Debug)]
pub struct Heal {
    /// The block's header, where there is a block.
    pub span: Option<Span>,
    /// How many looks in a row must see a difference; at least 1.
    pub confirm: u32,
    /// How long an address is left alone after it was healed; doubles each time.
    pub cooldown: Duration,
    /// How often an address is healed before it is left to a person; at least 1.
    pub attempts: u32,
    /// What happens where no rule matches.
    pub default: HealAction,
    /// When healing may happen.
    pub calendar: Calendar,
    /// The first that matches decides.
    pub rules: Vec<HealRule>,
    /// How much may be healed at once.
    pub limit: HealLimit,
}

/// A `rule` block: what happens to some instances when they differ in some ways.
#[derive(Clone, Debug)]
pub struct HealRule {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// The instances, or attributes of them, that it is about.
    pub patterns: Vec<(Pattern, Span)>,
    /// The differences that it is about.
    pub on: Vec<HealOn>,
    /// What happens.
    pub action: HealAction,
}

/// What happens to an instance that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealAction {
    /// Nothing: it is expected to differ.
    Ignore,
    /// It is said.
    Report,
    /// It is set back in place; never replaced.
    Update,
    /// It is made anew.
    Recreate,
    /// What is there is offered as an edit of the definition or its variables.
    Adopt,
}

/// A way in which an instance differs from what was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealOn {
    /// It is gone.
    Missing,
    /// It is as configured, and its checks fail.
    Unhealthy,
    /// Attributes differ.
    Changed,
}

/// The `limit` block. It is counted before anything happens: what exceeds it is left alone as a whole.
#[derive(Clone, Debug)]
pub struct HealLimit {
    /// The block's header, where there is a block.
    pub span: Option<Span>,
    /// How many instances at once.
    pub resources: u32,
    /// Which share of an environment's instances at once.
    pub share: Option<Percent>,
    /// The time over which they are counted; by default each look counts alone.
    pub per: Option<Duration>,
    /// How many objects may be destroyed at once.
    pub destroys: u32,
}

impl Default for HealLimit {
    fn default() -> Self {
        Self {
            span: None,
            resources: 3,
            share: None,
            per: None,
            destroys: 0,
        }
    }
}

impl Default for Heal {
    fn default() -> Self {
        Self {
            span: None,
            confirm: 1,
            cooldown: Duration::ZERO,
            attempts: 3,
            default: HealAction::Report,
            calendar: Calendar::default(),
            rules: Vec::new(),
            limit: HealLimit::default(),
        }
    }
}

impl HealOn {
    /// All of them: `any`.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Unhealthy, Self::Changed];

    /// Its word in `terrace.hcl`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unhealthy => "unhealthy",
            Self::Changed => "changed",
        }
    }
}

impl HealAction {
    /// Its word in `terrace.hcl`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Report => "report",
            Self::Update => "update",
            Self::Recreate => "recreate",
            Self::Adopt => "adopt",
        }
    }

    /// Whether it does anything about such a difference.
    pub fn is_about(self, on: HealOn) -> bool {
        match self {
            Self::Ignore | Self::Report | Self::Recreate => true,
            Self::Update | Self::Adopt => on == HealOn::Changed,
        }
    }
}

const ACTIONS: &[(&str, HealAction)] = &[
    ("ignore", HealAction::Ignore),
    ("report", HealAction::Report),
    ("update", HealAction::Update),
    ("recreate", HealAction::Recreate),
    ("adopt", HealAction::Adopt),
];

const ON: &[(&str, &[HealOn])] = &[
    ("missing", &[HealOn::Missing]),
    ("unhealthy", &[HealOn::Unhealthy]),
    ("changed", &[HealOn::Changed]),
    ("any", &HealOn::ALL),
];

/// Reads the `heal` block.
pub(super) fn read(block: Block) -> (Heal, Diagnostics) {
    let usual = Heal::default();
    let mut parts = Parts::new(block.body, "`heal`");
    no_labels("heal", &block.labels, block.header, &mut parts.diagnostics);
    let mut heal = Heal {
        span: Some(block.header),
        confirm: count(&mut parts, "confirm", 1).map_or(usual.confirm, |(number, _)| number),
        cooldown: duration(&mut parts, "cooldown").map_or(usual.cooldown, |(wait, _)| wait),
        attempts: count(&mut parts, "attempts", 1).map_or(usual.attempts, |(number, _)| number),
        default: choice(&mut parts, "default", ACTIONS).unwrap_or(usual.default),
        calendar: calendar(&mut parts),
        rules: Vec::new(),
        limit: usual.limit,
    };
    for block in parts.blocks("rule") {
        let Some(label) = one_label(&block.labels, "rule", block.header, &mut parts.diagnostics)
        else {
            continue;
        };
        let (rule, diagnostics) = rule(label.clone(), block);
        parts.diagnostics.extend(diagnostics);
        let Some(rule) = rule else { continue };
        match heal.rules.iter().find(|known| known.name == rule.name) {
            Some(first) => {
                let twice = declared_twice("rule", &rule.name, rule.span, first.span);
                parts.diagnostics.push(twice);
            }
            None => heal.rules.push(rule),
        }
    }
    if let Some(block) = parts.block("limit") {
        let (limit, diagnostics) = limit(block);
        parts.diagnostics.extend(diagnostics);
        heal.limit = limit;
    }
    (heal, parts.finish())
}

fn rule(label: Ident, block: Block) -> (Option<HealRule>, Diagnostics) {
    let mut parts = Parts::new(block.body, format!("rule `{}`", label.text));
    let found =
        some_strings(&mut parts, "match").map(|(_, texts)| patterns(texts, &mut parts.diagnostics));
    let (on, on_span) = on(&mut parts);
    let has_action = parts
        .body
        .attributes
        .iter()
        .any(|attribute| attribute.name.text == "action");
    let action = choice(&mut parts, "action", ACTIONS);
    for (name, is_there, example) in [
        ("match", found.is_some(), "match = [\"aws_instance.*\"]"),
        ("action", has_action, "action = \"report\""),
    ] {
        if !is_there {
            parts.diagnostics.push(
                Diagnostic::error(
                    "missing-argument",
                    format!("rule `{}` has no `{name}`", label.text),
                )
                .at(block.header, "")
                .help(format!("write for example `{example}`")),
            );
        }
    }
    let rule = found.zip(action).map(|(patterns, action)| HealRule {
        name: label.text,
        span: block.header,
        patterns,
        on,
        action,
    });
    let mut out = parts.finish();
    if let (Some(rule), Some(on_span)) = (&rule, on_span) {
        out.extend(without_effect(rule, on_span));
    }
    (rule, out)
}

/// What a rule is about, and where that is said; all when it says nothing, without a place.
fn on(parts: &mut Parts) -> (Vec<HealOn>, Option<Span>) {
    let Some((span, words)) = some_strings(parts, "on") else {
        return (HealOn::ALL.to_vec(), None);
    };
    let any = words.iter().any(|(word, _)| word == "any");
    let mut found: Vec<HealOn> = words
        .iter()
        .filter_map(|(word, span)| one_of(word, *span, ON, &mut parts.diagnostics))
        .flatten()
        .copied()
        .collect();
    found.sort();
    found.dedup();
    (found, (!any).then_some(span))
}

/// Reports what a rule names that its action does nothing about.
fn without_effect(rule: &HealRule, on: Span) -> Diagnostics {
    let word = rule.action.word();
    let mut out = Diagnostics::new();
    for difference in &rule.on {
        if !rule.action.is_about(*difference) {
            let difference = difference.word();
            let diagnostic = Diagnostic::error(
                "impossible-rule",
                format!("`{word}` does nothing about what is {difference}"),
            );
            let help = "let another rule with `recreate` or `report` come first for it";
            out.push(diagnostic.at(on, "").help(help));
        }
    }
    let changes = rule.on.contains(&HealOn::Changed);
    for (pattern, span) in &rule.patterns {
        if pattern.names_attribute() && !changes {
            let message = format!("`{pattern}` names an attribute, which can only be changed");
            out.push(
                Diagnostic::error("impossible-rule", message)
                    .at(*span, "")
                    .help("add \"changed\" to `on`, or name the instances"),
            );
        }
    }
    out
}

fn limit(block: Block) -> (HealLimit, Diagnostics) {
    let usual = HealLimit::default();
    let mut parts = Parts::new(block.body, "`limit`");
    no_labels("limit", &block.labels, block.header, &mut parts.diagnostics);
    let limit = HealLimit {
        span: Some(block.header),
        resources: count(&mut parts, "resources", 0).map_or(usual.resources, |(number, _)| number),
        share: percent(&mut parts, "share").map(|(share, _)| share),
        per: duration(&mut parts, "per").map(|(time, _)| time),
        destroys: count(&mut parts, "destroys", 0).map_or(usual.destroys, |(number, _)| number),
    };
    (limit, parts.finish())
}
