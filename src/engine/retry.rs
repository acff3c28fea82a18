//! Tries again what may pass: with waits that grow, spread by chance, and a number of attempts by class of error.

use std::time::Duration;

use contract::{ErrorClass, ProviderError};

/// How often a provider is asked, at most, where its errors may pass.
pub const ATTEMPTS: u32 = 5;

/// How long to wait before attempt `attempt` (from 2), or none to give up. `chance` is between 0 and 1.
pub(crate) fn wait(
    error: &ProviderError,
    attempt: u32,
    attempts: u32,
    chance: f64,
) -> Option<Duration> {
    let (base, most) = match error.class {
        ErrorClass::Throttled => (Duration::from_millis(500), Duration::from_secs(30)),
        ErrorClass::Transient => (Duration::from_millis(200), Duration::from_secs(10)),
        ErrorClass::Conflict => (Duration::from_secs(1), Duration::from_secs(15)),
        ErrorClass::Quota
        | ErrorClass::NotFound
        | ErrorClass::Denied
        | ErrorClass::Permanent
        | ErrorClass::Bug => return None,
    };
    if attempt > attempts {
        return None;
    }
    let grown = base
        .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(2).min(16)))
        .min(most);
    // Between half and all of it, so that steps that failed together do not return together.
    let spread = grown.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    Some(error.retry_after.map_or(spread, |after| after.max(spread)))
}

/// What an error that may pass says of the provider, as a phrase.
pub(crate) fn why(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Throttled => "it is asked too often",
        ErrorClass::Transient => "a passing fault",
        ErrorClass::Conflict => "something else is changing the same object",
        ErrorClass::Quota
        | ErrorClass::NotFound
        | ErrorClass::Denied
        | ErrorClass::Permanent
        | ErrorClass::Bug => "it failed",
    }
}

/// A number between 0 and 1 from a step's marker and attempt: spread enough, and the same in a replay.
pub(crate) fn chance(marker: &str, attempt: u32) -> f64 {
    let mut hash: u32 = 0x811c_9dc5 ^ attempt;
    for byte in marker.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    f64::from(hash) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let error = ProviderError::new(ErrorClass::Throttled, "slow down");
        assert_eq!(wait(&error, 2, 5, 1.0), Some(Duration::from_millis(500)));
        assert_eq!(wait(&error, 4, 5, 1.0), Some(Duration::from_secs(2)));
        assert_eq!(wait(&error, 6, 5, 1.0), None);
        assert_eq!(wait(&ProviderError::permanent("no"), 2, 5, 1.0), None);
    }
}
