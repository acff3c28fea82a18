//! `kill -9` of a real `terrace`, at moments that follow from a seed: while it creates, changes, replaces and destroys.
//! Each time the next command puts everything right: exactly the defined files, directories and processes exist, none
//! twice, none unknown to the record.
//!
//! `TERRACE_CRASH_SEED=7 cargo test --test crash` kills at other moments.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod killed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use killed::{Chance, Marked, files, kill, until};

/// Forty objects, most of which depend on others.
const DEFINITION: &str = r#"
variable "edition" {
  type = string
}
resource "random_pet" "name" {
  count = 4
}
resource "random_id" "key" {
  count       = 4
  byte_length = 8
  keepers     = { edition = var.edition }
}
resource "local_directory" "place" {
  count = 6
  path  = "${path.module}/out/place-${count.index}"
}
resource "local_file" "note" {
  count    = 16
  filename = "${local_directory.place[count.index % 6].path}/note-${count.index}"
  content  = "${var.edition} ${random_pet.name[count.index % 4].id} ${random_id.key[count.index % 4].hex}\n"
}
resource "local_file" "swap" {
  count    = 4
  filename = "${local_directory.place[count.index].path}/swap-${count.index}-of-${var.edition}"
  content  = "swap\n"
  lifecycle {
    create_before_destroy = true
  }
}
resource "local_process" "daemon" {
  count   = 6
  command = ["sleep", "1000"]
  environment = {
    CRASH_TEST = "WORD"
    NUMBER     = count.index
    EDITION    = var.edition
    NOTE       = local_file.note[count.index].id
  }
}
"#;
const OBJECTS: usize = 40;

/// A project whose processes can be told from all others; they end with it.
struct Project {
    processes: Marked,
    directory: TempDir,
}

/// When a command is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after it was started.
    After(Duration),
    /// So long after it told of so many steps.
    Steps(u64, Duration),
}

impl Moment {
    fn any(chance: &mut Chance, steps: u64) -> Self {
        let micros = |chance: &mut Chance, limit| Duration::from_micros(chance.below(limit));
        if chance.below(4) == 0 {
            Self::After(micros(chance, 250_000))
        } else {
            Self::Steps(chance.below(steps), micros(chance, 4_000))
        }
    }
}

