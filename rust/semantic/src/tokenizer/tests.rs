//! What a text is taken apart into. `tests/test_embedder.py` compares with the teacher's own tokenizer.

use proptest::prelude::*;

use super::*;

const PIECES: [&str; 14] = ["a", "##b", "##bc", "cat", "##s", "cafe", "?", ".", "[", "]", "sep", "中", "文", "i"];

fn taken_apart(text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    Tokenizer::new(&PIECES).unwrap().pieces(text, |piece| {
        found.push(piece.map_or("[UNK]", |number| PIECES[number as usize]));
        ControlFlow::Continue(())
    });
    found
}

#[test]
fn what_texts_are_taken_apart_into() {
    let check = |name: &str, text: &str, expected: &[&str]| assert_eq!(expected, taken_apart(text), "{name}");
    check("nothing", "", &[]);
    check("nothing that is seen", " \t\r\n\u{0}\u{fffd}\u{200b}\u{301}", &[]);
    check("a word", "cat", &["cat"]);
    check("capitals", "CAT", &["cat"]);
    check("a word and its end", "cats", &["cat", "##s"]);
    check("the longest piece goes first", "abc", &["a", "##bc"]);
    check("no way back to a shorter piece", "abcs", &["a", "##bc", "##s"]);
    check("a part that is no piece", "catx", &["[UNK]"]);
    check("a piece that only goes on", "s", &["[UNK]"]);
    check("punctuation is by itself", "cat?cat.", &["cat", "?", "cat", "."]);
    check("accents, in one character and in two", "café cafe\u{301}", &["cafe", "cafe"]);
    check("a capital that is two letters when small", "\u{130}", &["i"]);
    check("characters of Chinese are words", "a中文", &["a", "中", "文"]);
    check("control characters are not there", "c\u{ad}a\u{0}t", &["cat"]);
    check("white space of all kinds", "a\u{a0}a\u{3000}a", &["a", "a", "a"]);
    check("marks of the teacher are text", "[SEP]", &["[", "sep", "]"]);
    check("a hundred characters", &format!("a{}", "b".repeat(99)), &[&["a"][..], &["##b"; 99]].concat());
    check("one more", &format!("a{}", "b".repeat(100)), &["[UNK]"]);
    check("many more", &"ab".repeat(100_000), &["[UNK]"]);
}

#[test]
fn which_vocabularies_there_can_be() {
    let check = |name: &str, expected: bool, pieces: &[&str]| {
        assert_eq!(expected, Tokenizer::new(pieces).is_some(), "{name}");
    };
    check("none", true, &[]);
    check("the same as a beginning and as what goes on", true, &["a", "##a"]);
    check("the marks themselves", true, &["#", "##"]);
    check("the longest", true, &[&"a".repeat(MAX_PIECE)]);
    check("one that is longer", false, &[&"a".repeat(MAX_PIECE + 1)]);
    check("one that is empty", false, &[""]);
    check("the same twice", false, &["a", "b", "a"]);
}

#[test]
fn who_has_had_enough_is_told_no_more() {
    let mut n_found = 0;
    Tokenizer::new(&PIECES).unwrap().pieces(&"cats ".repeat(10), |_| {
        n_found += 1;
        if n_found < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });

    assert_eq!(3, n_found);
}

proptest! {
    #[test]
    fn any_vocabulary_is_found_again(pieces in prop::collection::btree_set("[a-z]{1,8}", 1..200)) {
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let tokenizer = Tokenizer::new(&pieces).unwrap();
        let mut found = Vec::new();
        tokenizer.pieces(&pieces.join(" "), |piece| {
            found.push(piece.map(|number| pieces[number as usize]));
            ControlFlow::Continue(())
        });

        prop_assert_eq!(found, pieces.iter().copied().map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn pieces_of_a_word_are_the_word(word in "a[abcs]{0,20}") {
        let found = taken_apart(&word);

        prop_assert!(found == ["[UNK]"] || found.concat().replace("##", "") == word);
    }

    #[test]
    fn any_text_is_taken_apart(text in any::<String>()) {
        taken_apart(&text);
    }
}
