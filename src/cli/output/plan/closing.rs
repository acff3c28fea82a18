//! What stands last on the plan's screen, because it is read last: counts, then all that will be destroyed.

use model::change::{Action, Change, DeposedKey};
use model::plan::{Plan, PlanMode};

use super::names::fold_addresses;
use super::rows::is_conditional;
use crate::cli::output::difference::name_of;
use crate::cli::output::line::{Line, Page};
use crate::cli::output::style::Label;
use crate::cli::output::value::Amount;

/// How many instances each action is done to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Data sources read.
    pub read: u64,
    /// Objects taken over.
    pub import: u64,
    /// New objects.
    pub create: u64,
    /// Objects changed in place.
    pub update: u64,
    /// Objects replaced.
    pub replace: u64,
    /// Objects destroyed.
    pub destroy: u64,
    /// Objects forgotten.
    pub forget: u64,
    /// Objects that only get another address.
    pub moved: u64,
    /// Instances nothing happens to.
    pub unchanged: u64,
}

impl Counts {
    /// Counts one change.
    pub fn add(&mut self, change: &Change) {
        if change.importing.is_some() {
            self.import += 1;
        }
        match change.action {
            Action::NoOp if change.previous.is_some() => self.moved += 1,
            Action::NoOp => {}
            Action::Read => self.read += 1,
            Action::Create => self.create += 1,
            Action::Update => self.update += 1,
            Action::Replace(_) => self.replace += 1,
            Action::Destroy => self.destroy += 1,
            Action::Forget => self.forget += 1,
        }
    }

    /// Words for those that are not 0: `1 create, 2 update`.
    pub(super) fn words(&self) -> Line {
        let counts = [
            (self.read, "read", Label::Read),
            (self.import, "import", Label::Moved),
            (self.moved, "moved", Label::Moved),
            (self.create, "create", Label::Create),
            (self.update, "update", Label::Update),
            (self.forget, "forget", Label::Destroy),
            (self.replace, "replace", Label::Replace),
            (self.destroy, "destroy", Label::Destroy),
            (self.unchanged, "unchanged", Label::Plain),
        ];
        let mut line = Line::new();
        for (count, word, label) in counts {
            if count > 0 {
                line.put(Label::Plain, if line.is_empty() { "" } else { ", " });
                line.put(label, format!("{count} {word}"));
            }
        }
        line
    }
}

/// The counts of a plan.
pub fn counts(plan: &Plan) -> Counts {
    // What differs, and is only taken over, is told apart.
    let taken_over = match plan.mode {
        PlanMode::RefreshOnly => plan.drift.len() as u64,
        PlanMode::Normal | PlanMode::Destroy => 0,
    };
    let mut counts = Counts {
        unchanged: plan.unchanged.saturating_sub(taken_over),
        ..Counts::default()
    };
    for change in &plan.changes {
        counts.add(change);
    }
    counts
}

/// Writes the line of counts: `Plan p7f3a91: 1 create, 23 unchanged`.
pub(super) fn write_counts(page: &mut Page, plan: &Plan) {
    let mut line = Line::of(Label::Heading, format!("Plan {}", plan.id)).then(": ");
    let mut words = observed_words(plan);
    let counted = counts(plan).words();
    if !words.is_empty() && !counted.is_empty() {
        words.put(Label::Plain, ", ");
    }
    words.append(counted);
    let outputs = plan
        .outputs
        .iter()
        .filter(|output| output.action != Action::NoOp)
        .count();
    if outputs > 0 {
        let comma = if words.is_empty() { "" } else { ", " };
        let plural = if outputs == 1 { "" } else { "s" };
        words.put(
            Label::Plain,
            format!("{comma}{outputs} output{plural} changed"),
        );
    }
    if words.is_empty() {
        words.put(Label::Plain, "only the record changes");
    }
    // A replacement is one change and two steps, which the end of the run counts.
    let with_steps = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
        .count();
    if plan.steps.len() > with_steps && counts(plan).replace > 0 {
        words.put(Label::Plain, format!(" ({} steps)", plan.steps.len()));
    }
    line.append(words);
    page.wrapped(&line, 2);
}

/// What a plan that only refreshes takes over into the record.
fn observed_words(plan: &Plan) -> Line {
    let mut line = Line::new();
    if plan.mode != PlanMode::RefreshOnly {
        return line;
    }
    let gone = plan
        .drift
        .iter()
        .filter(|drift| drift.observed.is_null() && drift.instead.is_none())
        .count();
    let changed = plan.drift.len() - gone;
    if changed > 0 {
        line.put(Label::Update, format!("{changed} changed outside"));
    }
    if gone > 0 {
        line.put(Label::Plain, if line.is_empty() { "" } else { ", " });
        line.put(Label::Destroy, format!("{gone} gone"));
    }
    line
}

/// Writes all addresses that are destroyed, those that are replaced said so.
pub(super) fn write_danger(page: &mut Page, plan: &Plan, amount: Amount) {
    let with = |wanted: fn(&&Change) -> bool| plan.changes.iter().filter(wanted);
    let replaced =
        |change: &&Change| matches!(change.action, Action::Replace(_)) && !is_conditional(change);
    let mut items: Vec<String> = Vec::new();
    for address in fold_addresses(with(replaced).map(|change| &change.addr), amount) {
        items.push(format!("{address} (replaced)"));
    }
    for change in with(|change| is_conditional(change)).take(MOST_CONDITIONAL) {
        let paths: Vec<String> = change
            .replace_paths
            .iter()
            .map(|path| name_of(&path.0))
            .collect();
        items.push(format!(
            "{} (replaced, as {} is not known yet)",
            change.addr,
            paths.join(", ")
        ));
    }
    let conditional = with(|change| is_conditional(change)).skip(MOST_CONDITIONAL);
    for address in fold_addresses(conditional.map(|change| &change.addr), amount) {
        items.push(format!("{address} (replaced, as a value is not known yet)"));
    }
    items.extend(fold_addresses(
        with(|change| change.action == Action::Destroy && change.deposed.is_none())
            .map(|change| &change.addr),
        amount,
    ));
    for change in plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Destroy)
    {
        if let Some(DeposedKey(key)) = &change.deposed {
            items.push(format!("{} (deposed object {key})", change.addr));
        }
    }
    if items.is_empty() {
        return;
    }
    let most = if amount == Amount::All {
        usize::MAX
    } else {
        MOST_LISTED
    };
    let more = items.len().saturating_sub(most);
    let mut line = Line::of(Label::Destroy, "Will destroy").then(": ");
    for (at, item) in items.into_iter().take(most).enumerate() {
        line.put(Label::Plain, if at == 0 { "" } else { ", " });
        line.put(Label::Plain, item);
    }
    if more > 0 {
        line.put(
            Label::Destroy,
            format!(" and {more} more (--detail names them)"),
        );
    }
    page.wrapped(&line, 2);
}

/// So many addresses are read; more are counted.
const MOST_LISTED: usize = 200;
/// So many replacements that may turn out needless are listed with their reason.
const MOST_CONDITIONAL: usize = 8;
