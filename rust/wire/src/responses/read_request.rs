//! Reads what a client asks for.

use super::read_input::read_input;
use crate::Error;
use crate::chat::{Effort, Format, Logprobs, Message, Part, Reasoning, Request, Role, Tool, ToolChoice};
use crate::fields::Fields;
use crate::json::Value;

/// What says how things are anyway: nothing is stored here, and answers wait for nobody.
const DEFAULTS: [(&str, &str); 6] = [
    ("background", "false"),
    ("metadata", "{}"),
    ("service_tier", r#""auto""#),
    ("service_tier", r#""default""#),
    ("store", "false"),
    ("truncation", r#""disabled""#),
];

/// Fields that change no answer. The limit on calls is one on tools that the provider runs, of which there are none.
const HINTS: [&str; 9] = [
    "max_tool_calls",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
    "store",
    "stream_options",
    "user",
];

/// Reads the body of a request.
///
/// # Errors
/// `Kind::Invalid` for a value that the API does not define, `Kind::Missing` where nothing is asked.
pub(crate) fn read_request(request: &crate::Request) -> Result<Request<'_>, Error> {
    let mut body = Fields::of_body(request.body())?;
    let mut form = Request { max_tokens: request.max_tokens(), is_stream: request.is_stream(), ..Request::default() };
    for read_before in ["model", "stream", "max_output_tokens"] {
        body.take(read_before);
    }
    let instructions = body.string("instructions")?;
    read_input(&mut body, &mut form)?;
    read_tools(&mut body, &mut form)?;
    read_text(&mut body, &mut form)?;
    form.reasoning = read_reasoning(&mut body, &mut form.unknown)?;
    form.logprobs = read_logprobs(&mut body, &mut form.hints)?;
    form.temperature = body.number("temperature")?;
    form.top_p = body.number("top_p")?;
    // OpenAI has these two in its answers alone; the Open Responses specification has them in requests too.
    form.frequency_penalty = body.number("frequency_penalty")?;
    form.presence_penalty = body.number("presence_penalty")?;
    form.user = body.string("safety_identifier")?;
    if form.user.is_none() {
        form.user = body.string("user")?;
    }
    for (field, default) in DEFAULTS {
        body.accept(field, default);
    }
    form.hints.extend(HINTS.iter().filter(|field| body.take(field).is_some()).map(|&field| field.to_owned()));
    body.name_rest(&mut form.unknown);
    if form.messages.is_empty() && form.unknown.is_empty() {
        return Err(Error::missing("input", "send a text, or an array with at least one item"));
    }
    if let Some(text) = instructions {
        form.messages.insert(0, Message::new(Role::System, vec![Part::text(text)]));
    }
    Ok(form)
}

fn read_tools<'a>(body: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    for mut tool in body.items("tools")? {
        let kind = tool.needed("type")?;
        if kind != "function" {
            form.unknown.push(format!("{} ({kind})", tool.place()));
            continue;
        }
        form.tools.push(Tool {
            name: tool.needed("name")?,
            description: tool.string("description")?,
            parameters: tool.read("parameters", "must be a JSON Schema", schema)?.map(Into::into),
            strict: tool.boolean("strict")?,
            cache: None,
        });
        tool.accept("defer_loading", "false");
        tool.accept("async", "false");
        tool.name_rest(&mut form.unknown);
    }
    form.parallel_calls = body.boolean("parallel_tool_calls")?;
    form.tool_choice = read_tool_choice(body, &mut form.unknown)?;
    Ok(())
}

fn read_tool_choice<'a>(body: &mut Fields<'a>, unknown: &mut Vec<String>) -> Result<Option<ToolChoice<'a>>, Error> {
    let word = body.object().string("tool_choice");
    let choice = match word.as_deref() {
        Some("auto") => ToolChoice::Auto,
        Some("none") => ToolChoice::None,
        Some("required") => ToolChoice::Required,
        Some(_) => return Err(body.invalid("tool_choice", "must be \"none\", \"auto\", \"required\" or an object")),
        None => {
            let Some(mut choice) = body.fields("tool_choice")? else { return Ok(None) };
            let kind = choice.needed("type")?;
            if kind != "function" {
                unknown.push(format!("tool_choice ({kind})"));
                return Ok(None);
            }
            let name = choice.needed("name")?;
            choice.name_rest(unknown);
            ToolChoice::Named(name)
        }
    };
    body.take("tool_choice");
    Ok(Some(choice))
}

fn read_text<'a>(body: &mut Fields<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    let Some(mut text) = body.fields("text")? else { return Ok(()) };
    text.accept("verbosity", r#""medium""#);
    if let Some(mut format) = text.fields("format")? {
        let kind = format.needed("type")?;
        match &*kind {
            "text" => {}
            "json_object" => form.format = Some(Format::Json),
            "json_schema" => form.format = Some(read_schema(&mut format)?),
            other => form.unknown.push(format!("text.format ({other})")),
        }
        format.name_rest(&mut form.unknown);
    }
    text.name_rest(&mut form.unknown);
    Ok(())
}

fn read_schema<'a>(format: &mut Fields<'a>) -> Result<Format<'a>, Error> {
    let schema = format.read("schema", "must be a JSON Schema", schema)?;
    Ok(Format::Schema {
        name: format.string("name")?,
        description: format.string("description")?,
        schema: schema.ok_or_else(|| format.invalid("schema", "is missing; it must be a JSON Schema"))?.into(),
        strict: format.boolean("strict")?,
    })
}

fn schema(value: Value<'_>) -> Option<&str> {
    value.object().map(|_| value.text())
}

fn read_reasoning(body: &mut Fields<'_>, unknown: &mut Vec<String>) -> Result<Option<Reasoning>, Error> {
    const DEMAND: &str = "must be none, minimal, low, medium, high, xhigh or max";

    let Some(mut fields) = body.fields("reasoning")? else { return Ok(None) };
    let effort = fields.read("effort", DEMAND, |value| Effort::of(&value.string()?))?;
    // The second is its older name.
    let summaries = [fields.string("summary")?, fields.string("generate_summary")?];
    let is_shown = summaries.iter().any(Option::is_some).then_some(true);
    fields.accept("context", r#""auto""#);
    fields.accept("mode", r#""standard""#);
    fields.name_rest(unknown);
    let reasoning = Reasoning { effort, budget: None, is_shown };
    Ok(Some(reasoning).filter(|reasoning| *reasoning != Reasoning::default()))
}

/// What the client wants to be told besides: of it, only log probabilities are to be asked for. Signatures of thoughts
/// are always told, and what else there is belongs to tools that the provider runs.
fn read_logprobs(body: &mut Fields<'_>, hints: &mut Vec<String>) -> Result<Option<Logprobs>, Error> {
    let mut is_wanted = false;
    for value in body.elements("include")? {
        match value.string().as_deref() {
            Some("message.output_text.logprobs") => is_wanted = true,
            Some("reasoning.encrypted_content") => {}
            Some(other) => hints.push(format!("include ({other})")),
            None => return Err(body.invalid("include", "must be an array of strings")),
        }
    }
    let n_top =
        body.read("top_logprobs", "must be an integer from 0 to 20", |value| value.integer()?.try_into().ok())?;
    let n_top = n_top.unwrap_or_default();
    Ok((is_wanted || n_top > 0).then_some(Logprobs { n_top }))
}
