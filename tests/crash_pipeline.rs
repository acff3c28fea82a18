//! `kill -9` of a real `terrace` while it carries a revision through three environments, promotes, rolls back and heals, at
//! moments that follow from a seed and from how long the command takes. Each time the next command goes on: exactly what
//! is defined exists, none of it twice, and the history is as it was written.
//!
//! `TERRACE_CRASH_SEED=7 cargo test --test crash_pipeline` kills at other moments.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod killed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use killed::{Chance, Marked, files, kill, until};

const DEFINITION: &str = r#"
variable "edition" {
  type = string
}
resource "local_directory" "place" {
  path          = "../out/${terraform.workspace}"
  force_destroy = true
}
resource "local_file" "note" {
  count    = 3
  filename = "${local_directory.place.path}/note-${count.index}"
  content  = var.edition
}
resource "local_command" "table" {
  create = "printf %s \"$EDITION\" > \"$FILE.new\" && mv \"$FILE.new\" \"$FILE\""
  update = "printf %s \"$EDITION\" > \"$FILE.new\" && mv \"$FILE.new\" \"$FILE\""
  read   = "cat \"$FILE\" || exit 44"
  delete = "rm -f \"$FILE\" \"$FILE.new\""
  environment = {
    EDITION = var.edition
    FILE    = "${local_directory.place.id}/table"
  }
}
resource "local_process" "daemon" {
  count   = 2
  command = ["sleep", "1000"]
  environment = {
    CRASH_TEST = "WORD"
    PLACE      = terraform.workspace
    NUMBER     = count.index
    EDITION    = var.edition
  }
}
"#;

const PROJECT: &str = r#"
definition = "infra"
input "edition" {}
environment "test" {
  verify = [check.table]
}
environment "staging" {
  after  = ["test"]
  verify = [check.table]
}
environment "production" {
  after   = ["staging"]
  verify  = [check.table]
  promote = "manual"
}
check "table" {
  command = ["sh", "-c", "test \"$(cat out/${environment.name}/table)\" = \"${revision.inputs.edition}\""]
  within  = "0s"
}
heal {
  attempts = 1000
  rule "processes" {
    match  = ["local_process.*"]
    on     = ["missing"]
    action = "recreate"
  }
  rule "gone" {
    match  = ["local_file.*", "local_command.*"]
    on     = ["missing"]
    action = "recreate"
  }
  rule "edited" {
    match  = ["local_file.*"]
    on     = ["changed"]
    action = "update"
  }
  limit {
    resources = 1000
  }
}
"#;

const ENVIRONMENTS: [&str; 3] = ["test", "staging", "production"];

struct Project {
    processes: Marked,
    directory: TempDir,
    chance: Chance,
    /// How long a command takes that nobody disturbs, by its first word.
    takes: BTreeMap<String, Duration>,
    interrupted: u32,
}

