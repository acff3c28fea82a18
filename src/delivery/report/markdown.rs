//! A summary in Markdown that fits where there is a limit of bytes. What does not fit is folded: details first, then reasons,
//! then lists. What is destroyed or replaced stays named, each instance or at least each block, also where that alone is
//! more than fits. What was folded is said.
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
    /// The text, not longer than was asked for, unless it `exceeds`.
    pub text: String,
    /// Whether what is destroyed or replaced alone is more than was asked for: that is never left out.
    pub exceeds: bool,
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
/// What is destroyed or replaced is in it by name, if need be by the name of its block with the number of instances. Where
/// not even all these blocks fit, they are all that is in it, and the summary has as many bytes as they need.
pub fn markdown(subject: &Subject, max_bytes: usize) -> Markdown {
    for fold in FOLDS {
        let folded = sections::folded(subject, fold);
        let mut text = sections::written(subject, fold);
        text.push_str(&notice(&folded, max_bytes));
        if text.len() <= max_bytes {
            return Markdown {
                text,
                exceeds: false,
                folded,
            };
        }
    }
    as_much_as_fits(subject, max_bytes)
}

/// The danger, all of it; then line by line the rest, as far as it goes.
fn as_much_as_fits(subject: &Subject, max_bytes: usize) -> Markdown {
    let room = max_bytes.saturating_sub(NOTICE).max(max_bytes / 2);
    let sections::ByDanger {
        title,
        danger,
        rest,
    } = sections::by_danger(subject);
    let mut folded = sections::folded(subject, Fold::Instances);
    folded.insert(0, "the table of environments".into());
    if danger.len() > max_bytes {
        return Markdown {
            text: danger + "**Everything else is folded.**\n",
            exceeds: true,
            folded,
        };
    }
    let mut text = match title.len() + danger.len() <= max_bytes {
        true => title + &danger,
        false => danger,
    };
    let fitting = rest.iter().take_while(|line| {
        let fits = text.len() + line.len() < room;
        if fits {
            text.push_str(line);
            text.push('\n');
        }
        fits
    });
    let left_out = rest.len() - fitting.count();
    if left_out > 0 {
        folded.insert(0, format!("the last {left_out} lines"));
    }
    let mut notice = notice(&folded, max_bytes);
    escape::cut(&mut notice, max_bytes.saturating_sub(text.len()));
    text.push_str(&notice);
    Markdown {
        text,
        exceeds: false,
        folded,
    }
}

fn notice(folded: &[String], max_bytes: usize) -> String {
    if folded.is_empty() {
        return String::new();
    }
    let mut what = folded.join("; ");
    escape::cut(&mut what, NOTICE - 100);
    format!("\n**Folded to fit into {max_bytes} bytes:** {what}.\n")
}
