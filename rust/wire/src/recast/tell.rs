//! The events that say what an answer says.

use crate::chat::{Answer, Choice, Content, Event};

/// Bytes of a text that go into one event, but for the rest of a character: well below what readers hold of an event,
/// and more than most answers have, so that a text is nearly always one event.
const MAX_PIECE: usize = 16 * 1024;

/// Hands them to `sink`, each choice after the one before. Calls and media are not among them.
pub(super) fn tell(answer: &Answer<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    sink(Event::Start { id: &answer.id, model: &answer.model });
    for (number, choice) in (0..).zip(&answer.choices) {
        tell_choice(number, choice, sink);
    }
    answer.usage.into_iter().for_each(|usage| sink(Event::Usage(usage)));
    sink(Event::End);
}

fn tell_choice(choice: u32, answer: &Choice<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    let mut logprobs = answer.logprobs.as_deref();
    for part in &answer.parts {
        match &part.content {
            Content::Text(whole) => {
                logprobs.take().into_iter().for_each(|json| sink(Event::Logprobs { choice, json }));
                pieces(whole, |text| sink(Event::Text { choice, text }));
            }
            Content::Refusal(whole) => {
                logprobs.take().into_iter().for_each(|json| sink(Event::Logprobs { choice, json }));
                pieces(whole, |text| sink(Event::Refusal { choice, text }));
            }
            Content::Thought { text: whole, signature } => {
                pieces(whole, |text| sink(Event::Thought { choice, text }));
                if let Some(signature) = signature.clone() {
                    sink(Event::ThoughtSignature { choice, signature });
                }
            }
            Content::RedactedThought(signature) => {
                sink(Event::RedactedThought { choice, signature: signature.clone() });
            }
            Content::Call(_)
            | Content::Image(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Result { .. } => {}
        }
    }
    if let Some(json) = logprobs {
        sink(Event::Logprobs { choice, json });
    }
    sink(Event::Finish { choice, finish: answer.finish.clone() });
}

fn pieces(text: &str, mut push: impl FnMut(&str)) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = (MAX_PIECE..rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        let (piece, others) = rest.split_at(end);
        push(piece);
        rest = others;
    }
}
