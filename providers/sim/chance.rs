//! Chance that follows from a seed, so that a run can be had again.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of chance.
#[derive(Debug)]
pub(crate) struct Chance(AtomicU64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Whether something of this probability, from 0 to 1, happens.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        // SplitMix64: every step of the counter gives an unrelated number.
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // 32 bits fit a float exactly.
        let number = u32::try_from(z >> 32).unwrap_or(0);
        f64::from(number) / f64::from(u32::MAX) < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_chances_and_they_are_about_right() {
        let draw = |seed| -> Vec<bool> {
            let chance = Chance::new(seed);
            (0..10_000).map(|_| chance.happens(0.3)).collect()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let hits = draw(1).iter().filter(|hit| **hit).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
    }
}
