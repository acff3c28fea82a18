//! Shortens text to a width: values in the middle, addresses not at all (they wrap after a dot).

use unicode_width::UnicodeWidthChar;

use super::style::width_of;

/// Stands where something was left out.
const GAP: &str = "..";

/// `text` in at most `width` columns: its beginning and end with `..` between them. The end gets a third of the room,
/// as much as tells two long values of one kind apart.
pub fn elide(text: &str, width: usize) -> String {
    // A string wider in bytes than four times its columns does not occur; this spares the walk of huge ones.
    if text.len() <= width || (text.len() <= width * 4 && width_of(text) <= width) {
        return text.to_owned();
    }
    let room = width.saturating_sub(GAP.len());
    let tail_room = room / 3;
    let mut head = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(6);
        if used + wide > room - tail_room {
            break;
        }
        used += wide;
        head.push(c);
    }
    let mut tail: Vec<char> = Vec::new();
    used = 0;
    for c in text.chars().rev() {
        let wide = c.width().unwrap_or(6);
        if used + wide > tail_room {
            break;
        }
        used += wide;
        tail.push(c);
    }
    head.push_str(GAP);
    head.extend(tail.into_iter().rev());
    head
}

/// Breaks an address after dots outside of keys, so that each row is at most `width` columns where its parts allow.
pub fn break_address(address: &str, width: usize) -> Vec<String> {
    if width_of(address) <= width {
        return vec![address.to_owned()];
    }
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    for part in address_parts(address) {
        if !row.is_empty() && width_of(&row) + width_of(part) > width {
            rows.push(std::mem::take(&mut row));
        }
        row.push_str(part);
    }
    rows.push(row);
    rows
}

/// The parts of an address, each with the dot that ends it.
fn address_parts(address: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in address.char_indices() {
        match c {
            '\\' if quoted => escaped = !escaped,
            '"' if !escaped => quoted = !quoted,
            '.' if !quoted => {
                parts.extend(address.get(start..=at));
                start = at + 1;
            }
            _ => escaped = false,
        }
        if c == '"' {
            escaped = false;
        }
    }
    parts.extend(address.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_beginning_and_end() {
        assert_eq!(elide("short", 10), "short");
        assert_eq!(
            elide("\"main.cx3abcdefgh.eu-west-1.rds.amazonaws.com\"", 24),
            "\"main.cx3abcdef..ws.com\""
        );
        assert_eq!(width_of(&elide(&"\u{5b57}".repeat(50), 21)), 20);
    }

    #[test]
    fn addresses_break_after_dots_but_not_in_keys() {
        let address = "module.network[\"a.b\\\".c\"].module.zone.aws_subnet.app[\"c.d\"]";
        insta::assert_snapshot!(break_address(address, 30).join("\n") + "\n[EOF]", @r#"
        module.network["a.b\".c"].
        module.zone.aws_subnet.
        app["c.d"]
        [EOF]
        "#);
    }
}
