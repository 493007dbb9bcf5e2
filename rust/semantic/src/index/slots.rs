//! Where a generation keeps its entries: slots that are filled one after another and never moved.
//!
//! A slot is written once, then published; what may change afterwards are atomic words: whether an entry is dead, and its links.
//! So a reader needs no lock and the single writer copies nothing. Slots come in chunks that grow from 16 to 4,096: an index of
//! three entries is small, and one of a million never pauses to copy itself.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::code::Code;
use crate::simd::{N_SIGNS, Signs, prefetch};

/// Links of a node; twice as many where all nodes are. More find more and take longer; 12 suffices at 256 dimensions.
pub(super) const N_LINKS: usize = 12;
pub(super) const N_GROUND_LINKS: usize = 2 * N_LINKS;
/// A link that leads nowhere; none follows it.
pub(super) const NOWHERE: u32 = u32::MAX;

/// No read of signs spans two chunks, since each begins at a multiple of the smallest.
const FIRST_CHUNK: usize = N_SIGNS;
/// Words of 64 bits that an entry's signs are.
const N_SIGN_WORDS: usize = size_of::<Signs>() / size_of::<u64>();
const LARGEST_CHUNK: usize = 4_096;
/// Chunks that double, before they are all as large as the largest.
const N_GROWING: usize = (LARGEST_CHUNK / FIRST_CHUNK).ilog2() as usize;
const N_GROWN_SLOTS: usize = LARGEST_CHUNK - FIRST_CHUNK;

pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) code: Code,
    /// Links above the ground, `N_LINKS` a level.
    pub(super) upper: Box<[AtomicU32]>,
}

impl Entry {
    pub(super) fn level(&self) -> usize {
        self.upper.len() / N_LINKS
    }
}

/// What is kept beside each entry for finding it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// 32 bytes of signs.
    Flat,
    /// 100 bytes of links, and 48 for each level above the ground, which one entry in eleven has.
    Graph,
}

pub(super) struct Slots {
    kind: Kind,
    chunks: Box<[OnceLock<Chunk>]>,
    n: AtomicU32,
}

struct Chunk {
    entries: Box<[OnceLock<Entry>]>,
    dead: Box<[AtomicBool]>,
    signs: Box<[[AtomicU64; N_SIGN_WORDS]]>,
    links: Box<[AtomicU32]>,
    twins: Box<[AtomicU32]>,
}

