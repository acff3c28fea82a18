//! What a plan does to one instance, and why.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{InstanceAddr, ProviderAddr, ResourceAddr};
use crate::path::Path;
use crate::text::Str;
use crate::value::Value;

/// The resource blocks that an object depends on, in address order; objects with the same dependencies share the list.
pub type Dependencies = Arc<[Arc<ResourceAddr>]>;

/// What happens to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing in the world; its address, or what is recorded of it, may change.
    NoOp,
    /// A data source is read during the apply.
    Read,
    /// A new object.
    Create,
    /// The object is changed in place.
    Update,
    /// A new object takes the place of the old one.
    Replace(ReplaceOrder),
    /// The object is destroyed.
    Destroy,
    /// The record forgets the object, which goes on to exist.
    Forget,
}

/// Which of a replacement's two steps comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplaceOrder {
    /// Destroy, then create.
    DestroyFirst,
    /// Create, then destroy (`create_before_destroy`).
    CreateFirst,
}

/// Names an object that was replaced and is not destroyed yet: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeposedKey(pub Str);

/// Why this action and not a milder one; the names are those of Terraform's plan JSON (`action_reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An attribute cannot change in place.
    ReplaceBecauseCannotUpdate,
    /// Its last create or provisioner failed.
    ReplaceBecauseTainted,
    /// `-replace`.
    ReplaceByRequest,
    /// `replace_triggered_by`.
    ReplaceByTriggers,
    /// Its block was removed.
    DeleteBecauseNoResourceConfig,
    /// Its module is called, but has no such instance any more.
    DeleteBecauseNoModule,
    /// The block uses another kind of repetition now.
    DeleteBecauseWrongRepetition,
    /// `count` is lower now.
    DeleteBecauseCountIndex,
    /// `for_each` has no such key now.
    DeleteBecauseEachKey,
    /// A `moved` block leads to an address that is not in the definition.
    DeleteBecauseNoMoveTarget,
    /// The data source's configuration has unknowns.
    ReadBecauseConfigUnknown,
    /// Something the data source depends on changes first.
    ReadBecauseDependencyPending,
    /// The data source stands in a `check` block.
    ReadBecauseCheckNested,
}

/// One cause of a change, for people: what, and where it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Because {
    /// The cause.
    pub cause: Cause,
    /// `file:line` of the expression or block that brings it about.
    pub place: Option<String>,
}

/// What brought a change about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The attribute's expression gives another value: what it refers to (`var.size`), or nothing for a literal.
    Defined {
        /// The attribute.
        attribute: Path,
        /// References in its expression.
        references: Vec<Str>,
    },
    /// The object was changed outside of Terrace.
    Drifted {
        /// The attribute.
        attribute: Path,
    },
    /// The object was there and is gone.
    Gone,
    /// Another instance changes first.
    Upstream {
        /// The attribute that takes its value from there.
        attribute: Path,
        /// The block of that instance.
        resource: ResourceAddr,
    },
    /// The provider gives this attribute another value by itself.
    Provider {
        /// The attribute.
        attribute: Path,
    },
    /// `replace_triggered_by` named this.
    Trigger {
        /// The reference as written.
        reference: Str,
    },
    /// The reason alone says it all.
    Reason(Reason),
    /// The object is not there as it was recorded, but something is in its place.
    Instead {
        /// What is there, in a phrase: `the file has other content`.
        found: Str,
    },
}

/// What a plan does to one instance (or one deposed object of it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed object it is about; none for the current one.
    pub deposed: Option<DeposedKey>,
    /// Where a `moved` block (or an implied move) took it from.
    pub previous: Option<InstanceAddr>,
    /// The id it is imported by.
    pub importing: Option<Str>,
    /// The provider configuration that does it.
    pub provider: Arc<ProviderAddr>,
    /// What happens.
    pub action: Action,
    /// Why this action.
    pub reason: Option<Reason>,
    /// Causes, for people; never empty for an update or a replacement.
    pub because: Vec<Because>,
    /// The object now (as observed), with marks; null when there is none.
    pub before: Value,
    /// The object after, with unknowns and marks; null when there will be none.
    pub after: Value,
    /// Attributes whose change forces the replacement.
    pub replace_paths: Vec<Path>,
    /// The configuration as evaluated for the plan, with unknowns and marks; null when there is none.
    pub config: Value,
    /// The provider's private bytes: of the plan for a create or update, of the object for a destroy.
    pub private: Vec<u8>,
    /// The object's private bytes before the change.
    pub prior_private: Vec<u8>,
    /// The schema version of the values.
    pub schema_version: u64,
    /// Blocks it depends on, to be recorded with it.
    pub dependencies: Dependencies,
    /// Recorded with it: a replacement creates first.
    pub create_before_destroy: bool,
    /// The provider's answer followed the old SDK's loose rules.
    pub legacy: bool,
}

/// What a plan does to a root output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputChange {
    /// Its name.
    pub name: Str,
    /// As recorded; null when it is not.
    pub before: Value,
    /// As it will be, maybe unknown; null when it goes.
    pub after: Value,
    /// Not to be shown.
    pub sensitive: bool,
    /// What happens to it: create, update, destroy or nothing.
    pub action: Action,
}

impl Change {
    /// A number for each action, for digests.
    pub fn action_code(&self) -> u8 {
        match self.action {
            Action::NoOp => 0,
            Action::Read => 1,
            Action::Create => 2,
            Action::Update => 3,
            Action::Replace(ReplaceOrder::DestroyFirst) => 4,
            Action::Replace(ReplaceOrder::CreateFirst) => 5,
            Action::Destroy => 6,
            Action::Forget => 7,
        }
    }
}
