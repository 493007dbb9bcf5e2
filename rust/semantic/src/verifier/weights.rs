//! The file that a verifier is kept in: read, checked, written.
//!
//! ```text
//! "tiercel verifier 1\n"
//! the rarities, a byte each; the number of trees: u16, little endian as all that follows
//! of each tree the number of nodes: a byte; of each node feature: u8, threshold: f32, children: two i8; of each leaf, one
//! more than nodes, its value: f32
//! SHA-256 of all that
//! ```

use super::{FEATURES, RARITIES, Tree, Verifier};
use crate::weights::{Reader, WeightsError, sealed, wrong};

const MAGIC: &[u8] = b"tiercel verifier 1\n";

/// Most trees, and most leaves of one: what is read is bounded, and so is the time that a score takes.
pub(super) const MAX_TREES: usize = 500;
pub(super) const MAX_LEAVES: usize = 64;

impl Verifier {
    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// What is wrong with the file: it is none of ours, of another version, cut off, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        let mut reader = Reader::open(bytes, MAGIC, "verifier")?;
        let rarities = reader.take(RARITIES)?;
        let n_trees = u16::from_le_bytes(reader.array()?);
        let trees = (0..n_trees).map(|_| reader.tree()).collect::<Result<Vec<_>, _>>()?;
        if !reader.0.is_empty() {
            return Err(wrong("there is something behind the last tree"));
        }
        Self::build(rarities, trees)
    }

    /// The bytes of a weights file.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.rarities);
        bytes.extend(u16::try_from(self.trees.len()).unwrap_or_default().to_le_bytes());
        for tree in &self.trees {
            bytes.push(u8::try_from(tree.nodes.len()).unwrap_or_default());
            for (feature, threshold, low, high) in &tree.nodes {
                bytes.push(*feature);
                bytes.extend(threshold.to_le_bytes());
                bytes.extend(low.to_le_bytes());
                bytes.extend(high.to_le_bytes());
            }
            bytes.extend(tree.leaves.iter().flat_map(|value| value.to_le_bytes()));
        }
        sealed(bytes)
    }
}

pub(super) fn check(rarities: &[u8], trees: &[Tree]) -> Result<(), WeightsError> {
    if rarities.len() != RARITIES {
        return Err(wrong(format!("there are {} rarities where {RARITIES} are needed", rarities.len())));
    }
    if trees.len() > MAX_TREES {
        return Err(wrong(format!("there are {} trees where {MAX_TREES} are the most", trees.len())));
    }
    trees
        .iter()
        .enumerate()
        .find_map(|(number, tree)| fault(tree).map(|it| wrong(format!("tree {number}: {it}"))))
        .map_or(Ok(()), Err)
}

/// What is wrong with a tree.
fn fault(tree: &Tree) -> Option<&'static str> {
    let (n_nodes, n_leaves) = (tree.nodes.len(), tree.leaves.len());
    let is_child = |at: usize, child: i8| match usize::try_from(child) {
        Ok(child) => child > at && child < n_nodes,
        Err(_) => usize::try_from(-1 - i32::from(child)).is_ok_and(|leaf| leaf < n_leaves),
    };
    if n_leaves != n_nodes + 1 || n_leaves > MAX_LEAVES {
        return Some("it has too many leaves, or not one more than nodes");
    }
    if tree.nodes.iter().any(|node| usize::from(node.0) >= FEATURES || !node.1.is_finite()) {
        return Some("it asks for a feature that there is not, or for no number");
    }
    if tree.nodes.iter().enumerate().any(|(at, node)| !is_child(at, node.2) || !is_child(at, node.3)) {
        return Some("a child is not there, or comes before its parent");
    }
    let mut children: Vec<i8> = tree.nodes.iter().flat_map(|node| [node.2, node.3]).collect();
    children.sort_unstable();
    if children.windows(2).any(|pair| pair.first() == pair.last()) {
        return Some("a child has two parents");
    }
    tree.leaves.iter().any(|value| !value.is_finite()).then_some("a leaf is not finite")
}

impl Reader<'_> {
    fn tree(&mut self) -> Result<Tree, WeightsError> {
        let [n_nodes] = self.array()?;
        let nodes = (0..n_nodes).map(|_| self.node()).collect::<Result<Vec<_>, _>>()?;
        let leaves = (0..=n_nodes).map(|_| self.array().map(f32::from_le_bytes)).collect::<Result<Vec<_>, _>>()?;
        Ok(Tree { nodes, leaves })
    }

    fn node(&mut self) -> Result<(u8, f32, i8, i8), WeightsError> {
        let [feature] = self.array()?;
        let threshold = f32::from_le_bytes(self.array()?);
        Ok((feature, threshold, i8::from_le_bytes(self.array()?), i8::from_le_bytes(self.array()?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_ships_is_read() {
        let shipped = Verifier::shipped();

        assert!((60..=100).contains(&shipped.trees().len()));
        assert!(shipped.trees().iter().all(|tree| tree.leaves.len() <= 8));
        assert_eq!(Ok(shipped), Verifier::read(&shipped.write()).as_ref());
    }

    proptest! {
        #[test]
        fn damage_is_found(at in 0_usize..1_000_000, mask in 1_u8..) {
            let mut bytes = Verifier::shipped().write();
            let at = at % bytes.len();
            bytes[at] ^= mask;
            prop_assert!(Verifier::read(&bytes).is_err());
            prop_assert!(Verifier::read(&bytes[..at]).is_err());
        }

        #[test]
        fn what_is_whole_and_wrong_is_found_too(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let bytes = sealed([MAGIC, &[0; RARITIES], &content].concat());
            if let Ok(read) = Verifier::read(&bytes) {
                prop_assert_eq!(bytes, read.write());
            }
        }

        #[test]
        fn a_score_is_a_probability(asked in "\\PC{0,60}", stored in "\\PC{0,60}", cosine in -1.0_f32..=1.0) {
            let (asked, stored) = (crate::Question::new(&asked), crate::Question::new(&stored));
            let score = |one, other| Verifier::shipped().score(&crate::Comparison::between(one, other), cosine);
            prop_assert!((0.0..=1.0).contains(&score(&asked, &stored)));
            prop_assert_eq!(score(&asked, &stored).to_bits(), score(&stored, &asked).to_bits());
        }
    }
}
