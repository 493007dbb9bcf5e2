//! Threads that search while another writes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use tiercel_semantic::{Index, Settings};

use crate::vectors::Random;

/// The writer goes through each way of looking and through worn generations; what is found was inserted, and is as alike as said.
#[test]
fn readers_find_whole_entries_while_one_writes() {
    let embeddings = Random(5).grouped(4_000);
    let index = Index::new(Settings { max_flat: 500, ..Settings::default() });
    let (n_inserted, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (index, embeddings, n_inserted, is_over) = (&index, &embeddings, &n_inserted, &is_over);
    thread::scope(|scope| {
        let readers = [17, 19].map(|seed| {
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut n_found = 0;
                loop {
                    let was_over = is_over.load(Ordering::Acquire);
                    let query = &embeddings[random.below(embeddings.len())];
                    for neighbour in index.search(query, 3, 0.5) {
                        let id = usize::try_from(neighbour.id).unwrap();
                        assert!(neighbour.id < n_inserted.load(Ordering::Acquire));
                        assert!((embeddings[id].cosine(query) - neighbour.cosine).abs() < 0.002);
                        n_found += 1;
                    }
                    if was_over {
                        return n_found;
                    }
                }
            })
        });
        for (id, embedding) in (0..).zip(embeddings) {
            n_inserted.store(id + 1, Ordering::Release);
            index.insert(id, embedding).unwrap();
            if id % 2 == 1 {
                index.remove(id / 2);
            }
        }
        is_over.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });

    assert_eq!(2_000, index.len());
}
