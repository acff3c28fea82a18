//! Revisions: what is promoted. A revision is the content of a definition at one time: its files, those of its modules,
//! the inputs that all environments share, and the shape of the pipeline. Which environment has it, and whether it may go
//! on from there, is for others; so are the variables of environments, which are configuration.
//!
//! [`take`] makes a [`Snapshot`] of a project, [`keep`] keeps it in the record, [`check_out`] makes files of it again.

mod automatic;
mod checkout;
mod difference;
mod git;
mod layout;
mod manifest;
mod shape;
mod snapshot;
mod used;
mod walk;

pub use automatic::{automatic, kept_in_clear};
pub use checkout::{CheckoutError, check_out, is_all_there, is_there, keep, read, sweep, write};
pub use difference::{Change, Difference};
pub use git::{Git, Source};
pub use manifest::{FileDigest, Manifest, ManifestError};
pub use shape::{Shape, Stage};
pub use snapshot::{LIMIT, Snapshot, SnapshotError, Taken, places, take};

#[cfg(test)]
mod tests;
