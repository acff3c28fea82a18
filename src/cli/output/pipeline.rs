//! What a `pipeline run` did, and what it waits for: one row for a revision and an environment. Entry points: [`screen`],
//! [`message`].

use delivery::gate::Waits;
use model::Str;
use model::clock::Timestamp;
use model::serial::RevisionId;
use serde_json::{Value as Json, json};

use super::gate;
use super::json::ui::Message;
use super::line::{Line, Page};
use super::moment;
use super::style::{Label, Look};
use super::table::{Align, Table};

/// A revision and an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineRow {
    /// The environment.
    pub environment: Str,
    /// The revision.
    pub revision: RevisionId,
    /// What became of both.
    pub became: Became,
    /// Rules that are not met.
    pub missing: Vec<Missing>,
    /// What is left that is not as it should be.
    pub left: Vec<Left>,
}

/// What became of a revision in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It came, and its checks passed where there are any.
    Deployed {
        /// Whether there are any.
        is_verified: bool,
    },
    /// It was there, and its checks passed now.
    Verified,
    /// It was there, and had nothing to be done.
    There {
        /// Since when.
        since: Timestamp,
    },
    /// It was tried, and failed, in a phrase.
    Failed(String),
    /// It was ended by what is no failure; how, in a phrase, where that was said.
    Cut(Cut, Option<String>),
    /// It waits.
    Waits(Waits),
    /// An environment before it waits or failed.
    NotReached,
    /// A newer one is there, or was tried there.
    Newer(RevisionId),
}

/// What ends a run that is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Another run changes the environment.
    Busy,
    /// A person or the system wanted it to end.
    Interrupted,
}

/// What is not as it should be, though nothing failed and nothing is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What, in a sentence.
    pub sentence: String,
    /// What to do about it.
    pub remedy: String,
}

/// A rule that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing, in a sentence.
    pub sentence: String,
    /// What to do about it.
    pub remedy: String,
    /// When it will be met by itself.
    pub until: Option<Timestamp>,
    /// What it waits for.
    pub waits: Waits,
}

impl Became {
    /// The word for it that programs read.
    fn word(&self) -> &'static str {
        match self {
            Self::Deployed { .. } => "deployed",
            Self::Verified => "verified",
            Self::There { .. } => "unchanged",
            Self::Failed(_) => "failed",
            Self::Cut(Cut::Busy, _) => "busy",
            Self::Cut(Cut::Interrupted, _) => "interrupted",
            Self::Waits(_) => "waits",
            Self::NotReached => "not_reached",
            Self::Newer(_) => "superseded",
        }
    }

    /// Why it ended before all was done, and what is to be done before the same is tried again.
    fn ended(&self) -> Option<(&str, &'static str)> {
        match self {
            Self::Failed(why) => Some((why, "mend it, and go on")),
            Self::Cut(Cut::Busy, why) => {
                Some((why.as_deref().unwrap_or(BUSY), "when it has ended, go on"))
            }
            Self::Cut(Cut::Interrupted, why) => {
                Some((why.as_deref().unwrap_or("it was interrupted"), "go on"))
            }
            Self::Deployed { .. }
            | Self::Verified
            | Self::There { .. }
            | Self::Waits(_)
            | Self::NotReached
            | Self::Newer(_) => None,
        }
    }

    fn line(&self, missing: &[Missing]) -> Line {
        let until = missing.iter().filter_map(|one| one.until).max();
        match self {
            Self::Deployed { is_verified: true } => Line::of(Label::Done, "deployed, verified"),
            Self::Deployed { is_verified: false } => Line::of(Label::Done, "deployed"),
            Self::Verified => Line::of(Label::Done, "verified again"),
            Self::There { since } => {
                Line::plain(format!("is there since {}", moment::readable(*since)))
            }
            Self::Failed(_) => Line::of(Label::Failed, "failed"),
            Self::Cut(Cut::Busy, _) => Line::of(Label::Running, "busy"),
            Self::Cut(Cut::Interrupted, _) => Line::of(Label::Failed, "interrupted"),
            Self::Waits(Waits::Person) => Line::of(Label::Running, "waits for a person"),
            Self::Waits(Waits::Time) => Line::of(
                Label::Running,
                match until {
                    Some(until) => format!("waits until {}", moment::in_seconds(until)),
                    None => "waits for time".into(),
                },
            ),
            Self::Waits(Waits::Work) => Line::of(Label::Failed, "cannot go on"),
            Self::NotReached => Line::of(Label::Skipped, "not reached"),
            Self::Newer(newer) => Line::plain(format!("left to {newer}")),
        }
    }
}

/// What is said of an environment, and what to do about it.
fn told(page: &mut Page, row: &PipelineRow, sentence: &str, remedy: &str) {
    page.gap();
    page.wrapped(&Line::plain(format!("{}: {sentence}", row.environment)), 2);
    page.wrapped(&Line::plain("  ").joined(gate::remedy(remedy)), 2);
}

