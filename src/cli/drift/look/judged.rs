//! What a look saw, judged: what drifted, since when, and what could not be read. Nothing is asked or written here.

use std::collections::{BTreeMap, BTreeSet};

use delivery::drift::{self, Difference as Differs, Finding};
use delivery::gather::DRIFTED;
use delivery::heal::Decision;
use engine::{Events, Looked, Seen, Sight};
use lang::project::{Check, Heal, HealOn};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::event::EventKind;
use model::{Diagnostic, Value};
use sha2::{Digest, Sha256};
use state::Sighting;

use crate::cli::output::difference::{Difference, DifferenceKind, differences};
use crate::cli::output::drift::{DriftRow, What};

/// What a look saw, judged.
pub(super) struct Judged {
    /// What differs from what was applied, and is not noise.
    pub(super) findings: Vec<Finding>,
    /// What differs in each finding, in their order.
    whats: Vec<What>,
    /// What could not be read, each with why.
    pub(super) unreadable: Vec<Diagnostic>,
    /// What is known of drift by now.
    pub(super) sightings: Vec<Sighting>,
    /// How many instances were looked at.
    pub(super) instances: u64,
    /// What is there, of what differs.
    pub(super) observed: BTreeMap<InstanceAddr, Value>,
}

impl Judged {
    /// `failing` are the checks that do not pass, with the instances that checks are about.
    pub(super) fn of(
        policy: &Heal,
        looked: Looked,
        now: Timestamp,
        earlier: &[Sighting],
        (failing, subjects): (&[&Check], &BTreeSet<InstanceAddr>),
    ) -> Self {
        let instances = looked.instances;
        let changed = looked.seen.iter().filter_map(|seen| match &seen.sight {
            Sight::Changed { observed } => Some((seen.addr.clone(), observed.clone())),
            Sight::Gone { .. } | Sight::Unreadable(_) => None,
        });
        let observed = changed.collect();
        let (mut found, unreadable) = seen(looked.seen);
        let mut blind: BTreeSet<InstanceAddr> = unreadable
            .iter()
            .filter_map(|found| found.address.clone())
            .collect();
        let unreadable_addrs = blind.clone();
        let gone = found.iter().filter(|(it, _)| it.on == HealOn::Missing);
        blind.extend(gone.map(|(it, _)| it.addr.clone()));
        let differing = found.iter().map(|(it, _)| it.addr.clone()).collect();
        let unhealthy = drift::unhealthy(failing.iter().copied(), subjects, &blind, &differing);
        found.extend(unhealthy.into_iter().map(|(addr, checks)| {
            let mut hash = Sha256::new();
            for check in &checks {
                hash.update(check.as_bytes());
                hash.update([0]);
            }
            let difference = Differs {
                addr,
                on: HealOn::Unhealthy,
                attributes: Vec::new(),
                seen: hash.finalize().into(),
            };
            (difference, What::Unhealthy(checks))
        }));
        found.sort_by(|(a, _), (b, _)| a.addr.cmp(&b.addr));
        let (differing, whats): (Vec<Differs>, Vec<What>) = found.into_iter().unzip();
        let findings = drift::classify(policy, differing);
        let sightings = drift::remember(earlier, &findings, &unreadable_addrs, now);
        Self {
            findings,
            whats,
            unreadable,
            sightings,
            instances,
            observed,
        }
    }

    /// Since when, and by how many looks in a row, each current drift is seen.
    fn since(&self) -> BTreeMap<(&InstanceAddr, &str), &Sighting> {
        drift::current(&self.sightings)
            .map(|row| ((&row.addr, row.class.as_str()), row))
            .collect()
    }

    /// How much was seen of what.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let drifted = self
            .findings
            .iter()
            .filter(|finding| !finding.is_expected());
        [
            (DRIFTED, drifted.count()),
            ("unreadable", self.unreadable.len()),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| (what.to_owned(), count as u64))
        .collect()
    }

    /// Tells what was found, to be kept.
    pub(super) async fn tell(&self, events: &Events) {
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
    pub(super) fn rows(&mut self, decisions: Vec<Decision>) -> Vec<DriftRow> {
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
                    seen: finding.difference.seen,
                    decision,
                }
            })
            .collect()
    }
}

/// What was seen to differ, and what could not be read.
fn seen(seen: Vec<Seen>) -> (Vec<(Differs, What)>, Vec<Diagnostic>) {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for Seen {
        addr,
        recorded,
        sight,
    } in seen
    {
        match sight {
            Sight::Gone { instead } => {
                let difference = Differs {
                    addr,
                    on: HealOn::Missing,
                    attributes: Vec::new(),
                    seen: [0; 32],
                };
                found.push((difference, What::Gone(instead)));
            }
            Sight::Changed { observed } => {
                let differing = differences(&recorded, &observed);
                let difference = Differs {
                    addr,
                    on: HealOn::Changed,
                    attributes: differing.iter().map(|found| found.path.clone()).collect(),
                    seen: digest(&differing),
                };
                found.push((difference, What::Changed(differing)));
            }
            Sight::Unreadable(why) => unreadable.push(*why),
        }
    }
    (found, unreadable)
}

/// A digest of what differs, which says whether it is still the same. Where there are secrets in it, only of which places
/// differ.
fn digest(found: &[Difference]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for found in found {
        hash.update(found.name.as_bytes());
        hash.update([0]);
        let there = match &found.kind {
            DifferenceKind::Changed { new, .. } => new.as_ref(),
            DifferenceKind::Added(new) => Some(new),
            DifferenceKind::Removed(_)
            | DifferenceKind::Hidden
            | DifferenceKind::Shown
            | DifferenceKind::Secret => None,
        };
        if let Some(there) = there.filter(|there| !there.has_marks())
            && let Ok(bytes) = engine::codec::encode(there)
        {
            hash.update(bytes);
        }
    }
    hash.finalize().into()
}
