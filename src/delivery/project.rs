//! The project that a command is about: its directory, its `terrace.hcl`, its environments. Entry point: [`open`].

use std::io;
use std::path::{Path, PathBuf};

use lang::load::PackagesByKey;
use lang::project::Environment;
use model::{Diagnostic, Diagnostics, Sources, Str};
use state::{RecordError, Store};

/// The file that makes a directory a project.
pub const PROJECT_FILE: &str = "terrace.hcl";

/// Where the record is, from a project's directory.
const RECORD: &str = ".terrace/state.db";

/// The one environment of a directory without a `terrace.hcl`.
pub const DEFAULT_ENVIRONMENT: &str = "default";

/// A project.
#[derive(Debug)]
pub struct Project {
    /// Its directory.
    pub directory: PathBuf,
    /// How the user would write the path to it; empty when they stand in it.
    pub base: PathBuf,
    /// What its `terrace.hcl` says; empty without one.
    pub file: lang::project::Project,
    /// Whether there is a `terrace.hcl`.
    pub has_file: bool,
    /// Environments that have a record and are not declared (any more); see [`Project::learn_recorded`].
    pub undeclared: Vec<Undeclared>,
    /// Where the definition of a revision was checked out. None where the definition is read from the project itself.
    pub checkout: Option<Checkout>,
    /// The text of what was read so far.
    pub sources: Sources,
}

/// A definition out of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The definition's directory in it.
    pub directory: PathBuf,
    /// How the user would write the path to it: `r42:/infra`, where it is a revision's.
    pub base: PathBuf,
    /// The modules in it that are not local paths, by where they are called.
    pub packages: PackagesByKey,
}

/// An environment that has a record, but no block in `terrace.hcl`: it was taken out, or has another name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// Its name.
    pub name: Str,
    /// How many objects are recorded.
    pub objects: u64,
    /// How many of its steps are open, of which nobody knows yet what became.
    pub open: usize,
}

impl Undeclared {
    /// Whether there is, or may be, anything of it.
    pub fn has_something(&self) -> bool {
        self.objects > 0 || self.open > 0
    }

    /// What is recorded of it, as a phrase.
    fn what(&self) -> String {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match (self.objects, self.open) {
            (0, open) => format!("{open} open step{}", plural(open as u64)),
            (objects, _) => format!("{objects} recorded instance{}", plural(objects)),
        }
    }

    /// What to do about it.
    fn help(&self, has_file: bool) -> String {
        let Self { name, .. } = self;
        let back = if has_file {
            format!("put its block back: environment \"{name}\" {{ .. }}")
        } else {
            format!("declare it in {PROJECT_FILE}: environment \"{name}\" {{ .. }}")
        };
        if self.has_something() {
            format!("{back}; or destroy what it has: terrace destroy {name}")
        } else {
            back
        }
    }
}

/// An environment that was asked for and is not there, or not named where it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// There is no such environment.
    #[error("there is no environment `{name}`")]
    NoEnvironment {
        /// What was asked for.
        name: String,
        /// All there are.
        known: Vec<String>,
    },
    /// There are several and none was named.
    #[error("which environment?")]
    Unnamed {
        /// All there are.
        known: Vec<String>,
    },
}

impl ProjectError {
    /// The error as a diagnostic with what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error("unknown-environment", self.to_string());
        match self {
            Self::NoEnvironment { name, known } => named(diagnostic, name, known),
            Self::Unnamed { known } => diagnostic.help(format!("name one of {}", known.join(", "))),
        }
    }
}

/// The diagnostic with the environments there are, and the one that `word` may have meant.
fn named(diagnostic: Diagnostic, word: &str, known: &[String]) -> Diagnostic {
    let diagnostic = match lang::closest(word, known.iter().map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    };
    match known {
        [] => diagnostic.help(format!(
            "declare it in {PROJECT_FILE}: `environment \"NAME\" {{ .. }}`"
        )),
        [only] => diagnostic.note(format!("the only environment is {only}")),
        known => diagnostic.note(format!("the environments are {}", known.join(", "))),
    }
}

