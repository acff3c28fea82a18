//! Commands about what is not as it was applied: drift, watch, adopt.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use delivery::schedule::{self, Schedule};
use model::address::InstanceAddr;

use super::Reporting;

/// `terrace drift`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit codes: 0 nothing drifted, or all of it is healed; 2 something drifted; 1 it could not be told.

Examples:
  terrace drift                                look at every environment
  terrace drift staging --explain              and say which rule decided about each
  terrace drift production --heal              and heal what `heal` in terrace.hcl allows")]
pub struct DriftArgs {
    /// Environments; all of them when left out
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Heal what the `heal` block of terrace.hcl allows, in each environment after it was looked at
    #[arg(long)]
    pub heal: bool,
    /// Name the rule that decided about each instance, and what follows from it
    #[arg(long)]
    pub explain: bool,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
    /// Show values whole
    #[arg(long)]
    pub detail: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
    /// Write numbers for Prometheus, as the node exporter's textfile collector reads them
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub metrics: Option<PathBuf>,
}

/// `terrace adopt`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
What was changed outside is written where it comes from: the literal in the block, or what terrace.hcl or a variable file
gives the variable. It is printed as a patch, from the project's directory; nothing is edited or applied.

Exit codes: 0 all of it can be adopted, 2 a part of it, 1 nothing.

Examples:
  terrace adopt staging local_directory.data | patch -p1
  terrace adopt staging local_directory.data --patch drift.patch")]
pub struct AdoptArgs {
    /// The environment
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: String,
    /// The instance
    #[arg(value_name = "ADDRESS")]
    pub address: InstanceAddr,
    /// Write the patch to this file
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,
}

/// `terrace watch`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
It says a line a look, reads terrace.hcl anew each time, and ends when it is asked to: at once between looks, after the
running step in one. A look that fails does not end it. One process watches an environment at a time.

Examples:
  terrace watch production --heal              every 5 minutes
  terrace watch --every 1m --jitter 10s        every environment, more often
  terrace watch production --heal --cron '0 6 * * MON-FRI Europe/Rome'")]
pub struct WatchArgs {
    /// Environments; all of them when left out
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Heal what the `heal` block of terrace.hcl allows
    #[arg(long)]
    pub heal: bool,
    /// Look so often; every 5m when left out
    #[arg(long, value_name = "DURATION", value_parser = Schedule::every, conflicts_with = "cron")]
    pub every: Option<Schedule>,
    /// Look when a cron expression says so: five fields, then a time zone or else in UTC
    #[arg(long, value_name = "EXPRESSION", value_parser = Schedule::cron)]
    pub cron: Option<Schedule>,
    /// Look later than that by at most so much, by chance
    #[arg(long, value_name = "DURATION", value_parser = schedule::duration, default_value = "0s", hide_default_value = true)]
    pub jitter: std::time::Duration,
    /// End after so many looks, with the exit code of the last
    #[arg(long, value_name = "N")]
    pub max_looks: Option<std::num::NonZeroU64>,
    /// Write JSON, a message a look and environment
    #[arg(long)]
    pub json: bool,
    /// Reports.
    #[command(flatten)]
    pub reporting: Reporting,
    /// Write numbers for Prometheus, as the node exporter's textfile collector reads them
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub metrics: Option<PathBuf>,
}
