//! The form of a question that is embedded and compared: without what can be written in several ways and means the same.
//!
//! Only what never changes the answer is taken away. Compatibility forms of Unicode stay (`x²` is not `x2`), as do signs
//! that carry meaning (`C++`, `C#`, `.NET`, `-5`, `$20`, `5!`), and "can you" where no courtesy follows, since it may be
//! what is asked.

mod characters;
mod courtesy;
mod contractions;

/// Longest text that is looked at whole, in bytes. Whoever writes more does not repeat somebody's question.
pub(crate) const MAX_BYTES: usize = 4096;

/// Rounds after which a text is taken as it is; each takes something off its ends, so nearly all need two.
const MAX_ROUNDS: usize = 64;

/// A text in one of the ways in which it can be written: lower case, one space, contractions written out, without
/// courtesies and without punctuation at its end. Of a text that is longer than 4,096 bytes, the beginning.
pub fn normalise(text: &str) -> String {
    let mut lower = tidy(text).to_lowercase();
    if !lower.is_ascii() {
        // Lower case may leave letters that are composed otherwise.
        lower = tidy(&lower).to_lowercase();
    }
    lower
}

/// What [`normalise`] gives before it is in lower case, which tells names from words.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidied = contractions::expand(&characters::unify(beginning(text)));
    for _ in 0..MAX_ROUNDS {
        let stripped = courtesy::strip(characters::trim(&tidied));
        if stripped.len() == tidied.len() {
            break;
        }
        // What stood against a courtesy may be a contraction: "what's?thanks".
        tidied = contractions::expand(stripped);
    }
    tidied
}

fn beginning(text: &str) -> &str {
    text.get(..(0..=text.len().min(MAX_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_differently_is_the_same() {
        let check = |name: &str, expected: &str, text: &str| assert_eq!(expected, normalise(text), "{name}");
        check("case", "what is rust", "What is RUST");
        check("spaces", "what is rust", "  what\tis \u{a0} rust\n");
        check("no text", "", " \n");
        check("nothing but punctuation", "", "?!...");
        check("a courtesy alone", "thanks", "Thanks!");
        check("a mark at the end", "what is rust", "What is Rust?!");
        check("typographers' marks", "what is rust's \"edition\"", "What’s Rust’s “edition”…?");
        check("letters of two characters", "caf\u{e9}", "cafe\u{301}");
        check("wide letters", "what is abc", "Ｗhat is ＡＢＣ？");
        check("characters that are not seen", "password", "pass\u{200b}word\u{feff}");
        check("what is", "what is a monad", "What's a monad?");
        check("without the apostrophe", "what is a monad", "whats a monad");
        check("do not", "i do not know", "I don't know");
        check("can not", "i can not", "I cannot");
        check("will not", "it will not start", "It won't start");
        check("a genitive stays", "john's car", "John's car");
        check("please", "close the door", "Please, close the door, please.");
        check("could you please tell me", "what is rust", "Could you please tell me what is Rust?");
        check(
            "courtesies in a row",
            "how to cook rice",
            "Hi there! Could you please tell me how to cook rice? Thanks in advance!",
        );
        check("I would like to know", "how tea is made", "I'd like to know how tea is made");
        check("do you know", "when easter is", "Do you know when Easter is?");
        check("an ability that is asked for", "can you swim", "Can you swim?");
        check("what may be known", "do you know python", "Do you know Python?");
        check("tell me that is no courtesy", "tell me a joke", "Tell me a joke.");
        check("a language", "c++ or c# or .net", "C++ or C# or .NET?");
        check("a fraction and a price", "3.5% of $20", "3.5% of $20?");
        check("a sign", "-5 + 3", "-5 + 3");
        check("a list's dash", "cook rice", "- Cook rice.");
        check("a faculty", "what is 5!", "What is 5!");
        check("a power", "x² + 1", "x² + 1");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(MAX_BYTES - 1, normalise(&"é".repeat(MAX_BYTES)).len() - 1);
        assert_eq!("a", normalise(&format!("a{}", " ".repeat(10_000))));
    }

    proptest! {
        #[test]
        fn once_is_enough(text in "\\PC{0,60}|[a-zA-Z',.?! -]{0,60}|((hi|please|tell me|how|what's|thanks|[,.!?-]|can you) ?){0,12}") {
            let once = normalise(&text);
            prop_assert_eq!(&once, &normalise(&once));
            prop_assert!(once.len() <= 8 * MAX_BYTES);
        }
    }
}
