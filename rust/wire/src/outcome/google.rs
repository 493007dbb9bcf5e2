//! Google's refusals, of the Gemini API and of Vertex AI, which also speaks others' dialects.

use super::ClientFault::{ContentPolicy, ContextLength};
use super::Outcome::{ClientFault, CredentialFault, Overloaded, Throttled};
use super::Says::{Message, Word};
use super::{Class, Row};

pub(super) const ROWS: &[Row] = &[
    // With 400 (`google.api.ErrorReason`); the wordings are for answers without details.
    (Word("API_KEY_INVALID"), CredentialFault),
    (Word("BILLING_DISABLED"), CredentialFault),
    (Message("api key not valid"), CredentialFault),
    (Message("api key expired"), CredentialFault),
    // With 400 and `FAILED_PRECONDITION` (Gemini's guide to troubleshooting): where the account's home is, or the
    // gateway's. Other preconditions are the request's.
    (Message("user location is not supported"), CredentialFault),
    (Message("gemini api free tier is not available"), CredentialFault),
    // `google.rpc.Code`. A quota of a day is one too, as the class does not tell.
    (Word("RESOURCE_EXHAUSTED"), Throttled),
    (Word("UNAVAILABLE"), Overloaded),
    // The Gemini API, and Vertex AI.
    (Message("*input token count * exceeds"), ClientFault(ContextLength)),
    (Message("*input token count is * but model only supports"), ClientFault(ContextLength)),
    // With 400 where others say 413.
    (Message("request payload size exceeds the limit"), ClientFault(ContextLength)),
    // Vertex AI, of images. Otherwise an answer that is blocked comes with 200 and says so.
    (Message("*responsible ai practices"), ClientFault(ContentPolicy)),
];

/// `google.rpc.Code` and the statuses that go with it.
pub(super) const CLASSES: &[Class] = &[
    ("INVALID_ARGUMENT", 400),
    ("FAILED_PRECONDITION", 400),
    ("OUT_OF_RANGE", 400),
    ("UNAUTHENTICATED", 401),
    ("PERMISSION_DENIED", 403),
    ("NOT_FOUND", 404),
    ("ABORTED", 409),
    ("ALREADY_EXISTS", 409),
    ("INTERNAL", 500),
    ("UNKNOWN", 500),
    ("UNIMPLEMENTED", 501),
    ("DEADLINE_EXCEEDED", 504),
];
