//! What goes wrong in the cloud: errors by class, objects that are half made, answers that are lost, providers that
//! break; and what of it is tried again, told, and recorded.

use std::time::Duration;

use contract::ErrorClass;
use model::event::{Event, EventKind};
use sim::{Crash, Effect, Failure, Hook, Operation, Point, Script, When};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::bed::{Applying, Bed, environment, heal, hurried, open, planned_steps, process, said};
use crate::definitions::definition;

/// A network with a server in it, and another network; and what depends on the server.
fn branches() -> String {
    definition(
        r#"
resource "sim_network" "left" {
  name = "left"
}
resource "sim_server" "web" {
  name       = "web"
  image      = "a"
  network_id = sim_network.left.id
}
resource "sim_volume" "disk" {
  name      = "disk"
  size_gb   = 1
  server_id = sim_server.web.id
}
resource "sim_network" "right" {
  name = "right"
}
resource "sim_server" "other" {
  name       = "other"
  image      = "a"
  network_id = sim_network.right.id
}
"#,
    )
}

fn failing(failure: Failure) -> Script {
    Script {
        failures: vec![failure],
        ..Script::default()
    }
}

fn create(class: ErrorClass, name: &str, calls: &[u64]) -> Failure {
    Failure::new(class)
        .on(Operation::Create)
        .named(name)
        .when(When::Calls(calls.to_vec()))
}

/// Many at once, and tried five times.
fn patient() -> Applying {
    Applying {
        parallelism: None,
        attempts: 5,
        ..Applying::default()
    }
}

fn names(bed: &Bed) -> Vec<String> {
    let objects = bed.objects();
    let name = |object: &sim::SimObject| {
        let name = object.value.get("name").and_then(model::Value::as_str);
        name.unwrap().to_string()
    };
    let mut names: Vec<String> = objects.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn what_may_pass_is_tried_again_with_waits_that_grow() {
    for class in [
        ErrorClass::Throttled,
        ErrorClass::Transient,
        ErrorClass::Conflict,
    ] {
        let bed = Bed::new();
        let script = failing(create(class, "web", &[1, 2, 3, 4]));
        let engine = bed.engine(&branches(), script);
        let (took, outcome) = hurried(async {
            let started = Instant::now();
            let (_, outcome) = engine.command(patient()).await;
            (started.elapsed(), outcome.unwrap())
        });
        assert!(
            outcome.is_success(),
            "{class:?}: {}",
            said(&outcome.diagnostics)
        );
        assert!(took >= Duration::from_millis(1500), "{class:?}: {took:?}");
        let run = engine.store.unended_runs(&environment()).unwrap();
        assert_eq!(run, []);
        let events = engine::history::events(&engine.store, outcome.run).unwrap();
        let count = |wanted: fn(&EventKind) -> bool| {
            let kinds = events.iter().map(|event| &event.kind);
            kinds.filter(|kind| wanted(kind)).count()
        };
        let retries = count(|kind| matches!(kind, EventKind::StepRetried { .. }));
        assert_eq!(retries, 4, "each retry is in the run's history");
        assert_eq!(
            count(|kind| matches!(kind, EventKind::StepStarted { .. })),
            5
        );
        assert_eq!(count(|kind| matches!(kind, EventKind::StepDone { .. })), 5);
        let first = events.first().map(|event| &event.kind);
        assert!(matches!(
            first,
            Some(EventKind::RunStarted { steps: 5, .. })
        ));
        let last = events.last().map(|event| &event.kind);
        assert!(matches!(last, Some(EventKind::RunFinished { done: 5, .. })));
        drop(engine);
        assert_eq!(heal(&bed, &branches()).cloud.len(), 5);
    }
}

#[test]
fn what_may_pass_and_does_not_fails_after_so_many_tries() {
    let bed = Bed::new();
    let failure = Failure::new(ErrorClass::Transient)
        .on(Operation::Create)
        .named("web");
    let engine = bed.engine(&branches(), failing(failure));
    let (_, outcome) = hurried(engine.command(patient()));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.failed, 1);
    let tries = engine.cloud.calls()[&(Operation::Create, "sim_server".into())];
    assert_eq!(tries, 5 + 1, "five of one, one of the other");
    let events = engine::history::events(&engine.store, outcome.run).unwrap();
    let refusals: Vec<String> = events
        .iter()
        .filter_map(|event| {
            let EventKind::StepFailed { refusal, .. } = &event.kind else {
                return None;
            };
            Some(refusal.as_ref()?.to_string())
        })
        .collect();
    assert_eq!(refusals, ["class transient, tried 5 times"]);
    let notes = &outcome.diagnostics.iter().next().unwrap().notes;
    assert_eq!(notes.last(), refusals.last());
    drop(engine);
    assert_eq!(heal(&bed, &branches()).cloud.len(), 5);
}

