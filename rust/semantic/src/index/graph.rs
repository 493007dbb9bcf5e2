//! Finds the nearest among many: a walk from neighbour to neighbour, each nearer than the last.
//!
//! A hierarchical navigable small world (Malkov and Yashunin 2018, arXiv:1603.09320): every entry has links to near ones; one in
//! twelve is also on the level above, where steps are longer, and so on. A search goes down from the top, and on the ground keeps
//! the `width` nearest that it saw. Neighbours are chosen by the paper's fourth algorithm: one that is nearer to a neighbour
//! already chosen than to the entry itself is left out, so that links lead in different directions.
//!
//! # What a reader sees while the writer links
//! A node is linked after its slot is published, so every link leads to a whole entry. A list of links that is being written is
//! partly the old and partly the new one: both lead to neighbours, and a search that misses a link takes another.
//!
//! # The dead
//! They are walked through and never found. New entries are linked to them as well: while a quarter may be dead, a way that leads
//! round them may not exist.
//!
//! # The same again
//! A question that is asked in many partitions has the same code in each. Among a thousand of the same, a new one would be
//! linked to the same alone, and what is behind them lost. So only the first is a node, and the others are a chain
//! that hangs on it, the newest in front; dead ones at the front are left out when the next one is added.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::code::{Code, Query};
use super::ranked::{Ranked, Scratch};
use super::slots::{Entry, N_LINKS, NOWHERE, Slots};

/// How many are kept while looking for the neighbours of a new entry. With 64, 98 in 100 true neighbours of 20,000 are found.
const BUILD_WIDTH: usize = 64;
/// Twelve to the power of eight are more entries than there may be.
pub(super) const MAX_LEVEL: usize = 8;

/// Where searches begin: the first node of the highest level.
#[derive(Default)]
pub(super) struct Top(AtomicU64);

impl Top {
    /// A node and its level; `None` before there is one.
    fn get(&self) -> Option<(u32, usize)> {
        let packed = self.0.load(Ordering::Acquire);
        let level = (packed >> 32).checked_sub(1)?;
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        Some((packed as u32, usize::try_from(level).ok()?))
    }

    /// Takes a node that is on a higher level than the present one.
    pub(super) fn raise(&self, slot: u32, level: usize) {
        if self.get().is_none_or(|(_, highest)| level > highest) {
            self.0.store((level as u64 + 1) << 32 | u64::from(slot), Ordering::Release);
        }
    }
}

/// The highest level of a new entry. It is drawn from its id, so that a graph can be built again as it was; one in twelve of
/// each level is on the next.
fn level_of(id: u64) -> usize {
    // The finalizer of `SplitMix64` (Steele, Lea and Flood 2014) spreads ids that are counted up.
    let mut hash = id.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    let mut level = 0;
    while level < MAX_LEVEL && hash.is_multiple_of(N_LINKS as u64) {
        hash /= N_LINKS as u64;
        level += 1;
    }
    level
}

/// The nearest, in `scratch.best`: as many as `width`, or fewer where fewer are near.
pub(super) fn search(slots: &Slots, top: &Top, query: &Code, width: usize, scratch: &mut Scratch) {
    scratch.best.clear();
    let Some((mut nearest, level)) = begin(slots, top, query) else { return };
    for level in (1..=level).rev() {
        nearest = descend(slots, query, nearest, level);
    }
    let is_found = |slot| !slots.is_dead(slot) || slots.alive(slot).next().is_some();
    walk(slots, &Query::new(query), &[nearest], 0, width, is_found, scratch);
    for node in scratch.best.take() {
        for slot in slots.alive(node.slot()).take(width) {
            scratch.best.keep(Ranked::new(node.cosine(), slot), width);
        }
    }
}

/// Fills a slot and links it; `None` where there is none left. The writer's alone.
pub(super) fn push(slots: &Slots, top: &Top, id: u64, code: &Code, scratch: &mut Scratch) -> Option<u32> {
    let level = level_of(id);
    let mut near_by_level = Vec::new();
    if let Some((mut nearest, highest)) = begin(slots, top, code) {
        for level in (level + 1..=highest).rev() {
            nearest = descend(slots, code, nearest, level);
        }
        let (query, mut near) = (Query::new(code), vec![nearest]);
        for level in (0..=level.min(highest)).rev() {
            walk(slots, &query, &near, level, BUILD_WIDTH, |_| true, scratch);
            near = scratch.best.take();
            near_by_level.push((level, near.clone()));
        }
        if let Some(same) = near.first()
            && slots.entry(same.slot())?.code == *code
        {
            let slot = slots.push(id, code, 0)?;
            chain(slots, same.slot(), slot);
            return Some(slot);
        }
    }
    let slot = slots.push(id, code, level)?;
    for (level, near) in near_by_level {
        let chosen = choose(slots, &near, N_LINKS);
        write(slots.links(slot, level), &chosen);
        for neighbour in chosen {
            link_back(slots, neighbour.slot(), slot, level);
        }
    }
    top.raise(slot, level);
    Some(slot)
}

