//! What an approval covers: plans that do a part of what the plan did that was seen, to the same objects, with the same
//! values. What was known after apply alone when it was seen may have become known since. Pure. Entry point:
//! [`Coverage::covers`].

use std::collections::{BTreeMap, BTreeSet};

use engine::codec::CodecError;
use engine::{Digest, Effect, Parts, Shape};
use model::change::{Action, Change, ReplaceOrder};

/// What a plan does, change by change, as digests that say nothing themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects(pub Vec<Effect>);

/// What an approval covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// What was seen, each in whole.
    pub whole: BTreeSet<Digest>,
    /// Of what is compared part by part: what was to happen to the object at this address, and what it was to become.
    /// Approvals from before it was kept have none of it.
    pub parts: BTreeMap<Digest, (Action, Shape)>,
}

impl Effects {
    /// What the changes of a plan do, for someone who approves it. `digest` must be keyed.
    ///
    /// # Errors
    /// When a value cannot be encoded, which no value of ours makes happen.
    pub fn seen(
        changes: &[Change],
        digest: impl Fn(&[u8]) -> [u8; 32],
    ) -> Result<Self, CodecError> {
        engine::effects(changes, digest, |change, _| may_come_in_part(change)).map(Self)
    }

    /// What the changes of a plan do, as far as it matters to what was approved. `digest` must be keyed as it was then.
    ///
    /// # Errors
    /// As [`Effects::seen`].
    pub fn of<'c>(
        changes: &[Change],
        digest: impl Fn(&[u8]) -> [u8; 32],
        approved: impl Iterator<Item = &'c Coverage> + Clone,
    ) -> Result<Self, CodecError> {
        let wants = |_: &Change, effect: &Effect| {
            let mut approved = approved.clone();
            approved.any(|one| {
                !one.whole.contains(&effect.whole) && one.parts.contains_key(&effect.address)
            })
        };
        engine::effects(changes, digest, wants).map(Self)
    }
}

/// Whether a later plan may do less than all of a change, or know more of it.
fn may_come_in_part(change: &Change) -> bool {
    matches!(change.action, Action::Replace(_)) || !change.after.is_wholly_known()
}

impl Coverage {
    /// What is covered by who saw `effects`.
    pub fn of(effects: &Effects) -> Self {
        let whole = effects.0.iter().map(|effect| effect.whole).collect();
        let parts = effects.0.iter().filter_map(|effect| {
            let after = effect.after.clone().filter(|_| !effect.is_deposed)?;
            Some((effect.address, (effect.action, after.folded())))
        });
        Self {
            whole,
            parts: parts.collect(),
        }
    }

    /// Whether all of `effects` is a part of what was seen.
    pub fn covers(&self, effects: &Effects) -> bool {
        effects.0.iter().all(|effect| self.covers_one(effect))
    }

    fn covers_one(&self, effect: &Effect) -> bool {
        if self.whole.contains(&effect.whole) {
            return true;
        }
        let Some((action, seen)) = self.parts.get(&effect.address) else {
            return false;
        };
        if effect.is_deposed {
            // The new object came, and the one that it replaces is to go yet.
            return *action == Action::Replace(ReplaceOrder::CreateFirst)
                && effect.action == Action::Destroy;
        }
        // Of a replacement the one half may be done.
        let is_half = matches!(action, Action::Replace(_)) && effect.action == Action::Create;
        let Some(after) = &effect.after else {
            return false;
        };
        (effect.action == *action || is_half) && is_as_seen(seen, after, Shown::Openly)
    }
}

/// Whether something further out says already that a value must not be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Openly,
    Never,
}

/// Whether a value is what was seen, but for what was not known then, and no secret is told that was none to tell.
fn is_as_seen(seen: &Shape, now: &Shape, shown: Shown) -> bool {
    let shown = match now.is_secret {
        true => Shown::Never,
        false => shown,
    };
    if seen.is_secret && shown == Shown::Openly {
        return false;
    }
    if seen.known.is_some() {
        return seen.known == now.known;
    }
    match (&seen.parts, &now.parts) {
        (None, _) => true,
        (Some(seen), Some(now)) => are_as_seen(seen, now, shown),
        (Some(_), None) => false,
    }
}

fn are_as_seen(seen: &Parts, now: &Parts, shown: Shown) -> bool {
    match (seen, now) {
        (
            Parts::Placed {
                places,
                parts: seen,
            },
            Parts::Placed {
                places: same,
                parts: now,
            },
        ) => {
            places == same
                && seen.len() == now.len()
                && seen
                    .iter()
                    .zip(now)
                    .all(|(seen, now)| is_as_seen(seen, now, shown))
        }
        (Parts::Anywhere(seen), Parts::Anywhere(now)) => is_same_set(seen, now, shown),
        (Parts::Placed { .. }, Parts::Anywhere(_)) | (Parts::Anywhere(_), Parts::Placed { .. }) => {
            false
        }
    }
}

/// Whether each element is one that was seen, and each that was seen is there. Two that were seen may turn out to be one.
fn is_same_set(seen: &[Shape], now: &[Shape], shown: Shown) -> bool {
    let (known, open): (Vec<&Shape>, Vec<&Shape>) =
        seen.iter().partition(|seen| seen.known.is_some());
    let known: BTreeSet<Option<Digest>> = known.into_iter().map(|seen| seen.known).collect();
    let mut left: Vec<&Shape> = Vec::new();
    let mut met = BTreeSet::new();
    for now in now {
        match now.known.is_some() && known.contains(&now.known) {
            true => {
                met.insert(now.known);
            }
            false => left.push(now),
        }
    }
    now.len() <= seen.len()
        && met == known
        && left
            .iter()
            .all(|now| open.iter().any(|seen| is_as_seen(seen, now, shown)))
        && open
            .iter()
            .all(|seen| now.iter().any(|now| is_as_seen(seen, now, shown)))
}

#[cfg(test)]
mod tests;
