//! Reads a request for what Tiercel acts on, each error at its place in the body.

use crate::Error;
use crate::endpoint::Endpoint;
use crate::json::{Cursor, Fault, Shape};
use crate::members::{Members, is_folded};
use crate::request::{Edit, Request, read_flag, read_model};

/// OpenAI's bound on `n`.
const MAX_CHOICES: u32 = 128;

/// Every field that is read by name anywhere, so that no other spelling of it passes.
const FIELDS: &[&str] = &[
    "model",
    "messages",
    "prompt",
    "input",
    "stream",
    "stream_options",
    "n",
    "max_tokens",
    "max_completion_tokens",
    "tools",
    "tool_choice",
    "functions",
    "response_format",
    "reasoning_effort",
    "temperature",
    "top_p",
    "seed",
    "stop",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "metadata",
    "encoding_format",
];

/// The fields that a model reads.
const PROMPT_FIELDS: &[&str] = &["messages", "prompt", "input", "tools"];

/// Reads the body of a request to `endpoint`.
pub(crate) fn scan(endpoint: Endpoint, body: &str) -> Result<Request, Error> {
    let members = Members::read(body, FIELDS)?;
    let model = read_model(&members, body)?;
    let n_prompts = read_prompts(endpoint, &members, body)?;
    let is_stream = read_flag(&members, "stream", body)?;
    if is_stream && endpoint == Endpoint::Embeddings {
        let start = members.value("stream").unwrap_or_default().start;
        return Err(Error::invalid("stream", start, "is not known to embeddings; leave it out"));
    }
    let (wants_usage, usage_edit) = read_usage(&members, body)?;
    let n_choices = read_n(&members, body)?.saturating_mul(n_prompts);
    let max_tokens = read_max_tokens(&members, body)?;
    Ok(Request {
        endpoint,
        body: body.to_owned(),
        members,
        model,
        is_stream,
        wants_usage,
        usage_edit: Some(usage_edit),
        n_choices,
        max_tokens,
        prompt_fields: PROMPT_FIELDS,
    })
}

/// Prompts that each get choices of their own. Checks that there is one.
fn read_prompts(endpoint: Endpoint, members: &Members, body: &str) -> Result<u32, Error> {
    let (field, remedy) = match endpoint {
        Endpoint::Completions => ("prompt", "send the text to be completed"),
        Endpoint::Embeddings => ("input", "send the text to be embedded"),
        _ => ("messages", "send an array with at least one message"),
    };
    let (cursor, shape) = members.cursor(field, body)?.ok_or_else(|| Error::missing(field, remedy))?;
    let is_empty_array = || {
        let text = &body[members.value(field).unwrap_or_default()];
        text.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]")
    };
    match endpoint {
        Endpoint::Completions if shape == Shape::Array => n_elements_but_numbers(cursor),
        Endpoint::Completions | Endpoint::Embeddings => Ok(1),
        _ if shape != Shape::Array || is_empty_array() => {
            Err(Error::invalid(field, cursor.position(), "must be an array with at least one message"))
        }
        _ => Ok(1),
    }
}

/// Whether the client asks for usage, and the edit that does so in its place.
fn read_usage(members: &Members, body: &str) -> Result<(bool, Edit), Error> {
    let Some((mut cursor, shape)) = members.cursor("stream_options", body)? else {
        return Ok((false, new_options(members)));
    };
    let start = cursor.position();
    let invalid = |offset, demand| Error::invalid("stream_options", offset, demand);
    if shape != Shape::Object {
        return Err(invalid(start, "must be an object or null"));
    }
    let mut asked = None;
    let mut is_empty = true;
    cursor.object(|cursor, key| {
        is_empty = false;
        let is_ours = is_folded(&key.name(), "include_usage");
        if is_ours && (asked.is_some() || key.name() != "include_usage") {
            return Err(invalid(key.offset(), "must have `include_usage` only once, in small letters"));
        }
        let shape = cursor.shape()?;
        let value_start = cursor.position();
        let value = cursor.skip()?;
        if is_ours {
            if !matches!(shape, Shape::True | Shape::False | Shape::Null) {
                return Err(invalid(value_start, "must have true, false or null for `include_usage`"));
            }
            asked = Some((shape == Shape::True, value_start..value_start + value.len()));
        }
        Ok(())
    })?;
    Ok(match asked {
        Some((is_asked, span)) => (is_asked, Edit { span, text: "true".into() }),
        None if is_empty => (false, Edit { span: start + 1..start + 1, text: r#""include_usage":true"#.into() }),
        None => (false, Edit { span: start + 1..start + 1, text: r#""include_usage":true,"#.into() }),
    })
}

/// The edit where there are no options: in the place of `null`, or else behind the model, which is always there.
fn new_options(members: &Members) -> Edit {
    match (members.value("stream_options"), members.value("model")) {
        (Some(null), _) => Edit { span: null, text: r#"{"include_usage":true}"#.into() },
        (None, model) => {
            let end = model.map_or(0, |span| span.end);
            Edit { span: end..end, text: r#","stream_options":{"include_usage":true}"#.into() }
        }
    }
}

fn read_n(members: &Members, body: &str) -> Result<u32, Error> {
    let Some((mut cursor, _)) = members.cursor("n", body)? else { return Ok(1) };
    let start = cursor.position();
    match cursor.skip()?.parse() {
        Ok(n @ 1..=MAX_CHOICES) => Ok(n),
        _ => Err(Error::invalid("n", start, "must be an integer from 1 to 128")),
    }
}

fn read_max_tokens(members: &Members, body: &str) -> Result<Option<u64>, Error> {
    let mut largest = None;
    for field in ["max_tokens", "max_completion_tokens"] {
        let Some((mut cursor, _)) = members.cursor(field, body)? else { continue };
        let start = cursor.position();
        let Ok(n_tokens) = cursor.skip()?.parse::<i64>() else {
            return Err(Error::invalid(field, start, "must be an integer"));
        };
        let Ok(n_tokens) = u64::try_from(n_tokens) else { return Ok(None) };
        largest = largest.max(Some(n_tokens));
    }
    Ok(largest)
}

/// Elements of an array, as numbers are tokens of one prompt.
fn n_elements_but_numbers(mut cursor: Cursor<'_>) -> Result<u32, Error> {
    let (mut n_elements, mut are_numbers) = (0_u32, true);
    cursor.array::<Fault>(|cursor| {
        n_elements = n_elements.saturating_add(1);
        are_numbers &= cursor.shape()? == Shape::Number;
        cursor.skip().map(drop)
    })?;
    Ok(if are_numbers { 1 } else { n_elements })
}
