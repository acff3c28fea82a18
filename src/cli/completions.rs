//! `terrace completions SHELL`: a script that completes commands, options and, in bash, zsh and fish, the environments
//! of the project one stands in.

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
    with_environments(args.shell, script).into_bytes()
}

fn with_environments(shell: Shell, script: String) -> String {
    let commands = about_environments();
    match shell {
        Shell::Bash => script + &for_bash(&commands),
        Shell::Zsh => for_zsh(&script),
        Shell::Fish => {
            let lines = commands.iter().map(|command| {
                format!(
                    "complete -c terrace -n \"__fish_terrace_using_subcommand {command}\" -a \"({NAMES})\"\n"
                )
            });
            script + &lines.collect::<String>()
        }
        // Of PowerShell, Elvish and what may come, commands and options are all that is completed.
        Shell::PowerShell | Shell::Elvish | _ => script,
    }
}

/// The commands that an environment may be named to.
fn about_environments() -> Vec<String> {
    let names_one = |argument: &Arg| {
        let names = argument.get_value_names().unwrap_or_default();
        argument.is_positional() && names.iter().any(|name| name.contains("ENVIRONMENT"))
    };
    let command = Args::command();
    let about = command
        .get_subcommands()
        .filter(|command: &&Command| command.get_arguments().any(names_one));
    about.map(|command| command.get_name().to_owned()).collect()
}

fn for_bash(commands: &[String]) -> String {
    format!(
        r#"
_terrace_or_environment() {{
    _terrace "$@"
    local word="${{COMP_WORDS[COMP_CWORD]}}"
    if [[ "$COMP_CWORD" -gt 1 && "$word" != -* ]]; then
        case "${{COMP_WORDS[1]}}" in
            {})
                COMPREPLY+=($(compgen -W "$({NAMES})" -- "$word"))
                ;;
        esac
    fi
}}
complete -F _terrace_or_environment -o nosort -o bashdefault -o default terrace
"#,
        commands.join("|")
    )
}

/// Each argument that an environment may be, which says so in its name, offers them.
fn for_zsh(script: &str) -> String {
    let lines = script.lines().map(|line| {
        let name = line.split(" -- ").next().unwrap_or_default();
        match name.to_uppercase().contains("ENVIRONMENT") {
            true => line.replace(":_default", ":_terrace_environments") + "\n",
            false => format!("{line}\n"),
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
        let commands = about_environments();
        for command in ["plan", "apply", "destroy", "status", "output", "drift"] {
            assert!(commands.iter().any(|found| found == command), "{command}");
        }
        assert!(!commands.iter().any(|command| command == "fmt"));
        assert!(of(Shell::Fish).contains("__fish_terrace_using_subcommand plan"));
        let zsh = of(Shell::Zsh);
        assert!(zsh.contains(":_terrace_environments'"));
        assert!(zsh.find("_terrace_environments() {") < zsh.find("$funcstack[1]"));
    }
}
