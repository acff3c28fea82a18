//! Values as people read them: as one would write them in a definition, on one line. Never shows what is sensitive.

use std::fmt::Write as _;

use model::value::Marks;
use model::{Type, Value};

use super::elide::{elide, elide_both};
use super::line::Line;
use super::style::{Label, width_of};

/// Said in place of a value that is not known yet.
pub const UNKNOWN: &str = "(known after apply)";
/// Said in place of a value that must not be shown.
pub const SENSITIVE: &str = "(sensitive value)";
/// Said in place of a value that must not be stored.
const EPHEMERAL: &str = "(ephemeral value)";
/// Values nested deeper are shown as `..`.
const DEEPEST: usize = 64;

/// How much of a value is made into text before it is cut to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Enough for a line.
    Line,
    /// All.
    All,
}

/// The value as one would write it, on one line. With [`Amount::Line`] long strings and collections lose their
/// middle, so that the cost is that of a line.
pub fn text_of(value: &Value, amount: Amount) -> String {
    let mut out = String::new();
    write_value(&mut out, value, amount, 0);
    out
}

/// The value in at most `width` columns, labelled when it is unknown or sensitive as a whole, else as `label`.
pub fn labelled(value: &Value, width: usize, label: Label) -> Line {
    if let Some(line) = hidden(value) {
        return line;
    }
    Line::of(label, elide(&text_of(value, Amount::Line), width))
}

/// Two values that differ, each as [`labelled`] does it, in at most `widths` columns: the place where they begin to
/// differ is not left out.
pub fn labelled_both(values: (&Value, &Value), widths: (usize, usize)) -> (Line, Line) {
    let (old, new) = values;
    if hidden(old).is_some() || hidden(new).is_some() {
        return (
            labelled(old, widths.0, Label::Old),
            labelled(new, widths.1, Label::New),
        );
    }
    let mut texts = (text_of(old, Amount::Line), text_of(new, Amount::Line));
    if texts.0 == texts.1 {
        // They differ in what was left out.
        texts = (text_of(old, Amount::All), text_of(new, Amount::All));
    }
    let (a, b) = elide_both((&texts.0, &texts.1), widths);
    (Line::of(Label::Old, a), Line::of(Label::New, b))
}

/// The value whole, labelled as [`labelled`] does.
pub fn labelled_whole(value: &Value, label: Label) -> Line {
    hidden(value).unwrap_or_else(|| Line::of(label, text_of(value, Amount::All)))
}

fn hidden(value: &Value) -> Option<Line> {
    let marks = value.marks();
    if is_secret(marks) {
        return Some(Line::of(Label::Sensitive, SENSITIVE));
    }
    if marks.contains(Marks::EPHEMERAL) {
        return Some(Line::of(Label::Sensitive, EPHEMERAL));
    }
    (!value.is_known()).then(|| Line::of(Label::Unknown, UNKNOWN))
}

/// Whether the marks say that a value must not be shown.
pub fn is_secret(marks: Marks) -> bool {
    marks.is_secret()
}

fn write_value(out: &mut String, value: &Value, amount: Amount, depth: usize) {
    if depth > DEEPEST {
        out.push_str("..");
        return;
    }
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Unknown(_) => out.push_str(UNKNOWN),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{number}");
        }
        Value::String(text) => write_string(out, text, amount),
        Value::List(list) | Value::Set(list) => write_items(out, &list.items, amount, depth),
        Value::Tuple(items) => write_items(out, items, amount, depth),
        Value::Map(map) => write_fields(out, map.entries.iter(), amount, depth),
        Value::Object(fields) => write_fields(out, fields.iter(), amount, depth),
        Value::Marked(marked) if is_secret(marked.marks) => out.push_str(SENSITIVE),
        Value::Marked(marked) if marked.marks.contains(Marks::EPHEMERAL) => out.push_str(EPHEMERAL),
        Value::Marked(marked) => write_value(out, &marked.value, amount, depth),
    }
}

/// Collections of more elements lose their middle on a line.
const MOST_ITEMS: usize = 40;

