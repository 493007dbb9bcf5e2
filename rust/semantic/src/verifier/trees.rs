//! One tree: questions of "at most?" about features, and what is added at the end.

#[cfg(test)]
use super::features::Features;

/// A binary tree. Nodes name their children: from 0 on another node, which comes later, else the leaf `-1 - child`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Of each node the feature that it asks for, the threshold, and where to go if it is at most that, and if it is more.
    pub nodes: Vec<(u8, f32, i8, i8)>,
    /// What is added.
    pub leaves: Vec<f32>,
}

impl Tree {
    /// What this tree adds, which is what a forest is held to. Every child comes after its node, so this ends.
    #[cfg(test)]
    pub(super) fn value(&self, features: &Features) -> f32 {
        let mut at = if self.nodes.is_empty() { -1 } else { 0 };
        while let Some(&(feature, threshold, low, high)) = usize::try_from(at).ok().and_then(|at| self.nodes.get(at)) {
            let value = features.get(usize::from(feature)).copied().unwrap_or_default();
            at = if value <= threshold { low } else { high };
        }
        usize::try_from(-1 - at).ok().and_then(|leaf| self.leaves.get(leaf)).copied().unwrap_or_default()
    }
}
