//! OpenAI's refusals, and those of Azure OpenAI.

use super::ClientFault::{ContentPolicy, ContextLength, ModelNotFound};
use super::Outcome::{ClientFault, CredentialFault, Overloaded, Throttled};
use super::Says::{Message, Word};
use super::{Class, Row};

pub(super) const ROWS: &[Row] = &[
    // OpenAI's help on 429: trying again does not help. The type of all is `insufficient_quota`.
    (Word("insufficient_quota"), CredentialFault),
    (Word("credit_balance_exhausted"), CredentialFault),
    (Word("organization_spend_limit_exceeded"), CredentialFault),
    (Word("organization_usage_limit_exceeded"), CredentialFault),
    (Word("project_spend_limit_exceeded"), CredentialFault),
    // Its forum: these come with 429, the first with 400 for images.
    (Word("billing_hard_limit_reached"), CredentialFault),
    (Word("billing_not_active"), CredentialFault),
    // Its guide to error codes, with 401; some that are compatible send it with 400.
    (Word("invalid_api_key"), CredentialFault),
    // The same, with 503.
    (Word("server_is_overloaded"), Overloaded),
    // The same, with 429 or 503: the rate of this account's requests rose too fast.
    (Word("slow_down"), Throttled),
    // Azure, with 429: all its customers' rate.
    (Message("the system is currently experiencing high demand"), Overloaded),
    // OpenAI, with 429. Groq also sends it with 413, for more tokens than may be used in a minute.
    (Word("rate_limit_exceeded"), Throttled),
    // Azure's reference of errors, with 404, and the second with 400 for a deployment of another kind of model.
    (Word("DeploymentNotFound"), ClientFault(ModelNotFound)),
    (Word("OperationNotSupported"), ClientFault(ModelNotFound)),
    // OpenAI sends it with 404, and with 403 where a project may not use the model.
    (Word("model_not_found"), ClientFault(ModelNotFound)),
    // As all reports of it have it; the wordings are of chat completions and of responses.
    (Word("context_length_exceeded"), ClientFault(ContextLength)),
    (Message("*maximum context length"), ClientFault(ContextLength)),
    (Message("*exceeds the context window"), ClientFault(ContextLength)),
    // Azure's guide to content filtering; the reason is `innererror.code`.
    (Word("content_filter"), ClientFault(ContentPolicy)),
    (Word("ResponsibleAIPolicyViolation"), ClientFault(ContentPolicy)),
    // OpenAI's, of images and of prompts to reasoning models; the second is in its description of the API.
    (Word("content_policy_violation"), ClientFault(ContentPolicy)),
    (Word("image_content_policy_violation"), ClientFault(ContentPolicy)),
    (Word("moderation_blocked"), ClientFault(ContentPolicy)),
    (Message("*violating our usage policy"), ClientFault(ContentPolicy)),
];

/// The types of OpenAI's guide to error codes that are not Anthropic's too.
pub(super) const CLASSES: &[Class] = &[
    // The description of Responses.
    ("invalid_prompt", 400),
    // vLLM names its classes as OpenAI's SDK names its exceptions.
    ("BadRequestError", 400),
    ("NotFoundError", 404),
    ("server_error", 500),
    ("service_unavailable_error", 503),
];