/// Finds the project that `directory` is in: the nearest one with a `terrace.hcl`, there or above, but not above the
/// root of a git repository. Without one, and where the directory has a record, it is a project of its own.
///
/// `base` is how the user would write the path to `directory`. Returns the project's directory, and how the user would
/// write that.
fn find(directory: &Path, base: &Path) -> (PathBuf, PathBuf) {
    let here = (directory.to_owned(), base.to_owned());
    if directory.join(PROJECT_FILE).exists() || directory.join(RECORD).exists() {
        return here;
    }
    // Links are followed first, as `..` does.
    let Ok(real) = directory.canonicalize() else {
        return here;
    };
    let mut shown = base.to_owned();
    for above in real.ancestors() {
        if above.join(PROJECT_FILE).is_file() {
            return (above.to_owned(), shown);
        }
        if above.join(".git").exists() {
            break;
        }
        shown.push("..");
    }
    here
}

/// Opens the project that `directory` is in. `base` is how the user would write the path to it; empty when they stand
/// in it.
pub fn open(directory: &Path, base: &Path) -> (Project, Diagnostics) {
    let (directory, base) = find(directory, base);
    let mut project = Project {
        directory: directory.clone(),
        base: base.clone(),
        file: lang::project::Project::default(),
        has_file: false,
        undeclared: Vec::new(),
        checkout: None,
        sources: Sources::default(),
    };
    let mut out = Diagnostics::new();
    let path = directory.join(PROJECT_FILE);
    let shown = base.join(PROJECT_FILE);
    let content = match std::fs::read(&path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (project, out),
        Err(error) => {
            project.file.broken = true;
            let message = format!("cannot read `{}`", shown.display());
            out.push(Diagnostic::error("file-not-readable", message).note(error.to_string()));
            return (project, out);
        }
    };
    project.has_file = true;
    let text = String::from_utf8_lossy(&content);
    let file = project.sources.add(shown.to_string_lossy(), &text);
    if let Err(error) = std::str::from_utf8(&content) {
        let at = error.valid_up_to();
        project.file.broken = true;
        out.push(
            Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
                .at(model::Span::new(file, at, at + 3), "not UTF-8 from here")
                .help("save it with the encoding UTF-8"),
        );
        return (project, out);
    }
    let text = project
        .sources
        .file(file)
        .map(|file| file.text.clone())
        .unwrap_or_default();
    let (read, diagnostics) = lang::project::read(file, &text);
    project.file = read;
    out.extend(diagnostics);
    if project.file.environments.is_empty() && !out.has_errors() {
        out.push(
            Diagnostic::error("missing-block", format!("`{}` declares no environment", shown.display()))
                .help("add `environment \"test\" {}`, or delete the file to have the one environment `default`"),
        );
    }
    (project, out)
}

impl Project {
    /// Whether `terrace.hcl` could not be read whole, so that something it says may be missing.
    pub fn is_broken(&self) -> bool {
        self.file.broken
    }

    /// The definition's directory, from the project's.
    pub fn definition(&self) -> &str {
        self.file
            .definition
            .as_ref()
            .map_or(".", |(directory, _)| directory.as_str())
    }

    /// The definition's directory: that of `terrace.hcl`, with what its `definition` says below it.
    pub fn definition_directory(&self) -> PathBuf {
        match self.definition() {
            "." | "" => self.directory.clone(),
            relative => self.directory.join(relative),
        }
    }

    /// The directory that the definition is read from: that of the checkout, or else the definition's own. What the
    /// definition makes stays relative to [`definition_directory`](Self::definition_directory).
    pub fn source_directory(&self) -> PathBuf {
        match &self.checkout {
            Some(checkout) => checkout.directory.clone(),
            None => self.definition_directory(),
        }
    }

    /// How the user would write the path to the directory that the definition is read from.
    pub fn source_base(&self) -> PathBuf {
        if let Some(checkout) = &self.checkout {
            return checkout.base.clone();
        }
        match self.definition() {
            "." | "" => self.base.clone(),
            relative => self.base.join(relative),
        }
    }

    /// Whether environments come after others.
    pub fn is_pipeline(&self) -> bool {
        let mut environments = self.file.environments.iter();
        environments.any(|environment| !environment.after.is_empty())
    }

    /// Whether revisions enter the pipeline here: the environment comes after no other.
    pub fn is_entry(&self, environment: &str) -> bool {
        let declared = self.declared(environment);
        declared.map_or(!self.has_file, |declared| declared.after.is_empty())
    }

