//! Any report fits, names what is destroyed, and is right for those who read it, whatever the texts in it.

use std::collections::BTreeMap;
use std::time::Duration;

use model::change::{Action, ReplaceOrder};
use model::clock::Timestamp;
use model::serial::RevisionId;
use proptest::prelude::*;

use super::*;

#[test]
fn a_summary_shows_the_danger_first_and_everything_else_after_it() {
    insta::assert_snapshot!(markdown(&a_pipeline(), 60_000).text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: 1 step failed | 1 create, 1 update, **1 destroy**, **1 replace**, 23 unchanged | 1 passed, 1 **failed** |  |
    | `staging` | r42 | done |  |  | 1 missing, 1 changed, 1 unreadable, 1 expected, 1 healed |
    | `production` | r40 | waits |  |  |  |

    ## Destroyed or replaced

    - `test`: **replace** `module.web[0].local_process.server`: triggers cannot change in place
    - `test`: **destroy** `local_file.legacy`: its block was removed from main.tf

    ## test

    - **failed** update `local_file.index`: no space left on the device
    - **skipped** destroy `local_file.legacy`: needs local\_file.index
    - check `health` passed: status 200
    - check `quote` **failed**: status 500, which does not pass

    <details><summary>what it saw</summary>

    ```text
    Internal error
    at orders.rs:12
    ```

    </details>


    <details><summary>changes, plan p7f3a91c</summary>

    - create `module.web[1].local_file.configuration`
    - update `local_file.index`: var.title changed

    </details>

    ## staging

    - missing `module.web[0].local_process.server`, healed, seen for 2h; content differs
    - changed `local_file.index`, left alone, seen for 2h; content differs; rule \`data\` says report
    - expected `local_file.scaled`, seen for 2h; content differs
    - unreadable `local_file.locked`, seen for 2h; content differs

    ## production

    - waits: 1 of 1 approvals by release-managers is missing `terrace approve production r42`
    [EOF]
    "#);
}

#[test]
fn a_summary_that_is_folded_keeps_what_is_destroyed_and_says_what_is_missing() {
    let whole = markdown(&a_pipeline(), 60_000).text.len();
    let small = markdown(&a_pipeline(), whole - 200);
    insta::assert_snapshot!(small.text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: 1 step failed | 1 create, 1 update, **1 destroy**, **1 replace**, 23 unchanged | 1 passed, 1 **failed** |  |
    | `staging` | r42 | done |  |  | 1 missing, 1 changed, 1 unreadable, 1 expected, 1 healed |
    | `production` | r40 | waits |  |  |  |

    ## Destroyed or replaced

    - `test`: **replace** `module.web[0].local_process.server`
    - `test`: **destroy** `local_file.legacy`

    ## test

    - **failed** update `local_file.index`: no space left on the device
    - **skipped** destroy `local_file.legacy`: needs local\_file.index
    - check `health` passed: status 200
    - check `quote` **failed**: status 500, which does not pass

    <details><summary>changes, plan p7f3a91c</summary>

    - create `module.web[1].local_file.configuration`
    - update `local_file.index`

    </details>

    ## staging

    - missing `module.web[0].local_process.server`, healed
    - changed `local_file.index`, left alone
    - expected `local_file.scaled`
    - unreadable `local_file.locked`

    ## production

    - waits: 1 of 1 approvals by release-managers is missing `terrace approve production r42`

    **Folded to fit into 1311 bytes:** reasons (12); what failed checks saw (1).
    [EOF]
    "#);
}

#[test]
fn a_summary_folds_details_then_reasons_then_lists_then_instances() {
    let whole = markdown(&a_pipeline(), usize::MAX);
    assert_eq!(whole.folded, Vec::<String>::new());
    let mut order: Vec<String> = Vec::new();
    for bytes in (800..whole.text.len()).rev() {
        let mut new = markdown(&a_pipeline(), bytes).folded;
        new.retain(|phrase| !order.contains(phrase) && !phrase.starts_with("the last"));
        order.extend(new);
    }
    insta::assert_snapshot!(order.join("\n") + "\n[EOF]", @r#"
    what failed checks saw (1)
    reasons (12)
    skipped steps (1)
    changes that destroy nothing (2)
    passed checks and expected drift (2)
    destroyed and replaced instances, now by block (2)
    drifted instances (3)
    what to do about what waits (1)
    the table of environments
    [EOF]
    "#);
}

#[test]
fn ten_thousand_destroyed_instances_of_a_block_are_named_by_it() {
    let mut environment = environment("production");
    let changes = (0..10_000).map(|number| PlannedChange {
        action: Action::Destroy,
        address: address(&format!("module.web[{number}].aws_instance.server")),
        reason: "its block was removed".into(),
    });
    environment.plan = Some(Plan {
        id: None,
        changes: changes.collect(),
        unchanged: 0,
    });
    let summary = markdown(&subject(vec![environment]), 2_000).text;
    insta::assert_snapshot!(summary + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `production` | r42 | nothing to do | **10000 destroy**, 0 unchanged |  |  |

    ## Destroyed or replaced

    - `production`: **destroy** `module.web.aws_instance.server` (10000 instances)

    **Folded to fit into 2000 bytes:** destroyed and replaced instances, now by block (10000); reasons (10000).
    [EOF]
    "#);
}

#[test]
fn what_a_text_says_is_no_markup() {
    let mut one = environment("test");
    one.outcome = Outcome::Failed("a | b <img> `c` *d* @everyone\nsecond".into());
    one.checks = vec![Checked {
        name: "a``b".into(),
        result: CheckResult::Failed,
        detail: "</details> # x".into(),
        seen: "one\n```\n</details>".into(),
        took: None,
    }];
    insta::assert_snapshot!(markdown(&subject(vec![one]), 60_000).text + "[EOF]", @r#"
    # pipeline run

    | environment | revision | result | changes | checks | drift |
    | --- | --- | --- | --- | --- | --- |
    | `test` | r42 | **failed**: a \| b &lt;img&gt; \`c\` \*d\* &#64;everyone |  | 1 **failed** |  |

    ## test

    ```text
    a | b <img> `c` *d* @everyone
    second
    ```

    - check ```a``b``` **failed**: &lt;/details&gt; \# x

    <details><summary>what it saw</summary>

    ````text
    one
    ```
    </details>
    ````

    </details>

    [EOF]
    "#);
}

