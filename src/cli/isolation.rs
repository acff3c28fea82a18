//! Refuses a plan that would take or read what another environment of the project has. What that is, the record tells
//! (`engine::claims`); an apply asks again before each step, because others are applied at the same time. Entry point:
//! [`refuse`].

use contract::Provider;
use engine::Planned;
use engine::claims::{self, foreign, looked_at, taken};
use model::address::{InstanceAddr, Mode, ProviderSource};
use model::change::{Action, Change};
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics, Value};
use state::{Claim, RecordError, Store};

use super::prepare::{Prepared, Refused};
use super::record;

/// Refuses a plan that would make something where another environment has recorded an object, or look at such a thing.
///
/// # Errors
/// With each such instance, or when the record cannot be read.
pub(super) fn refuse(prepared: &Prepared, planned: &Planned, store: &Store) -> Result<(), Refused> {
    if planned.plan.mode != PlanMode::Normal {
        return Ok(());
    }
    let sources = prepared.sources();
    let wanted = Wanted::of(planned);
    let found = wanted
        .conflicts(prepared, planned, store)
        .map_err(|error| Refused::alone(record::diagnostic(&error), sources))?;
    if found.is_empty() {
        return Ok(());
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
        if self.takes.is_empty() && self.looks_at.is_empty() {
            return Ok(found);
        }
        let environment = &prepared.environment;
        let placed =
            |addr: &InstanceAddr, conflict: Diagnostic| match planned.desired.resource(&addr.block)
            {
                Some(resource) => conflict.at_least(resource.span),
                None => conflict,
            };
        for (addr, claims) in &self.takes {
            let claimants = store.claimants(environment, claims)?;
            let mut pairs = claims.iter().zip(&claimants);
            let conflict =
                pairs.find_map(|(claim, by)| Some(taken(addr, claims::shown(claim), by.as_ref()?)));
            found.extend(Diagnostics::from_iter(
                conflict.map(|conflict| placed(addr, conflict)),
            ));
        }
        for (addr, things) in &self.looks_at {
            let claimants = store.claimants(environment, things)?;
            let conflict = foreign(addr, environment, things, &claimants);
            found.extend(Diagnostics::from_iter(
                conflict.map(|conflict| placed(addr, conflict)),
            ));
        }
        Ok(found)
    }
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
