//! Instance objects as the record has them, and the changes a run can make to them. Attributes are opaque here.
//! Entry points: [`ObjectRow`], [`ObjectChange`].

use std::borrow::Cow;

use model::Str;
use model::address::InstanceAddr;
use model::change::Dependencies;
use model::serial::{RunId, Serial};
use serde::{Deserialize, Serialize};

use crate::error::RecordError;

use crate::seal::{Kept, Opener, Payload};

/// Whether an object is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was made completely.
    Created,
    /// It exists and is to be replaced.
    Tainted,
}

/// Which end of a replacement the plan chose last for an object; it is needed again when its block is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplaceOrder {
    /// Destroy the old object, then create the new one.
    DestroyFirst,
    /// Create the new object, then destroy the old one.
    CreateFirst,
}

/// An object to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Which instance it is an object of.
    pub addr: InstanceAddr,
    /// The key of a deposed object; none for the current one.
    pub deposed: Option<Str>,
    /// The provider configuration that manages it, as text.
    pub provider: Str,
    /// The version of the resource type's schema the attributes are of.
    pub schema_version: u64,
    /// Whether it is as it should be.
    pub status: Status,
    /// How it is replaced.
    pub replace: ReplaceOrder,
    /// What it depends on, in any order.
    pub dependencies: Dependencies,
    /// The attributes, encoded by the caller.
    pub attributes: Payload,
    /// What the provider keeps for itself.
    pub private: Option<Payload>,
}

/// An object as recorded.
#[derive(Clone, Debug)]
pub struct ObjectRow {
    /// Which instance it is an object of; rows of one block share the block's part.
    pub addr: InstanceAddr,
    /// The key of a deposed object; none for the current one.
    pub deposed: Option<Str>,
    /// The provider configuration that manages it, as text.
    pub provider: Str,
    /// The version of the resource type's schema the attributes are of.
    pub schema_version: u64,
    /// Whether it is as it should be.
    pub status: Status,
    /// How it is replaced.
    pub replace: ReplaceOrder,
    /// What it depends on, in address order.
    pub dependencies: Dependencies,
    /// The attributes; [`Opener::attributes`] gives them readable.
    pub attributes: Kept,
    /// What the provider keeps for itself; [`Opener::private`] gives it readable.
    pub private: Option<Kept>,
    /// The serial it was written at.
    pub since: Serial,
    /// The run that wrote it.
    pub run: RunId,
}

/// What tells objects of one instance apart: none for the current one, else the deposed key.
pub type Deposed = Option<Str>;

/// A change of the record's objects. It is made wholly or refused.
#[derive(Clone, Debug)]
pub enum ObjectChange {
    /// Records the object, over the one with the same address and deposed key if there is one.
    /// Nothing happens if it is recorded just so.
    Put(Box<Object>),
    /// Forgets an object.
    Delete {
        /// Its instance.
        addr: InstanceAddr,
        /// Which of the instance's objects.
        deposed: Deposed,
    },
    /// Marks an object as tainted or as created.
    SetStatus {
        /// Its instance.
        addr: InstanceAddr,
        /// Which of the instance's objects.
        deposed: Deposed,
        /// What it becomes.
        status: Status,
    },
    /// Makes the current object a deposed one.
    Depose {
        /// Its instance.
        addr: InstanceAddr,
        /// The key it gets.
        key: Str,
    },
    /// Makes a deposed object the current one again.
    Restore {
        /// Its instance.
        addr: InstanceAddr,
        /// Its key.
        key: Str,
    },
    /// Gives an object the address of another instance.
    Move {
        /// Its instance.
        from: InstanceAddr,
        /// The instance it becomes an object of.
        to: InstanceAddr,
        /// Which of the instance's objects.
        deposed: Deposed,
    },
}

impl Opener {
    /// Returns the attributes of `row` readable.
    ///
    /// # Errors
    /// Where they are sealed: [`RecordError::KeyMissing`], [`RecordError::WrongKey`], [`RecordError::KeyUnusable`],
    /// [`RecordError::Tampered`].
    pub fn attributes<'a>(&self, row: &'a ObjectRow) -> Result<Cow<'a, [u8]>, RecordError> {
        self.open(
            &row.attributes,
            ATTRIBUTES,
            &row.addr,
            deposed_text(row.deposed.as_ref()),
        )
    }

    /// Returns the provider's private bytes of `row` readable.
    ///
    /// # Errors
    /// As [`Opener::attributes`].
    pub fn private<'a>(&self, row: &'a ObjectRow) -> Result<Option<Cow<'a, [u8]>>, RecordError> {
        let detail = deposed_text(row.deposed.as_ref());
        row.private
            .as_ref()
            .map(|kept| self.open(kept, PRIVATE, &row.addr, detail))
            .transpose()
    }
}

pub(crate) const ATTRIBUTES: &str = "attributes";
pub(crate) const PRIVATE: &str = "private data";

/// A deposed key as the tables have it.
pub(crate) fn deposed_text(deposed: Option<&Str>) -> &str {
    deposed.map_or("", Str::as_str)
}

/// An object as errors name it.
pub(crate) fn object_name(addr: &InstanceAddr, deposed: &str) -> String {
    if deposed.is_empty() {
        addr.to_string()
    } else {
        format!("{addr} (deposed {deposed})")
    }
}
