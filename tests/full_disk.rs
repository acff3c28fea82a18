//! A disk that is full in the middle of an apply, for real: the record is on a file system of 1.5 MB, what is made is
//! elsewhere. The case `bad_full_disk` is the same with a limit on the size of files, where nothing can be mounted.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

/// What is defined after the first apply; its contents are more than the disk holds.
const LARGE: &str = r#"
resource "terraform_data" "first" {}

resource "local_file" "large" {
  count    = 60
  filename = "${path.cwd}/../world/${count.index}"
  content  = join("", [for n in range(1000) : "${count.index} and more "])
}
"#;

/// Runs in namespaces of its own, so that it needs no rights and the mount goes with it.
const STORY: &str = r#"
set -u
say() { echo "$@" >&3; }
cd "$1/disk"
terrace="$2"
echo 'resource "terraform_data" "first" {}' > main.tf
"$terrace" apply -auto-approve; say "first: $?"
cp ../large main.tf
"$terrace" apply -auto-approve -parallelism=2 2> ../said; say "full: $?"
say "$(grep '^error' ../said | cut -d';' -f1)"
say "help: $(grep -c '^help: free some space' ../said)"
recorded=$("$terrace" state list | grep -c local_file)
made=$(ls ../world | wc -l)
[ "$recorded" -gt 0 ] && [ "$made" -lt 60 ] && say "in the middle"
[ "$recorded" -le "$made" ] && say "all that is recorded was made"
"$terrace" plan; say "full still: $?"
mount -o remount,size=40m . || exit 9
"$terrace" apply -auto-approve; say "space again: $?"
say "$("$terrace" state list | wc -l) recorded, $(ls ../world | wc -l) made"
"$terrace" plan -detailed-exitcode; say "plan: $?"
"#;

fn shell(script: &str, arguments: &[&str]) -> Output {
    Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args(arguments)
        .output()
        .expect("a command")
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_an_apply_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["disk", "world"] {
        std::fs::create_dir(directory.path().join(name)).expect("a directory");
    }
    std::fs::write(directory.path().join("large"), LARGE).expect("a file");
    let root = directory.path().to_str().expect("a name in UTF-8");
    let mount = r#"mount -t tmpfs -o size=1500k none "$1/disk""#;
    let can_mount = Command::new("unshare").arg("--version").output().is_ok()
        && shell(mount, &[root]).status.success();
    if !can_mount {
        eprintln!("not tried: no file system can be mounted here");
        return;
    }
    let story = format!("exec 3>&1 >/dev/null 2>&1\n{mount} || exit 8\n{STORY}");
    let said = shell(&story, &[root, env!("CARGO_BIN_EXE_terrace")]);
    let said = String::from_utf8_lossy(&said.stdout) + "[EOF]";
    insta::assert_snapshot!(said, @r"
    first: 0
    full: 1
    error[record-write]: the disk is full
    help: 1
    in the middle
    all that is recorded was made
    full still: 1
    space again: 0
    61 recorded, 60 made
    plan: 0
    [EOF]
    ");
}
