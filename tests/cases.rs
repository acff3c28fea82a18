//! A user-visible behaviour is a directory in `tests/cases`: files, and a `case.txt` with commands and their answers.
//! `UPDATE_CASES=1 cargo test --test cases` writes what was answered as what is expected: read it before you keep it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let trials = harness::cases(&directory)
        .into_iter()
        .map(|case| {
            Trial::test(case.name(), move || {
                let done = if update { case.update() } else { case.check() };
                done.map_err(Failed::from)
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
