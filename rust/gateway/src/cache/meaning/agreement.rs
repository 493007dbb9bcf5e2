//! Whether two answers say the same.
//!
//! # Why strictly
//! What is taken for the same and is not makes the promise hollow; what is taken for different and is not only makes the
//! cache serve less. So answers agree whose words are the same but for case and spaces, or which point the same way and
//! have the same numbers, since a sum of vectors hardly sees a number. Whatever else is for a judge, where there is one.

use tiercel_semantic::{DIMENSIONS, Embedder, normalise};

use crate::digest::{Digest, digest};

/// Of longer texts neither the form nor the direction is made of all.
const MAX_BYTES: usize = 2_000;

/// What answers are compared by: of each, so much is kept that its text need not be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gist {
    words: Digest,
    numbers: Digest,
    /// A byte a number, by which a cosine is off by less than a thousandth; nothing where the text is too long or has no
    /// word that is known.
    direction: Vec<i8>,
}

impl Gist {
    /// What `text` says.
    pub(crate) fn of(text: &str) -> Self {
        if text.len() > MAX_BYTES {
            return Self { words: digest([text.as_bytes()]), numbers: Digest::default(), direction: Vec::new() };
        }
        let embedding = Embedder::shipped().embed(text);
        let largest = embedding.values().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        #[expect(clippy::cast_possible_truncation, reason = "at most 127")]
        let direction = embedding.values().iter().map(|value| (value * 127.0 / largest).round() as i8);
        Self {
            words: digest([normalise(text).as_bytes()]),
            numbers: digest(numbers(text).into_iter().map(str::as_bytes)),
            direction: if largest > 0.0 { direction.collect() } else { Vec::new() },
        }
    }

    /// Whether both say the same; `None` where that is not certain. `min_cosine` is from which on they point the same way.
    pub(crate) fn agrees(&self, other: &Self, min_cosine: f64) -> Option<bool> {
        let are_alike = || self.numbers == other.numbers && self.cosine(other) >= min_cosine;
        (self.words == other.words || are_alike()).then_some(true)
    }

    fn cosine(&self, other: &Self) -> f64 {
        let dot = |left: &[i8], right: &[i8]| {
            f64::from(left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum::<i32>())
        };
        let square = dot(&self.direction, &self.direction) * dot(&other.direction, &other.direction);
        if square > 0.0 { dot(&self.direction, &other.direction) / square.sqrt() } else { -1.0 }
    }

    /// As bytes, to be kept.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let direction = self.direction.iter().map(|value| value.cast_unsigned());
        self.words.iter().chain(&self.numbers).copied().chain(direction).collect()
    }

    /// `None` for what `encode` has not written.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.split_first_chunk()?;
        let (numbers, rest) = rest.split_first_chunk()?;
        let direction = rest.iter().map(|byte| byte.cast_signed()).collect();
        [0, DIMENSIONS].contains(&rest.len()).then_some(Self { words: *words, numbers: *numbers, direction })
    }
}

/// What is written in digits, in order.
fn numbers(text: &str) -> Vec<&str> {
    let is_inner = |character: char| character.is_numeric() || ".,:".contains(character);
    let runs = text.split(|character| !is_inner(character)).map(|run| run.trim_matches(['.', ',', ':']));
    let mut numbers: Vec<&str> = runs.filter(|run| run.contains(char::is_numeric)).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_answers_agree() {
        let check = |case: &str, expected: Option<bool>, one: &str, other: &str| {
            let [one, other] = [one, other].map(Gist::of);
            assert_eq!(expected, one.agrees(&other, 0.9), "{case}");
            assert_eq!(expected, other.agrees(&one, 0.9), "{case}, the other way round");
        };
        check("the same", Some(true), "Within 30 days.", "Within 30 days.");
        check("written otherwise", Some(true), "Within 30 days.", "within  30 days");
        check("nothing", Some(true), "", "");
        check("another number", None, "You can return it within 30 days.", "You can return it within 14 days.");
        let one = "You can return any item within 30 days of delivery for a full refund.";
        let other = "You can return any item within 30 days of the delivery, for a full refund.";
        check("hardly other words", Some(true), one, other);
        check("something else", None, "Paris is the capital.", "Restart the router and try again.");
        let long = "a ".repeat(4_000);
        check("what is long", Some(true), &long, &long);
        check("what is long and ends otherwise", None, &format!("{long} yes"), &format!("{long} no"));
    }

    #[test]
    fn what_is_kept_is_read() {
        for text in ["", "30 days", &"long ".repeat(1_000)] {
            let gist = Gist::of(text);

            assert_eq!(Some(&gist), Gist::decode(&gist.encode()).as_ref(), "{text}");
            assert_eq!(None, Gist::decode(&gist.encode()[1..]), "{text}");
        }
    }

    #[test]
    fn which_numbers_there_are() {
        let check = |expected: &[&str], text: &str| assert_eq!(expected, numbers(text), "{text}");
        check(&[], "none.");
        check(&["1,000.50", "2024"], "In 2024, it was 1,000.50.");
        check(&["10:30"], "at 10:30:");
    }
}
