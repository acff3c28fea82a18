//! Commands about the definition and about Terrace: validate, fmt, console, init, version, completions, explain.

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs};

use super::Planning;

/// `terrace validate`.
#[derive(Debug, ClapArgs)]
pub struct ValidateArgs {
    /// Check the variables of this environment only
    pub environment: Option<String>,
    /// Write JSON, as Terraform does
    #[arg(long)]
    pub json: bool,
    /// A line for each warning
    #[arg(long)]
    pub compact_warnings: bool,
}

/// `terrace fmt`.
#[derive(Debug, ClapArgs)]
pub struct FmtArgs {
    /// Files or directories; `-` is standard input [default: this directory]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit with 3 when a file is not in the usual form
    #[arg(long)]
    pub check: bool,
    /// Show what differs
    #[arg(long)]
    pub diff: bool,
    /// Go into directories
    #[arg(long)]
    pub recursive: bool,
    /// Write the files; --write=false only looks
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub write: bool,
    /// Name the files that differ; --list=false does not
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub list: bool,
}

/// `terrace console`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace console staging
  echo 'cidrsubnet(var.cidr, 8, 3)' | terrace console staging --json")]
pub struct ConsoleArgs {
    /// The environment whose variables and record expressions see
    pub environment: Option<String>,
    /// Write {"type", "value"} with unknowns and marks for each expression
    #[arg(long)]
    pub json: bool,
    /// How variables are given.
    #[command(flatten)]
    pub planning: Planning,
}

/// `terrace init`.
#[derive(Debug, ClapArgs)]
pub struct InitArgs {
    /// The directory [default: this one]
    pub directory: Option<PathBuf>,
    /// Names of environments, in the order of the pipeline
    #[arg(long = "environment", value_name = "NAME")]
    pub environments: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) input: Option<bool>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    backend: Option<bool>,
    /// Resolve modules that are not local paths anew: the newest versions that are allowed, branches as they are now
    #[arg(long)]
    pub upgrade: bool,
    /// Install no modules; they are when they are first needed
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub get: bool,
    #[arg(long, hide = true)]
    reconfigure: bool,
}

impl InitArgs {
    /// Options that were given and have no effect, each with the reason.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let backend = (self.backend.is_some() || self.reconfigure).then_some(
            "-backend and -reconfigure have no effect: the record is .terrace/state.db in the project's directory",
        );
        backend.into_iter().collect()
    }
}

/// `terrace get`.
#[derive(Debug, ClapArgs)]
pub struct GetArgs {
    /// Resolve them anew: the newest versions that are allowed, branches as they are now
    #[arg(long, alias = "upgrade")]
    pub update: bool,
}

/// `terrace version`.
#[derive(Debug, ClapArgs)]
pub struct VersionArgs {
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace completions`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace completions bash > ~/.local/share/bash-completion/completions/terrace
  terrace completions zsh > ~/.zfunc/_terrace
  terrace completions fish > ~/.config/fish/completions/terrace.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `terrace explain`.
#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// The id, as in `error[unknown-attribute]`, or a resource type; `types` for all types, all ids when left out
    #[arg(value_name = "ID | TYPE")]
    pub id: Option<String>,
}
