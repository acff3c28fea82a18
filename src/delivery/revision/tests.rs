//! Snapshots of real directories, kept in real records, and checked out again.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lang::load::Disk;
use model::Diagnostics;
use state::{BlobDigest, Options, Store};

use super::*;
use crate::project;

/// A project on disk.
struct Bed {
    directory: tempfile::TempDir,
}

const TWO_STAGES: &str = "
definition = \"infra\"

environment \"test\" {
  variables = { size = 1 }
  verify    = [check.up]
}

environment \"production\" {
  after          = [\"test\"]
  variable_files = [\"infra/production.tfvars\"]
}

check \"up\" {
  tcp = \"localhost:1\"
}
";

impl Bed {
    /// A project of these files.
    fn new(files: &[(&str, &str)]) -> Self {
        let bed = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            bed.write(path, text);
        }
        bed
    }

    fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn try_take(&self, left_out: &[&str]) -> Result<(Snapshot, Diagnostics), SnapshotError> {
        let (mut project, found) = project::open(&self.path(), Path::new(""));
        assert!(!found.has_errors(), "{found:?}");
        let sources = std::mem::take(&mut project.sources);
        let files = Disk::new(project.definition_directory());
        let (definition, found) = lang::load(&files, Path::new(""), sources);
        assert!(!found.has_errors(), "{found:?}");
        take(Taken {
            project: &project,
            definition: &definition,
            inputs: [("version".to_owned(), "1".into())].into(),
            left_out: left_out.iter().map(|path| self.path().join(path)).collect(),
        })
    }

    fn take(&self) -> Snapshot {
        self.take_without(&[])
    }

    fn take_without(&self, left_out: &[&str]) -> Snapshot {
        let (snapshot, warnings) = self.try_take(left_out).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        snapshot
    }

    fn paths(&self) -> Vec<String> {
        self.take().manifest.files.into_keys().collect()
    }

    fn store(&self) -> Store {
        let path = self.path().join(".terrace/state.db");
        Store::open(&path, Options::create()).unwrap()
    }
}

/// Keeps a snapshot.
fn kept(store: &Store, snapshot: &Snapshot) -> BlobDigest {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let digest = runtime.block_on(keep(store, snapshot)).unwrap();
    assert_eq!(digest, snapshot.digest());
    digest
}

#[test]
fn a_snapshot_holds_the_definition_and_nothing_of_this_machine() {
    let bed = Bed::new(&[
        ("terrace.hcl", TWO_STAGES),
        ("infra/main.tf", "variable \"size\" {}"),
        ("infra/.terraform.lock.hcl", "# lock"),
        ("infra/templates/page.html", "<p>"),
        ("infra/production.tfvars", "size = 2"),
        ("infra/terraform.tfstate", "{}"),
        ("infra/terraform.tfstate.backup", "{}"),
        ("infra/.terraform/modules.json", "{}"),
        ("infra/.hidden", "x"),
        ("infra/site/.htaccess", "deny"),
        ("infra/site/.git/HEAD", "x"),
        ("infra/ignored.log", "x"),
        ("infra/network.plan", "{\"terrace_plan\":\"p1234567\"}"),
        ("infra/build/app.bin", "x"),
        (".gitignore", "*.log\n"),
        ("infra/.terraceignore", "/build/\n"),
        ("README.md", "not of the definition"),
    ]);
    assert_eq!(
        bed.paths(),
        [
            ".terraform.lock.hcl",
            "main.tf",
            "site/.htaccess",
            "templates/page.html"
        ]
    );
}

#[test]
fn a_snapshot_knows_what_it_lacks_however_a_path_leads_there() {
    let bed = Bed::new(&[
        ("terrace.hcl", TWO_STAGES),
        ("infra/main.tf", ""),
        ("infra/site/page.html", "<p>"),
        ("infra/.hidden", "x"),
        ("beside.txt", "x"),
    ]);
    let lacks = |path: &str| !bed.take().lacks([path.to_owned()].into()).is_empty();
    for held in ["site/page.html", "../infra/site/page.html", "main.tf"] {
        assert!(!lacks(held), "{held}");
    }
    for other in [".hidden", "../beside.txt", "../infra/.hidden", "nowhere/x"] {
        assert!(lacks(other), "{other}");
    }
}

#[test]
fn what_an_ignore_file_leaves_out_is_in_it_where_it_was_evaluated() {
    let bed = Bed::new(&[
        ("main.tf", "module \"m\" { source = \"./modules/m\" }"),
        ("modules/m/main.tf", "locals { a = 1 }"),
        ("modules/m/notes.txt", "x"),
        (".gitignore", "modules/\n"),
    ]);
    assert_eq!(bed.paths(), ["main.tf", "modules/m/main.tf"]);
}

