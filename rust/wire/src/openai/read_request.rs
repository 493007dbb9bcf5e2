//! Reads what a client asks for, conventions of other providers included that clients have learned to use.

use std::borrow::Cow;

use super::read_message::{cache_mark, read_messages};
use crate::chat::{Effort, Format, Logprobs, Message, Part, Reasoning, Request, Role, Tool, ToolChoice};
use crate::fields::Fields;
use crate::json::{Shape, Value};
use crate::{Endpoint, Error};

/// Fields that change no answer.
const HINTS: [&str; 6] =
    ["metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "store"];

/// What fields mean where they are absent, so that saying it asks for nothing.
const DEFAULTS: [(&str, &str); 8] = [
    ("best_of", "1"),
    ("echo", "false"),
    ("logit_bias", "{}"),
    ("modalities", r#"["text"]"#),
    ("service_tier", r#""auto""#),
    ("store", "false"),
    ("suffix", r#""""#),
    ("verbosity", r#""medium""#),
];

/// Reads the body of a request for chat or text completions.
///
/// # Errors
/// `Kind::Invalid` for a value that the API does not define.
pub(crate) fn read_request(request: &crate::Request) -> Result<Request<'_>, Error> {
    let mut body = Fields::of_body(request.body())?;
    let mut form = Request { max_tokens: request.max_tokens(), is_stream: request.is_stream(), ..Request::default() };
    for read_before in ["model", "stream", "max_tokens", "max_completion_tokens"] {
        body.take(read_before);
    }
    if request.endpoint() == Endpoint::Completions {
        read_prompt(&mut body, &mut form)?;
    } else {
        read_messages(body.items("messages")?, &mut form)?;
        form.logprobs = read_logprobs(&mut body)?;
    }
    read_tools(&mut body, &mut form)?;
    form.format = read_format(&mut body, &mut form.unknown)?;
    form.reasoning = read_reasoning(&mut body, &mut form.unknown)?;
    form.temperature = body.number("temperature")?;
    form.top_p = body.number("top_p")?;
    form.top_k = body.number("top_k")?;
    form.frequency_penalty = body.number("frequency_penalty")?;
    form.presence_penalty = body.number("presence_penalty")?;
    form.seed = body.number("seed")?;
    form.stop = body.read("stop", "must be a string or an array of strings", strings)?.unwrap_or_default();
    form.n = body.integer("n")?.and_then(|n| n.try_into().ok()).unwrap_or_default();
    form.user = body.string("user")?;
    if form.user.is_none() {
        form.user = body.string("safety_identifier")?;
    }
    if let Some(mut options) = body.fields("stream_options")? {
        // That the client wants usage, the writer of its stream knows.
        options.take("include_usage");
        options.name_rest(&mut form.hints);
    }
    for (field, default) in DEFAULTS {
        body.accept(field, default);
    }
    form.hints.extend(HINTS.iter().filter(|field| body.take(field).is_some()).map(|&field| field.to_owned()));
    body.name_rest(&mut form.unknown);
    Ok(form)
}

/// A legacy prompt, as the message of a user.
fn read_prompt<'a>(body: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    const DEMAND: &str = "must be one text: several, or tokens, cannot be translated for the chosen provider";

    let text = body.read("prompt", DEMAND, |prompt| strings(prompt)?.try_into().ok())?;
    // It was seen to be there.
    let [text]: [Cow<'a, str>; 1] = text.unwrap_or_default();
    form.messages.push(Message::new(Role::User, vec![Part::text(text)]));
    Ok(())
}

/// A string, or an array of them.
pub(super) fn strings(value: Value<'_>) -> Option<Vec<Cow<'_, str>>> {
    match value.string() {
        Some(text) => Some(vec![text]),
        None => value.array()?.into_iter().map(Value::string).collect(),
    }
}

fn read_logprobs(body: &mut Fields<'_>) -> Result<Option<Logprobs>, Error> {
    let is_wanted = body.boolean("logprobs")?.unwrap_or_default();
    let n_top =
        body.read("top_logprobs", "must be an integer from 0 to 20", |value| value.integer()?.try_into().ok())?;
    Ok(is_wanted.then_some(Logprobs { n_top: n_top.unwrap_or_default() }))
}

fn read_tools<'a>(body: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    for mut tool in body.items("tools")? {
        let kind = tool.take("type").and_then(Value::string);
        match tool.fields("function")? {
            Some(function) if kind.is_none_or(|kind| kind == "function") => {
                let cache = cache_mark(&mut tool);
                form.tools.push(Tool { cache, ..read_function(function, &mut form.unknown)? });
                tool.name_rest(&mut form.unknown);
            }
            _ => form.unknown.push(tool.path("type")),
        }
    }
    form.parallel_calls = body.boolean("parallel_tool_calls")?;
    form.tool_choice = read_tool_choice(body, &mut form.unknown)?;
    // The older form of the same, whose answers have room for one call.
    let functions = body.items("functions")?;
    if !functions.is_empty() {
        form.parallel_calls = Some(false);
    }
    for function in functions {
        form.tools.push(read_function(function, &mut form.unknown)?);
    }
    if let Some(value) = body.take("function_call") {
        let choice = value.string().and_then(|word| choice_of_word(&word));
        let name = || value.object()?.string("name").map(ToolChoice::Named);
        let choice = choice.or_else(name);
        let demand = "must be \"none\", \"auto\" or an object with `name`";
        form.tool_choice = Some(choice.ok_or_else(|| body.invalid("function_call", demand))?);
    }
    Ok(())
}

fn read_function<'a>(mut function: Fields<'a>, unknown: &mut Vec<String>) -> Result<Tool<'a>, Error> {
    let tool = Tool {
        name: function.needed("name")?,
        description: function.string("description")?,
        parameters: function.read("parameters", "must be a JSON Schema", schema)?,
        strict: function.boolean("strict")?,
        cache: cache_mark(&mut function),
    };
    function.name_rest(unknown);
    Ok(tool)
}

fn read_tool_choice<'a>(body: &mut Fields<'a>, unknown: &mut Vec<String>) -> Result<Option<ToolChoice<'a>>, Error> {
    const DEMAND: &str = "must be \"none\", \"auto\", \"required\" or an object that names a function";

    let Some(value) = body.take("tool_choice") else { return Ok(None) };
    if let Some(word) = value.string() {
        return choice_of_word(&word).map(Some).ok_or_else(|| body.invalid("tool_choice", DEMAND));
    }
    let mut choice = value.object().ok_or_else(|| body.invalid("tool_choice", DEMAND))?;
    match choice.take("type").and_then(Value::string).as_deref() {
        Some("function") | None => {
            let name = choice.object("function").and_then(|function| function.string("name"));
            name.map(|name| Some(ToolChoice::Named(name))).ok_or_else(|| body.invalid("tool_choice", DEMAND))
        }
        Some(_) => {
            unknown.push("tool_choice.type".to_owned());
            Ok(None)
        }
    }
}

