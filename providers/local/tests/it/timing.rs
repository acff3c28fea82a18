//! `hashicorp/time`, as its documentation says.

use contract::Object;
use std::time::Duration;

use model::{Path, Type, Value};

use crate::harness::{Bench, map, number, text};

#[tokio::test]
async fn a_static_moment_is_that_of_creation_and_stays() {
    let bench = Bench::new("time");
    let config = bench.config("time_static", []);
    let object = bench.create("time_static", &config).await.unwrap();
    assert_eq!(text(&object, "rfc3339"), "2024-01-31T10:00:00Z");
    assert_eq!(number(&object, "month"), 1);
    bench.pass_seconds(3600);
    assert_eq!(
        bench
            .plan("time_static", &object, &config)
            .await
            .unwrap()
            .planned,
        object.value
    );
}

#[tokio::test]
async fn a_given_moment_is_known_when_planned() {
    let bench = Bench::new("time");
    let config = bench.config(
        "time_static",
        [("rfc3339", Value::from("2020-02-12T06:36:13+02:00"))],
    );
    let planned = bench
        .plan("time_static", &Object::nothing(), &config)
        .await
        .unwrap()
        .planned;
    assert_eq!(planned.get("hour"), Some(&Value::int(6)));
    assert_eq!(planned.get("unix"), Some(&Value::int(1_581_482_173)));
    assert!(planned.is_wholly_known());
}

#[tokio::test]
async fn an_offset_counts_months_by_the_calendar() {
    let bench = Bench::new("time");
    let config = bench.config("time_offset", [("offset_months", Value::int(1))]);
    let object = bench.create("time_offset", &config).await.unwrap();
    assert_eq!(text(&object, "base_rfc3339"), "2024-01-31T10:00:00Z");
    assert_eq!(text(&object, "rfc3339"), "2024-03-02T10:00:00Z");
    bench.pass_seconds(1000);
    let changed = bench.config("time_offset", [("offset_days", Value::int(1))]);
    let planned = bench
        .plan("time_offset", &object, &changed)
        .await
        .unwrap()
        .planned;
    assert_eq!(
        planned.get("rfc3339"),
        Some(&Value::from("2024-02-01T10:00:00Z"))
    );
    let unknown = bench.config(
        "time_offset",
        [("offset_days", Value::unknown(Type::Number))],
    );
    let planned = bench
        .plan("time_offset", &object, &unknown)
        .await
        .unwrap()
        .planned;
    assert!(!planned.get("rfc3339").unwrap().is_known());
    assert_eq!(
        planned.get("base_rfc3339"),
        object.value.get("base_rfc3339")
    );
}

#[tokio::test]
async fn a_rotation_is_gone_when_its_time_has_passed() {
    let bench = Bench::new("time");
    let config = bench.config("time_rotating", [("rotation_hours", Value::int(2))]);
    let object = bench.create("time_rotating", &config).await.unwrap();
    assert_eq!(text(&object, "rotation_rfc3339"), "2024-01-31T12:00:00Z");
    bench.pass_seconds(2 * 3600);
    assert!(
        bench
            .read("time_rotating", &object)
            .await
            .unwrap()
            .is_some()
    );
    bench.pass_seconds(1);
    assert!(
        bench
            .read("time_rotating", &object)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_rotation_begins_anew_with_its_triggers() {
    let bench = Bench::new("time");
    let config = bench.config("time_rotating", [("rotation_days", Value::int(1))]);
    let object = bench.create("time_rotating", &config).await.unwrap();
    let attributes = [
        ("rotation_days", Value::int(1)),
        ("triggers", map(&[("a", "1")])),
    ];
    let plan = bench
        .plan(
            "time_rotating",
            &object,
            &bench.config("time_rotating", attributes),
        )
        .await
        .unwrap();
    assert_eq!(plan.requires_replace, [Path::root().attribute("triggers")]);
}

#[tokio::test]
async fn moments_are_imported_by_what_they_are_made_of() {
    let bench = Bench::new("time");
    let offset = bench
        .import("time_offset", "2024-01-31T10:00:00Z,,1,,,,")
        .await
        .unwrap();
    assert_eq!(text(&offset, "rfc3339"), "2024-03-02T10:00:00Z");
    let rotating = bench
        .import("time_rotating", "2024-01-31T10:00:00Z,,,1,,")
        .await
        .unwrap();
    assert_eq!(text(&rotating, "rotation_rfc3339"), "2024-02-01T10:00:00Z");
    let fixed = bench
        .import("time_rotating", "2024-01-31T10:00:00Z,2025-01-01T00:00:00Z")
        .await
        .unwrap();
    assert_eq!(number(&fixed, "year"), 2025);
    for (rtype, id) in [
        ("time_offset", "2024-01-31T10:00:00Z,,,,,,"),
        ("time_offset", "x,,1,,,,"),
        ("time_rotating", "2024-01-31T10:00:00Z"),
        ("time_static", "never"),
        ("time_sleep", ","),
    ] {
        assert!(bench.import(rtype, id).await.is_err(), "{rtype} {id}");
    }
}

#[tokio::test(start_paused = true)]
async fn sleeping_takes_the_time_it_says() {
    let bench = Bench::new("time");
    let durations = [
        ("create_duration", Value::from("30s")),
        ("destroy_duration", Value::from("1.5m")),
    ];
    let config = bench.config("time_sleep", durations);
    let begin = tokio::time::Instant::now();
    let object = bench.create("time_sleep", &config).await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 30);
    bench.destroy("time_sleep", &object).await.unwrap();
    assert_eq!(
        begin.elapsed().as_secs(),
        Duration::from_secs(120).as_secs()
    );
}
