//! `terrace adopt`: what is there is offered as an edit of the definition or of an environment's variables, as a patch. Nothing
//! is edited, applied or recorded of it. Where a value comes from is found in `delivery::adopt`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use delivery::Project;
use delivery::adopt::{Kept, Place, Written, at, spliced};
use delivery::variables::{Places, collect};
use lang::Definition;
use lang::desired::Given;
use model::address::{InstanceAddr, ModulePath};
use model::{Diagnostic, Diagnostics, FileId, PathStep, Sources, Span, Str, Value};

use super::args::AdoptArgs;
use super::invocation::Invocation;
use super::output::difference::{Difference, DifferenceKind};
use super::output::drift::What;
use super::output::value::{Names, pretty};
use super::output::{whole_file, write};
use super::prepare::{self, Refused};
use crate::cli::drift::look::{Before, Look, look};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::{shell, suggested};

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &AdoptArgs) -> ExitCode {
    let (mut project, _) = match prepare::open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environment = match project.environment(Some(&args.environment)) {
        Ok(environment) => environment,
        Err(error) => {
            invocation.report(&error.diagnostic().into(), &project.sources, "", false);
            return ExitCode::Usage;
        }
    };
    let looked = match look(invocation, &environment, Before::Nothing).await {
        Ok(looked) => looked,
        Err(refused) => return refused.report(invocation),
    };
    let settable = settable(&looked, &args.address).await;
    let adopted = adopted(
        invocation,
        &mut project,
        &looked,
        (&args.address, &settable),
    );
    let Adopted {
        patch,
        whole,
        kept,
        sources,
    } = match adopted {
        Ok(adopted) => adopted,
        Err(refused) => return refused.report(invocation),
    };
    invocation.report(&kept, &sources, "", false);
    if patch.is_empty() {
        let message = format!("nothing of `{}` can be adopted by an edit", args.address);
        let nothing = Diagnostic::error("nothing-to-adopt", message)
            .help("edit what says it by hand, so that a plan has nothing to change");
        invocation.report(&nothing.into(), &Sources::default(), "", false);
        return ExitCode::Failed;
    }
    if let Err(code) = put(invocation, args, &patch) {
        return code;
    }
    if whole {
        ExitCode::Done
    } else {
        ExitCode::ChangesPending
    }
}

/// Writes the patch, and says what to do with it.
fn put(invocation: &Invocation, args: &AdoptArgs, patch: &str) -> Result<(), ExitCode> {
    let Some(file) = &args.patch else {
        return write::answer(patch).map_err(|_| ExitCode::Failed);
    };
    if let Err(error) = whole_file::write(&invocation.directory.join(file), patch) {
        let message = format!("cannot write `{}`", file.display());
        let diagnostic = Diagnostic::error("file-not-writable", message).note(error.to_string());
        invocation.report(&diagnostic.into(), &Sources::default(), "", false);
        return Err(ExitCode::Failed);
    }
    let program = suggested::program(invocation);
    let file = shell::quoted(&file.display().to_string());
    invocation.say(&format!(
        "Nothing is edited yet: patch -p1 < {file}, then {program} plan {}\n",
        args.environment
    ));
    Ok(())
}

/// The attributes that an author may set of the type of an instance; none where its provider cannot be asked.
async fn settable(looked: &Look, addr: &InstanceAddr) -> BTreeSet<Str> {
    let recorded = engine::record::read(&looked.store, &looked.view.environment).ok();
    let object = recorded
        .as_ref()
        .and_then(|recorded| recorded.current(addr));
    let Some(source) = object.map(|object| object.provider.source.clone()) else {
        return BTreeSet::new();
    };
    let Ok(provider) = looked.prepared.providers.open(&source).await else {
        return BTreeSet::new();
    };
    let Some(known) = provider.schema().resources.get(&addr.block.rtype) else {
        return BTreeSet::new();
    };
    let attributes = known.schema.block.attributes.iter();
    attributes
        .filter(|(_, attribute)| attribute.optional || attribute.required)
        .map(|(name, _)| name.clone())
        .collect()
}

/// What can be adopted.
struct Adopted {
    patch: String,
    /// Whether that is all of it.
    whole: bool,
    /// What cannot, and why.
    kept: Diagnostics,
    sources: Sources,
}

fn adopted(
    invocation: &Invocation,
    project: &mut Project,
    looked: &Look,
    (addr, settable): (&InstanceAddr, &BTreeSet<Str>),
) -> Result<Adopted, Refused> {
    let sources = project.sources.clone();
    let refused = |message: String, note: &str| {
        let diagnostic = Diagnostic::error("nothing-to-adopt", message);
        Refused::alone(diagnostic.note(note), &sources)
    };
    let mut rows = looked.view.rows.iter();
    let Some(row) = rows.find(|row| row.addr == *addr) else {
        let message = format!("`{addr}` has not drifted");
        return Err(refused(message, "it is as it was applied, or not recorded"));
    };
    let (What::Changed(differences), Some(observed)) = (&row.what, looked.observed.get(addr))
    else {
        let message = format!("`{addr}` has no other values to be adopted");
        return Err(refused(message, "it is gone, or its checks do not pass"));
    };
    let loaded = prepare::definition(invocation, project);
    let mut definition = loaded.definition;
    let mut sources = std::mem::take(&mut definition.sources);
    let given = given(invocation, project, looked, &definition, &mut sources);
    let environment = &looked.view.environment;
    let inputs = project.file.inputs.keys().cloned().collect();
    let written = Written {
        definition: &definition,
        given: &given,
        sources: &sources,
        environment,
        block: project.declared(environment).map(|declared| declared.span),
        settable,
        inputs: &inputs,
    };
    let mut edits = Edits::default();
    let mut kept = Diagnostics::new();
    for difference in differences {
        if let Err(why) = edits.take(&written, addr, difference, observed) {
            kept.push(left(addr, difference, why));
        }
    }
    edits.without_nested();
    Ok(Adopted {
        patch: edits.patch(project, &sources, &mut kept),
        whole: kept.is_empty(),
        kept,
        sources,
    })
}

