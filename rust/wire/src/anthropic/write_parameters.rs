//! What is asked for beside the conversation, for Anthropic: as much of it as the model takes.

use super::model::{Model, Sampling};
use super::write_message::write_cache;
use super::write_thinking::Thoughts;
use crate::Upstream;
use crate::chat::{self, Feature, Format, Lost, ToolChoice, described};
use crate::json::ObjectWriter;
use crate::target::Quirks;

/// Writes the rest of the body.
pub(super) struct Parameters<'w, 'f> {
    pub(super) form: &'w chat::Request<'f>,
    pub(super) model: Model,
    pub(super) quirks: Quirks<'w>,
    pub(super) lost: &'w mut Lost,
}

impl Parameters<'_, '_> {
    pub(super) fn write(mut self, body: &mut ObjectWriter<'_>) {
        // It must be there, so one that gives no bound gets the highest.
        let max_tokens = self.form.max_tokens.unwrap_or(self.model.max_tokens);
        body.number("max_tokens", max_tokens);
        let thoughts = self.thoughts(max_tokens);
        thoughts.write(self.form.reasoning.and_then(|reasoning| reasoning.is_shown), body);
        self.write_output(thoughts.effort(), body);
        self.write_sampling(thoughts.are_wanted(), body);
        self.write_stop(body);
        self.write_tools(body);
        self.write_tool_choice(body);
        if let Some(user) = &self.form.user {
            if self.quirks.takes("metadata") {
                body.object("metadata", |metadata| metadata.string("user_id", user));
            } else {
                self.lost.hint(Feature::User);
            }
        }
        self.lose_the_rest();
    }

    fn thoughts(&mut self, max_tokens: u64) -> Thoughts {
        let Some(reasoning) = self.form.reasoning else { return Thoughts::default() };
        if !self.quirks.takes("thinking") {
            self.lost.field(Feature::Reasoning);
            return Thoughts::default();
        }
        let thoughts = Thoughts::of(reasoning, &self.model, max_tokens, self.lost);
        let is_forced = self.form.forces_call() && self.model.is_forced && self.quirks.takes("tool_choice");
        thoughts.around_calls(&self.form.messages, is_forced, Upstream::Anthropic, self.lost)
    }

    /// Schemas are asked for in the dialect's own way. Models that do not know it are older than all that are offered.
    fn write_output(&mut self, effort: Option<&str>, body: &mut ObjectWriter<'_>) {
        let schema = match &self.form.format {
            Some(Format::Schema { schema, description, .. })
                if self.model.has_schemas && self.quirks.takes("output_config") =>
            {
                Some(described(schema, description.as_deref()))
            }
            Some(Format::Schema { .. } | Format::Json) => {
                self.lost.field(Feature::Format);
                None
            }
            None => None,
        };
        let effort = effort.filter(|_| self.quirks.takes("output_config"));
        if effort.is_none() && schema.is_none() {
            return;
        }
        body.object("output_config", |output| {
            output.optional_string("effort", effort);
            if let Some(schema) = schema {
                output.object("format", |format| {
                    format.string("type", "json_schema");
                    format.raw("schema", &schema);
                });
            }
        });
    }

    fn write_sampling(&mut self, is_thinking: bool, body: &mut ObjectWriter<'_>) {
        let form = self.form;
        let is_free = self.model.sampling != Sampling::Nothing && !is_thinking;
        // 1 is the default, so it may be left out where it is not taken.
        let temperature = form.temperature.filter(|number| !is_one(number));
        let top_p = form.top_p.filter(|number| !is_one(number));
        let is_cool = temperature.is_some_and(|number| number.parse().is_ok_and(|number: f64| number <= 1.0));
        let is_alone = temperature.is_none() || self.model.sampling == Sampling::All;
        let all = [
            ("temperature", temperature, is_free && is_cool, Feature::Temperature),
            ("top_p", top_p, is_free && is_alone, Feature::TopP),
            ("top_k", form.top_k, is_free, Feature::TopK),
        ];
        for (key, number, is_taken, feature) in all {
            let Some(number) = number else { continue };
            if is_taken && self.quirks.takes(key) {
                body.raw(key, number);
            } else {
                self.lost.field(feature);
            }
        }
    }

    fn write_stop(&mut self, body: &mut ObjectWriter<'_>) {
        let takes_any = self.quirks.takes("stop_sequences");
        // Anthropic refuses those of white space alone.
        let taken: Vec<_> = self.form.stop.iter().filter(|text| takes_any && !text.trim().is_empty()).collect();
        if taken.len() < self.form.stop.len() {
            self.lost.field(Feature::Stop);
        }
        if !taken.is_empty() {
            body.array("stop_sequences", |array| taken.into_iter().for_each(|text| array.string(text)));
        }
    }

    fn write_tools(&mut self, body: &mut ObjectWriter<'_>) {
        if self.form.tools.is_empty() {
            return;
        }
        body.array("tools", |tools| {
            for tool in &self.form.tools {
                let is_strict = tool.strict == Some(true);
                if is_strict && !self.model.has_schemas {
                    self.lost.hint(Feature::Strict);
                }
                tools.object(|object| {
                    object.string("name", &tool.name);
                    object.optional_string("description", tool.description.as_deref());
                    let nothing = r#"{"type":"object","properties":{}}"#;
                    object.raw("input_schema", tool.parameters.as_deref().unwrap_or(nothing));
                    if is_strict && self.model.has_schemas {
                        object.boolean("strict", true);
                    }
                    write_cache(tool.cache, object);
                });
            }
        });
    }

    fn write_tool_choice(&mut self, body: &mut ObjectWriter<'_>) {
        let is_single = self.form.parallel_calls == Some(false);
        let (kind, name) = match &self.form.tool_choice {
            // Without tools there is nothing to choose.
            _ if self.form.tools.is_empty() => return,
            Some(ToolChoice::None) => ("none", None),
            Some(ToolChoice::Required) => ("any", None),
            Some(ToolChoice::Named(name)) => ("tool", Some(&**name)),
            Some(ToolChoice::Auto) => ("auto", None),
            None if is_single => ("auto", None),
            None => return,
        };
        let is_forced = matches!(kind, "any" | "tool");
        if !self.quirks.takes("tool_choice") || is_forced && !self.model.is_forced {
            self.lost.field(Feature::ToolChoice);
            return;
        }
        body.object("tool_choice", |choice| {
            choice.string("type", kind);
            choice.optional_string("name", name);
            if is_single && kind != "none" {
                choice.boolean("disable_parallel_tool_use", true);
            }
        });
    }

    /// What the dialect cannot say at all.
    fn lose_the_rest(&mut self) {
        let form = self.form;
        let is_some = |number: Option<&str>| number.is_some_and(|number| number.parse() != Ok(0.0));
        let all = [
            (form.n > 1, Feature::Choices),
            (form.logprobs.is_some(), Feature::Logprobs),
            (is_some(form.frequency_penalty), Feature::FrequencyPenalty),
            (is_some(form.presence_penalty), Feature::PresencePenalty),
            (form.seed.is_some(), Feature::Seed),
        ];
        for (_, feature) in all.into_iter().filter(|(is_asked, _)| *is_asked) {
            self.lost.field(feature);
        }
    }
}

fn is_one(number: &str) -> bool {
    number.parse() == Ok(1.0)
}
