//! Finds which of the questions that were answered are nearest in meaning.
//!
//! # Two ways of looking
//! Few entries are all looked at (`flat`): that is exact, and an entry costs nothing to add. Many are found by walking a graph
//! (`graph`), which takes microseconds whatever their number, and about 0.1 ms for an entry to add.
//!
//! # What a reader sees, and what a writer costs
//! One writer at a time, behind a lock that no reader takes. Entries are appended to the present *generation* and readers see
//! each as soon as it is published (`slots`). Why not a copy for readers that is exchanged at each write? A graph of 100,000
//! entries is 40 MB. And why not a lock for both? A reader would wait as long as the writer links, and this one is on the way of a
//! request. What a reader may see: an entry that is replaced, for a moment twice; one removed, until it is marked as dead.
//!
//! A generation that no longer fits (more entries than are looked at flat, or a quarter of them dead) is succeeded by another.
//! Each write then moves a few entries over, and once all are moved readers get the new one. So no write takes long, at
//! the price of the memory of both meanwhile.
//!
//! # Memory
//! An entry takes 354 bytes in a flat generation, 34 of which are its signs, and 452 in a graph, 132 of which are links; plus
//! 20 for finding it by its id. hnswlib, which keeps exact numbers, takes 1,150 with as many links. There may be an index for each
//! of very many partitions: an empty one takes 700 bytes, one of two entries 1,400, as measured. What a search needs beside the
//! index belongs to the thread.

mod code;
mod growing;
mod slots;
mod ranked;
mod flat;
mod graph;
mod generation;
mod writer;
mod snapshot;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
pub use snapshot::SnapshotError;

use crate::Embedding;
use code::Code;
use generation::Generation;
use ranked::with_scratch;
use slots::Kind;
use writer::Writer;

/// What an index may hold and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Up to how many entries all are looked at.
    pub max_flat: usize,
    /// Entries beyond these are refused.
    pub max_entries: usize,
    /// How many a walk through the graph keeps: more find more and take longer.
    pub width: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_flat: 12_000, max_entries: 1_000_000, width: 24 }
    }
}

/// An entry that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// What it was inserted as.
    pub id: u64,
    /// How alike it is, from -1 to 1, within 0.002.
    pub cosine: f32,
}

/// Why an entry was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There are `Settings::max_entries`; remove one first.
    Full,
    /// An embedding of zeros is like nothing and would never be found.
    NoDirection,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "the index is full: remove an entry first",
            Self::NoDirection => "the embedding is all zeros, so it has no direction to be found by",
        })
    }
}

impl std::error::Error for Refused {}

/// Embeddings by what they mean. Shared among threads as it is.
pub struct Index {
    settings: Settings,
    current: ArcSwap<Generation>,
    n_entries: AtomicUsize,
    writer: Mutex<Writer>,
}

impl Index {
    /// An empty one.
    pub fn new(settings: Settings) -> Self {
        let kind = if settings.max_flat == 0 { Kind::Graph } else { Kind::Flat };
        Self::of(settings, Generation::new(kind, &settings), Writer::default())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.n_entries.load(Ordering::Acquire)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry, in place of one of the same id.
    ///
    /// # Errors
    /// `Refused`, and everything is as before.
    pub fn insert(&self, id: u64, embedding: &Embedding) -> Result<(), Refused> {
        let code = Code::of(embedding).ok_or(Refused::NoDirection)?;
        self.write(|writer, current| writer.insert(id, &code, current, &self.settings))
    }

    /// Removes an entry; whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        self.write(|writer, current| writer.remove(id, current))
    }

    /// Up to `k` of the nearest entries that are at least as alike as `min_cosine`, the nearest first.
    pub fn search(&self, embedding: &Embedding, k: usize, min_cosine: f32) -> Vec<Neighbour> {
        let Some(code) = Code::of(embedding) else { return Vec::new() };
        let current = self.current.load();
        let mut found =
            with_scratch(|scratch| current.search(embedding, &code, (k, min_cosine), self.settings.width, scratch));
        found.retain(|it| it.cosine >= min_cosine);
        found
    }

    fn of(settings: Settings, generation: Generation, writer: Writer) -> Self {
        let n_entries = AtomicUsize::new(writer.len());
        let current = ArcSwap::from_pointee(generation);
        Self { settings, current, n_entries, writer: Mutex::new(writer) }
    }

    fn write<T>(&self, change: impl FnOnce(&mut Writer, &Generation) -> T) -> T {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut writer, &self.current.load());
        if let Some(next) = writer.advance(&self.current.load(), &self.settings) {
            self.current.store(Arc::new(next));
        }
        self.n_entries.store(writer.len(), Ordering::Release);
        changed
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Index").field("n_entries", &self.len()).finish_non_exhaustive()
    }
}
