use model::diagnostic::Diagnostic;
use model::event::Event;
use model::plan::StepId;
use model::serial::{PlanId, RunId};

use super::*;
use crate::cli::output::style::Look;

fn addr(text: &str) -> model::address::InstanceAddr {
    text.parse().unwrap()
}

fn started(step: u32, kind: StepKind, text: &str) -> EventKind {
    EventKind::StepStarted {
        step: StepId(step),
        kind,
        addr: addr(text),
        id: None,
    }
}

/// A run with one step done, one failed, one skipped, and ten running.
fn events() -> Vec<(i64, EventKind)> {
    let seconds = Duration::from_secs;
    let plan = PlanId::from_digest([1; 4]);
    let (create, destroy) = (StepKind::Create, StepKind::Destroy);
    let mut events = vec![
        (
            0,
            EventKind::RunStarted {
                run: RunId(52),
                plan,
                environment: "staging".into(),
                steps: 13,
            },
        ),
        (0, started(0, create, "aws_subnet.app[\"c\"]")),
        (1, started(1, create, "aws_db_instance.main")),
        (2, started(2, destroy, "aws_eip.old")),
        (
            3,
            EventKind::StepRetried {
                step: StepId(2),
                addr: addr("aws_eip.old"),
                attempt: 2,
                attempts: 5,
                wait: seconds(8),
                why: "Throttling".into(),
            },
        ),
    ];
    events.extend((3..12).map(|n| {
        (
            3,
            started(n, StepKind::Update, &format!("aws_instance.web[{n}]")),
        )
    }));
    events.push((
        6,
        EventKind::StepDone {
            step: StepId(0),
            kind: create,
            addr: addr("aws_subnet.app[\"c\"]"),
            id: Some("subnet-0a1b2c".into()),
            took: seconds(6),
        },
    ));
    events
}

fn view(events: &[(i64, EventKind)]) -> RunView {
    let mut view = RunView::default();
    for (second, kind) in events {
        view.take(&Event {
            at: Timestamp(second * 1_000),
            kind: kind.clone(),
        });
    }
    view
}

fn show(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| line.show(Look::plain()) + "\n")
        .collect::<String>()
        + "[EOF]"
}

