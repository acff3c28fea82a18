//! Compresses bytes with deflate (RFC 1951), making the same choices as Go's `compress/flate` does at its default level:
//! which repetitions are found, where blocks end and how each is coded.

use super::deflate_block::BlockWriter;

const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
const WINDOW: usize = 1 << 15;
/// With less than this before the end of what is at hand, more content is taken in.
const LOOKAHEAD: usize = MIN_MATCH + MAX_MATCH;
/// A match of the shortest length is not taken from further back.
const NEAR: usize = 4096;
/// A match this long is not put off to see whether one a byte later is longer.
const LAZY: usize = 16;
/// A match this long ends the search.
const NICE: usize = 128;
/// How many earlier places are looked at.
const CHAIN: usize = 128;
const BLOCK_TOKENS: usize = 1 << 14;
const HASH_BITS: u32 = 17;

/// A piece of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A byte.
    Literal(u8),
    /// What was `distance` bytes before, `length` bytes of it.
    Match {
        /// 4 to 258.
        length: u16,
        /// 1 to 32,768.
        distance: u16,
    },
}

/// Compresses `content`: its blocks, an empty one that ends at a byte's end, and an empty last one.
pub(super) fn compress(content: &[u8]) -> Vec<u8> {
    let mut writer = BlockWriter::default();
    Matcher::new(content).run(&mut writer);
    writer.empty_stored(false);
    writer.empty_stored(true);
    writer.finish()
}

struct Matcher<'a> {
    content: &'a [u8],
    /// The last place of each hash, plus one; 0 is none.
    heads: Vec<u32>,
    /// For each place in the window the one before it of the same hash, plus one.
    earlier: Vec<u32>,
    tokens: Vec<Token>,
    block_start: usize,
}

impl<'a> Matcher<'a> {
    fn new(content: &'a [u8]) -> Self {
        Self {
            content,
            heads: vec![0; 1 << HASH_BITS],
            earlier: vec![0; WINDOW],
            tokens: Vec::new(),
            block_start: 0,
        }
    }

    fn run(&mut self, writer: &mut BlockWriter) {
        let mut at = 0;
        // The match found at the byte before, and whether that byte is still to be written.
        let mut before: Option<(usize, usize)> = None;
        let mut byte_waits = false;
        while at < self.content.len() {
            let candidate = self.insert(at);
            let length_before = before.map_or(MIN_MATCH - 1, |(length, _)| length);
            let worth_it = self.content.len() - at > length_before && length_before < LAZY;
            let found = candidate
                .filter(|_| worth_it)
                .and_then(|place| self.longest(at, place));
            let length = found.map_or(MIN_MATCH - 1, |(length, _)| length);
            match before {
                Some((kept, distance)) if length <= kept => {
                    self.push_match(kept, distance);
                    let end = at + kept - 1;
                    for place in at + 1..end {
                        self.insert(place);
                    }
                    at = end;
                    byte_waits = false;
                    before = None;
                    self.end_full_block(at, writer);
                }
                _ => {
                    if byte_waits {
                        self.push_literal(at - 1);
                        self.end_full_block(at, writer);
                    }
                    before = found;
                    byte_waits = true;
                    at += 1;
                }
            }
        }
        if byte_waits {
            self.push_literal(at - 1);
        }
        if !self.tokens.is_empty() {
            self.end_block(at, writer);
        }
    }

    fn push_literal(&mut self, at: usize) {
        self.tokens
            .extend(self.content.get(at).map(|byte| Token::Literal(*byte)));
    }

    fn push_match(&mut self, length: usize, distance: usize) {
        if let (Ok(length), Ok(distance)) = (u16::try_from(length), u16::try_from(distance)) {
            self.tokens.push(Token::Match { length, distance });
        }
    }

    fn end_full_block(&mut self, end: usize, writer: &mut BlockWriter) {
        if self.tokens.len() == BLOCK_TOKENS {
            self.end_block(end, writer);
        }
    }

    fn end_block(&mut self, end: usize, writer: &mut BlockWriter) {
        let at_hand = self.block_start >= self.forgotten(end);
        let content = self.content.get(self.block_start..end).filter(|_| at_hand);
        writer.block(&self.tokens, content);
        self.tokens.clear();
        self.block_start = end;
    }

    /// Where what is at hand starts: two windows are, and one of them is dropped when the other is nearly done.
    fn forgotten(&self, at: usize) -> usize {
        let ends = (at + LOOKAHEAD - 1).min(self.content.len() - 1) / WINDOW;
        ends.saturating_sub(1) * WINDOW
    }

    /// Makes a place known to later searches; gives the one before it of the same hash.
    fn insert(&mut self, at: usize) -> Option<usize> {
        let bytes = self.content.get(at..)?.first_chunk::<MIN_MATCH>()?;
        let hash = u32::from_be_bytes(*bytes).wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let head = self.heads.get_mut(hash as usize)?;
        let place = std::mem::replace(head, u32::try_from(at + 1).ok()?);
        *self.earlier.get_mut(at % WINDOW)? = place;
        (place as usize)
            .checked_sub(1)
            .filter(|place| at - place <= WINDOW)
    }

    /// The longest match of what is at `at` with the place or one before it: its length and distance.
    fn longest(&self, at: usize, mut place: usize) -> Option<(usize, usize)> {
        let rest = self.content.get(at..)?;
        let most = rest.len().min(MAX_MATCH);
        let furthest = at.saturating_sub(WINDOW).max(self.forgotten(at));
        if place < furthest {
            return None;
        }
        let mut best: Option<(usize, usize)> = None;
        for _ in 0..CHAIN {
            let length = best.map_or(MIN_MATCH - 1, |(length, _)| length);
            let same = self.same(place, rest, length, most);
            if same > length && (same > MIN_MATCH || at - place <= NEAR) {
                best = Some((same, at - place));
                if same >= most.min(NICE) {
                    break;
                }
            }
            if place == furthest && at >= WINDOW {
                break;
            }
            let next = self.earlier.get(place % WINDOW).copied().unwrap_or(0) as usize;
            match next
                .checked_sub(1)
                .filter(|next| *next >= furthest && *next < place)
            {
                Some(next) => place = next,
                None => break,
            }
        }
        best
    }

    /// How many bytes from `place` on are as in `rest`, at most `most`; 0 when certainly not more than `length`.
    fn same(&self, place: usize, rest: &[u8], length: usize, most: usize) -> usize {
        // Most places already differ where a longer match would end.
        if self.content.get(place + length) != rest.get(length) {
            return 0;
        }
        let there = self.content.get(place..).unwrap_or_default();
        there
            .iter()
            .zip(rest)
            .take(most)
            .take_while(|(a, b)| a == b)
            .count()
    }
}
