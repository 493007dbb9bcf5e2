//! Embeddings: `embedContent` and `batchEmbedContents`, and on Vertex `predict`.

use std::fmt::Write as _;

use super::node::{Node, push};
use super::usage;
use crate::chat::Lost;
use crate::embed::{Answer, Purpose, Request};
use crate::json::{ArrayWriter, Cursor, Fault, ObjectWriter, Shape, write_object};
use crate::target::{Hosting, Target};
use crate::translation::Context;
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::usage::count;
use crate::{Endpoint, Error, Usage};

const PURPOSES: [(&str, Purpose); 4] = [
    ("RETRIEVAL_QUERY", Purpose::Query),
    ("RETRIEVAL_DOCUMENT", Purpose::Document),
    ("CLASSIFICATION", Purpose::Classification),
    ("CLUSTERING", Purpose::Clustering),
];

/// Reads the body of a request to `embedContent` or `batchEmbedContents`, whose requests must agree on all but the text.
pub(crate) fn read_request(request: &crate::Request) -> Result<Request<'_>, Error> {
    let mut top = Node::top(request.body())?;
    let mut form = Request::default();
    if request.endpoint() == Endpoint::EmbedContent {
        (form.dimensions, form.purpose) = read_one(&mut top, &mut form)?;
        top.rest(&mut form.unknown);
        return Ok(form);
    }
    for (index, mut one) in top.children("requests")?.into_iter().enumerate() {
        let asked = read_one(&mut one, &mut form)?;
        if index == 0 {
            (form.dimensions, form.purpose) = asked;
        } else if asked != (form.dimensions, form.purpose) {
            let demand = "must have the same `taskType` and `outputDimensionality` as the first";
            return Err(top.invalid("requests", demand));
        }
        one.rest(&mut form.unknown);
    }
    top.rest(&mut form.unknown);
    Ok(form)
}

fn read_one<'a>(one: &mut Node<'a>, form: &mut Request<'a>) -> Result<(Option<u64>, Option<Purpose>), Error> {
    one.take("model");
    let mut content = one.child("content")?.ok_or_else(|| one.invalid("content", "must be there"))?;
    content.take("role");
    let mut texts = Vec::new();
    for mut part in content.children("parts")? {
        texts.extend(part.string("text")?);
        part.rest(&mut form.unknown);
    }
    content.rest(&mut form.unknown);
    form.inputs.push(if texts.len() == 1 { texts.remove(0) } else { texts.concat().into() });
    let purpose = match one.string("taskType")?.as_deref() {
        None | Some("" | "TASK_TYPE_UNSPECIFIED") => None,
        Some(word) => {
            let known = PURPOSES.iter().find(|(known, _)| *known == word).map(|&(_, purpose)| purpose);
            if known.is_none() {
                push(&mut form.unknown, one.path_of("taskType"));
            }
            known
        }
    };
    Ok((one.integer("outputDimensionality")?, purpose))
}

/// The body for `batchEmbedContents`, which takes one text as well as many, or for `predict`.
pub(crate) fn write_request(form: &Request<'_>, target: &Target<'_>, _lost: &mut Lost) -> Vec<u8> {
    let purpose = PURPOSES.iter().find(|&&(_, purpose)| form.purpose == Some(purpose)).map(|&(word, _)| word);
    let dimensions = form.dimensions.map(|n_dimensions| n_dimensions.to_string());
    let mut output = Vec::with_capacity(256);
    write_object(&mut output, |body| {
        if matches!(target.hosting, Hosting::Vertex { .. }) {
            body.array("instances", |instances| {
                for text in &form.inputs {
                    instances.object(|instance| {
                        instance.string("content", text);
                        instance.optional_string("task_type", purpose);
                    });
                }
            });
            body.object("parameters", |parameters| {
                parameters.optional_raw("outputDimensionality", dimensions.as_deref());
            });
            return;
        }
        let model = ["models/", target.model].concat();
        body.array("requests", |requests| {
            for text in &form.inputs {
                requests.object(|request| {
                    request.string("model", &model);
                    request.object("content", |content| {
                        content.array("parts", |parts| parts.object(|part| part.string("text", text)));
                    });
                    request.optional_string("taskType", purpose);
                    request.optional_raw("outputDimensionality", dimensions.as_deref());
                });
            }
        });
    });
    output
}

