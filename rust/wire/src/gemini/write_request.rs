//! Writes a request.

use super::write_contents;
use crate::chat::{Effort, Feature, Format, Lost, Reasoning, Request, Tool, ToolChoice, described};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::target::Target;

/// The body for `generateContent`, with or without a stream, at the Gemini API or on Vertex.
///
/// Schemas go as JSON Schema, which both take beside Gemini's own language (`parametersJsonSchema` and
/// `responseJsonSchema`, from Gemini 2.0 on).
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        write_contents::write(form, target, lost, body);
        if !form.tools.is_empty() {
            body.array("tools", |tools| write_tools(&form.tools, lost, tools));
        }
        write_choice(form, body);
        let mut config = Vec::new();
        write_object(&mut config, |config| write_config(form, target, lost, config));
        if config != b"{}" {
            body.raw("generationConfig", &String::from_utf8_lossy(&config));
        }
    });
    if form.user.is_some() {
        lost.hint(Feature::User);
    }
    form.lose_single_calls(lost);
    output
}

/// Whether a model is of Gemini's third generation or a later one, as those without a number are: `gemini-flash-latest`.
pub(super) fn is_third_generation(model: &str) -> bool {
    !["gemini-1.", "gemini-2.", "gemma"].iter().any(|earlier| model.contains(earlier))
}

fn write_tools(functions: &[Tool<'_>], lost: &mut Lost, tools: &mut ArrayWriter<'_>) {
    tools.object(|tool| {
        tool.array("functionDeclarations", |declarations| {
            for function in functions {
                declarations.object(|declaration| {
                    declaration.string("name", &function.name);
                    declaration.optional_string("description", function.description.as_deref());
                    declaration.optional_raw("parametersJsonSchema", function.parameters.as_deref());
                });
                if function.strict == Some(true) {
                    lost.hint(Feature::Strict);
                }
                if function.cache.is_some() {
                    lost.hint(Feature::CacheMark);
                }
            }
        });
    });
}

fn write_choice(form: &Request<'_>, body: &mut ObjectWriter<'_>) {
    let (mode, name) = match &form.tool_choice {
        None => return,
        // Google refuses to be told so where there are none.
        Some(ToolChoice::Auto | ToolChoice::None) if form.tools.is_empty() => return,
        Some(ToolChoice::Auto) => ("AUTO", None),
        Some(ToolChoice::None) => ("NONE", None),
        Some(ToolChoice::Required) => ("ANY", None),
        Some(ToolChoice::Named(name)) => ("ANY", Some(name)),
    };
    body.object("toolConfig", |config| {
        config.object("functionCallingConfig", |calling| {
            calling.string("mode", mode);
            if let Some(name) = name {
                calling.array("allowedFunctionNames", |names| names.string(name));
            }
        });
    });
}

fn write_config(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost, config: &mut ObjectWriter<'_>) {
    let max_tokens = form.max_tokens.map(|n_tokens| n_tokens.to_string());
    let n_choices = (form.n > 1).then(|| form.n.to_string());
    let numbers = [
        ("temperature", Feature::Temperature, form.temperature),
        ("topP", Feature::TopP, form.top_p),
        ("topK", Feature::TopK, form.top_k),
        ("maxOutputTokens", Feature::MaxTokens, max_tokens.as_deref()),
        ("candidateCount", Feature::Choices, n_choices.as_deref()),
        ("seed", Feature::Seed, form.seed),
        ("presencePenalty", Feature::PresencePenalty, form.presence_penalty),
        ("frequencyPenalty", Feature::FrequencyPenalty, form.frequency_penalty),
    ];
    let is_refused = |name| target.quirks.refuses.iter().any(|refused| refused == name);
    for (name, feature, number) in numbers {
        match number {
            Some(_) if is_refused(name) => lost.field(feature),
            Some(number) => config.raw(name, number),
            None => {}
        }
    }
    if !form.stop.is_empty() {
        config.array("stopSequences", |sequences| form.stop.iter().for_each(|sequence| sequences.string(sequence)));
    }
    if let Some(logprobs) = form.logprobs {
        if is_refused("responseLogprobs") {
            lost.field(Feature::Logprobs);
        } else {
            config.boolean("responseLogprobs", true);
            if logprobs.n_top > 0 {
                config.number("logprobs", logprobs.n_top.into());
            }
        }
    }
    if let Some(format) = &form.format {
        config.string("responseMimeType", "application/json");
        if let Format::Schema { name: _, description, schema, strict: _ } = format {
            // Its name is a label, and the schema is always kept to the letter.
            config.raw("responseJsonSchema", &described(schema, description.as_deref()));
        }
    }
    if let Some(reasoning) = form.reasoning {
        if is_refused("thinkingConfig") {
            lost.field(Feature::Reasoning);
        } else {
            config.object("thinkingConfig", |thinking| write_thinking(reasoning, target.model, thinking));
        }
    }
}

/// Google refuses requests that have both a level and a budget. Only the third generation knows levels, and it takes
/// budgets as well.
fn write_thinking(reasoning: Reasoning, model: &str, thinking: &mut ObjectWriter<'_>) {
    match (reasoning.effort, reasoning.budget()) {
        (Some(effort), _) if is_third_generation(model) => thinking.string("thinkingLevel", level(effort)),
        (_, Some(budget)) => thinking.number("thinkingBudget", budget),
        (_, None) => {}
    }
    if let Some(is_shown) = reasoning.is_shown {
        thinking.boolean("includeThoughts", is_shown);
    }
}

/// The levels that all models of the third generation know; it cannot but think.
fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::ExtraHigh | Effort::Max => "HIGH",
    }
}
