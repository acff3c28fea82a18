//! Rules that are not met, as sentences, each with what to do.

use delivery::gate::{Unmet, Unverified};
use delivery::stages::Stage;
use model::Str;
use model::clock::Timestamp;
use model::serial::RevisionId;

use super::duration;
use super::line::Line;
use super::moment;
use super::style::Label;

/// What is missing.
pub fn sentence(rule: &Unmet, revision: RevisionId, stage: &Stage) -> String {
    let here = &stage.name;
    match rule {
        Unmet::Unknown => format!("there is no revision {revision}"),
        Unmet::Rejected(decision) => {
            format!(
                "{revision} was rejected by {}{}",
                decision.by,
                because(&decision.reason)
            )
        }
        Unmet::Held(decision) => {
            format!(
                "{here} is held by {}{}",
                decision.by,
                because(&decision.reason)
            )
        }
        Unmet::RolledBack { from, decision, .. } => {
            format!(
                "{revision} was rolled back in {from} by {}{}",
                decision.by,
                because(&decision.reason)
            )
        }
        Unmet::Overtakes { newer } => {
            format!("{newer} was brought to {here}, and is newer than {revision}")
        }
        Unmet::NotDeployed {
            before,
            destroyed: Some(decision),
            ..
        } => format!(
            "what {revision} made in {before} was destroyed by {} in run {}",
            decision.by, decision.run
        ),
        Unmet::NotDeployed { before, .. } => format!("{revision} was never in {before}"),
        Unmet::NotVerified {
            before, check, why, ..
        } => {
            let why = match why {
                Unverified::Never => "was not asked",
                Unverified::Failed => "failed",
                Unverified::Stale => "passed too long ago",
            };
            format!("check {check} {why} with {revision} in {before}")
        }
        Unmet::NotSoaked { before, until, .. } => {
            let soak = duration::short(stage.soak);
            match until {
                Some(_) => {
                    format!("{revision} is not yet verified and undisturbed in {before} for {soak}")
                }
                None => {
                    format!("{revision} was not verified and undisturbed in {before} for {soak}")
                }
            }
        }
        Unmet::Approvals { have, want, .. } => match have.as_slice() {
            [] => format!("{revision} is not approved for {here}: {want} wanted"),
            have => format!(
                "{revision} is approved for {here} by {} only: {want} wanted",
                joined(have)
            ),
        },
        Unmet::Closed {
            freeze: Some(freeze),
            ..
        } => format!("{here} is not to be changed now: its freeze {freeze}"),
        Unmet::Closed { freeze: None, .. } => format!("{here} is not to be changed now"),
    }
}

/// The environment before that a rule is about, and a newer revision that was brought there, so that this one comes there
/// no more.
fn left_to_newer(rule: &Unmet) -> Option<(&Str, RevisionId)> {
    if let Unmet::NotDeployed { before, newer, .. }
    | Unmet::NotVerified {
        before,
        is_there: false,
        newer,
        ..
    }
    | Unmet::NotSoaked {
        before,
        until: None,
        newer,
    } = rule
    {
        return newer.map(|newer| (before, newer));
    }
    None
}

/// What to do about it.
pub fn what_to_do(rule: &Unmet, revision: RevisionId, stage: &Stage, now: Timestamp) -> String {
    let here = &stage.name;
    let wait = |until: &Timestamp| {
        format!(
            "wait until {}, for {}",
            moment::in_seconds(*until),
            duration::short(until.since(now))
        )
    };
    if let Some((before, newer)) = left_to_newer(rule) {
        return format!(
            "promote {newer} or a newer one: {newer} was brought to {before} meanwhile"
        );
    }
    match rule {
        Unmet::Unknown => "see what there is: terrace revision list".into(),
        Unmet::Rejected(_) => "make another revision: terrace pipeline run".into(),
        Unmet::Held(_) => format!("when it is over: terrace release-hold {here}"),
        Unmet::RolledBack { from, .. } => {
            format!(
                "bring a newer one; or, when it may come again: terrace release-hold {from} {revision}"
            )
        }
        Unmet::Overtakes { newer } => {
            format!("promote {newer} or a newer one; to go back is a rollback")
        }
        Unmet::NotDeployed {
            before,
            destroyed: Some(_),
            ..
        }
        | Unmet::NotVerified {
            before,
            is_there: false,
            ..
        } => format!("bring it there again: terrace promote {revision} {before}"),
        Unmet::NotDeployed { before, .. } => format!("terrace promote {revision} {before}"),
        Unmet::NotVerified { before, why, .. } => {
            let what = match why {
                Unverified::Never => "have it checked",
                Unverified::Failed => "mend it, and have it checked again",
                Unverified::Stale => "have it checked again",
            };
            format!("{what}: terrace verify {before}")
        }
        Unmet::NotSoaked { until, before, .. } => match until {
            Some(until) => wait(until),
            None => format!("bring it there and leave it: terrace promote {revision} {before}"),
        },
        Unmet::Approvals { may, outdated, .. } => {
            let command = format!("terrace approve {here} {revision}");
            who_approves(may.as_deref(), outdated, &command)
        }
        Unmet::Closed { opens, .. } => match opens {
            Some(opens) => wait(opens),
            None => "its windows and freezes leave no time: change them in terrace.hcl".into(),
        },
    }
}

/// Who may approve by `command`, and whose approval is none of this any more.
fn who_approves(may: Option<&[Str]>, outdated: &[Str], command: &str) -> String {
    let who = match may {
        Some([]) => "nobody but its author may, so first name somebody else in `by`, who".into(),
        Some(may) => format!("one of {}", joined(may)),
        None => "someone other than its author".into(),
    };
    let again = match outdated {
        [] => String::new(),
        people => format!(
            "; what {} approved does not cover what would be done now",
            joined(people)
        ),
    };
    format!("{who} runs: {command}{again}")
}

/// What to do, with the command in it told apart from the words around it: it is to be copied, and never broken.
pub fn remedy(text: &str) -> Line {
    let mut line = Line::new();
    let mut rest = text;
    while let Some((words, command)) = rest.split_once(": terrace ") {
        let end = command.find(';').unwrap_or(command.len());
        let (command, after) = command.split_at(end);
        line.put(Label::Plain, format!("{words}: "));
        line.put(Label::Command, format!("terrace {command}"));
        rest = after;
    }
    match rest.strip_prefix("terrace ") {
        Some(_) => line.with(Label::Command, rest.to_owned()),
        None => line.then(rest.to_owned()),
    }
}

fn because(reason: &Option<Str>) -> String {
    reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(": {reason}"))
}

/// Names, one after the other.
pub fn joined(names: &[Str]) -> String {
    names.iter().map(Str::as_str).collect::<Vec<_>>().join(", ")
}