#[test]
fn what_does_not_pass_is_not_tried_again_and_other_branches_go_on() {
    let classes = [
        ErrorClass::Quota,
        ErrorClass::NotFound,
        ErrorClass::Denied,
        ErrorClass::Permanent,
        ErrorClass::Bug,
    ];
    for class in classes {
        for parallelism in [Some(1), None] {
            let bed = Bed::new();
            let script = failing(create(class, "web", &[1]));
            let engine = bed.engine(&branches(), script);
            let applying = Applying {
                parallelism,
                ..patient()
            };
            let (_, outcome) = process(engine.command(applying));
            let outcome = outcome.unwrap();
            let done: u64 = outcome.done.values().sum();
            // The disk waits for the server.
            assert_eq!(
                (done, outcome.failed, outcome.skipped),
                (3, 1, 1),
                "{class:?}"
            );
            assert_eq!(outcome.unknown, 0);
            drop(engine);
            assert_eq!(names(&bed), ["left", "other", "right"]);
            assert_eq!(open(&bed), Vec::<String>::new());
            assert_eq!(heal(&bed, &branches()).cloud.len(), 5);
        }
    }
}

#[test]
fn skipped_steps_are_told_with_what_they_need() {
    let bed = Bed::new();
    let script = failing(create(ErrorClass::Permanent, "left", &[1]));
    let engine = bed.engine(&branches(), script);
    let (outcome, skipped) = process(async {
        let (sender, mut receiver) = mpsc::channel::<Event>(1000);
        let applying = Applying {
            events: Some(sender),
            ..patient()
        };
        let (_, outcome) = engine.command(applying).await;
        let mut skipped = Vec::new();
        while let Some(event) = receiver.recv().await {
            if let EventKind::StepSkipped { addr, needs, .. } = event.kind {
                skipped.push(format!("{addr} needs {}", needs.unwrap()));
            }
        }
        skipped.sort();
        (outcome.unwrap(), skipped)
    });
    assert_eq!(outcome.skipped, 2);
    assert_eq!(
        skipped,
        [
            "sim_server.web needs sim_network.left",
            "sim_volume.disk needs sim_network.left"
        ]
    );
}

#[test]
fn an_object_that_is_half_made_is_recorded_and_replaced() {
    for class in [ErrorClass::Permanent, ErrorClass::Transient] {
        let bed = Bed::new();
        let script = failing(create(class, "web", &[1]).after(Effect::Half));
        let engine = bed.engine(&branches(), script);
        let (_, outcome) = hurried(engine.command(patient()));
        assert_eq!(outcome.unwrap().failed, 1);
        let recorded = engine::record::read(&engine.store, &environment()).unwrap();
        let half = recorded
            .current(&"sim_server.web".parse().unwrap())
            .unwrap();
        assert!(half.tainted);
        let planned = process(engine.plan());
        assert_eq!(
            planned_steps(&planned.plan),
            [
                "Destroy sim_server.web",
                "Create sim_server.web",
                "Create sim_volume.disk"
            ]
        );
        drop((engine, planned));
        let healed = heal(&bed, &branches());
        assert_eq!(healed.cloud.len(), 5);
        assert!(healed.cloud.iter().all(|object| object.contains("ready")));
    }
}

