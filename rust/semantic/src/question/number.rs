//! Numbers in digits and in words, in one spelling.

use crate::lexicon::Sieve;

/// Numbers that stand for themselves.
const SMALL: &[(&str, u32)] = &[
    ("zero", 0),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("twentieth", 20),
    ("once", 1),
    ("twice", 2),
];

/// Numbers that multiply the one before.
const SCALES: &[(&str, f64)] = &[
    ("hundred", 1e2),
    ("thousand", 1e3),
    ("k", 1e3),
    ("lakh", 1e5),
    ("million", 1e6),
    ("mn", 1e6),
    ("crore", 1e7),
    ("billion", 1e9),
    ("bn", 1e9),
    ("trillion", 1e12),
];

const SMALL_SIEVE: Sieve = Sieve::new(SMALL);
const SCALES_SIEVE: Sieve = Sieve::new(SCALES);

/// Reads a number off the beginning of some words in lower case: its spelling, and how many words it takes. "one" is a
/// number only before another or where `counts` says that the word behind it can be counted.
pub(super) fn read(words: &[&str], counts: impl Fn(&str) -> bool) -> Option<(String, usize)> {
    let (&first, rest) = words.split_first()?;
    let next = rest.first().copied().unwrap_or_default();
    if first.trim_start_matches('-').starts_with(|it: char| it.is_ascii_digit()) {
        let plain = first.replace(',', "");
        return Some(match scale(next).and_then(|by| Some(by * plain.parse::<f64>().ok()?)) {
            Some(value) => (format!("{value}"), 2),
            None if matches!(next, "st" | "nd" | "rd" | "th") => (spelling(&plain), 2),
            None => (spelling(&plain), 1),
        });
    }
    let is_one = matches!(first, "one" | "a" | "an") && scale(next).is_some() || first == "one" && counts(next);
    let mut value = if is_one { 1.0 } else { f64::from(small(first)?) };
    let mut n_words = 1;
    let mut whole = 0.0;
    while let Some(&word) = words.get(n_words) {
        if let Some(by) = scale(word).filter(|_| word != "k") {
            value *= by;
            if by > 100.0 {
                whole += value;
                value = 0.0;
            }
        } else if let Some(more) = small(word).filter(|&it| fits(value, it)) {
            value += f64::from(more);
        } else {
            break;
        }
        n_words += 1;
    }
    Some((format!("{}", whole + value), n_words))
}

/// Whether a number goes on with another: "twenty five", "two hundred five", and no "five six".
fn fits(value: f64, more: u32) -> bool {
    let is_open = |power: f64| value % power == 0.0;
    more > 0 && (value == 0.0 || (more < 10 && value >= 20.0 && is_open(10.0)) || (value >= 100.0 && is_open(100.0)))
}

/// Digits without zeros in front. Zeros at the end stay: version 3.10 is not version 3.1.
fn spelling(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |it| ("-", it));
    let short = digits.trim_start_matches('0');
    let zero = if short.starts_with(|it: char| it.is_ascii_digit()) { "" } else { "0" };
    format!("{sign}{zero}{short}")
}

fn small(word: &str) -> Option<u32> {
    find(SMALL, &SMALL_SIEVE, word)
}

fn scale(word: &str) -> Option<f64> {
    find(SCALES, &SCALES_SIEVE, word)
}

fn find<T: Copy>(list: &[(&str, T)], sieve: &Sieve, word: &str) -> Option<T> {
    let list = if sieve.may_have(word) { list } else { &[] };
    list.iter().find(|(it, _)| *it == word).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_number_is() {
        let check = |text: &str, expected: Option<(&str, usize)>| {
            let words: Vec<&str> = text.split(' ').collect();
            let found = read(&words, |word| word == "day");
            assert_eq!(expected, found.as_ref().map(|(number, n_words)| (number.as_str(), *n_words)), "{text}");
        };
        check("20 dollars", Some(("20", 1)));
        check("twenty dollars", Some(("20", 1)));
        check("twenty five years", Some(("25", 2)));
        check("two hundred five", Some(("205", 3)));
        check("three thousand two hundred", Some(("3200", 4)));
        check("five six", Some(("5", 1)));
        check("1,000", Some(("1000", 1)));
        check("5 k", Some(("5000", 2)));
        check("2.5 million", Some(("2500000", 2)));
        check("a million", Some(("1000000", 2)));
        check("3 rd", Some(("3", 2)));
        check("third", Some(("3", 1)));
        check("007", Some(("7", 1)));
        check("0.50", Some(("0.50", 1)));
        check("000", Some(("0", 1)));
        check("3.10", Some(("3.10", 1)));
        check("-5", Some(("-5", 1)));
        check("one day", Some(("1", 1)));
        check("one knows", None);
        check("a day", None);
        check("often", None);
    }
}
