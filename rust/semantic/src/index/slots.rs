//! Where a generation keeps its entries: slots that are filled one after another and never moved.
//!
//! A slot is written once, then published; what may change afterwards are atomic words: whether an entry is dead, and its links.
//! So a reader needs no lock and the single writer copies nothing. What a way of looking needs beside the entries is there only
//! once it is needed: there may be very many indexes of one entry.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::code::{Code, N_AT_ONCE, Query};
use super::growing::Growing;
use super::ranked::Ranked;
use crate::simd::{N_SIGNS, SignsOfMany, prefetch};

/// Links of a node; twice as many where all nodes are. More find more and take longer; 12 suffices at 256 dimensions.
pub(super) const N_LINKS: usize = 12;
pub(super) const N_GROUND_LINKS: usize = 2 * N_LINKS;
/// A link that leads nowhere; none follows it.
pub(super) const NOWHERE: u32 = u32::MAX;

/// In this order, the bytes of the code are four whole lines of the processor's cache.
#[repr(C)]
pub(super) struct Entry {
    pub(super) code: Code,
    pub(super) id: u64,
    is_dead: AtomicBool,
}

impl Entry {
    pub(super) fn new(id: u64, code: &Code) -> Self {
        Self { code: *code, id, is_dead: AtomicBool::new(false) }
    }
}

/// How the neighbours of an entry are reached.
pub(super) struct Links {
    ground: [AtomicU32; N_GROUND_LINKS],
    /// The next slot of the same code.
    twin: AtomicU32,
    /// Above the ground, `N_LINKS` a level.
    upper: Box<[AtomicU32]>,
}

impl Links {
    /// Links that lead nowhere yet.
    pub(super) fn new(level: usize) -> Self {
        let upper = (0..level * N_LINKS).map(|_| AtomicU32::new(NOWHERE)).collect();
        Self { ground: std::array::from_fn(|_| AtomicU32::new(NOWHERE)), twin: AtomicU32::new(NOWHERE), upper }
    }
}

/// What is kept beside each entry for finding it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// 34 bytes: signs.
    Flat,
    /// 128 bytes: links; and 48 for each level above the ground, which one entry in eleven has.
    Graph,
}

/// `N_SIGNS` slots that are all filled.
pub(super) struct Block {
    pub(super) signs: SignsOfMany,
    /// A bit each.
    dead: AtomicU32,
}

impl Block {
    /// Which are dead, a bit each.
    pub(super) fn dead(&self) -> u32 {
        self.dead.load(Ordering::Relaxed)
    }
}

pub(super) struct Slots {
    entries: Growing<Entry>,
    n: AtomicU32,
    beside: Beside,
}

enum Beside {
    Blocks(OnceLock<Growing<Block>>, usize),
    Links(Growing<Links>),
}

impl Slots {
    /// Room for at least `n_slots`.
    pub(super) fn new(kind: Kind, n_slots: usize) -> Self {
        let beside = match kind {
            Kind::Flat => Beside::Blocks(OnceLock::new(), n_slots.div_ceil(N_SIGNS)),
            Kind::Graph => Beside::Links(Growing::new(n_slots)),
        };
        Self { entries: Growing::new(n_slots), n: AtomicU32::new(0), beside }
    }

    pub(super) fn kind(&self) -> Kind {
        match self.beside {
            Beside::Blocks(..) => Kind::Flat,
            Beside::Links(_) => Kind::Graph,
        }
    }

    /// How many are filled and published.
    pub(super) fn len(&self) -> u32 {
        self.n.load(Ordering::Acquire)
    }

    /// Fills the next slot and publishes it, in a graph with links for so many levels; `None` where there is no room. The writer's alone.
    pub(super) fn push(&self, id: u64, code: &Code, level: usize) -> Option<u32> {
        let slot = self.n.load(Ordering::Relaxed);
        let at = slot as usize;
        if let Beside::Links(links) = &self.beside {
            links.set(at, Links::new(level))?;
        }
        self.entries.set(at, Entry::new(id, code))?;
        if let Beside::Blocks(blocks, n_blocks) = &self.beside
            && (at + 1).is_multiple_of(N_SIGNS)
        {
            blocks.get_or_init(|| Growing::new(*n_blocks)).set(at / N_SIGNS, self.block_until(at)?)?;
        }
        self.n.store(slot + 1, Ordering::Release);
        Some(slot)
    }
    pub(super) fn entry(&self, slot: u32) -> Option<&Entry> {
        self.entries.get(slot as usize)
    }

