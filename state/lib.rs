//! The record: instance objects, journal, leases and history of every environment, in one SQLite file.
//!
//! ```text
//!  read, read_at, read_each      Store      acquire -> begin_run -> RunWriter: intent, settle, change, outputs, finish
//!        snapshots, no lock                       | one thread, one queue, what queued up shares a commit (group commit)
//!                      `---------- SQLite ---------'
//! ```
//!
//! Attributes, plans and outputs are bytes here; `sealed` ones are encrypted with the key beside the record, each bound to
//! its row. Time is the caller's: nothing here reads a clock. What one environment does is never in another's way, but for
//! the milliseconds of a commit.

mod blob;
mod chain;
mod change;
mod claim;
mod configuration;
mod desk;
mod error;
mod file;
mod fuse;
mod hex;
mod id;
mod journal;
mod lease;
mod notification;
mod object;
mod observation;
mod open;
mod output;
mod pending;
mod place;
mod plan;
mod process;
mod read;
mod revision;
mod run;
mod run_list;
mod run_writer;
mod schema;
mod seal;
mod sighting;
mod store;
mod term;
mod word;
mod writer;

pub use blob::BlobDigest;
pub use chain::{Break, ChainReport, Linked, Wrong};
pub use claim::{Claim, Claimant, Learned};
pub use configuration::ConfigurationDigest;
pub use error::{Cause, RecordError};
pub use fuse::Fuse;
pub use id::IntentId;
pub use journal::{
    How, Intent, JournalResult, JournalRow, OpenIntent, OpenIntents, REPLACED, Settlement,
};
pub use lease::{Holder, HolderState, Lease, LeaseRequest, LeaseRow, Process};
pub use object::{Deposed, Object, ObjectChange, ObjectRow, ReplaceOrder, Status};
pub use observation::{CheckResult, CheckRow, CheckSaid, EventRow, Observation};
pub use output::{Output, OutputRow};
pub use pending::Pending;
pub use plan::{NewPlan, PlanRow, SavedPlan};
pub use read::{EnvironmentRow, Header, Recorded};
pub use revision::{NewRevision, PROJECT, RevisionRow};
pub use run::{Counts, NewRun, RunEnd, RunEndRow, RunKind, RunOutcome, RunRow};
pub use run_list::RunFilter;
pub use run_writer::RunWriter;
pub use seal::{Fingerprint, Fingerprints, Kept, Key, Opener, Payload, Protection};
pub use sighting::{Sighting, Sightings};
pub use store::{Access, Options, Store};
pub use word::UnknownWord;

#[cfg(test)]
mod tests {}