#[test]
fn an_object_that_was_half_made_when_the_process_died_is_replaced() {
    let bed = Bed::new();
    let half = create(ErrorClass::Permanent, "web", &[1]).after(Effect::Half);
    let hook = Hook::new(|point, request| {
        let is_web = contract::attributes::text(&request.planned, "name") == Some("web");
        if is_web && point == Point::AfterEffect {
            Crash::Hang
        } else {
            Crash::No
        }
    });
    let script = Script {
        hook: Some(hook),
        ..failing(half)
    };
    let engine = bed.engine(&branches(), script);
    let left = process(async {
        tokio::time::timeout(Duration::from_millis(300), engine.command(patient())).await
    });
    assert!(left.is_err(), "it hangs");
    drop(engine);
    assert_eq!(open(&bed), ["create sim_server.web"]);
    let healed = heal(&bed, &branches());
    assert_eq!(healed.cloud.len(), 5);
    assert!(healed.cloud.iter().all(|object| object.contains("ready")));
}

#[test]
fn an_answer_that_was_lost_is_asked_for() {
    for (operation, class) in [
        (Operation::Create, ErrorClass::Transient),
        (Operation::Create, ErrorClass::Permanent),
        (Operation::Destroy, ErrorClass::Transient),
        (Operation::Destroy, ErrorClass::Permanent),
    ] {
        let bed = Bed::new();
        let text = definition("resource \"sim_network\" \"n\" {\n  name = \"n\"\n}\n");
        let mut then = text.clone();
        if operation == Operation::Destroy {
            heal(&bed, &text);
            then = definition("");
        }
        let failure = Failure::new(class).on(operation).after(Effect::Done);
        let engine = bed.engine(&then, failing(failure));
        let (_, outcome) = hurried(engine.command(patient()));
        let outcome = outcome.unwrap();
        assert!(outcome.is_success(), "{}", said(&outcome.diagnostics));
        assert_eq!(engine.cloud.count(operation), 1);
        drop(engine);
        heal(&bed, &then);
    }
}

#[test]
fn an_answer_that_was_lost_and_cannot_be_asked_for_leaves_the_intent_open() {
    let bed = Bed::new();
    let script = Script {
        markers: false,
        ..failing(create(ErrorClass::Transient, "web", &[1]).after(Effect::Done))
    };
    let engine = bed.engine(&branches(), script);
    let (_, outcome) = hurried(engine.command(patient()));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.failed, outcome.skipped), (1, 1));
    let told = said(&outcome.diagnostics);
    assert!(
        told.contains("it cannot be told what exists of it now"),
        "{told}"
    );
    drop(engine);
    assert_eq!(open(&bed), ["create sim_server.web"]);
    // It carries no marker, so the cloud cannot tell, and it is not made a second time.
    let engine = bed.engine(
        &branches(),
        Script {
            markers: false,
            ..Script::default()
        },
    );
    let (recovery, outcome) = process(engine.command(Applying::default()));
    assert_eq!(recovery.unknown.len(), 1);
    assert_eq!(outcome.unwrap().failed, 1);
    drop(engine);
    assert_eq!(names(&bed), ["left", "other", "right", "web"]);
}

/// A script whose provider panics once, with the object of this name.
fn panicking(name: &'static str, point: Point) -> Script {
    let hook = Hook::new(move |at, request| {
        let value = if request.planned.is_null() {
            &request.prior
        } else {
            &request.planned
        };
        let is_it = contract::attributes::text(value, "name") == Some(name);
        if is_it && at == point {
            Crash::Panic
        } else {
            Crash::No
        }
    });
    Script {
        hook: Some(hook),
        ..Script::default()
    }
}

