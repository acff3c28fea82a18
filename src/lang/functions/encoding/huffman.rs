//! Huffman codes with a longest length, as deflate has them. Of several optimal codes it is the one that Go's
//! `compress/flate` chooses.

/// The code of each symbol: its bits, the first one to write lowest, and how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes(Vec<(u16, u8)>);

impl Codes {
    /// The codes for symbols that occur so often, none longer than `longest` bits.
    pub(super) fn optimal(counts: &[u32], longest: u8) -> Self {
        let occurring = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut leaves: Vec<(usize, u32)> =
            occurring.map(|(symbol, count)| (symbol, *count)).collect();
        let mut lengths = vec![0; counts.len()];
        if leaves.len() <= 2 {
            for (symbol, _) in leaves {
                if let Some(length) = lengths.get_mut(symbol) {
                    *length = 1;
                }
            }
            return Self::of_lengths(&lengths);
        }
        leaves.sort_by_key(|(symbol, count)| (*count, *symbol));
        let weights: Vec<u32> = leaves.iter().map(|(_, count)| *count).collect();
        let counts_by_length = lengths_of(&weights, longest);
        // The rarest symbols get the longest codes.
        let by_rarity = leaves.iter().map(|(symbol, _)| *symbol);
        let from_longest = counts_by_length.iter().enumerate().rev();
        let all = from_longest.flat_map(|(length, count)| std::iter::repeat_n(length, *count));
        for (symbol, length) in by_rarity.zip(all) {
            if let (Some(place), Ok(length)) = (lengths.get_mut(symbol), u8::try_from(length)) {
                *place = length;
            }
        }
        Self::of_lengths(&lengths)
    }

    /// The canonical codes of the given lengths, 0 for none.
    pub(super) fn of_lengths(lengths: &[u8]) -> Self {
        let mut codes = vec![(0, 0); lengths.len()];
        let mut code: u16 = 0;
        for length in 1..=15 {
            code <<= 1;
            for (place, _) in codes
                .iter_mut()
                .zip(lengths)
                .filter(|(_, wanted)| **wanted == length)
            {
                *place = (code.reverse_bits() >> (16 - length), length);
                code += 1;
            }
        }
        Self(codes)
    }

    /// The bits of a symbol's code and how many there are.
    pub(super) fn get(&self, symbol: usize) -> (u16, u8) {
        self.0.get(symbol).copied().unwrap_or_default()
    }

    /// How many bits symbols that occur so often take.
    pub(super) fn size(&self, counts: &[u32]) -> usize {
        self.0
            .iter()
            .zip(counts)
            .map(|((_, length), count)| usize::from(*length) * *count as usize)
            .sum()
    }
}

/// How many symbols get codes of each length, for three or more weights in ascending order.
fn lengths_of(weights: &[u32], longest: u8) -> Vec<usize> {
    let top = usize::from(longest).min(weights.len() - 1);
    PackageMerge::new(weights, top).run()
}

/// A row of the package-merge algorithm: packages of one length, cheapest first.
#[derive(Clone, Copy, Default)]
struct Row {
    /// The cost of the item made last.
    last: u64,
    /// How many more items are wanted.
    wanted: usize,
    /// The cost of the next single symbol.
    next_leaf: u64,
    /// The cost of the next pair from the row below.
    next_pair: u64,
}

/// Package-merge from the top row down, after Katajainen, Moffat and Turpin: a row makes its next item from the next
/// symbol or, where that is not dearer, from two items of the row below.
struct PackageMerge<'a> {
    weights: &'a [u32],
    top: usize,
    /// By level; level 0 is below all.
    rows: Vec<Row>,
    /// `leaves[row][level]`: how many symbols are in the items of `level` that the last item of `row` is made of.
    leaves: Vec<Vec<usize>>,
}

