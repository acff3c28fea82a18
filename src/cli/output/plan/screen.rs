//! The whole screen of a plan: header, modules, outputs, moves, counts, danger, what to do next.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use engine::OpenStep;
use model::address::{ModulePath, Target};
use model::change::{Action, Change, OutputChange};
use model::plan::{Drift, Plan, PlanMode, Refresh};
use model::{Marks, Value};

use super::block::{heading, symbol, write_group, write_rows};
use super::closing::{Counts, write_counts, write_danger};
use super::fold::{Group, fold, rank, unfolded};
use super::rows::{Extent, Fact, Forces, Row};
use crate::cli::output::difference::{Difference, DifferenceKind, differences};
use crate::cli::output::duration::precise;
use crate::cli::output::line::{Line, Page};
use crate::cli::output::style::{Label, Look};
use crate::cli::output::table::{Align, Table};
use crate::cli::output::value::Amount;

/// Facts around a plan that it does not hold itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFacts {
    /// What the providers act on, such as `aws 123456789012 eu-west-1`.
    pub accounts: Vec<String>,
    /// How long it took to make.
    pub took: Option<Duration>,
    /// What comes after looking at it; none when it was not kept.
    pub go_on: Option<GoOn>,
    /// That something was applied to the environment past the rules: who did, when and why.
    pub past_rules: Option<String>,
    /// The command that shows what changed outside and is no part of this plan.
    pub drift_with: Option<String>,
    /// The command that plans all, where the plan is about a part; none for the plain one.
    pub rest_with: Option<String>,
    /// Steps of earlier runs that are open, on instances that it is about.
    pub open: Vec<OpenStep>,
}

/// What to do with a plan that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoOn {
    /// What the command does, as a phrase that begins a line.
    pub what: String,
    /// The command.
    pub command: String,
}

impl GoOn {
    /// The command applies exactly the plan.
    pub fn exactly(command: String) -> Self {
        let what = "Apply exactly this".into();
        Self { what, command }
    }
}

/// How much of the plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Every change, those that say the same folded.
    #[default]
    Folded,
    /// Every change of its own, values whole (`--detail`).
    Detail,
    /// Counts by module (`--summary`).
    Summary,
}

/// What the user asked to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// How much of the plan is shown.
    pub form: Form,
    /// Attributes that do not change are shown too (`-v`).
    pub verbose: bool,
}

impl PlanOptions {
    fn amount(self) -> Amount {
        if self.form == Form::Detail {
            Amount::All
        } else {
            Amount::Line
        }
    }

    fn extent(self) -> Extent {
        if self.verbose {
            Extent::Everything
        } else {
            Extent::Said
        }
    }
}

/// Renders the screen of a plan. Ends with a newline.
pub fn render(plan: &Plan, facts: &PlanFacts, options: PlanOptions, look: Look) -> String {
    let mut page = Page::new(look);
    if plan.is_empty() {
        page.wrapped(&nothing_to_do(plan, facts), 2);
        write_past_rules(&mut page, facts);
        write_rest(&mut page, plan, facts);
        write_drift_hint(&mut page, plan, facts);
        write_open(&mut page, facts);
        return page.finish();
    }
    page.wrapped(&header(plan, facts), 2);
    write_past_rules(&mut page, facts);
    if options.form == Form::Summary {
        page.gap();
        summary_table(plan).render(&mut page);
    } else {
        write_modules(&mut page, plan, options);
        write_drift(&mut page, plan, options);
        write_outputs(&mut page, &plan.outputs, options);
        write_moves(&mut page, plan, options);
    }
    page.gap();
    write_counts(&mut page, plan);
    write_danger(&mut page, plan, options.amount());
    if plan.mode != PlanMode::RefreshOnly {
        write_drift_hint(&mut page, plan, facts);
    }
    if !facts.open.is_empty() {
        write_open(&mut page, facts);
    } else if let Some(GoOn { what, command }) = &facts.go_on {
        let line = Line::plain(format!("{what}: ")).with(Label::Command, command.clone());
        page.wrapped(&line, 2);
    }
    page.finish()
}

/// Writes that the environment has what no rule let come.
fn write_past_rules(page: &mut Page, facts: &PlanFacts) {
    if let Some(what) = &facts.past_rules {
        page.wrapped(&Line::of(Label::Warning, what.clone()), 2);
    }
}

/// So many open steps are named; more are counted.
const MOST_OPEN: usize = 8;

