//! What an upstream's refusal says: whose fault it is, and so who may be asked next.
//!
//! # Why the body and not the status alone
//! Providers share statuses and not their meanings. OpenAI's 429 is a limit that passes or a balance that is spent;
//! Anthropic says the latter with 400, as Google does for a key that is not valid. The table of each vendor names what
//! its status does not tell; where no row holds, the status decides.
//!
//! # Why a dialect has several tables
//! A dialect is spoken by others than its author: OpenAI's by all that are compatible, among them gateways that pass on
//! the words of whomever they asked; Anthropic's by Google. The first row that holds decides, the dialect's own first.
//!
//! # Why most wordings must begin the message
//! Messages quote the request. If `credit balance is too low` counted anywhere, a client could write it into a field
//! that is refused, and the gateway would park its key. So what says something against a key or a provider is a word of
//! the error's own, or is held against the start of its message. A client that talks itself into one of its own faults
//! gains nothing. That a server is overloaded may be said anywhere, but only counts with a status that says as much.
//!
//! # What a 404 is about
//! The model, unless the error speaks of something else: only then is there a point in asking another deployment. One
//! without an error of the dialect's form is of a wrong address, so this deployment does not have the model either.
//! Bedrock looks up nothing else. Others also keep files, responses and caches; those are where they are.
//!
//! # What a 413 is
//! More than the upstream takes, in bytes or in tokens: like a context that is too long, a larger one may take it.

mod anthropic;
mod bedrock;
mod cohere;
mod compatible;
mod google;
mod openai;

use crate::{Upstream, UpstreamError};

/// What an upstream's answer says about the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Success,
    /// The request is at fault. The client gets the upstream's own words.
    ClientFault(ClientFault),
    /// The gateway's key is at fault: not valid, not allowed, or its money or quota spent.
    CredentialFault,
    /// The key asks for more in a while than it may.
    Throttled,
    /// The provider has more to do than it can, whoever asks.
    Overloaded,
    /// The provider failed.
    ServerFault,
}

/// What is wrong with a request, as far as it matters for where else to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientFault {
    /// It is wrong everywhere.
    Request,
    /// The upstream does not have the model.
    ModelNotFound,
    /// It is longer than the model takes.
    ContextLength,
    /// The upstream will not speak of it.
    ContentPolicy,
}

impl Outcome {
    /// Judges the status of an answer and the error in its body, where one could be read.
    pub fn of(upstream: Upstream, status: u16, error: Option<&UpstreamError>) -> Self {
        match status {
            200 => Self::Success,
            401 | 402 => Self::CredentialFault,
            400..=599 => by_table(upstream, status, error).unwrap_or_else(|| by_status(upstream, status, error)),
            _ => Self::ServerFault,
        }
    }

    /// Judges an error that came inside an answer of status 200, for instance as an event of a stream.
    pub fn of_error(upstream: Upstream, error: &UpstreamError) -> Self {
        Self::of(upstream, status_of(upstream, error), Some(error))
    }
}

/// A row of a vendor's table.
type Row = (Says, Outcome);

