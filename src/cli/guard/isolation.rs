//! Refuses a plan that would take or read what another environment of the project has. What that is, the record tells
//! (`engine::claims`); an apply asks again before each step, because others are applied at the same time. Entry point:
//! [`refuse`].

mod shared;

use std::path::{Path, PathBuf};

use contract::Provider;
use engine::Planned;
use engine::claims::{self, READ_HELP, looked_at, taken};
use model::address::{InstanceAddr, Mode, ProviderSource};
use model::change::{Action, Change};
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics, Str, Value};
use state::{Claim, Claimant, Protection, RecordError, Store};

use crate::cli::prepare::{Prepared, Refused};
use crate::cli::record;

/// Refuses a plan that would make something where another environment has recorded an object, or look at such a thing.
///
/// Otherwise returns warnings of what instances of this environment would have between them.
///
/// # Errors
/// With each such instance, or when the record cannot be read.
pub(in crate::cli) fn refuse(
    prepared: &Prepared,
    planned: &Planned,
    store: &Store,
) -> Result<Diagnostics, Refused> {
    if planned.plan.mode != PlanMode::Normal {
        return Ok(Diagnostics::new());
    }
    let sources = prepared.sources();
    let wanted = Wanted::of(planned);
    let found = wanted
        .conflicts(prepared, planned, store)
        .map_err(|error| Refused::alone(record::diagnostic(&error), sources))?;
    if found.is_empty() {
        return shared::warn(&prepared.environment, planned, &wanted.takes, store)
            .map_err(|error| Refused::alone(record::diagnostic(&error), sources));
    }
    Err(Refused {
        diagnostics: found,
        sources: sources.clone(),
    })
}

/// What a plan would take for itself, and look at; each with the instance that does.
#[derive(Debug, Default)]
struct Wanted<'p> {
    takes: Vec<(&'p InstanceAddr, Vec<Claim>)>,
    looks_at: Vec<(&'p InstanceAddr, Vec<Claim>)>,
}

impl<'p> Wanted<'p> {
    fn of(planned: &'p Planned) -> Self {
        let mut wanted = Self::default();
        for change in planned.plan.changes.iter().filter(|change| makes(change)) {
            let (source, addr) = (&change.provider.source, &change.addr);
            let Some(provider) = planned.plugins.opened(source) else {
                continue;
            };
            let rtype = &addr.block.rtype;
            if addr.block.mode == Mode::Managed {
                let schema = planned.plugins.resource_schema(source, rtype);
                if schema.is_some_and(|schema| schema.claims) {
                    wanted.take(addr, claims::of(&**provider, rtype, &change.after));
                }
            }
            wanted.look(&**provider, addr, &change.config);
        }
        for (addr, value) in &planned.plan.reads {
            let source = source(planned, addr);
            if let Some(provider) = source.and_then(|source| planned.plugins.opened(&source)) {
                wanted.look(&**provider, addr, value);
            }
        }
        wanted
    }

    fn take(&mut self, addr: &'p InstanceAddr, claims: Vec<Claim>) {
        if !claims.is_empty() {
            self.takes.push((addr, claims));
        }
    }

    fn look(&mut self, provider: &dyn Provider, addr: &'p InstanceAddr, config: &Value) {
        let things = looked_at(provider, addr.block.mode, &addr.block.rtype, config);
        if !things.is_empty() {
            self.looks_at.push((addr, things));
        }
    }

    fn conflicts(
        &self,
        prepared: &Prepared,
        planned: &Planned,
        store: &Store,
    ) -> Result<Diagnostics, RecordError> {
        let mut found = Diagnostics::new();
        let environment = &prepared.environment;
        for (addr, thing, by) in claimed(environment, &self.takes, store)? {
            found.push(placed(planned, addr, taken(addr, thing, &by)));
        }
        for (addr, thing, by) in claimed(environment, &self.looks_at, store)? {
            let foreign = claims::read(addr, environment, thing, &by);
            found.push(placed(planned, addr, foreign));
        }
        found.extend(read_by_functions(prepared, store)?);
        Ok(found)
    }
}

type Things<'p> = [(&'p InstanceAddr, Vec<Claim>)];
type Conflict<'p> = (&'p InstanceAddr, Option<&'p Str>, Claimant);

/// The first thing of each instance that another environment has. All are asked for at once.
fn claimed<'p>(
    environment: &Str,
    wanted: &'p Things<'p>,
    store: &Store,
) -> Result<Vec<Conflict<'p>>, RecordError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<Claim> = wanted
        .iter()
        .flat_map(|(_, claims)| claims)
        .cloned()
        .collect();
    let mut claimants = store.claimants(environment, &all)?.into_iter();
    let mut found = Vec::new();
    for (addr, claims) in wanted {
        let mut by = claims.iter().zip(claimants.by_ref().take(claims.len()));
        let first = by.find_map(|(claim, by)| Some((*addr, claims::shown(claim), by?)));
        // The rest of this instance's answers is not another's.
        by.for_each(drop);
        found.extend(first);
    }
    Ok(found)
}

/// The diagnostic at the place of the instance's block.
fn placed(planned: &Planned, addr: &InstanceAddr, conflict: Diagnostic) -> Diagnostic {
    match planned.desired.resource(&addr.block) {
        Some(resource) => conflict.at_least(resource.span),
        None => conflict,
    }
}

/// What functions of the definition read that another environment has.
fn read_by_functions(prepared: &Prepared, store: &Store) -> Result<Diagnostics, RecordError> {
    let (settings, environment) = (&prepared.settings, &prepared.environment);
    let mut found = Diagnostics::new();
    let reads = settings.reads.all().into_iter();
    for path in reads.chain(settings.reads.elsewhere()) {
        let things = places(&settings.directory.join(&path));
        let claimants = store.claimants(environment, &things)?;
        let mut pairs = things.iter().zip(claimants);
        let Some((thing, by)) = pairs.find_map(|(claim, by)| Some((&claim.thing, by?))) else {
            continue;
        };
        let message = format!(
            "the definition in {environment} would read what {} has",
            by.environment
        );
        let note = format!(
            "`{thing}` is recorded in {}, as `{}`; a function reads it as `{path}`",
            by.environment, by.address
        );
        let diagnostic = Diagnostic::error("belongs-to-another-environment", message);
        found.push(diagnostic.note(note).help(READ_HELP));
    }
    Ok(found)
}

/// A file that is there, by its own name and by where it leads: from the root, links to it followed.
fn places(path: &Path) -> Vec<Claim> {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    let own = parent.and_then(|parent| Some(parent.join(path.file_name()?)));
    let places = own.into_iter().chain(path.canonicalize().ok());
    let claim = |place: PathBuf| {
        Some(Claim {
            thing: place.to_str()?.into(),
            protection: Protection::Plain,
        })
    };
    places.filter_map(claim).collect()
}

/// The provider of a data source that was read.
fn source(planned: &Planned, addr: &InstanceAddr) -> Option<ProviderSource> {
    let graph = planned.desired.graph();
    let node = graph.resource_node(&addr.resource())?;
    Some(graph.providers.get(&node)?.source.clone())
}

/// Whether something comes to be, or becomes another, or is read.
fn makes(change: &Change) -> bool {
    match change.action {
        Action::Create | Action::Replace(_) | Action::Update | Action::Read => true,
        Action::NoOp | Action::Destroy | Action::Forget => false,
    }
}
