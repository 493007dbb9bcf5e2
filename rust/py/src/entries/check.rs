//! Whether the structure of an LMDB file is sound, so that LMDB can be let at it.
//!
//! # Why
//! LMDB takes a file's word for where its pages are and how long what is in them is. A byte that a disk has lost, or a
//! power failure under a file system that keeps no order, ends the process. So all that LMDB goes by is looked at first:
//! every page of every tree, the list of free pages, and that no page is in two places. What is in the rows is not.
//!
//! The form is that of version 1 of the data file (`mdb.c` of LMDB 0.9, "Page Header", "Node Header", "Meta Page Content"),
//! on machines whose least significant byte is first.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::tables::NAMES;

const MAGIC: u64 = 0xBEEF_C0DE;
const VERSION: u64 = 1;
const PAGE_HEADER: usize = 16;
const NODE_HEADER: usize = 8;
/// What a database is described by.
const DATABASE: usize = 48;
/// The kinds of pages.
const BRANCH: u64 = 0x01;
const LEAF: u64 = 0x02;
const OVERFLOW: u64 = 0x04;
const META: u64 = 0x08;
/// The kinds of values: on pages of their own, and databases.
const BIG: u64 = 0x01;
const DATABASES: u64 = 0x02;
/// The one flag of the list of free pages: its keys are numbers.
const NUMBER_KEYS: u64 = 0x08;
/// The page of an empty tree.
const NOWHERE: u64 = u64::MAX;
/// As deep as LMDB follows a tree.
const MAX_DEPTH: u64 = 32;
/// LMDB's longest key.
const MAX_KEY: usize = 511;

/// Looks through `file`, whose pages may be in its first `max_bytes`.
///
/// # Errors
/// It cannot be read, or is not sound.
pub(super) fn check(file: &File, max_bytes: u64) -> io::Result<()> {
    let n_bytes = file.metadata()?.len();
    if n_bytes == 0 {
        return Ok(());
    }
    let mut first = [0; PAGE_HEADER + 136];
    file.read_exact_at(&mut first, 0)?;
    let page_size = number(&first, PAGE_HEADER + 24, 4)?;
    sound(page_size.is_power_of_two() && (4_096..=32_768).contains(&page_size), "its pages have no size")?;
    let mut second = first;
    file.read_exact_at(&mut second, page_size)?;
    let (first, second) = (Meta::read(&first)?, Meta::read(&second)?);
    sound(second.page_size == page_size, "its two heads differ")?;
    let meta = if first.transaction < second.transaction { second } else { first };
    let n_pages = meta.last_page.saturating_add(1);
    sound(
        meta.last_page >= 1 && n_pages <= n_bytes.max(max_bytes) / page_size,
        "it has more pages than there is room for",
    )?;
    let n_words = usize::try_from(n_pages / 64 + 1).map_err(io::Error::other)?;
    let page_size = usize::try_from(page_size).map_err(io::Error::other)?;
    let mut walk = Walk { file, page_size, n_pages, seen: vec![0; n_words], transaction: meta.transaction };
    [0, 1].into_iter().try_for_each(|page| walk.see(page))?;
    walk.tree(&meta.free, Tree::Free)?;
    walk.tree(&meta.main, Tree::Main)
}

struct Meta {
    page_size: u64,
    free: Database,
    main: Database,
    last_page: u64,
    transaction: u64,
}

impl Meta {
    fn read(page: &[u8]) -> io::Result<Self> {
        sound(number(page, 10, 2)? & META != 0, "a head is none")?;
        let meta = slice(page, PAGE_HEADER, 136)?;
        let is_known = number(meta, 0, 4)? == MAGIC && number(meta, 4, 4)? == VERSION && number(meta, 8, 8)? == 0;
        sound(is_known, "it is of another kind or version")?;
        let (free, main) = (Database::read(slice(meta, 24, DATABASE)?)?, Database::read(slice(meta, 72, DATABASE)?)?);
        sound(free.flags == NUMBER_KEYS && main.flags == 0, "its databases are of another kind")?;
        let [last_page, transaction] = [number(meta, 120, 8)?, number(meta, 128, 8)?];
        Ok(Self { page_size: free.pad, free, main, last_page, transaction })
    }
}

struct Database {
    pad: u64,
    flags: u64,
    depth: u64,
    counts: Counts,
    root: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    branches: u64,
    leaves: u64,
    overflows: u64,
    entries: u64,
}

