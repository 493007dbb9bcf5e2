//! From a client's request to the form in the middle.

use super::fields::{Fields, Leftovers, Place};
use super::read_message::read_parts;
use super::read_parameters::{read_format, read_reasoning, read_stop, read_tool_choice, read_tools, read_user};
use crate::Error;
use crate::chat::{self, Message, Role};
use crate::json::Value;

/// Members of the body that change no answer. Editing of the context only takes away what was said long ago.
const HINTS: [&str; 6] =
    ["cache_control", "service_tier", "speed", "diagnostics", "user_profile_id", "context_management"];

/// Reads a request.
pub(crate) fn read_request(request: &crate::Request) -> Result<chat::Request<'_>, Error> {
    let mut body = Fields::of_body(request.body())?;
    let mut leftovers = Leftovers::default();
    // Read by the scan.
    let _ = (body.take("model"), body.take("stream"));
    let mut messages = Vec::new();
    if let Some(system) = body.take("system") {
        messages.push(Message::new(Role::System, read_parts(system, Place::top("system"), &mut leftovers)?));
    }
    if let Some(value) = body.take("messages") {
        let place = Place::top("messages");
        for (index, message) in place.array(value)?.into_iter().enumerate() {
            messages.push(read_message(message, place.index(index), &mut leftovers)?);
        }
    }
    let (tool_choice, parallel_calls) = read_tool_choice(&mut body, &mut leftovers)?;
    let mut output = match body.take("output_config") {
        Some(value) => Some(Fields::of(value, Place::top("output_config"))?),
        None => None,
    };
    let mut form = chat::Request {
        messages,
        tools: read_tools(&mut body, &mut leftovers)?,
        tool_choice,
        parallel_calls,
        format: read_format(&mut body, output.as_mut(), &mut leftovers)?,
        max_tokens: body.integer("max_tokens")?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        top_k: body.number("top_k")?,
        stop: read_stop(&mut body)?,
        reasoning: read_reasoning(&mut body, output.as_mut(), &mut leftovers)?,
        user: read_user(&mut body, &mut leftovers)?,
        is_stream: request.is_stream(),
        ..chat::Request::default()
    };
    for name in HINTS {
        body.hint(name, name, &mut leftovers);
    }
    output.into_iter().chain([body]).for_each(|fields| fields.end(&mut leftovers));
    form.unknown = leftovers.unknown;
    form.hints = leftovers.hints.into_iter().map(str::to_owned).collect();
    Ok(form)
}

fn read_message<'a>(value: Value<'a>, place: Place<'_>, leftovers: &mut Leftovers) -> Result<Message<'a>, Error> {
    let mut message = Fields::of(value, place)?;
    let role = match &*message.required("role")? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => return Err(message.at("role").invalid("must be `user`, `assistant` or `system`")),
    };
    let content = message.take("content");
    let content = content.ok_or_else(|| message.at("content").invalid("is missing; send a string or blocks"))?;
    let parts = read_parts(content, message.at("content"), leftovers)?;
    message.end(leftovers);
    Ok(Message::new(role, parts))
}
