//! What people, CI jobs and bad luck do to a project, one command after the other, and how it ends: with a new revision that
//! comes to every environment whatever happened before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::clock::Clock;
use model::serial::{RevisionId, RunId};
use sim::{Failure, Operation, Script};
use state::RunFilter;

use super::bed::{Bed, Death, Ended};
use super::chance::Chance;
use super::healing;
use super::oracle::{self, Approved, Tampered};
use super::project::{APPROVERS, Edition, PEOPLE, Place, Rules};
use super::world;
use crate::cli::invocation::exit::ExitCode;

/// How much happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) commands: u64,
    pub(super) deaths: u64,
    pub(super) writes: u64,
    pub(super) promotions: u64,
    pub(super) approved: u64,
    pub(super) heals: u64,
    pub(super) rollbacks: u64,
    pub(super) interrupted: u64,
    /// Commands that ended because somebody or the clock was waited for.
    pub(super) waits: u64,
}

impl Counted {
    pub(super) fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.deaths += other.deaths;
        self.writes += other.writes;
        self.promotions += other.promotions;
        self.approved += other.approved;
        self.heals += other.heals;
        self.rollbacks += other.rollbacks;
        self.interrupted += other.interrupted;
        self.waits += other.waits;
    }

    /// Makes sure that so many histories had something of everything in them.
    pub(super) fn is_much(&self, histories: u64) {
        for (what, count, share) in [
            ("deaths", self.deaths, 40),
            ("promotions", self.promotions, 100),
            ("approvals", self.approved, 10),
            ("heals", self.heals, 6),
            ("rollbacks", self.rollbacks, 2),
            ("interrupted runs", self.interrupted, 15),
            ("waits", self.waits, 20),
        ] {
            let wanted = histories * share / 100;
            assert!(count >= wanted, "only {count} {what}: {self:?}");
        }
    }
}

/// A history that is told.
pub(super) struct Story {
    bed: Bed,
    chance: Chance,
    rules: Rules,
    /// What the definition is now.
    edition: Edition,
    /// What revisions are of.
    editions: BTreeMap<RevisionId, Edition>,
    /// The colours that environments are given.
    colors: BTreeMap<&'static str, u64>,
    notes: oracle::Notes,
    told: Vec<String>,
    counted: Counted,
}

impl Story {
    pub(super) fn begin(seed: u64) -> Self {
        let chance = Chance::new(seed);
        let rules = Rules::any(&chance);
        let edition = Edition {
            number: 1,
            servers: 2,
            network: 0,
            image: 0,
        };
        let story = Self {
            bed: Bed::new(seed),
            colors: rules.places.iter().map(|place| (place.name, 0)).collect(),
            chance,
            rules,
            edition,
            editions: BTreeMap::new(),
            notes: oracle::Notes::default(),
            told: Vec::new(),
            counted: Counted::default(),
        };
        story.write();
        story
    }

    /// What happened, shortly.
    pub(super) fn said(&self) -> String {
        let rules = self.rules.text(|name| self.colors[name]);
        let runs = self.runs();
        let runs: Vec<String> = runs.iter().map(oracle::line).collect();
        format!("{rules}\n{}\n\n{}\n", self.told.join("\n"), runs.join("\n"))
    }

    /// Tells it to its end.
    pub(super) fn tell(&mut self) -> Counted {
        for _ in 0..4 + self.chance.below(10) {
            self.step();
        }
        let before_end = self.newest_run();
        if self.chance.one_in(3) {
            self.all_ends_well();
        }
        self.is_as_promised();
        let runs = self.runs();
        self.counted.writes = self.bed.writes();
        oracle::count(&runs, before_end, &mut self.counted);
        self.counted
    }

    fn runs(&self) -> Vec<state::RunRow> {
        let mut runs = self
            .bed
            .store
            .runs(&RunFilter::newest(usize::MAX))
            .expect("runs");
        runs.reverse();
        runs
    }

    fn newest_run(&self) -> RunId {
        let newest = self.bed.store.runs(&RunFilter::newest(1)).expect("runs");
        newest.first().map_or(RunId(0), |run| run.id)
    }

    /// Writes what the project is now.
    fn write(&self) {
        let text = self.rules.text(|name| self.colors[name]);
        self.bed.write("terrace.hcl", &text);
        self.bed.write("infra/main.tf", &self.edition.text());
    }

