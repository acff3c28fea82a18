//! `terrace drift`: looks at everything that is recorded, and tells what is not as it was applied. Changes neither the
//! world nor what is recorded of it; what it saw is recorded as a run of its own.

use std::collections::{BTreeMap, BTreeSet};

use delivery::drift::{self, Difference as Differs, Finding};
use delivery::heal::{self as policy, Decision, Effort, Situation};
use engine::observation::{Kept, Observation};
use engine::{Events, Looked, Recorded, Seen, SessionRequest, Sight};
use lang::project::{Heal, HealOn};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::event::EventKind;
use model::serial::RunId;
use model::{Diagnostic, Diagnostics, Str, Value};
use sha2::{Digest, Sha256};
use state::{CheckResult, RecordError, RunKind, RunOutcome, Sighting, Sightings, Store};

use super::args::{DriftArgs, Showing};
use super::exit::ExitCode;
use super::heal::{self, Healed};
use super::invocation::Invocation;
use super::listen::{Listener, Listening};
use super::output::difference::{Difference, differences};
use super::output::drift::{DriftOptions, DriftRow, DriftView, What, as_json, screen};
use super::output::value::Amount;
use super::output::write;
use super::prepare::{self, Prepared, Refused, Wanted, Wants};
use super::revised::Content;
use super::{checks, record, suggested};

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &DriftArgs) -> ExitCode {
    let (project, _) = match prepare::open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let mut environments = Vec::new();
    for name in &args.environments {
        match project.environment(Some(name)) {
            Ok(environment) => environments.push(environment),
            Err(error) => {
                invocation.report(&error.diagnostic().into(), &project.sources, "", false);
                return ExitCode::Usage;
            }
        }
    }
    if environments.is_empty() {
        environments = project.environments();
    }
    let options = DriftOptions {
        explain: args.explain || args.heal,
        amount: if args.detail {
            Amount::All
        } else {
            Amount::Line
        },
    };
    let (mut codes, mut views) = (BTreeSet::new(), Vec::new());
    for environment in &environments {
        match look(invocation, environment).await {
            Ok(looked) => {
                let view = &looked.view;
                if !args.json {
                    let gap = if views.is_empty() { "" } else { "\n" };
                    let text = screen(view, options, invocation.stdout);
                    let _ = write::answer(&format!("{gap}{text}"));
                }
                let healed = if args.heal {
                    heal::heal(invocation, &looked).await
                } else {
                    Healed::Nothing
                };
                codes.insert(code_of(view, healed));
                views.push(looked.view);
            }
            Err(refused) => {
                codes.insert(refused.report(invocation));
            }
        }
    }
    if args.json {
        let all = serde_json::Value::Array(views.iter().map(as_json).collect());
        if write::answer(&format!("{all:#}\n")).is_err() {
            return ExitCode::Failed;
        }
    }
    // What could not be told may be worse than what is known to have drifted.
    let mut known = codes.iter().copied();
    let refused = known.rfind(|code| !matches!(code, ExitCode::Done | ExitCode::ChangesPending));
    refused
        .or_else(|| codes.last().copied())
        .unwrap_or(ExitCode::Done)
}

/// A look at one environment, with what healing needs.
#[derive(Debug)]
pub struct Look {
    /// What is shown of it.
    pub view: DriftView,
    /// What differs, judged.
    pub findings: Vec<Finding>,
    /// What is known of drift from now on.
    pub sightings: Vec<Sighting>,
    /// How much healing did lately.
    pub recent: Effort,
    /// Whether the look is in the record: nothing is healed that is not.
    pub is_recorded: bool,
    /// The environment.
    pub prepared: Prepared,
    /// Its record.
    pub store: Store,
}

fn code_of(view: &DriftView, healed: Healed) -> ExitCode {
    let left = match healed {
        Healed::Failed(code) => return code,
        Healed::Nothing => view.is_drifted(),
        Healed::All => view.drifted().any(|row| !row.decision.acts()),
    };
    if left {
        ExitCode::ChangesPending
    } else if view.unreadable.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Failed
    }
}

