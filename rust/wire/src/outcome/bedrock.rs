//! Bedrock's refusals. Their class is in the head of an answer, and a header of an event that is an exception.

use super::ClientFault::{ContentPolicy, ContextLength, ModelNotFound};
use super::Outcome::{ClientFault, CredentialFault, Overloaded, Throttled};
use super::Says::{Message, Word};
use super::{Class, Row};

pub(super) const ROWS: &[Row] = &[
    // AWS's list of common errors has these with 400; those with 403 need no row.
    (Word("IncompleteSignature"), CredentialFault),
    (Word("NotAuthorized"), CredentialFault),
    (Word("RequestExpired"), CredentialFault),
    // The description of the API, with 429 and 503.
    (Word("ModelNotReadyException"), Overloaded),
    (Word("ServiceUnavailableException"), Overloaded),
    // The same, with 429 and 400.
    (Word("ThrottlingException"), Throttled),
    (Word("ServiceQuotaExceededException"), Throttled),
    // With 400 and `ValidationException`, as reports have them: no such model here, or only by a profile.
    (Message("the provided model identifier is invalid"), ClientFault(ModelNotFound)),
    (Message("invocation of model id * with on-demand throughput"), ClientFault(ModelNotFound)),
    // The same. What a model says comes after `The model returned the following errors:`.
    (Message("*input is too long"), ClientFault(ContextLength)),
    (Message("*prompt is too long"), ClientFault(ContextLength)),
    (Message("*exceed context limit"), ClientFault(ContextLength)),
    (Message("*maximum context length"), ClientFault(ContextLength)),
    // Nova.
    (Message("*too many input tokens"), ClientFault(ContextLength)),
    // Claude and Titan. A guardrail that intervenes answers 200 and ends the message.
    (Message("*output blocked by content filtering policy"), ClientFault(ContentPolicy)),
    (Message("*blocked by our content filters"), ClientFault(ContentPolicy)),
];

/// The exceptions of `Converse` and `ConverseStream`, as the description of the API has them.
pub(super) const CLASSES: &[Class] = &[
    ("ValidationException", 400),
    ("AccessDeniedException", 403),
    ("ResourceNotFoundException", 404),
    ("ModelTimeoutException", 408),
    ("ModelErrorException", 424),
    ("ModelStreamErrorException", 424),
    ("InternalServerException", 500),
];