    /// One thing that happens.
    fn step(&mut self) {
        match self.chance.below(40) {
            0..4 => {
                self.edit();
                self.pipeline_run();
            }
            4..8 => self.pipeline_run(),
            8 => {
                self.edit();
                self.run("anna", &["apply", "test", "-auto-approve"]);
            }
            9 => self.carry_on(),
            10..13 => self.promote(),
            13..17 => self.approve(),
            17 => self.hold_or_release(),
            18 => self.reject(),
            19..21 => self.roll_back(),
            21..25 => self.drift(),
            25 => self.verify(),
            26 => self.apply(),
            27 => self.recolor(self.a_place().name),
            28 => self.turn_bad(),
            29 => self.fail(),
            30 => self.time_passes(),
            31 => self.destroy(),
            32..35 => self.hurry(),
            35 => self.dies_half_way(),
            _ => self.approve_too_early(),
        }
    }

    /// A revision is bad somewhere, and people want it everywhere at once.
    fn hurry(&mut self) {
        self.edition = self.edition.next(&self.chance);
        self.write();
        let next = self.editions.len() + 1;
        let bad_in = self.a_place().name;
        self.bed.write(&format!("bad/{bad_in}-r{next}"), "");
        self.told
            .push(format!("{:?} is bad in {bad_in}", self.edition));
        self.pipeline_run();
        let newest = RevisionId(self.editions.len() as u64).to_string();
        for place in self.rules.places.clone() {
            if self.chance.one_in(2) {
                let words = ["promote", &newest, place.name, "-auto-approve"];
                self.run("eve", &words);
            }
        }
    }

    /// A replacement gets half of the way, and who looks next is to heal it.
    fn dies_half_way(&mut self) {
        self.edition = self.edition.next(&self.chance);
        self.edition.image += 1;
        self.write();
        self.told.push(format!("{:?}", self.edition));
        let death = Death {
            writes: 6 + self.chance.below(18),
            is_whole: self.chance.one_in(2),
        };
        self.run_until("anna", &["pipeline", "run"], Some(death));
        for _ in 0..3 {
            self.run("cron", &["drift", "--heal"]);
        }
    }

    /// What was approved is not what comes then.
    fn approve_too_early(&mut self) {
        let mut places = self.rules.places.clone().into_iter();
        let Some(place) = places.find(|place| place.approvals > 0) else {
            return self.hurry();
        };
        for who in APPROVERS {
            self.approved_by(place.name, who, true);
        }
        match self.chance.below(3) {
            0 => self.recolor(place.name),
            1 => self.tamper(place.name),
            _ => {}
        }
        self.run("eve", &["promote", place.name, "-auto-approve"]);
    }

    /// Runs a command, which may die.
    fn run(&mut self, actor: &str, words: &[&str]) -> Ended {
        let death = self.chance.one_in(4).then(|| Death {
            writes: self.chance.below(24),
            is_whole: self.chance.one_in(2),
        });
        self.run_until(actor, words, death)
    }

    fn run_until(&mut self, actor: &str, words: &[&str], death: Option<Death>) -> Ended {
        self.told
            .push(format!("{actor}: terrace {}", words.join(" ")));
        let ended = self.bed.run(actor, words, death);
        let death = match (death, ended.died) {
            (Some(death), true) => format!(", {death:?}"),
            _ => String::new(),
        };
        self.told
            .last_mut()
            .expect("it was told")
            .push_str(&format!("  -> {:?}{death}", ended.code));
        self.counted.commands += 1;
        self.counted.deaths += u64::from(ended.died);
        let waits = matches!(
            ended.code,
            ExitCode::WaitsForTime | ExitCode::WaitsForPerson
        );
        self.counted.waits += u64::from(waits);
        self.learn();
        let text = &ended.text;
        assert!(
            ended.died || ended.code != ExitCode::Bug && !text.contains("a bug in Terrace"),
            "{text}"
        );
        if ended.died || self.chance.one_in(4) {
            world::knows_all(&self.bed, &self.rules);
        }
        let seconds = 1 + self.chance.below(200);
        self.bed.clock.advance(Duration::from_secs(seconds));
        ended
    }

    /// Learns which revisions there are.
    fn learn(&mut self) {
        for row in self
            .bed
            .store
            .revisions(None, usize::MAX)
            .expect("revisions")
        {
            let revision = RevisionId(row.number);
            self.editions.entry(revision).or_insert(self.edition);
        }
    }

    fn edit(&mut self) {
        self.edition = self.edition.next(&self.chance);
        self.write();
        self.told.push(format!("{:?}", self.edition));
        if self.chance.one_in(4) {
            self.turn_bad();
        }
    }

    fn a_place(&self) -> Place {
        self.chance.one_of(&self.rules.places).clone()
    }

