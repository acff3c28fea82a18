//! Folds changes that say the same: instances of one block with the same attributes become one block of the screen,
//! so that a hundred thousand creates are read in a minute.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::change::{Action, Change, ReplaceOrder};

use super::rows::{Extent, Fact, Row, Rows, rows_of};

/// Changes shown as one.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The changes, in address order; never empty.
    pub(super) members: Vec<&'a Change>,
    /// The rows of the first.
    pub(super) rows: Rows,
    /// The rows of the last, where they differ from the first's.
    pub(super) last: Option<Rows>,
}

/// So many changes with other values are folded; fewer are shown one by one.
const FEWEST_ALIKE: usize = 4;

/// The order in which a module's changes are shown: the most dangerous last.
pub(super) fn rank(action: Action) -> u8 {
    match action {
        Action::NoOp => 0,
        Action::Read => 1,
        Action::Create => 2,
        Action::Update => 3,
        Action::Forget => 4,
        Action::Replace(ReplaceOrder::CreateFirst | ReplaceOrder::DestroyFirst) => 5,
        Action::Destroy => 6,
    }
}

/// Groups changes of one module and one rank, which must come sorted by address. Every change is in one group.
pub(super) fn fold<'a>(changes: &[&'a Change], extent: Extent) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    for run in changes.chunk_by(|a, b| {
        a.addr.block.name == b.addr.block.name
            && a.addr.block.rtype == b.addr.block.rtype
            && a.addr.block.mode == b.addr.block.mode
    }) {
        fold_block(run, extent, &mut groups);
    }
    groups
}

/// One group for each change.
pub(super) fn unfolded<'a>(changes: &[&'a Change], extent: Extent) -> Vec<Group<'a>> {
    changes
        .iter()
        .map(|change| Group {
            members: vec![change],
            rows: rows_of(change, extent),
            last: None,
        })
        .collect()
}

fn fold_block<'a>(changes: &[&'a Change], extent: Extent, out: &mut Vec<Group<'a>>) {
    if let [change] = changes {
        out.push(Group {
            members: vec![change],
            rows: rows_of(change, extent),
            last: None,
        });
        return;
    }
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut by_shape: HashMap<u64, Vec<usize>> = HashMap::new();
    for change in changes {
        let rows = rows_of(change, extent);
        let known = by_shape.entry(shape(change, &rows)).or_default();
        let found = known.iter().copied().find(|at| {
            groups
                .get(*at)
                .and_then(|group| Some((group.members.first()?, &group.rows)))
                .is_some_and(|(first, like)| {
                    is_alike(first, change) && have_same_shape(like, &rows)
                })
        });
        match found.and_then(|at| groups.get_mut(at)) {
            Some(group) => {
                group.members.push(change);
                if group.last.is_some() || rows != group.rows {
                    group.last = Some(rows);
                }
            }
            None => {
                known.push(groups.len());
                groups.push(Group {
                    members: vec![change],
                    rows,
                    last: None,
                });
            }
        }
    }
    for group in groups {
        if group.last.is_some() && group.members.len() < FEWEST_ALIKE {
            split(group, extent, out);
        } else {
            out.push(group);
        }
    }
}

/// Takes a small group apart into changes with the same values.
fn split<'a>(group: Group<'a>, extent: Extent, out: &mut Vec<Group<'a>>) {
    let first = out.len();
    for change in group.members {
        let rows = rows_of(change, extent);
        match out.iter_mut().skip(first).find(|group| group.rows == rows) {
            Some(group) => group.members.push(change),
            None => out.push(Group {
                members: vec![change],
                rows,
                last: None,
            }),
        }
    }
}

/// A digest of all that must agree between changes of one group, except for what [`is_alike`] compares.
fn shape(change: &Change, rows: &Rows) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        rank(change.action),
        change.reason,
        rows.rows.len(),
        &rows.later,
    )
        .hash(&mut hasher);
    for row in &rows.rows {
        row.name.hash(&mut hasher);
        fact_kind(row).hash(&mut hasher);
    }
    hasher.finish()
}

fn fact_kind(row: &Row) -> (u8, std::mem::Discriminant<Fact>) {
    let secret = match &row.fact {
        Fact::Set(value) | Fact::Kept(value) => {
            u8::from(value.has_marks()) + 2 * u8::from(value.is_known())
        }
        Fact::Differs(kind) => {
            4 + u8::from(matches!(
                kind,
                crate::cli::output::difference::DifferenceKind::Secret
            ))
        }
    };
    (secret, std::mem::discriminant(&row.fact))
}

fn have_same_shape(a: &Rows, b: &Rows) -> bool {
    a.later == b.later
        && a.rows.len() == b.rows.len()
        && a.rows
            .iter()
            .zip(&b.rows)
            .all(|(a, b)| a.name == b.name && a.forces == b.forces && fact_kind(a) == fact_kind(b))
}

fn is_alike(a: &Change, b: &Change) -> bool {
    a.action == b.action
        && a.reason == b.reason
        && a.because == b.because
        && a.deposed.is_none()
        && b.deposed.is_none()
        && a.previous.is_none()
        && b.previous.is_none()
        && a.importing.is_none()
        && b.importing.is_none()
}