/// Hangs a slot on the node that has its code.
fn chain(slots: &Slots, node: u32, slot: u32) {
    let (Some(first), Some(next)) = (slots.twin(node), slots.twin(slot)) else { return };
    let alive = slots.alive(node).find(|it| *it != node);
    next.store(alive.unwrap_or(NOWHERE), Ordering::Relaxed);
    first.store(slot, Ordering::Release);
}

fn begin(slots: &Slots, top: &Top, query: &Code) -> Option<(Ranked, usize)> {
    let (slot, level) = top.get()?;
    Some((Ranked::new(slots.entry(slot)?.code.cosine(query), slot), level))
}

/// From `nearest` on along links of one level, while that leads nearer.
fn descend(slots: &Slots, query: &Code, mut nearest: Ranked, level: usize) -> Ranked {
    loop {
        let candidates = neighbours(slots, nearest.slot(), level).map(|(slot, entry)| rank(query, slot, entry));
        match candidates.max() {
            Some(next) if next.cosine() > nearest.cosine() => nearest = next,
            _ => return nearest,
        }
    }
}

/// Keeps the `width` nearest that are admitted, in `scratch.best`; ends where the nearest that was not looked at is farther.
fn walk(
    slots: &Slots,
    query: &Query<'_>,
    from: &[Ranked],
    level: usize,
    width: usize,
    is_admitted: impl Fn(u32) -> bool,
    scratch: &mut Scratch,
) {
    scratch.visited.begin(slots.len());
    scratch.open.clear();
    scratch.best.clear();
    for ranked in from {
        if scratch.visited.is_new(ranked.slot()) {
            scratch.open.push(*ranked);
            if is_admitted(ranked.slot()) {
                scratch.best.keep(*ranked, width);
            }
        }
    }
    while let Some(next) = scratch.open.pop() {
        if scratch.best.are_nearer(next, width) {
            return;
        }
        scratch.unseen.clear();
        for link in slots.links(next.slot(), level) {
            let slot = link.load(Ordering::Acquire);
            if slot == NOWHERE {
                break;
            }
            if scratch.visited.is_new(slot) {
                slots.prefetch(slot);
                scratch.unseen.push(slot);
            }
        }
        slots.rank(query, &scratch.unseen, |ranked| {
            if !scratch.best.are_nearer(ranked, width) {
                if scratch.open.peek().is_none_or(|next| *next < ranked) {
                    slots.prefetch_links(ranked.slot());
                }
                scratch.open.push(ranked);
                if is_admitted(ranked.slot()) {
                    scratch.best.keep(ranked, width);
                }
            }
        });
    }
}

/// Up to `n` of those that `near` has, the nearest first, that lead in different directions.
fn choose(slots: &Slots, near: &[Ranked], n: usize) -> Vec<Ranked> {
    let mut chosen: Vec<(Ranked, &Code)> = Vec::with_capacity(n);
    for ranked in near {
        let Some(entry) = slots.entry(ranked.slot()) else { continue };
        if chosen.iter().all(|(_, other)| other.cosine(&entry.code) < ranked.cosine()) {
            chosen.push((*ranked, &entry.code));
            if chosen.len() == n {
                break;
            }
        }
    }
    chosen.into_iter().map(|(ranked, _)| ranked).collect()
}

/// Lets `from` lead to `to` as well; where it has no place left, its links are chosen anew.
fn link_back(slots: &Slots, from: u32, to: u32, level: usize) {
    let links = slots.links(from, level);
    if let Some(free) = links.iter().find(|link| link.load(Ordering::Relaxed) == NOWHERE) {
        free.store(to, Ordering::Release);
        return;
    }
    let (Some(entry), Some(new)) = (slots.entry(from), slots.entry(to)) else { return };
    let mut near: Vec<Ranked> =
        neighbours(slots, from, level).chain([(to, new)]).map(|(slot, it)| rank(&entry.code, slot, it)).collect();
    near.sort_unstable_by(|left, right| right.cmp(left));
    write(links, &choose(slots, &near, links.len()));
}

fn write(links: &[AtomicU32], chosen: &[Ranked]) {
    let slots = chosen.iter().map(|ranked| ranked.slot()).chain(std::iter::repeat(NOWHERE));
    for (link, slot) in links.iter().zip(slots) {
        link.store(slot, Ordering::Release);
    }
}

fn neighbours(slots: &Slots, slot: u32, level: usize) -> impl Iterator<Item = (u32, &Entry)> {
    let links = slots.links(slot, level).iter().map(|link| link.load(Ordering::Acquire));
    links.take_while(|slot| *slot != NOWHERE).filter_map(|slot| Some((slot, slots.entry(slot)?)))
}

fn rank(query: &Code, slot: u32, entry: &Entry) -> Ranked {
    Ranked::new(entry.code.cosine(query), slot)
}
