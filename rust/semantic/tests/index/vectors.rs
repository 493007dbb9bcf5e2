//! Made-up embeddings: groups of alike ones, as questions about the same things are.

use tiercel_semantic::{DIMENSIONS, Embedding, Index, Settings};

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// Nearly normal, by four uniform numbers: of mean 0 and variance 1.
    #[expect(clippy::cast_precision_loss, reason = "sixteen bits are meant")]
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: f32 = (0..4).map(|part| (bits >> (16 * part) & 0xffff) as f32 / 65_536.0).sum();
        (sum - 2.0) * 3.0_f32.sqrt()
    }

    pub(crate) fn direction(&mut self) -> Embedding {
        Embedding::of(std::array::from_fn(|_| self.normal()))
    }

    /// One whose cosine to `embedding` is about `cosine`, in any direction away from it.
    pub(crate) fn near(&mut self, embedding: &Embedding, cosine: f32) -> Embedding {
        let away = self.direction();
        let sine = (1.0 - cosine * cosine).sqrt();
        Embedding::of(std::array::from_fn(|i| cosine * embedding.values()[i] + sine * away.values()[i]))
    }

    /// `n` in groups of about twenty around centres that are all a little alike, as those of real texts are.
    pub(crate) fn grouped(&mut self, n: usize) -> Vec<Embedding> {
        let common = self.direction();
        let centres: Vec<_> = (0..n.div_ceil(20)).map(|_| self.near(&common, 0.3)).collect();
        (0..n)
            .map(|_| {
                let centre = self.below(centres.len());
                self.near(&centres[centre], 0.7)
            })
            .collect()
    }
}

/// Ids count up from 0.
pub(crate) fn index_of(embeddings: &[Embedding], settings: Settings) -> Index {
    let index = Index::new(settings);
    for (id, embedding) in (0..).zip(embeddings) {
        index.insert(id, embedding).unwrap();
    }
    index
}

pub(crate) fn nearest(embeddings: &[Embedding], query: &Embedding) -> (u64, f32) {
    let cosines = embeddings.iter().map(|it| it.cosine(query));
    (0..).zip(cosines).max_by(|left, right| left.1.total_cmp(&right.1)).unwrap()
}

pub(crate) fn axis(at: usize) -> Embedding {
    Embedding::of(std::array::from_fn(|i| if i == at % DIMENSIONS { 1.0 } else { 0.0 }))
}
