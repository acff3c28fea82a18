//! Definition text to modules: reads a directory in the Terraform language and the modules it calls. Those that are not
//! local paths are found by [`Packages`], which is given. Entry points: [`load`], [`load_with`].

mod blocks;
mod body;
mod calls;
mod files;
mod json;
mod merge;
mod module;
mod packages;
mod source;
mod variable;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use blocks::{is_identifier, located};
pub(crate) use body::{Parts, unknown};
pub use files::{Disk, Files, Snapshot, display, join};
use model::address::ModulePath;
use model::{Diagnostic, Diagnostics, FileId, Sources, Span};
pub use module::{
    Check, Condition, IgnoreChanges, Import, Lifecycle, Local, Module, ModuleCall, Moved, Output,
    ProviderBlock, ProviderRef, Provisioner, Removed, Repeat, RequiredProvider, Resource,
    ResourceName, Resources, Variable,
};
pub use packages::{NoPackages, Package, PackageCall, Packages, PackagesByKey, key};
pub use source::{
    DEFAULT_REGISTRY, Getter, PackageSource, RegistrySource, Source, SourceError, without_secrets,
};
pub use variable::{Defaults, TypeConstraint, type_constraint};

use crate::reference::{Subject, subject};
use crate::syntax;
use crate::syntax::ast::Body;

/// A definition: its modules, by where they are called.
#[derive(Debug, Default)]
pub struct Definition {
    /// Every module of the call tree; modules called from several places share their content.
    pub modules: BTreeMap<ModulePath, Arc<Module>>,
    /// The text of every file read.
    pub sources: Sources,
    /// The files read: path from the definition's root, and content.
    pub files: Vec<(String, Arc<[u8]>)>,
    /// The packages of modules that are not local paths, by where they are called.
    pub packages: PackagesByKey,
}

impl Definition {
    /// The module called at `path`.
    pub fn module(&self, path: &ModulePath) -> Option<&Arc<Module>> {
        self.modules.get(path)
    }
}

/// Loads the definition whose root `files` reads. `base` is how the user would write the path to that root, for
/// messages; empty when they stand in it.
///
/// Everything that is wrong is collected; what could be read is returned all the same.
/// `sources` are those read before, which the definition's are added to. Only local modules are found.
pub fn load(files: &dyn Files, base: &Path, sources: Sources) -> (Definition, Diagnostics) {
    load_with(files, &mut NoPackages, base, sources)
}

/// Loads a definition as [`load`] does; modules that are not local paths are found by `packages`, whose directories
/// `files` reads.
pub fn load_with(
    files: &dyn Files,
    packages: &mut dyn Packages,
    base: &Path,
    sources: Sources,
) -> (Definition, Diagnostics) {
    let mut loader = Loader {
        files,
        packages,
        base: base.to_owned(),
        definition: Definition {
            sources,
            ..Definition::default()
        },
        read: BTreeMap::new(),
        unread: 0,
        diagnostics: Diagnostics::new(),
    };
    match loader.directory("") {
        Ok(module) => loader.calls(ModulePath::root(), module, None),
        Err(Absent::Empty) => loader.diagnostics.push(
            Diagnostic::error("empty-definition", format!("`{}` has no `.tf` files", loader.shown("")))
                .help("write a definition there, or say where it is with `definition = \"..\"` in terrace.hcl"),
        ),
        Err(Absent::Error(error)) => loader.diagnostics.push(
            Diagnostic::error("file-not-readable", format!("cannot read `{}`", loader.shown(""))).note(error.to_string()),
        ),
    }
    let mut diagnostics = loader.diagnostics;
    diagnostics.sort();
    (loader.definition, diagnostics)
}

struct Loader<'f> {
    files: &'f dyn Files,
    packages: &'f mut dyn Packages,
    base: PathBuf,
    definition: Definition,
    read: BTreeMap<String, Arc<Module>>,
    /// How many files could not be read whole.
    unread: usize,
    diagnostics: Diagnostics,
}

enum Absent {
    Empty,
    Error(io::Error),
}

