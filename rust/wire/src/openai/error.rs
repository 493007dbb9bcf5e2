//! Errors: those that clients get, and those that upstreams send.

use std::fmt;

use crate::json::{Cursor, Fault, Shape, write_string};

/// Bytes of an upstream's error body that are read.
const MAX_BODY: usize = 64 * 1024;
/// Characters of an upstream's text that are kept. The longest that OpenAI sends, on schemas, have some hundreds.
const MAX_TEXT: usize = 1_000;

/// An error as a client sees it.
#[derive(Clone, Copy, Debug)]
pub struct ClientError<'a> {
    /// What is wrong and what to do.
    pub message: &'a str,
    /// The class, such as `invalid_request_error`.
    pub kind: &'a str,
    /// The request's field that is to blame.
    pub parameter: Option<&'a str>,
    /// The machine-readable word, such as `model_not_found`.
    pub code: Option<&'a str>,
}

/// The body of an answer that is an error. All four members are present, as the SDKs want it.
pub fn body(error: &ClientError<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(128 + error.message.len());
    output.extend_from_slice(br#"{"error":{"message":"#);
    write_string(error.message, &mut output);
    output.extend_from_slice(br#","type":"#);
    write_string(error.kind, &mut output);
    output.extend_from_slice(br#","param":"#);
    write_optional(error.parameter, &mut output);
    output.extend_from_slice(br#","code":"#);
    write_optional(error.code, &mut output);
    output.extend_from_slice(b"}}");
    output
}

/// The event that tells of an error inside a stream. `[DONE]` must not follow: the stream was not whole.
///
/// `code` is `upstream_stream_interrupted`, or what fits better.
pub fn interruption_event(code: &str, message: &str) -> Vec<u8> {
    let error = body(&ClientError { message, kind: "server_error", parameter: None, code: Some(code) });
    [b"data: ", error.as_slice(), b"\n\n"].concat()
}

/// What an upstream says went wrong. For the operator and for deciding; it may quote the client's input.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UpstreamError {
    /// In words; empty when it has none.
    pub message: String,
    /// The class: `error.type`, or Google's `error.status`.
    pub kind: Option<String>,
    /// The machine-readable word or number.
    pub code: Option<String>,
    /// The request's field that is to blame.
    pub parameter: Option<String>,
}

/// Reads an upstream's error body, in OpenAI's form or one of its imitations: a bare string for `error`, the members at
/// the top, `detail`, or all of it in an array. `None` when it is none of these, or longer than 64 KiB.
pub fn read(body: &[u8]) -> Option<UpstreamError> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= MAX_BODY)?;
    let mut cursor = Cursor::new(text);
    let mut error = UpstreamError::default();
    if cursor.shape().ok()? == Shape::Array {
        cursor.array(|cursor| error.read_members(cursor)).ok()?;
    } else {
        error.read_members(&mut cursor).ok()?;
    }
    (error != UpstreamError::default()).then_some(error)
}

impl UpstreamError {
    fn read_members(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "error" if cursor.shape()? == Shape::Object => return self.read_members(cursor),
                "error" | "message" | "detail" => self.message = text(cursor)?.unwrap_or_default(),
                "type" | "status" => self.kind = text(cursor)?,
                "code" => self.code = text(cursor)?,
                "param" => self.parameter = text(cursor)?,
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })
    }
}

/// Passes a value; a string or a number comes back as text, without control characters.
fn text(cursor: &mut Cursor<'_>) -> Result<Option<String>, Fault> {
    let value = match cursor.shape()? {
        Shape::String => cursor.string()?.name(),
        Shape::Number => cursor.skip()?.into(),
        _ => return cursor.skip().map(|_| None),
    };
    Ok(Some(value.chars().filter(|character| !character.is_control()).take(MAX_TEXT).collect()))
}

fn write_optional(text: Option<&str>, output: &mut Vec<u8>) {
    match text {
        Some(text) => write_string(text, output),
        None => output.extend_from_slice(b"null"),
    }
}

// Without the message: it may quote a prompt or part of a key, and both forms end up in logs.
impl fmt::Debug for UpstreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message: _, kind, code, parameter } = self;
        let mut output = formatter.debug_struct("UpstreamError");
        output.field("kind", kind).field("code", code).field("parameter", parameter).finish_non_exhaustive()
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, code) = (self.kind.as_deref().unwrap_or("none"), self.code.as_deref().unwrap_or("none"));
        write!(formatter, "the upstream reports an error of type {kind}, code {code}")
    }
}

impl std::error::Error for UpstreamError {}
