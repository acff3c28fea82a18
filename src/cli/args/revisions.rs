//! `terrace revision ..`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::a_reason;

/// `terrace revision ..`.
#[derive(Debug, Subcommand)]
pub enum RevisionCommand {
    /// Make a revision of the definition as it is
    Create(RevisionCreateArgs),
    /// List revisions, the newest first
    List(RevisionListArgs),
    /// Show a revision: where it comes from and what is in it
    Show(RevisionShowArgs),
    /// Show what differs between two revisions
    Diff(RevisionDiffArgs),
    /// Say that a revision is not to be promoted any more; that cannot be taken back
    Reject(RevisionRejectArgs),
    /// Write the files of a revision into a directory
    Export(RevisionExportArgs),
}

/// `terrace revision create`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace revision create
  terrace revision create --input app_version=1.9.0 --note 'faster search'")]
pub struct RevisionCreateArgs {
    /// Give an input, which all environments share; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE", require_equals = true)]
    pub(super) input_words: Vec<String>,
    /// Inputs that were given, by name and text.
    #[arg(skip)]
    pub inputs: Vec<(String, String)>,
    /// A word to keep with it
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision list`.
#[derive(Debug, ClapArgs)]
pub struct RevisionListArgs {
    /// So many, the newest ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Write JSON, one revision a line
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision show`.
#[derive(Debug, ClapArgs)]
pub struct RevisionShowArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace revision diff`.
#[derive(Debug, ClapArgs)]
pub struct RevisionDiffArgs {
    /// The earlier one: r41, or the start of its digest or commit
    pub old: String,
    /// The later one
    pub new: String,
}

/// `terrace revision reject`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
It is not promoted any more, nor gone back to, in no environment, and that cannot be taken back: another content, or another
input, makes another revision. To keep one from an environment for a while: terrace hold")]
pub struct RevisionRejectArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    pub reason: String,
}

/// `terrace revision export`.
#[derive(Debug, ClapArgs)]
pub struct RevisionExportArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// The directory, which must be empty or not there yet
    pub directory: PathBuf,
}
