//! Embeddings of `/v2/embed`.

use super::usage::usage;
use crate::chat::Lost;
use crate::embed::{Answer, Purpose, Request};
use crate::json::{Object, Value, write_object};
use crate::target::Target;
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{Error, Upstream};

/// Texts of one request.
const MAX_TEXTS: usize = 96;

/// Writes `form`. A text that is too long is to be refused, as OpenAI has it, and not cut.
///
/// # Errors
/// `Kind::Unsupported` for more texts than a request may have.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Result<Vec<u8>, Error> {
    if form.inputs.len() > MAX_TEXTS {
        let field = format!("more than {MAX_TEXTS} texts in one request");
        return Err(Error::unsupported(&[field], Upstream::Cohere.word()));
    }
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        body.string("model", target.model);
        body.string("input_type", input_type(form.purpose));
        body.array("texts", |texts| form.inputs.iter().for_each(|text| texts.string(text)));
        body.array("embedding_types", |types| types.string("float"));
        body.string("truncate", "NONE");
        match form.dimensions {
            Some(n_dimensions) if target.quirks.takes("output_dimension") => {
                body.number("output_dimension", n_dimensions);
            }
            Some(_) => lost.named("dimensions"),
            None => {}
        }
    });
    Ok(output)
}

/// It must be there, and what is asked of OpenAI's models is mostly to be found.
fn input_type(purpose: Option<Purpose>) -> &'static str {
    match purpose {
        Some(Purpose::Query) => "search_query",
        Some(Purpose::Classification) => "classification",
        Some(Purpose::Clustering) => "clustering",
        Some(Purpose::Document) | None => "search_document",
    }
}

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Upstream` for an error that came with a status of success, `AnswerError::Malformed` for what has no
/// vectors.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let answer = Object::parse(text)?;
    let Some(embeddings) = answer.object("embeddings") else {
        return Err(UpstreamError::read(text.as_bytes()).map_or(AnswerError::Malformed, AnswerError::Upstream));
    };
    let vectors: Option<Vec<_>> = embeddings.array("float").into_iter().map(read_vector).collect();
    let vectors = vectors.filter(|vectors| !vectors.is_empty()).ok_or(AnswerError::Malformed)?;
    Ok(Answer { model: "".into(), vectors, usage: answer.object("meta").as_ref().and_then(usage) })
}

fn read_vector(vector: Value<'_>) -> Option<Vec<f32>> {
    vector.array()?.into_iter().map(|number| number.number()?.parse().ok()).collect()
}
