//! Random histories: definitions that change at random, crashes, failures and interrupts at random moments, and a cloud
//! that others change as well. In the end all is as the last definition says.
//!
//! `TERRACE_HISTORIES=1000` tries so many; `TERRACE_HISTORY=7` tries that one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use contract::ErrorClass;
use engine::Stop;
use model::Value;
use sim::{Crash, Effect, Failure, Hook, Script, When};
use tokio::sync::{Notify, watch};

use crate::bed::{Applying, Bed, Engine, heal, hurried};
use crate::definitions::definition;

/// Numbers that follow from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A definition of some networks, servers in them, and disks of those.
fn any_definition(chance: &mut Chance) -> String {
    let mut text = String::new();
    let create_first = |chance: &mut Chance| {
        if chance.one_in(3) {
            "  lifecycle {\n    create_before_destroy = true\n  }\n"
        } else {
            ""
        }
    };
    let mut networks = Vec::new();
    for name in ["a", "b", "c"] {
        if chance.one_in(5) {
            continue;
        }
        networks.push(name);
        let cidr = chance.below(3);
        let lifecycle = create_first(chance);
        text += &format!(
            "resource \"sim_network\" \"{name}\" {{\n  name = \"{name}\"\n  cidr = \"10.{cidr}.0.0/16\"\n{lifecycle}}}\n"
        );
    }
    let mut servers = Vec::new();
    for name in ["s", "t", "u", "v"] {
        if networks.is_empty() || chance.one_in(4) {
            continue;
        }
        servers.push(name);
        let network = *chance.one_of(&networks);
        let (image, size) = (chance.below(2), *chance.one_of(&["small", "large"]));
        let lifecycle = create_first(chance);
        text += &format!(
            "resource \"sim_server\" \"{name}\" {{\n  name = \"{name}\"\n  image = \"{image}\"\n  size = \"{size}\"\n  \
             network_id = sim_network.{network}.id\n{lifecycle}}}\n"
        );
    }
    for name in ["x", "y", "z"] {
        if servers.is_empty() || chance.one_in(3) {
            continue;
        }
        let server = *chance.one_of(&servers);
        let size = 1 + chance.below(3);
        // On another server it is another disk: one that is only detached could keep the old server from going before
        // the new one can be made.
        text += &format!(
            "resource \"sim_volume\" \"{name}_{server}\" {{\n  name = \"{name}\"\n  size_gb = {size}\n  \
             server_id = sim_server.{server}.id\n  lifecycle {{\n    \
             replace_triggered_by = [sim_server.{server}.id]\n  }}\n}}\n"
        );
    }
    definition(&text)
}

/// What else happens in a run.
fn any_script(chance: &mut Chance, reached: &Arc<Notify>) -> Script {
    let (told, calls) = (reached.clone(), AtomicU64::new(0));
    let last = 1 + chance.below(40) as u64;
    let crash = if chance.one_in(6) {
        Crash::Panic
    } else {
        Crash::Hang
    };
    // Three points of each effect.
    let hook = Hook::new(move |_, _| {
        if calls.fetch_add(1, Ordering::SeqCst) + 1 != last {
            return Crash::No;
        }
        told.notify_one();
        crash
    });
    let mut script = Script {
        hook: Some(hook),
        seed: chance.below(1 << 30) as u64,
        ..Script::default()
    };
    if chance.one_in(3) {
        let class = *chance.one_of(&[
            ErrorClass::Throttled,
            ErrorClass::Transient,
            ErrorClass::Permanent,
            ErrorClass::Denied,
        ]);
        let effect = *chance.one_of(&[Effect::Nothing, Effect::Half, Effect::Done]);
        script.failures = vec![Failure::new(class).when(When::Chance(0.2)).after(effect)];
    }
    script
}

/// A command that is killed, stopped, or left to end, in a cloud where things go wrong.
fn disturbed(bed: &Bed, text: &str, chance: &mut Chance) {
    let reached = Arc::new(Notify::new());
    let script = any_script(chance, &reached);
    let engine = bed.engine(text, script);
    let parallelism = *chance.one_of(&[Some(1), Some(2), None]);
    let stop = *chance.one_of(&[Stop::Never, Stop::Never, Stop::AfterRunning, Stop::Now]);
    let (sender, receiver) = watch::channel(Stop::Never);
    let applying = Applying {
        parallelism,
        attempts: 2,
        stop: receiver,
        ..Applying::default()
    };
    hurried(async {
        let crashes = async {
            reached.notified().await;
            if stop == Stop::Never {
                return;
            }
            // The run may be over.
            let _ = sender.send(stop);
            // What hangs is left in the end.
            tokio::time::sleep(Duration::from_secs(600)).await;
            let _ = sender.send(Stop::Now);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = crashes => {}
            () = tried(&engine, applying) => {}
        }
    });
}

/// A command of which it does not matter whether it can plan: where observing fails, it cannot.
async fn tried(engine: &Engine, applying: Applying) {
    engine.recover().await;
    if let (Some(planned), _) = engine.try_plan(model::plan::PlanMode::Normal).await {
        engine.apply(planned, applying).await;
    }
}

/// Someone else changes or removes an object.
fn meddle(bed: &Bed, chance: &mut Chance) {
    let objects = bed.objects();
    if objects.is_empty() {
        return;
    }
    let object = chance.one_of(&objects);
    let cloud = bed.cloud(Script::default());
    if chance.one_in(2) {
        cloud.remove(&object.id).unwrap();
    } else {
        let change = |value: &Value| {
            let tags = Value::map(model::Type::String, [("by".into(), Value::from("hand"))]);
            contract::attributes::with(value, [("tags", tags)])
        };
        cloud.tamper(&object.id, change).unwrap();
    }
}

fn one(seed: u64) {
    let mut chance = Chance(seed);
    let bed = Bed::new();
    let mut text = definition("");
    for _ in 0..2 + chance.below(4) {
        if !chance.one_in(4) {
            text = any_definition(&mut chance);
        }
        disturbed(&bed, &text, &mut chance);
        if chance.one_in(4) {
            meddle(&bed, &mut chance);
        }
    }
    let wanted = heal(&Bed::new(), &text);
    assert_eq!(heal(&bed, &text).cloud, wanted.cloud);
    assert_eq!(heal(&bed, &definition("")).cloud.len(), 0);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told from outside how much to try"
)]
fn any_history_ends_as_defined() {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap())
    };
    let seeds = match number("TERRACE_HISTORY") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TERRACE_HISTORIES").unwrap_or(120),
    };
    for seed in seeds {
        let tried = std::panic::catch_unwind(|| one(seed));
        assert!(tried.is_ok(), "history {seed}");
    }
}
