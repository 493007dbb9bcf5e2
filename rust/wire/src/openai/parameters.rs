//! The parameters of a request that Tiercel acts on: what values they can have.

use std::ops::Range;

use super::fields::{Fields, is_folded};
use super::{Endpoint, Field};
use crate::Error;
use crate::json::{Cursor, Fault, Shape};

/// Bytes of a model's name. The longest in use, fine-tuned deployments, stay below a hundred.
const MAX_MODEL: usize = 256;
/// OpenAI's bound on `n`.
const MAX_CHOICES: u32 = 128;

/// A piece of the body and what to write in its place.
pub(super) struct Edit {
    pub(super) span: Range<usize>,
    pub(super) text: &'static str,
}

/// Reads the values of fields, each error at its place in the body.
pub(super) struct Parameters<'a> {
    pub(super) body: &'a str,
    pub(super) fields: &'a Fields,
}

impl<'a> Parameters<'a> {
    pub(super) fn model(&self) -> Result<String, Error> {
        let (mut cursor, shape) = self.required(Field::Model, "name a model or a route")?;
        let start = cursor.position();
        let name = if shape == Shape::String { cursor.string()?.decode()? } else { "".into() };
        if name.is_empty() || name.len() > MAX_MODEL || name.contains(char::is_control) {
            let demand = "must be a string of 1 to 256 bytes without control characters";
            return Err(Error::invalid(Field::Model.name(), start, demand));
        }
        Ok(name.into_owned())
    }

    /// Prompts that each get choices of their own. Checks that there is one.
    pub(super) fn n_prompts(&self, endpoint: Endpoint) -> Result<u32, Error> {
        let (field, remedy) = match endpoint {
            Endpoint::ChatCompletions => (Field::Messages, "send an array with at least one message"),
            Endpoint::Completions => (Field::Prompt, "send the text to be completed"),
            Endpoint::Embeddings => (Field::Input, "send the text to be embedded"),
        };
        let (cursor, shape) = self.required(field, remedy)?;
        match endpoint {
            Endpoint::ChatCompletions if shape != Shape::Array || self.is_empty_array(field) => {
                Err(Error::invalid(field.name(), cursor.position(), "must be an array with at least one message"))
            }
            Endpoint::Completions if shape == Shape::Array => n_elements_but_numbers(cursor),
            _ => Ok(1),
        }
    }

    fn is_empty_array(&self, field: Field) -> bool {
        let span = self.fields.span(field).unwrap_or_default();
        self.body[span].strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]")
    }

    pub(super) fn is_stream(&self, endpoint: Endpoint) -> Result<bool, Error> {
        let Some((cursor, shape)) = self.optional(Field::Stream)? else { return Ok(false) };
        match shape {
            Shape::True if endpoint == Endpoint::Embeddings => {
                Err(Error::invalid(Field::Stream.name(), cursor.position(), "is not known to embeddings; leave it out"))
            }
            Shape::True => Ok(true),
            Shape::False => Ok(false),
            _ => Err(Error::invalid(Field::Stream.name(), cursor.position(), "must be true, false or null")),
        }
    }

    /// Whether the client asks for usage, and the edit that does so in its place.
    pub(super) fn usage_edit(&self) -> Result<(bool, Edit), Error> {
        let Some((mut cursor, shape)) = self.optional(Field::StreamOptions)? else {
            return Ok((false, self.new_options()));
        };
        let start = cursor.position();
        let invalid = |offset, demand| Error::invalid(Field::StreamOptions.name(), offset, demand);
        if shape != Shape::Object {
            return Err(invalid(start, "must be an object or null"));
        }
        let mut asked = None;
        let mut is_empty = true;
        cursor.object(|cursor, key| {
            is_empty = false;
            let is_ours = is_folded(&key.name(), "include_usage");
            if is_ours && (asked.is_some() || key.name() != "include_usage") {
                return Err(invalid(key.offset(), "must have `include_usage` only once, in small letters"));
            }
            let shape = cursor.shape()?;
            let value_start = cursor.position();
            let value = cursor.skip()?;
            if is_ours {
                if !matches!(shape, Shape::True | Shape::False | Shape::Null) {
                    return Err(invalid(value_start, "must have true, false or null for `include_usage`"));
                }
                asked = Some((shape == Shape::True, value_start..value_start + value.len()));
            }
            Ok(())
        })?;
        Ok(match asked {
            Some((is_asked, span)) => (is_asked, Edit { span, text: "true" }),
            None if is_empty => (false, Edit { span: start + 1..start + 1, text: r#""include_usage":true"# }),
            None => (false, Edit { span: start + 1..start + 1, text: r#""include_usage":true,"# }),
        })
    }

    /// The edit where there are no options: in the place of `null`, or else behind the model, which is always there.
    fn new_options(&self) -> Edit {
        match (self.fields.span(Field::StreamOptions), self.fields.span(Field::Model)) {
            (Some(null), _) => Edit { span: null, text: r#"{"include_usage":true}"# },
            (None, model) => {
                let end = model.map_or(0, |span| span.end);
                Edit { span: end..end, text: r#","stream_options":{"include_usage":true}"# }
            }
        }
    }

    pub(super) fn n(&self) -> Result<u32, Error> {
        let Some((mut cursor, _)) = self.optional(Field::N)? else { return Ok(1) };
        let start = cursor.position();
        match cursor.skip()?.parse() {
            Ok(n @ 1..=MAX_CHOICES) => Ok(n),
            _ => Err(Error::invalid(Field::N.name(), start, "must be an integer from 1 to 128")),
        }
    }

    pub(super) fn max_tokens(&self) -> Result<Option<u64>, Error> {
        let mut largest = None;
        for field in [Field::MaxTokens, Field::MaxCompletionTokens] {
            let Some((mut cursor, _)) = self.optional(field)? else { continue };
            let start = cursor.position();
            let Ok(n_tokens) = cursor.skip()?.parse::<i64>() else {
                return Err(Error::invalid(field.name(), start, "must be an integer"));
            };
            let Ok(n_tokens) = u64::try_from(n_tokens) else { return Ok(None) };
            largest = largest.max(Some(n_tokens));
        }
        Ok(largest)
    }

    fn required(&self, field: Field, remedy: &str) -> Result<(Cursor<'a>, Shape), Error> {
        self.optional(field)?.ok_or_else(|| Error::missing(field.name(), remedy))
    }

    /// A cursor on the field's value, unless it is absent or null, which for OpenAI is the same.
    fn optional(&self, field: Field) -> Result<Option<(Cursor<'a>, Shape)>, Error> {
        let Some(span) = self.fields.span(field) else { return Ok(None) };
        let mut cursor = Cursor::at(self.body, span.start);
        let shape = cursor.shape()?;
        Ok((shape != Shape::Null).then_some((cursor, shape)))
    }
}

/// Elements of an array, as numbers are tokens of one prompt.
fn n_elements_but_numbers(mut cursor: Cursor<'_>) -> Result<u32, Error> {
    let (mut n_elements, mut are_numbers) = (0_u32, true);
    cursor.array::<Fault>(|cursor| {
        n_elements = n_elements.saturating_add(1);
        are_numbers &= cursor.shape()? == Shape::Number;
        cursor.skip().map(drop)
    })?;
    Ok(if are_numbers { 1 } else { n_elements })
}
