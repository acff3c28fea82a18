//! What changed between two texts of several lines: line by line, with the changed words of a line apart.
//! Uses `similar`; huge texts are not compared word by word, nor line by line beyond a size.

use similar::{ChangeTag, DiffTag, TextDiff};

/// How a row relates the two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// In both.
    Same,
    /// Only in the old.
    Old,
    /// Only in the new.
    New,
    /// Rows of both were left out here.
    Gap,
}

/// One row: its parts, each with whether it is among the words that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it relates the texts.
    pub kind: RowKind,
    /// Its text.
    pub parts: Vec<(bool, String)>,
}

/// The difference of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDifference {
    /// Lines of the new text.
    pub lines: usize,
    /// Lines that became others.
    pub changed: usize,
    /// Lines that came.
    pub added: usize,
    /// Lines that went.
    pub removed: usize,
    /// Rows to show; empty when the texts are too large to compare.
    pub rows: Vec<Row>,
}

/// Lines of the same kept around a change.
const CONTEXT: usize = 2;
/// Where both texts have more lines than this, only their sizes are told.
const MOST_LINES: usize = 20_000;

impl LineDifference {
    /// Compares two texts by lines.
    pub fn between(old: &str, new: &str) -> Self {
        let lines = new.lines().count();
        let old_lines = old.lines().count();
        if old_lines.min(lines) > MOST_LINES {
            return Self {
                lines,
                changed: old_lines.min(lines),
                added: 0,
                removed: 0,
                rows: Vec::new(),
            };
        }
        let diff = TextDiff::from_lines(old, new);
        let mut result = Self {
            lines,
            changed: 0,
            added: 0,
            removed: 0,
            rows: Vec::new(),
        };
        for op in diff.ops() {
            let (gone, came) = match op.tag() {
                DiffTag::Equal => (0, 0),
                DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                    (op.old_range().len(), op.new_range().len())
                }
            };
            let changed = gone.min(came);
            result.changed += changed;
            result.removed += gone - changed;
            result.added += came - changed;
        }
        let mut end = 0;
        for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
            let start = group.first().map_or(0, |op| op.new_range().start);
            if at > 0 || start > end {
                result.rows.push(Row {
                    kind: RowKind::Gap,
                    parts: Vec::new(),
                });
            }
            for op in group {
                let old = op
                    .old_range()
                    .filter_map(|at| diff.old_slice(at))
                    .collect::<Vec<_>>();
                let new = op
                    .new_range()
                    .filter_map(|at| diff.new_slice(at))
                    .collect::<Vec<_>>();
                rows_of(op.tag(), &old, &new, &mut result.rows);
            }
            end = group.last().map_or(0, |op| op.new_range().end);
        }
        if end < lines {
            result.rows.push(Row {
                kind: RowKind::Gap,
                parts: Vec::new(),
            });
        }
        result
    }

    /// Says the sizes: `4 lines, 1 changed, 1 added`.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} line{}",
            self.lines,
            if self.lines == 1 { "" } else { "s" }
        );
        for (count, what) in [
            (self.changed, "changed"),
            (self.added, "added"),
            (self.removed, "removed"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text
    }
}

/// The rows of one run of lines; lines that became others are compared in pairs, word by word.
fn rows_of(tag: DiffTag, old: &[&str], new: &[&str], rows: &mut Vec<Row>) {
    let bare = |line: &str| line.trim_end_matches(['\n', '\r']).to_owned();
    let whole = |kind, line: &str| Row {
        kind,
        parts: vec![(false, bare(line))],
    };
    match tag {
        DiffTag::Equal => rows.extend(new.iter().map(|line| whole(RowKind::Same, line))),
        DiffTag::Delete => rows.extend(old.iter().map(|line| whole(RowKind::Old, line))),
        DiffTag::Insert => rows.extend(new.iter().map(|line| whole(RowKind::New, line))),
        DiffTag::Replace => {
            let pairs: Vec<_> = old
                .iter()
                .zip(new)
                .map(|(old, new)| words(&bare(old), &bare(new)))
                .collect();
            let (olds, news): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let rest = olds.len();
            rows.extend(olds.into_iter().map(|parts| Row {
                kind: RowKind::Old,
                parts,
            }));
            rows.extend(old.iter().skip(rest).map(|line| whole(RowKind::Old, line)));
            rows.extend(news.into_iter().map(|parts| Row {
                kind: RowKind::New,
                parts,
            }));
            rows.extend(new.iter().skip(rest).map(|line| whole(RowKind::New, line)));
        }
    }
}

type Parts = Vec<(bool, String)>;

/// Lines of more bytes are not compared word by word.
const LONGEST_LINE: usize = 2_000;

/// Both lines in parts, those that only one of them has apart. Lines that have little in common are not taken apart.
fn words(old: &str, new: &str) -> (Parts, Parts) {
    let whole = || (vec![(false, old.to_owned())], vec![(false, new.to_owned())]);
    if old.len().max(new.len()) > LONGEST_LINE {
        return whole();
    }
    let diff = TextDiff::from_words(old, new);
    if diff.ratio() < 0.4 {
        return whole();
    }
    let (mut olds, mut news) = (Parts::new(), Parts::new());
    for change in diff.iter_all_changes() {
        let word = change.to_string_lossy();
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut olds, false, &word);
                push(&mut news, false, &word);
            }
            ChangeTag::Delete => push(&mut olds, true, &word),
            ChangeTag::Insert => push(&mut news, true, &word),
        }
    }
    (olds, news)
}

fn push(parts: &mut Parts, changed: bool, word: &str) {
    match parts.last_mut() {
        Some((last, text)) if *last == changed => text.push_str(word),
        _ => parts.push((changed, word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(old: &str, new: &str) -> String {
        let difference = LineDifference::between(old, new);
        let mut out = difference.summary() + "\n";
        for row in difference.rows {
            out.push(match row.kind {
                RowKind::Same => ' ',
                RowKind::Old => '-',
                RowKind::New => '+',
                RowKind::Gap => '.',
            });
            for (changed, text) in row.parts {
                out.push_str(&if changed { format!("<{text}>") } else { text });
            }
            out.push('\n');
        }
        out + "[EOF]"
    }

    #[test]
    fn changed_words_stand_out() {
        let old = "#!/bin/sh\napt-get update\napt-get install -y nginx\n";
        let new =
            "#!/bin/sh\napt-get update\napt-get install -y nginx=1.24\nsystemctl enable nginx\n";
        insta::assert_snapshot!(show(old, new), @r"
        4 lines, 1 changed, 1 added
         #!/bin/sh
         apt-get update
        -apt-get install -y <nginx>
        +apt-get install -y <nginx=1.24>
        +systemctl enable nginx
        [EOF]
        ");
    }

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let old: String = (0..30).map(|n| format!("line {n}\n")).collect();
        insta::assert_snapshot!(show(&old, &old.replace("line 15\n", "")), @r"
        29 lines, 1 removed
        .
         line 13
         line 14
        -line 15
         line 16
         line 17
        .
        [EOF]
        ");
    }

    #[test]
    fn huge_texts_are_only_counted() {
        let old: String = (0..50_000).map(|n| format!("line {n}\n")).collect();
        let new: String = (0..50_000).map(|n| format!("row {n}\n")).collect();
        assert_eq!(
            LineDifference::between(&old, &new).summary(),
            "50000 lines, 50000 changed"
        );
    }
}
