//! `check` blocks: what is asked, when it passes, and for how long it is tried.

use std::time::Duration;

use model::{Diagnostic, Diagnostics, Span, Str};

use crate::load::Parts;
use crate::syntax::ast::{Block, Expr, Ident};

/// A check as declared. Its expressions may refer to `output`, `environment` and, in `pass`, `response`.
#[derive(Debug)]
pub struct Check {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// What is asked.
    pub action: CheckAction,
    /// When it passes; by default when the answer is a good one.
    pub pass: Option<Expr>,
    /// The wait between two tries.
    pub every: Duration,
    /// How long it is tried before it has failed.
    pub within: Duration,
    /// How long one try may take.
    pub timeout: Duration,
}

/// What a check asks.
#[derive(Debug)]
pub enum CheckAction {
    /// GETs a URL.
    Http(Expr),
    /// Connects to `HOST:PORT`.
    Tcp(Expr),
    /// Runs a program: a list of words.
    Command(Expr),
}

impl CheckAction {
    /// The expression that says what is asked.
    pub fn expr(&self) -> &Expr {
        match self {
            Self::Http(expr) | Self::Tcp(expr) | Self::Command(expr) => expr,
        }
    }
}

/// Reads a `check` block.
pub(super) fn read(label: Ident, block: Block) -> (Option<Check>, Diagnostics) {
    let mut out = Diagnostics::new();
    let mut parts = Parts::new(block.body, format!("check `{}`", label.text));
    let http = parts
        .attribute("http")
        .map(|attribute| CheckAction::Http(attribute.expr));
    let tcp = parts
        .attribute("tcp")
        .map(|attribute| CheckAction::Tcp(attribute.expr));
    let command = parts
        .attribute("command")
        .map(|attribute| CheckAction::Command(attribute.expr));
    let pass = parts.attribute("pass").map(|attribute| attribute.expr);
    let every = duration(&mut parts, "every", Duration::from_secs(1), &mut out);
    let within = duration(&mut parts, "within", Duration::from_secs(60), &mut out);
    let timeout = duration(&mut parts, "timeout", Duration::from_secs(10), &mut out);
    out.extend(parts.finish());
    let mut actions: Vec<CheckAction> = http.into_iter().chain(tcp).chain(command).collect();
    let action = actions.pop();
    if !actions.is_empty() || action.is_none() {
        let message = format!(
            "check `{}` has {} of `http`, `tcp`, `command`",
            label.text,
            if action.is_none() {
                "none"
            } else {
                "more than one"
            }
        );
        out.push(
            Diagnostic::error("missing-argument", message)
                .at(block.header, "exactly one is wanted"),
        );
    }
    let check = action.map(|action| Check {
        name: label.text,
        span: block.header,
        action,
        pass,
        every,
        within,
        timeout,
    });
    (check, out)
}

fn duration(
    parts: &mut Parts,
    name: &'static str,
    default: Duration,
    out: &mut Diagnostics,
) -> Duration {
    let Some((text, span)) = parts.string(name) else {
        return default;
    };
    match parse_duration(&text) {
        Some(duration) => duration,
        None => {
            out.push(
                Diagnostic::error("value-type", format!("`{text}` is not a duration"))
                    .at(span, "")
                    .help("write for example `500ms`, `30s`, `5m` or `1h30m`"),
            );
            default
        }
    }
}

/// Reads `500ms`, `30s`, `1h30m`, `2d`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}
