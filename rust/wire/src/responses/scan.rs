//! Reads a request for what Tiercel acts on, each error at its place in the body.

use crate::members::Members;
use crate::request::{Request, read_flag, read_model};
use crate::{Endpoint, Error};

/// Every field that is read by name anywhere, so that no other spelling of it passes.
const FIELDS: &[&str] = &[
    "model",
    "input",
    "instructions",
    "stream",
    "max_output_tokens",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "temperature",
    "top_p",
    "top_logprobs",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "previous_response_id",
    "metadata",
];

/// The fields that a model reads.
const PROMPT_FIELDS: &[&str] = &["instructions", "input", "tools"];

/// Reads the body of a request.
pub(crate) fn scan(body: &str) -> Result<Request, Error> {
    let members = Members::read(body, FIELDS)?;
    Ok(Request {
        endpoint: Endpoint::Responses,
        body: body.to_owned(),
        model: read_model(&members, body)?,
        is_stream: read_flag(&members, "stream", body)?,
        wants_usage: true,
        usage_edit: None,
        n_choices: 1,
        max_tokens: read_max_tokens(&members, body)?,
        prompt_fields: PROMPT_FIELDS,
        members,
    })
}

fn read_max_tokens(members: &Members, body: &str) -> Result<Option<u64>, Error> {
    let Some((mut cursor, _)) = members.cursor("max_output_tokens", body)? else { return Ok(None) };
    let start = cursor.position();
    match cursor.skip()?.parse() {
        Ok(n_tokens) => Ok(Some(n_tokens)),
        Err(_) => Err(Error::invalid("max_output_tokens", start, "must be an integer of at least 0")),
    }
}
