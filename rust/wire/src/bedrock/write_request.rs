//! A request to Converse. The model stands in the path, and so does whether the answer is to be streamed.

use super::additional::write_additional;
use super::block::{Block, Blocks};
use super::family::Family;
use super::thinking::Thinking;
use super::write_block::{write_blocks, write_cache_point};
use crate::chat::{Content, Feature, Format, Lost, Request, Role, Tool, ToolChoice};
use crate::json::{ObjectWriter, write_object};
use crate::target::Target;

/// The schema of a function whose arguments the client did not describe.
const ANY_OBJECT: &str = r#"{"type":"object","properties":{}}"#;

/// Writes `form`, and takes note of what Converse cannot say.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    let family = Family::of(target.model);
    // Whose words are used where Converse has none.
    let own_words = if target.quirks.takes("additionalModelRequestFields") { family } else { Family::Other };
    let takes_output = target.quirks.takes("outputConfig");
    let takes_schemas = family.takes_schemas() && takes_output;
    let thinking = Thinking::of(form, own_words, lost);
    let effort = thinking.and_then(Thinking::effort);
    if effort.is_some() && !takes_output {
        lost.field(Feature::Reasoning);
    }
    note_unsayable(form, takes_schemas, lost);
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        write_messages(form, family, lost, body);
        write_inference(form, body);
        if target.quirks.takes("toolConfig") {
            write_tools(form, family, takes_schemas, lost, body);
        } else if !form.tools.is_empty() {
            lost.field(Feature::Tools);
        }
        write_output(form, takes_schemas, effort.filter(|_| takes_output), body);
        write_additional(form, own_words, thinking, lost, body);
    });
    output
}

fn note_unsayable(form: &Request<'_>, takes_schemas: bool, lost: &mut Lost) {
    let is_formless = match &form.format {
        None => false,
        Some(Format::Json) => true,
        Some(Format::Schema { .. }) => !takes_schemas,
    };
    let fields = [
        (is_formless, Feature::Format),
        (form.frequency_penalty.is_some(), Feature::FrequencyPenalty),
        (form.presence_penalty.is_some(), Feature::PresencePenalty),
        (form.seed.is_some(), Feature::Seed),
        (form.n > 1, Feature::Choices),
        (form.logprobs.is_some(), Feature::Logprobs),
        (form.messages.iter().any(|message| message.name.is_some()), Feature::SpeakerName),
    ];
    fields.into_iter().filter(|(is_there, _)| *is_there).for_each(|(_, feature)| lost.field(feature));
    if form.user.is_some() {
        lost.hint(Feature::User);
    }
}

/// Instructions go to the front, and neighbours of the same role become one message: roles must alternate.
fn write_messages(form: &Request<'_>, family: Family, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    let mut blocks = Blocks::new(family, lost);
    let mut system = Vec::new();
    let mut turns: Vec<(Role, Vec<Block<'_>>)> = Vec::with_capacity(form.messages.len());
    for message in &form.messages {
        let mut parts: Vec<_> = message.parts.iter().collect();
        // Results must follow their calls at once.
        parts.sort_by_key(|part| !matches!(part.content, Content::Result { .. }));
        let said = blocks.of(parts);
        match turns.last_mut() {
            _ if message.role == Role::System => system.extend(said),
            _ if said.is_empty() => {}
            Some((role, turn)) if *role == message.role => turn.extend(said),
            _ => turns.push((message.role, said)),
        }
    }
    if !system.is_empty() {
        body.array("system", |content| write_blocks(&system, content));
    }
    body.array("messages", |messages| {
        for (role, turn) in &turns {
            messages.object(|message| {
                message.string("role", if *role == Role::Assistant { "assistant" } else { "user" });
                message.array("content", |content| write_blocks(turn, content));
            });
        }
    });
}

fn write_inference(form: &Request<'_>, body: &mut ObjectWriter<'_>) {
    if form.max_tokens.is_none() && form.temperature.is_none() && form.top_p.is_none() && form.stop.is_empty() {
        return;
    }
    body.object("inferenceConfig", |config| {
        if let Some(n_tokens) = form.max_tokens {
            config.number("maxTokens", n_tokens);
        }
        config.optional_raw("temperature", form.temperature);
        config.optional_raw("topP", form.top_p);
        if !form.stop.is_empty() {
            config.array("stopSequences", |stop| form.stop.iter().for_each(|sequence| stop.string(sequence)));
        }
    });
}

fn write_tools(form: &Request<'_>, family: Family, takes_schemas: bool, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    if form.tools.is_empty() {
        return;
    }
    if form.tool_choice == Some(ToolChoice::None) {
        // There is no word for it, so they are left out; but where there were calls, Bedrock demands them.
        let mut parts = form.messages.iter().flat_map(|message| &message.parts);
        if !parts.any(|part| matches!(part.content, Content::Call(_))) {
            return;
        }
        lost.field(Feature::ToolChoice);
    }
    body.object("toolConfig", |config| {
        config.array("tools", |tools| {
            for tool in &form.tools {
                tools.object(|object| write_tool(tool, takes_schemas, lost, object));
                match tool.cache {
                    Some(mark) if family.is_claude() => tools.object(|object| write_cache_point(mark, object)),
                    Some(_) => lost.hint(Feature::CacheMark),
                    None => {}
                }
            }
        });
        match &form.tool_choice {
            None | Some(ToolChoice::None) => {}
            Some(ToolChoice::Auto) => config.object("toolChoice", |choice| choice.object("auto", |_| ())),
            Some(ToolChoice::Required) => config.object("toolChoice", |choice| choice.object("any", |_| ())),
            Some(ToolChoice::Named(name)) => {
                config.object("toolChoice", |choice| choice.object("tool", |tool| tool.string("name", name)));
            }
        }
    });
}

fn write_tool(tool: &Tool<'_>, takes_schemas: bool, lost: &mut Lost, object: &mut ObjectWriter<'_>) {
    object.object("toolSpec", |spec| {
        spec.string("name", &tool.name);
        spec.optional_string("description", tool.description.as_deref().filter(|text| !text.is_empty()));
        spec.object("inputSchema", |schema| schema.raw("json", tool.parameters.as_deref().unwrap_or(ANY_OBJECT)));
        match tool.strict {
            Some(true) if takes_schemas => spec.boolean("strict", true),
            Some(true) => lost.hint(Feature::Strict),
            Some(false) | None => {}
        }
    });
}

fn write_output(form: &Request<'_>, takes_schemas: bool, effort: Option<&str>, body: &mut ObjectWriter<'_>) {
    let format = form.format.as_ref().filter(|_| takes_schemas);
    let schema = match format {
        Some(Format::Schema { name, description, schema, .. }) => Some((name, description, schema)),
        Some(Format::Json) | None => None,
    };
    if schema.is_none() && effort.is_none() {
        return;
    }
    body.object("outputConfig", |config| {
        if let Some((name, description, schema)) = schema {
            config.object("textFormat", |format| {
                format.string("type", "json_schema");
                format.object("structure", |structure| {
                    structure.object("jsonSchema", |json_schema| {
                        // Not the schema but its text.
                        json_schema.string("schema", schema);
                        json_schema.optional_string("name", name.as_deref());
                        json_schema.optional_string("description", description.as_deref());
                    });
                });
            });
        }
        config.optional_string("effort", effort);
    });
}
