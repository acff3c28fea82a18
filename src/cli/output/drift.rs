//! What drifted in an environment, as people and programs read it. Entry points: [`screen`], [`as_json`].

use std::time::Duration;

use delivery::heal::{Decision, Verdict, Why};
use lang::project::HealAction;
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::serial::{RevisionId, Serial};
use model::value::to_json;
use model::{Diagnostic, Str, Value};
use serde_json::{Map, Value as Json, json};
use state::CheckResult;

use super::difference::{Difference, DifferenceKind};
use super::duration::{ago, precise, short};
use super::line::{Line, Page};
use super::moment::{in_seconds, readable};
use super::plan::{heading, write_differences};
use super::style::{Label, Look};
use super::value::Amount;
use crate::cli::invocation::shell::quoted;

/// What a look found in an environment.
#[derive(Debug)]
pub struct DriftView {
    /// The environment.
    pub environment: Str,
    /// The record that it was compared with.
    pub serial: Serial,
    /// The revision that it has, where it has one.
    pub revision: Option<RevisionId>,
    /// When it was looked at.
    pub at: Timestamp,
    /// How long that took.
    pub took: Duration,
    /// How many instances are recorded.
    pub instances: u64,
    /// What differs, by address.
    pub rows: Vec<DriftRow>,
    /// What could not be read.
    pub unreadable: Vec<Diagnostic>,
    /// Checks that do not pass, and what they saw.
    pub failing: Vec<(Str, String)>,
    /// All checks that were tried.
    pub checks: Vec<CheckResult>,
}

/// An instance that differs.
#[derive(Debug)]
pub struct DriftRow {
    /// The instance.
    pub addr: InstanceAddr,
    /// How it differs.
    pub what: What,
    /// The first look that saw it, where it is not expected.
    pub since: Option<Timestamp>,
    /// How many looks in a row saw it.
    pub looks: u64,
    /// A digest of what is there.
    pub seen: [u8; 32],
    /// What was decided about it.
    pub decision: Decision,
}

/// How an instance differs.
#[derive(Debug)]
pub enum What {
    /// It is gone; what is there instead, where that is known.
    Gone(Option<Str>),
    /// Attributes differ.
    Changed(Vec<Difference>),
    /// It is as it was applied, but these checks that are about it do not pass.
    Unhealthy(Vec<Str>),
}

/// How drift is shown.
#[derive(Clone, Copy, Debug)]
pub struct DriftOptions {
    /// The decision about each is said.
    pub explain: bool,
    /// How much of a value is shown.
    pub amount: Amount,
}

impl DriftView {
    /// What differs and is not expected to.
    pub fn drifted(&self) -> impl Iterator<Item = &DriftRow> {
        self.rows.iter().filter(|row| row.since.is_some())
    }

    /// Whether there is any drift.
    pub fn is_drifted(&self) -> bool {
        self.drifted().next().is_some() || !self.failing.is_empty()
    }

    /// Whether a check's failure is told as what is unhealthy by it.
    fn explains(&self, check: &Str) -> bool {
        self.rows.iter().any(|row| match &row.what {
            What::Unhealthy(checks) => row.since.is_some() && checks.contains(check),
            What::Gone(_) | What::Changed(_) => false,
        })
    }

    /// How many would be healed, and are not because they are protected.
    pub fn refused(&self) -> usize {
        let rows = self.drifted();
        rows.filter(|row| row.decision.is_protected()).count()
    }

    fn expected(&self) -> usize {
        self.rows.iter().filter(|row| row.since.is_none()).count()
    }
}

/// Renders what was found in one environment. Ends with a newline.
pub fn screen(view: &DriftView, options: DriftOptions, look: Look) -> String {
    let mut page = Page::new(look);
    let expected = view.expected();
    let is_clean = !view.is_drifted() && view.unreadable.is_empty();
    if is_clean && (expected == 0 || !options.explain) {
        let took = precise(view.took);
        let line = Line::of(Label::Environment, view.environment.to_string());
        let but = match expected {
            0 => String::new(),
            1 => " but for 1 that is expected to differ".to_owned(),
            many => format!(" but for {many} that are expected to differ"),
        };
        page.line(&line.then(match view.instances {
            0 if view.checks.is_empty() => " has nothing recorded".to_owned(),
            0 => " has no instances, and its checks pass".to_owned(),
            1 => format!(" is as recorded{but} (1 instance checked in {took})"),
            many => format!(" is as recorded{but} ({many} instances checked in {took})"),
        }));
        return page.finish();
    }
    let line = Line::plain("Environment ").with(Label::Environment, view.environment.to_string());
    let revision = view
        .revision
        .map_or_else(String::new, |id| format!("   {id}"));
    page.line(&line.then(format!(
        "{revision}   recorded serial {}   observed {}",
        view.serial,
        readable(view.at)
    )));
    page.gap();
    for row in &view.rows {
        if row.since.is_some() || options.explain {
            write_row(&mut page, view, row, options);
        }
    }
    for found in &view.unreadable {
        write_unreadable(&mut page, found);
    }
    for (check, seen) in view.failing.iter().filter(|(name, _)| !view.explains(name)) {
        let side = Line::of(Label::Unchanged, "does not pass");
        heading(
            &mut page,
            ("  !", Label::Failed),
            &format!("check {check}"),
            side,
        );
        page.wrapped(&Line::plain(format!("      {seen}")), 6);
    }
    page.gap();
    page.line(&Line::plain(counts(view)));
    // An apply brings back what is not as it was applied; what is unhealthy is.
    let is_back = |row: &DriftRow| !matches!(row.what, What::Unhealthy(_));
    if view.drifted().any(is_back) {
        let revision = view
            .revision
            .map_or_else(String::new, |id| format!(" --revision {id}"));
        let command = format!("terrace apply {}{revision}", view.environment);
        page.line(&Line::plain("Put it back: ").with(Label::Command, command));
    }
    let adoptable = |row: &&DriftRow| row.decision.action == HealAction::Adopt;
    for row in view.drifted().filter(adoptable) {
        let address = quoted(&row.addr.to_string());
        let command = format!("terrace adopt {} {address}", view.environment);
        page.line(&Line::plain("Keep what is there: ").with(Label::Command, command));
    }
    page.finish()
}

