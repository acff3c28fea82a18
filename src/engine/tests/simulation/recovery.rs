//! Crashes that are followed by something else than the same command in peace: a second crash, another process, another
//! definition, a world that changed meanwhile or that cannot be asked.

use std::pin::pin;
use std::task::Poll;

use engine::SessionError;
use engine::settle::{SettleError, Verdict};
use model::Value;
use model::clock::Timestamp;
use model::plan::PlanMode;
use sim::{Failure, Operation, Script, When};
use state::{
    Holder, Intent, LeaseRequest, NewRun, Payload, Process, Protection, RecordError, RunKind,
    RunOutcome,
};

use crate::bed::{
    Applying, Bed, environment, heal, open, picture, planned_steps, process, said, settled,
};
use crate::crashes::{Moment, crash};
use crate::definitions::definition;

fn network(name: &str, cidr: &str) -> String {
    format!(
        "resource \"sim_network\" \"{name}\" {{\n  name = \"{name}\"\n  cidr = \"{cidr}\"\n}}\n"
    )
}

fn server(image: &str, size: &str, more: &str) -> String {
    definition(&format!(
        "resource \"sim_server\" \"web\" {{\n  name = \"web\"\n  image = \"{image}\"\n  size = \"{size}\"\n{more}}}\n"
    ))
}

const CREATE_FIRST: &str = "  lifecycle {\n    create_before_destroy = true\n  }\n";

/// Lets a recovery go on for a number of steps, and kills it. Says whether it was still at work.
fn crash_recovery(bed: &Bed, text: &str, steps: u32) -> bool {
    let engine = bed.engine(text, Script::default());
    process(async {
        let mut recovery = pin!(engine.recover());
        for _ in 0..steps {
            let poll = std::future::poll_fn(|context| {
                Poll::Ready(recovery.as_mut().poll(context).is_ready())
            });
            if poll.await {
                return false;
            }
            // What it waits for happens.
            tokio::task::yield_now().await;
        }
        true
    })
}

#[test]
fn a_second_crash_at_any_moment_of_the_recovery_loses_nothing() {
    let text = definition(&(network("a", "10.1.0.0/16") + &network("b", "10.2.0.0/16")));
    let wanted = heal(&Bed::new(), &text);
    let mut cut_short = 0;
    let mut steps = 0;
    loop {
        steps += 1 + steps / 4;
        let bed = Bed::new();
        assert!(crash(&bed, &text, Moment::Happened(1)));
        let was_cut_short = crash_recovery(&bed, &text, steps);
        assert_eq!(heal(&bed, &text), wanted, "after {steps} steps");
        if !was_cut_short {
            break;
        }
        cut_short += 1;
    }
    assert!(cut_short > 3, "{cut_short}");
}

#[test]
fn a_run_that_cannot_begin_makes_nothing_real_and_one_whose_making_fails_holds_nothing() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    let first = bed.engine(&text, Script::default());
    let second = bed.engine(&text, Script::default());
    process(async {
        let mut made = Vec::new();
        let session = first
            .session_with(RunKind::Apply, None, async |request| {
                made.push("first");
                let revision = Some("r7".to_owned());
                Ok(engine::SessionRequest {
                    revision,
                    ..request
                })
            })
            .await
            .unwrap();
        let run = first.store.run(session.run_id()).unwrap();
        assert_eq!(run.revision.as_deref(), Some("r7"));
        let locked = second
            .session_with(RunKind::Apply, None, async |request| {
                made.push("second");
                Ok(request)
            })
            .await;
        assert!(matches!(
            locked,
            Err(SessionError::Record(RecordError::Locked { .. }))
        ));
        let planned = second.plan().await;
        session
            .finish(RunOutcome::Succeeded, Default::default())
            .await
            .unwrap();
        let other = first.plan().await;
        first.apply(other, Applying::default()).await;
        let stale = second
            .session_with(RunKind::Apply, Some(&planned.plan), async |request| {
                made.push("stale");
                Ok(request)
            })
            .await;
        assert!(matches!(stale, Err(SessionError::Stale { .. })));
        assert_eq!(made, ["first"]);

        let unmade = second
            .session_with(RunKind::Apply, None, async |_| {
                Err(RecordError::Bug {
                    what: "no room".into(),
                }
                .into())
            })
            .await;
        assert!(matches!(unmade, Err(SessionError::Unmade(_))));
        let free = first.session(RunKind::Apply, None).await.unwrap();
        free.finish(RunOutcome::Succeeded, Default::default())
            .await
            .unwrap();
    });
}

