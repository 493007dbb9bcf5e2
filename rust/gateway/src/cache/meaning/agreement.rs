//! Whether two answers say the same.
//!
//! # Why strictly
//! What is taken for the same and is not makes the promise hollow; what is taken for different and is not only makes the
//! cache serve less. So answers agree whose words are the same but for case and spaces, or which point the same way and
//! have the same numbers, since a sum of vectors hardly sees a number. Whatever else is for a judge, where there is one.

use tiercel_semantic::{Embedder, normalise};

/// Of longer texts neither the form nor the direction is made of all.
const MAX_BYTES: usize = 2_000;

/// Whether both say the same; `None` where that is not certain. `min_cosine` is from which on they point the same way.
pub(crate) fn agree(one: &str, other: &str, min_cosine: f64) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    if one.len().max(other.len()) > MAX_BYTES {
        return None;
    }
    if normalise(one) == normalise(other) {
        return Some(true);
    }
    let embedder = Embedder::shipped();
    let cosine = f64::from(embedder.embed(one).cosine(&embedder.embed(other)));
    (cosine >= min_cosine && numbers(one) == numbers(other)).then_some(true)
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
            assert_eq!(expected, agree(one, other, 0.9), "{case}");
            assert_eq!(expected, agree(other, one, 0.9), "{case}, the other way round");
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
    fn which_numbers_there_are() {
        let check = |expected: &[&str], text: &str| assert_eq!(expected, numbers(text), "{text}");
        check(&[], "none.");
        check(&["1,000.50", "2024"], "In 2024, it was 1,000.50.");
        check(&["10:30"], "at 10:30:");
    }
}