    /// The project's name: as given, or the directory's.
    pub fn name(&self) -> String {
        let directory = || {
            self.directory
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        self.file
            .name
            .as_ref()
            .map(ToString::to_string)
            .or_else(directory)
            .unwrap_or_default()
    }

    /// Learns which environments have a record and are not declared: commands that look, and `destroy`, take them by
    /// their names.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn learn_recorded(&mut self, store: &Store) -> Result<(), RecordError> {
        let declared = self.environments();
        for name in store.environment_names()? {
            if !declared.contains(&name) {
                self.undeclared.push(Undeclared {
                    objects: store.count_objects(&name)?,
                    open: store.open_intents(&name)?.intents.len(),
                    name,
                });
            }
        }
        Ok(())
    }

    /// The environment of that name, where it has a record and is not declared.
    pub fn undeclared(&self, name: &str) -> Option<&Undeclared> {
        self.undeclared.iter().find(|known| known.name == *name)
    }

    /// The error that an environment is not declared, where it would have to be.
    pub fn not_declared(&self, name: &str) -> Option<Diagnostic> {
        let found = self.undeclared(name)?;
        let message = if self.has_file {
            format!("`{name}` has no block in {PROJECT_FILE} any more")
        } else {
            format!("`{name}` is not declared: there is no {PROJECT_FILE} any more")
        };
        let mut diagnostic = Diagnostic::error("undeclared-environment", message);
        if found.has_something() {
            diagnostic = diagnostic.note(format!("it has {}", found.what()));
        }
        Some(diagnostic.help(found.help(self.has_file)))
    }

    /// A warning of each environment that is not declared and has something: nothing looks after it any more.
    pub fn warn_of_undeclared(&self) -> Diagnostics {
        let left = self.undeclared.iter().filter(|found| found.has_something());
        left.map(|found| {
            let message = format!(
                "environment `{}` is not declared any more, and has {}",
                found.name,
                found.what()
            );
            Diagnostic::warning("undeclared-environment", message).help(found.help(self.has_file))
        })
        .collect()
    }

    /// The names of all environments that are declared, in their order.
    pub fn environments(&self) -> Vec<Str> {
        if !self.has_file {
            return vec![DEFAULT_ENVIRONMENT.into()];
        }
        self.file
            .environments
            .iter()
            .map(|environment| environment.name.clone())
            .collect()
    }

    /// The diagnostic, which is about a word that names no environment, with those there are and the one that it may
    /// have meant.
    pub fn with_environments(&self, diagnostic: Diagnostic, word: &str) -> Diagnostic {
        let known: Vec<String> = self
            .environments()
            .iter()
            .map(ToString::to_string)
            .collect();
        named(diagnostic, word, &known)
    }

    /// Whether there is an environment of that name, declared or only recorded.
    pub fn has_environment(&self, name: &str) -> bool {
        self.environments().iter().any(|known| known == name) || self.undeclared(name).is_some()
    }

    /// The environment that is meant: the one named, declared or only recorded, or the only one that is declared.
    ///
    /// # Errors
    /// When there is no such environment, or none was named and there are several.
    pub fn environment(&self, name: Option<&str>) -> Result<Str, ProjectError> {
        let environments = self.environments();
        let known: Vec<String> = environments.iter().map(ToString::to_string).collect();
        match (name, environments.as_slice()) {
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(ProjectError::Unnamed { known }),
            (Some(name), _) => environments
                .iter()
                .find(|known| *known == name)
                .or_else(|| self.undeclared(name).map(|known| &known.name))
                .cloned()
                .ok_or_else(|| ProjectError::NoEnvironment {
                    name: name.to_owned(),
                    known: known.clone(),
                }),
        }
    }

    /// What `terrace.hcl` says of an environment; none for the one of a project without the file.
    pub fn declared(&self, name: &str) -> Option<&Environment> {
        self.file.environment(name)
    }

    /// Whether a check of that name is to run after an apply of the environment.
    pub fn is_verified_by(&self, environment: &str, check: &str) -> bool {
        self.declared(environment)
            .is_some_and(|declared| declared.verify.iter().any(|(name, _)| name == check))
    }

    /// The record's file, below the directory of `terrace.hcl`; it need not be there yet.
    pub fn record(&self) -> PathBuf {
        self.directory.join(RECORD)
    }
}
