//! Writes the blocks of a deflate stream: stored, with the fixed code or with a code of their own, whichever is
//! shortest.

use super::deflate::Token;
use super::huffman::Codes;

const END_OF_BLOCK: usize = 256;
const FIRST_LENGTH: usize = 257;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const LONGEST_CODE: u8 = 15;
const MOST_STORED: usize = 65_535;

/// For each length symbol the shortest length and how many bits more tell which one.
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// The order in which the lengths of the code of code lengths are written.
const LENGTH_ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The shortest distance of a distance symbol and how many bits more tell which one.
fn distance_base(symbol: usize) -> (u16, u8) {
    let symbol = u16::try_from(symbol).unwrap_or(0);
    match symbol {
        0..=3 => (symbol + 1, 0),
        _ => {
            let extra = symbol / 2 - 1;
            (
                1 + ((2 + symbol % 2) << extra),
                u8::try_from(extra).unwrap_or(0),
            )
        }
    }
}

fn length_symbol(length: u16) -> usize {
    LENGTHS
        .iter()
        .rposition(|(base, _)| *base <= length)
        .unwrap_or(0)
}

fn distance_symbol(distance: u16) -> usize {
    let rest = u32::from(distance.saturating_sub(1));
    if rest < 4 {
        return rest as usize;
    }
    let bits = rest.ilog2();
    (2 * bits + (rest >> (bits - 1) & 1)) as usize
}

/// How often each symbol occurs in a block.
struct Counts {
    literals: Vec<u32>,
    distances: Vec<u32>,
}

impl Counts {
    fn of(tokens: &[Token]) -> Self {
        let mut counts = Self {
            literals: vec![0; LITERALS],
            distances: vec![0; DISTANCES],
        };
        let add = |counts: &mut Vec<u32>, symbol: usize| {
            if let Some(count) = counts.get_mut(symbol) {
                *count += 1;
            }
        };
        for token in tokens {
            match token {
                Token::Literal(byte) => add(&mut counts.literals, usize::from(*byte)),
                Token::Match { length, distance } => {
                    add(&mut counts.literals, FIRST_LENGTH + length_symbol(*length));
                    add(&mut counts.distances, distance_symbol(*distance));
                }
            }
        }
        add(&mut counts.literals, END_OF_BLOCK);
        let trim = |counts: &mut Vec<u32>| {
            let used = counts
                .iter()
                .rposition(|count| *count > 0)
                .map_or(0, |last| last + 1);
            counts.truncate(used);
        };
        trim(&mut counts.literals);
        trim(&mut counts.distances);
        if counts.distances.is_empty() {
            // A code of its own needs one distance at least.
            counts.distances.push(1);
        }
        counts
    }

    /// The bits that follow the codes of lengths and distances.
    fn extra_bits(&self) -> usize {
        let lengths = self.literals.iter().skip(FIRST_LENGTH).zip(LENGTHS);
        let lengths: usize = lengths
            .map(|(count, (_, bits))| *count as usize * usize::from(bits))
            .sum();
        let distances = self.distances.iter().enumerate();
        lengths
            + distances
                .map(|(symbol, count)| *count as usize * usize::from(distance_base(symbol).1))
                .sum::<usize>()
    }
}

/// A step of writing code lengths: a symbol and the bits that follow its code.
type LengthStep = (usize, u16, u8);

/// The code of a block: of its symbols, and of the lengths of those.
struct OwnCode {
    literals: Codes,
    distances: Codes,
    lengths: Codes,
    steps: Vec<LengthStep>,
    /// How many of [`LENGTH_ORDER`] are written.
    shown: usize,
    /// How many bits of the block come before its tokens.
    header_size: usize,
}

impl OwnCode {
    fn of(counts: &Counts) -> Self {
        let literals = Codes::optimal(&counts.literals, LONGEST_CODE);
        let distances = Codes::optimal(&counts.distances, LONGEST_CODE);
        let lengths = (0..counts.literals.len())
            .map(|symbol| literals.get(symbol).1)
            .chain((0..counts.distances.len()).map(|symbol| distances.get(symbol).1));
        let steps = length_steps(lengths);
        let mut length_counts = vec![0; LENGTH_ORDER.len()];
        for (symbol, _, _) in &steps {
            if let Some(count) = length_counts.get_mut(*symbol) {
                *count += 1;
            }
        }
        let lengths = Codes::optimal(&length_counts, 7);
        let used = |symbol: &usize| length_counts.get(*symbol).is_some_and(|count| *count > 0);
        let shown = LENGTH_ORDER
            .iter()
            .rposition(used)
            .map_or(0, |last| last + 1)
            .max(4);
        let repeats: usize = steps.iter().map(|(_, _, bits)| usize::from(*bits)).sum();
        let header_size = 3 + 5 + 5 + 4 + 3 * shown + lengths.size(&length_counts) + repeats;
        Self {
            literals,
            distances,
            lengths,
            steps,
            shown,
            header_size,
        }
    }
}

/// Folds runs of one length: 16 repeats the last one 3 to 6 times, 17 and 18 are 3 to 10 and 11 to 138 zeros.
fn length_steps(lengths: impl Iterator<Item = u8>) -> Vec<LengthStep> {
    let mut runs: Vec<(u8, usize)> = Vec::new();
    for length in lengths {
        match runs.last_mut() {
            Some((last, count)) if *last == length => *count += 1,
            _ => runs.push((length, 1)),
        }
    }
    let mut steps = Vec::new();
    let bits = |count: usize| u16::try_from(count).unwrap_or(0);
    for (length, mut count) in runs {
        let single = (usize::from(length), 0, 0);
        if length == 0 {
            while count >= 11 {
                let part = count.min(138);
                steps.push((18, bits(part - 11), 7));
                count -= part;
            }
            if count >= 3 {
                steps.push((17, bits(count - 3), 3));
                count = 0;
            }
        } else {
            steps.push(single);
            count -= 1;
            while count >= 3 {
                let part = count.min(6);
                steps.push((16, bits(part - 3), 2));
                count -= part;
            }
        }
        steps.extend(std::iter::repeat_n(single, count));
    }
    steps
}

