//! Puts nodes in an order in which each comes after those it refers to, and names the cycles where there is none.

use std::collections::{HashMap, HashSet, VecDeque};

use super::NodeId;

/// Nodes in dependency order, and what stands in the way of one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sorted {
    /// All nodes, each after those it refers to, lowest number first among equals. Where there are cycles, what is in
    /// one or depends on one comes last, by number.
    pub(super) order: Vec<NodeId>,
    /// For each group of nodes that all need each other, its shortest cycle, in the order in which each node refers to
    /// the next; by lowest number.
    pub(super) cycles: Vec<Vec<NodeId>>,
}

/// Sorts the nodes.
pub(super) fn sort(dependencies: &[Vec<NodeId>]) -> Sorted {
    let count = dependencies.len();
    let mut waiting: Vec<u32> = vec![0; count];
    let mut dependents: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (node, needs) in dependencies.iter().enumerate() {
        for need in needs {
            if let (Some(wait), Some(list)) =
                (waiting.get_mut(node), dependents.get_mut(need.index()))
            {
                *wait += 1;
                list.push(u32::try_from(node).unwrap_or(u32::MAX));
            }
        }
    }
    let mut ready: VecDeque<u32> = (0..)
        .zip(&waiting)
        .filter(|(_, wait)| **wait == 0)
        .map(|(node, _)| node)
        .collect();
    let mut order = Vec::with_capacity(count);
    while let Some(node) = ready.pop_front() {
        order.push(NodeId(node));
        for &dependent in dependents.get(node as usize).into_iter().flatten() {
            if let Some(wait) = waiting.get_mut(dependent as usize) {
                *wait -= 1;
                if *wait == 0 {
                    ready.push_back(dependent);
                }
            }
        }
    }
    if order.len() == count {
        return Sorted {
            order,
            cycles: Vec::new(),
        };
    }
    let stuck = (0..)
        .zip(&waiting)
        .filter(|(_, wait)| **wait > 0)
        .map(|(node, _)| NodeId(node));
    order.extend(stuck.clone());
    let mut cycles: Vec<Vec<NodeId>> = groups(dependencies, stuck)
        .iter()
        .map(|group| shortest_cycle(dependencies, group))
        .filter(|cycle| !cycle.is_empty())
        .collect();
    cycles.sort();
    Sorted { order, cycles }
}

/// When a node was first seen, and the first seen of those that can be reached from it.
#[derive(Clone, Copy)]
struct Visit {
    seen: usize,
    low: usize,
    open: bool,
}

fn reach(visits: &mut HashMap<NodeId, Visit>, node: NodeId, seen: usize) {
    if let Some(visit) = visits.get_mut(&node) {
        visit.low = visit.low.min(seen);
    }
}

fn close(visits: &mut HashMap<NodeId, Visit>, group: &[NodeId]) {
    for node in group {
        if let Some(visit) = visits.get_mut(node) {
            visit.open = false;
        }
    }
}

/// The groups of nodes that all need each other, by the algorithm of Tarjan, without recursion. A node that only
/// depends on a cycle is a group of its own, in which there is none.
fn groups(dependencies: &[Vec<NodeId>], starts: impl Iterator<Item = NodeId>) -> Vec<Vec<NodeId>> {
    let mut visits: HashMap<NodeId, Visit> = HashMap::new();
    let mut open: Vec<NodeId> = Vec::new();
    let mut found = Vec::new();
    for start in starts {
        if visits.contains_key(&start) {
            continue;
        }
        // Each node with how many of its dependencies were looked at.
        let mut way: Vec<(NodeId, usize)> = vec![(start, 0)];
        while let Some((node, done)) = way.pop() {
            if done == 0 {
                let seen = visits.len();
                let visit = Visit {
                    seen,
                    low: seen,
                    open: true,
                };
                visits.insert(node, visit);
                open.push(node);
            }
            let needs = dependencies.get(node.index());
            if let Some(&need) = needs.and_then(|needs| needs.get(done)) {
                way.push((node, done + 1));
                match visits.get(&need).copied() {
                    None => way.push((need, 0)),
                    Some(theirs) if theirs.open => reach(&mut visits, node, theirs.seen),
                    Some(_) => {}
                }
                continue;
            }
            let Some(visit) = visits.get(&node).copied() else {
                continue;
            };
            if let Some((parent, _)) = way.last() {
                reach(&mut visits, *parent, visit.low);
            }
            if visit.low == visit.seen {
                let from = open.iter().rposition(|one| *one == node).unwrap_or(0);
                let group = open.split_off(from);
                close(&mut visits, &group);
                found.push(group);
            }
        }
    }
    found
}

