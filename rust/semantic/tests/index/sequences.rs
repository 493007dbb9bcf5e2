//! Any order of insertions, removals and searches, beside a map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tiercel_semantic::{Embedding, Index, Refused, Settings};

use crate::vectors::{Random, axis, index_of};

#[derive(Debug, Clone)]
enum Step {
    Insert(u64, usize),
    Remove(u64),
    Search(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40_u64, 0..60_usize).prop_map(|(id, at)| Step::Insert(id, at)),
        2 => (0..40_u64).prop_map(Step::Remove),
        2 => (0..60_usize).prop_map(Step::Search),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Of so few, all are found that are there; none that is not.
    #[test]
    fn what_is_found_is_what_is_there(steps in prop::collection::vec(step(), 1..400), max_flat in 0..30_usize) {
        let index = Index::new(Settings { max_flat, max_entries: 30, width: 64 });
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Insert(id, at) => {
                    let is_taken = model.len() < 30 || model.contains_key(&id);
                    prop_assert_eq!(if is_taken { Ok(()) } else { Err(Refused::Full) }, index.insert(id, &axis(at)));
                    if is_taken {
                        model.insert(id, at);
                    }
                }
                Step::Remove(id) => prop_assert_eq!(model.remove(&id).is_some(), index.remove(id)),
                Step::Search(at) => {
                    let mut expected: Vec<u64> = model.iter().filter(|it| *it.1 == at).map(|it| *it.0).collect();
                    let mut found: Vec<u64> = index.search(&axis(at), 60, 0.99).iter().map(|it| it.id).collect();
                    found.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(expected, found);
                }
            }
            prop_assert_eq!(model.len(), index.len());
        }
    }
}

#[test]
fn what_was_removed_never_comes_back() {
    let mut random = Random(3);
    let embeddings = random.grouped(3_000);
    let index = index_of(&embeddings, Settings { max_flat: 1_000, ..Settings::default() });
    for id in (0..3_000).filter(|id| id % 3 != 0) {
        assert!(index.remove(id));
        assert!(!index.remove(id));
    }

    assert_eq!(1_000, index.len());
    let n_kept = (0..).zip(&embeddings).filter(|(id, embedding)| {
        let found = index.search(embedding, 3, 0.5);
        assert!(found.iter().all(|it| it.id % 3 == 0), "{found:?}");
        id % 3 == 0 && found.first().is_some_and(|it| it.id == *id)
    });
    assert!(n_kept.count() >= 990, "those that were kept are found");
}

#[test]
fn an_entry_is_replaced_by_one_of_its_id() {
    let index = index_of(&[axis(0), axis(1)], Settings::default());
    index.insert(0, &axis(2)).unwrap();

    assert_eq!(2, index.len());
    assert!(index.search(&axis(0), 1, 0.5).is_empty());
    assert_eq!(0, index.search(&axis(2), 1, 0.5)[0].id);
}

#[test]
fn what_has_no_direction_is_refused_and_finds_nothing() {
    let nothing = Embedding::of([0.0; tiercel_semantic::DIMENSIONS]);
    let index = index_of(&[axis(0)], Settings::default());

    assert_eq!(Err(Refused::NoDirection), index.insert(1, &nothing));
    assert!(index.search(&nothing, 1, -1.0).is_empty());
    assert_eq!(1, index.len());
}
