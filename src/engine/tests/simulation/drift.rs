//! A world that changed behind the record, and steps that were to put it right and do not come to their end: what was
//! applied stays recorded until something else is, so that who looks next sees the same difference.

use contract::ErrorClass;
use engine::SessionError;
use model::Value;
use model::plan::Plan;
use sim::{Effect, Failure, Operation, Script};
use state::RunKind;

use crate::bed::{Applying, Bed, heal, open, process};
use crate::crashes::{Moment, crash};
use crate::definitions::definition;

const SERVERS: &str = r#"
resource "sim_server" "gone" {
  name  = "gone"
  image = "a"
}
resource "sim_server" "grown" {
  name   = "grown"
  image  = "a"
  size   = "small"
  secret = "hush"
}
"#;

/// One server was removed, and the other made larger.
fn drifted(text: &str) -> Bed {
    let bed = Bed::new();
    heal(&bed, text);
    let cloud = bed.cloud(Script::default());
    for object in bed.objects() {
        let name = object.value.get("name").and_then(Value::as_str).unwrap();
        if name == "gone" {
            cloud.remove(&object.id).unwrap();
        } else {
            let grow =
                |value: &Value| contract::attributes::with(value, [("size", "large".into())]);
            cloud.tamper(&object.id, grow).unwrap();
        }
    }
    bed
}

/// What differs: of each object, the size as recorded and as it is.
fn drift(plan: &Plan) -> Vec<String> {
    let size = |value: &Value| format!("{:?}", value.get("size").map(Value::bare));
    let one = |drift: &model::plan::Drift| {
        let (recorded, observed) = (size(&drift.recorded), size(&drift.observed));
        format!("{} {recorded} {observed}", drift.addr)
    };
    plan.drift.iter().map(one).collect()
}

fn seen(bed: &Bed, text: &str) -> Vec<String> {
    let engine = bed.engine(text, Script::default());
    let (_, planned) = process(async { (engine.recover().await, engine.plan().await) });
    drift(&planned.plan)
}

#[test]
fn drift_stays_while_the_steps_that_were_to_mend_it_fail() {
    let text = definition(SERVERS);
    let before = heal(&Bed::new(), &text);
    for after in [Effect::Nothing, Effect::Half] {
        let bed = drifted(&text);
        let wanted = seen(&bed, &text);
        assert_eq!(wanted.len(), 2);
        let failure = |on| Failure::new(ErrorClass::Permanent).on(on).after(after);
        let failures = match after {
            // A half made object exists: it is tainted, and not gone any more.
            Effect::Half | Effect::Done => vec![failure(Operation::Update)],
            Effect::Nothing => vec![failure(Operation::Create), failure(Operation::Update)],
        };
        let failed = failures.len() as u64;
        let script = Script {
            failures,
            ..Script::default()
        };
        let engine = bed.engine(&text, script);
        let (_, outcome) = process(engine.command(Applying::default()));
        assert_eq!(outcome.unwrap().failed, failed);
        drop(engine);
        assert_eq!(open(&bed), Vec::<String>::new());
        let still: Vec<_> = wanted.into_iter().skip(2 - failed as usize).collect();
        assert_eq!(seen(&bed, &text), still);
        assert_eq!(heal(&bed, &text), before);
    }
}

#[test]
fn drift_stays_when_the_process_dies_before_it_is_mended() {
    let text = definition(SERVERS);
    let before = heal(&Bed::new(), &text);
    let wanted = seen(&drifted(&text), &text);
    for (moment, mended) in [
        (Moment::Settled(0), 0),
        (Moment::Intended(1), 0),
        (Moment::Happened(1), 1),
        (Moment::Settled(1), 1),
        (Moment::Intended(2), 1),
        (Moment::Happened(2), 2),
    ] {
        let bed = drifted(&text);
        assert!(crash(&bed, &text, moment), "{moment:?}");
        let left = seen(&bed, &text);
        assert_eq!(left.len(), 2 - mended, "{moment:?}: {left:?}");
        assert!(left.iter().all(|seen| wanted.contains(seen)), "{left:?}");
        assert_eq!(heal(&bed, &text), before, "{moment:?}");
    }
}

#[test]
fn drift_stays_when_a_destroy_fails_and_goes_with_the_object() {
    let text = definition(SERVERS);
    let bed = drifted(&text);
    let without = definition("");
    let failure = Failure::new(ErrorClass::Permanent).on(Operation::Destroy);
    let script = Script {
        failures: vec![failure],
        ..Script::default()
    };
    let engine = bed.engine(&without, script);
    let (_, outcome) = process(engine.command(Applying::default()));
    assert_eq!(outcome.unwrap().failed, 1);
    drop(engine);
    // Of the one that is gone nothing was to be done, and the record has learnt it.
    assert_eq!(seen(&bed, &text).len(), 1);
    assert_eq!(heal(&bed, &without).cloud.len(), 0);
}

#[test]
fn a_plan_made_before_drift_was_mended_does_not_mend_it_again() {
    let text = definition(SERVERS);
    let bed = drifted(&text);
    let gone = bed.engine(&text, Script::default());
    process(gone.command(Applying::default()));
    let grown = |object: &&sim::SimObject| {
        contract::attributes::text(&object.value, "name") == Some("grown")
    };
    let id = bed.objects().iter().find(grown).unwrap().id.clone();
    let grow = |value: &Value| contract::attributes::with(value, [("size", "large".into())]);
    bed.cloud(Script::default()).tamper(&id, grow).unwrap();
    drop(gone);
    let (first, second) = (
        bed.engine(&text, Script::default()),
        bed.engine(&text, Script::default()),
    );
    process(async {
        let stale = first.plan().await;
        assert_eq!(drift(&stale.plan).len(), 1);
        let (_, outcome) = second.command(Applying::default()).await;
        assert!(outcome.unwrap().is_success());
        // What is recorded is what was recorded before, but something was done.
        let session = first.session(RunKind::Apply, Some(&stale.plan)).await;
        assert!(matches!(session, Err(SessionError::Stale { .. })));
    });
}