/// Looks at one environment, and records what was seen.
///
/// The record is what is compared with: it is what was applied last. The definition, as it was then, says how providers are
/// configured and what `ignore_changes` names.
async fn look(invocation: &Invocation, environment: &Str) -> Result<Look, Refused> {
    let wanted = Wanted::configured(Some(environment), Wants::Applied);
    let prepared = prepare::prepare(invocation, wanted).await?;
    let refused = |error: &(dyn std::error::Error + 'static)| Refused {
        diagnostics: record::diagnostic(error).into(),
        sources: prepared.sources().clone(),
    };
    let store = record::open(&prepared.project.record()).map_err(|error| refused(&error))?;
    let clock = &invocation.process.clock;
    let at = clock.now();
    let earlier = store.sightings(environment).map_err(|e| refused(&e))?;
    let recorded = engine::record::read(&store, environment).map_err(|e| refused(&e))?;
    let serial = recorded.serial;
    let observation = Observation::begin(&store, clock, request(invocation, environment), serial);
    let outputs = outputs(&recorded);
    let looked = observed(invocation, &prepared, recorded).await;
    let results = if looked.instances > 0 {
        tried(invocation, &prepared, &store, &outputs, &observation).await
    } else {
        Vec::new()
    };
    let rules = &prepared.project.file.heal;
    let mut judged = Judged::of(rules, looked, &earlier.rows, at);
    judged
        .tell(&Events::ignored(clock.clone()).noted_by(&observation))
        .await;
    let recent = healed_lately(&store, environment, rules, at).map_err(|e| refused(&e))?;
    let decisions = policy::decide(&Situation {
        policy: rules,
        findings: &judged.findings,
        sightings: &judged.sightings,
        recent,
        instances: judged.instances,
        now: at,
    });
    let rows = policy::quarantined(&decisions, judged.sightings.clone());
    let failing = failing(&results);
    let (by, outcome) = (earlier.by, RunOutcome::Succeeded);
    let kept = if judged.instances == 0 && earlier.rows.is_empty() {
        // There was nothing to look at, which is nothing to keep.
        Ok(Kept::Recorded)
    } else {
        let sightings = Sightings {
            by,
            rows: rows.clone(),
        };
        observation
            .finish_looking(results, sightings, outcome)
            .await
    };
    let is_recorded = was_kept(invocation, environment, kept).map_err(|e| refused(&e))?;
    let took = clock.now().since(at);
    let view = DriftView {
        environment: environment.clone(),
        serial,
        revision: prepared.content.as_ref().and_then(Content::id),
        at,
        took,
        instances: judged.instances,
        rows: judged.rows(decisions),
        unreadable: judged.unreadable,
        failing,
    };
    Ok(Look {
        view,
        findings: judged.findings,
        sightings: rows,
        recent,
        is_recorded,
        prepared,
        store,
    })
}

/// The recorded outputs, as checks see them.
fn outputs(recorded: &engine::Recorded) -> BTreeMap<Str, (Value, bool)> {
    let outputs = recorded.outputs.iter();
    outputs
        .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
        .collect()
}

fn request(invocation: &Invocation, environment: &Str) -> SessionRequest {
    SessionRequest {
        environment: environment.clone(),
        kind: RunKind::Drift,
        plan: None,
        revision: None,
        configuration: None,
        actor: invocation.actor(),
        note: None,
    }
}

/// Observes everything that is recorded, and shows that it goes on.
async fn observed(invocation: &Invocation, prepared: &Prepared, recorded: Recorded) -> Looked {
    let listener = Listener::start(invocation, Listening::Screen, prepared.sources());
    let events = Events::to(listener.sender(), invocation.process.clock.clone());
    let providers = prepared.providers.clone();
    let looked = engine::look(prepared.desired(), recorded, providers, &events).await;
    drop(events);
    listener.finish().await;
    looked
}

/// Says whether a look is in the record, and why not where it is not.
fn was_kept(
    invocation: &Invocation,
    environment: &Str,
    kept: Result<Kept, RecordError>,
) -> Result<bool, RecordError> {
    let (id, why) = match kept {
        Ok(Kept::Recorded) => return Ok(true),
        Ok(Kept::Outdated) | Err(RecordError::SightingsMoved { .. }) => {
            ("record-moved-on", "another run was faster".to_owned())
        }
        Err(error @ RecordError::ReadOnly { .. }) => ("read-only-directory", error.to_string()),
        Err(error) => return Err(error),
    };
    unrecorded(invocation, environment, id, &why);
    Ok(false)
}

async fn tried(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    outputs: &BTreeMap<Str, (Value, bool)>,
    observation: &Observation,
) -> Vec<CheckResult> {
    let run = checks::Run {
        invocation,
        prepared,
        store,
        outputs,
        showing: Showing {
            json: false,
            detail: false,
            compact_warnings: false,
        },
        again: format!(
            "{} drift {}",
            suggested::program(invocation),
            prepared.environment
        ),
    };
    run.within(observation).await
}

fn failing(results: &[CheckResult]) -> Vec<(Str, String)> {
    let failing = results.iter().filter(|result| !result.passed);
    failing
        .map(|result| (result.name.as_str().into(), result.detail.clone()))
        .collect()
}

/// The look was made and is shown, but is not in the record.
fn unrecorded(invocation: &Invocation, environment: &Str, id: &'static str, why: &str) {
    let message = format!("what was seen of `{environment}` is not recorded");
    let diagnostic = Diagnostic::warning(id, message).note(why);
    let diagnostics = Diagnostics::from(diagnostic.help("look again"));
    invocation.report(&diagnostics, &model::Sources::default(), "", false);
}

