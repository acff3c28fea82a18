//! `terrace completions SHELL`: a script that completes commands, options and, in bash, zsh and fish, the environments
//! of the project one stands in and the addresses of what they have.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;

use super::args::{Args, CompletionsArgs};

/// What says which environments there are.
const NAMES: &str = "terrace status --names 2>/dev/null";

/// The script for the shell.
pub fn script(args: &CompletionsArgs) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "terrace", &mut script);
    let Ok(script) = String::from_utf8(script) else {
        return Vec::new();
    };
    with_names(args.shell, script).into_bytes()
}

fn with_names(shell: Shell, script: String) -> String {
    match shell {
        Shell::Bash => script + &for_bash(),
        Shell::Zsh => for_zsh(&script),
        Shell::Fish => script + &for_fish(),
        // Of PowerShell, Elvish and what may come, commands and options are all that is completed.
        Shell::PowerShell | Shell::Elvish | _ => script,
    }
}

/// The commands, each with the names of those it stands in, such as `state list`, that name something in their words.
fn commands_naming(what: &str) -> Vec<String> {
    let mut found = Vec::new();
    let names_it = |argument: &Arg| argument.is_positional() && is_about(argument, what);
    each(&Args::command(), "", &mut |path, command| {
        if command.get_arguments().any(names_it) {
            found.push(path.to_owned());
        }
    });
    found
}

/// The options that take an address.
fn options_of_addresses() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(&Args::command(), "", &mut |_, command| {
        let options = command
            .get_arguments()
            .filter(|argument| is_about(argument, "ADDRESS"));
        found.extend(options.filter_map(|option| option.get_long().map(str::to_owned)));
    });
    found
}

fn is_about(argument: &Arg, what: &str) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.contains(what))
}

fn each(command: &Command, above: &str, look: &mut impl FnMut(&str, &Command)) {
    for inner in command.get_subcommands() {
        let path = match above {
            "" => inner.get_name().to_owned(),
            above => format!("{above} {}", inner.get_name()),
        };
        look(&path, inner);
        each(inner, &path, look);
    }
}

fn for_bash() -> String {
    let pattern = |what: &str| {
        let commands = commands_naming(what);
        let each = commands.iter().map(|command| format!("\"{command} \"*"));
        each.collect::<Vec<_>>().join("|")
    };
    let options = options_of_addresses();
    let options: Vec<String> = options
        .iter()
        .map(|name| format!("-{name}|--{name}"))
        .collect();
    format!(
        r#"
_terrace_lines() {{
    local line
    while IFS= read -r line; do
        [[ "$line" == "$1"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done
}}
_terrace_or_name() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    [[ "$word" == "=" ]] && word=""
    [[ "$before" == "=" ]] && before="${{COMP_WORDS[COMP_CWORD-2]}}"
    # One dash is as good as two.
    if [[ "$word" == -[a-z]?* ]]; then
        COMP_WORDS[COMP_CWORD]="-$word"
        _terrace "$1" "-$word" "$3"
        COMPREPLY=("${{COMPREPLY[@]#-}}")
        return
    fi
    _terrace "$@"
    [[ "$COMP_CWORD" -gt 1 && "$word" != -* ]] || return
    local names at command="" environment=""
    names=$({NAMES})
    for ((at = 1; at < COMP_CWORD; at++)); do
        if [[ $'\n'"$names"$'\n' == *$'\n'"${{COMP_WORDS[at]}}"$'\n'* ]]; then
            environment="${{COMP_WORDS[at]}}"
        elif [[ "${{COMP_WORDS[at]}}" != -* ]]; then
            command+="${{COMP_WORDS[at]}} "
        fi
    done
    case "$before" in
        {})
            COMPREPLY=()
            _terrace_lines "$word" < <(terrace state list $environment 2>/dev/null)
            return
            ;;
    esac
    case "$command" in
        {})
            _terrace_lines "$word" <<< "$names"
            ;;
    esac
    case "$command" in
        {})
            _terrace_lines "$word" < <(terrace state list $environment 2>/dev/null)
            ;;
    esac
}}
complete -F _terrace_or_name -o nosort -o bashdefault -o default terrace
"#,
        options.join("|"),
        pattern("ENVIRONMENT"),
        pattern("ADDRESS"),
    )
}

