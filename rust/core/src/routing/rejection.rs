//! Whether a user is not content with an answer.
//!
//! # Why so few phrases
//! Who is taken for discontent gets a dearer model. A phrase is in the table only where hardly anybody says it for
//! another reason, and counts only in a short message and at its beginning: in a long one it may be a quotation.

/// Bytes of the longest message in which a phrase counts.
const MAX_MESSAGE: usize = 200;
/// Bytes of the shortest question that counts as asked again: "yes" twice is no complaint.
const MIN_REPEATED: usize = 12;

/// How messages begin that reject an answer, in lower case.
const REJECTIONS: &[&str] = &[
    "that's wrong",
    "thats wrong",
    "that is wrong",
    "this is wrong",
    "that's not right",
    "that is not right",
    "this is not right",
    "that's incorrect",
    "that is incorrect",
    "this is incorrect",
    "your answer is wrong",
    "you are wrong",
    "you're wrong",
    "wrong answer",
    "that's not what i asked",
    "that is not what i asked",
    "not what i asked",
    "this doesn't work",
    "this does not work",
    "that doesn't work",
    "that does not work",
    "it still doesn't work",
    "still doesn't work",
    "try again",
    "das ist falsch",
    "das stimmt nicht",
    "c'est faux",
    "ce n'est pas correct",
    "eso es incorrecto",
    "está mal",
    "isso está errado",
    "यह गलत है",
    "ये गलत है",
    "yeh galat hai",
    "ye galat hai",
];

/// Why a user seems not to be content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discontent {
    /// The same was asked again.
    Repeated,
    /// The answer was said to be wrong.
    Rejected,
}

/// What a user's message says of the answer to the one before.
pub(super) fn discontent(text: &str, previous: Option<&str>) -> Option<Discontent> {
    let text = text.trim();
    if text.len() <= MAX_MESSAGE {
        let text = text.to_lowercase();
        let text = text.trim_start_matches(|it: char| !it.is_alphanumeric()).replace('\u{2019}', "'");
        let text = text.strip_prefix("no, ").unwrap_or(&text);
        if REJECTIONS.iter().any(|phrase| text.strip_prefix(phrase).is_some_and(is_end)) {
            return Some(Discontent::Rejected);
        }
    }
    let is_same = |previous: &str| text.len() >= MIN_REPEATED && words(text).eq(words(previous));
    previous.is_some_and(is_same).then_some(Discontent::Repeated)
}

/// Whether a phrase ends there, and not within a word.
fn is_end(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_content() {
        let check = |text: &str, previous, expected| assert_eq!(expected, discontent(text, previous), "{text}");
        check("That's wrong.", None, Some(Discontent::Rejected));
        check("That\u{2019}s wrong, 7 is prime", None, Some(Discontent::Rejected));
        check("No, that is not what I asked for!", None, Some(Discontent::Rejected));
        check("try again", None, Some(Discontent::Rejected));
        check("Das stimmt nicht", None, Some(Discontent::Rejected));
        check("यह गलत है", None, Some(Discontent::Rejected));
        check("Try against a local server", None, None);
        check("What does \"that's wrong\" mean in French?", None, None);
        check(&format!("That's wrong is a phrase. {}", "x".repeat(200)), None, None);
        check("Thanks!", None, None);
        check("", None, None);

        let asked = Some("How do I get a refund?");
        check("how do i get a refund", asked, Some(Discontent::Repeated));
        check("How do I get a refund?", asked, Some(Discontent::Repeated));
        check("How do I get a rebate?", asked, None);
        check("yes", Some("yes"), None);
    }
}
