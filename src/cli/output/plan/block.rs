//! One block of the plan's screen: a change, or several that say the same, with its rows and its causes.

use model::Value;
use model::change::{Action, Change, ReplaceOrder};
use model::value::from_json_implied;

use super::because::{Phrase, phrases};
use super::fold::Group;
use super::names::{MOST_KEYS_IN_HEADING, with_keys};
use super::rows::{Fact, Forces, Row};
use crate::cli::output::difference::DifferenceKind;
use crate::cli::output::elide::{break_address, elide};
use crate::cli::output::line::{Line, Page};
use crate::cli::output::style::{Label, width_of};
use crate::cli::output::text_diff::{LineDifference, RowKind};
use crate::cli::output::value::{
    Amount, SENSITIVE, decoded_json, is_secret, labelled, labelled_both, labelled_whole, text_of,
};

/// Where ids, places and remarks stand, when what is left of them is shorter.
pub(super) const SIDE: usize = 54;
/// Where attributes begin.
const INDENT: usize = 6;
/// Changed lines of a text that are shown without `--detail`, and how many when there are more.
const MOST_LINES: usize = 12;
const FEW_LINES: usize = 6;

/// The symbol of an action in three columns, so that both orders of a replacement line up.
pub(super) fn symbol(action: Action) -> (&'static str, Label) {
    match action {
        Action::NoOp => ("  =", Label::Moved),
        Action::Read => (" <=", Label::Read),
        Action::Create => ("  +", Label::Create),
        Action::Update => ("  ~", Label::Update),
        Action::Replace(ReplaceOrder::CreateFirst) => ("+/-", Label::Replace),
        Action::Replace(ReplaceOrder::DestroyFirst) => ("-/+", Label::Replace),
        Action::Destroy => ("  -", Label::Destroy),
        Action::Forget => ("  .", Label::Destroy),
    }
}

/// Writes the block of a group.
pub(super) fn write_group(page: &mut Page, group: &Group, amount: Amount) {
    let Some(first) = group.members.first() else {
        return;
    };
    let (symbol, label) = symbol(first.action);
    heading(
        page,
        (symbol, label),
        &address(group, amount),
        side(group, page.look().is_roomy()),
    );
    let last = group.last.as_ref().map(|last| last.rows.as_slice());
    write_rows(page, &group.rows.rows, last, amount);
    if !group.rows.later.is_empty() {
        let later = &group.rows.later;
        let text = match later.as_slice() {
            [one] => format!("{one} known after apply"),
            few if few.len() <= 4 => {
                let names: Vec<&str> = few.iter().map(model::Str::as_str).collect();
                format!("{} known after apply", names.join(", "))
            }
            many => format!("and {} known after apply", many.len()),
        };
        page.wrapped(
            &Line::plain(" ".repeat(INDENT)).with(Label::Unknown, text),
            INDENT,
        );
    }
    if let Some(previous) = &first.previous {
        page.line(
            &Line::plain(" ".repeat(INDENT)).with(Label::Moved, format!("moved from {previous}")),
        );
    }
    if let Some(id) = &first.importing {
        page.line(
            &Line::plain(" ".repeat(INDENT))
                .with(Label::Moved, format!("imported by id {:?}", id.as_str())),
        );
    }
    for phrase in phrases(first, group.members.len()) {
        because(page, &phrase);
    }
}

/// The addresses of the group in one.
fn address(group: &Group, amount: Amount) -> String {
    let (Some(first), Some(last)) = (group.members.first(), group.members.last()) else {
        return String::new();
    };
    if group.members.len() == 1 {
        return first.addr.to_string();
    }
    if group
        .members
        .iter()
        .all(|change| change.addr.block == first.addr.block)
    {
        let keys: Vec<_> = group
            .members
            .iter()
            .map(|change| &change.addr.key)
            .collect();
        let most = if amount == Amount::All {
            usize::MAX
        } else {
            MOST_KEYS_IN_HEADING
        };
        return with_keys(&first.addr.block, &keys, most);
    }
    format!("{} .. {}", first.addr, last.addr)
}

