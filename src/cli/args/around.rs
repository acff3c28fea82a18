//! Words that the process environment adds to a command line, as Terraform's does: `TF_CLI_ARGS` for each command, and
//! `TF_CLI_ARGS_plan` and their likes for one. They stand right after the command, so that what is typed comes last.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The line with the words that `variables` add for its command.
///
/// # Errors
/// A phrase, where a variable has a quote that does not end.
pub(super) fn with_variables(
    line: impl IntoIterator<Item = OsString>,
    command: &clap::Command,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<OsString>, String> {
    let mut line: Vec<OsString> = line.into_iter().collect();
    let Some((name, after)) = named(&line, command) else {
        return Ok(line);
    };
    let mut added: Vec<OsString> = Vec::new();
    for variable in [format!("TF_CLI_ARGS_{name}"), "TF_CLI_ARGS".to_owned()] {
        let Some(text) = variables.get(&variable) else {
            continue;
        };
        let words = words(text).ok_or_else(|| format!("a quote in {variable} does not end"))?;
        added.extend(words.into_iter().map(OsString::from));
    }
    line.splice(after..after, added);
    Ok(line)
}

/// The command that a line names, with `_` between its words, and where the words after it begin.
fn named(line: &[OsString], command: &clap::Command) -> Option<(String, usize)> {
    let mut at = 1;
    let mut names: Vec<String> = Vec::new();
    let mut command = command;
    while let Some(word) = line.get(at).and_then(|word| word.to_str()) {
        if word == "--" {
            break;
        }
        let bare = word.trim_start_matches('-');
        if bare != word {
            let is_it = |argument: &&clap::Arg| argument.get_long() == Some(bare);
            let option = command.get_arguments().find(is_it);
            let takes_next = option.is_some_and(|option| option.get_action().takes_values());
            if !names.is_empty() {
                break;
            }
            at += 1 + usize::from(takes_next);
            continue;
        }
        let Some(found) = command.find_subcommand(word) else {
            break;
        };
        names.push(found.get_name().replace('-', "_"));
        command = found;
        at += 1;
    }
    (!names.is_empty()).then(|| (names.join("_"), at))
}

/// The words of a text, as a shell takes them apart: by white space, but for what is quoted or follows a backslash. None
/// where a quote does not end.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(letters.next()?),
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (_, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str], variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let command = clap::Command::new("t")
            .arg(clap::Arg::new("directory").long("chdir"))
            .subcommand(clap::Command::new("plan").alias("p"))
            .subcommand(clap::Command::new("state").subcommand(clap::Command::new("list")));
        let variables = variables.iter();
        let variables = variables.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let words = words.iter().map(OsString::from);
        let line = with_variables(words, &command, &variables.collect())?;
        Ok(line
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect())
    }

    #[test]
    fn words_of_variables_stand_before_those_that_are_typed() {
        let variables = [
            ("TF_CLI_ARGS", "-no-color"),
            ("TF_CLI_ARGS_plan", "-var 'n=a b' -var m=\"c\\\"d\""),
            ("TF_CLI_ARGS_state_list", "-json"),
        ];
        assert_eq!(
            line(&["t", "-chdir", "plan", "plan", "test"], &variables).unwrap(),
            [
                "t",
                "-chdir",
                "plan",
                "plan",
                "-var",
                "n=a b",
                "-var",
                "m=c\"d",
                "-no-color",
                "test"
            ]
        );
        assert_eq!(
            line(&["t", "-chdir=x", "state", "list"], &variables).unwrap(),
            ["t", "-chdir=x", "state", "list", "-json", "-no-color"]
        );
        assert_eq!(line(&["t", "-help"], &variables).unwrap(), ["t", "-help"]);
        assert_eq!(line(&["t", "other"], &variables).unwrap(), ["t", "other"]);
    }

    #[test]
    fn a_quote_that_does_not_end_is_told() {
        assert_eq!(
            line(&["t", "plan"], &[("TF_CLI_ARGS", "-var 'n=1")]),
            Err("a quote in TF_CLI_ARGS does not end".to_owned())
        );
    }
}