#[test]
fn of_two_processes_only_one_recovers_at_a_time_and_the_other_is_told() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    let first = bed.engine(&text, Script::default());
    let second = bed.engine(&text, Script::default());
    process(async {
        let session = first.session(RunKind::Recover, None).await.unwrap();
        let refused = second.session(RunKind::Recover, None).await;
        assert!(matches!(
            refused,
            Err(SessionError::Record(RecordError::Locked { .. }))
        ));
        session
            .finish(RunOutcome::Succeeded, Default::default())
            .await
            .unwrap();
        // It plans on a record that the other one then recovers.
        let planned = second.plan().await;
        assert_eq!(first.recover().await.adopted.len(), 1);
        let session = second.session(RunKind::Apply, Some(&planned.plan)).await;
        assert!(matches!(session, Err(SessionError::Stale { .. })));
    });
    drop((first, second));
    assert_eq!(settled(&bed, &text).cloud.len(), 1);
}

#[test]
fn a_plan_made_before_a_recovery_that_found_nothing_out_touches_nothing_in_doubt() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    let engine = bed.engine(&text, Script::default());
    let outcome = process(async {
        let planned = engine.plan().await;
        engine.apply(planned, Applying::default()).await
    });
    assert_eq!((outcome.failed, outcome.is_success()), (1, false));
    drop(engine);
    assert_eq!(bed.objects().len(), 1);
    assert_eq!(open(&bed), ["create sim_network.a"]);
    assert_eq!(heal(&bed, &text).cloud.len(), 1);
}

#[test]
fn an_object_whose_block_was_removed_meanwhile_is_found_and_destroyed() {
    let text = definition(&(network("a", "10.1.0.0/16") + &network("b", "10.2.0.0/16")));
    let without = definition(&network("b", "10.2.0.0/16"));
    for n in [1, 2] {
        let bed = Bed::new();
        assert!(crash(&bed, &text, Moment::Happened(n)));
        assert_eq!(heal(&bed, &without).cloud.len(), 1);
    }
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    assert_eq!(heal(&bed, &definition("")).cloud.len(), 0);
}

#[test]
fn where_a_provider_is_configured_otherwise_meanwhile_nothing_found_is_no_answer() {
    let provider = |seed: u32| {
        let provider = format!("provider \"sim\" {{\n  seed = {seed}\n}}\n");
        definition(&(provider + &network("a", "10.1.0.0/16")))
    };
    let then = provider(1);
    for (now, undone, unknown) in [
        (provider(1), 1, 0),
        (provider(2), 0, 1),
        (definition(&network("a", "10.1.0.0/16")), 0, 1),
    ] {
        let bed = Bed::new();
        assert!(crash(&bed, &then, Moment::Intended(1)));
        let engine = bed.engine(&now, Script::default());
        let recovery = process(engine.recover());
        assert_eq!(
            (recovery.undone.len(), recovery.unknown.len()),
            (undone, unknown)
        );
        drop(engine);
        assert_eq!(open(&bed).len(), unknown);
        assert_eq!(heal(&bed, &then).cloud.len(), 1);
    }
    let bed = Bed::new();
    assert!(crash(&bed, &then, Moment::Happened(1)));
    assert_eq!(
        heal(&bed, &provider(2)).cloud.len(),
        1,
        "what is found is it"
    );
}

