//! What each revision waits for, in few words and with the command that goes on. The rules are in `delivery::gate`, how
//! they are said when something is refused in [`gate`](super::gate).

use delivery::gate::{Unmet, Unverified};
use delivery::stages::Stage;
use model::Str;
use model::clock::Timestamp;
use model::serial::RevisionId;
use serde_json::{Value as Json, json};

use super::duration::short;
use super::gate::{joined, sentence};
use super::line::{Line, Page};
use super::style::Label;

/// A revision in front of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The revision.
    pub revision: RevisionId,
    /// The environment.
    pub environment: Str,
    /// Whose approvals its plan will be compared with.
    pub approved_by: Vec<Str>,
    /// What it waits for; nothing when it may come.
    pub waits_for: Vec<String>,
    /// Commands that go on, as far as a person can do something.
    pub commands: Vec<String>,
}

impl Ahead {
    /// A revision that may come.
    pub fn may_come(
        revision: RevisionId,
        environment: &Str,
        approved_by: Vec<Str>,
        program: &str,
    ) -> Self {
        Self {
            revision,
            environment: environment.clone(),
            approved_by,
            waits_for: Vec::new(),
            commands: vec![format!("{program} promote {revision} {environment}")],
        }
    }

    /// A revision whose approvals did not cover the last plan that was made of it.
    pub fn fell_short(
        revision: RevisionId,
        environment: &Str,
        (approved_by, ago): (Vec<Str>, &str),
        program: &str,
    ) -> Self {
        let people = joined(&approved_by);
        let waits =
            format!("another approval, as what {people} approved did not cover its plan {ago}");
        Self {
            revision,
            environment: environment.clone(),
            approved_by,
            waits_for: vec![waits],
            commands: vec![format!("{program} approve {environment} {revision}")],
        }
    }

    /// A revision that is there, and has no fresh evidence.
    pub fn unverified(revision: RevisionId, environment: &Str, program: &str) -> Self {
        Self {
            revision,
            environment: environment.clone(),
            approved_by: Vec::new(),
            waits_for: vec![format!("its checks in {environment}")],
            commands: vec![format!("{program} verify {environment}")],
        }
    }

    /// A revision that rules keep from coming.
    pub fn kept(
        revision: RevisionId,
        stage: &Stage,
        unmet: &[Unmet],
        (program, now): (&str, Timestamp),
    ) -> Self {
        let mut commands: Vec<String> = Vec::new();
        for rule in unmet {
            let command = command(rule, revision, stage).map(|rest| format!("{program} {rest}"));
            commands.extend(command.filter(|command| !commands.contains(command)));
        }
        let waits_for = unmet
            .iter()
            .map(|rule| phrase(rule, revision, stage, now))
            .collect();
        Self {
            revision,
            environment: stage.name.clone(),
            approved_by: Vec::new(),
            waits_for,
            commands,
        }
    }
}

/// What a rule waits for.
fn phrase(rule: &Unmet, revision: RevisionId, stage: &Stage, now: Timestamp) -> String {
    match rule {
        Unmet::Approvals { have, want, .. } => {
            let missing = (*want as usize).saturating_sub(have.len());
            let plural = if missing == 1 { "" } else { "s" };
            format!("{missing} approval{plural}")
        }
        Unmet::NotSoaked {
            before,
            until: Some(until),
            ..
        } => format!("{} more of soak in {before}", short(until.since(now))),
        Unmet::Closed {
            opens: Some(opens),
            freeze,
        } => {
            let what = match freeze {
                Some(freeze) => format!("the end of its freeze {freeze}"),
                None => "its window".into(),
            };
            format!("{what}, in {}", short(opens.since(now)))
        }
        Unmet::NotVerified {
            before, check, why, ..
        } => {
            let why = match why {
                Unverified::Never => "was not asked",
                Unverified::Failed => "failed",
                Unverified::Stale => "passed too long ago",
            };
            format!("check {check} in {before}, which {why}")
        }
        Unmet::NotDeployed { before, .. } => before.to_string(),
        Unmet::Held(decision) => format!("the end of {}'s hold", decision.by),
        Unmet::RolledBack { from, .. } => format!("its release in {from}"),
        Unmet::Unknown
        | Unmet::Rejected(_)
        | Unmet::Overtakes { .. }
        | Unmet::NotSoaked { until: None, .. }
        | Unmet::Closed { opens: None, .. } => {
            format!("nothing: {}", sentence(rule, revision, stage))
        }
    }
}

fn command(rule: &Unmet, revision: RevisionId, stage: &Stage) -> Option<String> {
    match rule {
        Unmet::Approvals { .. } => Some(format!("approve {} {revision}", stage.name)),
        Unmet::NotVerified {
            before,
            is_there: true,
            ..
        } => Some(format!("verify {before}")),
        Unmet::NotDeployed {
            before,
            newer: None,
            ..
        }
        | Unmet::NotVerified {
            before,
            newer: None,
            ..
        } => Some(format!("promote {revision} {before}")),
        Unmet::Held(_) => Some(format!("release-hold {}", stage.name)),
        Unmet::RolledBack { from, .. } => Some(format!("release-hold {from} {revision}")),
        Unmet::Unknown
        | Unmet::Rejected(_)
        | Unmet::Overtakes { .. }
        | Unmet::NotDeployed { newer: Some(_), .. }
        | Unmet::NotVerified { newer: Some(_), .. }
        | Unmet::NotSoaked { .. }
        | Unmet::Closed { .. } => None,
    }
}

/// What waits, a line each.
pub fn write(page: &mut Page, ahead: &[Ahead]) {
    for one in ahead {
        let line = Line::plain(format!("{} -> ", one.revision))
            .with(Label::Environment, one.environment.to_string());
        let line = match one.waits_for.as_slice() {
            [] if one.approved_by.is_empty() => line.then(" may come"),
            [] => line.then(format!(
                " may come, if its plan does no more than {} approved",
                joined(&one.approved_by)
            )),
            several => line.then(format!(" waits for {}", several.join(", "))),
        };
        let mut line = line;
        for (at, command) in one.commands.iter().enumerate() {
            line.put(Label::Plain, if at == 0 { ": " } else { "; " });
            line.put(Label::Command, command.clone());
        }
        page.wrapped(&line, 4);
    }
}

/// The same for programs.
pub fn as_json(one: &Ahead) -> Json {
    json!({
        "revision": one.revision.to_string(),
        "environment": one.environment.as_str(),
        "approved_by": one.approved_by.iter().map(Str::as_str).collect::<Vec<_>>(),
        "waits_for": one.waits_for,
        "commands": one.commands,
    })
}
