//! Shares the strings that come again and again in a definition, so that a tree is not mostly copies of `name`.

use model::Str;

/// How many different strings are remembered; a power of two.
const SLOTS: usize = 2048;

/// Longer strings are not shared: they seldom come twice.
const LONGEST: usize = 40;

/// Remembers the latest strings, at most one for each hash.
#[derive(Debug)]
pub(super) struct Names {
    slots: Vec<Option<Str>>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// The string of this text, shared with an earlier one where it is still remembered.
    pub(super) fn get(&mut self, text: &str) -> Str {
        if text.len() > LONGEST || !text.is_ascii() {
            return Str::new(text);
        }
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        let Some(slot) = self.slots.get_mut(hash(text) % SLOTS) else {
            return Str::new(text);
        };
        match slot {
            Some(known) if known.as_str() == text => known.clone(),
            _ => slot.insert(Str::new(text)).clone(),
        }
    }
}

/// FNV-1a, folded.
fn hash(text: &str) -> usize {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ (hash >> 15)) as usize
}
