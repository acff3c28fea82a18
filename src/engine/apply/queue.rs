//! Which steps of a plan may run next: those whose needs are done, the longest way to the end first. Runs nothing.
//! Entry point: [`Queue`].

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use contract::Effects;

/// Nodes by the length of the way from them to the end, of those of one length the first one first.
type Heap = BinaryHeap<(u32, Reverse<u32>)>;

/// The nodes of an order, each with how far it is.
#[derive(Debug)]
pub(super) struct Queue {
    /// For each node: how many nodes it still waits for.
    waiting: Vec<u32>,
    /// For each node: the nodes that wait for it.
    next: Vec<Vec<u32>>,
    /// For each node: how long the way to the end is.
    way: Vec<u32>,
    /// For each node: what it needs room for; none where it needs none.
    lanes: Vec<Option<Effects>>,
    /// Ready nodes by their lanes, so that those for which there is no room are not looked at.
    free: Heap,
    world: Heap,
    record: Heap,
    /// Nodes that cannot run any more, because something they need failed.
    barred: HashSet<u32>,
}

impl Queue {
    /// The queue of an order, of which `after` says for each node what must be done before it, and `lanes` what it needs
    /// room for; a node that `lanes` does not reach needs none.
    pub(super) fn new(after: &[Vec<u32>], lanes: Vec<Option<Effects>>) -> Self {
        let mut next: Vec<Vec<u32>> = vec![Vec::new(); after.len()];
        for (node, before) in (0..).zip(after) {
            for before in before {
                if let Some(list) = next.get_mut(*before as usize) {
                    list.push(node);
                }
            }
        }
        let waiting: Vec<u32> = after
            .iter()
            .map(|before| u32::try_from(before.len()).unwrap_or(u32::MAX))
            .collect();
        let first: Vec<u32> = (0..)
            .zip(&waiting)
            .filter(|(_, waiting)| **waiting == 0)
            .map(|(node, _)| node)
            .collect();
        let mut queue = Self {
            way: ways(after, &next),
            waiting,
            next,
            lanes,
            free: Heap::new(),
            world: Heap::new(),
            record: Heap::new(),
            barred: HashSet::new(),
        };
        first.into_iter().for_each(|node| queue.push(node));
        queue
    }

    fn push(&mut self, node: u32) {
        let way = self.way.get(node as usize).copied().unwrap_or(0);
        let heap = match self.lanes.get(node as usize).copied().flatten() {
            None => &mut self.free,
            Some(Effects::World) => &mut self.world,
            Some(Effects::RecordOnly) => &mut self.record,
        };
        heap.push((way, Reverse(node)));
    }

    /// Takes the node that is to run next: one that needs no room, or of those for which there is room the one with the
    /// longest way to the end.
    pub(super) fn pop(&mut self, has_room: impl Fn(Effects) -> bool) -> Option<u32> {
        let heap = if !self.free.is_empty() {
            &mut self.free
        } else {
            let world = self.world.peek().filter(|_| has_room(Effects::World));
            let record = self.record.peek().filter(|_| has_room(Effects::RecordOnly));
            if world >= record {
                world?;
                &mut self.world
            } else {
                &mut self.record
            }
        };
        heap.pop().map(|(_, Reverse(node))| node)
    }

    /// A node is done: those that waited only for it are ready.
    pub(super) fn complete(&mut self, node: u32) {
        let next = self
            .next
            .get_mut(node as usize)
            .map(std::mem::take)
            .unwrap_or_default();
        for after in next {
            let Some(waiting) = self.waiting.get_mut(after as usize) else {
                continue;
            };
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 && !self.barred.contains(&after) {
                self.push(after);
            }
        }
    }

    /// A node failed: nothing that needs it, however far, can run. Returns the nodes for which that is new.
    pub(super) fn bar(&mut self, node: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut queue: Vec<u32> = self.next.get(node as usize).cloned().unwrap_or_default();
        while let Some(at) = queue.pop() {
            if self.barred.insert(at) {
                queue.extend(self.next.get(at as usize).into_iter().flatten().copied());
                found.push(at);
            }
        }
        found
    }
}

/// For each node, the number of nodes on the longest way from it to the end.
fn ways(after: &[Vec<u32>], next: &[Vec<u32>]) -> Vec<u32> {
    let mut left: Vec<usize> = next.iter().map(Vec::len).collect();
    let mut way: Vec<u32> = vec![0; after.len()];
    let mut queue: Vec<u32> = (0..)
        .zip(&left)
        .filter(|(_, left)| **left == 0)
        .map(|(node, _)| node)
        .collect();
    while let Some(node) = queue.pop() {
        let length = way.get(node as usize).copied().unwrap_or(0) + 1;
        for &before in after.get(node as usize).into_iter().flatten() {
            if let (Some(way), Some(left)) =
                (way.get_mut(before as usize), left.get_mut(before as usize))
            {
                *way = (*way).max(length);
                *left -= 1;
                if *left == 0 {
                    queue.push(before);
                }
            }
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: Option<Effects> = Some(Effects::World);
    const RECORD: Option<Effects> = Some(Effects::RecordOnly);

    #[test]
    fn the_longest_way_to_the_end_goes_first() {
        // 0; 1 <- 2 <- 3.
        let mut queue = Queue::new(
            &[vec![], vec![], vec![1], vec![2]],
            vec![WORLD, WORLD, WORLD, WORLD],
        );
        assert_eq!(queue.pop(|_| true), Some(1));
        assert_eq!(queue.pop(|_| true), Some(0));
        assert_eq!(queue.pop(|_| true), None);
        queue.complete(1);
        assert_eq!(queue.pop(|_| true), Some(2));
    }

    #[test]
    fn what_there_is_no_room_for_waits_and_holds_up_nothing_else() {
        let after = vec![Vec::new(); 5];
        let mut queue = Queue::new(&after, vec![WORLD, RECORD, WORLD, None, RECORD]);
        let record = |effects| effects == Effects::RecordOnly;
        assert_eq!(queue.pop(|_| false), Some(3), "it needs no room");
        assert_eq!(queue.pop(|_| false), None);
        assert_eq!(queue.pop(record), Some(1));
        assert_eq!(queue.pop(record), Some(4));
        assert_eq!(queue.pop(record), None);
        assert_eq!(queue.pop(|_| true), Some(0));
        assert_eq!(queue.pop(|_| true), Some(2));
    }

    #[test]
    fn of_what_there_is_room_for_the_longest_way_goes_first_whatever_it_changes() {
        // 0 <- 2 and 1 <- 3 <- 4.
        let after = [vec![], vec![], vec![0], vec![1], vec![3]];
        for lanes in [[WORLD, RECORD], [RECORD, WORLD]] {
            let mut queue = Queue::new(&after, lanes.to_vec());
            assert_eq!(queue.pop(|_| true), Some(1));
            assert_eq!(queue.pop(|_| true), Some(0));
        }
    }

    #[test]
    fn what_needs_something_that_failed_never_runs_and_is_told_once() {
        // 2 needs 0 and 1, 3 needs 2.
        let after = [vec![], vec![], vec![0, 1], vec![2]];
        let mut queue = Queue::new(&after, vec![WORLD; 4]);
        assert_eq!(queue.bar(0), [2, 3]);
        assert_eq!(queue.bar(1), Vec::<u32>::new());
        queue.complete(1);
        assert_eq!(queue.pop(|_| true), Some(0));
        assert_eq!(queue.pop(|_| true), Some(1));
        assert_eq!(queue.pop(|_| true), None);
    }
}
