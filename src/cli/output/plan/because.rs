//! Says why a change happens: each cause a phrase, with the place it is written at.

use model::address::InstanceKey;
use model::change::{Because, Cause, Change, Reason};

use crate::cli::output::difference::name_of;

/// Why, and where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// What follows "because".
    pub(super) text: String,
    /// `file:line`.
    pub(super) place: Option<String>,
}

/// Why a change happens, in a phrase; empty where that is obvious.
pub fn reason(change: &Change) -> String {
    let phrases = phrases(change, 1).into_iter();
    let words: Vec<String> = phrases.map(|phrase| phrase.text).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("because {}", words.join(" and ")),
    }
}

/// More causes are counted.
const MOST: usize = 4;

/// The causes of a change of `members` instances; those of one kind and place in one phrase.
pub(super) fn phrases(change: &Change, members: usize) -> Vec<Phrase> {
    let because = if change.because.is_empty() {
        change
            .reason
            .into_iter()
            .map(|reason| Because {
                cause: Cause::Reason(reason),
                place: None,
            })
            .collect()
    } else {
        change.because.clone()
    };
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut seen: Vec<(Kind, Option<String>, Vec<String>)> = Vec::new();
    for Because { cause, place } in because {
        let (kind, words) = sort(cause);
        match seen
            .iter_mut()
            .find(|(k, p, _)| *k == kind && *p == place && kind != Kind::Alone)
        {
            Some((_, _, all)) => all.extend(words),
            None => seen.push((kind, place, words)),
        }
    }
    for (kind, place, mut words) in seen {
        words.dedup();
        let words = listed(&words);
        let text = match kind {
            Kind::Literal => format!("the definition gives {words}"),
            Kind::References => format!("of {words}"),
            Kind::Drifted => format!("{words} changed outside of Terrace"),
            Kind::Provider => format!("the provider changes {words}"),
            Kind::Upstream(resource) => format!("{words} follows {resource}, which changes first"),
            Kind::Reason(reason) => reason_text(change, reason, members),
            Kind::Alone => words,
        };
        phrases.push(Phrase { text, place });
    }
    if phrases.len() > MOST {
        let more = phrases.len() - MOST + 1;
        phrases.truncate(MOST - 1);
        phrases.push(Phrase {
            text: format!("of {more} more causes"),
            place: None,
        });
    }
    phrases
}

/// Why a change happens, as a phrase that follows "because"; its first cause.
pub fn why(change: &Change) -> Option<String> {
    let mut phrases = phrases(change, 1);
    (!phrases.is_empty()).then(|| phrases.swap_remove(0).text)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Literal,
    References,
    Drifted,
    Provider,
    Upstream(String),
    Reason(Reason),
    Alone,
}

fn sort(cause: Cause) -> (Kind, Vec<String>) {
    match cause {
        Cause::Defined {
            attribute,
            references,
        } if references.is_empty() => (
            Kind::Literal,
            vec![format!("another {}", name_of(&attribute.0))],
        ),
        Cause::Defined { references, .. } => (
            Kind::References,
            references.iter().map(ToString::to_string).collect(),
        ),
        Cause::Drifted { attribute } => (Kind::Drifted, vec![name_of(&attribute.0)]),
        Cause::Gone => (Kind::Alone, vec!["it is gone".into()]),
        Cause::Instead { found } => (Kind::Alone, vec![found.to_string()]),
        Cause::Upstream {
            attribute,
            resource,
        } => (
            Kind::Upstream(resource.to_string()),
            vec![name_of(&attribute.0)],
        ),
        Cause::Provider { attribute } => (Kind::Provider, vec![name_of(&attribute.0)]),
        Cause::Trigger { reference } => (
            Kind::Alone,
            vec![format!("replace_triggered_by names {reference}")],
        ),
        Cause::Reason(reason) => (Kind::Reason(reason), Vec::new()),
    }
}

/// `a`, `a and b`, `a, b and c`; many lose their end.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [many @ .., last] if many.len() < 4 => format!("{} and {last}", many.join(", ")),
        many => format!(
            "{} and {} more",
            many.get(..3).unwrap_or_default().join(", "),
            many.len() - 3
        ),
    }
}

fn reason_text(change: &Change, reason: Reason, members: usize) -> String {
    let attributes = || {
        let mut names: Vec<String> = change
            .replace_paths
            .iter()
            .map(|path| name_of(&path.0))
            .collect();
        names.dedup();
        listed(&names)
    };
    match reason {
        Reason::ReplaceBecauseCannotUpdate if change.replace_paths.is_empty() => {
            "it cannot change in place".into()
        }
        Reason::ReplaceBecauseCannotUpdate => format!("{} cannot change in place", attributes()),
        Reason::ReplaceBecauseTainted => "its last create did not end well".into(),
        Reason::ReplaceByRequest => "-replace asks for it".into(),
        Reason::ReplaceByTriggers => "something in its replace_triggered_by changes".into(),
        Reason::DeleteBecauseNoResourceConfig => "its block was removed".into(),
        Reason::DeleteBecauseNoModule => "its module has no such instance any more".into(),
        Reason::DeleteBecauseWrongRepetition => match change.addr.key {
            InstanceKey::None => "its block has count or for_each now".into(),
            InstanceKey::Index(_) => "its block has no count now".into(),
            InstanceKey::Key(_) => "its block has no for_each now".into(),
        },
        Reason::DeleteBecauseCountIndex => "count is lower now".into(),
        Reason::DeleteBecauseEachKey if members > 1 => "for_each has no such keys now".into(),
        Reason::DeleteBecauseEachKey => "for_each has no such key now".into(),
        Reason::DeleteBecauseNoMoveTarget => {
            "it was moved to an address that is not defined".into()
        }
        Reason::ReadBecauseConfigUnknown => "its arguments are known only during the apply".into(),
        Reason::ReadBecauseDependencyPending => "something it depends on changes first".into(),
        Reason::ReadBecauseCheckNested => "it stands in a check block".into(),
    }
}
