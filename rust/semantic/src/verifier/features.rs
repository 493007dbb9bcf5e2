//! What the trees see of two questions. All is the same whichever question comes first.

use crate::Comparison;
use crate::comparison::Likeness;
use crate::lexicon::{Kind, words};
use crate::question::{Asks, Role, Word, is_any};
use crate::verifier::RARITIES;

/// What is known of a pair, in the order of [`NAMES`].
pub type Features = [f32; FEATURES];

/// How many features there are.
pub const FEATURES: usize = 39;

/// What each feature is, and whether it may only raise (1) or only lower (-1) the probability.
pub const NAMES: [(&str, i8); FEATURES] = [
    ("cosine of the embeddings", 1),
    ("common rarity, share of the question with less of its own", 1),
    ("common rarity, share of the question with more of its own", 1),
    ("common content words, of all", 1),
    ("common words, of all", 1),
    ("common triples of characters", 1),
    ("loose content words, fewer", -1),
    ("loose content words, more", -1),
    ("loose content words, difference", -1),
    ("rarest loose word, rarer side", -1),
    ("rarest loose word, other side", -1),
    ("rarity of loose words", -1),
    ("loose light words", -1),
    ("loose function words", -1),
    ("loose names", -1),
    ("loose numbers, units and dates", -1),
    ("loose words with a restricting role", -1),
    ("loose words of known kind", -1),
    ("pairs that are synonyms", 0),
    ("pairs that are misspellings", 0),
    ("pairs of one origin", 0),
    ("pairs written apart", 0),
    ("pairs out of order, share", -1),
    ("pairs with another role, share", -1),
    ("longest run of pairs, share", 1),
    ("words of the shorter question", 0),
    ("content words of the shorter question", 0),
    ("words, shorter over longer", 0),
    ("characters, shorter over longer", 0),
    ("the same is asked for", 1),
    ("a question word against another", -1),
    ("first content words are a pair", 1),
    ("last content words are a pair", 1),
    ("loose modal verbs", -1),
    ("loose pronouns", -1),
    ("loose words of tense", -1),
    ("loose words of degree", -1),
    ("difference in negations", -1),
    ("common content words", 0),
];

const MODALS: &[u64] = words!["can", "could", "may", "might", "must", "should", "ought", "will", "shall", "would"];
const PRONOUNS: &[u64] = words![
    "i", "me", "my", "you", "your", "he", "him", "his", "she", "her", "we", "us", "our", "they", "them", "their"
];
const TENSES: &[u64] = words!["was", "were", "did", "had", "will", "been", "going", "is", "are", "does", "do"];
const DEGREES: &[u64] = words![
    "more", "most", "less", "least", "very", "too", "only", "all", "every", "some", "few", "many", "much", "best",
    "better", "first", "last", "always", "ever", "still",
];

/// The row of a class in the table of rarities.
pub(super) fn row(class: u64) -> usize {
    usize::try_from((class ^ (class >> 29)) % RARITIES as u64).unwrap_or_default()
}

