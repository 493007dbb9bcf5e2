//! Reads `input`: a text, or the items of a conversation.
//!
//! What one turn of the assistant says is several items here, and one message in most other dialects. So items of the
//! assistant that follow one another become one message, and so do results of tools.

use super::item::thought;
use super::signature;
use crate::Error;
use crate::chat::{CacheMark, Call, Content, Media, Message, Part, Request, Role, Signature, Source};
use crate::fields::Fields;

/// Takes `input` out of `body` and appends it to the messages of `form`.
pub(super) fn read_input<'a>(body: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    if let Some(text) = body.object().string("input") {
        body.take("input");
        form.messages.push(Message::new(Role::User, vec![Part::text(text)]));
        return Ok(());
    }
    let mut call_signature = None;
    for mut item in body.items("input")? {
        read_item(&mut item, form, &mut call_signature)?;
    }
    Ok(())
}

/// Appends what an item says. `call_signature` is that of the call which comes next.
fn read_item<'a>(
    item: &mut Fields<'a>,
    form: &mut Request<'a>,
    call_signature: &mut Option<Signature<'a>>,
) -> Result<(), Error> {
    let kind = item.string("type")?;
    let is_message = item.object().get("role").is_some();
    // The ids and states that the provider gave its own items are handed back with them, and say nothing.
    item.take("id");
    item.take("status");
    match kind.as_deref() {
        Some("message") => read_message(item, form)?,
        None if is_message => read_message(item, form)?,
        Some("reasoning") => {
            let texts = [item.items("summary")?, item.items("content")?].into_iter().flatten();
            let texts = texts.map(|mut part| part.needed("text")).collect::<Result<Vec<_>, _>>()?;
            let sealed = item.string("encrypted_content")?.unwrap_or_default();
            *call_signature = signature::read_call(&sealed);
            match thought(texts, signature::read_thought(sealed)) {
                _ if call_signature.is_some() => {}
                Some(content) => push(&mut form.messages, Role::Assistant, vec![Part::new(content)]),
                // The provider that thought it has kept it, and no other can use it.
                None => form.hints.push(format!("{} (reasoning)", item.place())),
            }
        }
        Some("function_call") => {
            let arguments = item.string("arguments")?.filter(|arguments| !arguments.is_empty());
            let call = Call {
                id: item.needed("call_id")?,
                name: item.needed("name")?,
                arguments: arguments.unwrap_or("{}".into()),
                signature: call_signature.take(),
            };
            push(&mut form.messages, Role::Assistant, vec![Part::new(Content::Call(call))]);
        }
        Some("function_call_output") => {
            let call_id = item.needed("call_id")?;
            let parts = read_content(item, "output", form)?;
            let result = Content::Result { call_id, parts, is_error: false };
            push(&mut form.messages, Role::User, vec![Part::new(result)]);
        }
        other => {
            form.unknown.push(format!("{} ({})", item.place(), other.unwrap_or("item_reference")));
            return Ok(());
        }
    }
    item.name_rest(&mut form.unknown);
    Ok(())
}

fn read_message<'a>(item: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    let role = match &*item.needed("role")? {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return Err(item.invalid("role", "must be user, assistant, system or developer")),
    };
    if item.take("phase").is_some() {
        form.hints.push(item.path("phase"));
    }
    let parts = read_content(item, "content", form)?;
    push(&mut form.messages, role, parts);
    Ok(())
}

/// Reads a text or an array of parts.
fn read_content<'a>(item: &mut Fields<'a>, key: &'static str, form: &mut Request<'a>) -> Result<Vec<Part<'a>>, Error> {
    if let Some(text) = item.object().string(key) {
        item.take(key);
        return Ok(vec![Part::text(text)]);
    }
    if item.object().get(key).is_none() {
        return Err(item.invalid(key, "is missing; it must be a string or an array of parts"));
    }
    let mut parts = Vec::new();
    for mut part in item.items(key)? {
        let kind = part.needed("type")?;
        let content = match &*kind {
            "input_text" | "output_text" => Content::Text(part.needed("text")?),
            "refusal" => Content::Refusal(part.needed("refusal")?),
            "input_image" => Content::Image(read_image(&mut part)?),
            "input_file" => Content::Document(read_file(&mut part)?),
            _ => {
                form.unknown.push(format!("{} ({kind})", part.place()));
                continue;
            }
        };
        let cache = read_cache_mark(&mut part)?;
        // What the provider found out about its own text: handed back with it, and read by no model.
        part.take("logprobs");
        part.accept("annotations", "[]");
        if part.take("annotations").is_some() {
            form.hints.push(part.path("annotations"));
        }
        part.name_rest(&mut form.unknown);
        parts.push(Part { content, cache });
    }
    Ok(parts)
}

fn read_image<'a>(part: &mut Fields<'a>) -> Result<Media<'a>, Error> {
    let media = match (part.string("image_url")?, part.string("file_id")?) {
        (Some(url), None) => Media::of_url(url),
        (None, Some(id)) => Media::new(Source::File(id)),
        _ => return Err(part.invalid("image_url", "must be a string, unless there is a `file_id`")),
    };
    Ok(Media { detail: part.string("detail")?, ..media })
}

fn read_file<'a>(part: &mut Fields<'a>) -> Result<Media<'a>, Error> {
    let media = match (part.string("file_data")?, part.string("file_url")?, part.string("file_id")?) {
        (Some(data), None, None) if data.starts_with("data:") => Media::of_url(data),
        // What has no media type is of the only one that there was when this field was made.
        (Some(data), None, None) => Media::new(Source::Base64 { media_type: "application/pdf".into(), data }),
        (None, Some(url), None) => Media::new(Source::Url { url, media_type: None }),
        (None, None, Some(id)) => Media::new(Source::File(id)),
        _ => return Err(part.invalid("file_data", "must be a string, unless there is a `file_url` or a `file_id`")),
    };
    Ok(Media { name: part.string("filename")?, detail: part.string("detail")?, ..media })
}

fn read_cache_mark(part: &mut Fields<'_>) -> Result<Option<CacheMark>, Error> {
    let Some(mut mark) = part.fields("prompt_cache_breakpoint")? else { return Ok(None) };
    let is_long = mark.string("ttl")?.is_some_and(|ttl| ttl == "12h");
    Ok(Some(if is_long { CacheMark::Hour } else { CacheMark::FiveMinutes }))
}

/// Appends a message, or its parts to the last one where they belong to it.
fn push<'a>(messages: &mut Vec<Message<'a>>, role: Role, mut parts: Vec<Part<'a>>) {
    let is_result = |part: Option<&Part<'a>>| matches!(part, Some(Part { content: Content::Result { .. }, .. }));
    match messages.last_mut() {
        _ if parts.is_empty() => {}
        Some(last)
            if last.role == role
                && (role == Role::Assistant || is_result(last.parts.last()) && is_result(parts.first())) =>
        {
            last.parts.append(&mut parts);
        }
        _ => messages.push(Message::new(role, parts)),
    }
}
