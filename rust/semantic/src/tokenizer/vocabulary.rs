//! The longest piece of the vocabulary that a word begins with.

/// Longest piece, in bytes.
pub(crate) const MAX_PIECE: usize = 64;

/// What marks a piece that goes on where another one ended.
const GOES_ON: &str = "##";

/// The pieces that words are made of, each with its number.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    begin: Table,
    go_on: Table,
}

impl Vocabulary {
    /// `None` where a piece is empty, too long, or there twice.
    pub(super) fn new(pieces: &[&str]) -> Option<Self> {
        let (mut begin, mut go_on) = (Vec::new(), Vec::new());
        for (number, piece) in (0_u32..).zip(pieces) {
            match piece.strip_prefix(GOES_ON).filter(|rest| !rest.is_empty()) {
                Some(rest) => go_on.push((rest, number)),
                None => begin.push((*piece, number)),
            }
        }
        Some(Self { begin: Table::new(&begin)?, go_on: Table::new(&go_on)? })
    }

    /// Takes a word apart, the longest piece first: calls `found` with each piece's number, or gives `None`, where there is
    /// no piece for some of it. Up to there `found` is not called.
    pub(super) fn pieces<'a>(&self, word: &str, found: &'a mut Vec<u32>) -> Option<&'a [u32]> {
        found.clear();
        let (mut table, mut rest) = (&self.begin, word.as_bytes());
        while !rest.is_empty() {
            let (number, n_bytes) = table.longest(rest)?;
            found.push(number);
            rest = rest.get(n_bytes..)?;
            table = &self.go_on;
        }
        Some(found)
    }
}

/// A hash table with open addressing, which is asked for all beginnings of a word with one pass over its bytes.
#[derive(Debug, Clone, Default)]
struct Table {
    /// All pieces, one behind the other.
    text: Vec<u8>,
    slots: Vec<Slot>,
    longest: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    hash: u32,
    number: u32,
    start: u32,
    /// 0 where the slot is empty.
    n_bytes: u32,
}

impl Table {
    fn new(pieces: &[(&str, u32)]) -> Option<Self> {
        // A quarter full at most: most of what is asked for is not there, and is told so by the first slot.
        let slots = vec![Slot::default(); (4 * pieces.len().max(1)).next_power_of_two()];
        let mut table = Self { text: Vec::new(), slots, longest: 0 };
        for &(piece, number) in pieces {
            let hash = piece.bytes().fold(START, step);
            let is_new = !piece.is_empty() && piece.len() <= MAX_PIECE && table.find(hash, piece.as_bytes()).is_none();
            let place = table.places(hash).find(|&place| table.slots.get(place).is_some_and(|it| it.n_bytes == 0));
            let slot = place.filter(|_| is_new).and_then(|place| table.slots.get_mut(place))?;
            let (start, n_bytes) = (u32::try_from(table.text.len()).ok()?, u32::try_from(piece.len()).ok()?);
            *slot = Slot { hash, number, start, n_bytes };
            table.text.extend_from_slice(piece.as_bytes());
            table.longest = table.longest.max(piece.len());
        }
        Some(table)
    }

    /// Number and length of the longest piece that `word` begins with.
    fn longest(&self, word: &[u8]) -> Option<(u32, usize)> {
        let mut hashes = [0; MAX_PIECE];
        let mut hash = START;
        let n_bytes = word.len().min(self.longest);
        for (place, &byte) in hashes.iter_mut().zip(word).take(n_bytes) {
            hash = step(hash, byte);
            *place = hash;
        }
        let mut beginnings = hashes.iter().take(n_bytes).enumerate().rev();
        beginnings.find_map(|(last, &hash)| self.find(hash, word.get(..=last)?).map(|number| (number, last + 1)))
    }

    fn find(&self, hash: u32, piece: &[u8]) -> Option<u32> {
        for place in self.places(hash) {
            let slot = self.slots.get(place)?;
            if slot.n_bytes == 0 {
                return None;
            }
            if slot.hash == hash && self.text_of(slot) == Some(piece) {
                return Some(slot.number);
            }
        }
        None
    }

    fn text_of(&self, slot: &Slot) -> Option<&[u8]> {
        let start = slot.start as usize;
        self.text.get(start..start + slot.n_bytes as usize)
    }

    /// Where a piece with this hash may be, in this order.
    fn places(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().saturating_sub(1);
        // The upper bits are the well mixed ones of a product.
        let first = (hash ^ (hash >> 15)) as usize;
        (0..=mask).map(move |distance| (first + distance) & mask)
    }
}

/// FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv>.
const START: u32 = 0x811c_9dc5;

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}
