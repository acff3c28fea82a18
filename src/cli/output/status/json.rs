//! Environments at a glance for programs: the same facts as the text.

use model::Str;
use serde_json::json;

use super::super::ahead::{self, Ahead};
use super::super::runs::run_json;
use super::super::trail::decision_json;
use super::Glance;

/// An environment for programs, with what waits in front of it; times in milliseconds since 1970.
pub fn as_json(glance: &Glance, waiting: &[&Ahead]) -> serde_json::Value {
    let last = glance.last.as_ref().map(run_json);
    let checks: Vec<serde_json::Value> = glance
        .checks
        .iter()
        .map(|check| {
            json!({
                "name": check.result.name,
                "passed": check.result.passed,
                "at": check.result.at.0,
                "detail": check.result.detail,
                "seen": check.result.seen,
                "run": check.run.0,
                "expired": glance.stale.contains(&check.result.name),
            })
        })
        .collect();
    let earlier: Vec<serde_json::Value> = glance
        .earlier
        .iter()
        .map(|(check, revision)| {
            json!({
                "name": check.result.name,
                "passed": check.result.passed,
                "at": check.result.at.0,
                "run": check.run.0,
                "revision": revision.map(|id| id.to_string()),
            })
        })
        .collect();
    let there = glance.there.as_ref();
    let drift = glance.drift.as_ref().map(|drift| {
        json!({
            "looked": drift.looked.0,
            "count": drift.count,
            "since": drift.since.map(|since| since.0),
            "left_to_a_person": drift.given_up,
        })
    });
    let left = glance.left.iter().map(|(revision, decision)| {
        json!({"revision": revision.to_string(), "decision": decision_json(decision)})
    });
    json!({
        "environment": glance.environment.as_str(),
        "declared": glance.declared,
        "serial": glance.serial,
        "instances": glance.objects,
        "revision": there.map(|there| there.revision.to_string()),
        "commit": there.and_then(|there| there.commit.as_ref().map(Str::as_str)),
        "in_part": there.is_some_and(|there| there.in_part),
        "since": there.map(|there| there.since.0),
        "by": there.map(|there| there.by.as_str()),
        "drift": drift,
        "rejected": there.and_then(|there| there.rejected.as_ref().map(decision_json)),
        "hold": glance.hold.as_ref().map(decision_json),
        "variables_rolled_back": glance.other_variables.as_ref().map(decision_json),
        "rolled_back": left.collect::<Vec<_>>(),
        "waiting": waiting.iter().map(|one| ahead::as_json(one)).collect::<Vec<_>>(),
        "break_glass": glance.past_rules.as_ref().map(|past| json!({
            "run": past.run.0,
            "revision": past.revision.map(|id| id.to_string()),
            "by": past.by.as_str(),
            "at": past.at.0,
            "reason": past.reason.as_str(),
        })),
        "running": glance.running.is_some(),
        "last_run": last,
        "checks": checks,
        "checks_not_run": glance.unasked,
        "checks_of_earlier": earlier,
        "open_steps": glance.open,
    })
}
