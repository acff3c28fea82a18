//! The modules that a module calls: local paths are read, others are asked for.

use std::io;
use std::sync::Arc;

use model::address::ModulePath;
use model::{Diagnostic, Span, Str};

use super::packages::{Package, PackageCall, key};
use super::source::{Source, without_secrets};
use super::{Absent, Loader, Module, ModuleCall, join, unknown};

/// How deep modules may call modules; more is taken for a call that never ends.
const MODULE_DEPTH: usize = 64;

/// A call of something that is not a local path.
struct Asked<'m> {
    call: &'m ModuleCall,
    path: ModulePath,
    source: Source,
}

impl Loader<'_> {
    /// Loads the modules that `module`, called at `path`, calls. `root` is the directory of the package that it is in.
    pub(super) fn calls(&mut self, path: ModulePath, module: Arc<Module>, root: Option<&str>) {
        self.definition.modules.insert(path.clone(), module.clone());
        let mut asked = Vec::new();
        for call in module.calls.values() {
            let child = path.child(call.name.clone());
            if child.0.len() > MODULE_DEPTH {
                self.diagnostics.push(
                    Diagnostic::error(
                        "cycle",
                        format!("modules call each other more than {MODULE_DEPTH} deep"),
                    )
                    .at(call.source_span, "a module that calls itself?"),
                );
                return;
            }
            match Source::parse(&call.source, call.version.is_some()) {
                Ok(Source::Local(source)) => {
                    let directory = join(&module.directory, &source);
                    match root {
                        Some(root) if !is_in(&directory, root) => self.escapes(call, root),
                        root => self.called(call, child, &directory, root),
                    }
                }
                Ok(source) => asked.push(Asked {
                    call,
                    path: child,
                    source,
                }),
                Err(error) => {
                    let shown = without_secrets(&call.source);
                    let mut diagnostic =
                        Diagnostic::error("missing-module", format!("no module in `{shown}`"))
                            .at(place(call), error.label);
                    diagnostic.help.extend(error.help);
                    self.diagnostics.push(diagnostic);
                }
            }
        }
        self.packages(&asked);
    }

    /// Asks for the packages of calls, and loads the modules in them.
    fn packages(&mut self, asked: &[Asked<'_>]) {
        if asked.is_empty() {
            return;
        }
        let calls: Vec<PackageCall<'_>> = asked
            .iter()
            .map(|asked| PackageCall {
                path: &asked.path,
                source: &asked.source,
                version: asked.call.version.as_deref(),
                span: place(asked.call),
                version_span: asked.call.version_span,
            })
            .collect();
        let found = self.packages.find(&calls);
        for (asked, found) in asked.iter().zip(found) {
            match found {
                Ok(package) => {
                    let Package {
                        root, directory, ..
                    } = &package;
                    let (root, directory) = (root.clone(), directory.clone());
                    self.definition.packages.insert(key(&asked.path), package);
                    self.called(asked.call, asked.path.clone(), &directory, Some(&root));
                }
                Err(diagnostic) => self.diagnostics.push(*diagnostic),
            }
        }
    }

    /// Loads the module of a call out of its directory.
    fn called(&mut self, call: &ModuleCall, path: ModulePath, directory: &str, root: Option<&str>) {
        let absent = match self.directory(directory) {
            Ok(found) => {
                self.unknown_arguments(call, &found);
                self.calls(path, found, root);
                return;
            }
            Err(absent) => absent,
        };
        let shown = self.shown(directory);
        let (label, note) = match absent {
            Absent::Empty => ("has no `.tf` files".to_owned(), None),
            Absent::Error(error) if error.kind() == io::ErrorKind::NotFound => {
                ("there is no such directory".to_owned(), None)
            }
            Absent::Error(error) => ("cannot be read".to_owned(), Some(error.to_string())),
        };
        let mut diagnostic = Diagnostic::error("missing-module", format!("no module in `{shown}`"))
            .at(place(call), label);
        diagnostic.notes.extend(note);
        self.diagnostics.push(diagnostic);
    }

    /// Reports that a module in a package calls one outside of it.
    fn escapes(&mut self, call: &ModuleCall, root: &str) {
        let shown = self.shown(root);
        self.diagnostics.push(
            Diagnostic::error(
                "missing-module",
                format!("`{}` leads out of the package that it is in", call.source),
            )
            .at(call.source_span, "not in the package")
            .note(format!("the package is `{shown}`, and nothing else is fetched with it"))
            .help("call the other module by its own address, or name both as `//` directories of one package"),
        );
    }

    /// Reports arguments of a call for which the module has no variable.
    fn unknown_arguments(&mut self, call: &ModuleCall, module: &Module) {
        if module.broken {
            return;
        }
        let known: Vec<&str> = module.variables.keys().map(Str::as_str).collect();
        for (name, argument) in &call.arguments {
            if !module.variables.contains_key(name) {
                let message = format!("module `{}` has no variable `{name}`", call.name);
                self.diagnostics.push(unknown(
                    "unknown-name",
                    &message,
                    argument.name.span,
                    name,
                    &known,
                ));
            }
        }
    }
}

/// Where to tell what is wrong with a source: where it is written, unless it has a secret in it that would be shown.
fn place(call: &ModuleCall) -> Span {
    match without_secrets(&call.source) == *call.source {
        true => call.source_span,
        false => call.span,
    }
}

/// Whether a directory is another or in it.
fn is_in(directory: &str, root: &str) -> bool {
    directory
        .strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
