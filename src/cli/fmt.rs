//! `terrace fmt`: brings definition files into the usual form, as `terraform fmt` does.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use lang::syntax::format;
use model::{Diagnostic, Diagnostics, Sources};

use super::args::FmtArgs;
use super::invocation::Invocation;
use super::output::line::{Line, Page};
use super::output::style::Label;
use super::output::text_diff::{LineDifference, RowKind};
use super::output::write;
use crate::cli::invocation::exit::ExitCode;

/// Runs the command.
pub fn run(invocation: &Invocation, args: &FmtArgs) -> ExitCode {
    if matches!(args.paths.as_slice(), [only] if only.as_os_str() == "-") {
        return standard_input(invocation);
    }
    let mut files = Vec::new();
    let mut found = Found::default();
    let roots = if args.paths.is_empty() {
        here(invocation, args)
    } else {
        args.paths.clone()
    };
    for root in &roots {
        let path = invocation.directory.join(root);
        if path.is_dir() {
            collect(
                &path,
                root,
                args.recursive,
                &mut files,
                &mut found.diagnostics,
            );
        } else {
            files.push((path, root.clone()));
        }
    }
    let mut page = Page::new(invocation.stdout);
    for (path, shown) in files {
        file(&path, &shown, args, &mut page, &mut found);
    }
    let written = invocation.tell(&page.finish());
    invocation.report(
        &found.diagnostics,
        &found.sources,
        "those files are as they were",
        false,
    );
    match written {
        Err(_) => ExitCode::Failed,
        Ok(()) if found.diagnostics.has_errors() => ExitCode::Failed,
        Ok(()) if args.check && found.different > 0 => ExitCode::Unformatted,
        Ok(()) => ExitCode::Done,
    }
}

/// This directory; in that of a project, the one of its definition too.
fn here(invocation: &Invocation, args: &FmtArgs) -> Vec<PathBuf> {
    let mut roots = vec![PathBuf::new()];
    let (project, _) = delivery::project::open(&invocation.directory, &invocation.base);
    let definition = Path::new(project.definition());
    let is_below = definition
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_project = project.has_file && project.directory == invocation.directory;
    let is_another = is_project && project.definition_directory() != project.directory;
    if is_another && definition.is_relative() && !(args.recursive && is_below) {
        roots.push(definition.to_owned());
    }
    roots
}

#[derive(Default)]
struct Found {
    sources: Sources,
    diagnostics: Diagnostics,
    different: usize,
}

fn is_formattable(name: &str) -> bool {
    [".tf", ".tfvars", ".tftest.hcl"]
        .iter()
        .any(|end| name.ends_with(end))
        || name == delivery::project::PROJECT_FILE
}

fn collect(
    directory: &Path,
    shown: &Path,
    recursive: bool,
    files: &mut Vec<(PathBuf, PathBuf)>,
    out: &mut Diagnostics,
) {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            out.push(not_readable(shown, &error));
            return;
        }
    };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let shown = shown.join(&name);
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if recursive {
                collect(&path, &shown, recursive, files, out);
            }
        } else if is_formattable(&name) {
            files.push((path, shown));
        }
    }
}

fn not_readable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "file-not-readable",
        format!("cannot read `{}`", path.display()),
    )
    .note(error.to_string())
}

fn file(path: &Path, shown: &Path, args: &FmtArgs, page: &mut Page, found: &mut Found) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return found.diagnostics.push(not_readable(shown, &error)),
    };
    let id = found.sources.add(shown.to_string_lossy(), &text);
    let (_, diagnostics) = lang::syntax::parse_body(id, &text);
    if diagnostics.has_errors() {
        return found.diagnostics.extend(diagnostics);
    }
    let Ok(formatted) = format(&text) else { return };
    if formatted == text {
        return;
    }
    found.different += 1;
    if args.list {
        page.line(&Line::plain(shown.display().to_string()));
    }
    if args.diff {
        difference(page, shown, &text, &formatted);
    }
    if args.write
        && !args.check
        && let Err(error) = replace(path, &formatted)
    {
        let message = format!("cannot write `{}`", shown.display());
        found
            .diagnostics
            .push(Diagnostic::error("file-not-readable", message).note(error.to_string()));
    }
}

/// Writes a file by way of another name, so that it is never half written.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    let draft = path.with_extension("terrace-fmt");
    let written = std::fs::write(&draft, text)
        .and_then(|()| std::fs::set_permissions(&draft, permissions))
        .and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written
}

fn difference(page: &mut Page, shown: &Path, old: &str, new: &str) {
    page.line(&Line::of(
        Label::Heading,
        format!("--- {}", shown.display()),
    ));
    for row in &LineDifference::between(old, new).rows {
        let (sign, label) = match row.kind {
            RowKind::Old => ("-", Label::Old),
            RowKind::New => ("+", Label::New),
            RowKind::Same => (" ", Label::Plain),
            RowKind::Gap => ("...", Label::Plain),
        };
        page.line(&Line::of(
            label,
            format!(
                "{sign}{}",
                row.parts
                    .iter()
                    .map(|(_, text)| text.as_str())
                    .collect::<String>()
            ),
        ));
    }
}

fn standard_input(invocation: &Invocation) -> ExitCode {
    let mut text = String::new();
    let mut sources = Sources::default();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        let diagnostic = not_readable(Path::new("standard input"), &error);
        invocation.report(&diagnostic.into(), &sources, "", false);
        return ExitCode::Failed;
    }
    let id = sources.add("standard input", &text);
    let (_, diagnostics) = lang::syntax::parse_body(id, &text);
    if diagnostics.has_errors() {
        invocation.report(&diagnostics, &sources, "", false);
        return ExitCode::Failed;
    }
    let formatted = format(&text).unwrap_or(text);
    match write::answer(&formatted) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}
