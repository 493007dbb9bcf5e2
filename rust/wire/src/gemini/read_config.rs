//! Reads `generationConfig`.

use std::borrow::Cow;

use super::node::{Node, push};
use super::schema;
use crate::Error;
use crate::chat::{Effort, Format, Logprobs, Reasoning, Request};
use crate::json::Value;

pub(super) fn read<'a>(mut config: Node<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    form.temperature = config.number("temperature")?;
    form.top_p = config.number("topP")?;
    form.top_k = config.number("topK")?;
    form.presence_penalty = config.number("presencePenalty")?;
    form.frequency_penalty = config.number("frequencyPenalty")?;
    form.seed = config.number("seed")?;
    form.max_tokens = config.integer("maxOutputTokens")?;
    form.stop = config.strings("stopSequences")?;
    form.n = count(&mut config, "candidateCount")?;
    let n_top = count(&mut config, "logprobs")?;
    form.logprobs = config.boolean("responseLogprobs")?.then_some(Logprobs { n_top });
    form.format = read_format(&mut config, form)?;
    if let Some(thinking) = config.child("thinkingConfig")? {
        form.reasoning = read_thinking(thinking, form)?;
    }
    let modalities = config.strings("responseModalities")?;
    if modalities.iter().any(|modality| !modality.eq_ignore_ascii_case("text")) {
        push(&mut form.unknown, config.path_of("responseModalities"));
    }
    config.take_foreign("mediaResolution", &mut form.hints);
    config.rest(&mut form.unknown);
    Ok(())
}

fn count(node: &mut Node<'_>, name: &'static str) -> Result<u32, Error> {
    let number = node.integer(name)?.unwrap_or(0);
    number.try_into().map_err(|_| node.invalid(name, "must be a small integer"))
}

fn read_format<'a>(config: &mut Node<'a>, form: &mut Request<'a>) -> Result<Option<Format<'a>>, Error> {
    // The second was the public name of the first for a time.
    let json_schema = config.take("responseJsonSchema").or_else(|| config.take("_responseJsonSchema"));
    let schema = match (json_schema, config.take("responseSchema")) {
        (Some(schema), _) => Some(Cow::Borrowed(schema.text())),
        (None, Some(schema)) => Some(schema::to_json_schema(schema.text()).into()),
        (None, None) => None,
    };
    let media_type = config.string("responseMimeType")?.unwrap_or_default();
    if !matches!(&*media_type, "" | "text/plain" | "application/json") {
        push(&mut form.unknown, config.path_of("responseMimeType"));
    }
    Ok(match schema {
        Some(schema) => Some(Format::Schema { name: None, description: None, schema, strict: None }),
        None if media_type == "application/json" => Some(Format::Json),
        None => None,
    })
}

fn read_thinking<'a>(mut thinking: Node<'a>, form: &mut Request<'a>) -> Result<Option<Reasoning>, Error> {
    let is_shown = thinking.take("includeThoughts").and_then(Value::boolean);
    let budget = match thinking.number("thinkingBudget")? {
        // As much as the model likes, which is what it does anyway.
        None | Some("-1") => None,
        Some(number) => {
            Some(number.parse().map_err(|_| thinking.invalid("thinkingBudget", "must be an integer of at least -1"))?)
        }
    };
    let level = thinking.string("thinkingLevel")?.unwrap_or_default().to_ascii_lowercase();
    let effort = match &*level {
        "" | "thinking_level_unspecified" => None,
        word => Some(
            Effort::of(word)
                .ok_or_else(|| thinking.invalid("thinkingLevel", "must be MINIMAL, LOW, MEDIUM, HIGH or XHIGH"))?,
        ),
    };
    thinking.rest(&mut form.unknown);
    let reasoning = Reasoning { effort, budget, is_shown };
    Ok((reasoning != Reasoning::default()).then_some(reasoning))
}