/// What is looked for in a refusal. Case does not matter.
enum Says {
    Status(u16),
    /// The error's type, code or reason.
    Word(&'static str),
    /// The start of its message, in lower case, where `*` stands for any text.
    Message(&'static str),
}

/// The status of an error that comes without one, by its type or code. Those that have a row need none.
type Class = (&'static str, u16);

/// The tables of those who speak a dialect.
fn tables(upstream: Upstream) -> &'static [&'static [Row]] {
    match upstream {
        Upstream::OpenAi | Upstream::Responses => &[openai::ROWS, compatible::ROWS, anthropic::ROWS, google::ROWS],
        Upstream::Anthropic => &[anthropic::ROWS, google::ROWS],
        Upstream::Gemini => &[google::ROWS],
        Upstream::Bedrock => &[bedrock::ROWS],
        Upstream::Cohere => &[cohere::ROWS],
    }
}

/// The classes of those who speak a dialect.
fn classes(upstream: Upstream) -> &'static [&'static [Class]] {
    match upstream {
        Upstream::OpenAi | Upstream::Responses => &[openai::CLASSES, anthropic::CLASSES, google::CLASSES],
        Upstream::Anthropic => &[anthropic::CLASSES, google::CLASSES],
        Upstream::Gemini => &[google::CLASSES],
        Upstream::Bedrock => &[bedrock::CLASSES],
        Upstream::Cohere => &[cohere::CLASSES],
    }
}

fn by_table(upstream: Upstream, status: u16, error: Option<&UpstreamError>) -> Option<Outcome> {
    let message = error.map(|error| error.message.to_ascii_lowercase()).unwrap_or_default();
    let is_said = |says: &Says| match says {
        Says::Status(expected) => status == *expected,
        Says::Word(word) => error.is_some_and(|error| words(error).any(|said| said.eq_ignore_ascii_case(word))),
        Says::Message(pattern) => matches(pattern, &message),
    };
    tables(upstream).iter().copied().flatten().find(|(says, _)| is_said(says)).map(|(_, outcome)| *outcome)
}

fn by_status(upstream: Upstream, status: u16, error: Option<&UpstreamError>) -> Outcome {
    match status {
        400 | 405 | 409 | 415 | 422 => Outcome::ClientFault(ClientFault::Request),
        404 => Outcome::ClientFault(not_found(upstream, error)),
        413 => Outcome::ClientFault(ClientFault::ContextLength),
        403 => Outcome::CredentialFault,
        // Anthropic's own, which others took over.
        529 => Outcome::Overloaded,
        429 | 500..=599 if error.is_some_and(is_overload) => Outcome::Overloaded,
        429 => Outcome::Throttled,
        _ => Outcome::ServerFault,
    }
}

fn not_found(upstream: Upstream, error: Option<&UpstreamError>) -> ClientFault {
    let is_model = match upstream {
        Upstream::Bedrock => true,
        Upstream::OpenAi | Upstream::Responses | Upstream::Anthropic | Upstream::Gemini | Upstream::Cohere => {
            error.is_none_or(is_about_model)
        }
    };
    if is_model { ClientFault::ModelNotFound } else { ClientFault::Request }
}

/// Whether what was not found is the model, or the very address.
fn is_about_model(error: &UpstreamError) -> bool {
    let message = error.message.to_ascii_lowercase();
    // The servers of vLLM and SGLang say the first, Azure the second, of an address that they do not have.
    message.contains("model") || matches!(message.as_str(), "not found" | "resource not found")
}

/// Whether the message of a 429 or a 5xx says that the provider has too much to do. The wordings are those of OpenAI,
/// Together and Ollama (overloaded), Groq and Mistral (capacity), Ollama (busy), and Azure (high demand).
fn is_overload(error: &UpstreamError) -> bool {
    const WORDINGS: [&str; 6] =
        ["overload", "over capacity", "at capacity", "capacity exceeded", "server busy", "high demand"];
    let message = error.message.to_ascii_lowercase();
    WORDINGS.iter().any(|wording| message.contains(wording))
}

/// The status that an error would have had, had it come before the answer began.
fn status_of(upstream: Upstream, error: &UpstreamError) -> u16 {
    // OpenRouter, vLLM and Google write the status as the code.
    let as_number = error.code.as_deref().and_then(|code| code.parse().ok()).filter(|code| (400..=599).contains(code));
    let class_of = |said: &str| {
        let mut all = classes(upstream).iter().copied().flatten();
        all.find(|(class, _)| class.eq_ignore_ascii_case(said)).map(|(_, status)| *status)
    };
    as_number.or_else(|| words(error).find_map(class_of)).unwrap_or(500)
}

/// The words by which an error classes itself.
fn words(error: &UpstreamError) -> impl Iterator<Item = &str> {
    let words = [&error.reason, &error.code, &error.kind].into_iter().flatten();
    // AWS's older services write the name space of their exceptions before them.
    words.map(|word| word.rsplit('#').next().unwrap_or_default())
}

/// Whether `text` begins as `pattern` has it, where `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|start| text.strip_prefix(start)) else { return false };
    pieces.all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests;