    /// Has an entry brought near that will be looked at soon.
    pub(super) fn prefetch(&self, slot: u32) {
        if let Some(entry) = self.entries.cell(slot as usize) {
            prefetch(entry);
        }
    }

    /// The same of the links of a node that will be walked from.
    pub(super) fn prefetch_links(&self, slot: u32) {
        if let Beside::Links(links) = &self.beside
            && let Some(links) = links.cell(slot as usize)
        {
            prefetch(links);
        }
    }

    /// Says how near each of some slots is.
    pub(super) fn rank(&self, query: &Query<'_>, slots: &[u32], mut found: impl FnMut(Ranked)) {
        for few in slots.chunks(N_AT_ONCE) {
            let mut codes = [query.code; N_AT_ONCE];
            for (code, slot) in codes.iter_mut().zip(few) {
                *code = self.entry(*slot).map_or(query.code, |entry| &entry.code);
            }
            let cosines = query.cosines(&codes, few.len());
            few.iter().zip(cosines).for_each(|(slot, cosine)| found(Ranked::new(cosine, *slot)));
        }
    }

    pub(super) fn is_dead(&self, slot: u32) -> bool {
        self.entry(slot).is_none_or(|it| it.is_dead.load(Ordering::Relaxed))
    }

    /// It is not found any more, though a graph goes on leading through it. The writer's alone.
    pub(super) fn kill(&self, slot: u32) {
        if let Some(entry) = self.entry(slot) {
            entry.is_dead.store(true, Ordering::Relaxed);
        }
        if let Some(block) = self.block(slot as usize / N_SIGNS) {
            block.dead.fetch_or(1 << (slot as usize % N_SIGNS), Ordering::Relaxed);
        }
    }

    /// The slots that are filled, `N_SIGNS` at a time; none where not all of so many are, or in a graph.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        let blocks = match &self.beside {
            Beside::Blocks(blocks, _) => blocks.get(),
            Beside::Links(_) => None,
        };
        blocks.into_iter().flat_map(Growing::iter)
    }

    fn block(&self, number: usize) -> Option<&Block> {
        match &self.beside {
            Beside::Blocks(blocks, _) => blocks.get()?.get(number),
            Beside::Links(_) => None,
        }
    }

    /// On how many levels above the ground a node is.
    pub(super) fn level(&self, slot: u32) -> usize {
        self.links_of(slot).map_or(0, |links| links.upper.len() / N_LINKS)
    }

    /// All places for links of a node on a level; none where it is not on that level.
    pub(super) fn links(&self, slot: u32, level: usize) -> &[AtomicU32] {
        let Some(links) = self.links_of(slot) else { return &[] };
        match level.checked_sub(1) {
            None => &links.ground,
            Some(above) => links.upper.get(above * N_LINKS..(above + 1) * N_LINKS).unwrap_or_default(),
        }
    }

    /// The place for the next slot of the same code; none where there are no links.
    pub(super) fn twin(&self, slot: u32) -> Option<&AtomicU32> {
        self.links_of(slot).map(|links| &links.twin)
    }

    /// Of a node, those slots that hold its code and are alive, the node itself first.
    pub(super) fn alive(&self, node: u32) -> impl Iterator<Item = u32> {
        let next = |slot: &u32| self.twin(*slot).map(|it| it.load(Ordering::Acquire)).filter(|it| *it != NOWHERE);
        // As many as there are slots: links of a forged snapshot may lead round in a circle.
        std::iter::successors(Some(node), next).take(self.len() as usize).filter(|slot| !self.is_dead(*slot))
    }

    fn links_of(&self, slot: u32) -> Option<&Links> {
        match &self.beside {
            Beside::Links(links) => links.get(slot as usize),
            Beside::Blocks(..) => None,
        }
    }

    /// The block that ends with a slot.
    fn block_until(&self, last: usize) -> Option<Block> {
        let mut block = Block { signs: SignsOfMany::default(), dead: AtomicU32::new(0) };
        let mut dead = 0;
        for at in 0..N_SIGNS {
            let entry = self.entries.get(last + 1 - N_SIGNS + at)?;
            for (row, word) in block.signs.iter_mut().zip(entry.code.signs()) {
                *row.get_mut(at)? = word;
            }
            dead |= u32::from(entry.is_dead.load(Ordering::Relaxed)) << at;
        }
        *block.dead.get_mut() = dead;
        Some(block)
    }
}
