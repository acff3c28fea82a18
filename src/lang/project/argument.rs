//! Arguments of the kinds that `terrace.hcl` has besides strings: durations, numbers, shares, one of several words, lists.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use model::{Diagnostic, Diagnostics, Pattern, Span, Str, Value};

use super::calendar::{Calendar, CalendarError};
use crate::load::Parts;
use crate::suggest::closest;
use crate::syntax::ast::{Expr, ExprKind};

/// A share of a whole, in percent from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// This share of a number of things, rounded down.
    pub fn of(self, whole: usize) -> usize {
        let share = whole as u128 * u128::from(self.0) / 100;
        usize::try_from(share).unwrap_or(whole)
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// Takes `name = "1h30m"`.
pub(super) fn duration(parts: &mut Parts, name: &'static str) -> Option<(Duration, Span)> {
    let (text, span) = parts.string(name)?;
    match humantime::parse_duration(&text) {
        Ok(duration) => Some((duration, span)),
        Err(_) => {
            let message = format!("`{text}` is not a duration");
            parts.diagnostics.push(
                Diagnostic::error("value-type", message)
                    .at(span, "")
                    .help("write for example `500ms`, `30s`, `5m` or `1h30m`"),
            );
            None
        }
    }
}

/// Takes `name = 3`: a whole number of `least` or more.
pub(super) fn count(parts: &mut Parts, name: &'static str, least: u32) -> Option<(u32, Span)> {
    let attribute = parts.attribute(name)?;
    let value = parts.literal(&attribute)?;
    let span = attribute.expr.span;
    let number = match &value {
        Value::Number(number) => number.to_u64(),
        _ => None,
    };
    let good = number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| *number >= least);
    if good.is_none() {
        let message = format!("`{name}` is not a whole number of {least} or more");
        parts.diagnostics.push(
            Diagnostic::error("value-type", message)
                .at(span, "")
                .help(format!("write for example `{name} = {}`", least.max(1))),
        );
    }
    good.map(|number| (number, span))
}

/// Takes `name = "25%"`.
pub(super) fn percent(parts: &mut Parts, name: &'static str) -> Option<(Percent, Span)> {
    let (text, span) = parts.string(name)?;
    let number = text
        .strip_suffix('%')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse::<u8>().ok())
        .filter(|number| *number <= 100);
    if number.is_none() {
        let message = format!("`{text}` is not a share");
        parts.diagnostics.push(
            Diagnostic::error("value-type", message)
                .at(span, "")
                .help("write whole percents from `0%` to `100%`"),
        );
    }
    number.map(|number| (Percent(number), span))
}

/// Takes `name = "word"`, where `word` is one of those known.
pub(super) fn choice<T: Copy>(
    parts: &mut Parts,
    name: &'static str,
    known: &[(&str, T)],
) -> Option<T> {
    let (text, span) = parts.string(name)?;
    one_of(&text, span, known, &mut parts.diagnostics)
}

/// The meaning of a word, which must be one of those known.
pub(super) fn one_of<T: Copy>(
    text: &str,
    span: Span,
    known: &[(&str, T)],
    out: &mut Diagnostics,
) -> Option<T> {
    let found = known.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let diagnostic =
            Diagnostic::error("value-type", format!("`{text}` is not known here")).at(span, "");
        let list = format!("known here: {}", words.join(", "));
        out.push(match closest(text, words) {
            Some(close) => diagnostic
                .help(format!("did you mean `{close}`?"))
                .note(list),
            None => diagnostic.help(list),
        });
    }
    found.map(|(_, meaning)| *meaning)
}

/// Takes `name = ["a", "b"]`; none when it is not there.
pub(super) fn strings(parts: &mut Parts, name: &'static str) -> Option<Vec<(Str, Span)>> {
    let attribute = parts.attribute(name)?;
    Some(string_items(&attribute.expr, name, &mut parts.diagnostics))
}

/// Takes a list of strings that must not be empty: its place, and its items.
pub(super) fn some_strings(
    parts: &mut Parts,
    name: &'static str,
) -> Option<(Span, Vec<(Str, Span)>)> {
    let attribute = parts.attribute(name)?;
    let span = attribute.expr.span;
    if matches!(&attribute.expr.kind, ExprKind::Tuple(items) if items.is_empty()) {
        parts.diagnostics.push(
            Diagnostic::error("value-type", format!("`{name}` is empty"))
                .at(span, "")
                .help(format!("write `{name} = [\"..\"]`")),
        );
    }
    let items = string_items(&attribute.expr, name, &mut parts.diagnostics);
    Some((span, items))
}

/// The items of a list of strings.
fn string_items(expr: &Expr, what: &str, out: &mut Diagnostics) -> Vec<(Str, Span)> {
    let ExprKind::Tuple(items) = &expr.kind else {
        out.push(
            Diagnostic::error("value-type", format!("`{what}` is a list"))
                .at(expr.span, "")
                .help(format!("write `{what} = [\"..\"]`")),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        match &item.kind {
            ExprKind::Literal(Value::String(text)) => found.push((text.clone(), item.span)),
            _ => out
                .push(Diagnostic::error("value-type", "a string is wanted here").at(item.span, "")),
        }
    }
    found
}

/// The patterns of addresses that texts are.
pub(super) fn patterns(texts: Vec<(Str, Span)>, out: &mut Diagnostics) -> Vec<(Pattern, Span)> {
    let mut found = Vec::new();
    for (text, span) in texts {
        match text.parse::<Pattern>() {
            Ok(pattern) => found.push((pattern, span)),
            Err(error) => out.push(
                Diagnostic::error(
                    "value-type",
                    format!("`{text}` is not a pattern of addresses"),
                )
                .at(span, error.reason)
                .help(
                    "write for example `aws_instance.web`, `aws_instance.*`, `module.app` or \
                     `module.*.aws_instance.*`",
                ),
            ),
        }
    }
    found
}

/// Takes a list of patterns of instances; `because` says why a part of one is none.
pub(super) fn instances(
    parts: &mut Parts,
    name: &'static str,
    because: &str,
) -> Vec<(Pattern, Span)> {
    let texts = strings(parts, name).unwrap_or_default();
    let mut found = patterns(texts, &mut parts.diagnostics);
    for (pattern, span) in &found {
        if pattern.names_attribute() {
            let message = format!("`{pattern}` names an attribute, and {because}");
            parts.diagnostics.push(
                Diagnostic::error("value-type", message)
                    .at(*span, "")
                    .help("leave out what follows the instance's name"),
            );
        }
    }
    found.retain(|(pattern, _)| !pattern.names_attribute());
    found
}

/// Takes `window` and `freeze`.
pub(super) fn calendar(parts: &mut Parts) -> Calendar {
    let window = strings(parts, "window").unwrap_or_default();
    let freeze = strings(parts, "freeze").unwrap_or_default();
    Calendar {
        window: times(window, "window", &mut parts.diagnostics),
        freeze: times(freeze, "freeze", &mut parts.diagnostics),
    }
}

fn times<T: FromStr<Err = CalendarError>>(
    texts: Vec<(Str, Span)>,
    what: &str,
    out: &mut Diagnostics,
) -> Vec<(T, Span)> {
    let mut found = Vec::new();
    for (text, span) in texts {
        match text.parse::<T>() {
            Ok(time) => found.push((time, span)),
            Err(error) => out.push(
                Diagnostic::error("value-type", format!("`{text}` is not a {what}"))
                    .at(span, error.to_string())
                    .help(error.help()),
            ),
        }
    }
    found
}
