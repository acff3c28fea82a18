//! A user-visible behaviour is a directory in `tests/cases`: files, and a `case.txt` with commands and their answers.
//! `UPDATE_CASES=1 cargo test --test cases cases/` writes what was answered as what is expected: read it before you
//! keep it. The scenarios, which Terraform has answered, are the other half.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;
mod scenarios;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut scenarios = scenarios::scenarios();
    let mut trials = std::mem::take(&mut scenarios.trials);
    trials.extend(harness::cases(&directory).into_iter().map(|case| {
        Trial::test(format!("cases/{}", case.name()), move || {
            let done = if update { case.update() } else { case.check() };
            done.map_err(Failed::from)
        })
    }));
    let arguments = Arguments::from_args();
    let whole = arguments.filter.is_none() && !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if whole {
        say(&scenarios.score());
    }
    conclusion.exit_code()
}

#[expect(
    clippy::print_stdout,
    reason = "the score belongs to the answer of the test"
)]
fn say(text: &str) {
    println!("{text}");
}
