//! The refusals of those who speak OpenAI's dialect in words of their own.

use super::ClientFault::{ContentPolicy, ContextLength, ModelNotFound};
use super::Outcome::{ClientFault, CredentialFault, Overloaded};
use super::Row;
use super::Says::{Message, Status, Word};

pub(super) const ROWS: &[Row] = &[
    // xAI, with 429 or 403, and with 400.
    (Message("your team * used all available credits"), CredentialFault),
    (Message("incorrect api key provided"), CredentialFault),
    // DeepSeek and Zhipu, whatever the status.
    (Message("insufficient balance"), CredentialFault),
    // Moonshot, with 429.
    (Word("exceeded_current_quota_error"), CredentialFault),
    // Alibaba's Model Studio: the account is in arrears, with 400.
    (Word("Arrearage"), CredentialFault),
    // Groq's list of errors: its flex tier has no capacity.
    (Status(498), Overloaded),
    // llama.cpp, with 503: the model is being loaded.
    (Word("unavailable_error"), Overloaded),
    // OpenAI's own older wording; also vLLM's and xAI's.
    (Message("the model *does not exist"), ClientFault(ModelNotFound)),
    // DeepSeek.
    (Message("model not exist"), ClientFault(ModelNotFound)),
    // Ollama: `model "x" not found, try pulling it first`; Fireworks: `Model not found, inaccessible, and/or ...`.
    (Message("model *not found"), ClientFault(ModelNotFound)),
    // Together, with 404.
    (Word("model_not_available"), ClientFault(ModelNotFound)),
    // Groq, with 400.
    (Word("model_decommissioned"), ClientFault(ModelNotFound)),
    // Hugging Face, with 400.
    (Word("model_not_supported"), ClientFault(ModelNotFound)),
    // Mistral, with 400.
    (Word("invalid_model"), ClientFault(ModelNotFound)),
    // OpenRouter, with 404 and 400.
    (Message("no endpoints found"), ClientFault(ModelNotFound)),
    (Message("*is not a valid model id"), ClientFault(ModelNotFound)),
    // Groq, Cerebras and older OpenAI.
    (Message("*reduce the length of the messages"), ClientFault(ContextLength)),
    // vLLM, of the prompt alone.
    (Message("*longer than the maximum model length"), ClientFault(ContextLength)),
    // SGLang.
    (Message("*longer than the model's context length"), ClientFault(ContextLength)),
    // TGI, and Together, which runs it.
    (Message("*`inputs` tokens + `max_new_tokens` must be"), ClientFault(ContextLength)),
    // llama.cpp.
    (Word("exceed_context_size_error"), ClientFault(ContextLength)),
    (Message("*exceeds the available context size"), ClientFault(ContextLength)),
    // LM Studio.
    (Message("*greater than the context length"), ClientFault(ContextLength)),
    // Ollama, of embeddings.
    (Message("*exceeds the context length"), ClientFault(ContextLength)),
    // xAI.
    (Message("*maximum prompt length is"), ClientFault(ContextLength)),
    // Moonshot.
    (Message("*exceeded model token limit"), ClientFault(ContextLength)),
    // MiniMax.
    (Message("*context window exceeds limit"), ClientFault(ContextLength)),
    // GitHub Models, with 413, and GitHub Copilot.
    (Word("tokens_limit_reached"), ClientFault(ContextLength)),
    (Message("prompt token count of * exceeds the limit of"), ClientFault(ContextLength)),
    // LiteLLM names its own exceptions.
    (Message("*contextwindowexceedederror"), ClientFault(ContextLength)),
    (Message("*contentpolicyviolationerror"), ClientFault(ContentPolicy)),
    // OpenRouter's guide to errors, with 403.
    (Message("*requires moderation*flagged"), ClientFault(ContentPolicy)),
    // DeepSeek.
    (Message("content exists risk"), ClientFault(ContentPolicy)),
    // Alibaba's Model Studio, in its two spellings.
    (Word("data_inspection_failed"), ClientFault(ContentPolicy)),
    (Word("DataInspectionFailed"), ClientFault(ContentPolicy)),
    // xAI, with 403.
    (Message("content violates usage guidelines"), ClientFault(ContentPolicy)),
];