fn write_items(out: &mut String, items: &[Value], amount: Amount, depth: usize) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if skip(out, at, items.len(), amount) {
            continue;
        }
        if at > 0 {
            out.push_str(", ");
        }
        write_value(out, item, amount, depth + 1);
    }
    out.push(']');
}

fn write_fields<'a, N: AsRef<str> + 'a>(
    out: &mut String,
    fields: impl ExactSizeIterator<Item = (&'a N, &'a Value)>,
    amount: Amount,
    depth: usize,
) {
    let len = fields.len();
    out.push('{');
    for (at, (name, value)) in fields.enumerate() {
        if skip(out, at, len, amount) {
            continue;
        }
        if at > 0 {
            out.push_str(", ");
        }
        if is_identifier(name.as_ref()) {
            out.push_str(name.as_ref());
        } else {
            write_string(out, name.as_ref(), amount);
        }
        out.push_str(" = ");
        write_value(out, value, amount, depth + 1);
    }
    out.push('}');
}

/// Whether the element at `at` is in the middle that is left out; says so once.
fn skip(out: &mut String, at: usize, len: usize, amount: Amount) -> bool {
    if amount == Amount::All
        || len <= MOST_ITEMS
        || at < MOST_ITEMS / 2
        || at + MOST_ITEMS / 2 >= len
    {
        return false;
    }
    if at == MOST_ITEMS / 2 {
        out.push_str(", ..");
    }
    true
}

/// Strings of more bytes lose their middle on a line, before anything is escaped.
const LONGEST_STRING: usize = 1_000;

fn write_string(out: &mut String, text: &str, amount: Amount) {
    if amount == Amount::Line && text.len() > LONGEST_STRING {
        let head = text
            .get(..text.floor_char_boundary(LONGEST_STRING / 2))
            .unwrap_or_default();
        let tail = text
            .get(text.ceil_char_boundary(text.len() - LONGEST_STRING / 2)..)
            .unwrap_or_default();
        out.push('"');
        write_escaped(out, head);
        out.push_str("..");
        write_escaped(out, tail);
        out.push('"');
        return;
    }
    out.push('"');
    write_escaped(out, text);
    out.push('"');
}

fn write_escaped(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// The value as one would write it, on as many lines as it takes: objects, maps and lists one element a line, texts of
/// several lines as heredocs. Lines after the first are indented by `indent` spaces and more. Nothing is left out but
/// what must not be shown.
pub fn pretty(value: &Value, indent: usize, names: Names) -> String {
    let mut out = String::new();
    write_pretty(&mut out, value, indent, names);
    out
}

/// How the names in objects and maps are written on lines of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As one would write them: bare where that can be, and in a column.
    Written,
    /// As Terraform shows outputs: each in quotes.
    Quoted,
}

/// Deeper values go on in one line.
const DEEPEST_PRETTY: usize = 2 * 32;

/// With names in quotes also what kind of collection a value is, where its text does not say it, as Terraform does.
fn write_pretty(out: &mut String, value: &Value, indent: usize, names: Names) {
    if names == Names::Written || is_secret(value.marks()) {
        return write_rows(out, value, indent, names);
    }
    let conversion = match value.bare() {
        Value::List(_) | Value::Null(Type::List(_)) => "tolist",
        Value::Set(_) | Value::Null(Type::Set(_)) => "toset",
        Value::Map(_) | Value::Null(Type::Map(_)) => "tomap",
        Value::Null(Type::String) => "tostring",
        Value::Null(Type::Number) => "tonumber",
        Value::Null(Type::Bool) => "tobool",
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Tuple(_)
        | Value::Object(_)
        | Value::Marked(_) => return write_rows(out, value, indent, names),
    };
    out.push_str(conversion);
    out.push('(');
    write_rows(out, value, indent, names);
    out.push(')');
}