/// How much healing did to an environment within the time over which the policy counts.
fn healed_lately(
    store: &Store,
    environment: &Str,
    policy: &Heal,
    now: Timestamp,
) -> Result<Effort, RecordError> {
    let Some(per) = policy.limit.per else {
        return Ok(Effort::default());
    };
    let mut effort = Effort::default();
    for run in store.runs_since(environment, RunId(0))? {
        if run.kind != RunKind::Heal || now.since(run.started) >= per {
            continue;
        }
        let journal = store.journal(run.id)?;
        let touched: BTreeSet<&InstanceAddr> = journal.iter().map(|step| &step.addr).collect();
        effort.resources += touched.len() as u64;
        let destroys = |step: &&state::JournalRow| step.action == "destroy";
        effort.destroys += journal.iter().filter(destroys).count() as u64;
    }
    Ok(effort)
}

/// What a look saw, judged.
struct Judged {
    findings: Vec<Finding>,
    /// What differs in each finding, in their order.
    whats: Vec<What>,
    unreadable: Vec<Diagnostic>,
    sightings: Vec<Sighting>,
    instances: u64,
}

impl Judged {
    fn of(policy: &Heal, looked: Looked, earlier: &[Sighting], now: Timestamp) -> Self {
        let (mut differing, mut whats) = (Vec::new(), Vec::new());
        let mut unreadable = Vec::new();
        for Seen {
            addr,
            recorded,
            sight,
        } in looked.seen
        {
            match sight {
                Sight::Gone { instead } => {
                    differing.push(Differs {
                        addr,
                        on: HealOn::Missing,
                        attributes: Vec::new(),
                        seen: [0; 32],
                    });
                    whats.push(What::Gone(instead));
                }
                Sight::Changed { observed } => {
                    let found = differences(&recorded, &observed);
                    differing.push(Differs {
                        addr,
                        on: HealOn::Changed,
                        attributes: found.iter().map(|found| found.path.clone()).collect(),
                        seen: digest(&found, &observed),
                    });
                    whats.push(What::Changed(found));
                }
                Sight::Unreadable(found) => unreadable.push(*found),
            }
        }
        let findings = drift::classify(policy, differing);
        let blind: BTreeSet<InstanceAddr> = unreadable
            .iter()
            .filter_map(|found| found.address.clone())
            .collect();
        let sightings = drift::remember(earlier, &findings, &blind, now);
        Self {
            findings,
            whats,
            unreadable,
            sightings,
            instances: looked.instances,
        }
    }

    /// Since when, and by how many looks in a row, each current drift is seen.
    fn since(&self) -> BTreeMap<(&InstanceAddr, &str), &Sighting> {
        drift::current(&self.sightings)
            .map(|row| ((&row.addr, row.class.as_str()), row))
            .collect()
    }

    /// Tells what was found, to be kept.
    async fn tell(&self, events: &Events) {
        let since = self.since();
        for finding in &self.findings {
            let addr = &finding.difference.addr;
            let row = since.get(&(addr, finding.class()));
            let names = finding.difference.attributes.iter();
            let class = if finding.is_expected() {
                "expected"
            } else {
                finding.class()
            };
            events
                .emit(EventKind::Sighted {
                    addr: addr.clone(),
                    class: class.into(),
                    attributes: names.map(ToString::to_string).collect(),
                    since: row.map_or_else(|| events.now(), |row| row.first_seen),
                })
                .await;
        }
        for addr in self
            .unreadable
            .iter()
            .filter_map(|found| found.address.as_ref())
        {
            events
                .emit(EventKind::Sighted {
                    addr: addr.clone(),
                    class: "unreadable".into(),
                    attributes: Vec::new(),
                    since: events.now(),
                })
                .await;
        }
    }

    /// What is shown of it.
    fn rows(&mut self, decisions: Vec<Decision>) -> Vec<DriftRow> {
        let whats = std::mem::take(&mut self.whats);
        let since = self.since();
        let found = self.findings.iter().zip(decisions).zip(whats);
        found
            .map(|((finding, decision), what)| {
                let row = since.get(&(&finding.difference.addr, finding.class()));
                DriftRow {
                    addr: decision.addr.clone(),
                    what,
                    since: row.map(|row| row.first_seen),
                    looks: row.map_or(0, |row| row.looks),
                    decision,
                }
            })
            .collect()
    }
}

/// A digest of what is there. Where there are secrets in it, only of which places differ.
fn digest(found: &[Difference], observed: &Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    for found in found {
        hash.update(found.name.as_bytes());
        hash.update([0]);
    }
    if !observed.has_marks()
        && let Ok(bytes) = engine::codec::encode(observed)
    {
        hash.update(bytes);
    }
    hash.finalize().into()
}
