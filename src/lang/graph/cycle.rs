//! Puts nodes in an order in which each comes after those it refers to, or names the shortest cycle.

use std::collections::VecDeque;

use super::NodeId;

/// The nodes in dependency order, lowest number first among equals.
///
/// # Errors
/// The shortest cycle, in the order in which each node refers to the next.
pub(super) fn sort(dependencies: &[Vec<NodeId>]) -> Result<Vec<NodeId>, Vec<NodeId>> {
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
        return Ok(order);
    }
    let stuck: Vec<bool> = waiting.iter().map(|wait| *wait > 0).collect();
    Err(shortest_cycle(dependencies, &stuck))
}

/// The shortest cycle among the stuck nodes. Searches from each in turn, but stops looking longer than the best.
fn shortest_cycle(dependencies: &[Vec<NodeId>], stuck: &[bool]) -> Vec<NodeId> {
    /// With very many stuck nodes, only this many are tried as a start: a short cycle is worth more than the shortest.
    const STARTS: usize = 2_000;
    let mut best: Vec<NodeId> = Vec::new();
    let starts = (0..)
        .zip(stuck)
        .filter(|(_, stuck)| **stuck)
        .map(|(node, _)| NodeId(node))
        .take(STARTS);
    for start in starts {
        let limit = if best.is_empty() {
            usize::MAX
        } else {
            best.len() - 1
        };
        if let Some(cycle) = cycle_from(start, dependencies, stuck, limit) {
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
    stuck: &[bool],
    limit: usize,
) -> Option<Vec<NodeId>> {
    let mut came_from: std::collections::HashMap<NodeId, (NodeId, usize)> =
        std::collections::HashMap::new();
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
            if stuck.get(need.index()) == Some(&true) && !came_from.contains_key(&need) {
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
        let order = sort(&graph(&[(0, 2), (2, 1)], 3)).unwrap();
        assert_eq!(order, [NodeId(1), NodeId(2), NodeId(0)]);
    }

    #[test]
    fn the_shortest_of_several_cycles_is_named() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 2), (5, 0)];
        assert_eq!(sort(&graph(&edges, 6)), Err(vec![NodeId(2), NodeId(4)]));
    }

    #[test]
    fn a_node_that_refers_to_itself_is_a_cycle_of_one() {
        assert_eq!(sort(&graph(&[(1, 1)], 2)), Err(vec![NodeId(1)]));
    }
}