fn write_rows(out: &mut String, value: &Value, indent: usize, names: Names) {
    let inner = " ".repeat(indent + 2);
    let fields = value.as_fields().filter(|fields| !fields.is_empty());
    let items = value.as_items().filter(|items| !items.is_empty());
    if is_secret(value.marks()) || !value.is_known() || indent > DEEPEST_PRETTY {
        return write_value(out, value, Amount::All, 0);
    }
    if let Some(fields) = fields {
        let name = |name: &str| {
            let mut text = String::new();
            if names == Names::Written && is_identifier(name) {
                text.push_str(name)
            } else {
                write_string(&mut text, name, Amount::All)
            }
            text
        };
        let widths = fields.keys().map(|key| width_of(&name(key)));
        let column = match names {
            Names::Written => widths.max().unwrap_or(0),
            Names::Quoted => 0,
        };
        out.push_str("{\n");
        for (key, value) in fields.iter() {
            let key = name(key);
            let pad = " ".repeat(column.saturating_sub(width_of(&key)));
            let _ = write!(out, "{inner}{key}{pad} = ");
            write_pretty(out, value, indent + 2, names);
            out.push('\n');
        }
        out.push_str(&" ".repeat(indent));
        out.push('}');
    } else if let Some(items) = items {
        out.push_str("[\n");
        for item in items {
            out.push_str(&inner);
            write_pretty(out, item, indent + 2, names);
            out.push_str(",\n");
        }
        out.push_str(&" ".repeat(indent));
        out.push(']');
    } else if let Some(text) = value.as_str().filter(|text| is_heredoc(text)) {
        out.push_str("<<-EOT\n");
        for line in text.lines() {
            let _ = writeln!(
                out,
                "{inner}{}",
                line.replace("${", "$${").replace("%{", "%%{")
            );
        }
        out.push_str(&" ".repeat(indent));
        out.push_str("EOT");
    } else {
        write_value(out, value, Amount::All, 0);
    }
}

/// Whether a text reads better, and says the same, as a heredoc.
fn is_heredoc(text: &str) -> bool {
    text.ends_with('\n')
        && text.lines().nth(1).is_some()
        && !text.lines().any(|line| line.trim() == "EOT")
        && !text.chars().any(|c| c.is_control() && c != '\n')
}

/// Whether a name can be written without quotes.
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A string that holds a JSON object or array, decoded: numbers as they are written, so that none changes.
pub fn decoded_json(text: &str) -> Option<serde_json::Value> {
    let first = text.trim_start().bytes().next()?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: &Value, width: usize) -> String {
        labelled(value, width, Label::Plain).text()
    }

    #[test]
    fn values_look_as_written() {
        let value = Value::object([
            ("a", Value::from("x\n\"${y}")),
            (
                "b c",
                Value::tuple(vec![Value::int(1), Value::Bool(true), Value::NULL]),
            ),
            ("d", Value::dynamic()),
            ("e", Value::from("secret").mark(Marks::SENSITIVE)),
        ]);
        insta::assert_snapshot!(
            line(&value, 200),
            @r#"{a = "x\n\"$${y}", "b c" = [1, true, null], d = (known after apply), e = (sensitive value)}"#
        );
    }

    #[test]
    fn a_long_value_loses_its_middle() {
        let list = Value::tuple((0..1_000_000).map(Value::int).collect());
        assert_eq!(line(&list, 30), "[0, 1, 2, 3, 4, 5, .., 999999]");
        let text = Value::string("x".repeat(10_000_000));
        assert_eq!(line(&text, 10), "\"xxxxx..x\"");
    }

    #[test]
    fn the_top_says_when_it_is_hidden() {
        assert_eq!(
            labelled(&Value::dynamic(), 9, Label::New),
            Line::of(Label::Unknown, UNKNOWN)
        );
        let secret = Value::from("s").mark(Marks::SENSITIVE);
        assert_eq!(
            labelled_whole(&secret, Label::New),
            Line::of(Label::Sensitive, SENSITIVE)
        );
    }

    #[test]
    fn a_value_of_any_depth_is_shown() {
        let deep = (0..500).fold(Value::int(1), |value, _| Value::tuple(vec![value]));
        assert!(line(&deep, 500).contains(".."));
    }
}
