//! The manifest: what a revision says of itself, in one canonical text whose digest names it. Pure data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use state::BlobDigest;

use super::shape::Shape;
use lang::load::Package;

/// The newest form of manifests that this program reads, which it writes where there are modules to be named. Without any
/// it is the first form, in which nothing else differs.
const FORMAT: u32 = 2;

/// The form of manifests without modules.
const WITHOUT_MODULES: u32 = 1;

/// What a revision is made of. Equal content is an equal manifest, whoever made it, when and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the manifest itself.
    format: u32,
    /// The definition's directory, from the root of the files; `.` when it is the root.
    pub definition: String,
    /// The files: path from the root, with `/` between parts, and the digest of the content.
    pub files: BTreeMap<String, FileDigest>,
    /// Those of the files that can be run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub executables: BTreeSet<String>,
    /// The modules that are not local paths, by the path of their call with dots. Their files are among the files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, Package>,
    /// Values of the inputs that all environments share, as JSON.
    pub inputs: BTreeMap<String, Json>,
    /// What `terrace.hcl` says of the pipeline itself.
    pub shape: Shape,
}

/// The SHA-256 digest of a file, as text in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileDigest(pub BlobDigest);

impl TryFrom<String> for FileDigest {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| format!("`{text}` is no SHA-256 digest"))
    }
}