impl<'a> PackageMerge<'a> {
    fn new(weights: &'a [u32], top: usize) -> Self {
        let mut merge = Self {
            weights,
            top,
            rows: Vec::new(),
            leaves: vec![vec![0; top + 1]; top + 1],
        };
        // The first two items of every row are the first two symbols.
        let next_pair = merge.weight(0) + merge.weight(1);
        let row = Row {
            last: merge.weight(1),
            wanted: 0,
            next_leaf: merge.weight(2),
            next_pair,
        };
        merge.rows = vec![row; top + 2];
        for level in 1..=top {
            merge.set_leaves(level, 2);
        }
        merge.change(1, |row| row.next_pair = u64::MAX);
        merge.change(top, |row| row.wanted = 2 * weights.len() - 4);
        merge
    }

    fn run(mut self) -> Vec<usize> {
        let mut level = self.top;
        while let Some(row) = self.rows.get(level).copied() {
            if row.next_pair == u64::MAX && row.next_leaf == u64::MAX {
                // Nothing is left here; the row above gets no more pairs.
                self.change(level, |row| row.wanted = 0);
                self.change(level + 1, |row| row.next_pair = u64::MAX);
                level += 1;
                continue;
            }
            let made = self.make_item(level, row);
            if made.wanted > 0 {
                // Where the row below was used up, it makes more first.
                while level > 1
                    && self
                        .rows
                        .get(level - 1)
                        .is_some_and(|below| below.wanted > 0)
                {
                    level -= 1;
                }
            } else if level == self.top {
                break;
            } else {
                self.change(level + 1, |above| above.next_pair = row.last + made.last);
                level += 1;
            }
        }
        let chain = self.leaves.get(self.top).cloned().unwrap_or_default();
        let at = |level: usize| chain.get(level).copied().unwrap_or(0);
        let of_length = |length: usize| at(self.top + 1 - length) - at(self.top - length);
        std::iter::once(0)
            .chain((1..=self.top).map(of_length))
            .collect()
    }

    /// Makes the next item of a row; gives the row after that.
    fn make_item(&mut self, level: usize, mut row: Row) -> Row {
        if row.next_leaf < row.next_pair {
            row.last = row.next_leaf;
            let used = self
                .leaves
                .get(level)
                .and_then(|levels| levels.get(level))
                .map_or(0, |used| used + 1);
            self.set_leaves(level, used);
            row.next_leaf = self.weight(used);
        } else {
            row.last = row.next_pair;
            let below = self.leaves.get(level - 1).cloned().unwrap_or_default();
            if let Some(levels) = self.leaves.get_mut(level) {
                levels
                    .iter_mut()
                    .zip(below)
                    .take(level)
                    .for_each(|(to, from)| *to = from);
            }
            self.change(level - 1, |row| row.wanted = 2);
        }
        row.wanted -= 1;
        self.change(level, |place| *place = row);
        row
    }

    fn weight(&self, index: usize) -> u64 {
        self.weights
            .get(index)
            .map_or(u64::MAX, |weight| u64::from(*weight))
    }

    fn set_leaves(&mut self, level: usize, count: usize) {
        if let Some(place) = self
            .leaves
            .get_mut(level)
            .and_then(|levels| levels.get_mut(level))
        {
            *place = count;
        }
    }

    fn change(&mut self, level: usize, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(level) {
            change(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(counts: &[u32], longest: u8) -> Vec<u8> {
        Codes::optimal(counts, longest)
            .0
            .iter()
            .map(|(_, length)| *length)
            .collect()
    }

    #[test]
    fn rare_symbols_have_long_codes() {
        assert_eq!(lengths(&[8, 0, 4, 2, 1, 1], 15), [1, 0, 2, 3, 4, 4]);
        assert_eq!(lengths(&[8, 0, 4, 2, 1, 1], 3), [1, 0, 3, 3, 3, 3]);
        assert_eq!(lengths(&[0, 5, 0], 15), [0, 1, 0]);
        assert_eq!(lengths(&[3, 5], 15), [1, 1]);
    }

    #[test]
    fn codes_fill_their_space() {
        for longest in [7, 9, 15] {
            let counts: Vec<u32> = (0..100).map(|n| n * n % 37 * n).collect();
            let used = lengths(&counts, longest);
            let space: f64 = used
                .iter()
                .filter(|length| **length > 0)
                .map(|length| 0.5f64.powi(i32::from(*length)))
                .sum();
            assert_eq!(space, 1.0);
            assert!(used.iter().all(|length| *length <= longest));
        }
    }
}
