//! Features, weights files, learning; and that no text makes the classifier fail.

use proptest::prelude::*;

use super::fit::{Example, Fitted, Options, WIDTH};
use super::tokens::{Kind, Tokens};
use super::*;

const CODE: &str = "Write a Python function that checks if a string is a palindrome.";

#[test]
fn text_is_cut_into_tokens() {
    use Kind::{Line, Mark, Number, Wide, Word};
    #[track_caller]
    fn check(text: &str, expected: &[(Kind, usize)]) {
        let found: Vec<_> = Tokens::new(text).map(|token| (token.kind, token.n_bytes)).collect();

        assert_eq!(found, expected);
    }

    check("", &[]);
    check(" \t ", &[]);
    check("Don't stop", &[(Word, 5), (Word, 4)]);
    check("v2.10", &[(Word, 1), (Number, 1), (Mark, 1), (Number, 2)]);
    check("```py", &[(Mark, 3), (Word, 2)]);
    check("a\n\n  b", &[(Word, 1), (Line, 4), (Word, 1)]);
    check("écrire übung", &[(Word, 7), (Word, 6)]);
    check("привет", &[(Word, 12)]);
    check("春天", &[(Wide, 3), (Wide, 3)]);
    check("ok 👍", &[(Word, 2), (Wide, 4)]);
    check("“quoted”", &[(Wide, 3), (Word, 6), (Wide, 3)]);
}

#[test]
fn what_words_have_in_common_is_seen() {
    #[track_caller]
    fn check(one: &str, other: &str, shares_word: bool, shares_stem: bool) {
        let [one, other] = [one, other].map(|text| Tokens::new(text).next().unwrap());

        assert_eq!(one.hash == other.hash, shares_word);
        assert_eq!(one.stem.is_some() && one.stem == other.stem, shares_stem);
    }

    check("Write", "write", true, false);
    check("ÉCRIRE", "écrire", true, true);
    check("summarise", "summary", false, true);
    check("12", "97", true, false);
    check("12", "970", false, false);
    check("100000", "123456789", true, false);
    check("---", "-", false, false);
}

#[test]
fn features_are_those_that_weights_were_learned_with() {
    #[track_caller]
    fn check(text: &str, n: usize, sum: u32) {
        let found: Vec<_> = Features::of(text).values().collect();
        let rows = found.iter().map(|&(row, value)| u32::try_from(row).unwrap() * if value < 0.0 { 3 } else { 1 });

        assert_eq!((found.len(), rows.fold(0, u32::wrapping_add)), (n, sum));
        assert!(found.iter().all(|&(row, _)| row < ROWS));
    }

    // Other numbers mean that weights must be learned anew: `python -m tiercel.training`.
    check("", 16, 526_208);
    check("hi", 21, 640_899);
    check(CODE, 72, 2_087_362);
    check("Résume ce texte :\n\n- un\n- deux", 63, 1_966_037);
    check("写一首关于春天的诗", 55, 2_110_002);
}

#[test]
fn the_shipped_weights_know_plain_cases() {
    #[track_caller]
    fn check(text: &str, task: Option<&str>) {
        let classified = Classifier::shipped().classify(text);

        assert_eq!(classified.task.as_deref(), task, "{classified:?}");
    }

    check("", None);
    check(CODE, Some("code"));
    check("Solve for x: 4x - 3 = 21", Some("math"));
    check("hello, how are you?", Some("chat_command"));
    check("Who wrote War and Peace?", Some("knowledge_qa"));
    check("Write a short story about a lost umbrella.", Some("creative_writing"));
    check("Translate to Spanish: Where is the station?", Some("rewrite"));
    check("What are the pros and cons of working at night?", Some("open_ended"));
}

#[test]
fn only_the_head_and_the_tail_are_looked_at() {
    let classifier = Classifier::shipped();
    let long = |middle: &str| format!("{}{}{}", "a b ".repeat(375), middle.repeat(5_000), "c d ".repeat(125));

    let [one, other] = ["x1y ", "?\n!"].map(|middle| classifier.classify(&long(middle)));

    // The length in bytes is seen in powers of two.
    assert_eq!(one.confidence.to_bits(), other.confidence.to_bits());
}

