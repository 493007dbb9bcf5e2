//! The blocks that messages are made of, from the client.

use super::fields::{Fields, Leftovers, Place};
use super::signature;
use crate::Error;
use crate::chat::{CacheMark, Call, Content, Media, Part, Signature, Source};
use crate::json::Value;

/// Reads content: a text, or blocks.
pub(super) fn read_parts<'a>(
    value: Value<'a>,
    place: Place<'_>,
    leftovers: &mut Leftovers,
) -> Result<Vec<Part<'a>>, Error> {
    if let Some(text) = value.string() {
        return Ok(vec![Part::text(text)]);
    }
    let blocks = value.array().ok_or_else(|| place.invalid("must be a string or an array of blocks"))?;
    let mut parts = Vec::with_capacity(blocks.len());
    let mut call_signature = None;
    for (index, block) in blocks.into_iter().enumerate() {
        parts.extend(read_block(block, place.index(index), &mut call_signature, leftovers)?);
    }
    Ok(parts)
}

/// Reads the mark that everything up to here is to be kept in the cache.
pub(super) fn read_cache(fields: &mut Fields<'_, '_>) -> Result<Option<CacheMark>, Error> {
    let Some(value) = fields.take("cache_control") else { return Ok(None) };
    let mut mark = Fields::of(value, fields.at("cache_control"))?;
    Ok(Some(match mark.string("ttl")?.as_deref() {
        Some("1h") => CacheMark::Hour,
        Some("5m") | None => CacheMark::FiveMinutes,
        Some(_) => return Err(mark.at("ttl").invalid("must be `5m` or `1h`")),
    }))
}

/// `None` for what has no place in the form. `call_signature` is that of the call which comes next.
fn read_block<'a>(
    value: Value<'a>,
    place: Place<'_>,
    call_signature: &mut Option<Signature<'a>>,
    leftovers: &mut Leftovers,
) -> Result<Option<Part<'a>>, Error> {
    let mut block = Fields::of(value, place)?;
    let kind = block.required("type")?;
    let cache = read_cache(&mut block)?;
    let content = match &*kind {
        "text" => {
            block.hint("citations", "messages[].content[].citations", leftovers);
            Some(Content::Text(block.required("text")?))
        }
        "image" => read_source(&mut block, leftovers)?.map(Media::new).map(Content::Image),
        "document" => read_document(&mut block, leftovers)?,
        "thinking" => {
            let text = block.required("thinking")?;
            let signature = block.string("signature")?.and_then(signature::read_thought);
            Some(Content::Thought { text, signature })
        }
        "redacted_thinking" => {
            let data = block.required("data")?;
            match signature::read_call(&data) {
                Some(signature) => {
                    *call_signature = Some(signature);
                    None
                }
                None => Some(Content::RedactedThought(signature::read(data))),
            }
        }
        "tool_use" => Some(Content::Call(read_call(&mut block, call_signature.take(), leftovers)?)),
        "tool_result" => Some(read_result(&mut block, leftovers)?),
        _ => {
            leftovers.kind(place, &kind);
            return Ok(None);
        }
    };
    block.end(leftovers);
    Ok(content.map(|content| Part { content, cache }))
}

/// Reads `source`; `None` for a kind that has no place in the form.
fn read_source<'a>(block: &mut Fields<'_, 'a>, leftovers: &mut Leftovers) -> Result<Option<Source<'a>>, Error> {
    let source = block.take("source").ok_or_else(|| block.at("source").invalid("is missing; send an object"))?;
    let place = block.at("source");
    let mut fields = Fields::of(source, place)?;
    let kind = fields.required("type")?;
    let source = match &*kind {
        "base64" => Source::Base64 { media_type: fields.required("media_type")?, data: fields.required("data")? },
        "text" => {
            let _ = fields.take("media_type");
            Source::Text(fields.required("data")?)
        }
        "url" => Source::Url { url: fields.required("url")?, media_type: None },
        "file" => Source::File(fields.required("file_id")?),
        _ => {
            leftovers.kind(place, &kind);
            return Ok(None);
        }
    };
    fields.end(leftovers);
    Ok(Some(source))
}

fn read_document<'a>(block: &mut Fields<'_, 'a>, leftovers: &mut Leftovers) -> Result<Option<Content<'a>>, Error> {
    let name = block.string("title")?;
    if let Some(value) = block.take("citations") {
        let mut citations = Fields::of(value, block.at("citations"))?;
        if citations.boolean("enabled")? == Some(true) {
            leftovers.unknown.push(block.at("citations").to_string());
        }
    }
    let source = read_source(block, leftovers)?;
    Ok(source.map(|source| Content::Document(Media { name, ..Media::new(source) })))
}

fn read_call<'a>(
    block: &mut Fields<'_, 'a>,
    signature: Option<Signature<'a>>,
    leftovers: &mut Leftovers,
) -> Result<Call<'a>, Error> {
    // Who called: the model itself, or code that runs at the provider.
    if let Some(value) = block.take("caller") {
        let kind = Fields::of(value, block.at("caller"))?.required("type")?;
        if kind != "direct" {
            leftovers.kind(block.at("caller"), &kind);
        }
    }
    Ok(Call {
        id: block.required("id")?,
        name: block.required("name")?,
        arguments: block.object("input")?.unwrap_or("{}").into(),
        signature,
    })
}

fn read_result<'a>(block: &mut Fields<'_, 'a>, leftovers: &mut Leftovers) -> Result<Content<'a>, Error> {
    let call_id = block.required("tool_use_id")?;
    let is_error = block.boolean("is_error")?.unwrap_or_default();
    let mut parts = match block.take("content") {
        Some(content) => read_parts(content, block.at("content"), leftovers)?,
        None => Vec::new(),
    };
    let n_parts = parts.len();
    parts.retain(|part| matches!(part.content, Content::Text(_) | Content::Image(_) | Content::Document(_)));
    if parts.len() < n_parts {
        leftovers.unknown.push(block.at("content").to_string());
    }
    Ok(Content::Result { call_id, parts, is_error })
}