#[test]
fn where_a_provider_is_configured_otherwise_meanwhile_an_object_that_is_not_found_may_still_exist()
{
    let provider = |seed: u32| format!("provider \"sim\" {{\n  seed = {seed}\n}}\n");
    let then = definition(&(provider(1) + &network("a", "10.1.0.0/16")));
    let without = |seed| definition(&provider(seed));
    for (now, adopted, unknown) in [(without(1), 1, 0), (without(2), 0, 1)] {
        let bed = Bed::new();
        heal(&bed, &then);
        assert!(crash(&bed, &without(1), Moment::Happened(1)));
        let engine = bed.engine(&now, Script::default());
        let recovery = process(engine.recover());
        assert_eq!(
            (recovery.adopted.len(), recovery.unknown.len()),
            (adopted, unknown)
        );
        let recorded = engine::record::read(&engine.store, &environment()).unwrap();
        assert_eq!(recorded.count(), unknown, "it is not forgotten");
        drop(engine);
        assert_eq!(heal(&bed, &without(1)).cloud.len(), 0);
    }
}

#[test]
fn an_object_whose_block_became_another_meanwhile_is_recorded_with_what_it_depended_on() {
    let first = definition(
        "resource \"sim_network\" \"n\" {\n  name = \"n\"\n}\n\
         resource \"sim_server\" \"web\" {\n  name = \"web\"\n  image = \"a\"\n  network_id = sim_network.n.id\n}\n",
    );
    let bed = Bed::new();
    assert!(crash(&bed, &first, Moment::Happened(2)));
    // Nothing says any more that the server must go before the network: only the record knows.
    assert_eq!(heal(&bed, &definition("")).cloud.len(), 0);
}

#[test]
fn an_update_is_continued_from_whatever_the_object_is_now() {
    let (small, large) = (server("a", "small", ""), server("a", "large", ""));
    for moment in [Moment::Intended(1), Moment::Happened(1)] {
        let bed = Bed::new();
        heal(&bed, &small);
        assert!(crash(&bed, &large, moment));
        let id = bed.objects()[0].id.clone();
        // Neither as it was nor as it was to be.
        bed.cloud(Script::default())
            .tamper(&id, |value| {
                contract::attributes::with(value, [("size", Value::from("medium"))])
            })
            .unwrap();
        let engine = bed.engine(&large, Script::default());
        let recovery = process(engine.recover());
        let counts = (recovery.adopted.len(), recovery.half.len());
        assert_eq!(counts, (0, 1), "it is not what was to come");
        let planned = process(engine.plan());
        assert!(
            planned.plan.drift.is_empty(),
            "recovery recorded it as it is"
        );
        assert_eq!(planned_steps(&planned.plan), ["Update sim_server.web"]);
        drop((planned, engine));
        let healed = heal(&bed, &large);
        assert_eq!(healed.cloud.len(), 1);
        assert!(healed.cloud[0].contains("large"), "{healed:?}");
        assert_eq!(bed.objects()[0].id, id, "it is the same object");
    }
}

#[test]
fn an_object_that_went_away_while_its_update_was_in_doubt_is_made_anew() {
    let (small, large) = (server("a", "small", ""), server("a", "large", ""));
    let bed = Bed::new();
    heal(&bed, &small);
    assert!(crash(&bed, &large, Moment::Happened(1)));
    let id = bed.objects()[0].id.clone();
    bed.cloud(Script::default()).remove(&id).unwrap();
    assert_eq!(heal(&bed, &large).cloud.len(), 1);
}

#[test]
fn a_replacement_that_creates_first_is_never_without_a_current_object() {
    let (old, new) = (
        server("a", "small", CREATE_FIRST),
        server("b", "small", CREATE_FIRST),
    );
    let moments: [(Moment, usize, usize); 5] = [
        (Moment::Intended(1), 1, 0),
        (Moment::Happened(1), 1, 1),
        (Moment::Settled(1), 1, 1),
        (Moment::Intended(2), 1, 1),
        (Moment::Happened(2), 1, 0),
    ];
    for (moment, current, deposed) in moments {
        let bed = Bed::new();
        heal(&bed, &old);
        assert!(crash(&bed, &new, moment));
        let engine = bed.engine(&new, Script::default());
        process(engine.recover());
        let recorded = engine::record::read(&engine.store, &environment()).unwrap();
        let instances: Vec<_> = recorded.instances().collect();
        assert_eq!(instances.len(), 1);
        let found = (
            usize::from(instances[0].1.current.is_some()),
            instances[0].1.deposed.len(),
        );
        assert_eq!(found, (current, deposed), "{moment:?}");
        drop((engine, instances));
        let healed = heal(&bed, &new);
        assert_eq!(healed.cloud.len(), 1, "{moment:?}");
    }
}