#[test]
fn damaged_weights_are_refused() {
    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let error = Classifier::read(bytes).unwrap_err().to_string();

        assert!(error.contains(expected), "{error}");
    }
    let bytes = Classifier::shipped().write();
    let mut flipped = bytes.clone();
    flipped[1_000] ^= 1;

    check(b"", "no file of classifier weights");
    check(b"PK\x03\x04", "no file of classifier weights");
    check(&bytes[..bytes.len() - 1], "damaged or cut off");
    check(&bytes[..30], "damaged or cut off");
    check(&flipped, "damaged or cut off");
    check(&signed(b"tiercel classifier 1\n"), "end too early");
    check(&signed(b"tiercel classifier 1\n\x01a\x00"), "1 to 15 labels, not 0");
    check(&signed(b"tiercel classifier 1\n\x01a\x02\x01b\x01b"), "\"b\" is there twice");
    check(&signed(b"tiercel classifier 1\n\x01\xff"), "no UTF-8");
    check(&signed(&[b"tiercel classifier 1\n\x01a\x01\x01b".as_slice(), &[0xff; 4]].concat()), "not finite");
    check(&signed(&[b"tiercel classifier 1\n\x01a\x01\x01b".as_slice(), &[0; 20]].concat()), "there are 0 weights");
}

#[test]
fn labels_are_checked() {
    #[track_caller]
    fn check(labels: &[&str], expected: &str) {
        let cheap = Cheap::Of(Classifier::shipped());
        let error = Classifier::build("name", labels, &Fitted::empty(), 1.0, 0.0, cheap).unwrap_err();

        assert!(error.to_string().contains(expected), "{error}");
    }

    check(&[], "1 to 15 labels, not 0");
    check(&["a"; 16], "1 to 15 labels, not 16");
    check(&["a", "b", "a"], "\"a\" is there twice");
    check(&["a", ""], "1 to 64 bytes, not 0");
}

#[test]
fn what_was_learned_is_told_apart_and_survives_rounding_and_writing() {
    let examples: Vec<_> = ["red apples", "green pears", "fast cars", "slow trains"]
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let mut target = [0.0; WIDTH];
            target[at / 2] = 1.0;
            Example { features: Features::of(text), target, weight: 1.0 }
        })
        .collect();
    let options = Options { n_columns: 2, n_epochs: 20, rate: 0.1, decay: 0.0, dropout: 0.2, seed: 7 };
    let mut fitted = Fitted::empty();
    fitted.learn(&examples, &options);
    let mut again = Fitted::empty();
    again.learn(&examples, &options);
    let cheap = Cheap::Of(Classifier::shipped());

    let built = Classifier::build("test", &["fruit", "vehicle"], &fitted, 1.0, 0.5, cheap).unwrap();
    let read = Classifier::read(&built.write()).unwrap();

    assert_eq!(fitted.weights, again.weights);
    assert_eq!((read.name(), read.min_confidence()), ("test", 0.5));
    for (text, expected) in [("red pears", "fruit"), ("slow cars", "vehicle")] {
        assert_eq!(read.classify(text), built.classify(text));
        assert_eq!(read.classify(text).task.as_deref(), Some(expected));
        assert_eq!(read.p_cheap(text).to_bits(), Classifier::shipped().p_cheap(text).to_bits());
        let exact = softmax(&fitted.scores(&Features::of(text)), 2);
        assert!((exact[0] - read.classify(text).probabilities()[0]).abs() < 0.02);
    }
}

proptest! {
    #[test]
    fn any_text_gets_probabilities(text in proptest::collection::vec(any::<char>(), 0..80), times in 1..200_usize) {
        let text = String::from_iter(text);
        let classified = Classifier::shipped().classify(&text.repeat(times));

        prop_assert_eq!(classified.probabilities().len(), Classifier::shipped().labels().len());
        prop_assert!((classified.probabilities().iter().sum::<f32>() - 1.0).abs() < 1e-4);
        prop_assert!((0.0..=1.0).contains(&classified.p_cheap));
    }

    #[test]
    fn no_bytes_make_reading_fail_otherwise_than_by_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let content = [b"tiercel classifier 1\n".as_slice(), &bytes].concat();

        prop_assert!(Classifier::read(&signed(&content)).is_err());
    }
}

/// The content with the checksum that belongs to it.
fn signed(content: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    [content, &Sha256::digest(content)].concat()
}
