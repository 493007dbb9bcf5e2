//! A list that only grows, whose elements are written once and never move: readers need no lock while one writer adds.
//!
//! Elements come in chunks that grow from 2 to 4,096: a list of one is small, and one of a million never pauses to copy itself.

use std::sync::OnceLock;

const FIRST_CHUNK: usize = 2;
const LARGEST_CHUNK: usize = 4_096;
/// Chunks that double, before they are all as large as the largest.
const N_DOUBLING: usize = (LARGEST_CHUNK / FIRST_CHUNK).ilog2() as usize;
/// Elements in those.
const N_IN_DOUBLING: usize = LARGEST_CHUNK - FIRST_CHUNK;

pub(super) struct Growing<T>(Box<[OnceLock<Chunk<T>>]>);

type Chunk<T> = Box<[Cell<T>]>;

/// An element begins where a line of the processor's cache does, so that reading it reads as few of them as can be.
#[repr(align(64))]
pub(super) struct Cell<T>(OnceLock<T>);

impl<T> Growing<T> {
    /// Room for at least `n`.
    pub(super) fn new(n: usize) -> Self {
        let n_chunks = match n.checked_sub(N_IN_DOUBLING) {
            Some(beyond) => N_DOUBLING + beyond.div_ceil(LARGEST_CHUNK),
            None => (n.div_ceil(FIRST_CHUNK) + 1).next_power_of_two().ilog2() as usize,
        };
        Self((0..n_chunks).map(|_| OnceLock::new()).collect())
    }

    /// Writes an element; `None` where there is one already, or no room. The writer's alone.
    pub(super) fn set(&self, at: usize, element: T) -> Option<()> {
        let (chunk, at) = place(at);
        let n = FIRST_CHUNK << chunk.min(N_DOUBLING);
        let chunk = self.0.get(chunk)?.get_or_init(|| (0..n).map(|_| Cell(OnceLock::new())).collect());
        chunk.get(at)?.0.set(element).ok()
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.cell(at)?.0.get()
    }

    /// All up to the first that is not written.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map_while(OnceLock::get).flatten().map_while(|cell| cell.0.get())
    }

    /// Where an element is or will be.
    pub(super) fn cell(&self, at: usize) -> Option<&Cell<T>> {
        let (chunk, at) = place(at);
        self.0.get(chunk)?.get()?.get(at)
    }
}

/// Which chunk an element is in, and where in it.
fn place(at: usize) -> (usize, usize) {
    if at < N_IN_DOUBLING {
        let chunk = (at + FIRST_CHUNK).ilog2() as usize - FIRST_CHUNK.ilog2() as usize;
        (chunk, at + FIRST_CHUNK - (FIRST_CHUNK << chunk))
    } else {
        let beyond = at - N_IN_DOUBLING;
        (N_DOUBLING + beyond / LARGEST_CHUNK, beyond % LARGEST_CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_one_another() {
        let check = |n: usize| {
            let growing = Growing::new(n);
            for at in 0..n {
                assert_eq!(None, growing.get(at));
                assert_eq!(Some(()), growing.set(at, at), "{at} of {n}");
            }
            assert!((0..n).all(|at| growing.get(at) == Some(&at)), "{n}");
            assert!(growing.iter().copied().eq(0..n), "{n}");
            assert_eq!(None, growing.set(0, 0), "an element is written once");
        };
        for n in [1, 2, 3, 5, 6, 7, 4_093, 4_094, 4_095, 8_190, 8_191, 20_000] {
            check(n);
        }
    }
}
