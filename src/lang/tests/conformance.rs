//! Compares the evaluator with recorded answers of Terraform, expression by expression.
//!
//! `TERRACE_EXPRESSIONS=FILE cargo test conformance -- --nocapture` runs another file of the same form.

#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read fails the test"
)]

mod spec;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use lang::eval::{FreeTraversal, Resolution, Scope, evaluate, references};
use lang::functions::{CallContext, Impure, Random};
use lang::syntax::ast::{Ident, TraversalKind, TraversalStep};
use lang::syntax::parse_expression;
use model::clock::{Clock, Timestamp};
use model::{Diagnostics, FileId, Value};
use spec::{Case, Expected};

/// How many cases that differ are shown with what was wanted and what was given.
const SHOWN: usize = 40;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

#[derive(Debug)]
struct FixedRandom;

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

struct Variables<'a> {
    vars: &'a BTreeMap<String, Value>,
    ctx: CallContext<'a>,
}

impl Scope for Variables<'_> {
    fn resolve(
        &self,
        root: &Ident,
        steps: &[TraversalStep],
        _: &mut Diagnostics,
    ) -> Option<Resolution> {
        let value = variable(self.vars, root, steps)?;
        Some(Resolution { value, taken: 1 })
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.ctx
    }
}

/// `var.NAME`, and the paths of a root module in the working directory.
fn variable(
    vars: &BTreeMap<String, Value>,
    root: &Ident,
    steps: &[TraversalStep],
) -> Option<Value> {
    let TraversalKind::Attribute(name) = &steps.first()?.kind else {
        return None;
    };
    match (root.text.as_str(), name.as_str()) {
        ("var", name) => vars.get(name).cloned(),
        ("path", "root" | "module") => Some(Value::string(".")),
        ("terraform", "workspace") => Some(Value::string("default")),
        _ => None,
    }
}

/// The value of the case's expression, or the messages of the errors. Directories are relative to `base`.
fn answer(case: &Case, base: &Path) -> Result<Value, String> {
    let messages = |found: &Diagnostics| {
        let all: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        all.join("; ")
    };
    let (expr, found) = parse_expression(FileId(0), &case.expr);
    if found.has_errors() {
        return Err(messages(&found));
    }
    let mut free: Vec<FreeTraversal<'_>> = Vec::new();
    references(&expr, &mut free);
    if let Some(free) = free
        .iter()
        .find(|free| variable(&case.vars, free.root, free.steps).is_none())
    {
        return Err(format!("`{}` is not declared", free.root.text));
    }
    let directory = match &case.dir {
        Some(dir) => base.join(dir),
        None => std::env::current_dir().unwrap(),
    };
    let ctx = CallContext {
        directory: &directory,
        working_directory: &directory,
        home: Some(Path::new("/root")),
        reads: None,
        impure: Impure::Unknown,
        plan_time: Some(Timestamp(1_700_000_000_000)),
        clock: &FixedClock,
        random: &FixedRandom,
        template_depth: 0,
    };
    let (value, found) = evaluate(
        &expr,
        &Variables {
            vars: &case.vars,
            ctx,
        },
    );
    if found.has_errors() {
        Err(messages(&found))
    } else {
        Ok(value)
    }
}

/// What differs, if anything does.
fn difference(case: &Case, base: &Path) -> Option<String> {
    let got =
        std::panic::catch_unwind(|| answer(case, base)).unwrap_or_else(|_| Err("PANIC".into()));
    let panicked = matches!(&got, Err(message) if message == "PANIC");
    let same = match (&case.expect, &got) {
        (Expected::Error(_), Err(_)) => true,
        (Expected::Value(want), Ok(got)) if case.compares_marks => spec::same(got, want),
        (Expected::Value(want), Ok(got)) => {
            spec::same(&got.clone().unmark_deep().0, &want.clone().unmark_deep().0)
        }
        (Expected::Uncomparable, Ok(_)) => true,
        (Expected::Value(_) | Expected::Uncomparable, Err(_)) | (Expected::Error(_), Ok(_)) => {
            false
        }
    };
    let same = !panicked && (same || case.is_free);
    let show = |value: &Value| format!("{value:?}");
    (!same).then(|| {
        let want = match &case.expect {
            Expected::Error(summary) => format!("error: {summary}"),
            Expected::Value(want) => show(want),
            Expected::Uncomparable => "a value".into(),
        };
        let got = match &got {
            Ok(value) => show(value),
            Err(messages) => format!("error: {messages}"),
        };
        format!(
            "  {}\n    expr   {}\n    wanted {want}\n    got    {got}",
            case.id, case.expr
        )
    })
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Cases of the committed file that differ, and may: `- id: why`, one a line.
fn known() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(repository().join("tests/conformance/known.md")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("- ")?.split_once(": "))
        .map(|(id, reason)| (id.to_owned(), reason.to_owned()))
        .collect()
}

#[test]
fn conformance() {
    let given = std::env::var_os("TERRACE_EXPRESSIONS").map(PathBuf::from);
    let path = match &given {
        Some(path) if path.exists() => path.clone(),
        Some(path) => repository().join(path),
        None => repository().join("tests/conformance/expressions.jsonl"),
    };
    let text = std::fs::read_to_string(&path).unwrap();
    let cases: Vec<Case> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(Case::parse)
        .collect();
    let base = path
        .parent()
        .unwrap_or(Path::new(""))
        .canonicalize()
        .unwrap();
    let base = base.as_path();
    let differing: Vec<(&Case, String)> = cases
        .iter()
        .filter_map(|case| Some((case, difference(case, base)?)))
        .collect();
    let exact = cases.len() - differing.len();
    // Said to the terminal itself: the test runner keeps what is printed to itself when a test passes.
    let score = format!("expressions: {exact} of {} exact\n", cases.len());
    std::io::stdout().write_all(score.as_bytes()).unwrap();
    for (case, _) in &differing {
        println!("{}", case.id);
    }
    for (_, text) in differing.iter().take(SHOWN) {
        println!("{text}");
    }
    if given.is_some() {
        return;
    }
    let known = known();
    let unexplained: Vec<&str> = differing
        .iter()
        .map(|(case, _)| case.id.as_str())
        .filter(|id| !known.contains_key(*id))
        .collect();
    assert!(
        exact * 100 >= cases.len() * 99,
        "less than 99 % of the answers are Terraform's"
    );
    assert!(
        unexplained.is_empty(),
        "these differ and are not in tests/conformance/known.md: {unexplained:?}"
    );
}
