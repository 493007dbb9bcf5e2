//! What a question asks for: a reason, a place, a number.

use super::{Word, is_any};
use crate::lexicon::{Kind, words};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asks {
    /// Nothing by a question word: a command, some keywords.
    Unsaid,
    /// Whether something is so.
    Whether,
    /// What or which.
    What,
    /// How something is done, or is.
    How,
    /// The reason.
    Why,
    /// The time.
    When,
    /// The place.
    Where,
    /// The person.
    Who,
    /// The number of things.
    HowMany,
    /// The amount or the price.
    HowMuch,
    /// The time that it takes.
    HowLong,
    /// How many times.
    HowOften,
    /// The age.
    HowOld,
    /// The distance.
    HowFar,
}

impl Asks {
    /// What stands behind an opening is not looked at: "a restaurant where they sing" is no place that is asked for.
    pub(super) fn of(text: &str, words: &[Word]) -> Self {
        let letters = |at: usize| words.get(at).and_then(|it| text.get(it.range())).unwrap_or_default();
        if matches!(
            letters(0),
            "is" | "are"
                | "was"
                | "were"
                | "am"
                | "do"
                | "does"
                | "did"
                | "can"
                | "could"
                | "will"
                | "would"
                | "should"
                | "shall"
                | "has"
                | "have"
                | "had"
                | "may"
                | "might"
                | "must"
                | "whether"
                | "if"
        ) {
            // "Is there a way to" asks for the way.
            let is_way =
                letters(1) == "there" && words.iter().take(6).any(|it| is_any(it, words!["way", "ways", "method"]));
            return if is_way { Self::How } else { Self::Whether };
        }
        let opens =
            |at: usize| at == 0 || words.get(at - 1).is_some_and(|it| matches!(it.kind, Kind::Function | Kind::Light));
        let is_clause = |at: usize| {
            let before = words.get(at).and_then(|it| text.get(..it.range().start)).unwrap_or_default().trim_end();
            before.ends_with([',', '.', '?', '!', ':', ';'])
        };
        let n_words = words.len();
        let found = (0..n_words).find(|&at| {
            matches!(letters(at), "what" | "which" | "who" | "whom" | "whose" | "when" | "where" | "why" | "how")
                && ((at < 4 && opens(at)) || is_clause(at) || (at + 1 == n_words && at < 4))
        });
        let Some(at) = found else { return Self::Unsaid };
        let next = letters(at + 1);
        match letters(at) {
            "why" => Self::Why,
            "when" => Self::When,
            "where" => Self::Where,
            "who" | "whom" | "whose" => Self::Who,
            "how" => match next {
                "many" => Self::HowMany,
                "much" if letters(at + 2) == "time" => Self::HowLong,
                "much" => Self::HowMuch,
                "long" => Self::HowLong,
                "often" | "frequently" => Self::HowOften,
                "old" => Self::HowOld,
                "far" => Self::HowFar,
                "come" => Self::Why,
                _ => Self::How,
            },
            _ => noun(words.get(at + 1..).unwrap_or_default()),
        }
    }

    /// Whether two questions cannot have the same answer for what they ask for.
    pub(crate) fn differs(self, other: Self) -> bool {
        match (self.min(other), self.max(other)) {
            (first, last) if first == last => false,
            // A way, a place or a person may be asked for with "what" as well, and a way by asking whether there is one.
            (Self::Unsaid, _) | (Self::Whether, Self::What | Self::How) => false,
            (Self::What, last) => matches!(last, Self::Why | Self::When),
            _ => true,
        }
    }
}

/// What is asked for by "what" or "which" and the words behind.
fn noun(words: &[Word]) -> Asks {
    let is_way =
        |word: &Word| is_any(word, words!["way", "ways", "method", "methods", "steps", "procedure", "process"]);
    if words.iter().take(5).any(is_way) {
        return Asks::How;
    }
    let Some(word) = words.iter().find(|it| it.kind > Kind::Light) else { return Asks::What };
    let named: [(&[u64], Asks); 7] = [
        (words!["reason", "reasons", "cause", "causes", "caused"], Asks::Why),
        (words!["time", "date", "year", "day", "month"], Asks::When),
        (words!["place", "location", "city", "country"], Asks::Where),
        (words!["price", "cost", "amount"], Asks::HowMuch),
        (words!["number"], Asks::HowMany),
        (words!["age"], Asks::HowOld),
        (words!["distance"], Asks::HowFar),
    ];
    named.iter().find(|(list, _)| is_any(word, list)).map_or(Asks::What, |(_, asks)| *asks)
}