/// Writes what stands in the way of applying the plan whole: steps of earlier runs that are open.
fn write_open(page: &mut Page, facts: &PlanFacts) {
    for step in facts.open.iter().take(MOST_OPEN) {
        let (addr, action, run) = (&step.addr, &step.action, step.run);
        let line = Line::of(Label::Failed, "In doubt")
            .then(format!(
                ": {action} of {addr} in run {run}. Settle it first: "
            ))
            .with(Label::Command, step.command());
        page.wrapped(&line, 2);
    }
    let more = facts.open.len().saturating_sub(MOST_OPEN);
    if more > 0 {
        let line = Line::of(Label::Failed, "In doubt");
        page.wrapped(&line.then(format!(": {more} more instances")), 2);
    }
}

fn nothing_to_do(plan: &Plan, facts: &PlanFacts) -> Line {
    let count = plan.unchanged;
    let plural = if count == 1 { "" } else { "s" };
    let what = match plan.mode {
        PlanMode::Normal => "is as defined",
        PlanMode::Destroy => "has nothing to destroy",
        PlanMode::RefreshOnly => "is as recorded",
    };
    let looked = match (plan.refresh, facts.took) {
        (Refresh::Observe, Some(took)) => format!(" checked in {}", precise(took)),
        (Refresh::Observe, None) => " checked".into(),
        (Refresh::Trust, _) => " as recorded, not looked at".into(),
    };
    let environment = Line::of(Label::Environment, plan.environment.to_string());
    let part = part(plan);
    let mut line = match part {
        None => environment,
        Some(_) => Line::plain("A part of ").joined(environment),
    };
    line.put(Label::Plain, format!(" {what}"));
    if count > 0 {
        line.put(Label::Plain, format!(" ({count} instance{plural}{looked})"));
    }
    if !facts.open.is_empty() {
        line.put(Label::Plain, " but for what is in doubt");
    }
    match part {
        None => line,
        Some(part) => line.then(format!(": {part}")),
    }
}

/// What says that the rest was not looked at, and how to look at it.
fn write_rest(page: &mut Page, plan: &Plan, facts: &PlanFacts) {
    if part(plan).is_none() {
        return;
    }
    let mode = match plan.mode {
        PlanMode::Normal => "",
        PlanMode::Destroy => " -destroy",
        PlanMode::RefreshOnly => " -refresh-only",
    };
    let plain = || format!("terrace plan {}{mode}", plan.environment);
    let command = facts.rest_with.clone().unwrap_or_else(plain);
    let line = Line::plain("The rest was not looked at: ").with(Label::Command, command);
    page.wrapped(&line, 2);
}

/// Which part of the environment a plan is about; none for all of it.
fn part(plan: &Plan) -> Option<String> {
    let words = |targets: &[Target]| {
        let shown: Vec<String> = targets.iter().take(3).map(ToString::to_string).collect();
        let more = targets.len().saturating_sub(shown.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        (format!("{}{more}", shown.join(", ")), targets.len() == 1)
    };
    let destroys = plan.mode == PlanMode::Destroy;
    match (plan.targets.as_slice(), plan.excludes.as_slice()) {
        ([], []) => None,
        ([], excludes) => {
            let (named, one) = words(excludes);
            Some(match (destroys, one) {
                (true, true) => format!("all but {named} and what it needs"),
                (true, false) => format!("all but {named} and what they need"),
                (false, true) => format!("all but {named} and what needs it"),
                (false, false) => format!("all but {named} and what needs them"),
            })
        }
        (targets, _) => {
            let (named, one) = words(targets);
            Some(match (destroys, one) {
                (true, true) => format!("{named} and what needs it"),
                (true, false) => format!("{named} and what needs them"),
                (false, true) => format!("{named} and what it needs"),
                (false, false) => format!("{named} and what they need"),
            })
        }
    }
}

fn header(plan: &Plan, facts: &PlanFacts) -> Line {
    let mut line = Line::of(Label::Heading, "Environment ")
        .with(Label::Environment, plan.environment.to_string());
    for account in &facts.accounts {
        line.put(Label::Plain, format!("   {account}"));
    }
    if let Some(revision) = plan.revision {
        line.put(Label::Plain, format!("   {revision}"));
    }
    line.put(
        Label::Plain,
        match plan.serial.0 {
            0 => "   nothing recorded yet".to_owned(),
            serial => format!("   recorded serial {serial}"),
        },
    );
    let kind = match plan.mode {
        PlanMode::Normal => None,
        PlanMode::Destroy if part(plan).is_some() => Some("   destroy"),
        PlanMode::Destroy => Some("   destroy everything"),
        PlanMode::RefreshOnly => Some("   record only"),
    };
    if let Some(kind) = kind {
        line.put(Label::Plain, kind);
    }
    if plan.refresh == Refresh::Trust {
        line.put(Label::Plain, "   not looked at");
    }
    if !plan.targets.is_empty() || !plan.excludes.is_empty() {
        line.put(Label::Warning, "   a part only");
    }
    line
}

/// Whether a change has a block of its own.
fn is_shown(change: &Change) -> bool {
    change.action != Action::NoOp || change.importing.is_some()
}

fn by_module(plan: &Plan) -> BTreeMap<ModulePath, Vec<&Change>> {
    let mut modules: BTreeMap<ModulePath, Vec<&Change>> = BTreeMap::new();
    // Neighbours are mostly of one module; one look-up serves them all.
    for run in plan
        .changes
        .chunk_by(|a, b| a.addr.module() == b.addr.module())
    {
        let Some(first) = run.first() else { continue };
        let changes = run.iter().filter(|change| is_shown(change));
        modules
            .entry(first.addr.module().path())
            .or_default()
            .extend(changes);
    }
    modules.retain(|_, changes| !changes.is_empty());
    modules
}

fn write_modules(page: &mut Page, plan: &Plan, options: PlanOptions) {
    let modules = by_module(plan);
    let headed = modules.keys().any(|module| !module.is_root());
    for (module, mut changes) in modules {
        page.gap();
        if headed {
            page.line(&Line::of(Label::Heading, heading_of(&module, &changes)));
        }
        changes.sort_by_key(|change| rank(change.action));
        for ranked in changes.chunk_by(|a, b| rank(a.action) == rank(b.action)) {
            let groups = groups_of(ranked, options);
            for group in &groups {
                write_group(page, group, options.amount());
            }
        }
    }
}

/// Changes of one module and rank as they are shown.
fn groups_of<'a>(changes: &[&'a Change], options: PlanOptions) -> Vec<Group<'a>> {
    if options.form == Form::Detail {
        return unfolded(changes, options.extent());
    }
    let mut sorted = changes.to_vec();
    // Within a module instance they are sorted already; the blocks of several instances must meet.
    sorted.sort_by(|a, b| {
        let (a, b) = (&a.addr.block, &b.addr.block);
        let name = || (a.mode, &a.rtype, &a.name).cmp(&(b.mode, &b.rtype, &b.name));
        if std::sync::Arc::ptr_eq(a, b) {
            Ordering::Equal
        } else {
            name()
        }
    });
    fold(&sorted, options.extent())
}