impl From<FileDigest> for String {
    fn from(digest: FileDigest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Bytes that are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A newer Terrace wrote it.
    #[error("the revision has format {found}, and this Terrace knows {FORMAT}")]
    Newer {
        /// The format it says.
        found: u32,
    },
    /// It is not what a manifest is.
    #[error("the revision's manifest cannot be read")]
    Damaged(#[source] serde_json::Error),
    /// A path in it would lead out of where its files go.
    #[error("the revision's manifest names the file `{path}`, which is no path in a directory")]
    Path {
        /// The path.
        path: String,
    },
}

impl Manifest {
    /// An empty one for a definition in that directory, from the root of the files.
    pub fn new(definition: &str, shape: Shape) -> Self {
        Self {
            format: WITHOUT_MODULES,
            definition: definition.to_owned(),
            files: BTreeMap::new(),
            executables: BTreeSet::new(),
            modules: BTreeMap::new(),
            inputs: BTreeMap::new(),
            shape,
        }
    }

    /// Names its modules.
    pub fn name_modules(&mut self, modules: BTreeMap<String, Package>) {
        self.format = match modules.is_empty() {
            true => WITHOUT_MODULES,
            false => FORMAT,
        };
        self.modules = modules;
    }

    /// The module whose package a file is in, by the path of its call.
    pub fn module_of(&self, path: &str) -> Option<&str> {
        let inside = match self.definition.as_str() {
            "." => path,
            definition => path.strip_prefix(definition)?.strip_prefix('/')?,
        };
        // The last part of a package's directory is the path of its call.
        let mut parts = inside
            .match_indices('/')
            .map(|(at, _)| inside.split_at(at).0);
        parts.find_map(|directory| {
            let key = directory.rsplit('/').next()?;
            let (key, kept) = self.modules.get_key_value(key)?;
            (kept.root == directory).then_some(key.as_str())
        })
    }

    /// Its canonical text: the same for equal content.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which no manifest makes happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        serde_json::to_vec(self).map_err(ManifestError::Damaged)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When it is not that, is newer, or names files outside of its directory.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let form: Form = serde_json::from_slice(bytes).map_err(ManifestError::Damaged)?;
        if form.format > FORMAT {
            return Err(ManifestError::Newer { found: form.format });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(ManifestError::Damaged)?;
        let definition = Some(&manifest.definition).filter(|path| *path != ".");
        let modules = manifest.modules.values();
        let of_modules = modules.flat_map(|kept| [&kept.root, &kept.directory]);
        let others = definition.into_iter().chain(of_modules);
        let outside = manifest
            .files
            .keys()
            .chain(others)
            .find(|path| !is_inside(path))
            .cloned();
        match outside {
            Some(path) => Err(ManifestError::Path { path }),
            None => Ok(manifest),
        }
    }
}

/// Whether a path stays in the directory it is joined to, and is written in the one way there is.
fn is_inside(path: &str) -> bool {
    path.split('/')
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let mut manifest = Manifest::new("infra", Shape::default());
        let digest = FileDigest(BlobDigest::of(b"text"));
        manifest.files.insert("modules/a/main.tf".into(), digest);
        manifest.files.insert("infra/main.tf".into(), digest);
        manifest.inputs.insert("size".into(), 3.into());
        manifest
    }

    #[test]
    fn its_text_is_canonical_and_reads_back() {
        let bytes = manifest().to_bytes().unwrap();
        let digest = BlobDigest::of(b"text");
        let expected = format!(
            r#"{{"format":1,"definition":"infra","files":{{"infra/main.tf":"{digest}","modules/a/main.tf":"{digest}"}},"inputs":{{"size":3}},"shape":{{"environments":{{}},"checks":{{}}}}}}"#
        );
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        let read = Manifest::read(&bytes).unwrap();
        assert_eq!(read, manifest());
        assert_eq!(read.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn modules_are_named_and_found_by_their_files() {
        let mut with = manifest();
        let kept = |key: &str, directory: &str| Package {
            source: "git::https://example.com/n.git//sub".into(),
            version: None,
            commit: Some("c0ffee".into()),
            root: format!(".terraform/modules/{key}"),
            directory: format!(".terraform/modules/{key}{directory}"),
        };
        let modules = [("net", "/sub"), ("net.inner", "")];
        let modules = modules.map(|(key, directory)| (key.to_owned(), kept(key, directory)));
        with.name_modules(modules.into());
        let bytes = with.to_bytes().unwrap();
        assert!(String::from_utf8_lossy(&bytes).starts_with("{\"format\":2,"));
        assert_eq!(Manifest::read(&bytes).unwrap(), with);
        let inside = |path: &str| with.module_of(path).map(ToOwned::to_owned);
        assert_eq!(
            inside("infra/.terraform/modules/net.inner/main.tf"),
            Some("net.inner".into())
        );
        assert_eq!(
            inside("infra/.terraform/modules/net/x/main.tf"),
            Some("net".into())
        );
        assert_eq!(inside("infra/main.tf"), None);
        with.name_modules([("out".to_owned(), kept("../..", ""))].into());
        let read = Manifest::read(&with.to_bytes().unwrap());
        assert!(matches!(read, Err(ManifestError::Path { .. })), "{read:?}");
    }

    #[test]
    fn numbers_of_inputs_keep_their_digits() {
        let mut big = manifest();
        let digits = "12345678901234567890.12345678901234567890";
        big.inputs
            .insert("big".into(), serde_json::from_str(digits).unwrap());
        let bytes = big.to_bytes().unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(digits));
        assert_eq!(Manifest::read(&bytes).unwrap(), big);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in [
            "../x",
            "/etc/passwd",
            "a//b",
            "a/./b",
            "a/../../b",
            "",
            "a\0",
        ] {
            let mut bad = manifest();
            let digest = FileDigest(BlobDigest::of(b"text"));
            bad.files.insert(path.into(), digest);
            let read = Manifest::read(&bad.to_bytes().unwrap());
            assert!(
                matches!(&read, Err(ManifestError::Path { path: found }) if found == path),
                "{path}: {read:?}"
            );
        }
        let mut bad = manifest();
        bad.definition = "../infra".into();
        let read = Manifest::read(&bad.to_bytes().unwrap());
        assert!(matches!(read, Err(ManifestError::Path { .. })));
    }

    #[test]
    fn what_is_newer_or_no_manifest_is_told_apart() {
        let newer = Manifest::read(br#"{"format":3,"else":true}"#);
        assert!(matches!(newer, Err(ManifestError::Newer { found: 3 })));
        for bytes in [&b"{}"[..], b"", b"\xff", br#"{"format":1}"#] {
            let read = Manifest::read(bytes);
            assert!(matches!(read, Err(ManifestError::Damaged(_))), "{read:?}");
        }
    }
}
