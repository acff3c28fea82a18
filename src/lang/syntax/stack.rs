//! Room on the stack for recursion over syntax trees, which are as deep as the text is nested.

/// How deep text may nest: brackets, blocks, templates, unary operators and conditionals together.
///
/// Chains of binary operators, of arguments and of indexes are not nesting and have no limit.
pub const MAX_DEPTH: usize = 2_000;

/// Room that a recursion may use between two calls of [`with_room`], in bytes.
const SPARE: usize = 128 * 1024;

/// What is allocated when that much is not left, in bytes.
const SEGMENT: usize = 2 * 1024 * 1024;

/// Calls `work` with at least 128 KiB of stack, on a new segment of stack when the thread's own has less left.
///
/// Every function that recurses over a tree calls this once a level; a tree of any depth is then safe on any thread.
pub fn with_room<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(SPARE, SEGMENT, work)
}
