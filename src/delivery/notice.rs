//! What is told to people: how things are in an environment, as facts without any secret. Says when it has to be told, and
//! in which words; who is told how is in [`post`](crate::post). Pure. Entry points: [`Notice`], [`is_due`].
//!
//! Told is how things are, not what happened: the same state is told once, whoever finds it out how often, another one again,
//! and that it is over once. So a message that got lost is sent by whoever looks next.

use lang::project::NotifyOn;
use model::Str;
use model::clock::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// How things are in an environment, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The kind.
    pub on: NotifyOn,
    /// The environment.
    pub environment: Str,
    /// The project.
    pub project: String,
    /// The revision that it is about.
    pub revision: Option<String>,
    /// The time, as text in UTC.
    pub at: String,
    /// In a sentence.
    pub summary: String,
    /// What it is, each with what tells it from others; none where all is well.
    pub facts: Vec<Fact>,
}

/// A thing that is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What it is about: an address, a check, a run.
    pub about: String,
    /// What is so, in a word or phrase.
    pub what: String,
    /// More of it, for people.
    pub detail: String,
    /// What makes it another one though it reads the same.
    pub mark: String,
}

/// Names a place in the record where it is noted when something was told.
pub type Key = [u8; 32];

impl Notice {
    /// Where it is noted when anything of this kind was told last to `whom`.
    pub fn slot(&self, whom: &str) -> Key {
        // Several revisions may wait at once.
        let waiting = self.revision.as_deref();
        let revision = waiting.filter(|_| self.on == NotifyOn::Waiting);
        let parts = ["slot", whom, &self.environment, self.on.word()];
        digest(&[&parts[..], revision.as_slice()].concat())
    }

    /// Where it is noted when exactly this was told to `whom`.
    pub fn content(&self, whom: &str) -> Key {
        let mut facts = self.facts.clone();
        facts.sort();
        let mut parts = vec!["content", whom, &self.environment, self.on.word()];
        for Fact {
            about,
            what,
            detail: _,
            mark,
        } in &facts
        {
            parts.extend([about.as_str(), what, mark]);
        }
        digest(&parts)
    }

    /// Whether it says that all is well again.
    pub fn is_over(&self) -> bool {
        self.facts.is_empty()
    }

    /// The message for programs.
    pub fn message(&self) -> Json {
        let fact =
            |fact: &Fact| json!({"about": fact.about, "what": fact.what, "detail": fact.detail});
        json!({
            "format": 1,
            "on": self.on.word(),
            "over": self.is_over(),
            "project": self.project,
            "environment": self.environment.to_string(),
            "revision": self.revision,
            "time": self.at,
            "summary": self.summary,
            "facts": self.facts.iter().map(fact).collect::<Json>(),
        })
    }

    /// The message as Slack, and what understands the same, shows it.
    pub fn slack(&self) -> Json {
        let mut text = format!("*{}*", escaped(&self.summary));
        for fact in self.facts.iter().take(MOST_LINES) {
            let detail = match fact.detail.as_str() {
                "" => String::new(),
                detail => format!(": {}", escaped(detail)),
            };
            text.push_str(&format!(
                "\n• `{}` {}{detail}",
                escaped(&fact.about),
                escaped(&fact.what)
            ));
        }
        if let Some(more) = self
            .facts
            .len()
            .checked_sub(MOST_LINES)
            .filter(|more| *more > 0)
        {
            text.push_str(&format!("\nand {more} more"));
        }
        json!({ "text": text })
    }
}

/// So many things are named in a chat.
const MOST_LINES: usize = 20;

/// What Slack takes for marks of its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Whether a notice has to be told: `slot` is when anything of its kind was told last, `content` when exactly this was.
pub fn is_due(notice: &Notice, slot: Option<Timestamp>, content: Option<Timestamp>) -> bool {
    match slot {
        // That all is well is no news where nothing was told.
        None => !notice.is_over(),
        Some(_) => content != slot,
    }
}

