//! Writes what is asked, such that the provider keeps nothing: thoughts travel with the conversation, sealed.

use super::write_input::write_message;
use crate::chat::{Effort, Feature, Format, Lost, Reasoning, Request, Tool, ToolChoice};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::target::Target;

/// The body for `target`.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    note_unsaid(form, lost);
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        body.string("model", target.model);
        body.array("input", |items| {
            for message in &form.messages {
                write_message(message, target, items, lost);
            }
        });
        write_parameters(form, target, body, lost);
        if !is_refused(target, "store") {
            body.boolean("store", false);
        }
        if form.is_stream {
            body.boolean("stream", true);
        }
    });
    output
}

/// Takes note of what this dialect has no words for.
fn note_unsaid(form: &Request<'_>, lost: &mut Lost) {
    let unsaid = [
        (form.top_k.is_some(), Feature::TopK),
        (form.frequency_penalty.is_some(), Feature::FrequencyPenalty),
        (form.presence_penalty.is_some(), Feature::PresencePenalty),
        (form.seed.is_some(), Feature::Seed),
        (!form.stop.is_empty(), Feature::Stop),
        (form.n > 1, Feature::Choices),
    ];
    unsaid.into_iter().filter(|(is_said, _)| *is_said).for_each(|(_, feature)| lost.field(feature));
    if form.tools.iter().any(|tool| tool.cache.is_some()) {
        lost.hint(Feature::CacheMark);
    }
}

fn write_parameters(form: &Request<'_>, target: &Target<'_>, body: &mut ObjectWriter<'_>, lost: &mut Lost) {
    let mut takes = |field, feature| {
        let is_taken = !is_refused(target, field);
        if !is_taken {
            lost.field(feature);
        }
        is_taken
    };
    if !form.tools.is_empty() && takes("tools", Feature::Tools) {
        body.array("tools", |tools| form.tools.iter().for_each(|tool| write_tool(tool, tools)));
    }
    if let Some(choice) = &form.tool_choice
        && takes("tool_choice", Feature::ToolChoice)
    {
        write_tool_choice(choice, body);
    }
    if let Some(is_parallel) = form.parallel_calls
        && takes("parallel_tool_calls", Feature::ParallelCalls)
    {
        body.boolean("parallel_tool_calls", is_parallel);
    }
    if let Some(format) = &form.format
        && takes("text", Feature::Format)
    {
        body.object("text", |text| text.object("format", |object| write_format(format, object)));
    }
    if let Some(n_tokens) = form.max_tokens
        && takes("max_output_tokens", Feature::MaxTokens)
    {
        body.number("max_output_tokens", n_tokens);
    }
    let numbers = [("temperature", form.temperature, Feature::Temperature), ("top_p", form.top_p, Feature::TopP)];
    for (field, number, feature) in numbers {
        body.optional_raw(field, number.filter(|_| takes(field, feature)));
    }
    if let Some(user) = &form.user
        && takes("safety_identifier", Feature::User)
    {
        body.string("safety_identifier", user);
    }
    let reasoning = form.reasoning.filter(|_| takes("reasoning", Feature::Reasoning));
    let logprobs = form.logprobs.filter(|_| takes("top_logprobs", Feature::Logprobs));
    let effort = reasoning.and_then(Reasoning::effort);
    if let Some(reasoning) = reasoning {
        body.object("reasoning", |object| {
            object.optional_string("effort", effort.map(Effort::word));
            object.optional_string("summary", reasoning.is_shown.and_then(|is_shown| is_shown.then_some("auto")));
        });
    }
    if let Some(logprobs) = logprobs {
        body.number("top_logprobs", logprobs.n_top.into());
    }
    // Models that do not think refuse to be asked for sealed thoughts.
    let thoughts = reasoning.filter(|_| effort != Some(Effort::None)).map(|_| "reasoning.encrypted_content");
    let wanted = [thoughts, logprobs.map(|_| "message.output_text.logprobs")];
    if wanted.iter().any(Option::is_some) {
        body.array("include", |include| wanted.iter().flatten().for_each(|name| include.string(name)));
    }
}

fn is_refused(target: &Target<'_>, field: &str) -> bool {
    target.quirks.refuses.iter().any(|refused| refused == field)
}

fn write_tool(tool: &Tool<'_>, tools: &mut ArrayWriter<'_>) {
    tools.object(|object| {
        object.string("type", "function");
        object.string("name", &tool.name);
        object.optional_string("description", tool.description.as_deref());
        object.raw("parameters", tool.parameters.as_deref().unwrap_or("null"));
        // This dialect alone is strict where nothing is said, and then makes every argument a required one.
        object.boolean("strict", tool.strict.unwrap_or_default());
    });
}

fn write_tool_choice(choice: &ToolChoice<'_>, body: &mut ObjectWriter<'_>) {
    match choice {
        ToolChoice::Auto => body.string("tool_choice", "auto"),
        ToolChoice::None => body.string("tool_choice", "none"),
        ToolChoice::Required => body.string("tool_choice", "required"),
        ToolChoice::Named(name) => body.object("tool_choice", |object| {
            object.string("type", "function");
            object.string("name", name);
        }),
    }
}

fn write_format(format: &Format<'_>, object: &mut ObjectWriter<'_>) {
    match format {
        Format::Json => object.string("type", "json_object"),
        Format::Schema { name, description, schema, strict } => {
            object.string("type", "json_schema");
            // A name must be there.
            object.string("name", name.as_deref().unwrap_or("answer"));
            object.optional_string("description", description.as_deref());
            object.raw("schema", schema);
            if let Some(is_strict) = *strict {
                object.boolean("strict", is_strict);
            }
        }
    }
}
