//! A request to Converse. The model stands in the path, and so does whether the answer is to be streamed.

use std::borrow::Cow;

use super::additional::Additional;
use super::block::{Block, Blocks};
use super::family::Family;
use super::sampling::Sampling;
use super::thinking::Thinking;
use super::write_block::write_blocks;
use super::write_tools::write_tools;
use crate::chat::{Content, Feature, Format, Lost, Request, Role};
use crate::json::{ObjectWriter, write_object};
use crate::target::Target;

/// Writes `form`, and takes note of what Converse cannot say.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    let family = Family::of(target.model);
    // Whose words are used where Converse has none.
    let own_words = if target.quirks.takes("additionalModelRequestFields") { family } else { Family::Other };
    let takes_output = target.quirks.takes("outputConfig");
    let takes_schemas = family.takes_schemas() && takes_output;
    let takes_tools = target.quirks.takes("toolConfig");
    let thinking = Thinking::of(form, own_words, takes_tools, lost);
    let sampling = Sampling::of(form, family, thinking.is_claudes(), lost);
    let effort = thinking.effort();
    if effort.is_some() && !takes_output {
        lost.field(Feature::Reasoning);
    }
    if !takes_tools && !form.tools.is_empty() {
        lost.field(Feature::Tools);
    }
    note_unsayable(form, takes_schemas, lost);
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        write_messages(form, family, lost, body);
        write_inference(form, family, sampling, lost, body);
        let has_tools = takes_tools && write_tools(form, family, takes_schemas, lost, body);
        write_output(form, takes_schemas, effort.filter(|_| takes_output), body);
        let is_single = has_tools && form.parallel_calls == Some(false);
        Additional { family: own_words, top_k: sampling.top_k, thinking, is_single }.write(form, lost, body);
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
        (is_felt(form.frequency_penalty), Feature::FrequencyPenalty),
        (is_felt(form.presence_penalty), Feature::PresencePenalty),
        (form.seed.is_some(), Feature::Seed),
        (form.n > 1, Feature::Choices),
        (form.logprobs.is_some(), Feature::Logprobs),
    ];
    fields.into_iter().filter(|(is_there, _)| *is_there).for_each(|(_, feature)| lost.field(feature));
    if form.user.is_some() {
        lost.hint(Feature::User);
    }
    if form.messages.iter().any(|message| message.name.is_some()) {
        lost.hint(Feature::SpeakerName);
    }
}

/// A penalty of 0 is none.
fn is_felt(penalty: Option<&str>) -> bool {
    penalty.is_some_and(|number| number.parse() != Ok(0.0))
}

/// Instructions go to the front, unless they are all there is: there must be a question. Neighbours of the same role
/// become one message, as roles must alternate.
fn write_messages(form: &Request<'_>, family: Family, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    let is_question = form.has_only_instructions();
    let mut blocks = Blocks::new(family, lost);
    let mut system = Vec::new();
    let mut turns: Vec<(Role, Vec<Block<'_>>)> = Vec::with_capacity(form.messages.len());
    for message in &form.messages {
        let mut parts: Vec<_> = message.parts.iter().collect();
        // Results must follow their calls at once.
        parts.sort_by_key(|part| !matches!(part.content, Content::Result { .. }));
        let said = blocks.of(parts);
        match turns.last_mut() {
            _ if message.role == Role::System && !is_question => system.extend(said),
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

fn write_inference(
    form: &Request<'_>,
    family: Family,
    sampling: Sampling<'_>,
    lost: &mut Lost,
    body: &mut ObjectWriter<'_>,
) {
    // Claude refuses sequences of white space alone.
    let is_taken = |sequence: &&Cow<'_, str>| !family.is_claude() || !sequence.trim().is_empty();
    let stop: Vec<_> = form.stop.iter().filter(is_taken).collect();
    if stop.len() < form.stop.len() {
        lost.field(Feature::Stop);
    }
    let Sampling { temperature, top_p, .. } = sampling;
    if form.max_tokens.is_none() && temperature.is_none() && top_p.is_none() && stop.is_empty() {
        return;
    }
    body.object("inferenceConfig", |config| {
        if let Some(n_tokens) = form.max_tokens {
            config.number("maxTokens", n_tokens);
        }
        config.optional_raw("temperature", temperature);
        config.optional_raw("topP", top_p);
        if !stop.is_empty() {
            config.array("stopSequences", |output| stop.iter().for_each(|sequence| output.string(sequence)));
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
