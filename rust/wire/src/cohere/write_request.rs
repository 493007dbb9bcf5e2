//! A request for `/v2/chat`.

use super::write_message::write_message;
use crate::chat::{Effort, Feature, Format, Lost, Reasoning, Request, Tool, ToolChoice, described};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::target::Target;

/// The schema of a function whose arguments the client did not describe.
const ANY_OBJECT: &str = r#"{"type":"object","properties":{}}"#;

/// The body for `target`. What it cannot say, or the provider is known to refuse, goes to `lost`.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    note_unsayable(form, lost);
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        body.string("model", target.model);
        if form.is_stream {
            body.boolean("stream", true);
        }
        body.array("messages", |messages| {
            form.messages.iter().for_each(|message| write_message(message, lost, messages));
        });
        if target.quirks.takes("tools") {
            write_tools(form, lost, body);
        } else if !form.tools.is_empty() {
            lost.field(Feature::Tools);
        }
        let mut takes = |field: &str, feature| {
            let is_taken = target.quirks.takes(field);
            if !is_taken {
                lost.field(feature);
            }
            is_taken
        };
        if let Some(format) = form.format.as_ref().filter(|_| takes("response_format", Feature::Format)) {
            body.object("response_format", |output| write_format(format, output));
        }
        if let Some(n_tokens) = form.max_tokens.filter(|_| takes("max_tokens", Feature::MaxTokens)) {
            body.number("max_tokens", n_tokens);
        }
        if !form.stop.is_empty() && takes("stop_sequences", Feature::Stop) {
            body.array("stop_sequences", |output| form.stop.iter().for_each(|sequence| output.string(sequence)));
        }
        for (field, feature, number) in [
            ("temperature", Feature::Temperature, form.temperature),
            ("p", Feature::TopP, form.top_p),
            ("k", Feature::TopK, form.top_k),
            ("frequency_penalty", Feature::FrequencyPenalty, form.frequency_penalty),
            ("presence_penalty", Feature::PresencePenalty, form.presence_penalty),
            ("seed", Feature::Seed, form.seed),
        ] {
            body.optional_raw(field, number.filter(|_| takes(field, feature)));
        }
        if let Some(reasoning) = form.reasoning.filter(|_| takes("thinking", Feature::Reasoning)) {
            body.object("thinking", |output| write_thinking(reasoning, output));
        }
    });
    output
}

fn note_unsayable(form: &Request<'_>, lost: &mut Lost) {
    let fields = [
        (form.n > 1, Feature::Choices),
        // They come by pieces of text and not by tokens, which no client's dialect can say.
        (form.logprobs.is_some(), Feature::Logprobs),
    ];
    fields.into_iter().filter(|(is_there, _)| *is_there).for_each(|(_, feature)| lost.field(feature));
    form.lose_single_calls(lost);
    if form.user.is_some() {
        lost.hint(Feature::User);
    }
    if form.messages.iter().any(|message| message.name.is_some()) {
        lost.hint(Feature::SpeakerName);
    }
    if form.tools.iter().any(|tool| tool.cache.is_some()) {
        lost.hint(Feature::CacheMark);
    }
}

fn write_tools(form: &Request<'_>, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    if form.tools.is_empty() {
        return;
    }
    body.array("tools", |output| form.tools.iter().for_each(|tool| write_tool(tool, output)));
    let is_strict = |tool: &Tool<'_>| tool.strict == Some(true);
    // All are, or none.
    if form.tools.iter().all(is_strict) {
        body.boolean("strict_tools", true);
    } else if form.tools.iter().any(is_strict) {
        lost.hint(Feature::Strict);
    }
    match form.tool_choice {
        None | Some(ToolChoice::Auto) => {}
        Some(ToolChoice::None) => body.string("tool_choice", "NONE"),
        Some(ToolChoice::Required) => body.string("tool_choice", "REQUIRED"),
        // The only tool there is needs no name.
        Some(ToolChoice::Named(_)) if form.tools.len() == 1 => body.string("tool_choice", "REQUIRED"),
        Some(ToolChoice::Named(_)) => lost.field(Feature::ToolChoice),
    }
}

fn write_tool(tool: &Tool<'_>, output: &mut ArrayWriter<'_>) {
    output.object(|output| {
        output.string("type", "function");
        output.object("function", |output| {
            output.string("name", &tool.name);
            output.optional_string("description", tool.description.as_deref());
            output.raw("parameters", tool.parameters.as_deref().unwrap_or(ANY_OBJECT));
        });
    });
}

fn write_format(format: &Format<'_>, output: &mut ObjectWriter<'_>) {
    output.string("type", "json_object");
    if let Format::Schema { schema, description, .. } = format {
        output.raw("json_schema", &described(schema, description.as_deref()));
    }
}

/// From `high` on there is no bound, as there is none by default.
fn write_thinking(reasoning: Reasoning, output: &mut ObjectWriter<'_>) {
    let of_effort = reasoning.effort.filter(|effort| *effort < Effort::High).map(Effort::budget);
    match reasoning.budget.or(of_effort) {
        Some(0) => output.string("type", "disabled"),
        budget => {
            output.string("type", "enabled");
            if let Some(n_tokens) = budget {
                output.number("token_budget", n_tokens);
            }
        }
    }
}
