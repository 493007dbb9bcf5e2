//! A client's request, read for what Tiercel decides on and kept as it came.
//!
//! # Why so little is checked
//! Whether a message has a good role or a schema is well-formed, the provider says better, and for fields that are
//! newer than this code. Checked is what routing, limits and the stream's reader rely on.

use super::fields::Fields;
use super::parameters::{Edit, Parameters};
use super::{Endpoint, Field};
use crate::Error;
use crate::json::{Fault, write_string};

/// A request whose body is one JSON object without ambiguities.
pub struct Request {
    endpoint: Endpoint,
    body: String,
    fields: Fields,
    model: String,
    is_stream: bool,
    wants_usage: bool,
    usage_edit: Edit,
    n_choices: u32,
    max_tokens: Option<u64>,
}

/// What is changed on the way to the upstream.
#[derive(Clone, Copy, Debug)]
pub struct Edits<'a> {
    /// The upstream's name for the model.
    pub model: &'a str,
    /// Whether the upstream knows `stream_options`, so that a stream can be made to tell its usage.
    pub include_usage: bool,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// A body that is no JSON object, has an ambiguous key, lacks what `endpoint` needs, or has a field of those listed
    /// at the accessors with a value that it cannot have.
    pub fn parse(endpoint: Endpoint, body: &[u8]) -> Result<Self, Error> {
        let body = std::str::from_utf8(body)
            .map_err(|error| Fault { offset: error.valid_up_to(), reason: "the bytes are not UTF-8" })?;
        let fields = Fields::read(body)?;
        let parameters = Parameters { body, fields: &fields };
        let model = parameters.model()?;
        let n_prompts = parameters.n_prompts(endpoint)?;
        let is_stream = parameters.is_stream(endpoint)?;
        let (wants_usage, usage_edit) = parameters.usage_edit()?;
        let n_choices = parameters.n()?.saturating_mul(n_prompts);
        let max_tokens = parameters.max_tokens()?;
        let body = body.to_owned();
        Ok(Self { endpoint, body, fields, model, is_stream, wants_usage, usage_edit, n_choices, max_tokens })
    }

    /// What is asked for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The model or route that the client names: 1 to 256 bytes without control characters.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer is to come as events.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// Whether the client itself asked a stream to tell its usage.
    pub fn wants_usage(&self) -> bool {
        self.wants_usage
    }

    /// Choices that the answer will have: `n`, 1 to 128, for each prompt.
    pub fn n_choices(&self) -> u32 {
        self.n_choices
    }

    /// The client's bound on the tokens of one choice, the larger of its two spellings. `None` too where one is
    /// negative, by which some local servers mean "no bound".
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_tokens
    }

    /// The JSON text of a field's value, just as it came.
    pub fn field(&self, field: Field) -> Option<&str> {
        self.fields.span(field).map(|span| &self.body[span])
    }

    /// The body, just as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Appends the body for the upstream to `output`. All bytes but those of `edits` are the client's.
    pub fn encode(&self, edits: &Edits<'_>, output: &mut Vec<u8>) {
        let body = self.body.as_bytes();
        let mut model = Vec::with_capacity(edits.model.len() + 2);
        write_string(edits.model, &mut model);
        let model_span = self.fields.span(Field::Model).unwrap_or_default();
        let mut pieces = [(model_span, model.as_slice()), (0..0, b"".as_slice())];
        if self.is_stream && edits.include_usage {
            pieces[1] = (self.usage_edit.span.clone(), self.usage_edit.text.as_bytes());
        }
        pieces.sort_by_key(|(span, _)| span.end);
        output.reserve(body.len() + pieces.iter().map(|(_, text)| text.len()).sum::<usize>());
        let mut n_copied = 0;
        for (span, text) in pieces {
            output.extend_from_slice(&body[n_copied..span.start]);
            output.extend_from_slice(text);
            n_copied = span.end;
        }
        output.extend_from_slice(&body[n_copied..]);
    }
}
