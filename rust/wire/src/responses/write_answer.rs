//! Writes an answer that came whole.

use std::borrow::Cow;

use super::item::{Item, Kind};
use super::read_item;
use super::response::{Progress, Response};
use super::signature;
use crate::chat::{Answer, Choice, Content, Finish};
use crate::json::{Object, Value, on_one_line, write_object};
use crate::translation::Context;

/// The body for the client. Of several choices it is the first: this dialect has one.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let mut response = Response::new(context);
    response.name(&answer.id, &answer.model);
    let choice = answer.choices.first();
    let items = choice.map(|choice| items(choice, context.id)).unwrap_or_default();
    let finish = choice.map_or(&Finish::Stop, |choice| &choice.finish);
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |object| response.write(Progress::Ended(finish, answer.usage), &items, object));
    output
}

fn items<'a>(choice: &'a Choice<'_>, request_id: &str) -> Vec<Item<'a>> {
    let mut items: Vec<Item<'a>> = Vec::new();
    let mut push = |kind, text: &'a str| match (items.last_mut(), &kind) {
        (Some(Item { kind: Kind::Text, text: said, .. }), Kind::Text) => said.to_mut().push_str(text),
        _ => items.push(Item::new(kind, Cow::Borrowed(text), items.len(), request_id)),
    };
    for part in &choice.parts {
        match &part.content {
            Content::Text(text) => push(Kind::Text, text),
            Content::Refusal(text) => push(Kind::Refusal, text),
            Content::Thought { text, signature } => {
                push(Kind::Thought(signature::of_thought(signature.as_ref())), text);
            }
            Content::RedactedThought(signature) => {
                push(Kind::SealedThought(signature::of_thought(Some(signature))), "");
            }
            Content::Call(call) => {
                if let Some(signature) = &call.signature {
                    push(Kind::SealedThought(signature::of_call(signature)), "");
                }
                push(Kind::Call { id: (&*call.id).into(), name: (&*call.name).into() }, &call.arguments);
            }
            Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
        }
    }
    if let (Some(logprobs), Some(item)) =
        (&choice.logprobs, items.iter_mut().find(|item| matches!(item.kind, Kind::Text)))
    {
        item.logprobs = elements(logprobs);
    }
    items
}

/// The elements of the `logprobs` object of OpenAI's other dialect, on one line. There `bytes` may be null; here they are
/// a list.
pub(super) fn elements(logprobs: &str) -> String {
    let content = Object::parse(logprobs).ok().and_then(|object| object.get("content"));
    let elements = on_one_line(content.map(Value::text).map_or("", read_item::elements));
    // No string has this in it: its quotes would be escaped.
    elements.replace(r#""bytes":null"#, r#""bytes":[]"#).replace(r#""bytes": null"#, r#""bytes": []"#)
}
