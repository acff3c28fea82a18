//! Addresses of several instances in few words: `x.y[0..4, 7]`, `x.y["a", "b", .. "z"]`.

use model::address::{BlockAddr, InstanceAddr, InstanceKey};

use crate::cli::output::value::Amount;

/// More ranges or keys of one block lose their middle.
const MOST_KEYS: usize = 12;
/// The same in a heading, where one line must do.
pub(super) const MOST_KEYS_IN_HEADING: usize = 6;

/// The addresses, those of one block in one word; with [`Amount::All`] no key is left out.
///
/// Addresses must come sorted by block; the answer keeps that order.
pub fn fold_addresses<'a>(
    addresses: impl IntoIterator<Item = &'a InstanceAddr>,
    amount: Amount,
) -> Vec<String> {
    let most = if amount == Amount::All {
        usize::MAX
    } else {
        MOST_KEYS
    };
    let mut folded = Vec::new();
    let mut keys: Vec<&InstanceKey> = Vec::new();
    let mut block: Option<&BlockAddr> = None;
    for address in addresses {
        if block.is_some_and(|block| *block != *address.block) {
            folded.extend(block.map(|block| with_keys(block, &keys, most)));
            keys.clear();
        }
        block = Some(&address.block);
        keys.push(&address.key);
    }
    folded.extend(block.map(|block| with_keys(block, &keys, most)));
    folded
}

/// The block's address with keys, at most `most` ranges of them; without a key the address alone.
pub(super) fn with_keys(block: &BlockAddr, keys: &[&InstanceKey], most: usize) -> String {
    match keys {
        [] | [InstanceKey::None] => return block.to_string(),
        [key] => return format!("{block}{key}"),
        _ => {}
    }
    let mut indexes: Vec<u64> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for key in keys {
        match key {
            InstanceKey::None => {}
            InstanceKey::Index(index) => indexes.push(*index),
            // The key's own text with its brackets taken off.
            InstanceKey::Key(_) => {
                let text = key.to_string();
                texts.push(text.get(1..text.len() - 1).unwrap_or_default().to_owned());
            }
        }
    }
    indexes.sort_unstable();
    let mut parts = ranges(&indexes);
    parts.append(&mut texts);
    if parts.len() > most.max(2) {
        let last = parts.pop().unwrap_or_default();
        parts.truncate(most.max(2) - 1);
        return format!("{block}[{}, .. {last}]", parts.join(", "));
    }
    format!("{block}[{}]", parts.join(", "))
}

/// Sorted numbers with runs of three and more as `first..last`.
fn ranges(indexes: &[u64]) -> Vec<String> {
    indexes
        .chunk_by(|a, b| a.checked_add(1) == Some(*b))
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{first}..{last}")],
            few => few.iter().map(u64::to_string).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(addresses: &[&str]) -> String {
        let addresses: Vec<InstanceAddr> =
            addresses.iter().map(|text| text.parse().unwrap()).collect();
        fold_addresses(&addresses, Amount::Line).join("; ")
    }

    #[test]
    fn runs_of_indexes_become_ranges() {
        assert_eq!(
            fold(&["a.b[0]", "a.b[1]", "a.b[2]", "a.b[4]", "a.b[5]", "a.c"]),
            "a.b[0..2, 4, 5]; a.c"
        );
        assert_eq!(fold(&["a.b[7]"]), "a.b[7]");
    }

    #[test]
    fn many_keys_lose_their_middle() {
        let many: Vec<String> = (10..40)
            .map(|n| format!("module.m.a.b[\"k{n}\"]"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(
            fold(&many),
            "module.m.a.b[\"k10\", \"k11\", \"k12\", \"k13\", \"k14\", \"k15\", \"k16\", \"k17\", \"k18\", \
             \"k19\", \"k20\", .. \"k39\"]"
        );
    }
}
