//! An answer that is put together from the events of a stream.

use std::borrow::Cow;

use super::tell::tell;
use crate::Usage;
use crate::chat::{Answer, Choice, Content, Event, Finish, Part, Signature};
use crate::json::{Object, Shape, on_one_line};

/// Choices of an answer: OpenAI's bound on `n`.
const MAX_CHOICES: usize = 128;

/// What has come so far.
#[derive(Default)]
pub(super) struct Gathering {
    id: String,
    model: String,
    /// By number.
    choices: Vec<Gathered>,
    usage: Option<Usage>,
    is_whole: bool,
    /// There was a call, or a choice too many.
    has_more: bool,
}

#[derive(Default)]
struct Gathered {
    parts: Vec<Part<'static>>,
    finish: Option<Finish>,
    /// The elements of either list of `logprobs`, where there is one, with commas between them.
    logprobs: [Option<String>; 2],
}

/// The lists that OpenAI's `logprobs` object has.
const LISTS: [&str; 2] = ["content", "refusal"];

impl Gathering {
    /// The answer as its own events say it: what came in pieces and what came whole can so be compared.
    pub(super) fn again(answer: &Answer<'_>) -> Option<Answer<'static>> {
        let has_calls = |choice: &Choice<'_>| choice.parts.iter().any(|part| matches!(part.content, Content::Call(_)));
        let mut gathering = Self { has_more: answer.choices.iter().any(has_calls), ..Self::default() };
        tell(answer, &mut |event| gathering.take(event));
        gathering.finish()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start { id, model } => {
                id.clone_into(&mut self.id);
                model.clone_into(&mut self.model);
            }
            Event::Text { choice, text } => self.choice(choice).text(text),
            Event::Refusal { choice, text } => self.choice(choice).refusal(text),
            Event::Thought { choice, text } => self.choice(choice).thought(text),
            Event::ThoughtSignature { choice, signature } => self.choice(choice).sign(own(signature)),
            Event::RedactedThought { choice, signature } => {
                self.choice(choice).parts.push(Part::new(Content::RedactedThought(own(signature))));
            }
            Event::CallStart { .. } | Event::CallArguments { .. } => self.has_more = true,
            Event::Logprobs { choice, json } => self.choice(choice).logprobs(json),
            Event::Finish { choice, finish } => self.choice(choice).finish = Some(finish),
            // Some servers close with a usage of zeros; an earlier report is then the better one.
            Event::Usage(usage) if !usage.is_zero() => self.usage = Some(usage),
            Event::Usage(_) => {}
            Event::End => self.is_whole = true,
        }
    }

    /// The answer; `None` where it is not whole, or more than an answer here can be.
    pub(super) fn finish(self) -> Option<Answer<'static>> {
        if !self.is_whole || self.has_more || self.choices.is_empty() {
            return None;
        }
        let choices: Option<_> = self.choices.into_iter().map(Gathered::finish).collect();
        Some(Answer { id: self.id.into(), model: self.model.into(), choices: choices?, usage: self.usage })
    }

    fn choice(&mut self, number: u32) -> &mut Gathered {
        let place = (number as usize).min(MAX_CHOICES - 1);
        self.has_more |= place != number as usize;
        if self.choices.len() <= place {
            self.choices.resize_with(place + 1, Gathered::default);
        }
        &mut self.choices[place]
    }
}

impl Gathered {
    fn text(&mut self, text: &str) {
        match self.parts.last_mut().map(|part| &mut part.content) {
            _ if text.is_empty() => {}
            Some(Content::Text(start)) => start.to_mut().push_str(text),
            _ => self.parts.push(Part::text(text.to_owned())),
        }
    }

    fn refusal(&mut self, text: &str) {
        match self.parts.last_mut().map(|part| &mut part.content) {
            _ if text.is_empty() => {}
            Some(Content::Refusal(start)) => start.to_mut().push_str(text),
            _ => self.parts.push(Part::new(Content::Refusal(text.to_owned().into()))),
        }
    }

    fn thought(&mut self, text: &str) {
        match self.parts.last_mut().map(|part| &mut part.content) {
            _ if text.is_empty() => {}
            Some(Content::Thought { text: start, signature: None }) => start.to_mut().push_str(text),
            _ => self.parts.push(Part::new(Content::Thought { text: text.to_owned().into(), signature: None })),
        }
    }

    /// Signs the thought before, or where that is signed or none a thought of which nothing is shown.
    fn sign(&mut self, made: Signature<'static>) {
        match self.parts.last_mut().map(|part| &mut part.content) {
            Some(Content::Thought { signature: signature @ None, .. }) => *signature = Some(made),
            _ => self.parts.push(Part::new(Content::Thought { text: "".into(), signature: Some(made) })),
        }
    }

    fn logprobs(&mut self, json: &str) {
        let Ok(object) = Object::parse(json) else { return };
        for (key, list) in LISTS.into_iter().zip(&mut self.logprobs) {
            if object.get(key).is_some_and(|value| value.shape() == Shape::Array) {
                let list = list.get_or_insert_default();
                for element in object.array(key) {
                    list.push_str(if list.is_empty() { "" } else { "," });
                    list.push_str(&on_one_line(element.text()));
                }
            }
        }
    }

    fn finish(self) -> Option<Choice<'static>> {
        let has_logprobs = self.logprobs.iter().any(Option::is_some);
        let [content, refusal] =
            self.logprobs.map(|list| list.map_or("null".to_owned(), |elements| ["[", &elements, "]"].concat()));
        let logprobs = has_logprobs.then(|| format!(r#"{{"content":{content},"refusal":{refusal}}}"#));
        Some(Choice { parts: self.parts, finish: self.finish?, logprobs: logprobs.map(Cow::Owned) })
    }
}

fn own(signature: Signature<'_>) -> Signature<'static> {
    Signature::new(signature.made_by, signature.text.into_owned())
}