#[test]
fn an_ignore_file_above_the_repository_does_not_count() {
    let bed = Bed::new(&[(".gitignore", "*\n"), ("home/.keep", "")]);
    let inner = Bed {
        directory: tempfile::tempdir_in(bed.path().join("home")).unwrap(),
    };
    inner.write("main.tf", "");
    inner.write("page.html", "x");
    assert_eq!(inner.paths(), ["main.tf", "page.html"], "no repository");
    std::fs::create_dir(inner.path().join(".git")).unwrap();
    assert_eq!(
        inner.paths(),
        ["main.tf", "page.html"],
        "its own repository"
    );
}

#[test]
fn modules_beside_the_definition_are_in_it() {
    let bed = Bed::new(&[
        ("terrace.hcl", TWO_STAGES),
        (
            "infra/main.tf",
            "variable \"size\" {}\nmodule \"m\" { source = \"../modules/m\" }",
        ),
        ("modules/m/main.tf", ""),
        ("modules/m/page.html", "<p>"),
        ("modules/other/main.tf", ""),
        ("notes.txt", ""),
    ]);
    let snapshot = bed.take();
    assert_eq!(snapshot.manifest.definition, "infra");
    let paths: Vec<&String> = snapshot.manifest.files.keys().collect();
    assert_eq!(
        paths,
        ["infra/main.tf", "modules/m/main.tf", "modules/m/page.html"]
    );
    assert_eq!(snapshot.root, bed.path());
}

#[test]
fn the_same_content_has_the_same_digest_anywhere() {
    let files = [
        ("main.tf", "locals { a = 1 }"),
        ("templates/page.html", "<p>"),
    ];
    let (one, other) = (Bed::new(&files), Bed::new(&files));
    other.write(".terrace/key", "another machine");
    assert_eq!(one.take().digest(), other.take().digest());
    other.write("templates/page.html", "<b>");
    assert_ne!(one.take().digest(), other.take().digest());
}

#[test]
fn configuration_and_policy_are_no_part_of_it_but_the_shape_is() {
    let bed = Bed::new(&[
        ("terrace.hcl", TWO_STAGES),
        ("infra/main.tf", "variable \"size\" {}"),
        ("infra/production.tfvars", "size = 2"),
    ]);
    let before = bed.take();
    let checks: Vec<(&String, &String)> = before.manifest.shape.checks.iter().collect();
    let text = "check \"up\" {\n  tcp = \"localhost:1\"\n}".to_owned();
    assert_eq!(checks, [(&"up".to_owned(), &text)]);
    let production = before.manifest.shape.environments.get("production");
    let expected = Stage {
        after: ["test".to_owned()].into(),
        verify: BTreeSet::new(),
    };
    assert_eq!(production, Some(&expected));
    bed.write("infra/production.tfvars", "size = 3");
    bed.write("terrace.hcl", &TWO_STAGES.replace("size = 1", "size = 7"));
    assert_eq!(bed.take().digest(), before.digest());
    bed.write(
        "terrace.hcl",
        &TWO_STAGES.replace("localhost:1", "localhost:2"),
    );
    let after = bed.take();
    let found = Difference::between(&before.manifest, &after.manifest);
    assert_eq!(found.checks.len(), 1);
    assert!(found.files.is_empty());
}

