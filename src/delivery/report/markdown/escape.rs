//! Text as Markdown shows it, whatever is in it: the dialect of GitHub and GitLab.

/// Text of a line: nothing in it is markup, and it stays one line.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name after it would be told.
            '@' => out.push_str("&#64;"),
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

/// Text in the letters of code, in a line.
pub(super) fn code(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    let fence = "`".repeat(longest_run(&line) + 1);
    // A backtick at an end would be taken for one of the fence.
    let space = if line.starts_with('`') || line.ends_with('`') || line.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{line}{space}{fence}")
}

/// Lines in the letters of code, with a line break after the last.
pub(super) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let lines: String = text
        .chars()
        .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
        .collect();
    format!("{fence}text\n{}\n{fence}\n", lines.trim_end_matches('\n'))
}

/// Shortens `text` to at most `bytes`, at the border of a character, and says so where there is room for it.
pub(super) fn cut(text: &mut String, bytes: usize) {
    const MORE: &str = "...";
    if text.len() <= bytes {
        return;
    }
    let more = if bytes > 2 * MORE.len() { MORE } else { "" };
    let mut end = bytes - more.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(more);
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or(0)
}
