//! The object that an answer is, and that begins and ends a stream.

use std::borrow::Cow;

use super::finish;
use super::item::{Item, State};
use super::usage::write_usage;
use crate::Usage;
use crate::chat::Finish;
use crate::json::{ObjectWriter, on_one_line};
use crate::translation::Context;

/// Fields of the request that are told again in its answer, and what is told where the client said nothing. The
/// defaults of numbers are the chosen model's, and not known.
const ECHOED: [(&str, &str); 14] = [
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("temperature", "null"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "null"),
    ("user", "null"),
];

/// What every response to one request has.
pub(super) struct Response {
    pub(super) id: String,
    pub(super) model: String,
    unix_seconds: u64,
    echo: Vec<(&'static str, Cow<'static, str>)>,
}

/// How far a response has come.
#[derive(Clone, Copy)]
pub(super) enum Progress<'a> {
    Begun,
    Ended(&'a Finish, Option<Usage>),
}

impl Response {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let request = context.request;
        let echo = |&(field, default)| {
            let told = request.field(field).filter(|value| *value != "null");
            (field, told.map_or(Cow::Borrowed(default), |value| on_one_line(value).into()))
        };
        Self {
            id: ["resp_", context.id].concat(),
            model: request.model().to_owned(),
            unix_seconds: context.unix_seconds,
            echo: ECHOED.iter().map(echo).collect(),
        }
    }

    /// Takes the provider's names, where it has some.
    pub(super) fn name(&mut self, id: &str, model: &str) {
        if !id.is_empty() {
            id.clone_into(&mut self.id);
        }
        if !model.is_empty() {
            model.clone_into(&mut self.model);
        }
    }

    /// Writes the members of the response.
    pub(super) fn write(&self, progress: Progress<'_>, items: &[Item<'_>], response: &mut ObjectWriter<'_>) {
        response.string("id", &self.id);
        response.string("object", "response");
        response.number("created_at", self.unix_seconds);
        let (status, reason, usage) = match progress {
            Progress::Begun => ("in_progress", None, None),
            Progress::Ended(finish, usage) => match finish::incomplete_reason(finish) {
                None => ("completed", None, usage),
                reason => ("incomplete", reason, usage),
            },
        };
        response.string("status", status);
        response.boolean("background", false);
        response.null("error");
        match reason {
            Some(reason) => response.object("incomplete_details", |details| details.string("reason", reason)),
            None => response.null("incomplete_details"),
        }
        response.string("model", &self.model);
        response.array("output", |output| {
            for (index, item) in items.iter().enumerate() {
                let is_cut = reason.is_some() && index + 1 == items.len();
                let state = if is_cut { State::Incomplete } else { State::Completed };
                output.object(|object| item.write(state, object));
            }
        });
        self.echo.iter().for_each(|(field, value)| response.raw(field, value));
        response.null("previous_response_id");
        response.boolean("store", false);
        response.string("truncation", "disabled");
        match usage {
            Some(usage) => response.object("usage", |object| write_usage(&usage, object)),
            None => response.null("usage"),
        }
    }
}
