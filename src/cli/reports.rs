//! Files that a command leaves for others to read: JUnit and Markdown. What stands in them is made by
//! `delivery::report`. Entry point: [`Reports`].

use std::path::{Path, PathBuf};

use delivery::report::{self, Subject};
use model::{Diagnostic, Sources};

use super::args::Reporting;
use super::exit::ExitCode;
use super::invocation::Invocation;

/// The files that were asked for.
#[derive(Clone, Debug)]
pub struct Reports {
    junit: Option<PathBuf>,
    markdown: Option<PathBuf>,
    max_bytes: usize,
}

impl Reports {
    /// Makes sure that each file can be written, before anything is done that it would tell of.
    ///
    /// # Errors
    /// When one cannot: that was said.
    pub fn ready(invocation: &Invocation, asked: &Reporting) -> Result<Self, ExitCode> {
        let path = |path: &Option<PathBuf>| {
            let path = path.as_ref();
            path.map(|path| invocation.directory.join(path))
        };
        let reports = Self {
            junit: path(&asked.junit),
            markdown: path(&asked.markdown),
            max_bytes: asked.max_bytes,
        };
        for path in reports.junit.iter().chain(&reports.markdown) {
            if let Err(error) = probe(path) {
                cannot_write(invocation, path, &error, "nothing was done");
                return Err(ExitCode::Failed);
            }
        }
        Ok(reports)
    }

    /// Whether any file was asked for.
    pub fn are_wanted(&self) -> bool {
        self.junit.is_some() || self.markdown.is_some()
    }

    /// Writes the files, each whole. Returns `code`, or that it failed where one cannot be written.
    pub fn write(&self, invocation: &Invocation, subject: &Subject, code: ExitCode) -> ExitCode {
        let mut written = code;
        let mut put = |path: &Option<PathBuf>, text: &dyn Fn() -> std::io::Result<String>| {
            let Some(path) = path else { return };
            if let Err(error) = text().and_then(|text| replace(path, &text)) {
                cannot_write(invocation, path, &error, "");
                written = written.max(ExitCode::Failed);
            }
        };
        put(&self.junit, &|| {
            report::junit(subject).map_err(std::io::Error::other)
        });
        put(&self.markdown, &|| {
            Ok(report::markdown(subject, self.max_bytes).text)
        });
        written
    }
}

fn cannot_write(invocation: &Invocation, path: &Path, error: &std::io::Error, consequence: &str) {
    let message = format!("cannot write `{}`", path.display());
    let mut diagnostic = Diagnostic::error("file-not-writable", message).note(error.to_string());
    if !consequence.is_empty() {
        diagnostic = diagnostic.note(consequence);
    }
    let diagnostic = diagnostic.help("name a file in a directory that exists and can be written");
    invocation.report(&diagnostic.into(), &Sources::default(), "", false);
}

/// Whether [`replace`] could write this file.
fn probe(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let beside = beside(path)?;
    std::fs::write(&beside, "")?;
    std::fs::remove_file(&beside)
}

/// Writes a file whole: who reads it sees what was there or all that is there now.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = beside(path)?;
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// A file of this process in the same directory.
fn beside(path: &Path) -> std::io::Result<PathBuf> {
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut own = std::ffi::OsString::from(".");
    own.push(name);
    own.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(own))
}
