//! What a revision says of its modules that are not local paths: what each was, and where its files are. Pure data.

use std::collections::BTreeMap;

use lang::Definition;
use lang::load::Package;
use serde::{Deserialize, Serialize};

/// A module that is not a local path, as it was when the revision was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptModule {
    /// Its source in full, without secrets.
    pub source: String,
    /// Its version, where it is a registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its commit, where it is from Git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The directory of the whole package, from the definition's.
    pub root: String,
    /// The directory of the module itself, from the definition's.
    pub directory: String,
}

impl From<&Package> for KeptModule {
    fn from(package: &Package) -> Self {
        let Package {
            source,
            version,
            commit,
            root,
            directory,
        } = package.clone();
        Self {
            source,
            version,
            commit,
            root,
            directory,
        }
    }
}

impl From<KeptModule> for Package {
    fn from(kept: KeptModule) -> Self {
        let KeptModule {
            source,
            version,
            commit,
            root,
            directory,
        } = kept;
        Self {
            source,
            version,
            commit,
            root,
            directory,
        }
    }
}

/// The modules of a definition, by the path of their call.
pub(super) fn of(definition: &Definition) -> BTreeMap<String, KeptModule> {
    let packages = definition.packages.iter();
    packages
        .map(|(key, package)| (key.clone(), package.into()))
        .collect()
}
