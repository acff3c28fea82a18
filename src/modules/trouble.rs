//! Why a module cannot be had: what the reader is told of it.

use std::fmt::Display;
use std::io;
use std::path::Path;

use lang::load::PackageCall;
use model::Diagnostic;

/// Why a package cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    id: &'static str,
    /// What is wrong, in a few words, to stand at the source.
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
    of_version: bool,
}

impl Trouble {
    /// A package that cannot be fetched.
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            id: "module-not-fetched",
            label: label.into(),
            notes: Vec::new(),
            help: Vec::new(),
            of_version: false,
        }
    }

    /// A source that names nothing.
    pub(crate) fn missing(label: impl Into<String>) -> Self {
        Self {
            id: "missing-module",
            ..Self::new(label)
        }
    }

    /// A version that is not to be had.
    pub(crate) fn version(label: impl Into<String>) -> Self {
        Self {
            id: "version-constraint",
            of_version: true,
            ..Self::new(label)
        }
    }

    /// A file of this machine that cannot be read or written.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self::new("it cannot be kept here").note(format!("{path}: {error}"))
    }

    pub(crate) fn note(mut self, note: impl Display) -> Self {
        self.notes.push(note.to_string());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The diagnostic at the call that it is about.
    pub(crate) fn diagnostic(self, call: &PackageCall<'_>) -> Box<Diagnostic> {
        let source = call.source;
        let message = match self.id {
            "missing-module" => format!("no module in `{source}`"),
            "version-constraint" => format!("no version of `{source}` can be used"),
            _ => format!("module `{source}` cannot be fetched"),
        };
        let span = match self.of_version {
            true => call.version_span,
            false => call.span,
        };
        let mut diagnostic = Diagnostic::error(self.id, message).at(span, self.label);
        diagnostic.notes.extend(self.notes);
        diagnostic.help.extend(self.help);
        Box::new(diagnostic)
    }
}
