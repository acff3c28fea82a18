//! `.terraform/modules/modules.json`, in which Terraform writes down which modules are installed and where: read and
//! written, so that either program takes what the other installed.

use std::collections::BTreeMap;
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
#[serde(from = "Text", into = "Text")]
pub(crate) struct Listing {
    /// By their keys.
    entries: BTreeMap<String, Entry>,
}

/// The listing as it is written.
#[derive(Clone, Serialize, Deserialize)]
struct Text {
    #[serde(rename = "Modules")]
    entries: Vec<Entry>,
}

impl From<Text> for Listing {
    fn from(text: Text) -> Self {
        let entries = text.entries.into_iter();
        Self {
            entries: entries.map(|entry| (entry.key.clone(), entry)).collect(),
        }
    }
}

impl From<Listing> for Text {
    fn from(listing: Listing) -> Self {
        Self {
            entries: listing.entries.into_values().collect(),
        }
    }
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
        self.entries.get(key)
    }

    /// Takes out what was installed for a call, and for those in it.
    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.remove(key);
        let inside = format!("{key}.");
        let others = self.entries.range(inside.clone()..);
        let others = others.map(|(other, _)| other);
        let others: Vec<String> = others
            .take_while(|other| other.starts_with(&inside))
            .cloned()
            .collect();
        for other in others {
            self.entries.remove(&other);
        }
    }

    /// Adds what was installed for a call.
    pub(crate) fn add(&mut self, entry: Entry) {
        self.entries.entry(String::new()).or_insert_with(|| Entry {
            key: String::new(),
            source: String::new(),
            version: String::new(),
            directory: ".".to_owned(),
        });
        self.entries.insert(entry.key.clone(), entry);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str) -> Entry {
        Entry {
            key: key.to_owned(),
            source: "s".to_owned(),
            version: String::new(),
            directory: format!("{INSTALLED}/{key}"),
        }
    }

    #[test]
    fn what_is_taken_out_is_a_call_and_those_in_it() {
        let mut listing = Listing::default();
        for key in ["a", "a.b", "a.b.c", "ab", "a-b"] {
            listing.add(entry(key));
        }
        listing.remove("a");
        let keys: Vec<&String> = listing.entries.keys().collect();
        assert_eq!(keys, ["", "a-b", "ab"]);
    }

    #[test]
    fn it_is_written_as_terraform_writes_it() {
        let bed = tempfile::tempdir().unwrap();
        assert_eq!(Listing::read(bed.path()), Listing::default());
        let mut listing = Listing::default();
        listing.add(Entry {
            version: "1.2.0".to_owned(),
            ..entry("a")
        });
        fs::create_dir_all(bed.path().join(INSTALLED)).unwrap();
        listing.write(bed.path()).unwrap();
        let text = fs::read_to_string(place(bed.path())).unwrap();
        let expected = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"a","Source":"s","Version":"1.2.0","Dir":".terraform/modules/a"}]}"#;
        assert_eq!(text, expected);
        assert_eq!(Listing::read(bed.path()), listing);
    }
}
