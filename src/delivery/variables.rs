//! What an environment's variables are given, from the weakest word to the strongest: process environment, automatic
//! files, the environment's files and values in `terrace.hcl`, the command line. Entry point: [`collect`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lang::desired::{Given, Origin, parse_text};
use lang::load::{Module, display};
use lang::{eval, syntax};
use model::{Diagnostic, Diagnostics, Sources, Span, Str, Value};

use crate::project::Project;
use crate::revision::automatic;

/// A value or a file given on the command line, in order.
#[derive(Clone, Debug)]
pub enum Argument {
    /// `-var name=text`.
    Variable {
        /// The variable's name.
        name: String,
        /// The text.
        text: String,
    },
    /// `-var-file path`.
    File(PathBuf),
}

/// Where values are looked for.
#[derive(Clone, Debug)]
pub struct Places<'p> {
    /// The project.
    pub project: &'p Project,
    /// The environment.
    pub environment: &'p str,
    /// `TF_VAR_name` variables of the process, by name.
    pub process: BTreeMap<String, String>,
    /// The command line's values and files.
    pub arguments: &'p [Argument],
}

/// Collects what was given for the root module's variables; what is wrong with files and texts is reported.
pub fn collect(
    places: &Places<'_>,
    root: &Module,
    sources: &mut Sources,
) -> (BTreeMap<Str, Given>, Diagnostics) {
    let mut reader = Reader {
        given: BTreeMap::new(),
        out: Diagnostics::new(),
        sources,
    };
    for (name, text) in &places.process {
        reader.text(root, name, text, &format!("TF_VAR_{name}"), Origin::Process);
    }
    for path in automatic(places.project) {
        let shown = shown(places, &path);
        reader.file(&path, &shown, Origin::AutoFile, None);
    }
    if let Some(environment) = places.project.declared(places.environment) {
        for (file, span) in &environment.variable_files {
            let path = places.project.directory.join(file.as_str());
            let shown = shown(places, &path);
            reader.file(&path, &shown, Origin::Environment, Some(*span));
        }
        for variable in &environment.variables {
            let given = Given {
                value: variable.value.clone(),
                span: variable.span,
                origin: Origin::Environment,
            };
            reader.given.insert(variable.name.clone(), given);
        }
    }
    for argument in places.arguments {
        match argument {
            Argument::Variable { name, text } => {
                reader.text(
                    root,
                    name,
                    text,
                    &format!("-var {name}"),
                    Origin::CommandLine,
                );
            }
            Argument::File(path) => {
                reader.file(path, &path.to_string_lossy(), Origin::CommandFile, None)
            }
        }
    }
    (reader.given, reader.out)
}

/// Gives the root module's variables the values of inputs, which win over automatic files and the process environment.
/// That an environment, its files or the command line set one is reported: an input is the same everywhere.
pub fn share(given: &mut BTreeMap<Str, Given>, inputs: BTreeMap<Str, Given>) -> Diagnostics {
    let mut out = Diagnostics::new();
    for (name, input) in inputs {
        if let Some(other) = given.get(&name)
            && matches!(
                other.origin,
                Origin::Environment | Origin::CommandLine | Origin::CommandFile
            )
        {
            let message = format!("`{name}` is set here, and is an input");
            out.push(
                Diagnostic::error("shared-input", message)
                    .at(other.span, "set here")
                    .and_at(input.span, "the same in every environment")
                    .help(format!(
                        "take it away, and give the input: --input {name}=VALUE"
                    )),
            );
        }
        given.insert(name, input);
    }
    out
}

fn shown(places: &Places<'_>, path: &Path) -> String {
    match path.strip_prefix(&places.project.directory) {
        Ok(inside) => display(&places.project.base, &inside.to_string_lossy()),
        Err(_) => path.to_string_lossy().into_owned(),
    }
}

/// The names of the variables that a variable file gives a value; none of a file that is not one.
pub(crate) fn names_in(path: &Path) -> Vec<Str> {
    let mut reader = Reader {
        given: BTreeMap::new(),
        out: Diagnostics::new(),
        sources: &mut Sources::default(),
    };
    reader.file(path, &path.to_string_lossy(), Origin::AutoFile, None);
    reader.given.into_keys().collect()
}

struct Reader<'s> {
    given: BTreeMap<Str, Given>,
    out: Diagnostics,
    sources: &'s mut Sources,
}

impl Reader<'_> {
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn text(&mut self, root: &Module, name: &str, text: &str, shown: &str, origin: Origin) {
        let variable = root.variables.get(name);
        if variable.is_none() && origin == Origin::Process {
            return;
        }
        let (value, span, diagnostics) = parse_text(variable, text, shown, self.sources);
        self.out.extend(diagnostics);
        self.given.insert(
            name.into(),
            Given {
                value,
                span,
                origin,
            },
        );
    }

    /// Reads a variable file; `asked` is where it is named, if it is named in a file.
    fn file(&mut self, path: &Path, shown: &str, origin: Origin, asked: Option<Span>) {
        let content = match std::fs::read(path) {
            Ok(content) => content,
            Err(error) => {
                let diagnostic =
                    Diagnostic::error("file-not-readable", format!("cannot read `{shown}`"));
                let diagnostic = diagnostic.note(error.to_string());
                self.out.push(match asked {
                    Some(span) => diagnostic.at(span, "named here"),
                    None => diagnostic,
                });
                return;
            }
        };
        let text = String::from_utf8_lossy(&content);
        let file = self.sources.add(shown, &text);
        if let Err(error) = std::str::from_utf8(&content) {
            let at = error.valid_up_to();
            self.out.push(
                Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
                    .at(Span::new(file, at, at + 3), "not UTF-8 from here")
                    .help("save it with the encoding UTF-8"),
            );
            return;
        }
        let text = self
            .sources
            .file(file)
            .map(|file| file.text.clone())
            .unwrap_or_default();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            self.json(&text, Span::new(file, 0, text.len()), origin);
            return;
        }
        let (body, diagnostics) = syntax::parse_body(file, &text);
        self.out.extend(diagnostics);
        for block in &body.blocks {
            self.out.push(
                Diagnostic::error("unknown-block", "a variable file has no blocks")
                    .at(block.header, "")
                    .help("write `name = value`"),
            );
        }
        for attribute in &body.attributes {
            let (value, diagnostics) = eval::literal(&attribute.expr);
            self.out.extend(diagnostics);
            let given = Given {
                value,
                span: attribute.expr.span,
                origin,
            };
            self.given.insert(attribute.name.text.clone(), given);
        }
    }

    fn json(&mut self, text: &str, span: Span, origin: Origin) {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
        let fields = match parsed {
            Ok(serde_json::Value::Object(fields)) => fields,
            Ok(_) => {
                let message = "a variable file in JSON is one object";
                self.out
                    .push(Diagnostic::error("invalid-json", message).at(span, ""));
                return;
            }
            Err(error) => {
                let offset = offset(text, error.line(), error.column());
                let place = Span::new(span.file, offset, (offset + 1).min(text.len()));
                let message = "the file is not JSON";
                self.out.push(
                    Diagnostic::error("invalid-json", message)
                        .at(place, "")
                        .note(error.to_string()),
                );
                return;
            }
        };
        for (name, value) in fields {
            let value: Value = model::value::from_json_implied(&value);
            self.given.insert(
                name.into(),
                Given {
                    value,
                    span: Span::new(span.file, 0, 1),
                    origin,
                },
            );
        }
    }
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (before + column.saturating_sub(1)).min(text.len())
}
