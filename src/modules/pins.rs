//! What sources were resolved to: `.terrace/modules/packages.json`. A source stays what it was resolved to until an
//! upgrade is asked for, whatever becomes of its branch. Data only.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::listing::write;
use crate::trouble::Trouble;

/// The form that this program writes, and the newest it reads.
const FORMAT: u32 = 1;

const NAME: &str = "packages.json";

/// What sources were resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pins {
    format: u32,
    /// By what was asked for: the package's source without secrets, and the version constraint after a space.
    pub(crate) packages: BTreeMap<String, Pin>,
    /// What was put where a call's module is, by the call's key: the same as one of `packages`.
    pub(crate) installed: BTreeMap<String, Pin>,
}

/// What a source was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pin {
    /// The package's source, without secrets.
    pub(crate) source: String,
    /// The digest of its files.
    pub(crate) digest: String,
    /// The version, where it is a registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// The commit, where it is from Git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// The directory in what was fetched that who gave it said the module is in; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) directory: String,
}

impl Default for Pins {
    fn default() -> Self {
        Self {
            format: FORMAT,
            packages: BTreeMap::new(),
            installed: BTreeMap::new(),
        }
    }
}

impl Pins {
    /// Reads what is kept in a directory; empty where there is nothing.
    ///
    /// # Errors
    /// When it cannot be read, or a newer Terrace wrote it: what is pinned there must not be forgotten.
    pub(crate) fn read(directory: &Path) -> Result<Self, Trouble> {
        let place = directory.join(NAME);
        let bytes = match fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Trouble::file(&place)(error)),
        };
        let not_right = |why: String| {
            Trouble::new("what it was resolved to cannot be read")
                .note(format!("{}: {why}", place.display()))
                .help("remove the file to resolve all modules anew")
        };
        let read: Self =
            serde_json::from_slice(&bytes).map_err(|error| not_right(error.to_string()))?;
        match read.format > FORMAT {
            true => Err(not_right("a newer Terrace wrote it".to_owned())),
            false => Ok(read),
        }
    }

    /// Writes it, so that it is there whole or as it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), Trouble> {
        let place = directory.join(NAME);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        write(&place, &text).map_err(Trouble::file(&place))
    }
}
