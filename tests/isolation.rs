//! Environments that are applied at the same time, in processes of their own: what one takes the other does not get,
//! whoever is first, and what was going on beside it is done all the same. Nothing here waits for time: the processes
//! tell through pipes how far they are.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

const PROJECT: &str = r#"
definition = "infra"
environment "one" {}
environment "two" {}
"#;

/// `gate` tells that it has begun, and ends when it is let.
const DEFINITION: &str = r#"
resource "local_command" "gate" {
  create = "echo > ../begun-${terraform.workspace}; cat ../go-${terraform.workspace}; echo made"
}
resource "local_file" "shared" {
  filename   = "../same"
  content    = terraform.workspace
  depends_on = [local_command.gate]
}
resource "local_file" "after" {
  filename = "../after-${terraform.workspace}"
  content  = local_file.shared.content
}
resource "local_file" "own" {
  filename   = "../own-${terraform.workspace}"
  content    = terraform.workspace
  depends_on = [local_command.gate]
}
"#;

fn project() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path();
    fs::create_dir(at.join("infra")).expect("a directory");
    fs::write(at.join("terrace.hcl"), PROJECT).expect("a file");
    fs::write(at.join("infra/main.tf"), DEFINITION).expect("a file");
    for environment in ["one", "two"] {
        for name in ["begun", "go"] {
            let made = Command::new("mkfifo")
                .arg(at.join(format!("{name}-{environment}")))
                .status();
            assert!(made.expect("mkfifo runs").success());
        }
    }
    directory
}

fn terrace(at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    command.args(arguments).current_dir(at);
    command
}

/// An apply that has come as far as its gate.
fn begun(at: &Path, environment: &str) -> Child {
    let child = terrace(at, &["apply", environment, "-auto-approve"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("terrace starts");
    fs::read(at.join(format!("begun-{environment}"))).expect("it begins");
    child
}

fn let_go(at: &Path, environment: &str) {
    fs::write(at.join(format!("go-{environment}")), "").expect("it goes on");
}

/// How an apply ended, and what it said.
fn ended(child: Child) -> (ExitStatus, String) {
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    (output.status, said)
}

#[test]
fn of_two_environments_applied_at_the_same_moment_one_takes_a_path_and_the_other_is_told() {
    let directory = project();
    let at = directory.path();
    let children = [begun(at, "one"), begun(at, "two")];
    // Both have their plans, in which nobody has the file.
    for environment in ["one", "two"] {
        let_go(at, environment);
    }
    let ends = children.map(ended);
    let said = &ends;
    let won = ends.iter().filter(|(status, _)| status.success()).count();
    assert_eq!(won, 1, "{said:?}");
    let (winner, loser) = match ends[0].0.success() {
        true => ("one", "two"),
        false => ("two", "one"),
    };
    let (status, told) = ends
        .iter()
        .find(|(status, _)| !status.success())
        .expect("one lost");
    assert_eq!(status.code(), Some(1), "{told}");
    let expected = [
        format!(
            "error[belongs-to-another-environment]: `local_file.shared` would take what {winner} has"
        ),
        format!("same` is recorded in {winner}, as `local_file.shared`"),
    ];
    for line in &expected {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let read = |name: &str| fs::read_to_string(at.join(name)).ok();
    assert_eq!(read("same").as_deref(), Some(winner));
    // What does not need it was done, what needs it was not.
    assert_eq!(read(&format!("own-{loser}")).as_deref(), Some(loser));
    assert_eq!(read(&format!("after-{loser}")), None);

    // Nothing is left open, the winner has what it recorded, and the loser gets it when it is free.
    let code = |arguments: &[&str]| {
        let output = terrace(at, arguments).output().expect("terrace runs");
        output.status.code()
    };
    assert_eq!(code(&["drift", winner]), Some(0));
    assert_eq!(code(&["plan", loser]), Some(1), "a plan tells it too");
    assert_eq!(code(&["destroy", winner, "-auto-approve"]), Some(0));
    assert_eq!(code(&["apply", loser, "-auto-approve"]), Some(0));
    assert_eq!(read("same").as_deref(), Some(loser));
}

#[test]
fn what_a_killed_apply_was_about_to_take_is_not_taken_by_another() {
    let directory = project();
    let at = directory.path();
    let definition = r#"
resource "local_process" "server" {
  command = ["sh", "-c", "echo $$ > ../begun-${terraform.workspace}; exec sleep 1000"]
  stdout  = "../log"
  ready {
    tcp    = "127.0.0.1:9"
    within = "1000s"
  }
}
"#;
    fs::write(at.join("infra/main.tf"), definition).expect("a file");
    let mut killed = terrace(at, &["apply", "one", "-auto-approve"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("terrace starts");
    // It is killed while its step goes on; the process that it started stays.
    let left = fs::read_to_string(at.join("begun-one")).expect("it begins");
    killed.kill().expect("it is killed");
    killed.wait().expect("it ends");

    let plan = |environment: &str| {
        let output = terrace(at, &["plan", environment]).output();
        let output = output.expect("terrace runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    let (code, told) = plan("two");
    let log = fs::canonicalize(at).expect("a path").join("log");
    let line = format!(
        "`{}` is recorded in one, as `local_process.server`",
        log.display()
    );
    assert!(told.contains(&line), "{told}");
    assert_eq!(code, Some(1), "{told}");

    // Once it is known that nothing came of it, it is free.
    let ended = Command::new("kill").arg(left.trim()).status();
    assert!(ended.expect("kill runs").success());
    let (code, told) = plan("one");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Recovered local_process.server"), "{told}");
    let (code, told) = plan("two");
    assert_eq!(code, Some(0), "{told}");
}
