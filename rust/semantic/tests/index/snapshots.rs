//! What is written is read; what is anything else is refused.

use proptest::prelude::*;
use tiercel_semantic::{Index, Settings, SnapshotError};

use crate::vectors::{Random, axis, index_of};

const GRAPH: Settings = Settings { max_flat: 0, max_entries: 10_000, width: 16 };

fn written(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write_snapshot(&mut bytes).unwrap();
    bytes
}

#[test]
fn an_index_is_read_as_it_was_written() {
    for settings in [GRAPH, Settings::default()] {
        let embeddings = Random(23).grouped(600);
        let index = index_of(&embeddings, settings);
        for id in 0..50 {
            index.remove(id);
        }
        let read = Index::read_snapshot(&written(&index), settings).unwrap();

        assert_eq!(550, read.len());
        assert_eq!(written(&index), written(&read));
        for embedding in &embeddings {
            assert_eq!(index.search(embedding, 3, 0.0), read.search(embedding, 3, 0.0));
        }
        read.insert(10, &embeddings[10]).unwrap();
        assert_eq!(Some(10), read.search(&embeddings[10], 1, 0.9).first().map(|it| it.id));
    }
}

#[test]
fn no_byte_may_change() {
    for settings in [GRAPH, Settings::default()] {
        let bytes = written(&index_of(&[axis(0), axis(1), axis(2)], settings));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(Index::read_snapshot(&changed, settings).is_err(), "bit {bit} of byte {at}");
            }
            assert!(Index::read_snapshot(&bytes[..at], settings).is_err(), "cut off at {at}");
        }
    }
}

#[test]
fn one_that_holds_too_much_is_refused() {
    let bytes = written(&index_of(&[axis(0), axis(1), axis(2)], Settings::default()));
    let read = Index::read_snapshot(&bytes, Settings { max_entries: 2, ..Settings::default() });

    assert_eq!(Some(SnapshotError::TooLarge), read.err());
}

/// FNV-1a of 64 bits, so that what a checksum lets through is tested as well.
fn seal(bytes: &mut Vec<u8>) {
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    bytes.extend(sum.to_le_bytes());
}

proptest! {
    /// A forger may make an index that finds the wrong entries, but none that fails.
    #[test]
    fn forged_ones_are_refused_or_searched(changes in prop::collection::vec((16..4_000_usize, any::<u8>()), 1..20)) {
        let embeddings = Random(29).grouped(40);
        let mut bytes = written(&index_of(&embeddings, GRAPH));
        bytes.truncate(bytes.len() - 8);
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        seal(&mut bytes);
        if let Ok(read) = Index::read_snapshot(&bytes, GRAPH) {
            for embedding in &embeddings {
                prop_assert!(read.search(embedding, 3, -1.0).len() <= 3);
            }
            read.insert(1_000, &embeddings[0]).unwrap();
            prop_assert!(read.remove(1_000));
        }
    }
}