fn for_fish() -> String {
    let mut script = format!(
        r#"
function __terrace_addresses
    set -l names ({NAMES})
    set -l environment
    for word in (commandline -opc)
        contains -- $word $names; and set environment $word
    end
    terrace state list $environment 2>/dev/null
end
"#
    );
    let condition = |command: &str| {
        let words = command
            .split(' ')
            .map(|word| format!("__fish_seen_subcommand_from {word}"));
        words.collect::<Vec<_>>().join("; and ")
    };
    for command in commands_naming("ENVIRONMENT") {
        let when = condition(&command);
        script.push_str(&format!(
            "complete -c terrace -n \"{when}\" -a \"({NAMES})\"\n"
        ));
    }
    for command in commands_naming("ADDRESS") {
        let when = condition(&command);
        script.push_str(&format!(
            "complete -c terrace -n \"{when}\" -a \"(__terrace_addresses)\"\n"
        ));
    }
    for option in options_of_addresses() {
        script.push_str(&format!(
            "complete -c terrace -l {option} -x -a \"(__terrace_addresses)\"\n"
        ));
    }
    script
}

/// Each argument that an environment or an address may be, which its help says, offers them.
fn for_zsh(script: &str) -> String {
    let lines = script.lines().map(|line| {
        let is_argument = line.starts_with('\'') && line.contains(" -- ");
        let text = line.to_lowercase();
        match () {
            () if line.contains(":ADDRESS:_default") => {
                line.replace(":_default", ":_terrace_addresses") + "\n"
            }
            () if is_argument && text.contains("address") => {
                line.replace(":_default", ":_terrace_either") + "\n"
            }
            () if is_argument && text.contains("environment") => {
                line.replace(":_default", ":_terrace_environments") + "\n"
            }
            () => format!("{line}\n"),
        }
    });
    let lines: String = lines.collect();
    let function = format!(
        r#"_terrace_environments() {{
    local -a names
    names=(${{(f)"$({NAMES})"}})
    compadd -a names
    _default
}}

_terrace_addresses() {{
    local -a names found
    local name environment
    names=(${{(f)"$({NAMES})"}})
    for name in $words[1,CURRENT-1]; do
        (( ${{names[(Ie)$name]}} )) && environment=$name
    done
    found=(${{(f)"$(terrace state list ${{environment:+$environment}} 2>/dev/null)"}})
    compadd -a found
}}

_terrace_either() {{
    _terrace_addresses
    _terrace_environments
}}

"#
    );
    // The last lines of the script call it.
    match lines.find("if [ \"$funcstack[1]\"") {
        Some(at) => {
            let (before, after) = lines.split_at(at);
            format!("{before}{function}{after}")
        }
        None => lines + &function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shell: Shell) -> String {
        String::from_utf8(script(&CompletionsArgs { shell })).unwrap()
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Elvish,
        ] {
            let script = of(shell);
            for command in Args::command().get_subcommands() {
                assert!(
                    script.contains(command.get_name()),
                    "{shell}: {}",
                    command.get_name()
                );
            }
        }
    }

    #[test]
    fn environments_are_offered_where_one_may_be_named() {
        let commands = commands_naming("ENVIRONMENT");
        for command in ["plan", "apply", "destroy", "status", "output", "drift"] {
            assert!(commands.iter().any(|found| found == command), "{command}");
        }
        assert!(!commands.iter().any(|command| command == "fmt"));
        assert!(of(Shell::Fish).contains("__fish_seen_subcommand_from plan"));
        let zsh = of(Shell::Zsh);
        assert!(zsh.contains(":_terrace_environments'"));
        assert!(zsh.contains(":ADDRESS:_terrace_addresses'"));
        assert!(zsh.find("_terrace_environments() {") < zsh.find("$funcstack[1]"));
    }

    /// What bash offers for a line of words, of which the last is to be completed, where `terrace` knows two environments
    /// and their instances.
    fn offered(line: &str) -> String {
        let asked = format!(
            r#"terrace() {{
    case "$*" in
        "status --names") printf 'test\nproduction\n' ;;
        "state list test") printf 'local_file.a\nmodule.m["x"].local_file.b\n' ;;
        "state list ") ;;
    esac
}}
{}
COMP_WORDS=({line}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_terrace_or_name terrace "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
printf '%s ' "${{COMPREPLY[@]}}""#,
            of(Shell::Bash)
        );
        let done = std::process::Command::new("bash")
            .args(["--norc", "-c", &asked])
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn bash_offers_commands_options_environments_and_addresses() {
        assert_eq!(offered("terrace pla"), "plan");
        assert_eq!(offered("terrace plan --tar"), "--target");
        assert_eq!(offered("terrace plan -tar"), "-target");
        assert_eq!(offered("terrace -q plan t"), "test");
        assert_eq!(offered("terrace promote r1 p"), "production");
        assert_eq!(offered("terrace state list te"), "test");
        assert_eq!(offered("terrace plan test -target lo"), "local_file.a");
        assert_eq!(offered("terrace plan test -target = lo"), "local_file.a");
        assert_eq!(
            offered("terrace state show test mod"),
            r#"module.m\[\"x\"\].local_file.b"#
        );
    }
}