/// What the variables of the environment are given in files.
fn given(
    invocation: &Invocation,
    project: &Project,
    looked: &Look,
    definition: &Definition,
    sources: &mut Sources,
) -> BTreeMap<Str, Given> {
    let Some(root) = definition.modules.get(&ModulePath::root()) else {
        return BTreeMap::new();
    };
    let places = Places {
        project,
        environment: &looked.view.environment,
        process: invocation.process.tf_vars(),
        arguments: &[],
    };
    let (mut given, _) = collect(&places, root, sources);
    // Inputs are the same in every environment, and no environment's to say.
    given.retain(|name, _| !project.file.inputs.contains_key(name));
    given
}

fn left(addr: &InstanceAddr, difference: &Difference, kept: Kept) -> Diagnostic {
    let message = format!("`{}` of `{addr}` stays as it is written", difference.name);
    let diagnostic = Diagnostic::warning("not-adopted", message);
    match kept.span {
        Some(span) => diagnostic.at(span, kept.why),
        None => diagnostic.note(kept.why),
    }
}

/// What is to be written where.
#[derive(Default)]
struct Edits(BTreeMap<FileId, InFile>);

/// What is to be written in one file, by the first byte of what it replaces and the one after the last.
type InFile = BTreeMap<(usize, usize), Vec<(Place, Value)>>;

impl Edits {
    /// Finds the literal that a difference comes from. Where an element came or went, what it is in is written anew.
    fn take(
        &mut self,
        written: &Written<'_>,
        addr: &InstanceAddr,
        difference: &Difference,
        observed: &Value,
    ) -> Result<(), Kept> {
        let secret = || Kept {
            why: "it must not be shown, and is not written into a file".into(),
            span: None,
            is_missing: false,
        };
        if matches!(
            difference.kind,
            DifferenceKind::Secret | DifferenceKind::Hidden | DifferenceKind::Shown
        ) {
            return Err(secret());
        }
        let mut path: &[PathStep] = &difference.path.0;
        loop {
            let value = at(observed, path);
            let found = match value {
                Some(_) => written.place(addr, path),
                None => Err(Kept {
                    why: "it is gone".into(),
                    span: None,
                    is_missing: true,
                }),
            };
            match (found, value, path.split_last()) {
                (Ok(found), Some(value), _) => {
                    if value.has_marks() {
                        return Err(secret());
                    }
                    let Span { file, start, end } = found.span;
                    let place = (start as usize, end as usize);
                    let edits = self.0.entry(file).or_default().entry(place).or_default();
                    // Several attributes may have their value from one place.
                    edits.retain(|(known, _)| *known != found);
                    edits.push((found, value.clone()));
                    return Ok(());
                }
                (Err(kept), _, Some((_, above))) if kept.is_missing && !above.is_empty() => {
                    path = above;
                }
                (Err(kept), ..) => return Err(kept),
                (Ok(found), None, _) => {
                    return Err(Kept {
                        why: "it is gone".into(),
                        span: Some(found.span),
                        is_missing: false,
                    });
                }
            }
        }
    }

    /// Leaves out what is inside of something that is written anew.
    fn without_nested(&mut self) {
        for edits in self.0.values_mut() {
            let all: BTreeSet<(usize, usize)> = edits.keys().copied().collect();
            let is_inside = |(start, end): &(usize, usize)| {
                let mut others = all.iter();
                // What comes in at the end of a literal is not inside of it.
                others.any(|(s, e)| s <= start && end <= e && start < e && (s, e) != (start, end))
            };
            edits.retain(|place, _| !is_inside(place));
        }
    }

    /// The patch, with paths from the project's directory.
    fn patch(&self, project: &Project, sources: &Sources, kept: &mut Diagnostics) -> String {
        let mut patch = String::new();
        for (file, edits) in &self.0 {
            let Some(source) = sources.file(*file) else {
                continue;
            };
            let Some(path) = inside(project, &source.name) else {
                let message = format!("`{}` lies outside of the project", source.name);
                kept.push(Diagnostic::warning("not-adopted", message));
                continue;
            };
            let words = edits.iter().map(|(place, edits)| {
                let words = edits.iter().map(|(found, value)| {
                    let indent = found
                        .indent
                        .unwrap_or_else(|| indent(&source.text, place.0));
                    let literal = pretty(value, indent, Names::Written);
                    format!("{}{literal}{}", found.before, found.after)
                });
                (*place, words.collect::<String>())
            });
            let text = spliced(&source.text, &words.collect());
            let diff = similar::TextDiff::from_lines(&*source.text, text.as_str());
            let (before, after) = (format!("a/{path}"), format!("b/{path}"));
            let mut unified = diff.unified_diff();
            patch.push_str(&unified.header(&before, &after).to_string());
        }
        patch
    }
}

/// How far the line of a place is indented.
fn indent(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(line..).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

/// The path of a file from the project's directory; none outside of it.
fn inside(project: &Project, name: &str) -> Option<String> {
    let path = Path::new(name).strip_prefix(&project.base).ok()?;
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            Component::ParentDir if parts.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.to_string_lossy().into_owned())
}
