//! `terrace watch` and `terrace drift` as processes: real processes and files that they heal, their end when they are asked to,
//! that there is one who watches, and what comes after a process that was killed.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write(
            "main.tf",
            "resource \"local_file\" \"note\" {\n  filename = \"note.txt\"\n  content  = \"hello\"\n}\n\n\
             resource \"local_process\" \"server\" {\n  command = [\"sleep\", \"600\"]\n}\n\n\
             resource \"local_directory\" \"data\" {\n  path = \"data\"\n  permission = \"0750\"\n}\n\n\
             output \"pid\" {\n  value = local_process.server.pid\n}\n",
        );
        write(
            "terrace.hcl",
            "environment \"production\" {}\n\n\
             heal {\n  rule \"restart\" {\n    match = [\"local_process.*\", \"local_file.*\"]\n    action = \"recreate\"\n  }\n}\n",
        );
        Self(directory)
    }

    /// Two environments, each with an object that is made only when the `gate` is opened, where there is one, and looked at
    /// for a minute where a file says so.
    fn gated() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write(
            "main.tf",
            "locals {\n  here = terraform.workspace\n}\n\n\
             resource \"local_command\" \"note\" {\n  \
             create = \"touch making-${local.here}; if [ -e gate ]; then read x < gate; fi; touch note-${local.here}; echo made\"\n  \
             read = \"if [ -e slow-${local.here} ]; then touch looking; sleep 60; fi; test -e note-${local.here} && echo made || exit 44\"\n}\n",
        );
        write(
            "terrace.hcl",
            "environment \"one\" {\n  verify = [check.quick]\n}\n\nenvironment \"two\" {\n  verify = [check.quick]\n}\n\n\
             check \"quick\" {\n  command = [\"true\"]\n}\n\n\
             heal {\n  rule \"all\" {\n    match = [\"local_command.*\"]\n    action = \"recreate\"\n  }\n}\n",
        );
        let project = Self(directory);
        for environment in ["one", "two"] {
            let applied = project.terrace(&format!("apply {environment} -auto-approve"));
            assert!(applied.status.success());
        }
        project
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    fn is_there(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Runs a command that makes `note-one` anew, up to where it waits for the gate.
    fn at_the_gate(&self, words: &str) -> Child {
        self.remove("note-one");
        self.remove("making-one");
        let gate = self.path().join("gate");
        assert!(Command::new("mkfifo").arg(gate).status().unwrap().success());
        let child = self.command(words).spawn().unwrap();
        until("it begins to make the object", || {
            self.is_there("making-one")
        });
        child
    }

    /// Opens the gate for all.
    fn open(&self) {
        fs::write(self.path().join("gate"), "go on\n").unwrap();
        self.remove("gate");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command
            .args(words.split(' '))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn terrace(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    fn pid(&self) -> u32 {
        let output = self.terrace("output -raw pid");
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .expect("a process's number")
    }
}

/// Ends what was started, also where a test fails.
impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.terrace("destroy -auto-approve");
    }
}

/// Waits until something is so, and fails after half a minute.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: u32, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn ended(mut child: Child) -> (Option<i32>, String) {
    until("it ends when it is asked to", || {
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn a_killed_process_and_a_removed_file_are_healed_and_another_change_is_left_alone() {
    let project = Project::new();
    assert!(project.terrace("apply -auto-approve").status.success());
    let first = project.pid();
    let watch = project.command("watch --heal --every 1s").spawn().unwrap();
    let lock = project.path().join(".terrace/watch-production.lock");
    until("it watches", || lock.exists());

    // There is one who watches.
    until("it says who it is", || {
        fs::read_to_string(&lock).is_ok_and(|who| !who.is_empty())
    });
    let second = project.terrace("watch --heal --max-looks 1");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{said}");
    assert!(said.contains("`production` is watched already"), "{said}");
    assert!(said.contains(&format!("process {}", watch.id())), "{said}");

    let data = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(project.path().join("data"), data).unwrap();
    signal(first, "-KILL");
    fs::remove_file(project.path().join("note.txt")).unwrap();
    until("the file is there again", || {
        project.path().join("note.txt").exists()
    });
    until("the process runs again", || {
        let now = project.pid();
        now != first && runs(now)
    });
    // A look that fails does not end it, and what it goes by is read anew.
    let file = project.path().join("terrace.hcl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, "environment \"production\" {\n").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    fs::write(&file, text).unwrap();
    fs::remove_file(project.path().join("note.txt")).unwrap();
    until("it goes on", || project.path().join("note.txt").exists());
    signal(watch.id(), "-TERM");
    let (code, lines) = ended(watch);
    assert_eq!(code, Some(0), "{lines}");
    assert!(lines.contains("production: Drift: 1 changed"), "{lines}");
    assert!(lines.contains("; healed "), "{lines}");
    let left = project.terrace("drift");
    let left = String::from_utf8_lossy(&left.stdout).into_owned();
    assert!(
        left.contains("local_directory.data") && !left.contains("local_process"),
        "{left}"
    );

    // Now that it has ended, another may watch, and ends at once between two looks.
    let watch = project.command("watch --every 1h").spawn().unwrap();
    until("it has looked", || {
        let log = project.terrace("log");
        String::from_utf8_lossy(&log.stdout)
            .matches("looked")
            .count()
            > left.len().min(1)
            && fs::read_to_string(&lock).is_ok_and(|who| who.contains(&watch.id().to_string()))
    });
    std::thread::sleep(Duration::from_millis(300));
    let asked = Instant::now();
    signal(watch.id(), "-INT");
    let (code, _) = ended(watch);
    assert_eq!(code, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_look_at_several_environments_ends_when_it_is_asked_to_in_any_of_them() {
    let project = Project::gated();
    fs::write(project.path().join("slow-two"), "").unwrap();
    let drift = project.command("drift").spawn().unwrap();
    until("it looks at the second", || project.is_there("looking"));
    signal(drift.id(), "-INT");
    let (code, said) = ended(drift);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("one is as recorded"), "{said}");
    project.remove("slow-two");
}

#[test]
fn healing_that_is_interrupted_heals_no_other_environment() {
    let project = Project::gated();
    project.remove("note-two");
    project.remove("making-two");
    let drift = project.at_the_gate("drift --heal");
    signal(drift.id(), "-INT");
    project.open();
    let (code, said) = ended(drift);
    assert_eq!(code, Some(130), "{said}");
    assert!(project.is_there("note-one"), "what was begun is done");
    assert!(!project.is_there("making-two"), "nothing else is begun");
    assert_eq!(project.terrace("drift one").status.code(), Some(0));
    assert_eq!(project.terrace("drift two").status.code(), Some(2));
}

#[test]
fn what_a_killed_apply_left_is_found_out_before_anything_is_healed() {
    let project = Project::gated();
    let mut apply = project.at_the_gate("apply one -auto-approve");
    apply.kill().unwrap();
    apply.wait().unwrap();
    project.open();
    let healed = project.terrace("drift one --heal");
    let said = String::from_utf8_lossy(&healed.stderr).into_owned();
    assert_eq!(healed.status.code(), Some(0), "{said}");
    assert!(said.contains("Recovered local_command.note"), "{said}");
    let log = project.terrace("log one");
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains(" recovered "), "{log}");
    assert!(!log.contains(" healed "), "{log}");
}
