//! Reads messages of a request.

use std::borrow::Cow;

use super::thoughts;
use crate::chat::{CacheMark, Call, Content, Media, Message, Part, Request, Role, Signature, Source};
use crate::fields::Fields;
use crate::json::Value;
use crate::{Error, Upstream};

/// Reads `messages` into `form`. Results of tools that follow one another become one message.
pub(super) fn read_messages<'a>(messages: Vec<Fields<'a>>, form: &mut Request<'a>) -> Result<(), Error> {
    let mut is_after_result = false;
    let mut function_call = None;
    for (index, mut message) in messages.into_iter().enumerate() {
        let role = message.needed("role")?;
        let is_result = matches!(&*role, "tool" | "function");
        let role = match &*role {
            "system" | "developer" => Role::System,
            "user" | "tool" | "function" => Role::User,
            "assistant" => Role::Assistant,
            _ => return Err(message.invalid("role", "must be developer, system, user, assistant or tool")),
        };
        let name = message.string("name")?;
        let mut read = Message { role, parts: Vec::new(), name: None };
        if is_result {
            read.parts.push(read_result(&mut message, name.as_deref(), function_call.as_ref(), &mut form.unknown)?);
        } else {
            read.name = name;
            if role == Role::Assistant {
                read_thoughts(&mut message, &mut read.parts);
            }
            read.parts.extend(read_content(&mut message, role, &mut form.unknown)?);
            if role == Role::Assistant {
                read_said(&mut message, &mut read.parts, &mut form.unknown)?;
                if let Some(call) = read_function_call(index, &mut message)? {
                    function_call = Some(call.clone());
                    read.parts.push(Part::new(Content::Call(call)));
                }
            }
        }
        if let (Some(mark), Some(part)) = (cache_mark(&mut message), read.parts.last_mut()) {
            part.cache = Some(mark);
        }
        message.name_rest(&mut form.unknown);
        match form.messages.last_mut() {
            Some(last) if is_result && is_after_result => last.parts.append(&mut read.parts),
            _ => form.messages.push(read),
        }
        is_after_result = is_result;
    }
    Ok(())
}

/// The result of a tool, or in the older form that of `function_call`, which is told by its name.
fn read_result<'a>(
    message: &mut Fields<'a>,
    name: Option<&str>,
    function_call: Option<&Call<'a>>,
    unknown: &mut Vec<String>,
) -> Result<Part<'a>, Error> {
    let id = message.string("tool_call_id")?;
    let named = function_call.filter(|call| name == Some(&call.name)).map(|call| call.id.clone());
    let Some(call_id) = id.or(named) else {
        return Err(message.invalid("tool_call_id", "is missing; it must be the id of a call before it"));
    };
    let parts = read_content(message, Role::User, unknown)?;
    Ok(Part::new(Content::Result { call_id, parts, is_error: false }))
}

fn read_content<'a>(message: &mut Fields<'a>, role: Role, unknown: &mut Vec<String>) -> Result<Vec<Part<'a>>, Error> {
    let Some(content) = message.object().get("content") else {
        // A call or a refusal may be all that was said.
        if role == Role::Assistant {
            return Ok(Vec::new());
        }
        return Err(message.invalid("content", "is missing; it must be a string or an array of parts"));
    };
    if let Some(text) = content.string() {
        message.take("content");
        let is_said = role != Role::Assistant || !text.is_empty();
        return Ok(is_said.then(|| Part::text(text)).into_iter().collect());
    }
    let mut parts = Vec::new();
    for mut part in message.items("content")? {
        let cache = cache_mark(&mut part);
        match read_part(&mut part)? {
            Some(content) => {
                part.name_rest(unknown);
                parts.push(Part { content, cache });
            }
            None => unknown.push(part.path("type")),
        }
    }
    Ok(parts)
}

/// `None` for a type that cannot be translated.
fn read_part<'a>(part: &mut Fields<'a>) -> Result<Option<Content<'a>>, Error> {
    Ok(Some(match &*part.needed("type")? {
        "text" => Content::Text(part.needed("text")?),
        "refusal" => Content::Refusal(part.needed("refusal")?),
        "image_url" => Content::Image(read_image(part)?),
        "input_audio" => Content::Audio(read_audio(part)?),
        "file" => Content::Document(read_file(part)?),
        _ => return Ok(None),
    }))
}

