//! What the reports of tests are about: a pipeline that shows everything, and any other.

use std::time::Duration;

use model::change::{Action, ReplaceOrder};
use model::serial::RevisionId;
use proptest::prelude::*;

use super::subject::{
    CheckResult, Checked, Drift, DriftClass, Environment, Healing, Outcome, Plan, PlannedChange,
    StepOutcome, StepResult, Subject, Wait, WaitsFor,
};

pub(super) fn a_pipeline() -> Subject {
    let mut test = environment("test");
    test.took = Some(Duration::from_millis(1_250));
    test.plan = Some(Plan {
        id: Some("p7f3a91c".parse().expect("an id")),
        changes: vec![
            change(Action::Create, "module.web[1].local_file.configuration", ""),
            change(Action::Update, "local_file.index", "var.title changed"),
            change(
                Action::Replace(ReplaceOrder::DestroyFirst),
                "module.web[0].local_process.server",
                "triggers cannot change in place",
            ),
            change(
                Action::Destroy,
                "local_file.legacy",
                "its block was removed from main.tf",
            ),
            change(Action::NoOp, "local_file.moved", ""),
        ],
        unchanged: 23,
    });
    test.steps = vec![
        step(
            "create",
            "module.web[1].local_file.configuration",
            StepResult::Done,
        ),
        step(
            "update",
            "local_file.index",
            StepResult::Failed("no space left on the device".into()),
        ),
        step(
            "destroy",
            "local_file.legacy",
            StepResult::Skipped("needs local_file.index".into()),
        ),
    ];
    test.checks = vec![
        checked("health", CheckResult::Passed, "status 200", ""),
        checked(
            "quote",
            CheckResult::Failed,
            "status 500, which does not pass",
            "Internal error\nat orders.rs:12",
        ),
    ];
    test.outcome = Outcome::Failed("1 step failed".into());

    let mut staging = environment("staging");
    staging.outcome = Outcome::Done;
    staging.drift = Some(vec![
        drifted(
            "module.web[0].local_process.server",
            DriftClass::Missing,
            Healing::Healed,
        ),
        drifted(
            "local_file.index",
            DriftClass::Changed,
            Healing::Left("rule `data` says report".into()),
        ),
        drifted("local_file.scaled", DriftClass::Expected, Healing::NotAsked),
        drifted(
            "local_file.locked",
            DriftClass::Unreadable,
            Healing::NotAsked,
        ),
    ]);

    let mut production = environment("production");
    production.revision = Some(RevisionId(40));
    production.outcome = Outcome::Waiting;
    production.waits = vec![Wait {
        waits_for: WaitsFor::Approval,
        sentence: "1 of 1 approvals by release-managers is missing".into(),
        remedy: "terrace approve production r42".into(),
    }];
    subject(vec![test, staging, production])
}

pub(super) fn subject(environments: Vec<Environment>) -> Subject {
    Subject {
        operation: "pipeline run".into(),
        environments,
    }
}

pub(super) fn environment(name: &str) -> Environment {
    Environment {
        name: name.into(),
        revision: Some(RevisionId(42)),
        outcome: Outcome::Unchanged,
        took: None,
        plan: None,
        steps: Vec::new(),
        checks: Vec::new(),
        drift: None,
        waits: Vec::new(),
    }
}

pub(super) fn address(text: &str) -> model::address::InstanceAddr {
    text.parse().expect("an address")
}

pub(super) fn change(action: Action, of: &str, reason: &str) -> PlannedChange {
    PlannedChange {
        action,
        address: address(of),
        reason: reason.into(),
    }
}

fn step(verb: &str, of: &str, result: StepResult) -> StepOutcome {
    StepOutcome {
        verb: verb.into(),
        address: address(of),
        result,
        took: Some(Duration::from_millis(20)),
    }
}

fn checked(name: &str, result: CheckResult, detail: &str, seen: &str) -> Checked {
    Checked {
        name: name.into(),
        result,
        detail: detail.into(),
        seen: seen.into(),
        took: Some(Duration::from_millis(300)),
    }
}