#[test]
fn junit_has_a_case_for_each_thing() {
    let xml = junit(&a_pipeline()).expect("XML");
    insta::assert_snapshot!(xml + "[EOF]", @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pipeline run" tests="13" skipped="4" failures="4" errors="1">
        <testsuite name="test" tests="6" skipped="1" errors="0" failures="3" time="1.250">
            <properties>
                <property name="revision" value="r42"/>
            </properties>
            <testcase name="outcome" classname="test.environment">
                <failure message="1 step failed" type="failed"/>
            </testcase>
            <testcase name="create module.web[1].local_file.configuration" classname="test.step" time="0.020"/>
            <testcase name="update local_file.index" classname="test.step" time="0.020">
                <failure message="no space left on the device" type="failed"/>
            </testcase>
            <testcase name="destroy local_file.legacy" classname="test.step" time="0.020">
                <skipped message="needs local_file.index"/>
            </testcase>
            <testcase name="health" classname="test.check" time="0.300"/>
            <testcase name="quote" classname="test.check" time="0.300">
                <failure message="status 500, which does not pass" type="check">Internal error
    at orders.rs:12</failure>
            </testcase>
        </testsuite>
        <testsuite name="staging" tests="5" skipped="1" errors="1" failures="1">
            <properties>
                <property name="revision" value="r42"/>
            </properties>
            <testcase name="outcome" classname="staging.environment"/>
            <testcase name="missing module.web[0].local_process.server" classname="staging.drift">
                <system-out>content differs; healed</system-out>
            </testcase>
            <testcase name="changed local_file.index" classname="staging.drift">
                <failure message="content differs; rule `data` says report" type="changed"/>
            </testcase>
            <testcase name="expected local_file.scaled" classname="staging.drift">
                <skipped message="content differs; expected"/>
            </testcase>
            <testcase name="unreadable local_file.locked" classname="staging.drift">
                <error message="content differs" type="unreadable"/>
            </testcase>
        </testsuite>
        <testsuite name="production" tests="2" skipped="2" errors="0" failures="0">
            <properties>
                <property name="revision" value="r40"/>
            </properties>
            <testcase name="outcome" classname="production.environment">
                <skipped message="waits"/>
            </testcase>
            <testcase name="approval" classname="production.waits">
                <skipped message="1 of 1 approvals by release-managers is missing">terrace approve production r42</skipped>
            </testcase>
        </testsuite>
    </testsuites>
    [EOF]
    "#);
}

#[test]
fn metrics_are_one_family_each() {
    insta::assert_snapshot!(metrics(&[measured("test"), measured("a\"b\\c\nd")]) + "[EOF]", @r#"
    # HELP terrace_environment_info The revision that an environment has, and what that was made of.
    # TYPE terrace_environment_info gauge
    terrace_environment_info{environment="test",revision="r42",definition="5f0c7bd"} 1
    terrace_environment_info{environment="a\"b\\c\nd",revision="r42",definition="5f0c7bd"} 1
    # HELP terrace_environment_resources Instances recorded in an environment.
    # TYPE terrace_environment_resources gauge
    terrace_environment_resources{environment="test"} 31
    terrace_environment_resources{environment="a\"b\\c\nd"} 31
    # HELP terrace_environment_drifted_resources Instances that the last look found to differ from what is recorded, by class.
    # TYPE terrace_environment_drifted_resources gauge
    terrace_environment_drifted_resources{environment="test",class="missing"} 0
    terrace_environment_drifted_resources{environment="test",class="changed"} 2
    terrace_environment_drifted_resources{environment="test",class="unhealthy"} 0
    terrace_environment_drifted_resources{environment="test",class="unreadable"} 0
    terrace_environment_drifted_resources{environment="test",class="expected"} 0
    terrace_environment_drifted_resources{environment="a\"b\\c\nd",class="missing"} 0
    terrace_environment_drifted_resources{environment="a\"b\\c\nd",class="changed"} 2
    terrace_environment_drifted_resources{environment="a\"b\\c\nd",class="unhealthy"} 0
    terrace_environment_drifted_resources{environment="a\"b\\c\nd",class="unreadable"} 0
    terrace_environment_drifted_resources{environment="a\"b\\c\nd",class="expected"} 0
    # HELP terrace_check_status What a check said last: 1 passed, 0 failed, -1 could not be tried.
    # TYPE terrace_check_status gauge
    terrace_check_status{environment="test",check="health"} 1
    terrace_check_status{environment="test",check="quote"} 0
    terrace_check_status{environment="test",check="tcp"} -1
    terrace_check_status{environment="a\"b\\c\nd",check="health"} 1
    terrace_check_status{environment="a\"b\\c\nd",check="quote"} 0
    terrace_check_status{environment="a\"b\\c\nd",check="tcp"} -1
    # HELP terrace_last_success_timestamp_seconds Unix time at which an operation succeeded last.
    # TYPE terrace_last_success_timestamp_seconds gauge
    terrace_last_success_timestamp_seconds{environment="test",operation="drift"} 1795335000.070
    terrace_last_success_timestamp_seconds{environment="a\"b\\c\nd",operation="drift"} 1795335000.070
    # HELP terrace_operation_duration_seconds How long operations took.
    # TYPE terrace_operation_duration_seconds histogram
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="1"} 1
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="5"} 1
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="15"} 1
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="60"} 2
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="300"} 2
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="900"} 2
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="3600"} 2
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="14400"} 2
    terrace_operation_duration_seconds_bucket{environment="test",operation="apply",le="+Inf"} 2
    terrace_operation_duration_seconds_sum{environment="test",operation="apply"} 60.7
    terrace_operation_duration_seconds_count{environment="test",operation="apply"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="1"} 1
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="5"} 1
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="15"} 1
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="60"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="300"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="900"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="3600"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="14400"} 2
    terrace_operation_duration_seconds_bucket{environment="a\"b\\c\nd",operation="apply",le="+Inf"} 2
    terrace_operation_duration_seconds_sum{environment="a\"b\\c\nd",operation="apply"} 60.7
    terrace_operation_duration_seconds_count{environment="a\"b\\c\nd",operation="apply"} 2
    # HELP terrace_operations_total Operations by outcome.
    # TYPE terrace_operations_total counter
    terrace_operations_total{environment="test",operation="apply",outcome="applied"} 2
    terrace_operations_total{environment="a\"b\\c\nd",operation="apply",outcome="applied"} 2
    # HELP terrace_heals_total Heals by outcome.
    # TYPE terrace_heals_total counter
    terrace_heals_total{environment="test",outcome="healed"} 2
    terrace_heals_total{environment="a\"b\\c\nd",outcome="healed"} 2
    # HELP terrace_lead_time_seconds From the commit of the revision that an environment has to its being there.
    # TYPE terrace_lead_time_seconds gauge
    terrace_lead_time_seconds{environment="test"} 5400
    terrace_lead_time_seconds{environment="a\"b\\c\nd"} 5400
    [EOF]
    "#);
}

