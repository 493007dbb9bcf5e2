//! What is wrong with a client's body.

use std::fmt;

use crate::json::Fault;

/// Why a client's body is refused, for every dialect a status of 400.
///
/// Its text says what is wrong, where, and what to do. It may name a key of the body but holds nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    parameter: Option<&'static str>,
    message: String,
}

/// What sort of wrong it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The body is not one JSON object.
    Json,
    /// A key is there twice, or twice but for case: which one counts would depend on who reads it.
    AmbiguousKey,
    /// A field that must be there is not.
    Missing,
    /// A field has a value that cannot be.
    Invalid,
    /// Fields that the provider's dialect cannot say.
    Unsupported,
}

impl Error {
    /// What sort of wrong it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The field that is wrong, where it is one that Tiercel reads.
    pub fn parameter(&self) -> Option<&'static str> {
        self.parameter
    }

    /// The machine-readable word for it, as OpenAI's `error.code` has it.
    pub fn code(&self) -> &'static str {
        match self.kind {
            Kind::Json => "invalid_json",
            Kind::AmbiguousKey => "ambiguous_key",
            Kind::Missing => "missing_required_parameter",
            Kind::Invalid => "invalid_value",
            Kind::Unsupported => "unsupported_parameter",
        }
    }

    pub(crate) fn json(fault: Fault) -> Self {
        let Fault { offset, reason } = fault;
        let message = format!("invalid JSON at byte {offset}: {reason}; send one JSON object in UTF-8");
        Self { kind: Kind::Json, parameter: None, message }
    }

    pub(crate) fn ambiguous_key(parameter: Option<&'static str>, message: String) -> Self {
        Self { kind: Kind::AmbiguousKey, parameter, message }
    }

    pub(crate) fn missing(parameter: &'static str, remedy: &str) -> Self {
        Self { kind: Kind::Missing, parameter: Some(parameter), message: format!("`{parameter}` is missing; {remedy}") }
    }

    pub(crate) fn invalid(parameter: &'static str, offset: usize, demand: &str) -> Self {
        let message = format!("`{parameter}` at byte {offset} {demand}");
        Self { kind: Kind::Invalid, parameter: Some(parameter), message }
    }
}

impl Error {
    /// A value below the top level that is not of its dialect: `path` says where, as in `messages[2].role`.
    pub(crate) fn invalid_at(parameter: &'static str, path: &str, demand: &str) -> Self {
        Self { kind: Kind::Invalid, parameter: Some(parameter), message: format!("`{path}` {demand}") }
    }

    /// A body that is not JSON, and not what it says either.
    pub(crate) fn malformed(message: String) -> Self {
        Self { kind: Kind::Json, parameter: None, message }
    }

    /// Fields, in the client's words, that a provider of the dialect `upstream` cannot take.
    pub(crate) fn unsupported(fields: &[String], upstream: &str) -> Self {
        /// More names than anyone reads.
        const MAX_NAMED: usize = 10;

        let named: Vec<String> = fields.iter().map(|name| shown(name)).take(MAX_NAMED).collect();
        let message = format!(
            "not supported by the chosen provider, which speaks the dialect `{upstream}`: {}; leave it out, ask for another \
             model, or send `x-tiercel-drop-unsupported: true` to have it dropped",
            named.join(", ")
        );
        Self { kind: Kind::Unsupported, parameter: None, message }
    }
}

/// A name that may be the client's own, as a message shows it: without control characters, and not at any length.
fn shown(name: &str) -> String {
    /// The longest path of ours has some seventy.
    const MAX_NAME: usize = 120;

    name.chars().filter(|character| !character.is_control()).take(MAX_NAME).collect()
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::json(fault)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