/// The shortest cycle in a group. Searches from each node in turn, but stops looking longer than the best.
fn shortest_cycle(dependencies: &[Vec<NodeId>], group: &[NodeId]) -> Vec<NodeId> {
    /// In a very large group, only this many are tried as a start: a short cycle is worth more than the shortest.
    const STARTS: usize = 2_000;
    let inside: HashSet<NodeId> = group.iter().copied().collect();
    let mut starts = group.to_vec();
    starts.sort();
    let mut best: Vec<NodeId> = Vec::new();
    for start in starts.into_iter().take(STARTS) {
        let limit = if best.is_empty() {
            usize::MAX
        } else {
            best.len() - 1
        };
        if let Some(cycle) = cycle_from(start, dependencies, &inside, limit) {
            best = cycle;
        }
        if best.len() == 1 {
            break;
        }
    }
    best
}

/// The shortest way from `start` back to itself, of at most `limit` nodes: breadth first.
fn cycle_from(
    start: NodeId,
    dependencies: &[Vec<NodeId>],
    inside: &HashSet<NodeId>,
    limit: usize,
) -> Option<Vec<NodeId>> {
    let mut came_from: HashMap<NodeId, (NodeId, usize)> = HashMap::new();
    let mut queue = VecDeque::from([(start, 1)]);
    while let Some((node, length)) = queue.pop_front() {
        if length > limit {
            return None;
        }
        for &need in dependencies.get(node.index())? {
            if need == start {
                let mut path = vec![node];
                let mut at = node;
                while at != start {
                    at = came_from.get(&at)?.0;
                    path.push(at);
                }
                path.reverse();
                return Some(path);
            }
            if inside.contains(&need) && !came_from.contains_key(&need) {
                came_from.insert(need, (node, length));
                queue.push_back((need, length + 1));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(u32, u32)], count: usize) -> Vec<Vec<NodeId>> {
        let mut graph = vec![Vec::new(); count];
        for (from, to) in edges {
            graph[*from as usize].push(NodeId(*to));
        }
        graph
    }

    #[test]
    fn each_node_comes_after_those_it_refers_to() {
        let sorted = sort(&graph(&[(0, 2), (2, 1)], 3));
        assert_eq!(sorted.order, [NodeId(1), NodeId(2), NodeId(0)]);
        assert!(sorted.cycles.is_empty());
    }

    #[test]
    fn the_shortest_of_several_cycles_in_a_group_is_named() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 2), (5, 0)];
        let cycles = sort(&graph(&edges, 6)).cycles;
        assert_eq!(cycles, [[NodeId(2), NodeId(4)]]);
    }

    #[test]
    fn each_of_several_independent_cycles_is_named() {
        // 6 depends on both, and is in neither.
        let edges = [
            (0, 1),
            (1, 0),
            (4, 5),
            (5, 3),
            (3, 4),
            (6, 0),
            (6, 3),
            (2, 2),
        ];
        let cycles = sort(&graph(&edges, 7)).cycles;
        let named: [&[u32]; 3] = [&[0, 1], &[2], &[3, 4, 5]];
        let named = named.map(|cycle| cycle.iter().copied().map(NodeId).collect::<Vec<_>>());
        assert_eq!(cycles, named);
    }

    #[test]
    fn a_group_that_leads_to_another_is_a_group_of_its_own() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)];
        let cycles = sort(&graph(&edges, 4)).cycles;
        assert_eq!(cycles, [[NodeId(0), NodeId(1)], [NodeId(2), NodeId(3)]]);
    }

    #[test]
    fn what_a_cycle_holds_up_comes_last_in_the_order() {
        let sorted = sort(&graph(&[(0, 1), (1, 0), (2, 0)], 4));
        assert_eq!(sorted.order, [NodeId(3), NodeId(0), NodeId(1), NodeId(2)]);
    }

    #[test]
    fn a_node_that_refers_to_itself_is_a_cycle_of_one() {
        assert_eq!(sort(&graph(&[(1, 1)], 2)).cycles, [[NodeId(1)]]);
    }

    #[test]
    fn a_long_chain_before_a_cycle_needs_no_stack() {
        let count = 200_000;
        let mut edges: Vec<(u32, u32)> = (0..count - 1).map(|node| (node, node + 1)).collect();
        edges.push((count - 1, count - 2));
        let cycles = sort(&graph(&edges, count as usize)).cycles;
        assert_eq!(cycles, [[NodeId(count - 2), NodeId(count - 1)]]);
    }
}
