//! All trees at once, by feature rather than by tree (`QuickScorer`: Lucchese and others, SIGIR 2015).
//!
//! Going down a tree, the processor cannot guess which way is next, seventy times. Here each feature is held against its thresholds in
//! ascending order until one is not exceeded; each that is takes away the leaves that can no longer be reached. What is left of
//! a tree's leaves begins with the one that it ends at.

use super::features::{FEATURES, Features};
use super::trees::Tree;
use super::weights::MAX_LEAVES;

/// Leaves of a tree, a bit each, from the one that is reached if everything is "at most".
type Leaves = u64;
const _: () = assert!(MAX_LEAVES == Leaves::BITS as usize);

/// What a node asks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Test {
    threshold: f32,
    tree: u32,
    /// What can still be reached beyond the threshold.
    left: Leaves,
}

/// Trees as they are asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Forest {
    /// Of each feature its tests, by threshold.
    tests: Vec<Vec<Test>>,
    /// Of each tree where its leaves begin.
    trees: Vec<usize>,
    leaves: Vec<f32>,
}

impl Forest {
    /// Of trees that were checked.
    pub(super) fn new(trees: &[Tree]) -> Self {
        let mut forest = Self { tests: vec![Vec::new(); FEATURES], ..Self::default() };
        for (number, tree) in (0..).zip(trees) {
            let first = forest.leaves.len();
            forest.trees.push(first);
            forest.add(tree, number, first, if tree.nodes.is_empty() { -1 } else { 0 });
        }
        for tests in &mut forest.tests {
            tests.sort_by(|one, other| one.threshold.total_cmp(&other.threshold));
        }
        forest
    }

    /// Adds what can be reached from a child of a tree whose leaves begin at `first`.
    fn add(&mut self, tree: &Tree, number: u32, first: usize, child: i8) {
        let Some(&(feature, threshold, low, high)) = usize::try_from(child).ok().and_then(|at| tree.nodes.get(at))
        else {
            let leaf = usize::try_from(-1 - i32::from(child)).ok().and_then(|leaf| tree.leaves.get(leaf));
            self.leaves.push(leaf.copied().unwrap_or_default());
            return;
        };
        let from = self.leaves.len() - first;
        self.add(tree, number, first, low);
        let to = self.leaves.len() - first;
        self.add(tree, number, first, high);
        let left = !(bits_below(to) & !bits_below(from));
        if let Some(tests) = self.tests.get_mut(usize::from(feature)) {
            tests.push(Test { threshold, tree: number, left });
        }
    }

    /// What the trees add up to, in their order.
    pub(super) fn value(&self, features: &Features) -> f32 {
        let mut left = [Leaves::MAX; super::weights::MAX_TREES];
        for (value, tests) in features.iter().zip(&self.tests) {
            for test in tests.iter().take_while(|test| *value > test.threshold) {
                if let Some(left) = left.get_mut(test.tree as usize) {
                    *left &= test.left;
                }
            }
        }
        let leaf = |(first, left): (&usize, Leaves)| self.leaves.get(first + left.trailing_zeros() as usize).copied();
        self.trees.iter().zip(left).filter_map(leaf).sum()
    }
}

fn bits_below(n: usize) -> Leaves {
    if n < MAX_LEAVES { (1 << n) - 1 } else { Leaves::MAX }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::verifier::Verifier;

    /// A tree of so many nodes, each of which takes the place of a leaf drawn.
    fn grown(draws: &[(u8, i8, u8)]) -> Tree {
        let mut tree = Tree { nodes: Vec::new(), leaves: vec![0.0] };
        let mut ends: Vec<(Option<usize>, bool)> = vec![(None, false)];
        for &(feature, threshold, place) in draws {
            let at = tree.nodes.len();
            let (parent, is_high) = ends.swap_remove(usize::from(place) % ends.len());
            if let Some(parent) = parent {
                let node = &mut tree.nodes[parent];
                *(if is_high { &mut node.3 } else { &mut node.2 }) = i8::try_from(at).unwrap();
            }
            tree.nodes.push((feature % 3, f32::from(threshold % 4), 0, 0));
            ends.extend([(Some(at), false), (Some(at), true)]);
        }
        tree.leaves = (0_u8..).zip(&ends).map(|(number, _)| 1.5_f32.powi(i32::from(number % 20)) + 0.1).collect();
        for (leaf, (parent, is_high)) in (0_i8..).zip(ends) {
            if let Some(node) = parent.and_then(|parent| tree.nodes.get_mut(parent)) {
                *(if is_high { &mut node.3 } else { &mut node.2 }) = -1 - leaf;
            }
        }
        tree
    }

    proptest! {
        #[test]
        fn it_says_what_the_trees_say(
            trees in proptest::collection::vec(proptest::collection::vec(any::<(u8, i8, u8)>(), 0..64), 0..20),
            values in proptest::array::uniform3(-5_i8..5),
        ) {
            let trees: Vec<Tree> = trees.iter().map(|draws| grown(draws)).collect();
            let verifier = Verifier::build(&[0; crate::verifier::RARITIES], trees).unwrap();
            let features: Features = std::array::from_fn(|at| values.get(at).map_or(0.0, |it| f32::from(*it)));
            let expected: f32 = verifier.trees().iter().map(|tree| tree.value(&features)).sum();

            prop_assert_eq!(expected.to_bits(), verifier.forest.value(&features).to_bits());
        }
    }
}
