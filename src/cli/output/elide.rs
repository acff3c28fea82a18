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

/// Two texts that differ, in at most `widths` columns each. What is left out is not the place where they begin to differ.
pub fn elide_both(texts: (&str, &str), widths: (usize, usize)) -> (String, String) {
    let plain = (elide(texts.0, widths.0), elide(texts.1, widths.1));
    let same = |(a, b): &(char, char)| a == b;
    let common: usize = texts
        .0
        .chars()
        .zip(texts.1.chars())
        .take_while(same)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let is_cut = plain.0 != texts.0 || plain.1 != texts.1;
    let narrowest = widths.0.min(widths.1);
    // What an elided text keeps of its beginning.
    let kept = narrowest.saturating_sub(GAP.len()) * 2 / 3;
    let before = texts.0.get(..common).unwrap_or_default();
    if !is_cut || width_of(before) + 1 < kept {
        return plain;
    }
    let lead = before
        .char_indices()
        .rev()
        .nth(narrowest / 6)
        .map_or(0, |(at, _)| at);
    let from = |text: &str, width: usize| {
        let rest = text.get(lead..).unwrap_or_default();
        format!("{GAP}{}", elide(rest, width.saturating_sub(GAP.len())))
    };
    (from(texts.0, widths.0), from(texts.1, widths.1))
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
    fn what_differs_is_not_left_out() {
        let long = "this is a very long string that goes on and on";
        let (old, new) = (
            format!("{long} A abbreviated"),
            format!("{long} B abbreviated"),
        );
        let (old, new) = elide_both((&old, &new), (30, 30));
        assert_eq!(old, "..nd on A abbreviated");
        assert_eq!(new, "..nd on B abbreviated");
        let (old, new) = (format!("{long} A {long}"), format!("{long} B {long}"));
        let (old, new) = elide_both((&old, &new), (30, 30));
        assert!(old.contains(" A ") && new.contains(" B "), "{old} {new}");
        assert!(width_of(&old) <= 30 && width_of(&new) <= 30);
        let (old, new) = elide_both(("first of many words", long), (12, 12));
        assert_eq!(
            (old.as_str(), new.as_str()),
            ("first o..rds", "this is.. on")
        );
        assert_eq!(elide_both(("a", "b"), (9, 9)), ("a".into(), "b".into()));
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