fn read_image<'a>(part: &mut Fields<'a>) -> Result<Media<'a>, Error> {
    // Some clients leave the object out.
    if let Some(url) = part.object().string("image_url") {
        part.take("image_url");
        return Ok(Media::of_url(url));
    }
    let mut image = needed(part, "image_url")?;
    Ok(Media { detail: image.string("detail")?, ..Media::of_url(image.needed("url")?) })
}

fn read_audio<'a>(part: &mut Fields<'a>) -> Result<Media<'a>, Error> {
    let mut audio = needed(part, "input_audio")?;
    let media_type = ["audio/", &audio.needed("format")?].concat().into();
    Ok(Media::new(Source::Base64 { media_type, data: audio.needed("data")? }))
}

fn read_file<'a>(part: &mut Fields<'a>) -> Result<Media<'a>, Error> {
    let mut file = needed(part, "file")?;
    let name = file.string("filename")?;
    if let Some(id) = file.string("file_id")? {
        return Ok(Media { name, ..Media::new(Source::File(id)) });
    }
    let media = Media { name, ..Media::of_url(file.needed("file_data")?) };
    match &media.source {
        // A URL here is a convention of `OpenRouter`'s.
        Source::Url { url, .. } if !url.starts_with("https://") => {
            Err(file.invalid("file_data", "must be a data: URL with base64, as in data:application/pdf;base64,..."))
        }
        _ => Ok(media),
    }
}

fn needed<'a>(part: &mut Fields<'a>, key: &'static str) -> Result<Fields<'a>, Error> {
    part.fields(key)?.ok_or_else(|| part.invalid(key, "is missing; it must be an object"))
}

fn read_thoughts<'a>(message: &mut Fields<'a>, parts: &mut Vec<Part<'a>>) {
    let sign = |text| Signature::of_client(text, Upstream::OpenAi);
    parts.extend(thoughts::read_thoughts(message.object(), sign).into_iter().map(Part::new));
    for read in thoughts::FIELDS {
        message.take(read);
    }
}

/// What an assistant says beside its text.
fn read_said<'a>(message: &mut Fields<'a>, parts: &mut Vec<Part<'a>>, unknown: &mut Vec<String>) -> Result<(), Error> {
    // What the model looked up: clients hand it back with the rest of the message.
    message.take("annotations");
    parts.extend(message.string("refusal")?.map(|text| Part::new(Content::Refusal(text))));
    for mut call in message.items("tool_calls")? {
        let signature = call_signature(call.take("extra_content"));
        let signature = signature.map(|text| Signature::of_client(text, Upstream::OpenAi));
        let Some(function) = call.fields("function")? else {
            unknown.push(call.path("type"));
            continue;
        };
        let (id, (name, arguments)) = (call.needed("id")?, read_function(function)?);
        parts.push(Part::new(Content::Call(Call { id, name, arguments, signature })));
        // Clients that put a call together from a stream leave its index in.
        call.take("index");
        call.take("type");
        call.name_rest(unknown);
    }
    Ok(())
}

/// The one call of the older form, which has no id.
fn read_function_call<'a>(index: usize, message: &mut Fields<'a>) -> Result<Option<Call<'a>>, Error> {
    let Some(function) = message.fields("function_call")? else { return Ok(None) };
    let (name, arguments) = read_function(function)?;
    Ok(Some(Call { id: format!("call_{index}").into(), name, arguments, signature: None }))
}

fn read_function(mut function: Fields<'_>) -> Result<(Cow<'_, str>, Cow<'_, str>), Error> {
    let name = function.needed("name")?;
    let arguments = function.string("arguments")?.filter(|arguments| !arguments.is_empty());
    Ok((name, arguments.unwrap_or("{}".into())))
}

/// The signature of a call, where Google's imitation of this dialect has it.
pub(super) fn call_signature(extra_content: Option<Value<'_>>) -> Option<Cow<'_, str>> {
    extra_content?.object()?.object("google")?.string("thought_signature")
}

/// Anthropic's mark, which `OpenRouter` and LiteLLM take in this dialect.
pub(super) fn cache_mark(fields: &mut Fields<'_>) -> Option<CacheMark> {
    let mark = fields.take("cache_control")?.object()?;
    let is_hour = mark.string("ttl").is_some_and(|ttl| ttl == "1h");
    Some(if is_hour { CacheMark::Hour } else { CacheMark::FiveMinutes })
}