impl Project {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let word = format!("pipeline-{}", std::process::id());
        fs::create_dir(directory.path().join("infra")).expect("a directory");
        let definition = DEFINITION.replace("WORD", &word);
        fs::write(directory.path().join("infra/main.tf"), definition).expect("the definition");
        fs::write(directory.path().join("terrace.hcl"), PROJECT).expect("the project");
        Self {
            processes: Marked(word),
            directory,
            chance: Chance::of("pipeline"),
            takes: BTreeMap::new(),
            interrupted: 0,
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .args(words)
            .current_dir(self.directory.path())
            .env_remove("CI")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command that ends with this exit code, and returns what it answered.
    fn ends(&mut self, words: &[&str], code: i32) -> String {
        self.ends_so(words, &[code])
    }

    fn ends_so(&mut self, words: &[&str], codes: &[i32]) -> String {
        let started = Instant::now();
        let output = self.command(words).output().expect("it runs");
        self.takes.insert(words.concat(), started.elapsed());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let code = output.status.code().expect("nobody kills it");
        assert!(codes.contains(&code), "{words:?}: {code}\n{out}\n{err}");
        out
    }

    /// Runs a command and kills it, after about the time that it took when it was not killed. Then lets it go on, until it ends
    /// with one of these exit codes.
    fn killed(&mut self, words: &[&str], takes: Duration, codes: &[i32]) {
        let micros = u64::try_from(takes.as_micros()).expect("it is short");
        // Most of what comes before is the start of a program.
        let delay = Duration::from_micros(micros / 5 + self.chance.below(micros));
        let mut command = self.command(words);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().expect("it starts");
        until(started + delay);
        let was_killed = kill(child);
        let open = self.open_runs();
        assert!(was_killed || open == 0, "{words:?} left a run open");
        self.interrupted += u32::from(open > 0);
        let gone_on = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.ends_so(words, codes);
        }));
        if gone_on.is_err() {
            panic!("{words:?} does not go on after it was killed after {delay:?}");
        }
    }

    /// How many runs did not end.
    fn open_runs(&mut self) -> usize {
        let log = self.ends(&["log", "--json", "--limit", "4"], 0);
        let runs = log.lines().map(|line| {
            let run: Value = serde_json::from_str(line).expect("JSON");
            run.get("outcome").is_none_or(Value::is_null)
        });
        runs.filter(|is_open| *is_open).count()
    }

    /// Makes sure that exactly what is defined exists, in these editions, and is recorded once.
    fn is_as_defined(&mut self, editions: [u64; 3]) {
        let mut wanted = BTreeMap::new();
        let mut daemons = BTreeSet::new();
        for (place, edition) in ENVIRONMENTS.iter().zip(editions) {
            wanted.insert((*place).to_owned(), None);
            for file in ["note-0", "note-1", "note-2", "table"] {
                wanted.insert(format!("{place}/{file}"), Some(edition.to_string()));
            }
            for number in 0..2 {
                daemons.insert(format!("{place} {number} {edition}"));
            }
        }
        assert_eq!(files(&self.directory.path().join("out")), wanted);
        let running = self.processes.running();
        let shown = |environment: &BTreeMap<String, String>| {
            let word = |name: &str| environment.get(name).cloned().unwrap_or_default();
            format!("{} {} {}", word("PLACE"), word("NUMBER"), word("EDITION"))
        };
        let there: BTreeSet<String> = running.values().map(shown).collect();
        assert_eq!(there, daemons);
        assert_eq!(running.len(), 6, "a process is there twice: {running:?}");
        let recorded: BTreeSet<u64> = ENVIRONMENTS
            .iter()
            .flat_map(|place| self.recorded(place))
            .collect();
        assert_eq!(recorded, running.into_keys().collect());
        self.ends(&["drift"], 0);
        self.ends(&["log", "--verify"], 0);
        assert_eq!(self.open_runs(), 0);
    }

    /// The processes that are recorded in an environment, of which no more than what is defined is.
    fn recorded(&mut self, place: &str) -> Vec<u64> {
        let shown = self.ends(&["show", place, "-json"], 0);
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        let resources = shown.pointer("/values/root_module/resources");
        let resources = resources.and_then(Value::as_array).expect("resources");
        assert_eq!(resources.len(), 7, "{resources:#?}");
        let pids = resources
            .iter()
            .filter_map(|one| one.pointer("/values/pid"));
        pids.filter_map(Value::as_u64).collect()
    }

    /// Ends processes and edits files of production.
    fn harm(&mut self) {
        for (pid, environment) in self.processes.running() {
            if environment
                .get("PLACE")
                .is_some_and(|place| place == "production")
            {
                let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(killed.expect("it is killed").success());
                while fs::read_to_string(format!("/proc/{pid}/environ"))
                    .is_ok_and(|it| !it.is_empty())
                {
                    std::thread::yield_now();
                }
            }
        }
        let out = self.directory.path().join("out/production");
        fs::write(out.join("note-0"), "edited").expect("a file");
        fs::remove_file(out.join("note-1")).expect("a file");
        fs::remove_file(out.join("table")).expect("a file");
    }

    fn took(&self, words: &[&str]) -> Duration {
        self.takes.get(&words.concat()).copied().expect("it ran")
    }
}

#[test]
fn what_is_killed_on_the_way_through_the_pipeline_is_gone_on_with_by_the_next_command() {
    let mut project = Project::new();
    let input = |edition: u64| format!("--input=edition={edition}");
    let promote = ["promote", "production", "-auto-approve"];
    let roll_back = |to: u64| format!("--to=r{to}");
    let heal = ["drift", "production", "--heal"];

    // Once with nobody who kills, to see how long each takes: there is nothing, then all of it changes.
    project.ends(&["pipeline", "run", &input(1)], 3);
    project.ends(&promote, 0);
    project.ends(&["pipeline", "run", &input(2)], 3);
    let carried = project.took(&["pipeline", "run", &input(2)]);
    project.ends(&promote, 0);
    let promoted = project.took(&promote);
    project.is_as_defined([2, 2, 2]);
    project.harm();
    project.ends(&heal, 0);
    let healed = project.took(&heal);
    project.is_as_defined([2, 2, 2]);

    let mut there = 2;
    for edition in 3..11 {
        let carry = ["pipeline", "run", &input(edition)];
        project.killed(&carry, carried, &[3]);
        project.is_as_defined([edition, edition, there]);
        project.killed(&promote, promoted, &[0]);
        project.is_as_defined([edition; 3]);
        project.harm();
        project.killed(&heal, healed, &[0]);
        project.is_as_defined([edition; 3]);
        let to = roll_back(edition - 1);
        let roll_back = ["rollback", "production", &to, "-auto-approve"];
        // Where it was done when it was killed, there is nothing to go back to any more.
        project.killed(&roll_back, promoted, &[0, 1]);
        there = edition - 1;
        project.is_as_defined([edition, edition, there]);
    }
    let interrupted = project.interrupted;
    assert!(interrupted > 5, "only {interrupted} runs were interrupted");
}
