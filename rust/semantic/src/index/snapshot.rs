//! An index as bytes, so that a process that starts need not build its graph again.
//!
//! `tiercel index 1\n`, the kind, the number of slots, then each slot: id, whether it is dead, the code, and in a graph its level,
//! its links and the next of the same code; at the end a checksum of everything before. Numbers are little-endian. The checksum finds accidents, no
//! forger; but whatever the bytes are, what is read is within its bounds, and no link leads out of them.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};

use super::code::Code;
use super::generation::Generation;
use super::graph::MAX_LEVEL;
use super::slots::{Kind, NOWHERE, Slots};
use super::writer::Writer;
use super::{Index, Settings};
use crate::DIMENSIONS;

const MAGIC: &[u8] = b"tiercel index 1\n";
const CHECKSUM: usize = size_of::<u64>();

/// Why bytes are no index. Nothing of them is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotError {
    /// They are something else, or of another version.
    Unknown,
    /// They were changed or cut off.
    Damaged,
    /// They hold more than `Settings::max_entries`.
    TooLarge,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "this is no snapshot of an index, or one of another version: build the index again",
            Self::Damaged => "the snapshot of the index is damaged or cut off: build the index again",
            Self::TooLarge => "the snapshot holds more entries than the index may: raise its limit or build it again",
        })
    }
}

impl std::error::Error for SnapshotError {}

impl Index {
    /// Writes a snapshot. Readers go on meanwhile, writers wait.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_snapshot(&self, out: &mut impl Write) -> io::Result<()> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current.load();
        let (slots, mut out) = (&current.slots, Summed { out, sum: Sum::default() });
        out.put(MAGIC)?;
        out.put(&[u8::from(slots.kind() == Kind::Graph)])?;
        out.put(&slots.len().to_le_bytes())?;
        for (slot, entry) in (0..slots.len()).filter_map(|slot| Some((slot, slots.entry(slot)?))) {
            out.put(&entry.id.to_le_bytes())?;
            out.put(&[u8::from(slots.is_dead(slot))])?;
            out.put(&entry.code.values.map(i8::cast_unsigned))?;
            if slots.kind() == Kind::Graph {
                let level = slots.level(slot);
                out.put(&[u8::try_from(level).unwrap_or(u8::MAX)])?;
                for link in links(slots, slot, level) {
                    out.put(&link.load(Ordering::Relaxed).to_le_bytes())?;
                }
            }
        }
        let sum = out.sum.0;
        out.out.write_all(&sum.to_le_bytes())
    }

    /// The index that a snapshot was written of.
    ///
    /// # Errors
    /// `SnapshotError`, for any bytes that `write_snapshot` does not write.
    pub fn read_snapshot(bytes: &[u8], settings: Settings) -> Result<Self, SnapshotError> {
        let body = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::Unknown)?;
        let (body, sum) = body.split_last_chunk::<CHECKSUM>().ok_or(SnapshotError::Damaged)?;
        let mut expected = Sum::default();
        expected.add(MAGIC);
        expected.add(body);
        if expected.0.to_le_bytes() != *sum {
            return Err(SnapshotError::Damaged);
        }
        let mut rest = Rest(body);
        let kind = match rest.byte()? {
            0 => Kind::Flat,
            1 => Kind::Graph,
            _ => return Err(SnapshotError::Damaged),
        };
        let n_slots = u32::from_le_bytes(rest.take()?);
        let generation = Generation::new(kind, &settings);
        let mut slot_of = HashMap::new();
        for slot in 0..n_slots {
            let id = u64::from_le_bytes(rest.take()?);
            let is_dead = rest.byte()? != 0;
            let code = Code::new(rest.take::<DIMENSIONS>()?.map(u8::cast_signed)).ok_or(SnapshotError::Damaged)?;
            rest.entry(&generation, n_slots, id, &code)?;
            if is_dead {
                generation.slots.kill(slot);
            } else if slot_of.insert(id, slot).is_some() {
                return Err(SnapshotError::Damaged);
            }
        }
        match (rest.0.is_empty(), slot_of.len() <= settings.max_entries) {
            (true, true) => Ok(Self::of(settings, generation, Writer::of(slot_of))),
            (true, false) => Err(SnapshotError::TooLarge),
            (false, _) => Err(SnapshotError::Damaged),
        }
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(SnapshotError::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, SnapshotError> {
        self.take().map(|[byte]| byte)
    }

    /// Puts an entry into the next slot, with its links where it has some.
    fn entry(&mut self, generation: &Generation, n_slots: u32, id: u64, code: &Code) -> Result<(), SnapshotError> {
        let slots = &generation.slots;
        let level = if slots.kind() == Kind::Graph { usize::from(self.byte()?) } else { 0 };
        if level > MAX_LEVEL {
            return Err(SnapshotError::Damaged);
        }
        let slot = slots.push(id, code, level).ok_or(SnapshotError::TooLarge)?;
        if slots.kind() == Kind::Flat {
            return Ok(());
        }
        for link in links(slots, slot, level) {
            let to = u32::from_le_bytes(self.take()?);
            if to >= n_slots && to != NOWHERE {
                return Err(SnapshotError::Damaged);
            }
            link.store(to, Ordering::Relaxed);
        }
        generation.top.raise(slot, level);
        Ok(())
    }
}

fn links(slots: &Slots, slot: u32, level: usize) -> impl Iterator<Item = &AtomicU32> {
    (0..=level).flat_map(move |level| slots.links(slot, level)).chain(slots.twin(slot))
}

/// FNV-1a of 64 bits: each step can be undone, so that no single byte changes without the sum changing.
struct Sum(u64);

impl Default for Sum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }
}

struct Summed<'a, W> {
    out: &'a mut W,
    sum: Sum,
}

impl<W: Write> Summed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.add(bytes);
        self.out.write_all(bytes)
    }
}
