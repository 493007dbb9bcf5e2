//! Entries that are looked through in one way.

use std::cmp::Reverse;

use super::code::Code;
use super::ranked::{Ranked, Scratch};
use super::slots::{Kind, Slots};
use super::{Neighbour, Settings, flat, graph};
use crate::Embedding;

/// How many of the nearest by their bytes are ranked by the query's exact numbers.
const N_RERANKED: usize = 4;

pub(super) struct Generation {
    pub(super) slots: Slots,
    pub(super) top: graph::Top,
}

impl Generation {
    pub(super) fn new(kind: Kind, settings: &Settings) -> Self {
        // A quarter is dead when a successor is begun, and one write in eight adds a slot until all are moved: half as many
        // slots again as there are entries suffice, and a few for an index that is nearly empty.
        let n_entries = match kind {
            Kind::Flat => settings.max_flat,
            Kind::Graph => settings.max_entries,
        };
        Self { slots: Slots::new(kind, 2 * n_entries + 1_024), top: graph::Top::default() }
    }

    pub(super) fn search(
        &self,
        embedding: &Embedding,
        code: &Code,
        (k, min_cosine): (usize, f32),
        width: usize,
        scratch: &mut Scratch,
    ) -> Vec<Neighbour> {
        let n = k.max(N_RERANKED);
        match self.slots.kind() {
            Kind::Flat => flat::search(&self.slots, code, (n, min_cosine), scratch),
            Kind::Graph => graph::search(&self.slots, &self.top, code, n.max(width), scratch),
        }
        let exactly = |ranked: &Ranked| {
            let entry = self.slots.entry(ranked.slot())?;
            Some((Ranked::new(entry.code.cosine_to(embedding), ranked.slot()), entry.id))
        };
        let mut found: Vec<_> = scratch.best.take().iter().take(n).filter_map(exactly).collect();
        found.sort_unstable_by_key(|(ranked, _)| Reverse(*ranked));
        found.into_iter().take(k).map(|(ranked, id)| Neighbour { id, cosine: ranked.cosine() }).collect()
    }

    /// Which slot it got; `None` where there is none left.
    pub(super) fn push(&self, id: u64, code: &Code, scratch: &mut Scratch) -> Option<u32> {
        match self.slots.kind() {
            Kind::Flat => self.slots.push(id, code, 0),
            Kind::Graph => graph::push(&self.slots, &self.top, id, code, scratch),
        }
    }
}
