//! Words as a shell would have to be given them, for commands that are suggested. Entry point: [`quoted`].

/// A word so that a POSIX shell takes it as it is.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use crate::cli::invocation::shell::quoted;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        assert_eq!(quoted("envs/a-b_1.tfvars"), "envs/a-b_1.tfvars");
        assert_eq!(quoted("name=two words"), "'name=two words'");
        assert_eq!(quoted("module.m[\"p\"]"), "'module.m[\"p\"]'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