/// What stands to the right of the address.
fn side(group: &Group, roomy: bool) -> Line {
    let Some(first) = group.members.first() else {
        return Line::new();
    };
    let mut words: Vec<String> = Vec::new();
    if group.members.len() > 1 {
        words.push(format!("{} instances", group.members.len()));
    }
    match first.action {
        Action::Replace(ReplaceOrder::CreateFirst) => words.push("create, then destroy".into()),
        Action::Replace(ReplaceOrder::DestroyFirst) => words.push("destroy, then create".into()),
        Action::Read => words.push("read during the apply".into()),
        Action::Forget => words.push("forgotten, not destroyed".into()),
        Action::NoOp | Action::Create | Action::Update | Action::Destroy => {}
    }
    if let Some(key) = &first.deposed {
        words.push(format!("deposed object {}", key.0));
    }
    if words.is_empty() && roomy {
        words.extend(id_of(first));
    }
    Line::of(Label::Unchanged, words.join(", "))
}

/// The object's id, when it has one that can be shown and is no essay.
fn id_of(change: &Change) -> Option<String> {
    let id = change.before.get("id")?;
    let text = id
        .as_str()
        .filter(|text| !is_secret(id.marks()) && width_of(text) <= 40)?;
    Some(text.to_string())
}

/// Writes symbol, address and what stands to the right of it; the address wraps after dots and is never cut.
pub fn heading(page: &mut Page, (symbol, label): (&'static str, Label), address: &str, side: Line) {
    let rows = break_address(address, page.width().saturating_sub(4));
    let count = rows.len();
    for (at, row) in rows.into_iter().enumerate() {
        let mut line = if at == 0 {
            Line::of(label, symbol).then(" ")
        } else {
            Line::plain("      ")
        };
        line.put(Label::Address, row);
        if at + 1 == count {
            with_side(page, line, side.clone(), 6);
        } else {
            page.line(&line);
        }
    }
}

/// Writes a line and something at its right: in the column for it, after two spaces, or on a line of its own.
fn with_side(page: &mut Page, mut line: Line, side: Line, indent: usize) {
    if side.is_empty() {
        return page.line(&line);
    }
    let column = if page.look().is_roomy() { SIDE } else { 0 };
    let start = column.max(line.width() + 2);
    if start + side.width() <= page.width() {
        line.pad_to(start);
        line.append(side);
        return page.line(&line);
    }
    page.line(&line);
    let mut below = Line::plain(" ".repeat(indent));
    below.append(side);
    page.wrapped(&below, indent);
}

fn because(page: &mut Page, phrase: &Phrase) {
    let line =
        Line::plain(" ".repeat(INDENT)).with(Label::Because, format!("because {}", phrase.text));
    let place = Line::of(Label::Place, phrase.place.clone().unwrap_or_default());
    if line.width() > page.width() {
        page.wrapped(&line, INDENT + 2);
        if !place.is_empty() {
            page.line(&Line::plain(" ".repeat(INDENT + 2)).with(Label::Place, place.text()));
        }
        return;
    }
    with_side(page, line, place, INDENT + 2);
}

/// Writes rows with their values in one column; `last` holds the rows of the last of several alike changes.
pub(super) fn write_rows(page: &mut Page, rows: &[Row], last: Option<&[Row]>, amount: Amount) {
    let longest = rows
        .iter()
        .map(|row| width_of(&row.name))
        .max()
        .unwrap_or(0);
    let column = longest.min(page.width() / 3);
    for (at, row) in rows.iter().enumerate() {
        let other = last
            .and_then(|last| last.get(at))
            .filter(|last| last.fact != row.fact);
        write_row(page, row, other, &Room { column, amount });
    }
}

/// Where values stand and how much of them is shown.
struct Room {
    /// Columns of the names.
    column: usize,
    amount: Amount,
}

fn write_row(page: &mut Page, row: &Row, other: Option<&Row>, room: &Room) {
    let mut line = Line::plain(" ".repeat(INDENT)).then(row.name.clone());
    line.pad_to(INDENT + room.column);
    line.put(
        Label::Plain,
        if matches!(row.fact, Fact::Set(_)) {
            " = "
        } else {
            "  "
        },
    );
    let note = match (row.forces, other) {
        (Forces::Replacement, _) => Line::of(Label::Replace, "forces replacement"),
        (Forces::Unknown, _) => Line::of(Label::Replace, "forces replacement, not known yet"),
        (Forces::No, Some(_)) => Line::of(Label::Unchanged, "each its own"),
        (Forces::No, None) => Line::new(),
    };
    let reserved = if note.is_empty() { 0 } else { note.width() + 2 };
    let width = page.width().saturating_sub(line.width() + reserved).max(16);
    let width = if room.amount == Amount::All {
        usize::MAX
    } else {
        width
    };
    if let Some((text, what)) = text_rows(row, other) {
        line.put(Label::Plain, format!("{what}{}", text.summary()));
        with_side(page, line, note, INDENT + 2);
        return write_text(page, &text, room.amount);
    }
    line.append(fact(&row.fact, other.map(|other| &other.fact), width));
    with_side(page, line, note, INDENT + 2);
    if let (Fact::Set(value), None) = (&row.fact, other) {
        write_lines_of(page, value, room.amount);
    }
}

/// What a row says, in at most `width` columns.
fn fact(fact: &Fact, other: Option<&Fact>, width: usize) -> Line {
    match (fact, other) {
        (Fact::Set(first), Some(Fact::Set(last))) => between(
            set_value(first, width / 2),
            Line::plain(" .. "),
            set_value(last, width / 2),
        ),
        (Fact::Set(value), _) => set_value(value, width),
        (Fact::Kept(value), _) => labelled(value, width, Label::Unchanged),
        (Fact::Differs(kind), _) => difference(kind, width),
    }
}

fn between(mut left: Line, middle: Line, right: Line) -> Line {
    left.append(middle);
    left.append(right);
    left
}

/// A value that is set: texts of several lines by their size, JSON decoded.
fn set_value(value: &Value, width: usize) -> Line {
    if !is_secret(value.marks())
        && let Some(text) = value.as_str()
    {
        if let Some(json) = decoded_json(text) {
            let text = format!(
                "jsonencode({})",
                text_of(&from_json_implied(&json), Amount::Line)
            );
            return Line::of(Label::New, elide(&text, width));
        }
        if let lines @ 2.. = text.lines().count() {
            return Line::plain(format!("{lines} lines"));
        }
    }
    labelled(value, width, Label::New)
}

/// The lines of a text that is set.
fn write_lines_of(page: &mut Page, value: &Value, amount: Amount) {
    let Some(text) = value
        .as_str()
        .filter(|text| !is_secret(value.marks()) && decoded_json(text).is_none())
    else {
        return;
    };
    let lines = text.lines().count();
    if lines < 2 {
        return;
    }
    let most = if amount == Amount::All || lines <= MOST_LINES {
        lines
    } else {
        FEW_LINES
    };
    for row in text.lines().take(most) {
        page.line(&text_line(
            ' ',
            vec![(Label::New, row.to_owned())],
            page.width(),
            amount,
        ));
    }
    if lines > most {
        page.line(
            &Line::plain("        ")
                .with(Label::Unchanged, format!("... {} more lines", lines - most)),
        );
    }
}

/// The difference of two texts, when the row is about such, and what kind of texts they are.
fn text_rows(row: &Row, other: Option<&Row>) -> Option<(LineDifference, &'static str)> {
    let (
        Fact::Differs(DifferenceKind::Changed {
            old: Some(old),
            new: Some(new),
        }),
        None,
    ) = (&row.fact, other)
    else {
        return None;
    };
    let (old, new) = (old.as_str()?, new.as_str()?);
    if let (Some(old), Some(new)) = (decoded_json(old), decoded_json(new)) {
        let pretty = |json| serde_json::to_string_pretty(json).ok();
        let difference = LineDifference::between(&pretty(&old)?, &pretty(&new)?);
        // Only white space differs: the texts themselves tell more.
        return (!difference.rows.is_empty()).then_some((difference, "JSON, "));
    }
    let several = old.trim_end().contains('\n') || new.trim_end().contains('\n');
    several.then(|| (LineDifference::between(old, new), ""))
}

pub(crate) fn write_text(page: &mut Page, text: &LineDifference, amount: Amount) {
    let is_change = |kind: RowKind| matches!(kind, RowKind::Old | RowKind::New);
    let changes = text.rows.iter().filter(|row| is_change(row.kind)).count();
    let most = if amount == Amount::All || changes <= MOST_LINES {
        usize::MAX
    } else {
        FEW_LINES
    };
    let mut shown = 0;
    for row in &text.rows {
        if is_change(row.kind) {
            shown += 1;
        }
        if shown > most {
            break;
        }
        let (mark, plain, word) = match row.kind {
            RowKind::Same => (' ', Label::Plain, Label::Plain),
            RowKind::Old => ('-', Label::Old, Label::OldWord),
            RowKind::New => ('+', Label::New, Label::NewWord),
            RowKind::Gap => {
                page.line(&Line::plain("        ").with(Label::Unchanged, "..."));
                continue;
            }
        };
        let parts = row
            .parts
            .iter()
            .map(|(changed, text)| (if *changed { word } else { plain }, text.clone()));
        page.line(&text_line(mark, parts.collect(), page.width(), amount));
    }
    if changes > most {
        let more = format!("... {} more lines changed", changes - most);
        page.line(&Line::plain("        ").with(Label::Unchanged, more));
    }
}

/// Cuts the beginning of a line's parts, where what changed in the line would have no room otherwise.
fn show_change(parts: &mut [(Label, String)], room: usize) {
    let is_change = |(label, _): &(Label, String)| matches!(label, Label::OldWord | Label::NewWord);
    let Some(first) = parts.iter().position(is_change) else {
        return;
    };
    let widths: Vec<usize> = parts.iter().map(|(_, text)| width_of(text)).collect();
    let before: usize = widths.iter().take(first).sum();
    let change = widths.get(first).copied().unwrap_or(0);
    if widths.iter().sum::<usize>() <= room || before + change.min(room / 2) <= room {
        return;
    }
    let Some(((_, last), others)) = parts.get_mut(..first).and_then(<[_]>::split_last_mut) else {
        return;
    };
    for (_, text) in others {
        text.clear();
    }
    let kept: Vec<char> = last.chars().rev().take(room / 6).collect();
    *last = "..".chars().chain(kept.into_iter().rev()).collect();
}

/// A line of a text: `| - apt-get install`, cut at its end where it has no room.
fn text_line(mark: char, parts: Vec<(Label, String)>, width: usize, amount: Amount) -> Line {
    let mut line = Line::plain("        ").with(Label::Unchanged, "|");
    let label = parts.first().map_or(Label::Plain, |(label, _)| *label);
    line.put(label, format!(" {mark} "));
    let mut left = if amount == Amount::All {
        usize::MAX
    } else {
        width.saturating_sub(line.width())
    };
    let mut parts: Vec<(Label, String)> = parts
        .into_iter()
        .map(|(label, text)| (label, text.replace('\t', "    ")))
        .collect();
    show_change(&mut parts, left);
    for (label, text) in parts {
        let wide = width_of(&text);
        if wide > left {
            line.put(label, elide(&text, left));
            break;
        }
        left -= wide;
        line.put(label, text);
    }
    line
}

/// How a place differs, in at most `width` columns.
fn difference(kind: &DifferenceKind, width: usize) -> Line {
    match kind {
        DifferenceKind::Changed { old, new } => {
            let (old, new) = (old.as_ref(), new.as_ref());
            let room = width.saturating_sub(4);
            let half = room / 2;
            // What the shorter side does not need is the longer one's.
            let (a, b) = (side_width(old), side_width(new));
            let (old_room, new_room) = if a.saturating_add(b) <= room {
                (a, b)
            } else {
                (
                    half.max(room.saturating_sub(b)).min(a.max(1)),
                    half.max(room.saturating_sub(a)).min(b.max(1)),
                )
            };
            let (left, right) = match (old, new) {
                (Some(old), Some(new)) if width != usize::MAX => {
                    labelled_both((old, new), (old_room, new_room))
                }
                _ => (
                    side_value(old, old_room, Label::Old),
                    side_value(new, new_room, Label::New),
                ),
            };
            between(left, Line::plain(" -> "), right)
        }
        DifferenceKind::Removed(value) => {
            Line::of(Label::Old, "- ").joined(labelled(value, width, Label::Old))
        }
        DifferenceKind::Added(value) => {
            Line::of(Label::New, "+ ").joined(labelled(value, width, Label::New))
        }
        DifferenceKind::Hidden => Line::of(Label::Sensitive, "same value, sensitive from now on"),
        DifferenceKind::Shown => Line::of(Label::Sensitive, "same value, not sensitive any more"),
        DifferenceKind::Secret => Line::of(Label::Sensitive, format!("{SENSITIVE} -> {SENSITIVE}")),
    }
}

fn side_value(value: Option<&Value>, width: usize, label: Label) -> Line {
    match value {
        None => Line::of(Label::Unchanged, "(none)"),
        Some(value) if width == usize::MAX => labelled_whole(value, label),
        Some(value) => labelled(value, width, label),
    }
}

fn side_width(value: Option<&Value>) -> usize {
    value.map_or(6, |value| labelled(value, usize::MAX, Label::Plain).width())
}