fn write_row(page: &mut Page, view: &DriftView, row: &DriftRow, options: DriftOptions) {
    let (symbol, side) = match &row.what {
        What::Gone(None) => (("  -", Label::Destroy), "gone".to_owned()),
        What::Gone(Some(instead)) => (("  -", Label::Destroy), format!("gone: {instead}")),
        What::Changed(_) => (("  ~", Label::Update), "changed outside".to_owned()),
        What::Unhealthy(_) => (("  !", Label::Failed), "unhealthy".to_owned()),
    };
    let side = match row.since {
        Some(_) => side,
        None => format!("{side}, as expected"),
    };
    let side = Line::of(Label::Unchanged, side);
    heading(page, symbol, &row.addr.to_string(), side);
    if let What::Changed(differences) = &row.what {
        write_differences(page, differences.clone(), options.amount);
    }
    if let What::Unhealthy(checks) = &row.what {
        for check in checks {
            let seen = view.failing.iter().find(|(name, _)| name == check);
            let seen = seen.map_or_else(String::new, |(_, seen)| format!(": {seen}"));
            let text = format!("      check {check} does not pass{seen}");
            page.wrapped(&Line::plain(text), 8);
        }
    }
    let mut say = |text: String| page.wrapped(&Line::plain("      ").with(Label::Because, text), 8);
    if let Some(since) = row.since {
        let seen = ago(view.at.since(since));
        say(match row.looks {
            0 | 1 => format!("first seen {seen}"),
            looks => format!("first seen {seen}, by {looks} looks in a row"),
        });
    }
    if options.explain {
        say(explained(&row.decision, view.at));
    }
}

fn write_unreadable(page: &mut Page, found: &Diagnostic) {
    let address = found.address.as_ref().map(ToString::to_string);
    let side = Line::of(Label::Unchanged, "could not be read");
    let address = address.unwrap_or_else(|| found.message.clone());
    heading(page, ("  ?", Label::Failed), &address, side);
    // What it was is said by the address already.
    let why = found.message.split_once("`: ").map(|(_, why)| why);
    if let Some(why) = why.filter(|_| found.address.is_some()) {
        page.wrapped(&Line::plain(format!("      {why}")), 6);
    }
    for note in &found.notes {
        page.wrapped(&Line::plain(format!("      {note}")), 6);
    }
}

