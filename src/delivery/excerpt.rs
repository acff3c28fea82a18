//! A few lines of what a check saw, fit to be shown and kept.

use engine::secrets::Secrets;

/// So many lines are read; more are looked up where they come from.
const LINES: usize = 10;
/// So many characters of a line.
const WIDTH: usize = 200;

/// A text that a check saw, all of it and as it was.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    title: &'static str,
    text: String,
    part: Part,
}

/// Which lines of a text matter.
#[derive(Clone, Copy, Debug)]
enum Part {
    First,
    Last,
}

impl Said {
    /// A text of which the start matters.
    pub(crate) fn from_start(title: &'static str, text: String) -> Self {
        let part = Part::First;
        Self { title, text, part }
    }

    /// A text of which the end matters.
    pub(crate) fn to_end(title: &'static str, text: String) -> Self {
        let part = Part::Last;
        Self { title, text, part }
    }

    /// The lines that matter below the title, without the secrets; nothing when the text has no words.
    pub(crate) fn excerpt(&self, secrets: &Secrets) -> String {
        let lines = lines_of(&self.text);
        let count = lines.len();
        let (part, lines) = match self.part {
            Part::First => ("first", lines.get(..LINES)),
            Part::Last => ("last", lines.get(count.saturating_sub(LINES)..)),
        };
        let lines = lines.map_or_else(|| lines_of(&self.text), <[&str]>::to_vec);
        let mut out = format!("{}:", self.title);
        if count > LINES {
            out = format!("{}, the {part} {LINES} of {count} lines:", self.title);
        }
        // Before a line is cut: what is left of a secret that is cut is not known as one. And once more when what could
        // hide in it is gone.
        let text = secrets.hidden_in(&lines.join("\n"));
        let shown: Vec<String> = text.lines().map(without_controls).collect();
        let text = secrets.hidden_in(&shown.join("\n"));
        if text.trim().is_empty() {
            return String::new();
        }
        for line in text.lines() {
            out.push_str("\n  ");
            out.push_str(cut(line).trim_end());
        }
        out
    }
}

/// The lines from the first to the last that have words.
fn lines_of(text: &str) -> Vec<&str> {
    let text = text.trim_end();
    text.lines()
        .skip_while(|line| line.trim().is_empty())
        .collect()
}

/// A line without what would move the cursor or change the colour of a terminal.
fn without_controls(line: &str) -> String {
    let mut rest = line.chars();
    let mut out = String::with_capacity(line.len());
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' => skip_escape(&mut rest),
            '\t' => out.push_str("    "),
            char if char.is_control() => {}
            char => out.push(char),
        }
    }
    out
}

/// A line that is not too long.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}..", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Skips `[31m` and the like after an escape.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    if !rest.as_str().starts_with('[') {
        return;
    }
    rest.next();
    for char in rest.by_ref() {
        if ('\u{40}'..='\u{7e}').contains(&char) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_of(title: &'static str, text: &str) -> String {
        Said::from_start(title, text.into()).excerpt(&Secrets::default())
    }

    fn end_of(title: &'static str, text: &str) -> String {
        Said::to_end(title, text.into()).excerpt(&Secrets::default())
    }

    #[test]
    fn what_is_short_is_shown_whole() {
        assert_eq!(start_of("body", "\n one\ntwo \n\n"), "body:\n   one\n  two");
        assert_eq!(end_of("stderr", " \n"), "");
    }

    #[test]
    fn of_what_is_long_the_first_or_last_lines_are_shown() {
        let text: String = (1..=12).map(|n| format!("{n}\n")).collect();
        let start = start_of("body", &text);
        assert!(start.starts_with("body, the first 10 of 12 lines:\n  1\n"));
        assert!(start.ends_with("\n  10"));
        let end = end_of("stdout", &text);
        assert!(end.starts_with("stdout, the last 10 of 12 lines:\n  3\n"));
        assert!(end.ends_with("\n  12"));
    }

    #[test]
    fn a_line_cannot_steer_the_terminal() {
        assert_eq!(
            end_of("stdout", "\u{1b}[31mred\u{1b}[0m\u{7}\tend"),
            "stdout:\n  red    end"
        );
    }

    #[test]
    fn a_long_line_is_cut() {
        let line = end_of("stdout", &"x".repeat(300));
        assert_eq!(line.len(), "stdout:\n  ".len() + 202);
    }

    #[test]
    fn a_secret_is_hidden_also_where_a_line_is_cut() {
        let secret: String = ('a'..='z').cycle().take(300).collect();
        let secrets = Secrets::new([&secret]);
        let excerpt = |text: String| Said::to_end("stdout", text).excerpt(&secrets);
        assert_eq!(excerpt(secret.clone()), "stdout:\n  (sensitive)");
        let crossing = format!("{}{secret}", "-".repeat(190));
        assert!(!excerpt(crossing).contains("abc"));
        let coloured = secret.replacen('m', "\u{1b}[31mm", 1);
        assert_eq!(excerpt(coloured), "stdout:\n  (sensitive)");
        let tabbed = secret.replacen("abc", "\t", 1);
        let secrets = Secrets::new([&tabbed]);
        let shown = Said::from_start("body", tabbed).excerpt(&secrets);
        assert_eq!(shown, "body:\n  (sensitive)");
    }
}
