//! A case: a directory with a `case.txt` and the files its commands work on.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::placeholders::Placeholders;
use super::sandbox::Sandbox;
use super::transcript::{Step, parse, print};

/// The file with the commands and their answers.
const TRANSCRIPT: &str = "case.txt";

/// What a command ends with whose steps do not wait for each other: lines about steps that stand together are sorted.
const ANY_ORDER: &str = "# in any order";

/// A directory of `tests/cases`.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    directory: PathBuf,
}

/// Returns all cases below `directory`, in the order of their names.
pub(crate) fn cases(directory: &Path) -> Vec<Case> {
    let mut found: Vec<Case> = std::fs::read_dir(directory)
        .expect("the directory of the cases")
        .map(|entry| Case {
            directory: entry.expect("an entry of the directory").path(),
        })
        .collect();
    found.sort_by(|one, other| one.directory.cmp(&other.directory));
    found
}

impl Case {
    /// The name of the directory.
    pub(crate) fn name(&self) -> String {
        self.directory
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Runs the commands in a copy of the directory and compares their answers.
    ///
    /// # Errors
    /// A text with all differences.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (text, steps) = self.read()?;
        let found = print(&self.run(&steps));
        if found == text {
            return Ok(());
        }
        let differences = similar::TextDiff::from_lines(text.as_str(), found.as_str());
        let differences = differences
            .unified_diff()
            .context_radius(8)
            .header("expected", "found")
            .to_string();
        Err(format!(
            "{differences}\nUPDATE_CASES=1 writes what was found; read it before you keep it."
        ))
    }

    /// Writes what the commands answer as what is expected.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn update(&self) -> Result<(), String> {
        let (_, steps) = self.read()?;
        std::fs::write(self.directory.join(TRANSCRIPT), print(&self.run(&steps)))
            .map_err(|error| error.to_string())
    }

    fn read(&self) -> Result<(String, Vec<Step>), String> {
        let path = self.directory.join(TRANSCRIPT);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let steps = parse(&text);
        if steps.is_empty() {
            return Err(format!("{}: no commands", path.display()));
        }
        Ok((text, steps))
    }

    fn run(&self, steps: &[Step]) -> Vec<Step> {
        let sandbox = Sandbox::new();
        sandbox.copy(&self.directory);
        std::fs::remove_file(sandbox.project().join(TRANSCRIPT))
            .expect("the copy has a transcript");
        let mut placeholders = Placeholders::new(&sandbox.project());
        let mut ran = Vec::new();
        for step in steps {
            let mut answer = sandbox.shell(&step.command);
            if step.command.ends_with(ANY_ORDER) {
                answer.stdout = steps_sorted(&answer.stdout);
                answer.stderr = steps_sorted(&answer.stderr);
            }
            answer.stdout = placeholders.put(&answer.stdout);
            answer.stderr = placeholders.put(&answer.stderr);
            ran.push(Step {
                answer,
                ..step.clone()
            });
        }
        ran
    }
}

/// Returns `text` with lines about steps that stand together in the order of their words, ids aside.
fn steps_sorted(text: &str) -> String {
    let step =
        Regex::new(r"^ +(Created|Updated|Destroyed|Read|Failed|Skipped|create|update|destroy) \S+")
            .expect("a regular expression");
    let words = |line: &str| {
        step.find(line)
            .map(|found| found.as_str().trim().to_owned())
    };
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    for together in lines.chunk_by_mut(|one, other| step.is_match(one) && step.is_match(other)) {
        together.sort_by_key(|line| words(line));
    }
    lines.concat()
}
