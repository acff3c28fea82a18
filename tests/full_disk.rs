//! A disk that is full in the middle of an apply, for real: the record is on a file system of 1.5 MB, what is made is
//! elsewhere. The case `bad_full_disk` is the same with a limit on the size of files, where nothing can be mounted.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

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

/// Runs where the mount goes with it, or is taken away at the end.
const STORY: &str = r#"
set -u
trap 'cd /; umount "$1/disk"' EXIT
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

/// How something may be mounted: in namespaces of its own, which needs no rights, or as who has them.
const WAYS: [&[&str]; 2] = [&["unshare", "--map-root-user", "--mount", "sh"], &["sh"]];

/// Runs a script in one of the ways.
///
/// # Errors
/// What became of it, in words, where it could not be run or failed.
fn run(way: &[&str], script: &str, arguments: &[&str]) -> Result<Output, String> {
    let (program, before) = way.split_first().expect("a way names a program");
    let output = Command::new(program)
        .args(before)
        .args(["-c", script, "sh"])
        .args(arguments)
        .output()
        .map_err(|error| format!("`{program}`: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}`: {}", way.join(" "), said.trim()))
}

/// The first way in which something can be mounted at `disk` in `root`.
fn way(root: &str, mount: &str) -> &'static [&'static str] {
    let trial = format!("{mount} && umount \"$1/disk\"");
    let mut why = Vec::new();
    for way in WAYS {
        match run(way, &trial, &[root]) {
            Ok(_) => return way,
            Err(error) => why.push(error),
        }
    }
    panic!(
        "no file system can be mounted here, so that nobody can tell what becomes of a full disk. Allow user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0; in a container: \
         --security-opt seccomp=unconfined), or run the tests as root with the capability to mount (--cap-add SYS_ADMIN).\n{}",
        why.join("\n")
    );
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
    let way = way(root, mount);
    let story = format!("exec 3>&1 >/dev/null\n{mount} || exit 8\n{STORY}");
    let done = run(way, &story, &[root, env!("CARGO_BIN_EXE_terrace")]);
    let said = done.unwrap_or_else(|error| panic!("{error}"));
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