#[test]
fn nothing_measured_says_nothing_that_is_not_known() {
    let one = Measured {
        environment: "test".into(),
        ..Measured::default()
    };
    insta::assert_snapshot!(metrics(&[one]) + "[EOF]", @r#"
    # HELP terrace_environment_info The revision that an environment has, and what that was made of.
    # TYPE terrace_environment_info gauge
    terrace_environment_info{environment="test",revision="",definition=""} 1
    [EOF]
    "#);
    assert_eq!(metrics(&[]), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_summary_always_fits(subject in subjects(), bytes in 0..20_000_usize) {
        let summary = markdown(&subject, bytes);
        prop_assert!(summary.text.len() <= bytes, "{} > {bytes}", summary.text.len());
        let whole = markdown(&subject, usize::MAX).text.len();
        prop_assert_eq!(summary.folded.is_empty(), whole <= bytes);
    }

    #[test]
    fn what_is_destroyed_stays_named_as_long_as_its_blocks_fit(subject in subjects(), bytes in 0..20_000_usize) {
        let Markdown { text, folded } = markdown(&subject, bytes);
        let cut = folded.first().is_some_and(|phrase| phrase.contains("more instances"));
        for change in subject.environments.iter().flat_map(Environment::destructive) {
            let instance = change.address.to_string();
            let block = change.address.resource().to_string();
            // Only where hardly anything fits are there fewer.
            prop_assert!(
                text.contains(&instance) || text.contains(&block) || cut || bytes < 1_000,
                "{instance} in {text}"
            );
            prop_assert!(bytes < 10_000 || !cut, "ten blocks have room in {bytes}");
        }
    }

    #[test]
    fn a_summary_is_balanced_while_it_is_only_folded(subject in subjects(), bytes in 3_000..20_000_usize) {
        let Markdown { text, folded } = markdown(&subject, bytes);
        if !folded.iter().any(|phrase| phrase.contains("the table")) {
            let lines = outside_of_code(&text);
            let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
            prop_assert_eq!(count("<details>"), count("</details>"));
            for row in lines.iter().filter(|line| line.starts_with('|')) {
                let borders = row.replace("\\|", "").matches('|').count();
                prop_assert_eq!(borders, 7, "{}", row);
            }
        }
    }

    #[test]
    fn junit_is_xml_that_says_what_was_said(subject in subjects()) {
        let xml = junit(&subject).expect("XML");
        let document = roxmltree::Document::parse(&xml);
        let document = document.map_err(|error| TestCaseError::fail(format!("{error}: {xml}")))?;
        let named = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        prop_assert_eq!(named("testsuite"), subject.environments.len());
        let cases = subject.environments.iter().map(|one| {
            1 + one.steps.len() + one.checks.len() + one.drift.iter().flatten().count() + one.waits.len()
        });
        prop_assert_eq!(named("testcase"), cases.sum::<usize>());
        let failed = subject.environments.iter().flat_map(|one| &one.checks).filter(|check| check.result == CheckResult::Failed);
        prop_assert!(named("failure") >= failed.count());
    }

    #[test]
    fn metrics_stay_lines_whatever_the_names(name in any::<String>(), check in any::<String>()) {
        let mut one = measured(&name);
        one.checks = BTreeMap::from([(check.as_str().into(), CheckResult::Passed)]);
        let sample = regex::Regex::new(
            r#"^terrace_[a-z_]+\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\} -?[0-9.]+$"#,
        ).expect("a regular expression");
        for line in metrics(&[one]).split_terminator('\n') {
            prop_assert!(line.starts_with("# HELP ") || line.starts_with("# TYPE ") || sample.is_match(line), "{line:?}");
        }
    }
}

/// The lines that are not in a block of code.
fn outside_of_code(text: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = line.strip_suffix("text"),
            None => lines.push(line),
        }
    }
    lines
}