#[test]
fn a_definition_taken_back_after_a_crash_in_a_replacement_destroys_what_is_too_much() {
    let (old, new) = (
        server("a", "small", CREATE_FIRST),
        server("b", "small", CREATE_FIRST),
    );
    for n in 1..=2 {
        for moment in [Moment::Intended(n), Moment::Happened(n), Moment::Settled(n)] {
            let bed = Bed::new();
            let before = heal(&bed, &old);
            assert!(crash(&bed, &new, moment), "{moment:?}");
            assert_eq!(heal(&bed, &old), before, "{moment:?}");
        }
    }
}

#[test]
fn where_the_cloud_has_no_markers_a_create_in_doubt_is_told_and_not_made_again() {
    let text = definition(&(network("a", "10.1.0.0/16") + &network("b", "10.2.0.0/16")));
    for moment in [Moment::Intended(1), Moment::Happened(1)] {
        let bed = Bed::new();
        assert!(crash(&bed, &text, moment));
        let script = Script {
            markers: false,
            ..Script::default()
        };
        let made = bed.objects().len();
        // However often it is asked, and whatever is applied.
        for _ in 0..2 {
            let engine = bed.engine(&text, script.clone());
            let (recovery, outcome) = process(engine.command(Applying::default()));
            assert_eq!(recovery.unknown.len(), 1);
            let told = said(&recovery.diagnostics);
            assert!(
                told.contains("A `sim_network` named `a` may exist"),
                "{told}"
            );
            let outcome = outcome.unwrap();
            assert_eq!(outcome.failed, 1);
            let told = said(&outcome.diagnostics);
            assert!(told.contains("`sim_network.a` was left as it is"), "{told}");
            drop(engine);
            assert_eq!(open(&bed), ["create sim_network.a"]);
            assert_eq!(bed.objects().len(), made + 1, "only b was made");
        }
        // A cloud that can tell settles it.
        assert_eq!(heal(&bed, &text).cloud.len(), 2);
    }
}

/// A network that may or may not have been made, in a cloud that cannot tell.
fn in_doubt(text: &str, moment: Moment) -> (Bed, Script) {
    let bed = Bed::new();
    assert!(crash(&bed, text, moment));
    let script = Script {
        markers: false,
        ..Script::default()
    };
    (bed, script)
}

#[test]
fn nothing_ends_well_while_a_step_is_in_doubt_and_asking_in_vain_is_not_recorded() {
    let text = definition(&(network("a", "10.1.0.0/16") + &network("b", "10.2.0.0/16")));
    let (bed, script) = in_doubt(&text, Moment::Happened(1));
    let engine = bed.engine(&text, script);
    let kinds = || {
        let filter = state::RunFilter::newest(100);
        let runs = engine.store.runs(&filter).unwrap();
        runs.iter().map(|run| run.kind).collect::<Vec<_>>()
    };
    process(async {
        assert_eq!(engine.recover().await.unknown.len(), 1);
        let known = kinds();
        assert_eq!(engine.recover().await.unknown.len(), 1);
        assert_eq!(kinds(), known, "nothing was found out");
        for (mode, done) in [
            (PlanMode::Normal, 1),
            (PlanMode::Destroy, 1),
            (PlanMode::Destroy, 0),
        ] {
            let (planned, found) = engine.try_plan(mode).await;
            assert!(!found.has_errors(), "{}", said(&found));
            let outcome = engine.apply(planned.unwrap(), Applying::default()).await;
            assert_eq!(outcome.done.values().sum::<u64>(), done, "{mode:?}");
            assert!(!outcome.is_success(), "{mode:?}");
            let told = said(&outcome.diagnostics);
            assert_eq!(
                told.matches("sim_network.a` was").count()
                    + told.matches("became of `sim_network.a`").count(),
                1,
                "{told}"
            );
        }
    });
}

