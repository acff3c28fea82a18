//! `notify` blocks: who is told of what happens.

use model::{Diagnostic, Diagnostics, Span, Str};

use super::argument::{one_of, some_strings};
use crate::load::Parts;
use crate::syntax::ast::{Block, Ident};

/// Someone who is told.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// How they are told.
    pub channel: NotifyChannel,
    /// The environment variable with the secret that a message is signed with.
    pub secret_env: Option<(Str, Span)>,
    /// What they are told of.
    pub on: Vec<NotifyOn>,
}

/// How someone is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyChannel {
    /// JSON is sent to a URL.
    Webhook(Str),
    /// A message that Slack and what is like it understand is sent to a URL.
    Slack(Str),
    /// A program is run: its words.
    Command(Vec<Str>),
}

/// What someone is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotifyOn {
    /// Drift was found, or is gone.
    Drift,
    /// Drift was healed.
    Healed,
    /// An apply, a check or a healing failed.
    Failed,
    /// Something waits for a person.
    Waiting,
}

const ON: &[(&str, NotifyOn)] = &[
    ("drift", NotifyOn::Drift),
    ("healed", NotifyOn::Healed),
    ("failed", NotifyOn::Failed),
    ("waiting", NotifyOn::Waiting),
];

impl NotifyOn {
    /// Its word in `terrace.hcl`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Healed => "healed",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
        }
    }
}

/// Reads a `notify` block.
pub(super) fn read(label: Ident, block: Block) -> (Option<Notify>, Diagnostics) {
    let mut parts = Parts::new(block.body, format!("notify `{}`", label.text));
    let given = ["webhook", "slack", "command"]
        .into_iter()
        .filter(|name| has(&parts, name))
        .count();
    if given != 1 {
        let found = if given == 0 { "none" } else { "more than one" };
        let message = format!(
            "notify `{}` has {found} of `webhook`, `slack`, `command`",
            label.text
        );
        parts.diagnostics.push(
            Diagnostic::error("missing-argument", message)
                .at(block.header, "exactly one is wanted")
                .help("write for example `webhook = \"https://example.com/hook\"`"),
        );
    }
    let webhook = url(&mut parts, "webhook").map(NotifyChannel::Webhook);
    let slack = url(&mut parts, "slack").map(NotifyChannel::Slack);
    let command = some_strings(&mut parts, "command")
        .filter(|(_, words)| !words.is_empty())
        .map(|(_, words)| {
            NotifyChannel::Command(words.into_iter().map(|(word, _)| word).collect())
        });
    let channel = webhook.or(slack).or(command);
    let secret_env = secret(&mut parts, channel.as_ref());
    let on = match some_strings(&mut parts, "on") {
        Some((_, words)) => words
            .iter()
            .filter_map(|(word, span)| one_of(word, *span, ON, &mut parts.diagnostics))
            .collect(),
        None => ON.iter().map(|(_, on)| *on).collect(),
    };
    let notify = channel.map(|channel| Notify {
        name: label.text,
        span: block.header,
        channel,
        secret_env,
        on,
    });
    (notify, parts.finish())
}

fn has(parts: &Parts, name: &str) -> bool {
    let mut attributes = parts.body.attributes.iter();
    attributes.any(|attribute| attribute.name.text == *name)
}

fn url(parts: &mut Parts, name: &'static str) -> Option<Str> {
    let (text, span) = parts.string(name)?;
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let good = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && !text.contains(char::is_whitespace);
    if !good {
        parts.diagnostics.push(
            Diagnostic::error("value-type", format!("`{name}` is not a URL"))
                .at(span, "")
                .help("begin it with `https://` and the host"),
        );
    }
    good.then_some(text)
}

/// Takes `secret_env`. What it says may be the secret itself, so that messages do not repeat it.
fn secret(parts: &mut Parts, channel: Option<&NotifyChannel>) -> Option<(Str, Span)> {
    let (text, span) = parts.string("secret_env")?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !text.chars().all(good) || !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let message = "`secret_env` is not the name of an environment variable";
        parts.diagnostics.push(
            Diagnostic::error("value-type", message)
                .at(span, "")
                .help("write the name of the variable, and keep the secret out of the file"),
        );
        return None;
    }
    if matches!(channel, Some(NotifyChannel::Command(_))) {
        let message = "a command is given no signed message";
        parts.diagnostics.push(
            Diagnostic::error("impossible-rule", message)
                .at(span, "")
                .help("take `secret_env` away"),
        );
    }
    Some((text, span))
}