fn choice_of_word(word: &str) -> Option<ToolChoice<'static>> {
    match word {
        "auto" => Some(ToolChoice::Auto),
        "none" => Some(ToolChoice::None),
        // The second is Mistral's word.
        "required" | "any" => Some(ToolChoice::Required),
        _ => None,
    }
}

fn read_format<'a>(body: &mut Fields<'a>, unknown: &mut Vec<String>) -> Result<Option<Format<'a>>, Error> {
    let Some(mut format) = body.fields("response_format")? else { return Ok(None) };
    match &*format.needed("type")? {
        "text" => Ok(None),
        "json_object" => Ok(Some(Format::Json)),
        "json_schema" => {
            let Some(mut described) = format.fields("json_schema")? else {
                return Err(format.invalid("json_schema", "is missing; it must be an object"));
            };
            let format = Format::Schema {
                name: described.string("name")?,
                description: described.string("description")?,
                schema: described.read("schema", "must be a JSON Schema", schema)?.unwrap_or("{}".into()),
                strict: described.boolean("strict")?,
            };
            described.name_rest(unknown);
            Ok(Some(format))
        }
        _ => {
            unknown.push("response_format.type".to_owned());
            Ok(None)
        }
    }
}

/// JSON Schema has `true` and `false` too, for everything and nothing.
fn schema(value: Value<'_>) -> Option<Cow<'_, str>> {
    matches!(value.shape(), Shape::Object | Shape::True | Shape::False).then(|| value.text().into())
}

/// OpenAI's word, `OpenRouter`'s object, and Anthropic's, which many compatible servers take.
fn read_reasoning(body: &mut Fields<'_>, unknown: &mut Vec<String>) -> Result<Option<Reasoning>, Error> {
    const DEMAND: &str = "must be none, minimal, low, medium, high, xhigh or max";

    let effort = |value: Value<'_>| Effort::of(&value.string()?);
    let mut reasoning = Reasoning { effort: body.read("reasoning_effort", DEMAND, effort)?, ..Reasoning::default() };
    let mut is_asked = reasoning.effort.is_some();
    if let Some(mut fields) = body.fields("reasoning")? {
        reasoning.effort = fields.read("effort", DEMAND, effort)?.or(reasoning.effort);
        reasoning.budget = fields.integer("max_tokens")?;
        reasoning.is_shown = fields.boolean("exclude")?.map(|is_hidden| !is_hidden);
        if fields.boolean("enabled")? == Some(false) {
            reasoning.effort = Some(Effort::None);
        }
        fields.name_rest(unknown);
        is_asked = true;
    }
    if let Some(mut fields) = body.fields("thinking")? {
        if fields.string("type")?.as_deref() == Some("disabled") {
            reasoning.effort = Some(Effort::None);
        }
        reasoning.budget = fields.integer("budget_tokens")?.or(reasoning.budget);
        fields.name_rest(unknown);
        is_asked = true;
    }
    Ok(is_asked.then_some(reasoning))
}
