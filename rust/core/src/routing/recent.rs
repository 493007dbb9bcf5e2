//! What was put last, of which the oldest is forgotten.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Values in each of two generations.
const MAX_KEPT: usize = 10_000;

/// Values by a hash. When the newer generation is full, the older one is forgotten: that costs nothing while a request
/// waits, and keeps whatever was put lately.
#[derive(Debug)]
pub(super) struct Recent<V>(Mutex<[HashMap<u64, V>; 2]>);

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Recent<V> {
    pub(super) fn get(&self, id: u64) -> Option<V> {
        let generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.iter().find_map(|generation| generation.get(&id)).cloned()
    }

    pub(super) fn put(&self, id: u64, value: V) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [newer, older] = &mut *generations;
        if newer.len() >= MAX_KEPT && !newer.contains_key(&id) {
            *older = std::mem::take(newer);
        }
        newer.insert(id, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let recent = Recent::default();
        for id in 0..25_000 {
            recent.put(id, id);
        }
        recent.put(12_000, 7);

        let expected = [None, Some(10_000), Some(7), Some(24_999)];
        assert_eq!(expected, [9_999, 10_000, 12_000, 24_999].map(|id| recent.get(id)));
        assert!(recent.0.lock().unwrap().iter().map(HashMap::len).sum::<usize>() <= 2 * MAX_KEPT);
    }
}