impl Project {
    fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let word = format!("{name}-{}", std::process::id());
        let definition = DEFINITION.replace("WORD", &word);
        fs::write(directory.path().join("main.tf"), definition).expect("the definition");
        Self {
            processes: Marked(word),
            directory,
        }
    }

    fn command(&self, words: &[&str], edition: u32) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .args(words)
            .env("TF_VAR_edition", edition.to_string())
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command that must be done, and returns what it answered.
    fn done(&self, words: &[&str], edition: u32) -> String {
        let output = self.command(words, edition).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{words:?}\n{out}\n{err}");
        out
    }

    /// Runs a command and kills it. Says whether it was killed before it ended by itself.
    fn killed(&self, words: &[&str], edition: u32, moment: Moment) -> bool {
        let started = Instant::now();
        let mut child = self
            .command(words, edition)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stderr = child.stderr.take().expect("its standard error");
        let mut lines = BufReader::new(stderr).lines();
        match moment {
            Moment::After(delay) => until(started + delay),
            Moment::Steps(steps, delay) => {
                let told = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .filter(|line| is_step(line));
                let seen = told.take(usize::try_from(steps).unwrap_or(0)).count();
                assert!(seen <= OBJECTS * 2);
                until(Instant::now() + delay);
            }
        }
        kill(child)
    }

    /// Everything under `out`, with the content of files.
    fn files(&self) -> BTreeMap<String, Option<String>> {
        files(&self.directory.path().join("out"))
    }

    /// What is recorded: attributes by address.
    fn recorded(&self, edition: u32) -> BTreeMap<String, Value> {
        let shown: Value =
            serde_json::from_str(&self.done(&["show", "-json"], edition)).expect("JSON");
        let resources = shown.pointer("/values/root_module/resources");
        let resources = resources
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let mut found = BTreeMap::new();
        for resource in resources {
            let text = |name: &str| resource.get(name).and_then(Value::as_str);
            assert_eq!(text("deposed_key"), None, "{resource}");
            let address = text("address").expect("an address").to_owned();
            let values = resource.get("values").cloned().unwrap_or_default();
            let twice = found.insert(address, values);
            assert!(twice.is_none(), "it is recorded twice: {resource}");
        }
        found
    }

    /// The newest run: its number, and how it ended.
    fn newest_run(&self) -> Option<(u64, Option<String>)> {
        self.runs().into_iter().next_back()
    }

    fn runs(&self) -> BTreeMap<u64, Option<String>> {
        let log = self.done(&["log", "--json", "--limit", "4"], 0);
        let run = |line: &str| {
            let run: Value = serde_json::from_str(line).expect("JSON");
            let number = run.get("run").and_then(Value::as_u64).expect("a number");
            let outcome = run.get("outcome").and_then(Value::as_str);
            (number, outcome.map(str::to_owned))
        };
        log.lines().map(run).collect()
    }

    /// Applies, and makes sure that exactly what is defined exists, and that the record knows it.
    fn heal(&self, edition: u32) {
        self.done(&["apply", "-auto-approve"], edition);
        self.is_as_defined(edition);
    }

    fn is_as_defined(&self, edition: u32) {
        let mut wanted: BTreeSet<String> = (0..6).map(|n| format!("place-{n}")).collect();
        wanted.extend((0..16).map(|n| format!("place-{}/note-{n}", n % 6)));
        wanted.extend((0..4).map(|n| format!("place-{n}/swap-{n}-of-{edition}")));
        let files = self.files();
        assert_eq!(files.keys().cloned().collect::<BTreeSet<_>>(), wanted);

        let recorded = self.recorded(edition);
        assert_eq!(recorded.len(), OBJECTS, "{:?}", recorded.keys());
        for n in 0..16 {
            let text = |address: String, name: &str| {
                let value = recorded.get(&address).and_then(|values| values.get(name));
                value.and_then(Value::as_str).expect("a text").to_owned()
            };
            let pet = text(format!("random_pet.name[{}]", n % 4), "id");
            let key = text(format!("random_id.key[{}]", n % 4), "hex");
            let content = files.get(&format!("place-{}/note-{n}", n % 6)).cloned();
            assert_eq!(content.flatten(), Some(format!("{edition} {pet} {key}\n")));
        }

        let processes = self.processes.running();
        let number = |environment: &BTreeMap<String, String>| {
            assert_eq!(environment.get("EDITION"), Some(&edition.to_string()));
            environment.get("NUMBER").cloned()
        };
        let running: BTreeMap<Option<String>, u64> = processes
            .iter()
            .map(|(pid, environment)| (number(environment), *pid))
            .collect();
        let known: BTreeMap<Option<String>, u64> = (0..6)
            .map(|n| {
                let daemon = recorded.get(&format!("local_process.daemon[{n}]"));
                let pid = daemon.and_then(|daemon| daemon.get("pid")?.as_u64());
                (Some(n.to_string()), pid.expect("a number"))
            })
            .collect();
        assert_eq!(running, known);
        assert_eq!(
            processes.len(),
            6,
            "a process is there twice: {processes:?}"
        );

        self.done(&["plan", "-detailed-exitcode"], edition);
    }

    fn is_gone(&self, edition: u32) {
        assert_eq!(self.files(), BTreeMap::new());
        assert_eq!(self.processes.running(), BTreeMap::new());
        assert_eq!(self.done(&["state", "list"], edition), "");
        self.done(&["plan", "-destroy", "-detailed-exitcode"], edition);
    }
}

/// Whether a line tells that a step ended.
fn is_step(line: &str) -> bool {
    let word = line.trim_start().split(' ').next().unwrap_or_default();
    ["Created", "Updated", "Replaced", "Destroyed"].contains(&word)
}

/// Kills a command and makes sure that the run it had begun, if any, is told to be interrupted once `heal` is done.
/// Says whether there was one.
fn interrupted(project: &Project, killed: impl FnOnce() -> bool, heal: impl FnOnce()) -> bool {
    let before = if record(project).exists() {
        project.newest_run()
    } else {
        None
    };
    let was_killed = killed();
    let open = record(project)
        .exists()
        .then(|| project.newest_run())
        .flatten();
    let open = open.filter(|(number, outcome)| {
        outcome.is_none() && before.as_ref().is_none_or(|(known, _)| known != number)
    });
    assert!(
        was_killed || open.is_none(),
        "a command that ended left a run open"
    );
    heal();
    if let Some((number, _)) = &open {
        let outcome = project.runs().get(number).cloned();
        assert_eq!(
            outcome,
            Some(Some("interrupted".to_owned())),
            "run {number}"
        );
    }
    open.is_some()
}

