//! Cohere's refusals, which have a message and no class.

use super::ClientFault::{ContentPolicy, ContextLength, ModelNotFound, Request};
use super::Outcome::{ClientFault, CredentialFault, Throttled};
use super::Says::{Message, Status};
use super::{Class, Row};

pub(super) const ROWS: &[Row] = &[
    // With 429: the calls of the month are spent, which those of a minute are not.
    (Message("you are using a trial key*/ month"), CredentialFault),
    (Message("you are using a trial key"), Throttled),
    // Cohere's list of errors, with 400. The first is about what may be answered, which no longer context helps.
    (Message("too many tokens: max tokens must be"), ClientFault(Request)),
    (Message("too many tokens"), ClientFault(ContextLength)),
    // With 404 or 400, as reports and the list have them.
    (Message("model *not found"), ClientFault(ModelNotFound)),
    (Message("invalid request: model * is not supported by"), ClientFault(ModelNotFound)),
    // The description of the API: what is asked or answered has a word that is not allowed.
    (Status(498), ClientFault(ContentPolicy)),
];

/// The ends of an answer that tell of a failure.
pub(super) const CLASSES: &[Class] = &[("ERROR", 500), ("TIMEOUT", 504)];
