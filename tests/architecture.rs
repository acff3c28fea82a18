//! The house as `src/README.md` describes it: which crate may use which, and the invariants that a text or a manifest
//! can show. Reads sources and manifests; runs nothing of ours.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which of our crates may be used by which: the table of layers. A new edge is a design change.
const LAYERS: &[(&str, &[&str])] = &[
    ("terrace-model", &[]),
    ("terrace-web", &[]),
    ("terrace-lang", &["terrace-model"]),
    ("terrace-state", &["terrace-model"]),
    ("terrace-contract", &["terrace-model"]),
    (
        "terrace-local",
        &["terrace-model", "terrace-contract", "terrace-web"],
    ),
    ("terrace-sim", &["terrace-model", "terrace-contract"]),
    ("terrace-terraform", &["terrace-model", "terrace-contract"]),
    (
        "terrace-aws",
        &["terrace-model", "terrace-contract", "terrace-aws-sdk"],
    ),
    ("terrace-aws-sdk", &["terrace-model", "terrace-contract"]),
    (
        "terrace-engine",
        &[
            "terrace-model",
            "terrace-lang",
            "terrace-state",
            "terrace-contract",
        ],
    ),
    (
        "terrace-modules",
        &["terrace-model", "terrace-lang", "terrace-web"],
    ),
    (
        "terrace-delivery",
        &[
            "terrace-model",
            "terrace-lang",
            "terrace-engine",
            "terrace-state",
            "terrace-web",
        ],
    ),
    ("terrace-dashboard", &["terrace-model", "terrace-state"]),
];

/// The crate of the binary, which may use all of ours.
const PROGRAM: &str = "terrace";

/// Crates of others, and the one crate of ours that may name them.
const ONLY_IN: &[(&str, &str)] = &[
    ("aws-sdk-ec2", "terrace-aws-sdk"),
    ("tonic", "terrace-terraform"),
];

#[test]
fn a_crate_uses_only_what_its_layer_may() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let packages = packages();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut wrong = Vec::new();
    for package in packages
        .iter()
        .filter(|package| package.name != PROGRAM && !package.is_example())
    {
        let Some(may) = layers.get(package.name.as_str()) else {
            wrong.push(format!(
                "{} has no place in the table of layers",
                package.name
            ));
            continue;
        };
        for used in package
            .uses
            .iter()
            .filter(|used| ours.contains(used.as_str()))
        {
            if !may.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", package.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn crates_of_others_stay_where_they_belong() {
    for package in packages() {
        for (theirs, owner) in ONLY_IN {
            assert!(
                package.name == *owner || !package.uses.contains(*theirs),
                "{} uses {theirs}; only {owner} may",
                package.name
            );
        }
    }
    let names = ONLY_IN
        .iter()
        .map(|(theirs, owner)| (theirs.replace('-', "_"), *owner));
    for (name, owner) in names {
        let folder = match owner {
            "terrace-aws-sdk" => "providers/aws/sdk/",
            _ => "providers/terraform/",
        };
        nowhere(
            &sources(&["src", "state", "providers"]),
            &[format!("{name}::").as_str()],
            |path| path.starts_with(folder),
        );
    }
}

#[test]
fn the_model_does_no_io_and_knows_no_database_runtime_or_syntax() {
    let model = packages()
        .into_iter()
        .find(|package| package.name == "terrace-model")
        .expect("the model");
    for theirs in [
        "tokio", "rusqlite", "hcl-rs", "hcl-edit", "reqwest", "tonic",
    ] {
        assert!(!model.uses.contains(theirs), "the model uses {theirs}");
    }
    let words = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::io",
        "SystemTime::now",
        "Instant::now",
    ];
    nowhere(&sources(&["src/model"]), &words, |_| false);
}

#[test]
fn the_language_knows_neither_the_record_nor_providers() {
    nowhere(
        &sources(&["src/lang"]),
        &["rusqlite", "tokio::", "state::Store", "contract::"],
        |_| false,
    );
}

#[test]
fn the_engine_does_not_print_ask_the_environment_or_the_clock() {
    // The runtime's own `tokio::time::Instant` is not the wall clock: tests can stop and turn it.
    let words = [
        "std::env",
        "env::var",
        "SystemTime::now",
        "std::time::Instant",
        " Instant::now(",
        "stdout()",
        "stderr()",
        "stdin()",
        "println!",
        "print!",
    ];
    nowhere(&sources(&["src/engine"]), &words, |_| false);
}

#[test]
fn only_the_commands_output_prints() {
    let all = sources(&["src", "state", "providers"]);
    let macros = ["println!", "print!(", "dbg!("];
    nowhere(&all, &macros, |path| {
        path.starts_with("src/cli/output/") || path == "src/main.rs"
    });
    nowhere(&all, &["stdout()", "stderr()"], |path| {
        path.starts_with("src/cli/")
    });
}

