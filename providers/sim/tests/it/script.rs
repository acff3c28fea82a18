//! What the script says is what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::{ErrorClass, Exists, Found, Object, ReadRequest};
use futures_util::FutureExt;
use model::{Str, Value};
use sim::{Crash, Effect, Failure, Hook, Operation, Point, Script, Throttle, When};
use tokio::time::Instant;

use crate::harness::{Bench, text};

fn failing(failure: Failure) -> Bench {
    Bench::new(Script {
        failures: vec![failure],
        ..Script::default()
    })
}

#[tokio::test]
async fn a_failure_comes_at_its_calls_with_its_class() {
    let failure = Failure::new(ErrorClass::Transient)
        .on(Operation::Create)
        .when(When::Calls(vec![1, 3]));
    let bench = failing(failure.named("a"));
    let mut classes = Vec::new();
    for name in ["b", "a", "a", "a", "a"] {
        let made = bench.create("sim_network", &bench.network(name)).await;
        classes.push(made.err().map(|error| (error.error.class, error.exists)));
    }
    let failed = Some((ErrorClass::Transient, Exists::Nothing));
    assert_eq!(classes, [None, failed.clone(), None, failed, None]);
    assert_eq!(bench.names(), ["b", "a", "a"]);
}

#[tokio::test]
async fn a_create_that_stops_half_way_says_what_exists() {
    let bench = failing(
        Failure::new(ErrorClass::Permanent)
            .on(Operation::Create)
            .after(Effect::Half),
    );
    let error = bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap_err();
    let Exists::Object(object) = error.exists else {
        panic!("nothing exists")
    };
    assert_eq!(text(&object.value, "status"), "pending");
    assert!(object.value.is_wholly_known());
    assert_eq!(bench.names(), ["a"]);
    assert_eq!(
        bench
            .read("sim_network", &object)
            .await
            .unwrap()
            .map(|object| object.value),
        Some(object.value)
    );
}

#[tokio::test]
async fn an_error_may_hide_that_all_was_done() {
    let bench = failing(
        Failure::new(ErrorClass::Transient)
            .on(Operation::Create)
            .after(Effect::Done),
    );
    let request = bench
        .request("sim_network", &Object::nothing(), &bench.network("a"))
        .await
        .unwrap();
    let error = bench.provider.apply(request.clone()).await.unwrap_err();
    assert_eq!(error.exists, Exists::Unknown);
    assert_eq!(bench.names(), ["a"]);
    assert!(matches!(
        bench.find(request).await.unwrap(),
        Found::Object(_)
    ));
}

