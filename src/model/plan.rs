//! A plan: an immutable, complete set of steps and their order, for one environment. Apply makes no choice that
//! stands not here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::{InstanceAddr, Target};
use crate::change::{Action, Change, Dependencies, OutputChange};
use crate::clock::Timestamp;
use crate::condition::Conditions;
use crate::diagnostic::Diagnostics;
use crate::serial::{PlanId, RevisionId, Serial};
use crate::text::Str;
use crate::value::Value;

/// What kind of plan was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanMode {
    /// Make the world as defined.
    #[default]
    Normal,
    /// Destroy everything recorded.
    Destroy,
    /// Only bring the record up to what is observed.
    RefreshOnly,
}

/// Whether objects were observed before planning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refresh {
    /// All were.
    #[default]
    Observe,
    /// None was: the record was trusted (`-refresh=false`).
    Trust,
}

/// One effect on one instance. A replacement is two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A new object.
    Create,
    /// The object changes in place.
    Update,
    /// The object goes.
    Destroy,
    /// A data source is read.
    Read,
    /// The record calls the object by another address; no effect in the world.
    Move,
    /// The record takes over an object that exists.
    Import,
    /// The record forgets the object.
    Forget,
    /// The record takes over what was observed.
    Refresh,
}

impl StepKind {
    /// What it does, as counts and the journal call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Destroy => "destroy",
            Self::Read => "read",
            Self::Move => "move",
            Self::Import => "import",
            Self::Forget => "forget",
            Self::Refresh => "refresh",
        }
    }
}

/// A step of a plan, by its position in [`Plan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// One effect of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The change it is a part of, by its position in [`Plan::changes`].
    pub change: u32,
}

/// What must be done before what.
///
/// Nodes are numbered: first the steps in their order, then joins, which do nothing but wait (they keep "all of
/// these after all of those" at n + m edges instead of n times m).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// For each node, the nodes that must be done before it.
    pub after: Vec<Vec<u32>>,
}

/// An object whose observation differs from the record, with no change of the definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The instance.
    pub addr: InstanceAddr,
    /// As recorded, with marks.
    pub recorded: Value,
    /// As observed, with marks; null when it is gone.
    pub observed: Value,
    /// Where it is gone, what is in its place, where its provider says so, as a clause: `the file has other content`.
    pub instead: Option<Str>,
    /// The observed object's private bytes.
    pub private: Vec<u8>,
}

/// An instance of which the record is to learn something that changes nothing of its object, only the order in which
/// things are destroyed: what it depends on, or that a replacement creates first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relinked {
    /// The instance.
    pub addr: InstanceAddr,
    /// Blocks it depends on.
    pub dependencies: Dependencies,
    /// Its replacement is created first.
    pub create_before_destroy: bool,
}

/// A file of the definition a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Its path from the definition's root, with `/` between parts.
    pub path: String,
    /// The SHA-256 of its content, under which the record keeps it.
    pub digest: [u8; 32],
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id, from a digest of its content.
    pub id: PlanId,
    /// The environment.
    pub environment: Str,
    /// The revision it makes real, when it is one.
    pub revision: Option<RevisionId>,
    /// The digest of what it was made from: the manifest that a revision of it has, also where there is none yet.
    pub content: Option<[u8; 32]>,
    /// The record's serial that it was made from; it applies only on that.
    pub serial: Serial,
    /// The record's lineage: a restored or foreign record is another one.
    pub lineage: Str,
    /// When it was made; also `plantimestamp()`.
    pub created: Timestamp,
    /// What was asked for.
    pub mode: PlanMode,
    /// Whether objects were observed.
    pub refresh: Refresh,
    /// `-target`.
    pub targets: Vec<Target>,
    /// `-exclude`.
    pub excludes: Vec<Target>,
    /// The environment's variables, with marks.
    pub variables: BTreeMap<Str, Value>,
    /// The definition's files.
    pub files: Vec<PlannedFile>,
    /// What happens, by address; instances nothing happens to are only counted.
    pub changes: Vec<Change>,
    /// How many instances nothing happens to.
    pub unchanged: u64,
    /// With `-target` or `-exclude`, the recorded instances that nothing happens to and that it is about; none when it
    /// is about everything.
    pub stays: Option<Vec<InstanceAddr>>,
    /// The effects.
    pub steps: Vec<Step>,
    /// Their order.
    pub order: Order,
    /// Root outputs that change; with `-target` or `-exclude`, all that it is about.
    pub outputs: Vec<OutputChange>,
    /// Observed differences from the record.
    pub drift: Vec<Drift>,
    /// Instances without a step that are connected in another way than is recorded. They are brought up to date by
    /// whatever applies the plan, and are nothing to be shown or asked about.
    pub relinked: Vec<Relinked>,
    /// Data that was read for it, by instance, with marks.
    pub reads: BTreeMap<InstanceAddr, Value>,
    /// What became of the conditions of the definition, as far as it can be told before the apply.
    pub conditions: Vec<Conditions>,
    /// Warnings that were true when it was made.
    pub warnings: Diagnostics,
}

impl Plan {
    /// Whether applying it would change nothing: neither the world nor an output nor an address; of a refresh-only
    /// plan, nor what is recorded.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self
                .outputs
                .iter()
                .all(|output| output.action == Action::NoOp)
            && (self.mode != PlanMode::RefreshOnly || self.drift.is_empty())
    }

    /// The step, if there is one of that id.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(id.0 as usize)
    }

    /// The change a step is a part of.
    pub fn change_of(&self, step: &Step) -> Option<&Change> {
        self.changes.get(step.change as usize)
    }
}
