//! Instances that go by another address while something of them is not done: in doubt, or put aside and still there.

use contract::ErrorClass;
use sim::{Failure, Operation, Script};

use crate::bed::{Applying, Bed, heal, open, planned_steps, process, said};
use crate::crashes::{Moment, crash};
use crate::definitions::definition;

const CREATE_FIRST: &str = "  lifecycle {\n    create_before_destroy = true\n  }\n";

fn server(name: &str, image: &str, size: &str, more: &str) -> String {
    format!(
        "resource \"sim_server\" \"{name}\" {{\n  name = \"web\"\n  image = \"{image}\"\n  size = \"{size}\"\n{more}}}\n"
    )
}

fn web(image: &str, size: &str, more: &str) -> String {
    definition(&server("web", image, size, more))
}

/// The same server by another name.
fn site(image: &str, size: &str, more: &str) -> String {
    let moved = "moved {\n  from = sim_server.web\n  to   = sim_server.site\n}\n";
    definition(&(server("site", image, size, more) + moved))
}

fn failing(failure: Failure) -> Script {
    Script {
        failures: vec![failure],
        ..Script::default()
    }
}

#[test]
fn an_instance_in_doubt_is_not_moved_before_it_is_known_what_became_of_it() {
    for moment in [Moment::Intended(1), Moment::Happened(1)] {
        let bed = Bed::new();
        heal(&bed, &web("a", "small", ""));
        assert!(crash(&bed, &web("a", "large", ""), moment));
        let id = bed.objects()[0].id.clone();
        let then = site("a", "large", "");
        let denied = Failure::new(ErrorClass::Denied).on(Operation::Find);
        let engine = bed.engine(&then, failing(denied));
        let (recovery, outcome) = process(engine.command(Applying::default()));
        assert_eq!(recovery.unknown.len(), 1);
        let outcome = outcome.unwrap();
        assert_eq!(outcome.failed, 1, "{moment:?}");
        let told = said(&outcome.diagnostics);
        assert!(
            told.contains("`sim_server.site` was left as it is"),
            "{told}"
        );
        drop(engine);
        assert_eq!(open(&bed), ["update sim_server.web"]);
        let engine = bed.engine(&then, Script::default());
        let planned = process(async {
            engine.recover().await;
            engine.plan().await
        });
        let steps = planned_steps(&planned.plan);
        let not_done = matches!(moment, Moment::Intended(_));
        let update = not_done.then_some("Update sim_server.site".to_owned());
        let wanted: Vec<_> = update
            .into_iter()
            .chain(["Move sim_server.site".to_owned()])
            .collect();
        assert_eq!(steps.len(), wanted.len(), "{steps:?}");
        assert!(wanted.iter().all(|step| steps.contains(step)), "{steps:?}");
        drop((engine, planned));
        assert_eq!(heal(&bed, &then).cloud.len(), 1);
        assert_eq!(bed.objects()[0].id, id, "it is the same object");
    }
}

#[test]
fn an_object_that_may_have_been_made_is_not_made_again_by_another_name() {
    let bed = Bed::new();
    assert!(crash(&bed, &web("a", "small", ""), Moment::Happened(1)));
    let then = site("a", "small", "");
    let script = Script {
        markers: false,
        ..Script::default()
    };
    let engine = bed.engine(&then, script);
    let (recovery, outcome) = process(engine.command(Applying::default()));
    assert_eq!(recovery.unknown.len(), 1);
    assert_eq!(outcome.unwrap().failed, 1);
    drop(engine);
    assert_eq!(bed.objects().len(), 1);
    assert_eq!(heal(&bed, &then).cloud.len(), 1);
}

#[test]
fn an_object_that_was_put_aside_moves_with_its_instance() {
    let bed = Bed::new();
    heal(&bed, &web("a", "small", CREATE_FIRST));
    let moment = Moment::Settled(1);
    assert!(crash(&bed, &web("b", "small", CREATE_FIRST), moment));
    assert_eq!(bed.objects().len(), 2);
    let healed = heal(&bed, &site("b", "small", CREATE_FIRST));
    assert_eq!(healed.cloud.len(), 1);
}

#[test]
fn an_instance_of_which_only_what_was_put_aside_is_left_can_move() {
    let bed = Bed::new();
    heal(&bed, &web("a", "small", CREATE_FIRST));
    let moment = Moment::Settled(1);
    assert!(crash(&bed, &web("b", "small", CREATE_FIRST), moment));
    let new = bed.objects().pop().unwrap();
    bed.cloud(Script::default()).remove(&new.id).unwrap();
    let refused = Failure::new(ErrorClass::Permanent).on(Operation::Destroy);
    let engine = bed.engine(&definition(""), failing(refused));
    let (_, outcome) = process(engine.command(Applying::default()));
    assert_eq!(outcome.unwrap().failed, 1);
    drop(engine);
    let healed = heal(&bed, &site("b", "small", CREATE_FIRST));
    assert_eq!(healed.cloud.len(), 1);
}
