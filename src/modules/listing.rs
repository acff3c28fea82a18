//! `.terraform/modules/modules.json`, in which Terraform writes down which modules are installed and where: read and
//! written, so that either program takes what the other installed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where modules are installed, from the definition's directory.
pub(crate) const INSTALLED: &str = ".terraform/modules";

/// The file's name.
const NAME: &str = "modules.json";

/// What is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listing {
    #[serde(rename = "Modules")]
    entries: Vec<Entry>,
}

/// A module that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The path of the module that is called, with dots.
    #[serde(rename = "Key")]
    pub(crate) key: String,
    /// Its source in full.
    #[serde(rename = "Source")]
    pub(crate) source: String,
    /// Its version, where it is a registry's.
    #[serde(rename = "Version", default, skip_serializing_if = "String::is_empty")]
    pub(crate) version: String,
    /// Its directory, from the definition's.
    #[serde(rename = "Dir")]
    pub(crate) directory: String,
}

impl Listing {
    /// Reads the listing of a definition's directory; an empty one where there is none, or it is not one.
    pub(crate) fn read(definition: &Path) -> Self {
        let read = fs::read(place(definition));
        read.ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// The entry of a call.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Takes out what was installed for a call, and for those in it.
    pub(crate) fn remove(&mut self, key: &str) {
        let is_in = |other: &str| {
            other
                .strip_prefix(key)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.entries.retain(|entry| !is_in(&entry.key));
    }

    /// Adds what was installed for a call.
    pub(crate) fn add(&mut self, entry: Entry) {
        if self.entry("").is_none() {
            self.entries.push(Entry {
                key: String::new(),
                source: String::new(),
                version: String::new(),
                directory: ".".to_owned(),
            });
        }
        self.entries.retain(|other| other.key != entry.key);
        self.entries.push(entry);
        self.entries.sort_by(|one, other| one.key.cmp(&other.key));
    }

    /// Writes it, so that it is there whole or as it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, definition: &Path) -> io::Result<()> {
        write(&place(definition), &serde_json::to_vec(self)?)
    }
}

fn place(definition: &Path) -> PathBuf {
    definition.join(INSTALLED).join(NAME)
}

/// Writes a file so that it is there whole or as it was, also after the power fails.
pub(crate) fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let draft = place.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, place)
}
