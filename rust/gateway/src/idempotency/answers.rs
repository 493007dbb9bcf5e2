//! Where answers are kept: this crate opens no file.

use std::time::Duration;

use crate::digest::Digest;

/// Keeps what calls leave under an id, each of which one call at a time can hold. What is kept is bytes to it.
pub trait Answers: Send + Sync {
    /// Takes the claim on `id`, unless somebody holds it. One whose process has died, nobody holds.
    fn claim(&self, id: &Digest) -> Claim;

    /// Replaces what is kept under `id`, which the caller holds and goes on to hold. Whether that worked.
    fn write(&self, id: &Digest, record: &[u8]) -> bool;

    /// Gives up the claim. What is kept stays.
    fn release(&self, id: &Digest);

    /// Gives up the claim. Nothing is kept.
    fn erase(&self, id: &Digest);

    /// Forgets what is too old or too much, the oldest first, but for what somebody holds. May go on in the background.
    fn sweep(&self, limits: Limits, unix: Duration);
}

/// What a claim comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller holds it. This is kept there; empty for nothing.
    Held(Vec<u8>),
    /// Somebody else does. This is what is kept there so far, or the beginning of it.
    Taken(Vec<u8>),
    /// Nothing can be kept.
    Unavailable,
}

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For how long.
    pub ttl: Duration,
    /// So many bytes in all.
    pub max_bytes: u64,
    /// So many answers.
    pub max_answers: u64,
}

impl Limits {
    /// Which of `kept`, each with its time since the Unix epoch and its size, are to be forgotten.
    pub fn excess<T: Ord>(self, mut kept: Vec<(Duration, u64, T)>, unix: Duration) -> Vec<T> {
        kept.sort_unstable_by(|left, right| right.cmp(left));
        let (mut n_bytes, mut n_answers) = (0_u64, 0);
        let is_excess = |(time, size, _): &(Duration, u64, T)| {
            n_bytes = n_bytes.saturating_add(*size);
            n_answers += 1;
            n_bytes > self.max_bytes || n_answers > self.max_answers || unix.saturating_sub(*time) >= self.ttl
        };
        let first = kept.iter().position(is_excess).unwrap_or(kept.len());
        kept.split_off(first).into_iter().map(|(_, _, id)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten() {
        let limits = Limits { ttl: Duration::from_secs(10), max_bytes: 100, max_answers: 3 };
        let check = |case: &str, kept: &[(u64, u64, char)], expected: &str| {
            let kept = kept.iter().map(|&(time, size, id)| (Duration::from_secs(time), size, id)).collect();
            assert_eq!(
                expected,
                limits.excess(kept, Duration::from_secs(20)).into_iter().collect::<String>(),
                "{case}"
            );
        };
        check("nothing", &[(11, 50, 'a'), (12, 50, 'b')], "");
        check("what is too old", &[(10, 1, 'a'), (11, 1, 'b'), (9, 1, 'c')], "ac");
        check("too many bytes", &[(12, 50, 'a'), (13, 50, 'b'), (11, 1, 'c')], "c");
        check("too many answers", &[(15, 1, 'a'), (14, 1, 'b'), (16, 1, 'c'), (17, 1, 'd')], "b");
        check("one that is too large", &[(15, 101, 'a')], "a");
        check("a time to come", &[(30, 1, 'a')], "");
    }
}
