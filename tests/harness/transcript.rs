//! `case.txt`: what a person would see who types these commands. Parses and writes it; runs nothing.
//!
//! ```text
//! Words about the case, up to the first command.
//!
//! $ terrace plan -detailed-exitcode
//! > --no-color                a line that goes on begins with `> `
//! | a line of standard output
//! ! a line of standard error
//! = 2                         the exit code, where it is not 0
//! ```
//!
//! A command that ends with `# in any order` has steps that do not wait for each other: lines about them are sorted.
//! A text that does not end its last line is followed by a line with `\`.

use super::sandbox::Answer;

/// A line of shell, and what it answers.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Words before it.
    pub(crate) words: Vec<String>,
    /// The line, or lines.
    pub(crate) command: String,
    /// What is expected.
    pub(crate) answer: Answer,
}

/// Reads the steps of a transcript.
///
/// # Panics
/// When a line is none of the forms above.
pub(crate) fn parse(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut words = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let answer = Answer {
                code: Some(0),
                ..Answer::default()
            };
            let words = std::mem::take(&mut words);
            steps.push(Step {
                words,
                command: command.to_owned(),
                answer,
            });
            continue;
        }
        match (line.split_at_checked(1), steps.last_mut()) {
            (Some((">", more)), Some(step)) => {
                step.command.push('\n');
                step.command
                    .push_str(more.strip_prefix(' ').unwrap_or(more));
            }
            (Some(("|", more)), Some(step)) => append(&mut step.answer.stdout, more),
            (Some(("!", more)), Some(step)) => append(&mut step.answer.stderr, more),
            (Some(("=", code)), Some(step)) => step.answer.code = code.trim().parse().ok(),
            (Some(("|" | "!" | "=" | ">", _)), None) => {
                panic!("an answer without a command: {line}")
            }
            _ => words.push(line.to_owned()),
        }
    }
    steps
}

/// Writes the steps of a transcript; [`parse`] reads the same.
pub(crate) fn print(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        for line in &step.words {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!("$ {}\n", step.command.replace('\n', "\n> ")));
        lines(&mut text, '|', &step.answer.stdout);
        lines(&mut text, '!', &step.answer.stderr);
        match step.answer.code {
            Some(0) => {}
            Some(code) => text.push_str(&format!("= {code}\n")),
            None => text.push_str("= signal\n"),
        }
    }
    text
}

const UNENDED: &str = "\\";

fn append(text: &mut String, line: &str) {
    if line == UNENDED {
        text.pop();
        return;
    }
    text.push_str(line.strip_prefix(' ').unwrap_or(line));
    text.push('\n');
}

fn lines(text: &mut String, sign: char, answer: &str) {
    for line in answer.lines() {
        let space = if line.is_empty() { "" } else { " " };
        text.push_str(&format!("{sign}{space}{line}\n"));
    }
    if !answer.is_empty() && !answer.ends_with('\n') {
        text.push_str(&format!("{sign}{UNENDED}\n"));
    }
}