/// When it is noted to be told at `now`: later than anything of its kind before, whatever the clock says.
pub fn told_at(now: Timestamp, slot: Option<Timestamp>) -> Timestamp {
    slot.map_or(now, |slot| now.max(Timestamp(slot.0.saturating_add(1))))
}

fn digest(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn notice(facts: &[(&str, &str)]) -> Notice {
        let fact = |(about, mark): &(&str, &str)| Fact {
            about: (*about).into(),
            what: "missing".into(),
            detail: "first seen 2h ago".into(),
            mark: (*mark).into(),
        };
        Notice {
            on: NotifyOn::Drift,
            environment: "production".into(),
            project: "shop".into(),
            revision: Some("r42".into()),
            at: "2026-11-22T14:03:22Z".into(),
            summary: "production has drifted: <1 & more>".into(),
            facts: facts.iter().map(fact).collect(),
        }
    }

    /// Someone who is told of what is so, at times; says of which it is told.
    fn told(states: &[(i64, &Notice)]) -> Vec<bool> {
        let mut noted: BTreeMap<Key, Timestamp> = BTreeMap::new();
        let mut tell = |now: i64, notice: &Notice| {
            let (slot, content) = (notice.slot("oncall"), notice.content("oncall"));
            let last = noted.get(&slot).copied();
            let due = is_due(notice, last, noted.get(&content).copied());
            if due {
                let at = told_at(Timestamp(now), last);
                noted.extend([(slot, at), (content, at)]);
            }
            due
        };
        states
            .iter()
            .map(|(now, state)| tell(*now, state))
            .collect()
    }

    #[test]
    fn what_stays_is_told_once_and_what_changes_again() {
        let (well, one, both) = (
            notice(&[]),
            notice(&[("a.x", "")]),
            notice(&[("a.x", ""), ("a.y", "")]),
        );
        let turned = notice(&[("a.y", ""), ("a.x", "")]);
        let other = notice(&[("a.x", "another content")]);
        let states = [
            &well, &one, &one, &both, &turned, &one, &other, &well, &well, &one,
        ];
        let at: Vec<(i64, &Notice)> = (0..).zip(states).collect();
        let wanted = [
            false, true, false, true, false, true, true, true, false, true,
        ];
        assert_eq!(told(&at), wanted);
        // A clock that is set back changes nothing of it, nor does one that stands still.
        let back: Vec<(i64, &Notice)> = states.iter().map(|state| (0, *state)).collect();
        assert_eq!(told(&back), wanted);
        let back: Vec<(i64, &Notice)> = (0..).map(|at: i64| -at).zip(states).collect();
        assert_eq!(told(&back), wanted);
    }

    #[test]
    fn revisions_that_wait_at_once_are_told_once_each() {
        let waits = |revision: &str| Notice {
            on: NotifyOn::Waiting,
            revision: Some(revision.into()),
            ..notice(&[(revision, "")])
        };
        let (one, other) = (waits("r1"), waits("r2"));
        let states = [(0, &one), (1, &other), (2, &one), (3, &other)];
        assert_eq!(told(&states), [true, true, false, false]);
    }

    #[test]
    fn nobody_is_told_for_another() {
        let one = notice(&[("a.x", "")]);
        let elsewhere = Notice {
            environment: "staging".into(),
            ..one.clone()
        };
        assert_ne!(one.slot("oncall"), one.slot("others"));
        assert_ne!(one.content("oncall"), one.content("others"));
        assert_ne!(one.content("oncall"), elsewhere.content("oncall"));
        assert_ne!(one.slot("oncall"), one.content("oncall"));
    }

    #[test]
    fn a_chat_shows_the_text_as_it_is_and_not_too_much_of_it() {
        let names: Vec<String> = (0..30).map(|number| format!("a.x{number}")).collect();
        let facts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let message = notice(&facts).slack();
        let text = message.get("text").and_then(Json::as_str).unwrap();
        assert!(text.starts_with(
            "*production has drifted: &lt;1 &amp; more&gt;*\n• `a.x0` missing: first seen 2h ago\n"
        ));
        assert!(text.ends_with("• `a.x19` missing: first seen 2h ago\nand 10 more"));
    }
}