#[test]
fn a_person_settles_what_cannot_be_told() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let addr = "sim_network.a".parse().unwrap();
    let exists = |bed: &Bed| Verdict::Exists(bed.objects()[0].id.clone());
    for (moment, verdict) in [
        (Moment::Intended(1), None),
        (Moment::Happened(1), Some(exists)),
    ] {
        let (bed, script) = in_doubt(&text, moment);
        let verdict = verdict.map_or(Verdict::Gone, |verdict| verdict(&bed));
        let engine = bed.engine(&text, script.clone());
        process(async {
            assert_eq!(engine.recover().await.unknown.len(), 1);
            engine.settle(&addr, &verdict).await.unwrap();
            let again = engine.settle(&addr, &verdict).await;
            assert!(matches!(again, Err(SettleError::NotOpen { .. })));
            engine.command(Applying::default()).await;
        });
        drop(engine);
        assert_eq!(settled(&bed, &text).cloud.len(), 1);
    }
}

#[test]
fn a_person_who_names_an_object_that_is_not_there_settles_nothing() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let (bed, script) = in_doubt(&text, Moment::Happened(1));
    let engine = bed.engine(&text, script);
    let refused = process(async {
        let addr = "sim_network.a".parse().unwrap();
        let verdict = Verdict::Exists("net-000099".into());
        engine.settle(&addr, &verdict).await.unwrap_err()
    });
    assert_eq!(
        refused.to_string(),
        "`sim_network.a` cannot be looked at: there is nothing of the id `net-000099`"
    );
    drop(engine);
    assert_eq!(open(&bed), ["create sim_network.a"]);
}

#[test]
fn what_a_provider_says_of_a_step_in_doubt_shows_no_secret() {
    let text = definition(
        "resource \"sim_server\" \"web\" {\n  name = \"web\"\n  image = \"a\"\n  secret = \"correct-horse\"\n}\n",
    );
    let (bed, _) = in_doubt(&text, Moment::Happened(1));
    let refused = |on| Failure {
        message: "no access with correct-horse".into(),
        ..Failure::new(contract::ErrorClass::Denied).on(on)
    };
    let script = Script {
        failures: vec![refused(Operation::Find), refused(Operation::Import)],
        ..Script::default()
    };
    let engine = bed.engine(&text, script);
    let (recovery, settled) = process(async {
        let recovery = engine.recover().await;
        let addr = "sim_server.web".parse().unwrap();
        let verdict = Verdict::Exists(bed.objects()[0].id.clone());
        (recovery, engine.settle(&addr, &verdict).await.unwrap_err())
    });
    let told = said(&recovery.diagnostics);
    assert!(told.contains("no access with (sensitive)"), "{told}");
    let told = settled.to_string();
    assert!(told.contains("no access with (sensitive)"), "{told}");
}

#[test]
fn an_object_that_moves_to_another_goes_after_those_that_used_it_though_others_wait_for_it() {
    let on = |server: &str| {
        format!(
            "resource \"sim_volume\" \"z_{server}\" {{\n  name = \"z\"\n  size_gb = 1\n  \
             server_id = sim_server.{server}.id\n  lifecycle {{\n    \
             replace_triggered_by = [sim_server.{server}.id]\n  }}\n}}\n"
        )
    };
    let server = |name: &str, network: &str, more: &str| {
        format!(
            "resource \"sim_server\" \"{name}\" {{\n  name = \"{name}\"\n  image = \"0\"\n  \
             network_id = sim_network.{network}.id\n{more}}}\n"
        )
    };
    let first = definition(
        &[
            network("a", "10.1.0.0/16"),
            network("c", "10.2.0.0/16"),
            server("v", "a", CREATE_FIRST),
            on("v"),
        ]
        .concat(),
    );
    let second = definition(
        &[
            network("a", "10.3.0.0/16"),
            network("c", "10.2.0.0/16"),
            server("v", "c", CREATE_FIRST),
            server("s", "a", ""),
            on("s"),
        ]
        .concat(),
    );
    let bed = Bed::new();
    heal(&bed, &first);
    assert_eq!(heal(&bed, &second).cloud.len(), 5);
}

