//! Decides which drift is healed, how, and why the rest is left alone. Pure: what was seen, what was tried and the time
//! are arguments. Entry points: [`decide`], [`allows`], [`attempted`]. The plan that
//! does it is checked in [`remedy`](crate::remedy).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::time::Duration;

use lang::project::{Heal, HealAction, HealLimit, HealOn};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::pattern::Pattern;
use model::{Span, Str};
use state::Sighting;

use crate::drift::Finding;
use crate::protect::guarding;

/// The longest that an address is left alone between two attempts, unless the policy begins with more.
const LONGEST_COOLDOWN: Duration = Duration::from_secs(4 * 60 * 60);

/// All that a decision follows from.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What may be healed.
    pub policy: &'a Heal,
    /// What `protect` of the environment names, which healing destroys no more than anybody else.
    pub protect: &'a [(Pattern, Span)],
    /// What the look found, judged.
    pub findings: &'a [Finding],
    /// What is known of drift, the look included.
    pub sightings: &'a [Sighting],
    /// How much was healed within the time over which the policy counts.
    pub recent: Effort,
    /// How many instances the environment has.
    pub instances: u64,
    /// Now.
    pub now: Timestamp,
}

/// How much is, or was, done to heal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Instances that something happens to.
    pub resources: u64,
    /// Objects that are destroyed, also to be replaced.
    pub destroys: u64,
}

/// What happens to an instance that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The instance.
    pub addr: InstanceAddr,
    /// How it differs.
    pub on: HealOn,
    /// The rule that decided; none where the default did.
    pub rule: Option<Str>,
    /// What the policy wants.
    pub action: HealAction,
    /// What happens.
    pub verdict: Verdict,
    /// Where no rule decided, a rule that names the instance, but is not about this way to differ.
    pub unfit: Option<Str>,
}

/// Whether an instance is healed.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is set back in place.
    Update,
    /// It is made anew; replaced where there is one.
    Recreate,
    /// It is left alone.
    Leave(Why),
}

/// Why an instance is left alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// It is expected to differ.
    Expected,
    /// The policy wants it only said.
    Reported,
    /// The policy wants what is there to be taken over, which a person does.
    ForAdoption,
    /// An attribute of it is expected to differ, and would be set back too.
    BesideExpected {
        /// The attribute.
        attribute: String,
    },
    /// It would have to be replaced, and is protected.
    Protected {
        /// What protects it, as a phrase.
        by: String,
    },
    /// Too few looks in a row saw it.
    Unconfirmed {
        /// How many did.
        looks: u64,
        /// How many must.
        wanted: u64,
    },
    /// It was healed a short while ago.
    CoolingDown {
        /// Until when it is left alone.
        until: Timestamp,
    },
    /// It was healed that often and differs again.
    Quarantined {
        /// How often.
        attempts: u64,
    },
    /// Now is not the time for it.
    OutsideWindow {
        /// When it is; none if never.
        opens: Option<Timestamp>,
    },
    /// Nothing may happen now.
    Frozen {
        /// The freeze, as it is written.
        freeze: String,
    },
    /// All that was to be healed is more than may be.
    Exceeds(Excess),
}

/// A limit that would be exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// What is counted: `instances` or `destroyed objects`.
    pub what: &'static str,
    /// How many there would be now.
    pub now: u64,
    /// How many there were within the time over which they are counted.
    pub before: u64,
    /// How many may be.
    pub limit: u64,
    /// The time over which they are counted; none where each look counts for itself.
    pub per: Option<Duration>,
}

impl fmt::Display for Excess {
    /// `3 instances, and the limit is 2`; `2 instances now, and 2 in the last 1h; the limit is 2 in 1h`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            now,
            before,
            limit,
            per,
        } = self;
        match per.filter(|_| *before > 0) {
            None => write!(out, "{now} {what}, and the limit is {limit}"),
            Some(per) => {
                let per = humantime::format_duration(per);
                write!(
                    out,
                    "{now} {what} now, and {before} in the last {per}; the limit is {limit} in {per}"
                )
            }
        }
    }
}

impl Decision {
    /// Whether something happens.
    pub fn acts(&self) -> bool {
        matches!(self.verdict, Verdict::Update | Verdict::Recreate)
    }

    /// Whether healing would replace what is protected, so that nothing happens.
    pub fn is_protected(&self) -> bool {
        matches!(self.verdict, Verdict::Leave(Why::Protected { .. }))
    }

    fn destroys(&self) -> bool {
        self.verdict == Verdict::Recreate && self.on != HealOn::Missing
    }
}

/// Decides about each finding, in their order. The limits are counted over all that would be healed: where they are
/// exceeded, nothing is.
pub fn decide(situation: &Situation<'_>) -> Vec<Decision> {
    let known = Known::by_address(situation.sightings);
    let nothing = Known::default();
    let mut decisions: Vec<Decision> = situation
        .findings
        .iter()
        .map(|finding| Decision {
            addr: finding.difference.addr.clone(),
            on: finding.difference.on,
            rule: finding.rule.clone(),
            action: finding.action,
            unfit: finding.unfit.clone(),
            verdict: {
                let known = known.get(&finding.difference.addr).unwrap_or(&nothing);
                verdict(situation, finding, known)
            },
        })
        .collect();
    let acting = || decisions.iter().filter(|decision| decision.acts());
    let effort = Effort {
        resources: acting().count() as u64,
        destroys: acting().filter(|decision| decision.destroys()).count() as u64,
    };
    if let Err(excess) = allows(situation, effort) {
        for decision in decisions.iter_mut().filter(|decision| decision.acts()) {
            decision.verdict = Verdict::Leave(Why::Exceeds(excess.clone()));
        }
    }
    decisions
}