#[test]
fn a_running_block_has_eight_rows_an_overflow_and_a_total() {
    insta::assert_snapshot!(show(&frame(&view(&events()), Timestamp(128_000), 70)), @r"
        Creating aws_db_instance.main                                2m07s
      Destroying aws_eip.old  retry 2 of 5 in 8s: Throttling         2m06s
        Updating aws_instance.web[3]                                 2m05s
        Updating aws_instance.web[4]                                 2m05s
        Updating aws_instance.web[5]                                 2m05s
        Updating aws_instance.web[6]                                 2m05s
        Updating aws_instance.web[7]                                 2m05s
        Updating aws_instance.web[8]                                 2m05s
                 ... and 3 more running
        Applying [==>                       ] 1/13  11 running       2m08s
    [EOF]
    ");
}

#[test]
fn a_narrow_block_has_no_durations() {
    insta::assert_snapshot!(show(&frame(&view(&events()[..5]), Timestamp(128_000), 40)), @r#"
        Creating aws_subnet.app["c"]
        Creating aws_db_instance.main
      Destroying aws_eip.old  retr..rottling
        Applying 0/13  3 running
    [EOF]
    "#);
}

#[test]
fn the_first_quarter_of_a_second_is_quiet() {
    let mut view = view(&[(0, EventKind::ObserveStarted { objects: 900 })]);
    assert_eq!(frame(&view, Timestamp(249), 80), []);
    view.take(&Event {
        at: Timestamp(300),
        kind: EventKind::Observed { objects: 400 },
    });
    insta::assert_snapshot!(show(&frame(&view, Timestamp(1_500), 70)), @r"
       Observing 400/900 objects                                        1s
    [EOF]
    ");
}

#[test]
fn a_provider_that_is_waited_for_is_shown_until_it_is_asked_again() {
    let retried = EventKind::AskRetried {
        provider: "sim".into(),
        objects: 100,
        attempt: 2,
        attempts: 5,
        wait: Duration::from_secs(2),
        why: "it is asked too often".into(),
    };
    let view = view(&[(1, retried)]);
    insta::assert_snapshot!(show(&frame(&view, Timestamp(2_999), 70)), @r"
         Waiting for sim  retry 2 of 5: it is asked too often
    [EOF]
    ");
    assert_eq!(frame(&view, Timestamp(3_000), 70), []);
}

fn ends() -> Vec<EventKind> {
    let failed = EventKind::StepFailed {
        step: StepId(1),
        kind: StepKind::Create,
        addr: addr("aws_db_instance.main"),
        took: Duration::from_secs(132),
        diagnostic: Box::new(Diagnostic::error("provider-refused", "aws refused")),
        refusal: None,
    };
    let skipped = EventKind::StepSkipped {
        step: StepId(3),
        kind: StepKind::Update,
        addr: addr("aws_instance.web[3]"),
        needs: Some(addr("aws_db_instance.main")),
    };
    let check = EventKind::CheckFinished {
        check: "health".into(),
        passed: true,
        attempts: 3,
        took: Duration::from_secs(4),
        detail: "200 from http://a/health".into(),
        seen: String::new(),
    };
    vec![
        events().pop().unwrap().1,
        failed,
        skipped,
        check,
        EventKind::Stopping { running: 2 },
    ]
}

#[test]
fn a_line_stays_for_what_ended() {
    let lines: Vec<Line> = ends()
        .iter()
        .filter_map(|event| ended(event, Medium::Terminal(76)))
        .collect();
    insta::assert_snapshot!(show(&lines), @r#"
         Created aws_subnet.app["c"]  subnet-0a1b2c                           6s
          Failed aws_db_instance.main                                      2m12s
         Skipped aws_instance.web[3]  needs aws_db_instance.main
          Passed check health  200 from http://a/health, 3 tries              4s
        Stopping 2 steps finish first, Ctrl-C again to leave them
    [EOF]
    "#);
    let lines: Vec<Line> = ends()
        .iter()
        .filter_map(|event| ended(event, Medium::Log))
        .collect();
    insta::assert_snapshot!(show(&lines), @r#"
         Created aws_subnet.app["c"] subnet-0a1b2c 6s
          Failed aws_db_instance.main 2m12s
         Skipped aws_instance.web[3] needs aws_db_instance.main
          Passed check health 200 from http://a/health, 3 tries 4s
        Stopping 2 steps finish first, Ctrl-C again to leave them
    [EOF]
    "#);
}

#[test]
fn a_slow_step_speaks_in_a_log_ever_more_seldom() {
    let mut view = view(&[
        events()[0].clone(),
        (0, started(1, StepKind::Create, "aws_db_instance.main")),
    ]);
    let spoke =
        (1..=600).filter(|second| !notices(&mut view, Timestamp(second * 1_000)).is_empty());
    assert_eq!(spoke.collect::<Vec<_>>(), [30, 60, 120, 240, 480]);
}

#[test]
fn a_run_ends_with_its_counts() {
    let mut view = view(&events());
    let end = EventKind::RunFinished {
        run: RunId(52),
        done: 2,
        failed: 1,
        skipped: 1,
        took: Duration::from_secs(134),
    };
    view.take(&Event {
        at: Timestamp(134_000),
        kind: end,
    });
    assert_eq!(frame(&view, Timestamp(140_000), 80), []);
    insta::assert_snapshot!(show(&summary(&view, "serial 42", 80)), @r"
    ────────────
         Summary 2m14s  4 steps: 2 done, 1 failed, 1 skipped     run 52, serial 42
    [EOF]
    ");
}
