//! What the client asks for beside the conversation: tools, thinking, the form of the answer.

use std::borrow::Cow;

use super::fields::{Fields, Leftovers, Place};
use super::read_message::read_cache;
use crate::Error;
use crate::chat::{Effort, Format, Reasoning, Tool, ToolChoice};

/// Reads `tools`. Those that run at the provider have no place in the form.
pub(super) fn read_tools<'a>(body: &mut Fields<'_, 'a>, leftovers: &mut Leftovers) -> Result<Vec<Tool<'a>>, Error> {
    let Some(value) = body.take("tools") else { return Ok(Vec::new()) };
    let place = Place::top("tools");
    let mut tools = Vec::new();
    for (index, value) in place.array(value)?.into_iter().enumerate() {
        let place = place.index(index);
        let mut tool = Fields::of(value, place)?;
        match tool.string("type")? {
            Some(kind) if kind != "custom" => leftovers.kind(place, &kind),
            _ => tools.push(read_tool(tool, leftovers)?),
        }
    }
    Ok(tools)
}

fn read_tool<'a>(mut fields: Fields<'_, 'a>, leftovers: &mut Leftovers) -> Result<Tool<'a>, Error> {
    let tool = Tool {
        name: fields.required("name")?,
        description: fields.string("description")?,
        parameters: fields.object("input_schema")?.map(Cow::Borrowed),
        strict: fields.boolean("strict")?,
        cache: read_cache(&mut fields)?,
    };
    // How finely the stream is cut, and when the model gets to see the tool.
    fields.hint("eager_input_streaming", "tools[].eager_input_streaming", leftovers);
    fields.hint("defer_loading", "tools[].defer_loading", leftovers);
    fields.end(leftovers);
    Ok(tool)
}

/// Reads `tool_choice`, and whether tools may be called in parallel.
pub(super) fn read_tool_choice<'a>(
    body: &mut Fields<'_, 'a>,
    leftovers: &mut Leftovers,
) -> Result<(Option<ToolChoice<'a>>, Option<bool>), Error> {
    let Some(value) = body.take("tool_choice") else { return Ok((None, None)) };
    let mut fields = Fields::of(value, Place::top("tool_choice"))?;
    let choice = match &*fields.required("type")? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(fields.required("name")?),
        _ => return Err(fields.at("type").invalid("must be `auto`, `any`, `tool` or `none`")),
    };
    let is_disabled = fields.boolean("disable_parallel_tool_use")?;
    fields.end(leftovers);
    Ok((Some(choice), is_disabled.filter(|is_disabled| *is_disabled).map(|_| false)))
}

/// Reads the schema of the answer: `output_config.format`, or `output_format` as it was before.
pub(super) fn read_format<'a>(
    body: &mut Fields<'_, 'a>,
    output: Option<&mut Fields<'_, 'a>>,
    leftovers: &mut Leftovers,
) -> Result<Option<Format<'a>>, Error> {
    let older = body.take("output_format").map(|value| (value, Place::top("output_format")));
    let config = Place::top("output_config");
    let newer = output.and_then(|output| output.take("format")).map(|value| (value, config.key("format")));
    let Some((value, place)) = newer.or(older) else { return Ok(None) };
    let mut fields = Fields::of(value, place)?;
    if fields.required("type")? != "json_schema" {
        return Err(fields.at("type").invalid("must be `json_schema`"));
    }
    let schema = fields.object("schema")?.ok_or_else(|| fields.at("schema").invalid("is missing; send an object"))?;
    fields.end(leftovers);
    Ok(Some(Format::Schema { name: None, description: None, schema: schema.into(), strict: None }))
}

/// Reads `thinking` and `output_config.effort`.
pub(super) fn read_reasoning(
    body: &mut Fields<'_, '_>,
    output: Option<&mut Fields<'_, '_>>,
    leftovers: &mut Leftovers,
) -> Result<Option<Reasoning>, Error> {
    let effort = match output {
        Some(output) => read_effort(output)?,
        None => None,
    };
    let Some(value) = body.take("thinking") else {
        return Ok(effort.map(|effort| Reasoning { effort: Some(effort), ..Reasoning::default() }));
    };
    let mut fields = Fields::of(value, Place::top("thinking"))?;
    let (effort, budget) = match &*fields.required("type")? {
        "enabled" => {
            let budget = fields.integer("budget_tokens")?;
            let missing = || fields.at("budget_tokens").invalid("is missing; send an integer of at least 1024");
            (effort, Some(budget.ok_or_else(missing)?))
        }
        "adaptive" => (effort, None),
        "disabled" => (Some(Effort::None), None),
        // No thought before the answer, only short ones between calls of tools.
        "between_tools" => (Some(Effort::Minimal), None),
        _ => return Err(fields.at("type").invalid("must be `adaptive`, `enabled` or `disabled`")),
    };
    let is_shown = match fields.string("display")?.as_deref() {
        Some("omitted") => Some(false),
        Some(_) => Some(true),
        None => None,
    };
    fields.end(leftovers);
    Ok(Some(Reasoning { effort, budget, is_shown }))
}

fn read_effort(output: &mut Fields<'_, '_>) -> Result<Option<Effort>, Error> {
    let Some(word) = output.string("effort")? else { return Ok(None) };
    let demand = "must be `low`, `medium`, `high`, `xhigh` or `max`";
    Effort::of(&word).map(Some).ok_or_else(|| output.at("effort").invalid(demand))
}

/// Reads `stop_sequences`.
pub(super) fn read_stop<'a>(body: &mut Fields<'_, 'a>) -> Result<Vec<Cow<'a, str>>, Error> {
    let Some(value) = body.take("stop_sequences") else { return Ok(Vec::new()) };
    let place = Place::top("stop_sequences");
    let sequences = place.array(value)?.into_iter().enumerate();
    sequences.map(|(index, sequence)| place.index(index).string(sequence)).collect()
}

/// Reads `metadata.user_id`.
pub(super) fn read_user<'a>(
    body: &mut Fields<'_, 'a>,
    leftovers: &mut Leftovers,
) -> Result<Option<Cow<'a, str>>, Error> {
    let Some(value) = body.take("metadata") else { return Ok(None) };
    let mut metadata = Fields::of(value, Place::top("metadata"))?;
    let user = metadata.string("user_id")?;
    if !metadata.is_empty() {
        leftovers.hint("metadata");
    }
    Ok(user)
}
