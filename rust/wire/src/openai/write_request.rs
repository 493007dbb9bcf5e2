//! Writes a request for a provider.

use super::write_message::write_message;
use crate::chat::{Feature, Format, Lost, Reasoning, Request, Tool, ToolChoice};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::target::{MaxTokens, Target};

/// A schema needs a name, which no other dialect asks for.
const SCHEMA_NAME: &str = "answer";

/// The body for `target`. What it cannot say, or the provider is known to refuse, goes to `lost`.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    let mut output = Vec::with_capacity(1024);
    write_object(&mut output, |body| {
        body.string("model", target.model);
        body.array("messages", |messages| {
            form.messages.iter().for_each(|message| write_message(message, target, lost, messages));
        });
        let mut takes = |field: &str, feature| {
            let is_taken = target.quirks.takes(field);
            if !is_taken {
                lost.field(feature);
            }
            is_taken
        };
        write_tools(form, &mut takes, body);
        if let Some(format) = form.format.as_ref().filter(|_| takes("response_format", Feature::Format)) {
            body.object("response_format", |output| write_format(format, output));
        }
        let max_tokens = target.quirks.max_tokens.unwrap_or(MaxTokens::MaxTokens).name();
        if let Some(n_tokens) = form.max_tokens.filter(|_| takes(max_tokens, Feature::MaxTokens)) {
            body.number(max_tokens, n_tokens);
        }
        for (field, feature, number) in [
            ("temperature", Feature::Temperature, form.temperature),
            ("top_p", Feature::TopP, form.top_p),
            ("frequency_penalty", Feature::FrequencyPenalty, form.frequency_penalty),
            ("presence_penalty", Feature::PresencePenalty, form.presence_penalty),
            ("seed", Feature::Seed, form.seed),
        ] {
            body.optional_raw(field, number.filter(|_| takes(field, feature)));
        }
        if !form.stop.is_empty() && takes("stop", Feature::Stop) {
            body.array("stop", |output| form.stop.iter().for_each(|sequence| output.string(sequence)));
        }
        if form.n > 1 && takes("n", Feature::Choices) {
            body.number("n", form.n.into());
        }
        if let Some(logprobs) = form.logprobs.filter(|_| takes("logprobs", Feature::Logprobs)) {
            body.boolean("logprobs", true);
            if logprobs.n_top > 0 && takes("top_logprobs", Feature::Logprobs) {
                body.number("top_logprobs", logprobs.n_top.into());
            }
        }
        let effort = form.reasoning.and_then(Reasoning::effort);
        if let Some(effort) = effort.filter(|_| takes("reasoning_effort", Feature::Reasoning)) {
            body.string("reasoning_effort", effort.word());
        }
        write_stream(form, target, body);
        if let Some(user) = &form.user {
            if target.quirks.takes("user") {
                body.string("user", user);
            } else {
                lost.hint(Feature::User);
            }
        }
        if form.top_k.is_some() {
            lost.field(Feature::TopK);
        }
        if form.tools.iter().any(|tool| tool.cache.is_some()) {
            lost.hint(Feature::CacheMark);
        }
    });
    output
}

/// Choices among tools are an error where there are none.
fn write_tools(form: &Request<'_>, takes: &mut impl FnMut(&str, Feature) -> bool, body: &mut ObjectWriter<'_>) {
    if form.tools.is_empty() || !takes("tools", Feature::Tools) {
        return;
    }
    body.array("tools", |output| form.tools.iter().for_each(|tool| write_tool(tool, output)));
    if let Some(choice) = form.tool_choice.as_ref().filter(|_| takes("tool_choice", Feature::ToolChoice)) {
        match choice {
            ToolChoice::Auto => body.string("tool_choice", "auto"),
            ToolChoice::None => body.string("tool_choice", "none"),
            ToolChoice::Required => body.string("tool_choice", "required"),
            ToolChoice::Named(name) => body.object("tool_choice", |output| {
                output.string("type", "function");
                output.object("function", |output| output.string("name", name));
            }),
        }
    }
    if let Some(is_parallel) = form.parallel_calls.filter(|_| takes("parallel_tool_calls", Feature::ParallelCalls)) {
        body.boolean("parallel_tool_calls", is_parallel);
    }
}

fn write_tool(tool: &Tool<'_>, output: &mut ArrayWriter<'_>) {
    output.object(|output| {
        output.string("type", "function");
        output.object("function", |output| {
            output.string("name", &tool.name);
            output.optional_string("description", tool.description.as_deref());
            output.optional_raw("parameters", tool.parameters.as_deref());
            if let Some(is_strict) = tool.strict {
                output.boolean("strict", is_strict);
            }
        });
    });
}

fn write_format(format: &Format<'_>, output: &mut ObjectWriter<'_>) {
    match format {
        Format::Json => output.string("type", "json_object"),
        Format::Schema { name, description, schema, strict } => {
            output.string("type", "json_schema");
            output.object("json_schema", |output| {
                output.string("name", name.as_deref().unwrap_or(SCHEMA_NAME));
                output.optional_string("description", description.as_deref());
                output.raw("schema", schema);
                if let Some(is_strict) = *strict {
                    output.boolean("strict", is_strict);
                }
            });
        }
    }
}

/// Usage is asked of every stream whose provider can tell it.
fn write_stream(form: &Request<'_>, target: &Target<'_>, body: &mut ObjectWriter<'_>) {
    if form.is_stream {
        body.boolean("stream", true);
        if target.quirks.stream_usage {
            body.object("stream_options", |options| options.boolean("include_usage", true));
        }
    }
}