#[test]
fn what_the_definition_made_itself_is_left_out() {
    let bed = Bed::new(&[("main.tf", ""), ("out/one.txt", "x"), ("made.txt", "x")]);
    let paths = |left_out: &[&str]| {
        let files = bed.take_without(left_out).manifest.files;
        files.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(paths(&["out", "made.txt"]), ["main.tf"]);
    // An object of the record that holds the definition cannot take it away.
    assert_eq!(paths(&["."]), ["made.txt", "main.tf", "out/one.txt"]);
}

#[test]
fn too_much_is_refused_and_the_largest_are_named() {
    let bed = Bed::new(&[("main.tf", ""), ("small.bin", "x")]);
    let large = std::fs::File::create(bed.path().join("large.bin")).unwrap();
    large.set_len(LIMIT).unwrap();
    assert!(bed.try_take(&[]).is_err());
    large.set_len(LIMIT + 1).unwrap();
    let error = bed.try_take(&[]).unwrap_err();
    let diagnostic = error.diagnostic();
    assert_eq!(
        diagnostic.message,
        "the definition's directory holds 3 files, 65 MiB in all: too much for a revision, which has at most 64 MiB"
    );
    assert_eq!(diagnostic.notes.first().unwrap(), "  65537 KiB  large.bin");
    assert!(bed.try_take(&["large.bin"]).is_ok());
}

#[test]
fn links_to_files_are_followed_and_a_circle_of_links_ends() {
    let bed = Bed::new(&[("infra/main.tf", ""), ("common/providers.tf", "# shared")]);
    bed.write(
        "terrace.hcl",
        "definition = \"infra\"\nenvironment \"test\" {}",
    );
    let infra = bed.path().join("infra");
    let link = std::os::unix::fs::symlink::<&str, PathBuf>;
    link("../common/providers.tf", infra.join("providers.tf")).unwrap();
    link("nowhere", infra.join("dangling.txt")).unwrap();
    let snapshot = bed.take();
    let paths: Vec<&String> = snapshot.manifest.files.keys().collect();
    assert_eq!(paths, ["main.tf", "providers.tf"]);
    link(".", infra.join("circle")).unwrap();
    let (again, warnings) = bed.try_take(&[]).unwrap();
    assert_eq!(again.digest(), snapshot.digest());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn a_checkout_is_as_the_snapshot_was() {
    let bed = Bed::new(&[("main.tf", "locals { a = 1 }"), ("run.sh", "#!/bin/sh\n")]);
    let runnable = std::fs::Permissions::from_mode(0o750);
    std::fs::set_permissions(bed.path().join("run.sh"), runnable).unwrap();
    let snapshot = bed.take();
    let store = bed.store();
    let digest = kept(&store, &snapshot);
    bed.write("main.tf", "locals { a = 2 }");
    let place = check_out(&store, &bed.path(), digest).unwrap();
    let short: String = digest.to_string().chars().take(16).collect();
    assert_eq!(place, bed.path().join(".terrace/revisions").join(short));
    let text = std::fs::read_to_string(place.join("main.tf")).unwrap();
    assert_eq!(text, "locals { a = 1 }");
    let mode = place.join("run.sh").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o111, 0o111);
    assert_eq!(read(&store, digest).unwrap(), snapshot.manifest);
}

#[test]
fn a_checkout_that_nobody_uses_is_removed() {
    let bed = Bed::new(&[("main.tf", "locals { a = 1 }")]);
    let store = bed.store();
    let own = kept(&store, &bed.take());
    let used = check_out(&store, &bed.path(), own).unwrap();
    bed.write("main.tf", "locals { a = 2 }");
    let applied = kept(&store, &bed.take());
    let checkouts = bed.path().join(".terrace/revisions");
    let made = |name: &str| {
        let place = checkouts.join(name);
        std::fs::create_dir_all(place.join("infra")).unwrap();
        place
    };
    let short: String = applied.to_string().chars().take(16).collect();
    let still = made(&short);
    let (old, runs, cut) = (
        made("00000000000000aa"),
        made("00000000000000bb"),
        made("00000000000000cc.77"),
    );
    // Another process works on it.
    let (other, lock) = (
        made("00000000000000dd"),
        std::fs::File::create(checkouts.join("00000000000000dd.lock")).unwrap(),
    );
    lock.lock_shared().unwrap();
    let sweep = |kept: &[BlobDigest]| sweep(&bed.path(), kept, &|place| place == runs);
    sweep(&[applied]);
    let there = [&used, &still, &old, &runs, &cut, &other].map(|place| place.exists());
    assert_eq!(there, [true, true, false, true, false, true]);
    drop(lock);
    sweep(&[]);
    let there = [&used, &still, &runs, &other].map(|place| place.exists());
    assert_eq!(there, [true, false, true, false]);
    let locks = std::fs::read_dir(&checkouts).unwrap().flatten();
    let locks: Vec<_> = locks
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".lock"))
        .collect();
    let own: String = own.to_string().chars().take(16).collect();
    let mut expected = [format!("{own}.lock"), "00000000000000bb.lock".to_owned()];
    expected.sort();
    let mut locks = locks;
    locks.sort();
    assert_eq!(locks, expected);
}

#[test]
fn an_edited_checkout_is_made_anew_and_an_intact_one_is_left_alone() {
    let bed = Bed::new(&[("main.tf", "locals { a = 1 }"), ("x/y.txt", "y")]);
    let store = bed.store();
    let digest = kept(&store, &bed.take());
    let place = check_out(&store, &bed.path(), digest).unwrap();
    let born = |path: &str| place.join(path).metadata().unwrap().modified().unwrap();
    let first = born("main.tf");
    check_out(&store, &bed.path(), digest).unwrap();
    assert_eq!(born("main.tf"), first);
    type Edit = fn(&Path);
    let edits: [Edit; 3] = [
        |place| std::fs::write(place.join("main.tf"), "locals { a = 9 }").unwrap(),
        |place| std::fs::write(place.join("more.tf"), "").unwrap(),
        |place| std::fs::remove_file(place.join("x/y.txt")).unwrap(),
    ];
    for edit in edits {
        edit(&place);
        check_out(&store, &bed.path(), digest).unwrap();
        let text = std::fs::read_to_string(place.join("main.tf")).unwrap();
        assert_eq!(text, "locals { a = 1 }");
        assert!(!place.join("more.tf").exists());
        assert!(place.join("x/y.txt").exists());
    }
    let there = std::fs::read_dir(bed.path().join(".terrace/revisions")).unwrap();
    let directories = there.flatten().filter(|entry| entry.path().is_dir());
    assert_eq!(directories.count(), 1, "nothing is left behind");
}

#[test]
fn a_revision_that_is_not_kept_cannot_be_checked_out() {
    let bed = Bed::new(&[("main.tf", "")]);
    let store = bed.store();
    let unknown = check_out(&store, &bed.path(), BlobDigest::of(b"nothing"));
    assert!(matches!(unknown, Err(CheckoutError::Record(_))));
}
