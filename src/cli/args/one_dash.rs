//! Terraform's long options have one dash; fingers and scripts know them so. Here they get their second one.

use std::collections::HashMap;
use std::ffi::OsString;

/// The words with a second dash before options that `command` or one of its commands knows by that long name.
///
/// `-v`, `-qq` and their likes stay; a word with one dash that is neither gets a second one, so that the complaint
/// names the option that was meant. What follows `--` stays. For options without a value `=true` is dropped, and
/// `=false` drops the option, as Terraform understands it.
pub(super) fn rewritten(
    line: impl IntoIterator<Item = OsString>,
    command: &clap::Command,
) -> Vec<OsString> {
    let known = long_options(command);
    let short = short_options(command);
    let mut ended = false;
    with_inputs(line)
        .into_iter()
        .enumerate()
        .filter_map(|(at, word)| {
            ended = ended || word == "--";
            let Some(text) = word.to_str().filter(|_| at > 0 && !ended) else {
                return Some(word);
            };
            let Some(bare) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else {
                return Some(word);
            };
            let (name, value) = bare
                .split_once('=')
                .map_or((bare, None), |(name, value)| (name, Some(value)));
            match (known.get(name), value) {
                (None, _) if text.starts_with("--") || is_short(bare, &short) => Some(word),
                (None, _) => Some(format!("--{bare}").into()),
                (Some(Takes::Nothing), Some("true" | "1" | "t")) => {
                    Some(format!("--{name}").into())
                }
                (Some(Takes::Nothing), Some("false" | "0" | "f")) => None,
                (Some(Takes::Nothing | Takes::Value), _) => Some(format!("--{bare}").into()),
            }
        })
        .collect()
}

/// The words of `terrace --help COMMAND` as those of `terrace COMMAND --help`.
pub(super) fn help_last(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_help = |word: &OsString| *word == "--help" || *word == "-h";
    let is_command = |word: &OsString| word.to_str().is_some_and(|text| !text.starts_with('-'));
    if words.get(1).is_some_and(is_help) && words.get(2).is_some_and(is_command) {
        let help = words.remove(1);
        words.push(help);
    }
    words
}

/// The words with `--input NAME=VALUE` as one: `--input` alone is an option of Terraform's that takes its value, if any,
/// after a `=`.
fn with_inputs(line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    for word in line {
        let input = words
            .last_mut()
            .filter(|last| *last == "--input" || *last == "-input");
        match (input, word.to_str()) {
            (Some(last), Some(text)) if text.contains('=') && !text.starts_with('-') => {
                last.push("=");
                last.push(word);
            }
            _ => words.push(word),
        }
    }
    words
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
}

/// Whether the word after its dash is made of short options, the last of them maybe with a value.
fn is_short(bare: &str, short: &HashMap<char, Takes>) -> bool {
    for c in bare.chars() {
        match short.get(&c) {
            Some(Takes::Nothing) => {}
            Some(Takes::Value) => return true,
            // A number or a lone dash is no option at all.
            None => return !c.is_alphabetic(),
        }
    }
    true
}

fn short_options(command: &clap::Command) -> HashMap<char, Takes> {
    let mut known = HashMap::from([('h', Takes::Nothing), ('V', Takes::Nothing)]);
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        for argument in command.get_arguments() {
            known.extend(argument.get_short().map(|name| (name, takes(argument))));
        }
        commands.extend(command.get_subcommands());
    }
    known
}

fn takes(argument: &clap::Arg) -> Takes {
    if argument.get_action().takes_values() {
        Takes::Value
    } else {
        Takes::Nothing
    }
}

fn long_options(command: &clap::Command) -> HashMap<String, Takes> {
    let mut known = HashMap::from([
        ("help".to_owned(), Takes::Nothing),
        ("version".to_owned(), Takes::Nothing),
    ]);
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        for argument in command.get_arguments() {
            known.extend(
                argument
                    .get_long()
                    .map(|name| (name.to_owned(), takes(argument))),
            );
        }
        commands.extend(command.get_subcommands());
    }
    known
}
