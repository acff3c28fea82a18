//! What a `pipeline run` did, and what it waits for: one row for a revision and an environment. Entry points: [`screen`],
//! [`message`].

use delivery::gate::Waits;
use model::Str;
use model::clock::Timestamp;
use model::serial::RevisionId;
use serde_json::{Value as Json, json};

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
    /// It waits.
    Waits(Waits),
    /// An environment before it waits or failed.
    NotReached,
    /// A newer one is there, or was tried there.
    Newer(RevisionId),
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
            Self::Waits(_) => "waits",
            Self::NotReached => "not_reached",
            Self::Newer(_) => "superseded",
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

/// What is waited for, as programs read it.
fn waits_word(waits: Waits) -> &'static str {
    match waits {
        Waits::Time => "time",
        Waits::Person => "approval",
        Waits::Work => "condition",
    }
}

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
        let failed = match &row.became {
            Became::Failed(why) => Some(why),
            Became::Deployed { .. }
            | Became::Verified
            | Became::There { .. }
            | Became::Waits(_)
            | Became::NotReached
            | Became::Newer(_) => None,
        };
        if let Some(why) = failed {
            page.gap();
            page.wrapped(&Line::plain(format!("{}: {why}", row.environment)), 2);
            let again = format!(
                "  mend it, and go on: terrace pipeline run {}",
                row.revision
            );
            page.wrapped(&Line::plain(again), 2);
        }
        for missing in &row.missing {
            page.gap();
            let sentence = format!("{}: {}", row.environment, missing.sentence);
            page.wrapped(&Line::plain(sentence), 2);
            page.wrapped(&Line::plain(format!("  {}", missing.remedy)), 2);
        }
    }
    page.finish()
}

/// The last message of the stream: the same for programs.
pub fn message(rows: &[PipelineRow], revision: Option<RevisionId>, code: u8) -> Message {
    let environments: Vec<Json> = rows.iter().map(as_json).collect();
    let text = match code {
        0 => "Pipeline run: done",
        3 => "Pipeline run: waits for an approval",
        4 => "Pipeline run: waits for time",
        _ => "Pipeline run: failed",
    };
    let summary = json!({
        "revision": revision.map(|revision| revision.to_string()),
        "exit_code": code,
        "environments": environments,
    });
    Message {
        level: if matches!(code, 0 | 3 | 4) {
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
    let mut json = json!({
        "environment": row.environment.as_str(),
        "revision": row.revision.to_string(),
        "result": row.became.word(),
        "waits": waits,
    });
    if let (Became::Failed(why), Some(json)) = (&row.became, json.as_object_mut()) {
        json.insert("why".into(), json!(why));
    }
    json
}