fn drifted(of: &str, class: DriftClass, healing: Healing) -> Drift {
    Drift {
        address: address(of),
        class,
        detail: "content differs".into(),
        seen_for: Some(Duration::from_secs(7_300)),
        healing,
    }
}

pub(super) fn subjects() -> impl Strategy<Value = Subject> {
    let environments = prop::collection::vec(environments(), 0..4);
    ("[^\u{0}]{0,40}", environments).prop_map(|(operation, environments)| Subject {
        operation,
        environments,
    })
}

fn environments() -> impl Strategy<Value = Environment> {
    let plan = prop::collection::vec(changes(), 0..40).prop_map(|changes| Plan {
        id: None,
        changes,
        unchanged: 3,
    });
    let what_happened = (
        prop::collection::vec(steps(), 0..4),
        prop::collection::vec(checks(), 0..4),
        prop::option::of(prop::collection::vec(findings(), 0..8)),
        prop::collection::vec(waits(), 0..3),
    );
    (
        "[a-z]{1,12}",
        outcomes(),
        prop::option::of(plan),
        what_happened,
    )
        .prop_map(
            |(name, outcome, plan, (steps, checks, drift, waits))| Environment {
                outcome,
                plan,
                steps,
                checks,
                drift,
                waits,
                ..environment(&name)
            },
        )
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    (0..6, texts()).prop_map(|(kind, why)| match kind {
        0 => Outcome::Done,
        1 => Outcome::Failed(why),
        2 => Outcome::Unknown(why),
        3 => Outcome::Waiting,
        4 => Outcome::NotReached,
        _ => Outcome::Unchanged,
    })
}

fn changes() -> impl Strategy<Value = PlannedChange> {
    (actions(), addresses(), texts()).prop_map(|(action, address, reason)| PlannedChange {
        action,
        address,
        reason,
    })
}

fn steps() -> impl Strategy<Value = StepOutcome> {
    (addresses(), texts(), 0..4).prop_map(|(address, why, kind)| StepOutcome {
        verb: "update".into(),
        address,
        result: match kind {
            0 => StepResult::Done,
            1 => StepResult::Failed(why),
            2 => StepResult::Skipped(why),
            _ => StepResult::Unknown(why),
        },
        took: None,
    })
}

fn checks() -> impl Strategy<Value = Checked> {
    (texts(), texts(), texts(), 0..3).prop_map(|(name, detail, seen, kind)| Checked {
        name: name.as_str().into(),
        result: match kind {
            0 => CheckResult::Passed,
            1 => CheckResult::Failed,
            _ => CheckResult::Unknown,
        },
        detail,
        seen,
        took: None,
    })
}

fn findings() -> impl Strategy<Value = Drift> {
    let classes = prop::sample::select(DriftClass::ALL.to_vec());
    (addresses(), classes, texts(), texts(), 0..4).prop_map(
        |(address, class, detail, why, kind)| Drift {
            address,
            class,
            detail,
            seen_for: Some(Duration::from_secs(90)),
            healing: match kind {
                0 => Healing::NotAsked,
                1 => Healing::Healed,
                2 => Healing::Left(why),
                _ => Healing::Failed(why),
            },
        },
    )
}

fn waits() -> impl Strategy<Value = Wait> {
    (texts(), texts()).prop_map(|(sentence, remedy)| Wait {
        waits_for: WaitsFor::Time,
        sentence,
        remedy,
    })
}

fn actions() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![
        Action::NoOp,
        Action::Read,
        Action::Create,
        Action::Update,
        Action::Replace(ReplaceOrder::CreateFirst),
        Action::Destroy,
        Action::Forget,
    ])
}

/// Of ten blocks in all.
fn addresses() -> impl Strategy<Value = model::address::InstanceAddr> {
    (0..10_u8, "[a-z`|<é]{1,8}")
        .prop_map(|(block, key)| address(&format!("module.m.aws_thing.t{block}[{key:?}]")))
}

/// Any text, with what is markup somewhere more often.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[`|<>&\\\\*_@#\n\r\u{1b}\u{fffe}\u{ffff}\u{0}a-z\\[\\]]{0,60}",
        Just(String::new()),
        Just("</details>\n```\n| a | b |\n".to_owned()),
    ]
}
