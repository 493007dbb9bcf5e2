//! Anthropic's refusals.

use super::ClientFault::{ContentPolicy, ContextLength};
use super::Outcome::{ClientFault, CredentialFault, Overloaded};
use super::Says::{Message, Word};
use super::{Class, Row};

pub(super) const ROWS: &[Row] = &[
    // With 429 and the type of a rate limit: the month's money is spent (Anthropic's guide to rate limits).
    (Word("enforced_spend_limit_reached"), CredentialFault),
    // With 400 and the type of a bad request; the second is of an organization or a workspace.
    (Message("your credit balance is too low"), CredentialFault),
    (Message("you have reached your specified *usage limits"), CredentialFault),
    // Anthropic's guide to errors, with 529.
    (Word("overloaded_error"), Overloaded),
    // As reports have it: the prompt alone, and with what may be answered.
    (Message("*prompt is too long"), ClientFault(ContextLength)),
    (Message("*exceed context limit"), ClientFault(ContextLength)),
    // Anthropic's guide to errors, with 413; also Groq's.
    (Word("request_too_large"), ClientFault(ContextLength)),
    // As reports have it, before the answer or within.
    (Message("output blocked by content filtering policy"), ClientFault(ContentPolicy)),
];

/// The types of Anthropic's guide to errors.
pub(super) const CLASSES: &[Class] = &[
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("billing_error", 402),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("conflict_error", 409),
    ("rate_limit_error", 429),
    ("api_error", 500),
    ("timeout_error", 504),
];
