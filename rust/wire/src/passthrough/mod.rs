//! What of OpenAI's API goes through to a provider of the same dialect and back as it is: images, sound, moderation,
//! files, batches, stored responses.
//!
//! Nothing here is translated. A body is read for its model alone, and that is all that is changed in it.

mod multipart;

use std::ops::Range;

use crate::Error;
use crate::json::{Object, write_string};
use crate::members::Members;
use crate::request::{is_model, read_model};
use crate::upstream_error::UpstreamError;
use crate::usage::{MAX_TOKENS, Usage};

/// Something that goes through.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// What metrics and the log call it.
    pub name: &'static str,
    method: &'static str,
    /// Under the version; `*` stands for one segment.
    path: &'static str,
    /// Whether its body names a model.
    model: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Always,
    Perhaps,
    Never,
}

const fn operation(name: &'static str, method: &'static str, path: &'static str, model: Named) -> Operation {
    Operation { name, method, path, model }
}

/// OpenAI's API reference, but for what is not of a model's use: fine-tuning, evaluations, administration.
static OPERATIONS: [Operation; 20] = [
    operation("image_generation", "POST", "/images/generations", Named::Perhaps),
    operation("image_edit", "POST", "/images/edits", Named::Perhaps),
    operation("image_variation", "POST", "/images/variations", Named::Perhaps),
    operation("speech", "POST", "/audio/speech", Named::Always),
    operation("transcription", "POST", "/audio/transcriptions", Named::Always),
    operation("translation", "POST", "/audio/translations", Named::Always),
    operation("moderation", "POST", "/moderations", Named::Perhaps),
    operation("files", "POST", "/files", Named::Never),
    operation("files", "GET", "/files", Named::Never),
    operation("files", "GET", "/files/*", Named::Never),
    operation("files", "DELETE", "/files/*", Named::Never),
    operation("files", "GET", "/files/*/content", Named::Never),
    operation("batches", "POST", "/batches", Named::Never),
    operation("batches", "GET", "/batches", Named::Never),
    operation("batches", "GET", "/batches/*", Named::Never),
    operation("batches", "POST", "/batches/*/cancel", Named::Never),
    operation("responses", "GET", "/responses/*", Named::Never),
    operation("responses", "DELETE", "/responses/*", Named::Never),
    operation("responses", "POST", "/responses/*/cancel", Named::Never),
    operation("responses", "GET", "/responses/*/input_items", Named::Never),
];

impl Operation {
    /// The operation of `method` on `path`, which begins behind the version.
    pub fn find(method: &str, path: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.method == method && matches(operation.path, path))
    }

    /// Whether any method is known for `path`.
    pub fn is_path(path: &str) -> bool {
        OPERATIONS.iter().any(|operation| matches(operation.path, path))
    }
}

/// A segment is an id: letters, digits, `-` and `_`, so that it cannot lead anywhere else.
fn matches(pattern: &str, path: &str) -> bool {
    let is_id = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let mut segments = path.split('/');
    let mut patterns = pattern.split('/');
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if is_id(segment) => {}
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return false,
        }
    }
}

/// A request that goes through.
pub struct Request {
    operation: &'static Operation,
    path: String,
    content_type: Option<String>,
    body: Vec<u8>,
    model: Option<Model>,
}

/// The model that a body names.
struct Model {
    name: String,
    /// Where its spelling stands in the body.
    span: Range<usize>,
    is_json: bool,
}

impl Request {
    /// Reads a request for the operation at `path`, which begins behind the version; `query` goes along.
    ///
    /// # Errors
    /// A body whose model cannot be found, is missing, or is there twice.
    pub fn parse(
        operation: &'static Operation,
        path: &str,
        query: &[u8],
        content_type: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Self, Error> {
        let content_type = content_type.and_then(|text| std::str::from_utf8(text).ok());
        let model = match (operation.model, content_type) {
            (Named::Never, _) => None,
            (_, Some(text)) if text.starts_with("multipart/form-data") => {
                multipart::field(text, body, "model")?.map(|(name, span)| Model { name, span, is_json: false })
            }
            (named, _) => json_model(named, body)?,
        };
        match &model {
            None if operation.model == Named::Always => return Err(Error::missing("model", "name a model or a route")),
            Some(model) if !is_model(&model.name) => {
                let demand = "must be a string of 1 to 256 bytes without control characters";
                return Err(Error::invalid("model", model.span.start, demand));
            }
            _ => {}
        }
        let query: Vec<&str> = std::str::from_utf8(query)
            .unwrap_or_default()
            .split('&')
            // The client's credential stays here.
            .filter(|pair| !pair.is_empty() && !pair.starts_with("key="))
            .collect();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        Ok(Self { operation, path, content_type: content_type.map(str::to_owned), body: body.to_owned(), model })
    }

    /// What is asked for.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The method.
    pub fn method(&self) -> &'static str {
        self.operation.method
    }

    /// The path and query behind the version.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the body is, as the client has it.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The model that the client names, if it does.
    pub fn model(&self) -> Option<&str> {
        self.model.as_ref().map(|model| &*model.name)
    }

    /// Appends the body with the provider's name for the model to `output`; all other bytes are the client's.
    pub fn encode(&self, model: &str, output: &mut Vec<u8>) {
        let Some(Model { span, is_json, .. }) = &self.model else {
            output.extend_from_slice(&self.body);
            return;
        };
        output.extend_from_slice(&self.body[..span.start]);
        if *is_json {
            write_string(model, output);
        } else {
            output.extend_from_slice(model.as_bytes());
        }
        output.extend_from_slice(&self.body[span.end..]);
    }
}

fn json_model(named: Named, body: &[u8]) -> Result<Option<Model>, Error> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Error::json(crate::json::Fault { offset: error.valid_up_to(), reason: "the bytes are not UTF-8" })
    })?;
    let members = Members::read(text, &["model"])?;
    match members.cursor("model", text)? {
        None if named == Named::Perhaps => Ok(None),
        _ => {
            let name = read_model(&members, text)?;
            Ok(members.value("model").map(|span| Model { name, span, is_json: true }))
        }
    }
}

/// What an answer says was used, where it is JSON and counts tokens as OpenAI's newer endpoints do.
pub fn usage(body: &[u8]) -> Option<Usage> {
    let usage = Object::parse(std::str::from_utf8(body).ok()?).ok()?.object("usage")?;
    let count = |name| usage.integer(name).unwrap_or_default().min(MAX_TOKENS);
    let usage = Usage { n_input: count("input_tokens"), n_output: count("output_tokens"), ..Usage::default() };
    (!usage.is_zero()).then_some(usage)
}

/// Whether an answer explains an error, in any of the ways in which providers do.
pub fn is_error(body: &[u8]) -> bool {
    UpstreamError::read(body).is_some()
}

/// The extent of a field in a form, and what it says.
type Field = (String, Range<usize>);

#[cfg(test)]
mod tests;
