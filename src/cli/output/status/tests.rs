use super::*;

const NOW: Timestamp = Timestamp(10_000_000);

fn run(run: u64, state: RunState) -> RunLine {
    RunLine {
        run,
        kind: "apply".into(),
        state,
        started: Timestamp(NOW.0 - 900_000),
        ended: (state != RunState::Running).then_some(Timestamp(NOW.0 - 840_000)),
        by: "ci".into(),
        plan: Some("p7f3a91c".into()),
        done: 2,
        failed: u64::from(state == RunState::Failed),
        skipped: u64::from(state == RunState::Failed),
        failures: Vec::new(),
    }
}

fn environments() -> Vec<EnvironmentStatus> {
    let none = EnvironmentStatus {
        environment: "test".into(),
        serial: 0,
        instances: 0,
        after: Vec::new(),
        running: None,
        last: None,
        checks: Vec::new(),
        outputs: Vec::new(),
        unreadable: None,
    };
    let check = |check: &str, passed| CheckLine {
        check: check.into(),
        passed,
        detail: if passed {
            "200".into()
        } else {
            "connection refused".into()
        },
        at: Timestamp(NOW.0 - 240_000),
    };
    let mut failed = run(51, RunState::Failed);
    failed
        .failures
        .push("aws_db_instance.main: aws refused to create".into());
    let staging = EnvironmentStatus {
        environment: "staging".into(),
        serial: 42,
        instances: 27,
        after: vec!["test".into()],
        running: None,
        last: Some(failed),
        checks: vec![check("health", true), check("orders", false)],
        outputs: vec![
            ("url".into(), Some("\"https://staging.example.com\"".into())),
            ("token".into(), None),
        ],
        unreadable: None,
    };
    let production = EnvironmentStatus {
        environment: "production".into(),
        serial: 40,
        instances: 1200,
        running: Some(run(52, RunState::Running)),
        checks: vec![check("health", true)],
        ..staging.clone()
    };
    let broken = EnvironmentStatus {
        environment: "old".into(),
        unreadable: Some("not a record".into()),
        ..none.clone()
    };
    vec![none, staging, production, broken]
}

#[test]
fn all_environments_are_a_table() {
    insta::assert_snapshot!(table(&environments(), NOW, Look::plain()) + "[EOF]", @r"
    ENVIRONMENT  SERIAL  INSTANCES  LAST RUN           AGO  CHECKS
    test              0          0  never                   none
    staging          42         27  51 apply failed    14m  orders failed
    production       40       1200  52 apply running   15m  1 passed
    old                             record unreadable
    [EOF]
    ");
}

#[test]
fn one_environment_has_more_words() {
    let [_, staging, _, broken] = environments().try_into().unwrap();
    insta::assert_snapshot!(one(&staging, NOW, Look::plain()) + &one(&broken, NOW, Look::plain()) + "[EOF]", @r#"
    staging   serial 42   27 instances   after test
      running   nothing
      last run  51 apply failed 14m ago by ci: 2 done, 1 failed, 1 skipped
                aws_db_instance.main: aws refused to create
      checks    health passed 4m ago: 200
                orders failed 4m ago: connection refused
      outputs   url = "https://staging.example.com"
                token = (sensitive value)
    old   record unreadable
      not a record
    [EOF]
    "#);
}

#[test]
fn runs_are_a_table() {
    let all = [
        run(52, RunState::Running),
        run(51, RunState::Failed),
        run(50, RunState::Succeeded),
    ];
    insta::assert_snapshot!(runs(&all, Look::plain()) + "[EOF]", @r"
    RUN  WHAT   RESULT   BEGAN                  TOOK  STEPS                        PLAN      BY
     52  apply  running  1970-01-01 02:31:40Z         2 done                       p7f3a91c  ci
     51  apply  failed   1970-01-01 02:31:40Z  1m00s  2 done, 1 failed, 1 skipped  p7f3a91c  ci
     50  apply  done     1970-01-01 02:31:40Z  1m00s  2 done                       p7f3a91c  ci
    [EOF]
    ");
    insta::assert_snapshot!(serde_json::to_string(&all[0]).unwrap(), @r#"
    {"run":52,"kind":"apply","state":"running","started":"1970-01-01T02:31:40Z","ended":null,"by":"ci","plan":"p7f3a91c","done":2,"failed":0,"skipped":0,"failures":[]}
    "#);
}