#[test]
fn a_provider_that_panics_takes_nothing_else_with_it() {
    for (point, done) in [(Point::BeforeEffect, 3), (Point::AfterEffect, 3)] {
        let bed = Bed::new();
        let engine = bed.engine(&branches(), panicking("web", point));
        let (_, outcome) = process(engine.command(patient()));
        let outcome = outcome.unwrap();
        let told = said(&outcome.diagnostics);
        assert!(told.contains("the provider panicked"), "{told}");
        let count: u64 = outcome.done.values().sum();
        assert_eq!((count, outcome.failed, outcome.skipped), (done, 1, 1));
        drop(engine);
        assert_eq!(open(&bed), Vec::<String>::new(), "the cloud was asked");
        assert_eq!(heal(&bed, &branches()).cloud.len(), 5);
    }
}

#[test]
fn a_failed_destroy_of_a_replaced_object_does_not_touch_the_new_one() {
    let with = |image: &str| {
        definition(&format!(
            "resource \"sim_server\" \"web\" {{\n  name = \"web\"\n  image = \"{image}\"\n  lifecycle {{\n    \
             create_before_destroy = true\n  }}\n}}\n"
        ))
    };
    let script = failing(Failure::new(ErrorClass::Permanent).on(Operation::Destroy));
    let bed = Bed::new();
    heal(&bed, &with("a"));
    let engine = bed.engine(&with("b"), script);
    let (_, outcome) = process(engine.command(patient()));
    assert_eq!(outcome.unwrap().failed, 1);
    let recorded = engine::record::read(&engine.store, &environment()).unwrap();
    let instance = recorded
        .instance(&"sim_server.web".parse().unwrap())
        .unwrap();
    let image = |object: &engine::recorded::RecordedObject| {
        contract::attributes::text(&object.value, "image").map(str::to_owned)
    };
    assert_eq!(image(instance.current.as_ref().unwrap()), Some("b".into()));
    let deposed: Vec<_> = instance.deposed.values().map(image).collect();
    assert_eq!(deposed, [Some("a".into())]);
    drop((engine, recorded));
    assert_eq!(bed.objects().len(), 2);
    assert_eq!(heal(&bed, &with("b")).cloud.len(), 1);
}

#[test]
fn a_create_first_replacement_that_fails_leaves_the_old_object_current() {
    let with = |image: &str| {
        definition(&format!(
            "resource \"sim_server\" \"web\" {{\n  name = \"web\"\n  image = \"{image}\"\n  lifecycle {{\n    \
             create_before_destroy = true\n  }}\n}}\n"
        ))
    };
    let bed = Bed::new();
    let before = heal(&bed, &with("a"));
    let script = failing(Failure::new(ErrorClass::Quota).on(Operation::Create));
    let engine = bed.engine(&with("b"), script);
    let (_, outcome) = process(engine.command(patient()));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.failed, outcome.skipped), (1, 1));
    drop(engine);
    assert_eq!(heal(&bed, &with("a")), before);
    assert_eq!(heal(&bed, &with("b")).cloud.len(), 1);
}

/// What goes wrong with an operation, in a text that quotes.
fn quoting(operation: Operation, text: &str) -> Script {
    failing(Failure {
        message: format!("`{text}` is not liked"),
        ..Failure::new(ErrorClass::Denied).on(operation)
    })
}

#[test]
fn errors_of_a_plan_show_no_secret_that_the_provider_was_told() {
    let bed = Bed::new();
    let network = definition(
        r#"
resource "sim_network" "left" {
  name = sensitive("correct-horse")
}
"#,
    );
    let data = r#"
data "sim_network" "found" {
  name = sensitive("correct-horse")
}
"#;
    heal(&bed, &network);
    for (operation, text) in [
        (Operation::Read, network.clone()),
        (Operation::Data, network + data),
    ] {
        let engine = bed.engine(&text, quoting(operation, "correct-horse"));
        let (planned, found) = process(engine.try_plan(model::plan::PlanMode::Normal));
        assert!(planned.is_none());
        let said = said(&found);
        assert!(
            said.contains("`(sensitive)` is not liked"),
            "{operation:?}: {said}"
        );
        assert!(!said.contains("correct-horse"), "{operation:?}: {said}");
    }
}

