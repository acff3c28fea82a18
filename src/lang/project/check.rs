//! `check` blocks: what is asked, when it passes, and for how long it is tried.

use std::time::Duration;

use model::{Diagnostic, Diagnostics, Pattern, Span, Str};

use super::argument::{count, duration, instances};
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
    /// How many tries in a row must pass; at least 1.
    pub streak: u32,
    /// How long it is evidence that it passed; by default for ever.
    pub expires: Option<Duration>,
    /// The instances that are unhealthy when it does not pass; by default it is about the environment as a whole.
    pub about: Vec<(Pattern, Span)>,
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
    let mut time = |name, usual| duration(&mut parts, name).map_or(usual, |(time, _)| time);
    let every = time("every", Duration::from_secs(1));
    let within = time("within", Duration::from_secs(60));
    let timeout = time("timeout", Duration::from_secs(10));
    let expires = duration(&mut parts, "expires").map(|(time, _)| time);
    let about = instances(&mut parts, "about", "a check is about instances");
    let streak = match count(&mut parts, "streak", 1) {
        Some((streak, span)) => {
            out.extend(too_long(streak, every, within, span));
            streak
        }
        None => 1,
    };
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
        streak,
        expires,
        about,
    });
    (check, out)
}

/// Reports a streak that takes longer than there is time.
fn too_long(streak: u32, every: Duration, within: Duration, span: Span) -> Diagnostics {
    let waits = every.checked_mul(streak - 1);
    if waits.is_some_and(|waits| waits <= within) {
        return Diagnostics::new();
    }
    let every = humantime::format_duration(every);
    let within = humantime::format_duration(within);
    Diagnostic::error(
        "impossible-rule",
        format!("{streak} passes in a row, {every} apart, take longer than {within}"),
    )
    .at(span, "")
    .help("make `within` longer, or `streak` or `every` smaller")
    .into()
}
