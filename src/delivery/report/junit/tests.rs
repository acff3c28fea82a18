//! A case for each thing, and XML whatever the texts in it.

use proptest::prelude::*;

use super::super::samples::{a_pipeline, subjects};
use super::*;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

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
}
