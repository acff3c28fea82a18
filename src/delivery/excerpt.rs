//! A few lines of what a check saw, fit to be shown and kept. Knows nothing of secrets.

/// So many lines are read; more are looked up where they come from.
const LINES: usize = 10;
/// So many characters of a line.
const WIDTH: usize = 200;

/// The first lines of `text` below `title`; nothing when the text has no words.
pub(crate) fn start_of(title: &str, text: &str) -> String {
    let lines: Vec<&str> = lines_of(text);
    let more = lines.len().saturating_sub(LINES);
    let said = if more > 0 {
        format!(", the first {LINES} of {} lines", lines.len())
    } else {
        String::new()
    };
    below(title, &said, lines.iter().take(LINES))
}

/// The last lines of `text` below `title`; nothing when the text has no words.
pub(crate) fn end_of(title: &str, text: &str) -> String {
    let lines: Vec<&str> = lines_of(text);
    let more = lines.len().saturating_sub(LINES);
    let said = if more > 0 {
        format!(", the last {LINES} of {} lines", lines.len())
    } else {
        String::new()
    };
    below(title, &said, lines.iter().skip(more))
}

/// The lines from the first to the last that have words.
fn lines_of(text: &str) -> Vec<&str> {
    let text = text.trim_end();
    text.lines()
        .skip_while(|line| line.trim().is_empty())
        .collect()
}

fn below<'t>(title: &str, said: &str, lines: impl Iterator<Item = &'t &'t str>) -> String {
    let mut out = String::new();
    for line in lines {
        if out.is_empty() {
            out = format!("{title}{said}:");
        }
        out.push_str("\n  ");
        out.push_str(shown(line).trim_end());
    }
    out
}

/// A line without what would move the cursor or change the colour of a terminal, and not too long.
fn shown(line: &str) -> String {
    let mut rest = line.chars();
    let mut out = String::new();
    let mut width = 0;
    while let Some(char) = rest.next() {
        match char {
            '\u{1b}' => skip_escape(&mut rest),
            '\t' => out.push_str("    "),
            char if char.is_control() => {}
            char => out.push(char),
        }
        width += 1;
        if width == WIDTH && !rest.as_str().is_empty() {
            out.push_str("..");
            break;
        }
    }
    out
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
}
