//! Reads the conversation: `systemInstruction` and `contents`.

use std::borrow::Cow;

use super::calls::Calls;
use super::node::{Node, push};
use super::{media, signature};
use crate::Error;
use crate::chat::{Call, Content, Media, Message, Part, Request, Role, Signature, Source};
use crate::json::Object;

pub(super) fn read<'a>(top: &mut Node<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    if let Some(mut instruction) = top.child("systemInstruction")? {
        // Whatever role it has, it is an instruction.
        instruction.take("role");
        let mut parts = Vec::new();
        for mut part in instruction.children("parts")? {
            let text =
                part.string("text")?.ok_or_else(|| part.invalid("text", "must be there: instructions are text"))?;
            parts.push(Part::text(text));
            part.rest(&mut form.unknown);
        }
        instruction.rest(&mut form.unknown);
        push_message(Role::System, parts, form);
    }
    let mut calls = Calls::default();
    for mut content in top.children("contents")? {
        let role = match content.string("role")?.as_deref() {
            None | Some("" | "user" | "function") => Role::User,
            Some("model") => Role::Assistant,
            Some(_) => return Err(content.invalid("role", "must be `user`, `model` or `function`")),
        };
        // Clients that were given an answer in pieces hand it back so.
        let last = form.messages.pop_if(|last| role == Role::Assistant && last.role == role);
        let mut parts = last.map(|message| message.parts).unwrap_or_default();
        for mut part in content.children("parts")? {
            read_part(&mut part, role, &mut calls, form, &mut parts)?;
            part.rest(&mut form.unknown);
        }
        content.rest(&mut form.unknown);
        push_message(role, parts, form);
    }
    Ok(())
}

/// A content without parts says nothing.
fn push_message<'a>(role: Role, parts: Vec<Part<'a>>, form: &mut Request<'a>) {
    if !parts.is_empty() {
        form.messages.push(Message::new(role, parts));
    }
}

fn read_part<'a>(
    part: &mut Node<'a>,
    role: Role,
    calls: &mut Calls<'a>,
    form: &mut Request<'a>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Error> {
    if part.is_empty() {
        return Err(part.invalid("text", "is missing: a part must have something in it"));
    }
    for bookkeeping in ["mediaResolution", "partMetadata"] {
        part.take_foreign(bookkeeping, &mut form.hints);
    }
    let is_thought = part.boolean("thought")?;
    let mut signature = part.string("thoughtSignature")?.and_then(signature::of_client);
    if let Some(text) = part.string("text")? {
        if is_thought {
            push_thought(text, signature.take(), parts);
        } else if !text.is_empty() {
            push_text(text, role, parts);
        }
    } else if let Some(call) = part.child("functionCall")? {
        let call = read_call(call, signature.take(), calls, form)?;
        parts.push(Part::new(Content::Call(call)));
    } else if let Some(result) = part.child("functionResponse")? {
        parts.push(Part::new(read_result(result, calls, form)?));
    } else if let Some(content) = read_media(part, form)? {
        parts.push(Part::new(content));
    }
    parts.extend(signature.map(|signature| Part::new(Content::RedactedThought(signature))));
    Ok(())
}

/// Adds a text, or the next piece of what the model said.
fn push_text<'a>(text: Cow<'a, str>, role: Role, parts: &mut Vec<Part<'a>>) {
    match parts.last_mut().map(|part| &mut part.content) {
        Some(Content::Text(last)) if role == Role::Assistant => last.to_mut().push_str(&text),
        _ => parts.push(Part::text(text)),
    }
}

/// Adds a thought, or the next piece of one: its signature comes with the last.
fn push_thought<'a>(text: Cow<'a, str>, signature: Option<Signature<'a>>, parts: &mut Vec<Part<'a>>) {
    match parts.last_mut().map(|part| &mut part.content) {
        Some(Content::Thought { text: last, signature: last_signature @ None }) => {
            last.to_mut().push_str(&text);
            *last_signature = signature;
        }
        _ if text.is_empty() && signature.is_none() => {}
        _ => parts.push(Part::new(Content::Thought { text, signature })),
    }
}

fn read_call<'a>(
    mut call: Node<'a>,
    signature: Option<Signature<'a>>,
    calls: &mut Calls<'a>,
    form: &mut Request<'a>,
) -> Result<Call<'a>, Error> {
    let name = required(&mut call, "name")?;
    let arguments = match call.take("args") {
        None => "{}",
        Some(arguments) if arguments.object().is_some() => arguments.text(),
        Some(_) => return Err(call.invalid("args", "must be an object")),
    };
    let id = calls.call(&name, call.string("id")?);
    call.rest(&mut form.unknown);
    Ok(Call { id, name, arguments: arguments.into(), signature })
}

fn read_result<'a>(mut result: Node<'a>, calls: &mut Calls<'a>, form: &mut Request<'a>) -> Result<Content<'a>, Error> {
    let name = required(&mut result, "name")?;
    let call_id = calls.answer(&name, result.string("id")?);
    let (text, is_error) = match result.take("response") {
        None => ("".into(), false),
        Some(response) => {
            let members = response.object().ok_or_else(|| result.invalid("response", "must be an object"))?;
            said(members).unwrap_or((response.text().into(), false))
        }
    };
    let mut parts = Vec::new();
    if !text.is_empty() {
        parts.push(Part::text(text));
    }
    for mut part in result.children("parts")? {
        parts.extend(read_media(&mut part, form)?.map(Part::new));
        part.rest(&mut form.unknown);
    }
    result.rest(&mut form.unknown);
    Ok(Content::Result { call_id, parts, is_error })
}

/// The text of a response that has an `output` or an `error` and nothing else; whether it is an error.
fn said(mut response: Object<'_>) -> Option<(Cow<'_, str>, bool)> {
    let output = response.take("output");
    let error = response.take("error");
    let (value, is_error) = match (output, error) {
        (Some(output), None) => (output, false),
        (None, Some(error)) => (error, true),
        _ => return None,
    };
    let is_all = response.members().next().is_none();
    is_all.then(|| (value.string().unwrap_or(value.text().into()), is_error))
}

/// What is no text. A video, which has no place in the form, goes among the unknown fields.
fn read_media<'a>(part: &mut Node<'a>, form: &mut Request<'a>) -> Result<Option<Content<'a>>, Error> {
    let (name, node) = match part.child("inlineData")? {
        Some(blob) => ("inlineData", Some(blob)),
        None => ("fileData", part.child("fileData")?),
    };
    let Some(mut node) = node else { return Ok(None) };
    let media_type = node.string("mimeType")?;
    let (source, media_type) = if name == "inlineData" {
        let media_type = media_type.ok_or_else(|| node.invalid("mimeType", "must be there"))?;
        let data = required(&mut node, "data")?;
        (Source::Base64 { media_type: media_type.clone(), data }, media_type)
    } else {
        let uri = required(&mut node, "fileUri")?;
        let known = media_type.or_else(|| media::type_of_url(&uri).map(Into::into));
        let kind = known.clone().unwrap_or_default();
        (media::source(uri, known), kind)
    };
    let file_name = node.string("displayName")?;
    node.rest(&mut form.unknown);
    let content = media::content(&media_type, Media { name: file_name, ..Media::new(source) });
    if content.is_none() {
        push(&mut form.unknown, part.path_of(name));
    }
    Ok(content)
}

fn required<'a>(node: &mut Node<'a>, name: &'static str) -> Result<Cow<'a, str>, Error> {
    node.string(name)?.filter(|text| !text.is_empty()).ok_or_else(|| node.invalid(name, "must be there"))
}
