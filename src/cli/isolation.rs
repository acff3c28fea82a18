//! Refuses to take what another environment of the project has: a path in the world that is recorded there already. What
//! claims a path is said by its provider. Others are read only where a plan makes something that does. Entry point:
//! [`refuse`].

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use engine::Planned;
use model::address::{InstanceAddr, Mode, ProviderSource};
use model::change::{Action, Change};
use model::{Diagnostic, Diagnostics, Str, Value};
use state::{RecordError, Store};

use super::prepare::{Prepared, Refused};
use super::record;

/// Refuses a plan that would make something where another environment has recorded an object.
///
/// # Errors
/// With each such instance, or when the record cannot be read.
pub(super) fn refuse(prepared: &Prepared, planned: &Planned, store: &Store) -> Result<(), Refused> {
    let sources = prepared.sources();
    let claims = Claims::of(prepared, planned);
    let found = claims
        .conflicts(prepared, store)
        .map_err(|error| Refused::alone(record::diagnostic(&error), sources))?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Refused {
        diagnostics: found,
        sources: sources.clone(),
    })
}

/// What a plan would take for itself.
#[derive(Debug, Default)]
struct Claims {
    /// Paths that are taken, and by which instance.
    taken: BTreeMap<PathBuf, InstanceAddr>,
    /// The attribute that names the path, of each resource type that claims one.
    attributes: BTreeMap<Str, Str>,
}

impl Claims {
    fn of(prepared: &Prepared, planned: &Planned) -> Self {
        let directory = prepared.project.definition_directory();
        let mut claims = Self::default();
        for change in planned.plan.changes.iter().filter(|change| makes(change)) {
            let (source, rtype) = (&change.provider.source, &change.addr.block.rtype);
            let schema = planned.plugins.resource_schema(source, rtype);
            let Some(attribute) = schema.and_then(|schema| schema.claims.clone()) else {
                continue;
            };
            claims.know_types_of(planned, source);
            if let Some(path) = path(&change.after, &attribute, &directory) {
                claims.taken.insert(path, change.addr.clone());
            }
        }
        claims
    }

    fn know_types_of(&mut self, planned: &Planned, source: &ProviderSource) {
        if !self.attributes.is_empty() {
            return;
        }
        for rtype in planned.plugins.type_names(source, Mode::Managed) {
            let schema = planned.plugins.resource_schema(source, &rtype);
            if let Some(attribute) = schema.and_then(|schema| schema.claims.clone()) {
                self.attributes.insert(rtype, attribute);
            }
        }
    }

    fn conflicts(&self, prepared: &Prepared, store: &Store) -> Result<Diagnostics, RecordError> {
        let mut found = Diagnostics::new();
        if self.taken.is_empty() {
            return Ok(found);
        }
        let directory = prepared.project.definition_directory();
        for row in store.environments()? {
            let environment = row.header.environment;
            if environment == prepared.environment {
                continue;
            }
            store.read_each(&environment, |opener, object| {
                let attribute = self.attributes.get(&object.addr.block.rtype);
                if let Some(attribute) = attribute
                    && let Ok(bytes) = opener.attributes(&object)
                    && let Ok(value) = engine::codec::decode_value(&bytes)
                    && let Some(path) = path(&value, attribute, &directory)
                    && let Some(addr) = self.taken.get(&path)
                {
                    found.push(taken(addr, &path, &environment, &object.addr));
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }
}

/// Whether something comes to be.
fn makes(change: &Change) -> bool {
    match change.action {
        Action::Create | Action::Replace(_) => true,
        Action::NoOp | Action::Read | Action::Update | Action::Destroy | Action::Forget => false,
    }
}

/// The path that an object has for itself, where it is known: from the root, links in the directories followed.
fn path(object: &Value, attribute: &Str, directory: &Path) -> Option<PathBuf> {
    let (object, _) = object.clone().unmark_deep();
    let text = object.as_fields()?.get(attribute)?.as_str()?.clone();
    let path = std::path::absolute(directory.join(text.as_str())).ok()?;
    let (parent, name) = (path.parent()?, path.file_name()?);
    let parent = parent.canonicalize().unwrap_or_else(|_| plain(parent));
    Some(parent.join(name))
}

/// The path without `..`, as far as that can be told where a directory is not there yet.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            std::path::Component::Prefix(_)
            | std::path::Component::RootDir
            | std::path::Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

fn taken(addr: &InstanceAddr, path: &Path, environment: &Str, there: &InstanceAddr) -> Diagnostic {
    let message = format!("`{addr}` would take what {environment} has");
    Diagnostic::error("belongs-to-another-environment", message)
        .note(format!(
            "`{}` is recorded in {environment}, as `{there}`",
            path.display()
        ))
        .help("give each environment its own, as with `${terraform.workspace}` in the path")
}