fn fixed_codes() -> (Codes, Codes) {
    let length = |symbol| match symbol {
        0..=143 | 280.. => 8,
        144..=255 => 9,
        _ => 7,
    };
    let literals: Vec<u8> = (0..288).map(length).collect();
    (
        Codes::of_lengths(&literals),
        Codes::of_lengths(&[5; DISTANCES]),
    )
}

/// A deflate stream that is being written.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    out: Vec<u8>,
    /// Bits that do not fill a byte yet, the first one lowest.
    pending: u64,
    pending_count: u32,
}

impl BlockWriter {
    /// The stream, complete but for bits that do not fill a byte.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Writes a stored block of nothing, which ends at a byte's end.
    pub(super) fn empty_stored(&mut self, last: bool) {
        self.stored(&[], last);
    }

    /// Writes a block of `tokens`, which stand for `content`, where that is still at hand.
    pub(super) fn block(&mut self, tokens: &[Token], content: Option<&[u8]>) {
        let counts = Counts::of(tokens);
        let content = content.filter(|content| content.len() <= MOST_STORED);
        // Only where the block can be stored do those bits matter, as they are the same for either code.
        let extra_bits = if content.is_some() {
            counts.extra_bits()
        } else {
            0
        };
        let own = OwnCode::of(&counts);
        let (literals, distances) = fixed_codes();
        let fixed_size =
            3 + literals.size(&counts.literals) + distances.size(&counts.distances) + extra_bits;
        let own_size = own.header_size
            + own.literals.size(&counts.literals)
            + own.distances.size(&counts.distances)
            + extra_bits;
        let shortest = fixed_size.min(own_size);
        if let Some(content) = content.filter(|content| (content.len() + 5) * 8 < shortest) {
            self.stored(content, false);
        } else if own_size < fixed_size {
            self.own_header(&own, &counts);
            self.tokens(tokens, &own.literals, &own.distances);
        } else {
            self.bits(1 << 1, 3);
            self.tokens(tokens, &literals, &distances);
        }
    }

    fn bits(&mut self, bits: u16, count: u8) {
        self.pending |= u64::from(bits) << self.pending_count;
        self.pending_count += u32::from(count);
        while self.pending_count >= 8 {
            let [byte, ..] = self.pending.to_le_bytes();
            self.out.push(byte);
            self.pending >>= 8;
            self.pending_count -= 8;
        }
    }

    fn code(&mut self, codes: &Codes, symbol: usize) {
        let (bits, count) = codes.get(symbol);
        self.bits(bits, count);
    }

    fn stored(&mut self, content: &[u8], last: bool) {
        self.bits(u16::from(last), 3);
        if self.pending_count > 0 {
            let missing = u8::try_from(8 - self.pending_count).unwrap_or(0);
            self.bits(0, missing);
        }
        let length = u16::try_from(content.len()).unwrap_or(0);
        self.bits(length, 16);
        self.bits(!length, 16);
        self.out.extend_from_slice(content);
    }

    fn own_header(&mut self, own: &OwnCode, counts: &Counts) {
        let less =
            |count: usize, least: usize| u16::try_from(count.saturating_sub(least)).unwrap_or(0);
        self.bits(2 << 1, 3);
        self.bits(less(counts.literals.len(), FIRST_LENGTH), 5);
        self.bits(less(counts.distances.len(), 1), 5);
        self.bits(less(own.shown, 4), 4);
        for symbol in LENGTH_ORDER.iter().take(own.shown) {
            self.bits(u16::from(own.lengths.get(*symbol).1), 3);
        }
        for (symbol, bits, count) in &own.steps {
            self.code(&own.lengths, *symbol);
            self.bits(*bits, *count);
        }
    }

    fn tokens(&mut self, tokens: &[Token], literals: &Codes, distances: &Codes) {
        for token in tokens {
            match *token {
                Token::Literal(byte) => self.code(literals, usize::from(byte)),
                Token::Match { length, distance } => {
                    let symbol = length_symbol(length);
                    let (base, bits) = LENGTHS.get(symbol).copied().unwrap_or_default();
                    self.code(literals, FIRST_LENGTH + symbol);
                    self.bits(length - base, bits);
                    let symbol = distance_symbol(distance);
                    let (base, bits) = distance_base(symbol);
                    self.code(distances, symbol);
                    self.bits(distance - base, bits);
                }
            }
        }
        self.code(literals, END_OF_BLOCK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_distance_has_its_symbol() {
        for length in 3..=258 {
            let (base, bits) = LENGTHS[length_symbol(length)];
            assert!(length >= base && (length - base) < 1 << bits, "{length}");
        }
        for distance in 1..=32_768u16 {
            let symbol = distance_symbol(distance);
            let (base, bits) = distance_base(symbol);
            assert!(
                symbol < DISTANCES && distance >= base && (distance - base) < 1 << bits,
                "{distance}"
            );
        }
    }

    #[test]
    fn runs_of_code_lengths_are_folded() {
        let lengths = [vec![0; 140], vec![5; 8], vec![0; 2], vec![7; 3]].concat();
        let symbols: Vec<usize> = length_steps(lengths.into_iter())
            .iter()
            .map(|step| step.0)
            .collect();
        assert_eq!(symbols, [18, 0, 0, 5, 16, 5, 0, 0, 7, 7, 7]);
    }
}
