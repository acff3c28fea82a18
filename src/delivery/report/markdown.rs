//! A summary in Markdown that fits where there is a limit of bytes. What does not fit is folded: details first, then reasons,
//! then lists. What is destroyed or replaced stays named longest: each instance, then each block. What was folded is said.
//! Entry point: [`markdown`].

mod escape;
mod sections;

#[cfg(test)]
mod tests;

use super::subject::Subject;

/// What was folded is said in at most so many bytes.
const NOTICE: usize = 400;

/// A summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown {
    /// The text, never longer than was asked for.
    pub text: String,
    /// What was folded, in phrases; empty when everything is in it.
    pub folded: Vec<String>,
}

/// How much is shown. The greater, the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fold {
    /// Everything.
    Nothing,
    /// Not what failed checks saw.
    Details,
    /// Nor why something changes, and what drift and waits say beyond the first words.
    Reasons,
    /// Nor what is neither destroyed nor replaced, passed or expected, by name.
    Lists,
    /// Instances that are destroyed or replaced only by their block; other findings by their number.
    Instances,
}

const FOLDS: [Fold; 5] = [
    Fold::Nothing,
    Fold::Details,
    Fold::Reasons,
    Fold::Lists,
    Fold::Instances,
];

/// Writes a summary of at most `max_bytes` bytes.
///
/// What is destroyed or replaced is in it by name, if need be by the name of its block with the number of instances. Only
/// where not even all these blocks fit, the last of them are counted instead; the summary then says so.
pub fn markdown(subject: &Subject, max_bytes: usize) -> Markdown {
    for fold in FOLDS {
        let folded = sections::folded(subject, fold);
        let mut text = sections::written(subject, fold);
        text.push_str(&notice(&folded, max_bytes));
        if text.len() <= max_bytes {
            return Markdown { text, folded };
        }
    }
    as_much_as_fits(subject, max_bytes)
}

/// The danger first, line by line as far as it goes, then the rest.
fn as_much_as_fits(subject: &Subject, max_bytes: usize) -> Markdown {
    let room = max_bytes.saturating_sub(NOTICE).max(max_bytes / 2);
    let mut text = String::new();
    let mut left_out = 0_usize;
    let mut destructive_left_out = 0_usize;
    for line in sections::by_danger(subject) {
        // Once a line is left out the others are too, so that what is there is the beginning.
        if left_out == 0 && text.len() + line.text.len() < room {
            text.push_str(&line.text);
            text.push('\n');
        } else {
            left_out += 1;
            destructive_left_out += line.instances;
        }
    }
    let mut folded = sections::folded(subject, Fold::Instances);
    folded.insert(0, "the table of environments".into());
    if left_out > 0 {
        folded.insert(0, format!("the last {left_out} lines"));
    }
    if destructive_left_out > 0 {
        let what = format!("{destructive_left_out} more instances that are destroyed or replaced");
        folded.insert(0, what);
    }
    text.push_str(&notice(&folded, max_bytes));
    escape::cut(&mut text, max_bytes);
    Markdown { text, folded }
}

fn notice(folded: &[String], max_bytes: usize) -> String {
    if folded.is_empty() {
        return String::new();
    }
    let mut what = folded.join("; ");
    escape::cut(&mut what, NOTICE - 100);
    format!("\n**Folded to fit into {max_bytes} bytes:** {what}.\n")
}