/// Looks at two questions whose embeddings have this cosine.
pub(super) fn of(comparison: &Comparison<'_>, cosine: f32, rarities: &[u8]) -> Features {
    let rarity = |word: &Word| {
        let weight = rarities.get(row(word.class)).map_or(0.0, |it| f32::from(*it) / 16.0);
        // A number or a name is as rare as can be, whatever was counted.
        if word.kind == Kind::Number || word.is_name { weight.max(6.0) } else { weight }
    };
    let [left, right] = comparison.questions;
    let sides = [left, right].map(|it| Side::of(it.words(), rarity));
    let mut common = [0.0; 2];
    let mut pairs = Pairs::default();
    let mut content_pairs = 0.0;
    let mut last_at = None;
    for pair in comparison.pairs() {
        let worth = match pair.likeness {
            Likeness::Same | Likeness::Compound => 1.0,
            Likeness::Synonym => 0.9,
            Likeness::Typo => 0.8,
            Likeness::Kin => 0.6,
        };
        if weighs(pair.words.0) && weighs(pair.words.1) {
            content_pairs += worth;
            common[0] += worth * rarity(pair.words.0);
            common[1] += worth * rarity(pair.words.1);
        }
        pairs.see(&pair.words, pair.likeness, pair.at.1, last_at);
        last_at = Some(pair.at);
        pairs.run = if pairs.is_next { pairs.run + 1.0 } else { 1.0 };
        pairs.longest = pairs.longest.max(pairs.run);
    }
    let shares = [share(common[0], sides[0].rarity), share(common[1], sides[1].rarity)];
    let loose = [0, 1].map(|side| {
        comparison.loose(side).map(|(_, word)| word).filter(|word| weighs(word)).fold(
            (0.0_f32, 0.0_f32, 0.0_f32),
            |(n, rarest, sum), word| {
                let rarity = rarity(word);
                (n + 1.0, rarest.max(rarity), sum + rarity)
            },
        )
    });
    let mut all_loose = Loose::default();
    comparison.all_loose().for_each(|word| all_loose.see(word));
    let n_words = [left, right].map(|it| number(it.words().len()));
    let n_content = sides.each_ref().map(|it| it.n);
    let n_bytes = [left, right].map(|it| number(it.text().len()));
    let asks = [left.asks(), right.asks()];
    let are_pair = |ends: [Option<usize>; 2]| match ends {
        [Some(at), Some(to)] => f32::from(comparison.counterpart(at) == Some(to)),
        [one, other] => f32::from(one == other),
    };
    [
        cosine,
        shares[0].min(shares[1]),
        shares[0].max(shares[1]),
        share(2.0 * content_pairs, n_content[0] + n_content[1]),
        share(2.0 * pairs.n, n_words[0] + n_words[1]),
        left.likeness(right),
        loose[0].0.min(loose[1].0),
        loose[0].0.max(loose[1].0),
        (loose[0].0 - loose[1].0).abs(),
        loose[0].1.max(loose[1].1),
        loose[0].1.min(loose[1].1),
        loose[0].2 + loose[1].2,
        all_loose.light,
        all_loose.function,
        all_loose.names,
        all_loose.measures,
        all_loose.restricting,
        all_loose.of_known_kind,
        pairs.synonyms,
        pairs.typos,
        pairs.kin,
        pairs.compounds,
        share(pairs.reversed, pairs.n),
        share(pairs.others, pairs.n),
        share(pairs.longest, n_words[0].max(n_words[1])),
        n_words[0].min(n_words[1]),
        n_content[0].min(n_content[1]),
        share(n_words[0].min(n_words[1]), n_words[0].max(n_words[1])),
        share(n_bytes[0].min(n_bytes[1]), n_bytes[0].max(n_bytes[1])),
        f32::from(asks[0] == asks[1]),
        f32::from(asks[0] != asks[1] && asks.iter().all(|it| *it > Asks::Unsaid)),
        are_pair(sides.each_ref().map(|it| it.first)),
        are_pair(sides.each_ref().map(|it| it.last)),
        all_loose.modals,
        all_loose.pronouns,
        all_loose.tenses,
        all_loose.degrees,
        (number(left.negated().count()) - number(right.negated().count())).abs(),
        content_pairs,
    ]
}

/// Whether it says what the question is about.
fn weighs(word: &Word) -> bool {
    word.kind > Kind::Light && word.kind != Kind::Symbol
}

/// What one question has of words that weigh.
#[derive(Default)]
struct Side {
    n: f32,
    rarity: f32,
    first: Option<usize>,
    last: Option<usize>,
}

impl Side {
    fn of(words: &[Word], rarity: impl Fn(&Word) -> f32) -> Self {
        let mut side = Self::default();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| weighs(word)) {
            side.n += 1.0;
            side.rarity += rarity(word);
            side.first = side.first.or(Some(at));
            side.last = Some(at);
        }
        side
    }
}

/// What is counted of words without counterpart.
#[derive(Default)]
struct Loose {
    light: f32,
    function: f32,
    names: f32,
    measures: f32,
    restricting: f32,
    of_known_kind: f32,
    modals: f32,
    pronouns: f32,
    tenses: f32,
    degrees: f32,
}

impl Loose {
    fn see(&mut self, word: &Word) {
        let is_measure = matches!(word.kind, Kind::Number | Kind::Unit | Kind::Date | Kind::Symbol);
        let is_restricting = word.is_content() && !matches!(word.role, Role::Free | Role::Of | Role::Joined);
        self.light += f32::from(word.kind == Kind::Light);
        self.function += f32::from(word.kind == Kind::Function);
        self.names += f32::from(word.is_name);
        self.measures += f32::from(is_measure);
        self.restricting += f32::from(is_restricting);
        self.of_known_kind += f32::from(word.family != 0);
        self.modals += f32::from(is_any(word, MODALS));
        self.pronouns += f32::from(is_any(word, PRONOUNS));
        self.tenses += f32::from(is_any(word, TENSES));
        self.degrees += f32::from(is_any(word, DEGREES));
    }
}

/// What is counted of pairs.
#[derive(Default)]
struct Pairs {
    n: f32,
    synonyms: f32,
    typos: f32,
    kin: f32,
    compounds: f32,
    reversed: f32,
    others: f32,
    is_next: bool,
    run: f32,
    longest: f32,
}

impl Pairs {
    fn see(&mut self, words: &(&Word, &Word), likeness: Likeness, to: usize, last: Option<(usize, usize)>) {
        self.n += 1.0;
        match likeness {
            Likeness::Same => {}
            Likeness::Synonym => self.synonyms += 1.0,
            Likeness::Typo => self.typos += 1.0,
            Likeness::Kin => self.kin += 1.0,
            Likeness::Compound => self.compounds += 1.0,
        }
        self.reversed += f32::from(last.is_some_and(|(_, before)| before > to));
        self.others += f32::from(words.0.is_content() && words.0.role != words.1.role);
        self.is_next = last.is_some_and(|(_, before)| before + 1 == to);
    }
}

/// A part of a whole; all of nothing.
fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 1.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words and bytes of a short text")]
fn number(count: usize) -> f32 {
    count as f32
}