#[test]
fn errors_of_an_apply_show_no_secret_that_was_not_known_to_the_plan() {
    let bed = Bed::new();
    let text = definition(
        r#"
resource "sim_network" "left" {
  name = "left"
}
resource "sim_volume" "disk" {
  name    = sensitive("disk of ${sim_network.left.id}")
  size_gb = 1
}
"#,
    );
    let failure = Failure {
        rtype: Some("sim_volume".into()),
        ..quoting(Operation::Create, "disk of net-000001").failures[0].clone()
    };
    let engine = bed.engine(&text, failing(failure));
    let (_, outcome) = process(engine.command(Applying::default()));
    let said = said(&outcome.unwrap().diagnostics);
    assert!(said.contains("`(sensitive)` is not liked"), "{said}");
}

/// A network that is read by its name, in the plan or, where its name is not known to that, in the apply.
fn read_by_name(name: &str) -> String {
    definition(&format!(
        r#"
resource "sim_network" "left" {{
  name = "left"
}}
data "sim_network" "found" {{
  name = {name}
}}
resource "sim_volume" "disk" {{
  name    = "disk of ${{data.sim_network.found.id}}"
  size_gb = 1
}}
"#
    ))
}

fn at_calls(operation: Operation, class: ErrorClass, calls: &[u64]) -> Script {
    let failure = Failure::new(class).on(operation);
    failing(failure.when(When::Calls(calls.to_vec())))
}

#[test]
fn a_plan_asks_again_where_an_error_may_pass() {
    let bed = Bed::new();
    let text = read_by_name("\"left\"");
    heal(
        &bed,
        &definition("resource \"sim_network\" \"left\" {\n  name = \"left\"\n}\n"),
    );
    for operation in [Operation::Read, Operation::Data] {
        for class in [
            ErrorClass::Throttled,
            ErrorClass::Transient,
            ErrorClass::Conflict,
        ] {
            let engine = bed.engine(&text, at_calls(operation, class, &[1, 2, 3, 4]));
            let (took, (planned, found)) = hurried(async {
                let started = Instant::now();
                let answer = engine.try_plan(model::plan::PlanMode::Normal).await;
                (started.elapsed(), answer)
            });
            assert!(
                planned.is_some(),
                "{operation:?} {class:?}: {}",
                said(&found)
            );
            assert!(took >= Duration::from_millis(1500), "{took:?}");
        }
        for (class, tries) in [(ErrorClass::Transient, 5), (ErrorClass::Denied, 1)] {
            let always = failing(Failure::new(class).on(operation));
            let engine = bed.engine(&text, always);
            let (planned, _) = hurried(engine.try_plan(model::plan::PlanMode::Normal));
            assert!(planned.is_none(), "{operation:?} {class:?}");
            let calls = engine.cloud.calls()[&(operation, "sim_network".into())];
            assert_eq!(calls, tries, "{operation:?} {class:?}");
        }
    }
}

#[test]
fn a_data_source_that_is_read_in_the_apply_is_asked_again() {
    let name = "sim_network.left.id == \"\" ? \"right\" : \"left\"";
    let bed = Bed::new();
    let script = at_calls(Operation::Data, ErrorClass::Throttled, &[1, 2]);
    let engine = bed.engine(&read_by_name(name), script);
    let (_, outcome) = hurried(engine.command(patient()));
    let outcome = outcome.unwrap();
    assert!(outcome.is_success(), "{}", said(&outcome.diagnostics));
    assert_eq!(outcome.done["read"], 1);
    drop(engine);
    assert_eq!(names(&bed), ["disk of net-000001", "left"]);

    let bed = Bed::new();
    let failure = Failure::new(ErrorClass::Denied).on(Operation::Data);
    let engine = bed.engine(&read_by_name(name), failing(failure));
    let (_, outcome) = process(engine.command(Applying::default()));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.failed, outcome.skipped), (1, 1));
    drop(engine);
    assert_eq!(names(&bed), ["left"]);
}
