//! What differs between two revisions, by their manifests alone. Pure; what is in the files is for others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::manifest::{FileDigest, Manifest};
use super::shape::Stage;
use lang::load::Package;

/// How one thing differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// Only the later revision has it.
    Added(T),
    /// Only the earlier one has it.
    Removed(T),
    /// Both have it.
    Changed {
        /// As it is in the earlier.
        old: T,
        /// As it is in the later.
        new: T,
    },
}

/// What differs between an earlier and a later revision, each by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The definition's directory, where it moved: from, to.
    pub definition: Option<(String, String)>,
    /// Files, by path.
    pub files: BTreeMap<String, Change<FileDigest>>,
    /// Files of which only that changed: whether they can be run now.
    pub executables: BTreeMap<String, bool>,
    /// Modules that are not local paths, by the path of their call. Their files are among the files.
    pub modules: BTreeMap<String, Change<Package>>,
    /// Shared inputs.
    pub inputs: BTreeMap<String, Change<Json>>,
    /// Environments and their place.
    pub environments: BTreeMap<String, Change<Stage>>,
    /// Checks and their text.
    pub checks: BTreeMap<String, Change<String>>,
}

impl Difference {
    /// Compares two manifests.
    pub fn between(old: &Manifest, new: &Manifest) -> Self {
        let files = changes(&old.files, &new.files);
        let flipped = old.executables.symmetric_difference(&new.executables);
        let in_both = |path: &&String| {
            let both = old.files.contains_key(*path) && new.files.contains_key(*path);
            both && !files.contains_key(*path)
        };
        let executables = flipped
            .filter(in_both)
            .map(|path| (path.clone(), new.executables.contains(path)))
            .collect();
        Self {
            definition: (old.definition != new.definition)
                .then(|| (old.definition.clone(), new.definition.clone())),
            executables,
            files,
            modules: changes(&old.modules, &new.modules),
            inputs: changes(&old.inputs, &new.inputs),
            environments: changes(&old.shape.environments, &new.shape.environments),
            checks: changes(&old.shape.checks, &new.shape.checks),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What differs between two maps, by key.
fn changes<T: Clone + PartialEq>(
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
) -> BTreeMap<String, Change<T>> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |key: &String| match (old.get(key), new.get(key)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(Change::Changed {
            old: old.clone(),
            new: new.clone(),
        }),
        (Some(old), None) => Some(Change::Removed(old.clone())),
        (None, Some(new)) => Some(Change::Added(new.clone())),
        (None, None) => None,
    };
    keys.into_iter()
        .filter_map(|key| Some((key.clone(), change(key)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::Shape;
    use state::BlobDigest;

    fn digest(text: &str) -> FileDigest {
        FileDigest(BlobDigest::of(text.as_bytes()))
    }

    fn manifest(files: &[(&str, &str)]) -> Manifest {
        let mut manifest = Manifest::new(".", Shape::default());
        let files = files
            .iter()
            .map(|(path, text)| ((*path).into(), digest(text)));
        manifest.files = files.collect();
        manifest
    }

    #[test]
    fn a_revision_does_not_differ_from_itself() {
        let one = manifest(&[("main.tf", "a"), ("x", "b")]);
        assert!(Difference::between(&one, &one.clone()).is_empty());
    }

    #[test]
    fn files_inputs_and_shape_differ_by_name() {
        let mut old = manifest(&[("main.tf", "a"), ("gone", "g"), ("same", "s")]);
        let mut new = manifest(&[("main.tf", "b"), ("came", "c"), ("same", "s")]);
        old.inputs.insert("size".into(), 1.into());
        new.inputs.insert("size".into(), 2.into());
        new.shape.checks.insert("up".into(), "check".into());
        old.shape
            .environments
            .insert("test".into(), Stage::default());
        let found = Difference::between(&old, &new);
        let changed = |old: &str, new: &str| Change::Changed {
            old: digest(old),
            new: digest(new),
        };
        let files = [
            ("came".to_owned(), Change::Added(digest("c"))),
            ("gone".to_owned(), Change::Removed(digest("g"))),
            ("main.tf".to_owned(), changed("a", "b")),
        ];
        let expected = Difference {
            files: files.into(),
            inputs: [(
                "size".to_owned(),
                Change::Changed {
                    old: 1.into(),
                    new: 2.into(),
                },
            )]
            .into(),
            environments: [("test".to_owned(), Change::Removed(Stage::default()))].into(),
            checks: [("up".to_owned(), Change::Added("check".to_owned()))].into(),
            ..Difference::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_can_only_be_run_now_is_told_once() {
        let old = manifest(&[("run.sh", "a"), ("new.sh", "n")]);
        let mut new = manifest(&[("run.sh", "a"), ("new.sh", "m")]);
        new.executables = ["run.sh".to_owned(), "new.sh".to_owned()].into();
        let found = Difference::between(&old, &new);
        assert_eq!(found.executables, [("run.sh".to_owned(), true)].into());
        assert_eq!(found.files.len(), 1);
    }
}
