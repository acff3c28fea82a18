//! How a plan is made, how it is shown and reported: options that several commands share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs};
use model::address::InstanceAddr;
use model::address::Target;

use super::{Given, so_many};

/// How a plan is made.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "What is planned")]
pub struct Planning {
    /// Set a variable; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(super) variables: Vec<String>,
    /// Read variables from a file; may be repeated, the last one wins
    #[arg(long = "var-file", value_name = "FILE")]
    pub(super) variable_files: Vec<PathBuf>,
    /// `--var` and `--var-file` in the order they were given.
    #[arg(skip)]
    pub given: Vec<Given>,
    /// Plan only this address and what it needs; may be repeated
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<Target>,
    /// Leave out this address and what needs it; may be repeated
    #[arg(long = "exclude", value_name = "ADDRESS", conflicts_with = "targets")]
    pub excludes: Vec<Target>,
    /// Replace this instance; may be repeated
    #[arg(long = "replace", value_name = "ADDRESS")]
    pub replaces: Vec<InstanceAddr>,
    /// Look at what really exists first; --refresh=false trusts the record
    #[arg(
        long, value_name = "BOOL", hide_possible_values = true, hide_default_value = true, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Set
    )]
    pub refresh: bool,
    /// Change nothing, only bring the record up to what exists
    #[arg(long, conflicts_with_all = ["destroy", "replaces"])]
    pub refresh_only: bool,
    /// Plan to destroy everything
    #[arg(long, conflicts_with = "replaces")]
    pub destroy: bool,
    /// At most so many operations at once; when left out, 32, and more as long as providers keep up
    #[arg(long, value_name = "N", value_parser = so_many)]
    pub parallelism: Option<NonZeroUsize>,
    /// Give an input, which all environments share; may be repeated. --input=false never asks for what is missing
    #[arg(
        long = "input", value_name = "NAME=VALUE", default_missing_value = "true",
        num_args = 0..=1, require_equals = true, action = ArgAction::Append
    )]
    pub(super) input_words: Vec<String>,
    /// Whether missing variables may be asked for.
    #[arg(skip = true)]
    pub input: bool,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) lock: Option<bool>,
    #[arg(long, hide = true, value_name = "DURATION")]
    pub(super) lock_timeout: Option<String>,
}

impl Planning {
    /// A plan of everything, with what is configured.
    pub fn everything(parallelism: Option<NonZeroUsize>) -> Self {
        Self {
            variables: Vec::new(),
            variable_files: Vec::new(),
            given: Vec::new(),
            targets: Vec::new(),
            excludes: Vec::new(),
            replaces: Vec::new(),
            refresh: true,
            refresh_only: false,
            destroy: false,
            parallelism,
            input_words: Vec::new(),
            input: false,
            inputs: Vec::new(),
            lock: None,
            lock_timeout: None,
        }
    }

    /// Options that were given and have no effect, each with the reason.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let lock = self
            .lock
            .map(|_| "--lock has no effect: a plan takes no lock, an apply always takes one");
        let timeout = self
            .lock_timeout
            .as_ref()
            .map(|_| "--lock-timeout has no effect: a locked record is told at once, exit code 75");
        let replace = (self.destroy && !self.replaces.is_empty())
            .then_some("--replace has no effect: a destroy replaces nothing");
        lock.into_iter().chain(timeout).chain(replace).collect()
    }
}

/// How things are shown.
#[derive(Clone, Copy, Debug, ClapArgs)]
#[command(next_help_heading = "How it is shown")]
pub struct Showing {
    /// Write JSON, one message a line, as Terraform does
    #[arg(long)]
    pub json: bool,
    /// Show every change of its own, and values whole
    #[arg(long)]
    pub detail: bool,
    /// A line for each warning
    #[arg(long)]
    pub compact_warnings: bool,
}

/// Files that tell what happened.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Reports")]
pub struct Reporting {
    /// Write what happened to this file as JUnit XML, also when it failed
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write what happened to this file as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Let the Markdown have at most so many bytes: it is folded, and never loses what is destroyed
    #[arg(
        long,
        value_name = "N",
        requires = "markdown",
        default_value_t = 60_000
    )]
    pub max_bytes: usize,
}
