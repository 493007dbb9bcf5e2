//! Embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::read_request::strings;
use super::usage::usage;
use crate::Error;
use crate::chat::{Feature, Lost};
use crate::embed::{Answer, Request};
use crate::fields::Fields;
use crate::json::{ArrayWriter, Object, ObjectWriter, Value, write_object};
use crate::target::Target;
use crate::translation::Context;
use crate::upstream_error::{AnswerError, UpstreamError};

/// OpenAI's bound on the inputs of one request.
const MAX_INPUTS: usize = 2_048;

/// Reads the body of a request.
///
/// # Errors
/// `Kind::Invalid` for inputs that are no texts, or too many.
pub(crate) fn read_request(request: &crate::Request) -> Result<Request<'_>, Error> {
    const DEMAND: &str = "must be a text or an array of 1 to 2048 texts: tokens cannot be translated";

    let mut body = Fields::of_body(request.body())?;
    let is_possible = |inputs: &Vec<_>| (1..=MAX_INPUTS).contains(&inputs.len());
    let inputs = body.read("input", DEMAND, |input| strings(input).filter(is_possible))?;
    let mut form = Request { inputs: inputs.unwrap_or_default(), ..Request::default() };
    form.dimensions = body.integer("dimensions")?;
    body.take("model");
    // How vectors are spelt is for the writer of the answer to know.
    if !matches!(body.string("encoding_format")?.as_deref(), None | Some("float" | "base64")) {
        return Err(body.invalid("encoding_format", "must be \"float\" or \"base64\""));
    }
    if body.take("user").is_some() {
        form.hints.push("user".to_owned());
    }
    body.name_rest(&mut form.unknown);
    Ok(form)
}

/// The body for a provider. Purposes, which this dialect does not know, make no difference to its models.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    if form.purpose.is_some() {
        lost.hint(Feature::Purpose);
    }
    let mut output = Vec::with_capacity(256);
    write_object(&mut output, |body| {
        body.string("model", target.model);
        body.array("input", |inputs| form.inputs.iter().for_each(|input| inputs.string(input)));
        if let Some(n_dimensions) = form.dimensions {
            body.number("dimensions", n_dimensions);
        }
        body.string("encoding_format", "float");
    });
    output
}

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Malformed` where there are no vectors, `AnswerError::Upstream` for an error.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let body = Object::parse(text)?;
    if body.get("error").is_some() {
        return Err(AnswerError::Upstream(UpstreamError::read(text.as_bytes()).unwrap_or_default()));
    }
    let mut vectors = Vec::new();
    for (place, item) in (0..).zip(body.array("data")) {
        let item = item.object().ok_or(AnswerError::Malformed)?;
        let vector = item.get("embedding").and_then(read_vector).ok_or(AnswerError::Malformed)?;
        vectors.push((item.integer("index").unwrap_or(place), vector));
    }
    if vectors.is_empty() {
        return Err(AnswerError::Malformed);
    }
    vectors.sort_by_key(|(index, _)| *index);
    Ok(Answer {
        model: body.string("model").unwrap_or_default(),
        vectors: vectors.into_iter().map(|(_, vector)| vector).collect(),
        usage: body.get("usage").and_then(usage),
    })
}

fn read_vector(vector: Value<'_>) -> Option<Vec<f32>> {
    let number = |value: Value<'_>| value.number()?.parse().ok().filter(|number: &f32| number.is_finite());
    vector.array()?.into_iter().map(number).collect()
}

/// The body for the client, its vectors spelt as it asked.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let is_base64 = context.request.field("encoding_format") == Some(r#""base64""#);
    let mut output = Vec::with_capacity(answer.vectors.iter().map(|vector| 64 + 12 * vector.len()).sum());
    write_object(&mut output, |body| {
        body.string("object", "list");
        body.array("data", |data| {
            for (index, vector) in (0..).zip(&answer.vectors) {
                data.object(|item| {
                    item.string("object", "embedding");
                    item.number("index", index);
                    write_vector(vector, is_base64, item);
                });
            }
        });
        body.string("model", if answer.model.is_empty() { context.request.model() } else { &answer.model });
        let n_tokens = answer.usage.map_or(0, |usage| usage.n_prompt());
        body.object("usage", |usage| {
            usage.number("prompt_tokens", n_tokens);
            usage.number("total_tokens", n_tokens);
        });
    });
    output
}

/// As numbers, or as the base64 of little-endian 32-bit floats, which OpenAI's Python SDK asks for by default.
fn write_vector(vector: &[f32], is_base64: bool, item: &mut ObjectWriter<'_>) {
    if is_base64 {
        let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
        item.string("embedding", &STANDARD.encode(bytes));
    } else {
        item.array("embedding", |numbers| vector.iter().for_each(|number| write_float(*number, numbers)));
    }
}

fn write_float(number: f32, numbers: &mut ArrayWriter<'_>) {
    numbers.raw(&number.to_string());
}