    fn a_person(&self) -> &'static str {
        self.chance.one_of::<&str>(&PEOPLE)
    }

    fn a_revision(&self) -> Option<String> {
        let all: Vec<RevisionId> = self.editions.keys().copied().collect();
        (!all.is_empty()).then(|| self.chance.one_of(&all).to_string())
    }

    fn pipeline_run(&mut self) {
        let who = *self.chance.one_of(&["anna", "bruno"]);
        match self.chance.one_in(4) {
            true => self.run(who, &["pipeline", "run", "--on-failure", "rollback"]),
            false => self.run(who, &["pipeline", "run"]),
        };
    }

    fn carry_on(&mut self) {
        if let Some(revision) = self.a_revision() {
            self.run("ci", &["pipeline", "run", &revision]);
        }
    }

    fn promote(&mut self) {
        let (who, place) = (self.a_person(), self.a_place().name);
        match self.a_revision().filter(|_| self.chance.one_in(2)) {
            Some(revision) => self.run(who, &["promote", &revision, place, "-auto-approve"]),
            None => self.run(who, &["promote", place, "-auto-approve"]),
        };
    }

    fn approve(&mut self) {
        let mut places = self.rules.places.iter();
        let Some(place) = places.find(|place| place.approvals > 0) else {
            return self.promote();
        };
        let (name, who) = (place.name, *self.chance.one_of(&PEOPLE));
        self.approved_by(name, who, true);
    }

    /// Somebody approves what comes to an environment; notes what they saw.
    fn approved_by(&mut self, place: &'static str, who: &'static str, may_die: bool) {
        let words = ["approve", place, "--as", who, "-json"];
        let before = self.newest_run();
        let ended = match may_die {
            true => self.run(who, &words),
            false => self.run_until(who, &words, None),
        };
        let run = self.newest_run();
        if run > before && ended.code == ExitCode::Done {
            let (does, color) = (oracle::planned(&ended.text), self.colors[place]);
            self.notes.approved.insert(run, Approved { does, color });
        }
    }

    fn hold_or_release(&mut self) {
        let (who, place) = (self.a_person(), self.a_place().name);
        match self.chance.one_in(2) {
            true => self.run(who, &["hold", place, "--reason", "it is Friday"]),
            false => self.run(who, &["release-hold", place]),
        };
    }

    fn reject(&mut self) {
        if let Some(revision) = self.a_revision() {
            let words = ["revision", "reject", &revision, "--reason", "it is bad"];
            self.run("eve", &words);
        }
    }

    fn roll_back(&mut self) {
        let place = self.a_place().name;
        match self.a_revision().filter(|_| self.chance.one_in(3)) {
            Some(to) => self.run("carla", &["rollback", place, "--to", &to, "-auto-approve"]),
            None => self.run("carla", &["rollback", place, "-auto-approve"]),
        };
    }

    /// The world changes by itself, and somebody looks; or does it again and again.
    fn drift(&mut self) {
        let place = self.a_place().name;
        if self.chance.one_in(3) {
            for _ in 0..2 + self.chance.below(5) {
                self.tamper(place);
                for _ in 0..self.rules.policy.confirm {
                    self.run("cron", &["drift", place, "--heal"]);
                }
                if self.chance.one_in(4) {
                    self.bed.clock.advance(Duration::from_secs(3600));
                    self.told.push("an hour passes".into());
                }
            }
        }
        self.tamper(place);
        for _ in 0..1 + self.chance.below(3) {
            match self.chance.below(4) {
                0 => self.run("cron", &["drift", place]),
                1 => self.run("cron", &["drift", "--heal"]),
                _ => self.run("cron", &["drift", place, "--heal"]),
            };
        }
    }

    fn tamper(&mut self, place: &'static str) {
        for _ in 0..1 + self.chance.below(3) {
            if let Some(addr) = world::tamper(&self.bed, &self.chance, place) {
                let after = self.newest_run();
                self.told
                    .push(format!("{addr} of {place} is not as it was"));
                self.notes.tampered.push(Tampered { after, place, addr });
            }
        }
    }

    fn verify(&mut self) {
        let place = self.a_place().name;
        self.run("eve", &["verify", place]);
    }

    fn apply(&mut self) {
        let (who, place) = (self.a_person(), self.a_place().name);
        match self.chance.one_in(3) {
            true => self.run(
                who,
                &["apply", place, "-auto-approve", "--break-glass", "it burns"],
            ),
            false => self.run(who, &["apply", place, "-auto-approve"]),
        };
    }

    fn recolor(&mut self, place: &'static str) {
        *self.colors.get_mut(place).expect("it is declared") += 1;
        self.write();
        self.notes.recolored.push((self.newest_run(), place));
        self.told.push(format!("{place} is given another color"));
    }

    /// The newest revision, or the one that is made next, is bad in an environment; or one is mended.
    fn turn_bad(&mut self) {
        let (place, newest) = (self.a_place().name, self.editions.len() as u64);
        let revision = newest + self.chance.below(2);
        let path = self.bed.path(&format!("bad/{place}-r{revision}"));
        let is_bad = path.exists();
        match is_bad {
            true => std::fs::remove_file(path).expect("it is removed"),
            false => self.bed.write(&format!("bad/{place}-r{revision}"), ""),
        }
        let word = if is_bad { "good again" } else { "bad" };
        self.told.push(format!("r{revision} is {word} in {place}"));
    }

    /// The cloud refuses something, until it does not.
    fn fail(&mut self) {
        let mut script = self.bed.cloud.script();
        if script.failures.is_empty() {
            let (place, server) = (self.a_place().name, self.chance.below(3));
            let operations = [Operation::Create, Operation::Update, Operation::Destroy];
            let operation = *self.chance.one_of(&operations);
            let failure = Failure::new(contract::ErrorClass::Permanent).on(operation);
            script.failures = vec![failure.named(&format!("{place}-{server}"))];
            self.told
                .push(format!("{operation:?} of {place}-{server} fails"));
        } else {
            script = Script::default();
            self.told.push("nothing fails any more".into());
        }
        self.bed.cloud.set_script(script);
    }

    fn time_passes(&mut self) {
        let by = Duration::from_secs(60 * (1 + self.chance.below(400)));
        match self.chance.one_in(3) {
            true => {
                self.bed.clock.set_back(by);
                self.told.push(format!("the clock is set back by {by:?}"));
            }
            false => {
                self.bed.clock.advance(by);
                self.told.push(format!("{by:?} pass"));
            }
        }
    }

    fn destroy(&mut self) {
        let place = self.a_place().name;
        self.run("eve", &["destroy", place, "-auto-approve"]);
    }

    /// Whatever happened, a new revision that is good comes to every environment.
    fn all_ends_well(&mut self) {
        self.told.push("all is well from now on".into());
        self.bed.cloud.set_script(Script::default());
        let _ = std::fs::remove_dir_all(self.bed.path("bad"));
        self.bed.clock.advance(Duration::from_secs(6 * 3600));
        self.wait_for_day();
        for place in self.rules.places.clone() {
            self.run_until("eve", &["release-hold", place.name], None);
        }
        self.edition = self.edition.next(&self.chance);
        self.write();
        for _ in 0..12 {
            let ended = self.run_until("anna", &["pipeline", "run"], None);
            if ended.code == ExitCode::Done {
                return self.has_ended_well();
            }
            let (code, text) = (ended.code, ended.text);
            let waits = matches!(code, ExitCode::WaitsForTime | ExitCode::WaitsForPerson);
            assert!(waits, "the end is stuck: {code:?}\n{text}");
            match code == ExitCode::WaitsForTime {
                true => self.bed.clock.advance(Duration::from_secs(700)),
                false => self.people_decide(),
            }
            // The day may end before all that waits for time is done.
            self.wait_for_day();
        }
        panic!("the end does not come");
    }

    fn wait_for_day(&self) {
        while !healing::is_day(self.bed.clock.now()) {
            self.bed.clock.advance(Duration::from_secs(3600));
        }
    }

    /// Who may, approves; and promotes where a person has to.
    fn people_decide(&mut self) {
        let newest = RevisionId(self.editions.len() as u64).to_string();
        for place in self.rules.places.clone() {
            for who in APPROVERS.iter().filter(|_| place.approvals > 0) {
                self.approved_by(place.name, who, false);
            }
            if place.is_manual {
                let words = ["promote", &newest, place.name, "-auto-approve"];
                self.run_until("carla", &words, None);
            }
        }
    }

    fn has_ended_well(&mut self) {
        world::is_as_defined(&self.bed, &self.rules, self.edition, &self.colors);
        let drift = self.run_until("cron", &["drift"], None);
        assert_eq!(drift.code, ExitCode::Done, "{}", drift.text);
        let log = self.run_until("eve", &["log", "--verify"], None);
        assert_eq!(log.code, ExitCode::Done, "{}", log.text);
    }

    fn is_as_promised(&self) {
        let log = oracle::Log {
            store: &self.bed.store,
            rules: &self.rules,
            notes: &self.notes,
            author: &self.authors(),
            editions: &self.editions,
        };
        log.is_as_promised(&self.runs());
    }

    fn authors(&self) -> BTreeMap<RevisionId, String> {
        let rows = self.bed.store.revisions(None, usize::MAX);
        let rows = rows.expect("revisions").into_iter();
        rows.map(|row| (RevisionId(row.number), row.actor))
            .collect()
    }
}

/// What may be seen twice is said once.
pub(super) type Does = BTreeSet<(String, String)>;
