//! Reads a request for what Tiercel acts on, each error at its place in the body.
//!
//! # Why both spellings are refused together
//! Google's JSON takes a field by either of two names. Which of two counts is its parser's choice, so a body that has
//! both could get past limits.

use std::ops::Range;

use crate::json::{Cursor, Fault, Shape};
use crate::members::{Members, is_folded};
use crate::request::is_model;
use crate::{Endpoint, Error, Request};

/// A bound for reading; Google allows eight.
const MAX_CHOICES: u32 = 128;

/// Every field that is read by name anywhere, so that no other spelling of it passes.
const FIELDS: &[&str] = &[
    "model",
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "toolConfig",
    "tool_config",
    "generationConfig",
    "generation_config",
    "safetySettings",
    "safety_settings",
    "generateContentRequest",
    "generate_content_request",
    "content",
    "requests",
    "labels",
];

const SPELLINGS: &[(&str, &str)] = &[
    ("systemInstruction", "system_instruction"),
    ("toolConfig", "tool_config"),
    ("generationConfig", "generation_config"),
    ("safetySettings", "safety_settings"),
    INNER,
];

/// What `countTokens` may have in the place of contents.
const INNER: (&str, &str) = ("generateContentRequest", "generate_content_request");

/// The fields that a model reads.
const PROMPT_FIELDS: &[&str] = &[
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "generateContentRequest",
    "generate_content_request",
    "content",
    "requests",
];

/// Reads the body of a request to `endpoint` whose path names `model`.
pub(crate) fn scan(endpoint: Endpoint, model: &str, body: &str) -> Result<Request, Error> {
    let members = Members::read(body, FIELDS)?;
    if let Some(&(camel, snake)) =
        SPELLINGS.iter().find(|(camel, snake)| members.value(camel).is_some() && members.value(snake).is_some())
    {
        let message = format!("`{camel}` is there a second time as `{snake}`; keep one of the two");
        return Err(Error::ambiguous_key(Some(camel), message));
    }
    let model = model.strip_prefix("models/").unwrap_or(model);
    if !is_model(model) {
        return Err(Error::missing("model", "name a model or a route in the path, in 1 to 256 bytes"));
    }
    check_prompt(endpoint, &members, body)?;
    let (max_tokens, n_choices) = read_config(&members, body)?;
    Ok(Request {
        endpoint,
        body: body.to_owned(),
        members,
        model: model.to_owned(),
        is_stream: endpoint == Endpoint::StreamGenerateContent,
        wants_usage: true,
        usage_edit: None,
        n_choices,
        max_tokens,
        prompt_fields: PROMPT_FIELDS,
    })
}

/// Where a body names models below its top level, as those of batches do.
pub(crate) fn inner_models(request: &Request) -> Vec<Range<usize>> {
    let inner = match request.endpoint {
        Endpoint::BatchEmbedContents => request.members.value("requests"),
        Endpoint::CountTokens => request.members.value(INNER.0).or_else(|| request.members.value(INNER.1)),
        _ => None,
    };
    let mut spans = Vec::new();
    if let Some(inner) = inner {
        let mut cursor = Cursor::at(&request.body, inner.start);
        // The body was checked as a whole, so there are no faults.
        let _ = match cursor.shape() {
            Ok(Shape::Array) => cursor.array(|cursor| find_model(cursor, &mut spans)),
            _ => find_model(&mut cursor, &mut spans),
        };
    }
    spans
}

fn find_model(cursor: &mut Cursor<'_>, spans: &mut Vec<Range<usize>>) -> Result<(), Fault> {
    cursor.object_or_skip(|cursor, key| {
        cursor.shape()?;
        let start = cursor.position();
        let end = start + cursor.skip()?.len();
        if key.name() == "model" {
            spans.push(start..end);
        }
        Ok(())
    })
}

fn check_prompt(endpoint: Endpoint, members: &Members, body: &str) -> Result<(), Error> {
    let has_inner = [INNER.0, INNER.1].iter().any(|name| members.value(name).is_some());
    let (field, remedy, shape, demand) = match endpoint {
        Endpoint::EmbedContent => {
            ("content", "send the text to be embedded", Shape::Object, "must be an object with `parts`")
        }
        Endpoint::BatchEmbedContents => (
            "requests",
            "send an array with at least one request",
            Shape::Array,
            "must be an array with at least one request",
        ),
        Endpoint::CountTokens if has_inner => return Ok(()),
        _ => (
            "contents",
            "send an array with at least one content",
            Shape::Array,
            "must be an array with at least one content",
        ),
    };
    let (cursor, actual) = members.cursor(field, body)?.ok_or_else(|| Error::missing(field, remedy))?;
    let text = &body[members.value(field).unwrap_or_default()];
    let is_empty = text.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]");
    if actual != shape || is_empty {
        return Err(Error::invalid(field, cursor.position(), demand));
    }
    Ok(())
}

/// The bound on tokens, and how many answers there will be.
fn read_config(members: &Members, body: &str) -> Result<(Option<u64>, u32), Error> {
    const FIELD: &str = "generationConfig";
    let mut counts = [("maxOutputTokens", "max_output_tokens", None), ("candidateCount", "candidate_count", None)];
    let cursor = match members.cursor(FIELD, body)? {
        Some(found) => Some(found),
        None => members.cursor("generation_config", body)?,
    };
    let Some((mut cursor, shape)) = cursor else { return Ok((None, 1)) };
    if shape != Shape::Object {
        return Err(Error::invalid(FIELD, cursor.position(), "must be an object"));
    }
    cursor.object(|cursor, key| {
        let name = key.name();
        let Some((camel, snake, count)) =
            counts.iter_mut().find(|(camel, snake, _)| is_folded(&name, camel) || is_folded(&name, snake))
        else {
            return Ok(cursor.skip().map(drop)?);
        };
        if count.is_some() || (name != *camel && name != *snake) {
            let demand = format!("must have `{camel}` only once, and spelt so");
            return Err(Error::invalid(FIELD, key.offset(), &demand));
        }
        let shape = cursor.shape()?;
        let start = cursor.position();
        let text = cursor.skip()?;
        if shape != Shape::Null {
            let number = text.parse::<u32>().map_err(|_| {
                Error::invalid(FIELD, start, &format!("must have an integer of at least 0 for `{camel}`"))
            })?;
            *count = Some(number);
        }
        Ok(())
    })?;
    let [(.., max_tokens), (.., n_choices)] = counts;
    if n_choices.is_some_and(|n_choices| n_choices > MAX_CHOICES) {
        let start = cursor.position();
        return Err(Error::invalid(FIELD, start, "must have an integer from 1 to 128 for `candidateCount`"));
    }
    Ok((max_tokens.map(u64::from), n_choices.unwrap_or(1).max(1)))
}