fn heading_of(module: &ModulePath, changes: &[&Change]) -> String {
    if module.is_root() {
        return "root module".into();
    }
    let instances: HashSet<_> = changes.iter().map(|change| change.addr.module()).collect();
    match (instances.len(), changes.first()) {
        (1, Some(first)) => first.addr.module().to_string(),
        (count, _) => format!("{module} ({count} instances)"),
    }
}

/// In a plan that only refreshes, what was observed is the plan.
fn write_drift(page: &mut Page, plan: &Plan, options: PlanOptions) {
    if plan.mode != PlanMode::RefreshOnly {
        return;
    }
    page.gap();
    for Drift {
        addr,
        recorded,
        observed,
        instead,
        private: _,
    } in &plan.drift
    {
        let gone = observed.is_null();
        let (action, side) = match instead {
            Some(instead) => (Action::Destroy, instead.as_str()),
            None if gone => (Action::Destroy, "gone"),
            None => (Action::Update, "changed outside"),
        };
        heading(
            page,
            symbol(action),
            &addr.to_string(),
            Line::of(Label::Unchanged, side.to_owned()),
        );
        if gone {
            continue;
        }
        write_differences(page, differences(recorded, observed), options.amount());
    }
}

/// Writes what differs in one object, a row each.
pub fn write_differences(page: &mut Page, found: Vec<Difference>, amount: Amount) {
    let rows: Vec<Row> = found
        .into_iter()
        .map(|found| Row {
            name: found.name,
            fact: Fact::Differs(found.kind),
            forces: Forces::No,
        })
        .collect();
    write_rows(page, &rows, None, amount);
}

