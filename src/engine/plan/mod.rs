//! Compares desired, recorded and observed, and decides everything: a [`Plan`] leaves no choice to the apply.
//! Entry point: [`plan`].

mod because;
mod block;
mod configurations;
mod contradictions;
mod data;
mod decide;
mod effects;
mod excluded;
mod handover;
mod ignore;
pub(crate) mod inquire;
mod instances;
mod links;
pub mod look;
pub(crate) mod marks;
pub(crate) mod moves;
mod observe;
mod order;
mod origins;
mod orphan;
mod outputs;
pub mod resume;
mod targets;
mod triggers;
mod unsupported;
mod walk;

pub(crate) use block::unknown_type;
pub(crate) use contradictions::moved;
pub use effects::{Digest, Effect, Parts, Shape, effects};
pub(crate) use orphan::removed_and_declared;
pub(crate) use unsupported::unsupported;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::Providers;
use lang::graph::NodeId;
use lang::{Desired, Phase, Settings};
use model::address::{InstanceAddr, Target};
use model::clock::Timestamp;
use model::plan::{Plan, PlanMode, PlannedFile, Refresh};
use model::serial::RevisionId;
use model::{Diagnostics, Str, Value};

use crate::events::Events;
use crate::plugins::Plugins;
use crate::recorded::Recorded;

/// What is asked of a plan.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Make as defined, destroy, or only bring the record up to date.
    pub mode: PlanMode,
    /// Whether to observe first.
    pub refresh: Refresh,
    /// Only these and what they depend on; all when empty.
    pub targets: Vec<Target>,
    /// All but these and what depends on them.
    pub excludes: Vec<Target>,
    /// Instances that are taken to be as recorded, without a look at what is there.
    pub unobserved: BTreeSet<InstanceAddr>,
    /// Instances to replace whatever is planned for them.
    pub replace: Vec<InstanceAddr>,
    /// The time of the plan.
    pub now: Timestamp,
    /// The revision it makes real, when it is one.
    pub revision: Option<RevisionId>,
    /// The digest of the manifest of what it is made from.
    pub content: Option<[u8; 32]>,
    /// The variables, to be kept in the plan.
    pub variables: BTreeMap<Str, Value>,
    /// The definition's files, to be kept in the plan.
    pub files: Vec<PlannedFile>,
    /// How often a provider is asked, at most, when its errors may pass.
    pub attempts: u32,
}

/// A plan and what is needed to apply it in the same process.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The definition with every value known so far.
    pub desired: Desired,
    /// The providers, configured.
    pub plugins: Plugins,
    /// The record the plan was made from, with moves already made.
    pub recorded: Recorded,
    /// The `check` blocks that the apply is to look at when it is done.
    pub checks: Checks,
}

/// `check` blocks of a definition.
#[derive(Debug, Default)]
pub struct Checks {
    /// The blocks that the plan is about.
    pub nodes: Vec<NodeId>,
    /// What was said of them already.
    pub told: Diagnostics,
}

/// Makes a plan.
///
/// Whatever is wrong is in the diagnostics; with errors among them there is no plan.
pub async fn plan(
    desired: Desired,
    recorded: Recorded,
    providers: Arc<dyn Providers>,
    options: PlanOptions,
    events: &Events,
) -> (Option<Planned>, Diagnostics) {
    let check = (options.mode == PlanMode::Normal).then(|| {
        let settings = Settings {
            phase: Phase::Environment,
            ..desired.settings().clone()
        };
        let (definition, graph) = (desired.definition().clone(), desired.graph().clone());
        (definition, graph, options.variables.clone(), settings)
    });
    let walk = walk::Walk::new(desired, recorded, providers.clone(), options, events);
    let (planned, mut diagnostics) = walk.run().await;
    if planned.is_none()
        && let Some((definition, graph, variables, settings)) = check
    {
        // An error may have kept the walk from seeing others.
        let unevaluated = Desired::new(definition, graph, &variables, settings);
        let found = crate::check(unevaluated, providers).await;
        crate::check::merge(&mut diagnostics, found);
    }
    (planned, diagnostics)
}
