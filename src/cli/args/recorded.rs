//! Commands that show what is recorded: show, output, state, status, where, trace, diff, log.

use clap::{Args as ClapArgs, Subcommand};
use state::RunKind;

use super::Showing;

/// `terrace show`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace show staging                         what is recorded
  terrace show p7f3a91c                        a plan, again
  terrace show -json network.plan              the same in Terraform's format
  terrace show staging run 51                  what a run did")]
pub struct ShowArgs {
    /// An environment, a plan (its id or file), or `run` and a number
    #[arg(value_name = "ENVIRONMENT | PLAN | run N", num_args = 0..=3)]
    pub(super) words: Vec<String>,
    /// Tell a run again as it was seen
    #[arg(long)]
    pub replay: bool,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace output`.
#[derive(Debug, ClapArgs)]
pub struct OutputArgs {
    /// An environment and the name of one output; each may be left out
    #[arg(value_name = "ENVIRONMENT | NAME", num_args = 0..=2)]
    pub(super) words: Vec<String>,
    /// Write JSON, sensitive values too
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Write the bare text of one output, without a newline
    #[arg(long)]
    pub raw: bool,
}

/// `terrace state ..`.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List recorded instances
    List(StateListArgs),
    /// Show recorded instances with their attributes
    Show(StateShowArgs),
    /// Say what became of a step of which it cannot be told
    Settle(StateSettleArgs),
}

/// `terrace state list`.
#[derive(Debug, ClapArgs)]
pub struct StateListArgs {
    /// An environment, and addresses of modules, blocks or instances to list
    #[arg(value_name = "ENVIRONMENT | ADDRESS")]
    pub(super) words: Vec<String>,
    /// Only the object with this id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace state show`.
#[derive(Debug, ClapArgs)]
pub struct StateShowArgs {
    /// An environment, and addresses of modules, blocks or instances to show
    #[arg(value_name = "ENVIRONMENT | ADDRESS", required = true)]
    pub(super) words: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub showing: Showing,
}

/// `terrace state settle`.
#[derive(Debug, ClapArgs)]
#[command(group = clap::ArgGroup::new("verdict").required(true))]
pub struct StateSettleArgs {
    /// An environment, and the address of the instance
    #[arg(value_name = "ENVIRONMENT | ADDRESS", required = true)]
    pub(super) words: Vec<String>,
    /// There is no such object
    #[arg(long, group = "verdict")]
    pub gone: bool,
    /// It is as it was before the step
    #[arg(long, group = "verdict")]
    pub unchanged: bool,
    /// It exists, with this id
    #[arg(long, value_name = "ID", group = "verdict")]
    pub id: Option<String>,
}

/// `terrace status`.
#[derive(Debug, ClapArgs)]
pub struct StatusArgs {
    /// One environment in more words; all of them when left out
    pub environment: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Write only the names of the environments, for completions
    #[arg(long, hide = true, conflicts_with = "json")]
    pub names: bool,
}

/// `terrace where`.
#[derive(Debug, ClapArgs)]
pub struct WhereArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace trace`.
#[derive(Debug, ClapArgs)]
pub struct TraceArgs {
    /// r42, 42, or the start of its digest or commit
    pub revision: String,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace diff`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  terrace diff staging production              what production has instead of what staging has")]
pub struct DiffArgs {
    /// An environment, whose values stand left
    #[arg(value_name = "ENVIRONMENT")]
    pub left: String,
    /// Another one
    #[arg(value_name = "OTHER")]
    pub right: String,
    /// Compare the ids of objects too, which are others in every environment
    #[arg(long)]
    pub ids: bool,
    /// Show values whole
    #[arg(long)]
    pub detail: bool,
    /// Exit with 2 when something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `terrace log`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  terrace log production --kind promote,rollback --since 7d
  terrace log --failed --by ci
  terrace log --verify                         whether the history is as it was written; exit code 1 if not
  terrace log --verify --head 9f3a1c7b2e4d5f60 and whether it goes on from the head that was printed then")]
pub struct LogArgs {
    /// The environment; all of them when left out
    pub environment: Option<String>,
    /// So many runs, the last ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Only runs of these kinds: apply, promote, rollback, approve, ..
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub kinds: Vec<RunKind>,
    /// Only runs about this revision
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Only runs by this person or system
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Only runs begun since: 2h, 3d, 2026-11-22
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only runs that did not end well
    #[arg(long)]
    pub failed: bool,
    /// Verify that no run was edited, removed or added
    #[arg(long, conflicts_with_all = ["limit", "kinds", "revision", "by", "since", "failed"])]
    pub verify: bool,
    /// With --verify: fail unless the history has this head, as `log --verify` printed it once; as often as needed
    #[arg(long = "head", value_name = "HASH", requires = "verify", value_parser = head)]
    pub heads: Vec<String>,
    /// Write JSON, one run a line
    #[arg(long)]
    pub json: bool,
}

impl LogArgs {
    /// Whether not all runs are asked for.
    pub fn is_choosy(&self) -> bool {
        let texts = [&self.environment, &self.revision, &self.by, &self.since];
        self.failed || !self.kinds.is_empty() || texts.iter().any(|text| text.is_some())
    }
}

/// The fewest digits of a head that are no chance.
const FEWEST_DIGITS: usize = 8;

/// The first digits of the hash of a history.
fn head(text: &str) -> Result<String, String> {
    let is_hash = text.bytes().all(|one| one.is_ascii_hexdigit());
    match is_hash && text.len() >= FEWEST_DIGITS {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(format!(
            "a head is at least {FEWEST_DIGITS} hexadecimal digits, as log --verify prints them"
        )),
    }
}

/// A kind of run, by the record's word.
fn kind(text: &str) -> Result<RunKind, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no kind of run: apply, destroy, refresh, promote, rollback, heal, recover, verify, drift, \
             approve, reject, hold, release, revision"
        )
    })
}