/// What is waited for, as programs read it.
fn waits_word(waits: Waits) -> &'static str {
    match waits {
        Waits::Time => "time",
        Waits::Person => "approval",
        Waits::Work => "condition",
    }
}

/// What is said where another run holds an environment and nothing else was said of it.
pub const BUSY: &str = "another run is under way";

/// The rows as a table, and below it what is missing and what to do.
pub fn screen(rows: &[PipelineRow], look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new([
        ("environment", Align::Left),
        ("revision", Align::Left),
        ("result", Align::Left),
    ]);
    for row in rows {
        table.row([
            Line::of(Label::Environment, row.environment.to_string()),
            Line::plain(row.revision.to_string()),
            row.became.line(&row.missing),
        ]);
    }
    table.render(&mut page);
    for row in rows {
        let again = |what: &str| format!("{what}: terrace pipeline run {}", row.revision);
        if let Some((why, what)) = row.became.ended() {
            told(&mut page, row, why, &again(what));
        }
        for missing in &row.missing {
            told(&mut page, row, &missing.sentence, &missing.remedy);
        }
        for left in &row.left {
            told(&mut page, row, &left.sentence, &left.remedy);
        }
    }
    page.finish()
}

/// The last message of the stream: the same for programs.
pub fn message(rows: &[PipelineRow], revision: Option<RevisionId>, code: u8) -> Message {
    let environments: Vec<Json> = rows.iter().map(as_json).collect();
    let text = match code {
        0 => "Pipeline run: done",
        2 => "Pipeline run: changes or drift are left",
        3 => "Pipeline run: waits for an approval",
        4 => "Pipeline run: waits for time",
        75 => "Pipeline run: another run is under way",
        130 => "Pipeline run: interrupted",
        _ => "Pipeline run: failed",
    };
    let summary = json!({
        "revision": revision.map(|revision| revision.to_string()),
        "exit_code": code,
        "environments": environments,
    });
    Message {
        level: if matches!(code, 0 | 2 | 3 | 4 | 75) {
            "info"
        } else {
            "error"
        },
        text: text.into(),
        kind: "pipeline_summary",
        payload: vec![("pipeline", summary)],
    }
}

fn as_json(row: &PipelineRow) -> Json {
    let waits: Vec<Json> = row
        .missing
        .iter()
        .map(|missing| {
            json!({
                "for": waits_word(missing.waits),
                "sentence": missing.sentence,
                "remedy": missing.remedy,
                "until": missing.until.map(moment::in_seconds),
            })
        })
        .collect();
    let left: Vec<Json> = row
        .left
        .iter()
        .map(|left| json!({"sentence": left.sentence, "remedy": left.remedy}))
        .collect();
    let mut json = json!({
        "environment": row.environment.as_str(),
        "revision": row.revision.to_string(),
        "result": row.became.word(),
        "waits": waits,
        "left": left,
    });
    if let (Some((why, _)), Some(json)) = (row.became.ended(), json.as_object_mut()) {
        json.insert("why".into(), json!(why));
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::style::Look;

    fn row(environment: &str, became: Became) -> PipelineRow {
        PipelineRow {
            environment: environment.into(),
            revision: RevisionId(7),
            became,
            missing: Vec::new(),
            left: Vec::new(),
        }
    }

    #[test]
    fn what_another_run_or_a_person_ended_is_no_failure_to_be_mended() {
        let why = "`test` is being changed: run 3 (promote) is under way";
        let mut there = row("other", Became::Verified);
        there.left.push(Left {
            sentence: "2 instances are not as applied, seen 5m ago".into(),
            remedy: "see what: terrace drift other".into(),
        });
        let rows = [
            row("test", Became::Cut(Cut::Busy, Some(why.into()))),
            row("staging", Became::Cut(Cut::Interrupted, None)),
            row("production", Became::Failed("a check failed".into())),
            there,
        ];
        insta::assert_snapshot!(screen(&rows, Look::plain()) + "[EOF]", @r"
        ENVIRONMENT  REVISION  RESULT
        test         r7        busy
        staging      r7        interrupted
        production   r7        failed
        other        r7        verified again

        test: `test` is being changed: run 3 (promote) is under way
          when it has ended, go on: terrace pipeline run r7

        staging: it was interrupted
          go on: terrace pipeline run r7

        production: a check failed
          mend it, and go on: terrace pipeline run r7

        other: 2 instances are not as applied, seen 5m ago
          see what: terrace drift other
        [EOF]
        ");
        let words: Vec<Json> = rows.iter().map(as_json).collect();
        let words: Vec<&Json> = words.iter().filter_map(|row| row.get("result")).collect();
        assert_eq!(words, ["busy", "interrupted", "failed", "verified"]);
        let level = |code| message(&rows, None, code).level;
        assert_eq!([0, 2, 3, 4, 75].map(level), ["info"; 5]);
        assert_eq!([1, 130].map(level), ["error"; 2]);
    }
}
