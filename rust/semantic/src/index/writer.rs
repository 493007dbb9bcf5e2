//! What only the writer knows: where each entry is, and the generation that is to come.

use std::collections::HashMap;

use super::code::Code;
use super::generation::Generation;
use super::ranked::with_scratch;
use super::slots::Kind;
use super::{Refused, Settings};

/// Entries that each write moves over to a generation to come: a write then takes nine times as long as another, and a
/// generation has grown by a seventh when all are moved.
const N_MOVED: u32 = 8;
/// So few dead are not worth a new generation.
const N_DEAD_KEPT: usize = 16;

#[derive(Default)]
pub(super) struct Writer {
    slot_of: HashMap<u64, u32>,
    successor: Option<Successor>,
}

struct Successor {
    generation: Generation,
    slot_of: HashMap<u64, u32>,
    /// The first slot that is not moved yet.
    next: u32,
}

impl Writer {
    pub(super) fn of(slot_of: HashMap<u64, u32>) -> Self {
        Self { slot_of, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.slot_of.len()
    }

    pub(super) fn insert(
        &mut self,
        id: u64,
        code: &Code,
        current: &Generation,
        settings: &Settings,
    ) -> Result<(), Refused> {
        if self.len() >= settings.max_entries && !self.slot_of.contains_key(&id) {
            return Err(Refused::Full);
        }
        let slot = with_scratch(|scratch| current.push(id, code, scratch)).ok_or(Refused::Full)?;
        if let Some(old) = self.slot_of.insert(id, slot) {
            current.slots.kill(old);
            self.forget_successor_of(id);
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, id: u64, current: &Generation) -> bool {
        let Some(slot) = self.slot_of.remove(&id) else { return false };
        current.slots.kill(slot);
        self.forget_successor_of(id);
        true
    }

    /// Moves a few entries to the generation to come, where there is one. Returns it when it has them all.
    pub(super) fn advance(&mut self, current: &Generation, settings: &Settings) -> Option<Generation> {
        if self.successor.is_none() {
            let kind = self.kind_of_successor(current, settings)?;
            let generation = Generation::new(kind, settings);
            self.successor = Some(Successor { generation, slot_of: HashMap::new(), next: 0 });
        }
        let successor = self.successor.as_mut()?;
        let n_slots = current.slots.len();
        for slot in successor.next..n_slots.min(successor.next + N_MOVED) {
            if !current.slots.is_dead(slot) {
                let entry = current.slots.entry(slot)?;
                let moved = with_scratch(|scratch| successor.generation.push(entry.id, &entry.code, scratch))?;
                successor.slot_of.insert(entry.id, moved);
            }
            successor.next = slot + 1;
        }
        if successor.next < n_slots {
            return None;
        }
        let successor = self.successor.take()?;
        self.slot_of = successor.slot_of;
        Some(successor.generation)
    }

    fn kind_of_successor(&self, current: &Generation, settings: &Settings) -> Option<Kind> {
        let (n_slots, kind) = (current.slots.len() as usize, current.slots.kind());
        let n_dead = n_slots - self.len();
        let is_worn = n_dead > N_DEAD_KEPT && 4 * n_dead > n_slots;
        match kind {
            Kind::Flat if self.len() > settings.max_flat => Some(Kind::Graph),
            // Half as many as make a graph, or an index of about that many would go to and fro.
            Kind::Graph if is_worn && 2 * self.len() < settings.max_flat => Some(Kind::Flat),
            _ => is_worn.then_some(kind),
        }
    }

    fn forget_successor_of(&mut self, id: u64) {
        if let Some(successor) = &mut self.successor
            && let Some(slot) = successor.slot_of.remove(&id)
        {
            successor.generation.slots.kill(slot);
        }
    }
}
