//! Each family once, only what is known, and lines whatever the names.

use proptest::prelude::*;

use super::*;

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