impl Database {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let counts = Counts {
            branches: number(bytes, 8, 8)?,
            leaves: number(bytes, 16, 8)?,
            overflows: number(bytes, 24, 8)?,
            entries: number(bytes, 32, 8)?,
        };
        let [pad, flags, depth, root] =
            [number(bytes, 0, 4)?, number(bytes, 4, 2)?, number(bytes, 6, 2)?, number(bytes, 40, 8)?];
        Ok(Self { pad, flags, depth, counts, root })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// Pages that may be used again, by the transaction that has freed them.
    Free,
    /// Databases by name.
    Main,
    /// One of them.
    Named,
}

struct Walk<'a> {
    file: &'a File,
    page_size: usize,
    n_pages: u64,
    /// A bit a page.
    seen: Vec<u64>,
    transaction: u64,
}

/// Where one is in a tree.
struct Place<'a> {
    tree: Tree,
    depth: u64,
    counts: &'a mut Counts,
    /// The next key is greater than this, or, after a branch's, as great.
    floor: &'a mut Option<Vec<u8>>,
    may_equal: &'a mut bool,
}

impl Walk<'_> {
    fn tree(&mut self, database: &Database, tree: Tree) -> io::Result<()> {
        let (mut counts, mut floor, mut may_equal) = (Counts::default(), None, false);
        if database.root != NOWHERE {
            sound((1..=MAX_DEPTH).contains(&database.depth), "a tree is too deep")?;
            let mut place = Place {
                tree,
                depth: database.depth,
                counts: &mut counts,
                floor: &mut floor,
                may_equal: &mut may_equal,
            };
            self.page(database.root, 1, &mut place)?;
        }
        sound(counts == database.counts, "a tree is not as large as it should be")?;
        let n_named = NAMES.len() as u64;
        sound(tree != Tree::Main || [0, n_named].contains(&counts.entries), "a database is missing")
    }

    fn page(&mut self, page: u64, depth: u64, place: &mut Place<'_>) -> io::Result<()> {
        self.see(page)?;
        let mut bytes = vec![0; self.page_size];
        self.read(page, &mut bytes)?;
        let is_leaf = depth == place.depth;
        let kind = if is_leaf { LEAF } else { BRANCH };
        sound(number(&bytes, 0, 8)? == page && number(&bytes, 10, 2)? == kind, "a page is not what it should be")?;
        let [lower, upper] = [index(&bytes, 12, 2)?, index(&bytes, 14, 2)?];
        let n_nodes = lower.saturating_sub(PAGE_HEADER) / 2;
        let is_filled = n_nodes > usize::from(!is_leaf) && lower % 2 == 0 && lower <= upper && upper <= self.page_size;
        sound(is_filled, "a page's bounds are not in it")?;
        let mut extents = Vec::with_capacity(n_nodes);
        for position in 0..n_nodes {
            let start = index(&bytes, PAGE_HEADER + 2 * position, 2)?;
            let node = bytes.get(start..).unwrap_or_default();
            let n_bytes = if is_leaf { self.leaf(node, place)? } else { self.branch(node, position, depth, place)? };
            extents.push((start, start + n_bytes.next_multiple_of(2)));
        }
        // They lie one beside the other up to the page's end: LMDB moves them together.
        extents.sort_unstable();
        let end = extents.into_iter().try_fold(upper, |end, (start, next)| (start == end).then_some(next));
        sound(end == Some(self.page_size), "a page's values overlap")?;
        *(if is_leaf { &mut place.counts.leaves } else { &mut place.counts.branches }) += 1;
        Ok(())
    }

    /// Follows a branch's node. How long it is.
    fn branch(&mut self, node: &[u8], position: usize, depth: u64, place: &mut Place<'_>) -> io::Result<usize> {
        let child = number(node, 0, 6)?;
        let key = key(node)?;
        // The first one's key says nothing.
        if position > 0 {
            next_key(key, place)?;
            *place.may_equal = true;
        }
        self.page(child, depth + 1, place)?;
        Ok(NODE_HEADER + key.len())
    }

    /// Looks at a leaf's node. How long it is.
    fn leaf(&mut self, node: &[u8], place: &mut Place<'_>) -> io::Result<usize> {
        let key = key(node)?;
        next_key(key, place)?;
        *place.may_equal = false;
        place.counts.entries += 1;
        let (n_bytes, flags) = (index(node, 0, 4)?, number(node, 4, 2)?);
        let start = NODE_HEADER + key.len();
        let is_of_tree = match place.tree {
            Tree::Main => flags == DATABASES && n_bytes == DATABASE && NAMES.iter().any(|name| name.as_bytes() == key),
            Tree::Free => key.len() == 8 && number(key, 0, 8)? <= self.transaction && flags & !BIG == 0,
            Tree::Named => flags & !BIG == 0,
        };
        sound(is_of_tree, "a value is of another kind")?;
        let is_big = flags & BIG != 0;
        if is_big {
            let pages = self.overflow(number(node, start, 8)?, n_bytes)?;
            place.counts.overflows += pages;
        } else {
            slice(node, start, n_bytes)?;
        }
        match place.tree {
            Tree::Main => {
                let database = Database::read(slice(node, start, n_bytes)?)?;
                sound(database.flags == 0 && database.pad == 0, "a database is of another kind")?;
                self.tree(&database, Tree::Named)?;
            }
            Tree::Free if is_big => {
                let mut list = vec![0; n_bytes];
                let offset = number(node, start, 8)? * self.page_size as u64 + PAGE_HEADER as u64;
                self.file.read_exact_at(&mut list, offset)?;
                self.free(&list)?;
            }
            Tree::Free => self.free(slice(node, start, n_bytes)?)?,
            Tree::Named => {}
        }
        Ok(start + if is_big { 8 } else { n_bytes })
    }

    /// A value on pages of its own, of which it gives the number.
    fn overflow(&mut self, first: u64, n_bytes: usize) -> io::Result<u64> {
        let mut header = [0; PAGE_HEADER];
        self.read(first, &mut header)?;
        let n_pages = (PAGE_HEADER + n_bytes).div_ceil(self.page_size) as u64;
        let [number_of_page, kind, count] = [number(&header, 0, 8)?, number(&header, 10, 2)?, number(&header, 12, 4)?];
        sound((number_of_page, kind, count) == (first, OVERFLOW, n_pages), "a long value is not where it should be")?;
        (first..first + n_pages).try_for_each(|page| self.see(page))?;
        // All of it is there.
        let end = (first + n_pages) * self.page_size as u64;
        sound(end <= self.file.metadata()?.len(), "it was cut")?;
        Ok(n_pages)
    }

    /// A list of free pages: how many, and they, the last first.
    fn free(&mut self, list: &[u8]) -> io::Result<()> {
        let n_pages = index(list, 0, 8)?;
        let mut before = self.n_pages;
        for position in 1..=n_pages {
            let page = number(list, position * 8, 8)?;
            sound(page < before, "free pages are not in order")?;
            self.see(page)?;
            before = page;
        }
        Ok(())
    }

    /// Takes note of a page, which is nowhere else.
    fn see(&mut self, page: u64) -> io::Result<()> {
        let word = usize::try_from(page / 64).ok().filter(|_| page < self.n_pages);
        let word = word.and_then(|word| self.seen.get_mut(word));
        let is_new = word.is_some_and(|word| {
            let bit = 1 << (page % 64);
            let is_new = *word & bit == 0;
            *word |= bit;
            is_new
        });
        sound(is_new, "a page is in two places, or nowhere")
    }

    fn read(&self, page: u64, bytes: &mut [u8]) -> io::Result<()> {
        sound(page < self.n_pages, "a page is nowhere")?;
        self.file.read_exact_at(bytes, page * self.page_size as u64)
    }
}

