//! Where the files of a revision are: the directory that holds the definition and every local module, and the
//! directories in it that belong to it. Paths only; which files in them count is `walk`'s.

use std::io;
use std::path::{Path, PathBuf};

use lang::Definition;
use lang::load::join;

/// Where the files of a revision are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The lowest directory that holds all of it; absolute, links followed.
    pub(super) root: PathBuf,
    /// The definition's directory from there, with `/`; empty when it is the root.
    pub(super) definition: String,
    /// The directories that belong to it, from the root, none of them in another; the empty path is the root.
    pub(super) directories: Vec<String>,
}

impl Layout {
    /// Its directories, absolute.
    pub(super) fn places(&self) -> Vec<PathBuf> {
        let at = |inside: &String| match inside.as_str() {
            "" => self.root.clone(),
            inside => self.root.join(inside),
        };
        self.directories.iter().map(at).collect()
    }

    /// Lays out the definition in `directory`.
    ///
    /// # Errors
    /// What the file system says of the directory, or `NotFound` when a module would be above all directories.
    pub(super) fn of(directory: &Path, definition: &Definition) -> io::Result<Self> {
        let directory = directory.canonicalize()?;
        let modules: Vec<&str> = definition
            .modules
            .values()
            .map(|module| module.directory.as_str())
            .collect();
        let above = modules.iter().map(|module| ups(module)).max().unwrap_or(0);
        let mut root = directory.clone();
        for _ in 0..above {
            if !root.pop() {
                return Err(io::ErrorKind::NotFound.into());
            }
        }
        let inside = directory.strip_prefix(&root).unwrap_or(Path::new(""));
        let definition = inside.to_str().ok_or_else(|| {
            let what = format!("`{}` is not UTF-8", inside.display());
            io::Error::new(io::ErrorKind::InvalidData, what)
        })?;
        let of_modules = modules.iter().map(|module| join(definition, module));
        let mut all: Vec<String> = of_modules.chain([definition.to_owned()]).collect();
        all.sort();
        all.dedup();
        let directories = all
            .iter()
            .filter(|one| !all.iter().any(|other| is_below(one, other)))
            .cloned()
            .collect();
        Ok(Self {
            root,
            definition: definition.to_owned(),
            directories,
        })
    }

    /// The path from the root of a file that the definition names by its path from its own directory.
    pub(super) fn path(&self, from_definition: &str) -> String {
        join(&self.definition, from_definition)
    }

    /// The definition's directory as a manifest names it.
    pub(super) fn named_definition(&self) -> &str {
        match self.definition.as_str() {
            "" => ".",
            path => path,
        }
    }
}

/// How many directories up a path leads.
fn ups(path: &str) -> usize {
    path.split('/').take_while(|part| *part == "..").count()
}

/// Whether a directory is in another one.
fn is_below(inner: &str, outer: &str) -> bool {
    match outer {
        "" => !inner.is_empty(),
        outer => inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang::load::Disk;
    use model::Sources;

    /// Loads the definition in `infra` of a project with that module call.
    fn layout(source: &str, module: &str) -> Layout {
        let directory = tempfile::tempdir().unwrap();
        let infra = directory.path().join("project/infra");
        for place in [&infra, &infra.join(module)] {
            std::fs::create_dir_all(place).unwrap();
            std::fs::write(place.join("main.tf"), "").unwrap();
        }
        let call = format!("module \"m\" {{ source = \"{source}\" }}");
        std::fs::write(infra.join("main.tf"), call).unwrap();
        let (definition, found) = lang::load(&Disk::new(&infra), Path::new(""), Sources::default());
        assert!(!found.has_errors(), "{found:?}");
        let layout = Layout::of(&infra, &definition).unwrap();
        let above = directory.path().canonicalize().unwrap();
        Layout {
            root: layout.root.strip_prefix(above).unwrap().to_owned(),
            ..layout
        }
    }

    #[test]
    fn the_definition_is_the_root_when_all_modules_are_in_it() {
        let expected = Layout {
            root: "project/infra".into(),
            definition: String::new(),
            directories: vec![String::new()],
        };
        assert_eq!(layout("./modules/m", "modules/m"), expected);
        assert_eq!(expected.path("modules/m/main.tf"), "modules/m/main.tf");
    }

    #[test]
    fn a_module_outside_lifts_the_root_just_so_far() {
        let beside = layout("../modules/m", "../modules/m");
        let expected = Layout {
            root: "project".into(),
            definition: "infra".into(),
            directories: vec!["infra".into(), "modules/m".into()],
        };
        assert_eq!(beside, expected);
        assert_eq!(beside.path("../modules/m/main.tf"), "modules/m/main.tf");
        assert_eq!(beside.path("main.tf"), "infra/main.tf");
        let far = layout("../../shared", "../../shared");
        assert_eq!(far.definition, "project/infra");
        assert_eq!(far.directories, ["project/infra", "shared"]);
    }

    #[test]
    fn a_module_that_holds_the_definition_is_the_only_directory() {
        let above = layout("../", "..");
        assert_eq!(above.definition, "infra");
        assert_eq!(above.directories, [""]);
    }
}