#[test]
fn updates_and_destroys_are_told_without_markers() {
    let script = Script {
        markers: false,
        ..Script::default()
    };
    let (old, new) = (server("a", "small", ""), server("a", "large", ""));
    for (text, left) in [(new.clone(), 1), (definition(""), 0)] {
        for moment in [Moment::Intended(1), Moment::Happened(1)] {
            let bed = Bed::new();
            heal(&bed, &old);
            assert!(crash(&bed, &text, moment));
            let engine = bed.engine(&text, script.clone());
            let (recovery, _) = process(engine.command(Applying::default()));
            assert_eq!(recovery.unknown, []);
            drop(engine);
            assert_eq!(settled(&bed, &text).cloud.len(), left);
        }
    }
}

#[test]
fn a_cloud_that_cannot_be_asked_leaves_the_question_open() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    let denied = Failure::new(contract::ErrorClass::Denied).on(Operation::Find);
    let script = Script {
        failures: vec![denied],
        ..Script::default()
    };
    let engine = bed.engine(&text, script);
    let recovery = process(engine.recover());
    assert_eq!(recovery.unknown.len(), 1);
    drop(engine);
    assert_eq!(open(&bed), ["create sim_network.a"]);
    assert_eq!(heal(&bed, &text).cloud.len(), 1);
}

#[test]
fn a_cloud_that_is_asked_too_often_is_asked_again() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    let throttled = Failure::new(contract::ErrorClass::Throttled)
        .on(Operation::Find)
        .when(When::Calls(vec![1, 2, 3]));
    let script = Script {
        failures: vec![throttled],
        ..Script::default()
    };
    let engine = bed.engine(&text, script);
    let recovery = crate::bed::hurried(engine.recover());
    assert_eq!(recovery.adopted.len(), 1);
    drop(engine);
    assert_eq!(settled(&bed, &text).cloud.len(), 1);
}

#[test]
fn what_reads_do_not_show_yet_is_found_all_the_same() {
    let text = definition(&network("a", "10.1.0.0/16"));
    let bed = Bed::new();
    assert!(crash(&bed, &text, Moment::Happened(1)));
    let script = Script {
        lag: std::time::Duration::from_millis(20),
        ..Script::default()
    };
    let engine = bed.engine(&text, script);
    assert_eq!(process(engine.recover()).adopted.len(), 1);
    drop(engine);
    assert_eq!(picture(&bed).cloud.len(), 1);
}

#[test]
fn a_step_that_an_older_terrace_wrote_down_in_another_form_is_in_doubt_and_stops_nothing_else() {
    let text = server("a", "small", "");
    let bed = Bed::new();
    heal(&bed, &text);
    let engine = bed.engine(&text, Script::default());
    let left_behind = async {
        let request = LeaseRequest {
            environment: environment(),
            holder: Holder {
                actor: "ada".into(),
                what: "apply".into(),
                process: Process::current(),
            },
            now: Timestamp(0),
            ttl: std::time::Duration::from_secs(1),
        };
        let of_holder = |holder: &Holder| holder.process.state();
        let lease = engine.store.acquire(request, of_holder).await.unwrap();
        let run = NewRun {
            kind: RunKind::Apply,
            plan: None,
            revision: None,
            configuration: None,
            actor: "ada".into(),
            note: None,
            started: Timestamp(0),
        };
        let run = engine.store.begin_run(&lease, run).await.unwrap();
        // As the first version had it: the bare value.
        let bare = engine::codec::encode(&Value::NULL).unwrap();
        let intent = Intent {
            step: 0,
            addr: "sim_server.other".parse().unwrap(),
            deposed: None,
            action: "create".into(),
            marker: "m".into(),
            prior: None,
            planned: Some(Payload::new(bare, Protection::Plain)),
            claims: None,
            at: Timestamp(0),
        };
        run.intent(intent).await.unwrap();
        engine.store.release(lease).await.unwrap();
    };
    process(left_behind);
    let recovery = process(engine.recover());
    assert_eq!(recovery.unknown.len(), 1);
    let why = said(&recovery.diagnostics);
    assert!(why.contains("an older Terrace"), "{why}");
    let planned = process(engine.plan());
    assert!(planned.plan.is_empty(), "the server is as it was");
    let other = "sim_server.other".parse().unwrap();
    process(engine.settle(&other, &Verdict::Gone)).unwrap();
    assert!(open(&bed).is_empty());
}
