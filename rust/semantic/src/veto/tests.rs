//! Each family's table: pairs that it must refuse, by that veto, and pairs that nothing may refuse.

use proptest::prelude::*;

use crate::{Comparison, Question, Veto};

fn veto(asked: &str, stored: &str) -> Option<Veto> {
    Comparison::between(&Question::new(asked), &Question::new(stored)).veto()
}

/// Checks the lines of a table, `veto | asked | stored`; `-` is none.
fn check(table: &str, rows_at_least: usize) {
    let rows: Vec<&str> = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut wrong = Vec::new();
    for row in &rows {
        let [expected, asked, stored] = row.split(" | ").collect::<Vec<_>>()[..] else { panic!("no row: {row}") };
        let word = |found: Option<Veto>| found.map_or("-", Veto::word);
        let (found, other_way) = (veto(asked, stored), veto(stored, asked));
        if word(found) != expected || found != other_way {
            wrong.push(format!("{row}: {} and {}", word(found), word(other_way)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for is_refused in [true, false] {
        let n_rows = rows.iter().filter(|row| row.starts_with('-') != is_refused).count();
        assert!(n_rows >= rows_at_least, "{n_rows} rows where refused is {is_refused}");
    }
}

#[test]
fn languages() {
    check(include_str!("tables/language.txt"), 13);
}

#[test]
fn what_is_asked_for() {
    check(include_str!("tables/asks.txt"), 25);
}

#[test]
fn numbers_units_and_versions() {
    check(include_str!("tables/number.txt"), 25);
}

#[test]
fn dates() {
    check(include_str!("tables/date.txt"), 13);
}

#[test]
fn negations() {
    check(include_str!("tables/negation.txt"), 25);
}

#[test]
fn antonyms() {
    check(include_str!("tables/antonym.txt"), 25);
}

#[test]
fn names_and_kinds() {
    check(include_str!("tables/name.txt"), 25);
}

#[test]
fn reversals() {
    check(include_str!("tables/reversal.txt"), 25);
}

#[test]
fn scopes() {
    check(include_str!("tables/scope.txt"), 25);
}

#[test]
fn what_is_too_long_is_not_compared() {
    let long = "word ".repeat(200);

    assert_eq!(Some(Veto::Length), veto(&long, &long));
    assert_eq!(Some(Veto::Length), veto(&"a".repeat(5_000), "a"));
    assert_eq!(None, veto("", ""));
}

const SENTENCE: &str = "((Paris|london|not|never|2|3.5|two|to|from|than|is|How|why|PDF|word|for|students|without|dogs|hot|cold|the|and|\
                     better|ran|running|visit|in|May|last|year|kg|Möbius|你|\\+|C\\+\\+|can|not|reset|password) ?){0,12}";

proptest! {
    #[test]
    fn any_text_is_compared(asked in "\\PC{0,80}", stored in "\\PC{0,80}") {
        prop_assert_eq!(veto(&asked, &stored), veto(&stored, &asked));
    }

    #[test]
    fn an_equal_question_is_never_vetoed(asked in "\\PC{0,80}") {
        prop_assert_eq!(None, veto(&asked, &asked));
        prop_assert_eq!(None, veto(&asked, &format!("  {asked} ")));
    }

    #[test]
    fn who_asked_first_makes_no_difference(asked in SENTENCE, stored in SENTENCE) {
        prop_assert_eq!(veto(&asked, &stored), veto(&stored, &asked));
        prop_assert_eq!(None, veto(&asked, &asked));
    }
}