fn a_pipeline() -> Subject {
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

fn subject(environments: Vec<Environment>) -> Subject {
    Subject {
        operation: "pipeline run".into(),
        environments,
    }
}

fn environment(name: &str) -> Environment {
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

fn address(text: &str) -> model::address::InstanceAddr {
    text.parse().expect("an address")
}

fn change(action: Action, of: &str, reason: &str) -> PlannedChange {
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

fn measured(name: &str) -> Measured {
    Measured {
        environment: name.into(),
        revision: Some(RevisionId(42)),
        definition: Some("5f0c7bd".into()),
        resources: Some(31),
        drifted: Some(BTreeMap::from([(DriftClass::Changed, 2)])),
        checks: BTreeMap::from([
            ("health".into(), CheckResult::Passed),
            ("quote".into(), CheckResult::Failed),
            ("tcp".into(), CheckResult::Unknown),
        ]),
        last_success: BTreeMap::from([("drift".into(), Timestamp(1_795_335_000_070))]),
        heals: BTreeMap::from([("healed".into(), 2)]),
        operations: BTreeMap::from([(("apply".into(), "applied".into()), 2)]),
        durations: BTreeMap::from([(
            "apply".into(),
            vec![Duration::from_millis(700), Duration::from_secs(60)],
        )]),
        lead_time: Some(Duration::from_secs(5_400)),
    }
}

fn subjects() -> impl Strategy<Value = Subject> {
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
