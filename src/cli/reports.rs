//! Files that a command leaves for others to read: JUnit, Markdown and metrics. What stands in them is made by
//! `delivery::report`. Entry points: [`around`], [`Reports`].

pub mod account;
pub mod notify;

use std::path::{Path, PathBuf};

use delivery::report::{self, Measured, Subject};
use model::{Diagnostic, Sources};
use state::RecordError;

use super::args::Reporting;
use super::invocation::Invocation;
use super::output::whole_file;
use crate::cli::invocation::exit::ExitCode;

/// Does what a command does to one environment, and writes the reports that were asked for, also where it fails.
pub async fn around(
    invocation: &Invocation,
    asked: &Reporting,
    what: &str,
    work: impl Future<Output = ExitCode>,
) -> ExitCode {
    let reports = match Reports::ready(invocation, asked) {
        Ok(reports) => reports,
        Err(code) => return code,
    };
    if !reports.are_wanted() {
        return work.await;
    }
    let clock = &invocation.process.clock;
    let started = clock.now();
    invocation.account.begin();
    let code = work.await;
    let kept = invocation.account.end();
    let subject = Subject {
        operation: format!("{what} {}", kept.environment).trim_end().to_owned(),
        environments: vec![kept.report(code, clock.now().since(started))],
    };
    reports.write(invocation, &subject, code)
}

/// The files that were asked for.
#[derive(Clone, Debug)]
pub struct Reports {
    junit: Option<PathBuf>,
    markdown: Option<PathBuf>,
    max_bytes: usize,
    metrics: Option<PathBuf>,
}

impl Reports {
    /// Makes sure that each file can be written, before anything is done that it would tell of.
    ///
    /// # Errors
    /// When one cannot: that was said.
    pub fn ready(invocation: &Invocation, asked: &Reporting) -> Result<Self, ExitCode> {
        Self::ready_with_metrics(invocation, asked, &None)
    }

    /// The same where metrics may be asked for too.
    ///
    /// # Errors
    /// When one cannot be written: that was said.
    pub fn ready_with_metrics(
        invocation: &Invocation,
        asked: &Reporting,
        metrics: &Option<PathBuf>,
    ) -> Result<Self, ExitCode> {
        let path = |path: &Option<PathBuf>| {
            let path = path.as_ref();
            path.map(|path| invocation.directory.join(path))
        };
        let reports = Self {
            junit: path(&asked.junit),
            markdown: path(&asked.markdown),
            max_bytes: asked.max_bytes,
            metrics: path(metrics),
        };
        let files = reports.junit.iter().chain(&reports.markdown);
        for path in files.chain(&reports.metrics) {
            if let Err(error) = whole_file::probe(path) {
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
            if let Err(error) = text().and_then(|text| whole_file::write(path, &text)) {
                cannot_write(invocation, path, &error, "");
                written = written.max(ExitCode::Failed);
            }
        };
        put(&self.junit, &|| {
            report::junit(subject).map_err(std::io::Error::other)
        });
        let markdown = (self.markdown.as_ref()).map(|_| report::markdown(subject, self.max_bytes));
        if let Some(markdown) = &markdown {
            put(&self.markdown, &|| Ok(markdown.text.clone()));
            if markdown.exceeds {
                self.exceeds(invocation, markdown.text.len());
            }
        }
        written
    }
}

impl Reports {
    /// Says that the Markdown has more bytes than it was to have.
    fn exceeds(&self, invocation: &Invocation, bytes: usize) {
        let wanted = self.max_bytes;
        let message = format!("the Markdown has {bytes} bytes, and was to have {wanted} at most");
        let diagnostic = Diagnostic::warning("report-too-long", message)
            .note("what is destroyed or replaced is never left out; everything else is");
        invocation.report(&diagnostic.into(), &Sources::default(), "", false);
    }

    /// Writes the metrics where they are asked for. Returns `code`, or that it failed where they cannot be written.
    pub fn write_metrics(
        &self,
        invocation: &Invocation,
        measured: impl FnOnce() -> Result<Vec<Measured>, RecordError>,
        code: ExitCode,
    ) -> ExitCode {
        let Some(path) = &self.metrics else {
            return code;
        };
        let measured = measured().map_err(std::io::Error::other);
        let written =
            measured.and_then(|measured| whole_file::write(path, &report::metrics(&measured)));
        match written {
            Ok(()) => code,
            Err(error) => {
                cannot_write(invocation, path, &error, "");
                code.max(ExitCode::Failed)
            }
        }
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