/// `Drift: 1 changed, 2 gone, 24 as recorded; 1 refused by protect (in 3.1s)`.
pub fn counts(view: &DriftView) -> String {
    let gone = |row: &&DriftRow| matches!(row.what, What::Gone(_));
    let unhealthy = |row: &&DriftRow| matches!(row.what, What::Unhealthy(_));
    let all = view.drifted().count();
    let gone = view.drifted().filter(gone).count();
    let unhealthy = view.drifted().filter(unhealthy).count();
    let touched = (view.rows.len() + view.unreadable.len()) as u64;
    let parts: Vec<String> = [
        ((all - gone - unhealthy) as u64, "changed"),
        (gone as u64, "gone"),
        (unhealthy as u64, "unhealthy"),
        (view.unreadable.len() as u64, "unreadable"),
        (view.failing.len() as u64, "failing checks"),
        (view.expected() as u64, "expected"),
        (view.instances.saturating_sub(touched), "as recorded"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| match (count, what) {
        (1, "failing checks") => "1 failing check".to_owned(),
        _ => format!("{count} {what}"),
    })
    .collect();
    let refused = match view.refused() {
        0 => String::new(),
        refused => format!("; {refused} refused by protect"),
    };
    let took = precise(view.took);
    format!("Drift: {}{refused} (in {took})", parts.join(", "))
}

/// What was decided, by which rule, and why.
pub fn explained(decision: &Decision, now: Timestamp) -> String {
    let by = match (&decision.rule, &decision.unfit) {
        (Some(rule), _) => format!("rule `{rule}`: {}", decision.action.word()),
        (None, Some(rule)) => format!(
            "rule `{rule}` is not about what is {}, by default: {}",
            decision.on.word(),
            decision.action.word()
        ),
        (None, None) => format!("no rule, by default: {}", decision.action.word()),
    };
    let Verdict::Leave(why) = &decision.verdict else {
        return format!("{by}; to be healed");
    };
    match reason(why, now) {
        Some(why) => format!("{by}; {why}"),
        None => by,
    }
}

/// Why it is left alone, where the rule does not say it itself.
fn reason(why: &Why, now: Timestamp) -> Option<String> {
    let in_a_while = |at: Timestamp| format!("for {} more", short(at.since(now)));
    Some(match why {
        Why::Expected | Why::Reported | Why::ForAdoption => return None,
        Why::BesideExpected { attribute } => {
            format!("`{attribute}` is expected to differ, and would be set back with it")
        }
        Why::Unconfirmed { looks, wanted } => {
            format!("not confirmed: seen by {looks} of {wanted} looks in a row")
        }
        Why::CoolingDown { until } => {
            format!(
                "healed a short while ago, left alone {}",
                in_a_while(*until)
            )
        }
        Why::Quarantined { attempts: 1 } => "left to a person: healed once already".to_owned(),
        Why::Quarantined { attempts } => {
            format!("left to a person: healed {attempts} times already")
        }
        Why::OutsideWindow { opens: Some(opens) } => {
            format!("outside of the window, which opens {}", readable(*opens))
        }
        Why::OutsideWindow { opens: None } => "outside of the window".to_owned(),
        Why::Frozen { freeze } => format!("frozen: {freeze}"),
        Why::Exceeds(excess) => format!("nothing is healed: {excess}"),
        Why::Protected { by } => format!("refused by protect: {by}"),
    })
}

/// The same for programs.
pub fn as_json(view: &DriftView) -> Json {
    let rows = |expected: bool| -> Json {
        let wanted = |row: &&DriftRow| row.since.is_none() == expected;
        let rows = view.rows.iter().filter(wanted);
        rows.map(|row| row_json(row, view.at)).collect()
    };
    let unreadable = |found: &Diagnostic| {
        json!({
            "address": found.address.as_ref().map(ToString::to_string),
            "message": found.message,
            "notes": found.notes,
        })
    };
    json!({
        "environment": view.environment.to_string(),
        "serial": view.serial.0,
        "revision": view.revision.map(|id| id.to_string()),
        "observed": in_seconds(view.at),
        "instances": view.instances,
        "drift": rows(false),
        "expected": rows(true),
        "refused_by_protect": view.refused(),
        "unreadable": view.unreadable.iter().map(unreadable).collect::<Json>(),
        "failing_checks": view.failing.iter().map(|(check, seen)| json!({"check": check.to_string(), "seen": seen})).collect::<Json>(),
    })
}

fn row_json(row: &DriftRow, now: Timestamp) -> Json {
    let Decision {
        rule,
        action,
        verdict,
        on,
        ..
    } = &row.decision;
    let (verdict, why) = match verdict {
        Verdict::Update => ("update", None),
        Verdict::Recreate => ("recreate", None),
        Verdict::Leave(why) => ("leave", reason(why, now)),
    };
    let mut json = Map::from_iter([
        ("address".to_owned(), json!(row.addr.to_string())),
        ("class".to_owned(), json!(on.word())),
        ("first_seen".to_owned(), json!(row.since.map(in_seconds))),
        ("looks".to_owned(), json!(row.looks)),
        (
            "rule".to_owned(),
            json!(rule.as_ref().map(ToString::to_string)),
        ),
        ("action".to_owned(), json!(action.word())),
        ("decision".to_owned(), json!(verdict)),
        ("why".to_owned(), json!(why)),
    ]);
    if let What::Changed(differences) = &row.what {
        let attributes = differences.iter().map(difference_json).collect();
        json.insert("attributes".to_owned(), attributes);
    }
    if let What::Unhealthy(checks) = &row.what {
        let checks = checks.iter().map(ToString::to_string).collect();
        json.insert("checks".to_owned(), checks);
    }
    Json::Object(json)
}

fn difference_json(found: &Difference) -> Json {
    let shown = |value: &Value| {
        let readable = (!value.has_marks()).then(|| to_json(value).ok()).flatten();
        readable.unwrap_or_else(|| json!({"sensitive": true}))
    };
    let (recorded, observed) = match &found.kind {
        DifferenceKind::Changed { old, new } => (old.as_ref().map(shown), new.as_ref().map(shown)),
        DifferenceKind::Removed(old) => (Some(shown(old)), None),
        DifferenceKind::Added(new) => (None, Some(shown(new))),
        DifferenceKind::Hidden | DifferenceKind::Shown | DifferenceKind::Secret => (None, None),
    };
    json!({"path": found.name, "recorded": recorded, "observed": observed})
}