/// Says whether so much may be done now, after what was done before.
///
/// # Errors
/// The first limit that would be exceeded. No effort exceeds none.
pub fn allows(situation: &Situation<'_>, effort: Effort) -> Result<(), Excess> {
    let HealLimit {
        span: _,
        resources,
        share,
        per,
        destroys,
    } = &situation.policy.limit;
    let instances = usize::try_from(situation.instances).unwrap_or(usize::MAX);
    let share = share.map_or(u64::MAX, |share| share.of(instances) as u64);
    let recent = situation.recent;
    for (what, now, before, limit) in [
        (
            "instances",
            effort.resources,
            recent.resources,
            u64::from(*resources).min(share),
        ),
        (
            "destroyed objects",
            effort.destroys,
            recent.destroys,
            u64::from(*destroys),
        ),
    ] {
        if now > 0 && now.saturating_add(before) > limit {
            return Err(Excess {
                what,
                now,
                before,
                limit,
                per: *per,
            });
        }
    }
    Ok(())
}

fn verdict(situation: &Situation<'_>, finding: &Finding, known: &Known<'_>) -> Verdict {
    let verdict = match finding.action {
        HealAction::Ignore => return Verdict::Leave(Why::Expected),
        HealAction::Report => return Verdict::Leave(Why::Reported),
        HealAction::Adopt => return Verdict::Leave(Why::ForAdoption),
        HealAction::Update => Verdict::Update,
        HealAction::Recreate => Verdict::Recreate,
    };
    obstacle(situation, finding, known).map_or(verdict, Verdict::Leave)
}

/// What keeps a finding from being healed by itself.
fn obstacle(situation: &Situation<'_>, finding: &Finding, known: &Known<'_>) -> Option<Why> {
    let Situation { policy, now, .. } = situation;
    if let Some(attribute) = &finding.beside {
        let attribute = attribute.to_string();
        return Some(Why::BesideExpected { attribute });
    }
    let addr = &finding.difference.addr;
    let is_replaced =
        finding.action == HealAction::Recreate && finding.difference.on != HealOn::Missing;
    if let Some(guard) = guarding(addr, situation.protect).filter(|_| is_replaced) {
        let by = guard.said_of(addr);
        return Some(Why::Protected { by });
    }
    if known.is_quarantined || known.attempts >= u64::from(policy.attempts) {
        return Some(Why::Quarantined {
            attempts: known.attempts,
        });
    }
    let wanted = u64::from(policy.confirm);
    let looks = known.looks.get(finding.class()).copied().unwrap_or(0);
    if looks < wanted {
        return Some(Why::Unconfirmed { looks, wanted });
    }
    if let Some(healed) = known.last_healed {
        let until = healed.after(cooldown(policy.cooldown, known.attempts));
        if *now < until {
            return Some(Why::CoolingDown { until });
        }
    }
    if let Some(freeze) = policy.calendar.frozen(*now) {
        let freeze = freeze.to_string();
        return Some(Why::Frozen { freeze });
    }
    (!policy.calendar.in_window(*now)).then(|| Why::OutsideWindow {
        opens: policy.calendar.next_open(*now),
    })
}

/// How long an address is left alone after so many attempts.
fn cooldown(first: Duration, attempts: u64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
    first
        .saturating_mul(factor)
        .min(LONGEST_COOLDOWN.max(first))
}

/// What is known of one address, whatever the way in which it differed.
#[derive(Default)]
struct Known<'s> {
    attempts: u64,
    last_healed: Option<Timestamp>,
    is_quarantined: bool,
    /// Looks in a row, by class.
    looks: BTreeMap<&'s str, u64>,
}

impl<'s> Known<'s> {
    fn by_address(sightings: &'s [Sighting]) -> HashMap<&'s InstanceAddr, Self> {
        let mut all: HashMap<&InstanceAddr, Self> = HashMap::new();
        for row in sightings {
            let known = all.entry(&row.addr).or_default();
            known.attempts = known.attempts.saturating_add(row.attempts);
            known.last_healed = known.last_healed.max(row.last_healed);
            known.is_quarantined |= row.quarantined;
            known.looks.insert(&row.class, row.looks);
        }
        all
    }
}

/// The sightings, with those marked that were healed as often as they may be and differ all the same: from now on they
/// are left to a person.
pub fn quarantined(decisions: &[Decision], mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    let given_up: BTreeSet<&InstanceAddr> = decisions
        .iter()
        .filter(|decision| matches!(decision.verdict, Verdict::Leave(Why::Quarantined { .. })))
        .map(|decision| &decision.addr)
        .collect();
    for row in &mut sightings {
        row.quarantined |= given_up.contains(&row.addr);
    }
    sightings
}

/// The sightings with an attempt more at the addresses that are about to be healed, to be recorded before that begins.
pub fn attempted(
    sightings: &[Sighting],
    healing: &BTreeSet<InstanceAddr>,
    now: Timestamp,
) -> Vec<Sighting> {
    let mut rows = sightings.to_vec();
    for row in rows
        .iter_mut()
        .filter(|row| row.looks > 0 && healing.contains(&row.addr))
    {
        row.attempts = row.attempts.saturating_add(1);
        row.last_healed = Some(now);
    }
    rows
}