impl Slots {
    /// Room for at least `n_slots`.
    pub(super) fn new(kind: Kind, n_slots: usize) -> Self {
        let n_chunks = N_GROWING + n_slots.saturating_sub(N_GROWN_SLOTS).div_ceil(LARGEST_CHUNK);
        Self { kind, chunks: (0..n_chunks).map(|_| OnceLock::new()).collect(), n: AtomicU32::new(0) }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// How many are filled and published.
    pub(super) fn len(&self) -> u32 {
        self.n.load(Ordering::Acquire)
    }

    /// Fills the next slot and publishes it; `None` where there is none. The writer's alone.
    pub(super) fn push(&self, entry: Entry) -> Option<u32> {
        let slot = self.n.load(Ordering::Relaxed);
        let (chunk, at) = place(slot);
        let chunk = self.chunks.get(chunk)?.get_or_init(|| Chunk::new(self.kind, FIRST_CHUNK << chunk.min(N_GROWING)));
        if self.kind == Kind::Flat {
            for (word, signs) in chunk.signs.get(at)?.iter().zip(entry.code.signs()) {
                word.store(signs, Ordering::Relaxed);
            }
        }
        chunk.entries.get(at)?.set(entry).ok()?;
        self.n.store(slot + 1, Ordering::Release);
        Some(slot)
    }

    pub(super) fn entry(&self, slot: u32) -> Option<&Entry> {
        let (chunk, at) = self.chunk(slot)?;
        chunk.entries.get(at)?.get()
    }

    /// Has an entry brought near that will be looked at soon.
    pub(super) fn prefetch(&self, slot: u32) {
        if let Some(entry) = self.chunk(slot).and_then(|(chunk, at)| chunk.entries.get(at)) {
            prefetch(entry);
        }
    }

    pub(super) fn is_dead(&self, slot: u32) -> bool {
        self.chunk(slot).and_then(|(chunk, at)| chunk.dead.get(at)).is_none_or(|it| it.load(Ordering::Relaxed))
    }

    /// It is not found any more, though a graph goes on leading through it.
    pub(super) fn kill(&self, slot: u32) {
        if let Some(dead) = self.chunk(slot).and_then(|(chunk, at)| chunk.dead.get(at)) {
            dead.store(true, Ordering::Relaxed);
        }
    }

    /// All places for links of a node on a level; none where it is not on that level.
    pub(super) fn links(&self, slot: u32, level: usize) -> &[AtomicU32] {
        let Some((chunk, at)) = self.chunk(slot) else { return &[] };
        let (links, from, n) = match level.checked_sub(1) {
            None => (Some(&chunk.links), at * N_GROUND_LINKS, N_GROUND_LINKS),
            Some(above) => {
                (chunk.entries.get(at).and_then(OnceLock::get).map(|it| &it.upper), above * N_LINKS, N_LINKS)
            }
        };
        links.and_then(|links| links.get(from..from + n)).unwrap_or_default()
    }

    /// The place for the next slot of the same code; none where there are no links.
    pub(super) fn twin(&self, slot: u32) -> Option<&AtomicU32> {
        let (chunk, at) = self.chunk(slot)?;
        chunk.twins.get(at)
    }

    /// Of a node, those slots that hold its code and are alive, the node itself first.
    pub(super) fn alive(&self, node: u32) -> impl Iterator<Item = u32> {
        let next = |slot: &u32| self.twin(*slot).map(|it| it.load(Ordering::Acquire)).filter(|it| *it != NOWHERE);
        // As many as there are slots: links of a forged snapshot may lead round in a circle.
        std::iter::successors(Some(node), next).take(self.len() as usize).filter(|slot| !self.is_dead(*slot))
    }

    /// The signs of `N_SIGNS` slots, from a multiple of as many on, and which are dead. Unfilled ones are zeros.
    pub(super) fn read_signs(&self, from: u32) -> ([Signs; N_SIGNS], [bool; N_SIGNS]) {
        let (mut signs, mut are_dead) = ([Signs::default(); N_SIGNS], [false; N_SIGNS]);
        if let Some((chunk, at)) = self.chunk(from) {
            for (signs, [a, b, c, d]) in signs.iter_mut().zip(chunk.signs.get(at..).unwrap_or_default()) {
                // A word at a time over all of them took 43 us more a look-up among 10,000.
                *signs = [a, b, c, d].map(|word| word.load(Ordering::Relaxed));
            }
            for (is_dead, dead) in are_dead.iter_mut().zip(chunk.dead.get(at..).unwrap_or_default()) {
                *is_dead = dead.load(Ordering::Relaxed);
            }
        }
        (signs, are_dead)
    }

    fn chunk(&self, slot: u32) -> Option<(&Chunk, usize)> {
        let (chunk, at) = place(slot);
        Some((self.chunks.get(chunk)?.get()?, at))
    }
}

impl Chunk {
    fn new(kind: Kind, n: usize) -> Self {
        let (n_signs, n_links) = match kind {
            Kind::Flat => (n, 0),
            Kind::Graph => (0, n * N_GROUND_LINKS),
        };
        let none = |n| (0..n).map(|_| AtomicU32::new(NOWHERE)).collect();
        Self {
            entries: (0..n).map(|_| OnceLock::new()).collect(),
            dead: (0..n).map(|_| AtomicBool::new(false)).collect(),
            signs: (0..n_signs).map(|_| Default::default()).collect(),
            links: none(n_links),
            twins: none(n_links / N_GROUND_LINKS),
        }
    }
}

/// Which chunk a slot is in, and where in it.
fn place(slot: u32) -> (usize, usize) {
    let slot = slot as usize;
    if slot < N_GROWN_SLOTS {
        let chunk = (slot + FIRST_CHUNK).ilog2() as usize - FIRST_CHUNK.ilog2() as usize;
        (chunk, slot + FIRST_CHUNK - (FIRST_CHUNK << chunk))
    } else {
        let slot = slot - N_GROWN_SLOTS;
        (N_GROWING + slot / LARGEST_CHUNK, slot % LARGEST_CHUNK)
    }
}