#[test]
fn only_the_command_line_reads_the_environment_and_only_the_program_the_wall_clock() {
    let all = sources(&["src", "state", "providers"]);
    nowhere(&all, &["env::var(", "env::var_os(", "env::vars"], |path| {
        path == "src/main.rs" || path.starts_with("src/cli/")
    });
    nowhere(&all, &["SystemTime::now"], |path| path == "src/main.rs");
}

#[test]
fn one_place_says_whom_is_trusted_over_http() {
    let all = sources(&["src", "state", "providers"]);
    nowhere(
        &all,
        &["config_builder(", "ureq::get(", "ureq::post("],
        |path| path == "src/web/agent.rs",
    );
}

#[test]
fn one_place_calls_a_provider_to_change_something() {
    let calls = ["provider.apply(", ".apply(ApplyRequest"];
    let engine = sources(&["src/engine"]);
    let places: Vec<String> = engine
        .iter()
        .flat_map(|source| source.lines_with(&calls))
        .collect();
    assert_eq!(places.len(), 1, "{places:#?}");
    nowhere(
        &sources(&["src/cli", "src/delivery", "src/lang", "src/model", "state"]),
        &calls,
        |_| false,
    );
}

#[test]
fn an_apply_has_a_plan_it_cannot_change() {
    nowhere(
        &sources(&["src/engine/apply"]),
        &["&mut Plan", "plan.steps.push", "plan.steps.retain"],
        |_| false,
    );
    let plan =
        std::fs::read_to_string(root().join("src/model/plan.rs")).expect("the file of the plan");
    let (before, _) = plan.split_once("pub struct Plan {").expect("the plan");
    let derives = before
        .rsplit_once("#[derive(")
        .map_or("", |(_, derives)| derives);
    assert!(
        derives.contains("Serialize") && derives.contains("Deserialize"),
        "a plan can be kept: {derives}"
    );
}

#[test]
fn a_failed_apply_says_what_exists() {
    let contract = sources(&["providers/contract"]);
    let source = contract
        .iter()
        .find(|source| source.code.contains("pub struct ApplyError"))
        .expect("the error of an apply");
    let (_, fields) = source
        .code
        .split_once("pub struct ApplyError")
        .expect("its fields");
    assert!(
        fields
            .split('}')
            .next()
            .is_some_and(|fields| fields.contains("pub exists:")),
        "{}",
        source.path
    );
}

#[test]
fn every_crate_has_the_workspaces_lints() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    for lint in [
        "unsafe_code = \"forbid\"",
        "wildcard_enum_match_arm = ",
        "unwrap_used = ",
        "panic = ",
        "print_stdout = ",
    ] {
        assert!(manifest.contains(lint), "{lint}");
    }
    for package in packages() {
        let manifest = std::fs::read_to_string(&package.manifest).expect("a manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}",
            package.manifest.display()
        );
    }
}

