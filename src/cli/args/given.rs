//! Variables given on the command line, in their order: a later one wins over an earlier one of its name.

use std::path::PathBuf;

use clap::ArgMatches;

/// A `--var` or a `--var-file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// `--var name=value`; the value is text, read by the type of the variable.
    Variable {
        /// The variable's name.
        name: String,
        /// The text after the first `=`.
        value: String,
    },
    /// `--var-file file`.
    File(PathBuf),
}

/// Inputs by name and text.
pub(super) type Inputs = Vec<(String, String)>;

/// Tells `--input NAME=VALUE` from `--input=false`: the inputs that are given, and whether missing values may be asked
/// for, where that is said.
///
/// # Errors
/// The text for the user when a word is neither.
pub(super) fn inputs(words: &[String]) -> Result<(Inputs, Option<bool>), String> {
    let (mut given, mut ask) = (Vec::new(), None);
    for word in words {
        match (word.as_str(), word.split_once('=')) {
            ("true" | "1" | "t", _) => ask = Some(true),
            ("false" | "0" | "f", _) => ask = Some(false),
            (_, Some((name, value))) if !name.trim().is_empty() => {
                given.push((name.trim().to_owned(), value.to_owned()));
            }
            _ => {
                return Err(format!(
                    "`--input {word}` is neither NAME=VALUE nor true or false"
                ));
            }
        }
    }
    Ok((given, ask))
}

/// Puts both kinds into the order of the command line.
///
/// # Errors
/// The text for the user when a `--var` has no name or no `=`.
pub(super) fn in_order(
    variables: &[String],
    files: &[PathBuf],
    matches: &ArgMatches,
) -> Result<Vec<Given>, String> {
    let positions = |id: &str| {
        matches
            .indices_of(id)
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let mut given = Vec::new();
    for (at, text) in positions("variables").into_iter().zip(variables) {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                given.push((
                    at,
                    Given::Variable {
                        name: name.trim().into(),
                        value: value.into(),
                    },
                ));
            }
            _ => return Err(format!("`--var {text}` is not NAME=VALUE")),
        }
    }
    given.extend(
        positions("variable_files")
            .into_iter()
            .zip(files.iter().cloned().map(Given::File)),
    );
    given.sort_by_key(|(at, _)| *at);
    Ok(given.into_iter().map(|(_, given)| given).collect())
}