/// Reads the answer of any of the three.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let mut reading = Reading::default();
    let mut cursor = Cursor::new(text);
    cursor.object::<Fault>(|cursor, key| match &*key.name() {
        "embedding" => reading.embedding(cursor),
        "embeddings" => cursor.array_or_skip(|cursor| reading.embedding(cursor)),
        "predictions" => cursor.array_or_skip(|cursor| {
            cursor.object_or_skip(|cursor, key| match &*key.name() {
                "embeddings" => reading.embedding(cursor),
                _ => cursor.skip().map(drop),
            })
        }),
        "usageMetadata" => {
            reading.usage = usage::read(cursor)?;
            Ok(())
        }
        "error" => {
            reading.is_error |= cursor.shape()? != Shape::Null;
            cursor.skip().map(drop)
        }
        _ => cursor.skip().map(drop),
    })?;
    cursor.end()?;
    if reading.is_error {
        return Err(AnswerError::Upstream(UpstreamError::read(text.as_bytes()).unwrap_or_default()));
    }
    if reading.vectors.is_empty() || reading.is_malformed {
        return Err(AnswerError::Malformed);
    }
    let counted = Usage { n_input: reading.n_tokens, ..Usage::default() };
    let usage = reading.usage.or(Some(counted).filter(|usage| !usage.is_zero()));
    Ok(Answer { model: "".into(), vectors: reading.vectors, usage })
}

#[derive(Default)]
struct Reading {
    vectors: Vec<Vec<f32>>,
    usage: Option<Usage>,
    /// As Vertex counts them, a text at a time.
    n_tokens: u64,
    is_error: bool,
    is_malformed: bool,
}

impl Reading {
    fn embedding(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let mut vector = Vec::new();
        cursor.object_or_skip(|cursor, key| match &*key.name() {
            "values" => cursor.array_or_skip(|cursor| {
                cursor.shape()?;
                let number = cursor.skip()?.parse().ok().filter(|number: &f32| number.is_finite());
                self.is_malformed |= number.is_none();
                vector.extend(number);
                Ok::<(), Fault>(())
            }),
            "statistics" => cursor.object_or_skip(|cursor, key| {
                cursor.shape()?;
                let value = cursor.skip()?;
                if key.name() == "token_count" {
                    self.n_tokens += count(value).0;
                }
                Ok::<(), Fault>(())
            }),
            _ => cursor.skip().map(drop),
        })?;
        self.is_malformed |= vector.is_empty();
        self.vectors.push(vector);
        Ok(())
    }
}

/// The body of an answer to `embedContent` or `batchEmbedContents`.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        if context.request.endpoint() == Endpoint::EmbedContent {
            let vector = answer.vectors.first().map_or(&[][..], Vec::as_slice);
            body.object("embedding", |embedding| write_values(vector, embedding));
        } else {
            body.array("embeddings", |embeddings| write_vectors(&answer.vectors, embeddings));
        }
        if let Some(usage) = &answer.usage {
            body.object("usageMetadata", |report| report.number("promptTokenCount", usage.n_prompt()));
        }
    });
    output
}

fn write_vectors(vectors: &[Vec<f32>], embeddings: &mut ArrayWriter<'_>) {
    for vector in vectors {
        embeddings.object(|embedding| write_values(vector, embedding));
    }
}

fn write_values(vector: &[f32], embedding: &mut ObjectWriter<'_>) {
    let mut values = String::with_capacity(2 + vector.len() * 14);
    for (index, value) in vector.iter().enumerate() {
        values.push(if index == 0 { '[' } else { ',' });
        // Writing to a string does not fail.
        let _ = write!(values, "{value}");
    }
    values.push_str(if vector.is_empty() { "[]" } else { "]" });
    embedding.raw("values", &values);
}