#[test]
fn files_are_where_their_names_say_and_begin_with_what_they_are() {
    let mut wrong = Vec::new();
    for source in sources(&["src", "state", "providers", "tests"]) {
        let stem = Path::new(&source.path)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        if ["utils", "util", "helpers", "common", "misc"].contains(&stem) {
            wrong.push(format!("{}: names no subject", source.path));
        }
        if !source.text.starts_with("//!") && !source.text.starts_with("#!") {
            wrong.push(format!("{}: does not begin with what it is", source.path));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let folders = ["src", "state", "providers", "tests"];
    nowhere(
        &sources(&folders),
        &["#[path =", "#[allow(", "#![allow(", "#[ignore"],
        |path| path == "tests/architecture.rs",
    );
}

/// The pages that say where things are, and where the paths in each may begin.
const PAGES: &[(&str, &[&str])] = &[
    ("README.md", &["."]),
    ("src/README.md", &["src", "."]),
    ("src/lang/README.md", &["src/lang", "src", "."]),
    ("providers/README.md", &["providers", "."]),
];

#[test]
fn what_the_pages_name_is_there() {
    let mut named = 0;
    let mut missing = Vec::new();
    for (page, places) in PAGES {
        let text = std::fs::read_to_string(root().join(page)).expect("a page");
        let houses = fenced(&text).filter(|block| block.starts_with("text\n"));
        let rooms = houses.flat_map(rooms_of);
        let paths = rooms.chain(paths_of(&text, places));
        for path in paths {
            named += 1;
            if !is_there(places, &path) {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(named > 100, "{named} paths were found");
    assert_eq!(missing, Vec::<String>::new());
}

fn is_there(places: &[&str], path: &str) -> bool {
    let tests = places.iter().flat_map(|place| {
        let path = root().join(place).join(path.trim_end_matches('/'));
        [path.with_extension("rs"), path]
    });
    tests.into_iter().any(|path| path.exists())
}

/// The insides of the blocks of a page that stand between fences.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2)
}

/// The paths between backticks: what ends as the name of a file or folder does, or begins with a folder of the house.
/// What Terrace makes below `.terrace` is none.
fn paths_of(text: &str, places: &[&str]) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let in_ticks = prose.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let first = word.split('/').next().unwrap_or_default();
        let is_named = [".rs", ".md", ".toml", "/"]
            .iter()
            .any(|end| word.ends_with(end));
        let is_below = word.contains('/') && !first.is_empty() && is_there(places, first);
        word.chars().all(is_plain) && first != ".terrace" && (is_named || is_below)
    };
    in_ticks.filter(is_path).map(str::to_owned).collect()
}

/// The rooms that a drawing of the house names: a folder or file at the start of a line, below the folders that stand further
/// left, and folders with the names of their files in parentheses: `plan/ (walk, block)`.
fn rooms_of(block: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut entry = String::new();
    for line in block.lines().skip(1).chain(["end/"]) {
        let words = line.trim_start();
        let depth = line.len() - words.len();
        let first = words
            .split([' ', '('])
            .next()
            .filter(|word| word.ends_with('/') || word.ends_with(".rs"));
        let Some(first) = first.filter(|_| depth <= 2) else {
            entry.push(' ');
            entry.push_str(words);
            continue;
        };
        let place: String = above.iter().map(|(_, folder)| folder.as_str()).collect();
        rooms.extend(files_in(&entry, &place));
        if line == "end/" {
            break;
        }
        above.retain(|(left, _)| *left < depth);
        let place: String = above.iter().map(|(_, folder)| folder.as_str()).collect();
        rooms.push(format!("{place}{first}"));
        above.push((depth, first.to_owned()));
        entry = words.to_owned();
    }
    rooms
}

/// What an entry's text names in the form `plan/ (walk, block)`, where all in the parentheses are names of files.
fn files_in(entry: &str, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (before, after) in entry.match_indices("/ (").map(|(at, _)| entry.split_at(at)) {
        let folder = before.rsplit(' ').next().unwrap_or_default();
        let inside = after
            .trim_start_matches("/ (")
            .split(')')
            .next()
            .unwrap_or_default();
        let names: Vec<&str> = inside.split(", ").map(str::trim).collect();
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if names.iter().all(is_name) {
            found.extend(names.iter().map(|name| format!("{place}{folder}/{name}")));
        }
    }
    found
}

/// A file of Rust.
struct Source {
    /// Below the root.
    path: String,
    text: String,
    /// The text without comments and without tests.
    code: String,
}

impl Source {
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let found = self
            .code
            .lines()
            .filter(|line| words.iter().any(|word| line.contains(word)));
        found
            .map(|line| format!("{}: {}", self.path, line.trim()))
            .collect()
    }
}

/// A package of the workspace.
struct Package {
    name: String,
    manifest: PathBuf,
    /// Names of packages it is built from, tests aside.
    uses: BTreeSet<String>,
}

impl Package {
    fn is_example(&self) -> bool {
        self.manifest
            .strip_prefix(root())
            .is_ok_and(|path| path.starts_with("examples"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root());
    let output = cargo.output().expect("cargo metadata");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"])
        .into_iter()
        .map(|package| Package {
            name: text(&package["name"]),
            manifest: PathBuf::from(text(&package["manifest_path"])),
            uses: list(&package["dependencies"])
                .iter()
                .filter(|used| used["kind"] != "dev")
                .map(|used| text(&used["name"]))
                .collect(),
        });
    packages.collect()
}

/// Fails when code holds one of the words in a file for which `except` does not hold.
fn nowhere(sources: &[Source], words: &[&str], except: impl Fn(&str) -> bool) {
    assert!(!sources.is_empty(), "nothing was looked at");
    let others = sources.iter().filter(|source| !except(&source.path));
    let found: Vec<String> = others.flat_map(|source| source.lines_with(words)).collect();
    assert_eq!(found, Vec::<String>::new());
}

/// Returns the sources below these folders, tests, benches and examples aside.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a directory").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        if path.is_dir() {
            if !["tests", "benches", "testing", "cases", "target"].contains(&name.as_str()) {
                collect(&path, found);
            }
        } else if name.ends_with(".rs")
            && !["tests.rs", "testing.rs", "scenarios.rs"].contains(&name.as_str())
        {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = code_of(&text);
            let path = path
                .strip_prefix(root())
                .expect("below the root")
                .display()
                .to_string();
            found.push(Source { path, text, code });
        }
    }
}

/// Returns what is compiled outside tests, roughly: no comments, nothing from the module of tests on.
fn code_of(text: &str) -> String {
    let before = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = before
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}