#[tokio::test]
async fn a_failed_update_or_destroy_leaves_the_object() {
    let bench = Bench::new(Script::default());
    let object = bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap();
    bench.cloud.set_script(Script {
        failures: vec![Failure::new(ErrorClass::Denied)],
        ..Script::default()
    });
    for config in [bench.network("b"), Value::NULL] {
        let request = bench
            .request("sim_network", &object, &config)
            .await
            .unwrap();
        let error = bench.provider.apply(request).await.unwrap_err();
        assert_eq!(error.error.class, ErrorClass::Denied);
        assert_eq!(error.exists, Exists::Object(object.clone()));
    }
    assert_eq!(bench.names(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn calls_take_their_time() {
    let bench = Bench::new(Script {
        latency: Duration::from_millis(200),
        ..Script::default()
    });
    let begin = Instant::now();
    bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap();
    assert_eq!(begin.elapsed().as_millis(), 200);
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_turned_away_and_told_when_to_come_back() {
    let throttle = Some(Throttle {
        rate: 2.0,
        burst: 3.0,
    });
    let bench = Bench::new(Script {
        throttle,
        ..Script::default()
    });
    for _ in 0..3 {
        bench
            .create("sim_network", &bench.network("a"))
            .await
            .unwrap();
    }
    let error = bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap_err()
        .error;
    assert_eq!(
        (error.class, error.retry_after),
        (ErrorClass::Throttled, Some(Duration::from_millis(500)))
    );
    tokio::time::advance(Duration::from_millis(500)).await;
    bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap();
    assert_eq!(bench.names().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn reads_lag_behind_but_finding_does_not() {
    let bench = Bench::new(Script {
        lag: Duration::from_secs(1),
        ..Script::default()
    });
    let request = bench
        .request("sim_network", &Object::nothing(), &bench.network("a"))
        .await
        .unwrap();
    let object = bench
        .provider
        .apply(request.clone())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bench.read("sim_network", &object).await.unwrap(), None);
    assert!(matches!(
        bench.find(request).await.unwrap(),
        Found::Object(_)
    ));
    assert!(bench.read("sim_network", &object).await.unwrap().is_some());
    bench.destroy("sim_network", &object).await.unwrap();
    assert!(bench.read("sim_network", &object).await.unwrap().is_some());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(bench.read("sim_network", &object).await.unwrap(), None);
}

#[tokio::test]
async fn many_objects_are_read_in_few_calls_and_in_order() {
    let bench = Bench::new(Script {
        read_batch: 10,
        ..Script::default()
    });
    let mut requests = Vec::new();
    for number in 0..25 {
        let object = bench
            .create("sim_network", &bench.network(&number.to_string()))
            .await
            .unwrap();
        requests.push(ReadRequest {
            rtype: "sim_network".into(),
            object,
        });
    }
    let wanted: Vec<Value> = requests
        .iter()
        .map(|request| request.object.value.clone())
        .collect();
    let read = bench.provider.read(requests).await;
    let read: Vec<Value> = read
        .into_iter()
        .map(|answer| answer.unwrap().object.unwrap().value)
        .collect();
    assert_eq!(read, wanted);
    assert_eq!(bench.cloud.count(Operation::Read), 3);
    assert_eq!(
        bench
            .cloud
            .calls()
            .get(&(Operation::Create, Str::from("sim_network"))),
        Some(&25)
    );
}

/// An engine that is killed at a point of a create, and another that comes after it on the same cloud.
async fn killed_at(at: Point) -> (Bench, Found) {
    let reached = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&reached);
    let hook = Hook::new(move |point, _| {
        if point != at {
            return Crash::No;
        }
        told.store(true, Ordering::SeqCst);
        Crash::Hang
    });
    let bench = Bench::new(Script {
        hook: Some(hook),
        ..Script::default()
    });
    let request = bench
        .request("sim_network", &Object::nothing(), &bench.network("a"))
        .await
        .unwrap();
    let mut apply = bench.provider.apply(request.clone());
    assert!(futures_util::poll!(&mut apply).is_pending());
    assert!(reached.load(Ordering::SeqCst));
    drop(apply);
    let after = Bench::on(Arc::clone(&bench.cloud));
    let found = after.find(request).await.unwrap();
    (after, found)
}

#[tokio::test]
async fn after_a_crash_another_engine_finds_what_was_made() {
    let (bench, found) = killed_at(Point::BeforeEffect).await;
    assert_eq!(found, Found::Nothing);
    assert!(bench.names().is_empty());
    for point in [Point::AfterEffect, Point::BeforeReturn] {
        let (bench, found) = killed_at(point).await;
        let Found::Object(object) = found else {
            panic!("not found")
        };
        assert_eq!(text(&object.value, "name"), "a");
        assert_eq!(bench.names(), ["a"]);
    }
}

#[tokio::test]
async fn a_provider_may_panic() {
    let hook = Hook::new(|_, _| Crash::Panic);
    let bench = Bench::new(Script {
        hook: Some(hook),
        ..Script::default()
    });
    let config = bench.network("a");
    let made = std::panic::AssertUnwindSafe(bench.create("sim_network", &config))
        .catch_unwind()
        .await;
    assert!(made.is_err());
}

#[tokio::test]
async fn the_order_of_things_matters() {
    let bench = Bench::new(Script::default());
    let server = |network: &str| {
        let attributes = [
            ("name", Value::from("web")),
            ("image", Value::from("a")),
            ("network_id", Value::from(network)),
        ];
        bench.config("sim_server", attributes)
    };
    let error = bench
        .create("sim_server", &server("net-000009"))
        .await
        .unwrap_err()
        .error;
    assert_eq!(error.message, "there is no sim_network `net-000009`");
    let network = bench
        .create("sim_network", &bench.network("net"))
        .await
        .unwrap();
    let made = bench
        .create("sim_server", &server(text(&network.value, "id")))
        .await
        .unwrap();
    let error = bench
        .destroy("sim_network", &network)
        .await
        .unwrap_err()
        .error;
    assert_eq!(
        (error.class, error.message.as_str()),
        (
            ErrorClass::Conflict,
            "`net-000001` is in use by `srv-000002`"
        )
    );
    bench.destroy("sim_server", &made).await.unwrap();
    bench.destroy("sim_network", &network).await.unwrap();
    assert!(bench.names().is_empty());
}

#[tokio::test]
async fn what_is_changed_behind_everyones_back_is_read() {
    let bench = Bench::new(Script::default());
    let object = bench
        .create("sim_network", &bench.network("a"))
        .await
        .unwrap();
    let id = text(&object.value, "id");
    bench
        .cloud
        .tamper(id, |value| {
            contract::attributes::with(value, [("name", Value::from("b"))])
        })
        .unwrap();
    let read = bench.read("sim_network", &object).await.unwrap().unwrap();
    assert_eq!(text(&read.value, "name"), "b");
    bench.cloud.remove(id).unwrap();
    assert_eq!(bench.read("sim_network", &object).await.unwrap(), None);
}
