//! Reads a request for what Tiercel acts on, each error at its place in the body.

use crate::endpoint::Task;
use crate::json::Shape;
use crate::members::Members;
use crate::request::{Request, read_flag, read_model};
use crate::{Endpoint, Error};

/// Every field that is read by name anywhere, so that no other spelling of it passes.
const FIELDS: &[&str] = &[
    "model",
    "max_tokens",
    "messages",
    "system",
    "stream",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "metadata",
    "cache_control",
];

/// The fields that a model reads.
const PROMPT_FIELDS: &[&str] = &["system", "messages", "tools"];

/// Reads the body of a request to `endpoint`.
pub(crate) fn scan(endpoint: Endpoint, body: &str) -> Result<Request, Error> {
    let members = Members::read(body, FIELDS)?;
    let model = read_model(&members, body)?;
    check_messages(&members, body)?;
    let is_stream = endpoint.task() == Task::Generate && read_flag(&members, "stream", body)?;
    let max_tokens = read_max_tokens(&members, body)?;
    Ok(Request {
        endpoint,
        body: body.to_owned(),
        members,
        model,
        is_stream,
        // Each answer and each stream tells its usage.
        wants_usage: true,
        usage_edit: None,
        n_choices: 1,
        max_tokens,
        prompt_fields: PROMPT_FIELDS,
    })
}

fn check_messages(members: &Members, body: &str) -> Result<(), Error> {
    let missing = || Error::missing("messages", "send an array with at least one message");
    let (mut cursor, shape) = members.cursor("messages", body)?.ok_or_else(missing)?;
    let start = cursor.position();
    let is_empty = cursor.skip()?.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]");
    if shape != Shape::Array || is_empty {
        return Err(Error::invalid("messages", start, "must be an array with at least one message"));
    }
    Ok(())
}

fn read_max_tokens(members: &Members, body: &str) -> Result<Option<u64>, Error> {
    let Some((mut cursor, _)) = members.cursor("max_tokens", body)? else { return Ok(None) };
    let start = cursor.position();
    let invalid = |_| Error::invalid("max_tokens", start, "must be an integer, 0 or more");
    cursor.skip()?.parse().map(Some).map_err(invalid)
}