impl Loader<'_> {
    fn shown(&self, path: &str) -> String {
        let shown = display(&self.base, path);
        if shown.is_empty() { ".".into() } else { shown }
    }

    /// Reads all files of a directory into one module, once.
    fn directory(&mut self, directory: &str) -> Result<Arc<Module>, Absent> {
        if let Some(module) = self.read.get(directory) {
            return Ok(module.clone());
        }
        let names = self.files.list(directory).map_err(Absent::Error)?;
        let (overrides, primary): (Vec<String>, Vec<String>) = names
            .into_iter()
            .filter(|name| is_definition(name))
            .partition(|name| is_override(name));
        if primary.is_empty() && overrides.is_empty() {
            return Err(Absent::Empty);
        }
        let unread = self.unread;
        let mut bodies: Vec<Body> = primary
            .iter()
            .filter_map(|name| self.file(directory, name))
            .collect();
        for name in &overrides {
            if let Some(body) = self.file(directory, name) {
                self.diagnostics
                    .extend(merge::override_with(&mut bodies, body));
            }
        }
        let mut module = Module {
            directory: directory.to_owned(),
            broken: self.unread > unread,
            ..Module::default()
        };
        for body in bodies {
            self.diagnostics.extend(blocks::read(body, &mut module));
        }
        module.resources.sort_unstable_keys();
        module.resources.shrink_to_fit();
        let module = Arc::new(module);
        self.read.insert(directory.to_owned(), module.clone());
        Ok(module)
    }

    fn file(&mut self, directory: &str, name: &str) -> Option<Body> {
        let before = self.diagnostics.len();
        let body = self.body(directory, name);
        let wrong = self
            .diagnostics
            .iter()
            .skip(before)
            .any(Diagnostic::is_error);
        self.unread += usize::from(wrong);
        body
    }

    fn body(&mut self, directory: &str, name: &str) -> Option<Body> {
        let path = join(directory, name);
        let shown = self.shown(&path);
        let content = match self.files.read(&path) {
            Ok(content) => content,
            Err(error) => {
                let message = format!("cannot read `{shown}`");
                self.diagnostics
                    .push(Diagnostic::error("file-not-readable", message).note(error.to_string()));
                return None;
            }
        };
        if content.len() > u32::MAX as usize {
            self.diagnostics.push(
                Diagnostic::error("too-large", format!("`{shown}` is larger than 4 GiB"))
                    .help("split it into several"),
            );
            return None;
        }
        let (text, invalid) = match std::str::from_utf8(&content) {
            Ok(text) => (std::borrow::Cow::Borrowed(text), None),
            Err(error) => (String::from_utf8_lossy(&content), Some(error.valid_up_to())),
        };
        let file = self.definition.sources.add(shown, &text);
        if let Some(at) = invalid {
            let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
            self.diagnostics.push(
                Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
                    .at(
                        Span::new(file, at.saturating_sub(bom), at.saturating_sub(bom) + 3),
                        "not UTF-8 from here",
                    )
                    .help("save it with the encoding UTF-8"),
            );
            return None;
        }
        let text = self
            .definition
            .sources
            .file(file)
            .map(|file| file.text.clone())
            .unwrap_or_default();
        self.definition.files.push((path, content.into()));
        let (body, diagnostics) = parse(file, &text, name);
        self.diagnostics.extend(diagnostics);
        Some(body)
    }
}

fn parse(file: FileId, text: &str, name: &str) -> (Body, Diagnostics) {
    if name.ends_with(".json") {
        let (node, mut diagnostics) = syntax::json::parse_json(file, text);
        let Some(node) = node else {
            let body = Body {
                attributes: Vec::new(),
                blocks: Vec::new(),
                span: Span::new(file, 0, 0),
            };
            return (body, diagnostics);
        };
        let (body, found) = syntax::json::json_body(&node, &json::file_shape());
        diagnostics.extend(found);
        return (body, diagnostics);
    }
    syntax::parse_body(file, text)
}

fn is_definition(name: &str) -> bool {
    let ignored = name.starts_with('.')
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'));
    !ignored && (name.ends_with(".tf") || name.ends_with(".tf.json"))
}

fn is_override(name: &str) -> bool {
    let stem = name
        .strip_suffix(".tf")
        .or_else(|| name.strip_suffix(".tf.json"))
        .unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}

/// Reads a reference that is written as a string.
fn reference_text(text: &str, span: Span) -> Result<Subject, Diagnostic> {
    let (traversal, diagnostics) = syntax::parse_traversal(span.file, text);
    match traversal {
        Some((root, steps)) if !diagnostics.has_errors() => subject(&root, &steps)
            .map(|(subject, _)| subject)
            .map_err(|diagnostic| diagnostic.at(span, "")),
        _ => Err(
            Diagnostic::error("unknown-reference", format!("`{text}` is not a reference"))
                .at(span, ""),
        ),
    }
}