fn record(project: &Project) -> std::path::PathBuf {
    project
        .directory
        .path()
        .join(Path::new(".terrace/state.db"))
}

fn each(name: &str, times: u32, steps: u64, mut kill: impl FnMut(&Project, u32, Moment) -> bool) {
    let project = Project::new(name);
    let mut chance = Chance::of(name);
    let mut interrupted = 0;
    for round in 0..times {
        let moment = Moment::any(&mut chance, steps);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            kill(&project, round, moment)
        }));
        match result {
            Ok(was) => interrupted += u32::from(was),
            Err(_) => panic!("round {round}, killed {moment:?}"),
        }
    }
    project.done(&["destroy", "-auto-approve"], times);
    project.is_gone(times);
    assert!(
        interrupted > times / 2,
        "only {interrupted} of {times} runs were interrupted"
    );
}

#[test]
fn an_apply_that_is_killed_while_it_creates_is_made_good_by_the_next() {
    each("create", 20, 40, |project, round, moment| {
        let apply = ["apply", "-auto-approve"];
        let was = interrupted(
            project,
            || project.killed(&apply, round, moment),
            || project.heal(round),
        );
        project.done(&["destroy", "-auto-approve"], round);
        project.is_gone(round);
        was
    });
}

#[test]
fn an_apply_that_is_killed_while_it_updates_and_replaces_is_made_good_by_the_next() {
    each("change", 15, 54, |project, round, moment| {
        if round == 0 {
            project.heal(1000);
        }
        let apply = ["apply", "-auto-approve"];
        interrupted(
            project,
            || project.killed(&apply, round, moment),
            || project.heal(round),
        )
    });
}

#[test]
fn a_destroy_that_is_killed_is_made_good_by_the_next_destroy_or_apply() {
    each("destroy", 15, 40, |project, round, moment| {
        project.heal(round);
        let destroy = ["destroy", "-auto-approve"];
        let killed = || project.killed(&destroy, round, moment);
        interrupted(project, killed, || {
            if round % 2 == 0 {
                project.done(&destroy, round);
                project.is_gone(round);
            } else {
                project.heal(round);
            }
        })
    });
}

#[test]
fn an_update_of_which_nobody_knows_how_it_ended_is_told_as_that_and_planned_anew() {
    let project = TempDir::new().expect("a directory");
    let path = |name: &str| project.path().join(name);
    let text = "variable \"v\" {}\n\
         resource \"local_command\" \"c\" {\n  \
         create = \"echo $V > object; cat object\"\n  \
         update = \"touch began; read x < gate; echo $V > object; cat object\"\n  \
         read   = \"cat object\"\n  \
         environment = { V = var.v }\n}\n";
    fs::write(path("main.tf"), text).expect("the definition");
    let terrace = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .args(words)
            .current_dir(project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let made = terrace(&["apply", "-auto-approve", "-var", "v=1"]).output();
    assert!(made.expect("it runs").status.success());
    let gate = Command::new("mkfifo").arg(path("gate")).status();
    assert!(gate.expect("it runs").success());
    let updating = terrace(&["apply", "-auto-approve", "-var", "v=2"])
        .spawn()
        .expect("it runs");
    let limit = Instant::now() + Duration::from_secs(30);
    while !path("began").exists() {
        assert!(Instant::now() < limit, "the update does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(kill(updating), "it was under way");
    fs::write(path("gate"), "go on\n").expect("the gate");
    let planned = terrace(&["plan", "-var", "v=2", "-detailed-exitcode"]).output();
    let planned = planned.expect("it runs");
    let said = String::from_utf8_lossy(&planned.stderr).into_owned();
    let told = "Recovered local_command.c  was cut short; what is there is recorded, and the rest is planned anew";
    assert!(said.contains(told), "{said}");
    assert_eq!(planned.status.code(), Some(2), "it is to be updated again");
}