fn key(node: &[u8]) -> io::Result<&[u8]> {
    let n_bytes = index(node, 6, 2)?;
    sound(n_bytes <= MAX_KEY, "a key is too long")?;
    slice(node, NODE_HEADER, n_bytes)
}

/// Keys are in order: LMDB finds them by halving.
fn next_key(key: &[u8], place: &mut Place<'_>) -> io::Result<()> {
    let mut key = key.to_vec();
    if place.tree == Tree::Free {
        key.reverse();
    }
    let is_next = place.floor.as_ref().is_none_or(|floor| key > *floor || *place.may_equal && key == *floor);
    sound(is_next, "keys are not in order")?;
    *place.floor = Some(key);
    Ok(())
}

fn sound(is_sound: bool, otherwise: &'static str) -> io::Result<()> {
    if is_sound { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, otherwise)) }
}

fn slice(bytes: &[u8], start: usize, length: usize) -> io::Result<&[u8]> {
    let end = start.checked_add(length);
    let slice = end.and_then(|end| bytes.get(start..end));
    slice.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a value is longer than its page"))
}

/// A number of so many bytes, the least significant first.
fn number(bytes: &[u8], start: usize, length: usize) -> io::Result<u64> {
    Ok(slice(bytes, start, length)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn index(bytes: &[u8], start: usize, length: usize) -> io::Result<usize> {
    usize::try_from(number(bytes, start, length)?).map_err(io::Error::other)
}
