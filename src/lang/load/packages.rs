//! What the loader asks for modules that are not local paths, and what it is told. Who fetches them, and where they are
//! kept, is for others: the loader only reads files.

use std::collections::BTreeMap;
use std::fmt::Debug;

use model::address::ModulePath;
use model::{Diagnostic, Span};
use serde::{Deserialize, Serialize};

use super::source::Source;

/// Finds modules that are not local paths.
pub trait Packages: Debug {
    /// Finds what one module calls; an answer to each call, in their order.
    ///
    /// # Errors
    /// With what to tell of a call whose module cannot be had.
    fn find(&mut self, calls: &[PackageCall<'_>]) -> Vec<Result<Package, Box<Diagnostic>>>;
}

/// A call of a module that is not a local path.
#[derive(Clone, Copy, Debug)]
pub struct PackageCall<'c> {
    /// The path of the module that is called.
    pub path: &'c ModulePath,
    /// What `source` names; never a local path.
    pub source: &'c Source,
    /// `version` as written.
    pub version: Option<&'c str>,
    /// Where to tell what is wrong with it.
    pub span: Span,
    /// Where to tell what is wrong with its version.
    pub version_span: Span,
}

/// Where the module of a call is, and what it is. Revisions and saved plans keep it in this form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its source in full, without secrets.
    pub source: String,
    /// Its version, where it is a registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its commit, where it is from Git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The directory of the whole package, from the definition's root; no local path leads out of it.
    pub root: String,
    /// The directory of the module itself, from the definition's root.
    pub directory: String,
}

impl Package {
    /// What it was resolved to, in a few words; empty where its source says all there is to say.
    pub fn resolved(&self) -> String {
        let commit = self.commit.as_ref().map(|commit| {
            let short: String = commit.chars().take(7).collect();
            format!("commit {short}")
        });
        let version = self
            .version
            .as_ref()
            .map(|version| format!("version {version}"));
        version.or(commit).unwrap_or_default()
    }
}

/// Packages by the path of the module that is called, as it is written with dots.
pub type PackagesByKey = BTreeMap<String, Package>;

/// The path of a module as Terraform and we call its directory: names with dots between them.
pub fn key(path: &ModulePath) -> String {
    let names: Vec<&str> = path.0.iter().map(model::Str::as_str).collect();
    names.join(".")
}

/// Finds no module: those that are not local paths are not to be had here.
#[derive(Clone, Copy, Debug)]
pub struct NoPackages;

impl Packages for NoPackages {
    fn find(&mut self, calls: &[PackageCall<'_>]) -> Vec<Result<Package, Box<Diagnostic>>> {
        calls
            .iter()
            .map(|call| Err(Box::new(missing(call))))
            .collect()
    }
}

/// Finds what is known already, as of a revision that was checked out.
impl Packages for PackagesByKey {
    fn find(&mut self, calls: &[PackageCall<'_>]) -> Vec<Result<Package, Box<Diagnostic>>> {
        let found = |call: &PackageCall<'_>| {
            let package = self.get(&key(call.path)).cloned();
            package.ok_or_else(|| Box::new(missing(call)))
        };
        calls.iter().map(found).collect()
    }
}

fn missing(call: &PackageCall<'_>) -> Diagnostic {
    Diagnostic::error(
        "missing-module",
        format!("module `{}` is not here", call.source),
    )
    .at(call.span, "is not a local path, and was not kept")
}
