//! How many of the true neighbours are found, and how exact their cosines are.

use std::collections::BTreeSet;

use tiercel_semantic::{Embedding, Index, Settings};

use crate::vectors::{Random, index_of, nearest};

/// Share of queries whose true nearest entry is found, of those that have one at a cosine of .85 or more.
fn recall(index: &Index, embeddings: &[Embedding], queries: &[Embedding]) -> f64 {
    let (mut n_true, mut n_found) = (0, 0);
    for query in queries {
        let (id, cosine) = nearest(embeddings, query);
        if cosine >= 0.85 {
            n_true += 1;
            n_found += u32::from(index.search(query, 1, 0.8).first().is_some_and(|it| it.id == id));
        }
    }
    assert!(n_true >= 300, "{n_true} queries have a true neighbour");
    f64::from(n_found) / f64::from(n_true)
}

/// Rewordings of entries drawn at random, at cosines of .85 to .99.
fn rewordings(random: &mut Random, embeddings: &[Embedding], n: u8) -> Vec<Embedding> {
    (0..n)
        .cycle()
        .take(400)
        .map(|i| {
            let original = random.below(embeddings.len());
            random.near(&embeddings[original], 0.86 + 0.13 * f32::from(i) / f32::from(n))
        })
        .collect()
}

#[test]
fn true_neighbours_are_found() {
    let check = |name: &str, at_least: f64, n: usize, settings: Settings| {
        let mut random = Random(7);
        let embeddings = random.grouped(n);
        let index = index_of(&embeddings, settings);
        let found = recall(&index, &embeddings, &rewordings(&mut random, &embeddings, 40));
        println!("{name}: recall {found:.4}");
        assert!(found >= at_least, "{name}: {found}");
    };
    check("all of a few are looked at", 1.0, 100, Settings::default());
    check("all of 5,000 are looked at, roughly at first", 0.99, 5_000, Settings::default());
    check("20,000 make a graph", 0.96, 20_000, Settings::default());
    check("a graph from the first entry on", 0.97, 2_000, Settings { max_flat: 0, ..Settings::default() });
}

#[test]
fn neighbours_come_in_order_and_with_their_cosines() {
    let mut random = Random(11);
    for max_flat in [0, 10_000] {
        let embeddings = random.grouped(3_000);
        let index = index_of(&embeddings, Settings { max_flat, ..Settings::default() });
        for query in rewordings(&mut random, &embeddings, 40) {
            let found = index.search(&query, 5, -1.0);

            assert_eq!(5, found.len());
            assert!(found.is_sorted_by(|left, right| left.cosine >= right.cosine));
            for neighbour in found {
                let exact = embeddings[usize::try_from(neighbour.id).unwrap()].cosine(&query);
                assert!((exact - neighbour.cosine).abs() < 0.002, "{exact} {}", neighbour.cosine);
            }
        }
    }
}

#[test]
fn many_of_the_same_hide_nothing() {
    let mut random = Random(13);
    let same = random.direction();
    let others = random.grouped(1_000);
    let index = Index::new(Settings { max_flat: 0, ..Settings::default() });
    for (id, other) in (0..).zip(&others) {
        index.insert(10_000 + id, &same).unwrap();
        index.insert(id, other).unwrap();
    }
    let all_found = |n: usize| {
        let found: BTreeSet<u64> = index.search(&same, 2_000, 0.99).iter().map(|it| it.id).collect();
        assert_eq!(n, found.len());
        let is_found = |(id, it): &(u64, &Embedding)| index.search(it, 1, 0.9).first().is_some_and(|it| it.id == *id);
        let n_found = (0..).zip(&others).filter(is_found).count();
        assert!(n_found >= 970, "{n_found} of 1,000");
    };
    all_found(1_000);
    // The first of them is the one that the others hang on.
    for id in 0..300 {
        assert!(index.remove(10_000 + id));
    }
    all_found(700);
}