fn write_outputs(page: &mut Page, outputs: &[OutputChange], options: PlanOptions) {
    let changed: Vec<_> = outputs
        .iter()
        .filter(|output| output.action != Action::NoOp)
        .collect();
    if changed.is_empty() {
        return;
    }
    page.gap();
    page.line(&Line::of(Label::Heading, "outputs"));
    for output in changed {
        let (symbol, label) = symbol(output.action);
        let hide = |value: &Value| {
            if output.sensitive {
                value.clone().mark(Marks::SENSITIVE)
            } else {
                value.clone()
            }
        };
        let (old, new) = (hide(&output.before), hide(&output.after));
        let rows: Vec<Row> = match output.action {
            Action::Create => vec![(String::new(), Fact::Set(new))],
            Action::Destroy | Action::Forget => Vec::new(),
            Action::NoOp | Action::Read | Action::Update | Action::Replace(_) => {
                let found = differences(&old, &new).into_iter();
                let mut rows: Vec<_> = found.map(|d| (d.name, Fact::Differs(d.kind))).collect();
                if rows.is_empty() {
                    // Only its type differs, or whether it is known.
                    let kind = DifferenceKind::Changed {
                        old: Some(old),
                        new: Some(new),
                    };
                    rows.push((String::new(), Fact::Differs(kind)));
                }
                rows
            }
        }
        .into_iter()
        .map(|(name, fact)| Row {
            name: joined(&output.name, &name),
            fact,
            forces: Forces::No,
        })
        .collect();
        if let [row] = rows.as_slice()
            && row.name == *output.name
        {
            write_output_row(page, (symbol, label), row, options);
            continue;
        }
        heading(page, (symbol, label), &output.name, Line::new());
        write_rows(page, &rows, None, options.amount());
    }
}

/// `output` and a path below it.
fn joined(output: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') {
        format!("{output}{path}")
    } else {
        format!("{output}.{path}")
    }
}

fn write_output_row(
    page: &mut Page,
    (symbol, label): (&'static str, Label),
    row: &Row,
    options: PlanOptions,
) {
    let mut inner = Page::new(page.look());
    write_rows(
        &mut inner,
        std::slice::from_ref(row),
        None,
        options.amount(),
    );
    let text = inner.finish();
    // The row's own indent of six makes room for the symbol.
    let mut line = Line::of(label, symbol).show(page.look());
    line.push(' ');
    line.push_str(text.get(6..).unwrap_or_default());
    page.text(&line);
}

/// More moves are counted.
const MOST_MOVES: usize = 8;

fn write_moves(page: &mut Page, plan: &Plan, options: PlanOptions) {
    let mut moves = plan
        .changes
        .iter()
        .filter(|change| !is_shown(change))
        .filter_map(|change| Some((change.previous.as_ref()?, &change.addr)));
    let most = if options.form == Form::Detail {
        usize::MAX
    } else {
        MOST_MOVES
    };
    for (at, (from, to)) in moves.by_ref().take(most).enumerate() {
        if at == 0 {
            page.gap();
        }
        let mut line = Line::of(Label::Moved, "  moved").then(format!(" {from} -> {to}"));
        if line.width() + 2 + 14 <= page.width() {
            line.pad_to(
                super::block::SIDE
                    .max(line.width() + 2)
                    .min(page.width() - 14),
            );
            line.put(Label::Unchanged, "nothing else");
        }
        page.wrapped(&line, 4);
    }
    let more = moves.count();
    if more > 0 {
        page.line(&Line::of(Label::Moved, format!("  and {more} more moved")));
    }
}

fn write_drift_hint(page: &mut Page, plan: &Plan, facts: &PlanFacts) {
    if plan.drift.is_empty() {
        return;
    }
    let planned: HashSet<_> = plan
        .changes
        .iter()
        .filter(|c| is_shown(c))
        .map(|change| &change.addr)
        .collect();
    let others = plan
        .drift
        .iter()
        .filter(|drift| !planned.contains(&drift.addr))
        .count();
    if others == 0 {
        return;
    }
    page.gap();
    let (what, verb) = if others == 1 {
        ("instance differs", "is")
    } else {
        ("instances differ", "are")
    };
    let text = format!(": {others} {what} from the record and {verb} not part of this plan");
    let comma = if facts.drift_with.is_some() {
        ", see"
    } else {
        ""
    };
    page.wrapped(&Line::of(Label::Hint, "hint").then(text + comma), 6);
    if let Some(command) = &facts.drift_with {
        page.line(&Line::plain("      ").with(Label::Command, command.clone()));
    }
}

fn summary_table(plan: &Plan) -> Table {
    let columns = ["create", "update", "replace", "destroy", "other"];
    let mut table = Table::new(
        std::iter::once(("module", Align::Left))
            .chain(columns.map(|column| (column, Align::Right))),
    );
    for (module, changes) in by_module(plan) {
        let mut counts = Counts::default();
        for change in changes {
            counts.add(change);
        }
        let name = if module.is_root() {
            "root module".into()
        } else {
            module.to_string()
        };
        let other = counts.read + counts.forget + counts.import;
        let cell = |count: u64, label: Label| {
            if count == 0 {
                Line::new()
            } else {
                Line::of(label, count.to_string())
            }
        };
        table.row([
            Line::plain(name),
            cell(counts.create, Label::Create),
            cell(counts.update, Label::Update),
            cell(counts.replace, Label::Replace),
            cell(counts.destroy, Label::Destroy),
            cell(other, Label::Read),
        ]);
    }
    table
}
