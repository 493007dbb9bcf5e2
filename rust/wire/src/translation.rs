//! From a client's request to a provider's, and from its answer back, whichever dialects the two speak.
//!
//! # What is lost
//! Where the dialects differ, a field that the provider's cannot say is refused by its name, unless the client agreed
//! to do without. What changes no answer (bookkeeping, marks for caches) is dropped without asking, and named.

use std::sync::Arc;

use crate::chat::{self, Lost};
use crate::endpoint::Task;
use crate::stream::{Framing, Output, ReadEvents, StreamReader, WriteEvents};
use crate::target::Target;
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{
    Client, ClientError, Endpoint, Error, Request, Upstream, Usage, anthropic, bedrock, cohere, embed, gemini,
    normalise, openai, responses,
};

/// What becomes of fields that a provider cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// The request is refused, and the error names them.
    Refuse,
    /// They are dropped and named.
    Drop,
}

/// A request in the provider's dialect.
pub struct Outgoing {
    /// Path and query, to follow the provider's base path.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
    /// The client's names of what was dropped.
    pub dropped: Vec<String>,
}

/// Writes `request` for `target`.
///
/// # Errors
/// `Kind::Unsupported` for what cannot be carried over, `Kind::Invalid` for what is not of the client's dialect.
pub fn encode(request: &Request, target: &Target<'_>, unsupported: Unsupported) -> Result<Outgoing, Error> {
    let endpoint = request.endpoint();
    let path = target.path(endpoint, request.is_stream());
    let mut body = Vec::new();
    let mut lost = Lost::default();
    let mut hints = Vec::new();
    if endpoint.is_native(target.upstream) {
        request.encode(target, &mut body);
        return Ok(Outgoing { path, body, dropped: Vec::new() });
    }
    match endpoint.task() {
        Task::Generate => {
            let form = read_request(endpoint, request)?;
            form.unknown.iter().for_each(|name| lost.named(name));
            hints.clone_from(&form.hints);
            body = write_request(&form, target, &mut lost);
        }
        Task::Embed => {
            let form = read_embed_request(request)?;
            form.unknown.iter().for_each(|name| lost.named(name));
            hints.clone_from(&form.hints);
            body = write_embed_request(&form, target, &mut lost)?;
        }
        Task::Count => return Err(Error::unsupported(&["counting tokens".to_owned()], target.upstream.word())),
    }
    let fields = lost.fields(endpoint.client());
    if unsupported == Unsupported::Refuse && !fields.is_empty() {
        return Err(Error::unsupported(&fields, target.upstream.word()));
    }
    let dropped = fields.into_iter().chain(lost.hints(endpoint.client())).chain(hints).collect();
    Ok(Outgoing { path, body, dropped })
}

/// All text that a model would read, for counting its tokens where no provider does.
///
/// # Errors
/// `Kind::Invalid` for what is not of the client's dialect.
pub fn text(request: &Request) -> Result<String, Error> {
    Ok(read_request(request.endpoint(), request)?.text())
}

/// The body that tells a client how many tokens its conversation has.
pub fn count(endpoint: Endpoint, n_tokens: u64) -> Vec<u8> {
    match endpoint {
        Endpoint::CountTokens => format!(r#"{{"totalTokens":{n_tokens}}}"#),
        _ => format!(r#"{{"input_tokens":{n_tokens}}}"#),
    }
    .into_bytes()
}

/// What the writers of a client's dialect know of the call.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request,
    /// The request's id, for answers that come without one.
    pub(crate) id: &'a str,
    /// When the call began, in seconds since the Unix epoch.
    pub(crate) unix_seconds: u64,
}

/// How the answer to one request is read, and written for the client.
#[derive(Clone)]
pub struct Reading {
    request: Arc<Request>,
    upstream: Upstream,
    id: String,
    unix_seconds: u64,
    is_normalised: bool,
}

/// An answer that came in one piece, as the client gets it.
pub struct Whole {
    /// The body for the client.
    pub body: Vec<u8>,
    /// What the upstream says it used, if it says so.
    pub usage: Option<Usage>,
    /// Bytes of text that the model wrote, thoughts and calls included: for an estimate where usage is absent.
    pub n_content_bytes: u64,
}

impl Reading {
    /// For an answer of a provider of `upstream` to `request`, whose id is `id` and which came in at `unix_seconds`.
    pub fn new(request: Arc<Request>, upstream: Upstream, id: String, unix_seconds: u64) -> Self {
        Self { request, upstream, id, unix_seconds, is_normalised: false }
    }

    /// The same, and the outer form of the answer's text is made that of all models. Of a stream that costs the fields of
    /// its events that are newer than this code: the events are then written anew, whoever the upstream is.
    #[must_use]
    pub fn normalised(self) -> Self {
        Self { is_normalised: normalise::has_answers(self.request.endpoint()), ..self }
    }

    /// What was asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Whether an answer of this content type is the stream that was asked for.
    pub fn is_stream(&self, content_type: Option<&[u8]>) -> bool {
        let wanted: &[u8] = match self.upstream {
            Upstream::Bedrock => b"application/vnd.amazon.eventstream",
            _ => b"text/event-stream",
        };
        self.request.is_stream() && content_type.is_some_and(|kind| kind.starts_with(wanted))
    }

    /// Reads the stream.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the methods are of one lifetime's events alone")]
    pub fn stream(&self) -> StreamReader {
        let request = &self.request;
        let is_native = request.endpoint().is_native(self.upstream) && !self.is_normalised;
        if is_native && self.upstream == Upstream::OpenAi {
            return StreamReader::openai(request.n_choices(), !request.wants_usage());
        }
        let reader: Box<dyn ReadEvents> = match self.upstream {
            Upstream::OpenAi => Box::new(openai::EventReader::new(request.n_choices())),
            Upstream::Responses => Box::new(responses::EventReader::default()),
            Upstream::Anthropic => Box::new(anthropic::EventReader::default()),
            Upstream::Gemini => Box::new(gemini::EventReader::default()),
            Upstream::Bedrock => Box::new(bedrock::EventReader::default()),
            Upstream::Cohere => Box::new(cohere::EventReader::default()),
        };
        let client = request.endpoint().client();
        let output = match client {
            Client::Gemini if is_native => Output::Relay(|event, output| event.write_data(output)),
            Client::OpenAi | Client::Responses | Client::Anthropic if is_native => {
                Output::Relay(|event, output| event.write(output))
            }
            _ if self.is_normalised => {
                let format = request.outline().response_format;
                Output::Write(Box::new(normalise::TrimmingWriter::new(self.writer(), format)))
            }
            _ => Output::Write(self.writer()),
        };
        StreamReader::general(Framing::of(self.upstream), reader, output)
    }

    /// Reads an answer that came whole.
    ///
    /// # Errors
    /// What is no answer to the request.
    pub fn whole(&self, body: Vec<u8>) -> Result<Whole, AnswerError> {
        let whole = self.whole_as_written(body)?;
        if !self.is_normalised {
            return Ok(whole);
        }
        let format = self.request.outline().response_format;
        let normalised = normalise::whole(self.request.endpoint(), &whole.body, format);
        Ok(Whole { body: normalised.unwrap_or(whole.body), ..whole })
    }

    fn whole_as_written(&self, body: Vec<u8>) -> Result<Whole, AnswerError> {
        let endpoint = self.request.endpoint();
        if endpoint.is_native(self.upstream) && self.upstream == Upstream::OpenAi {
            let answer = openai::Answer::read(endpoint, &body)?;
            return Ok(Whole { usage: answer.usage(), n_content_bytes: answer.n_content_bytes(), body });
        }
        match endpoint.task() {
            Task::Generate => self.whole_chat(body),
            Task::Embed => self.whole_embedding(body),
            Task::Count => {
                let text = std::str::from_utf8(&body).map_err(|_| AnswerError::Malformed)?;
                crate::json::Object::parse(text)?;
                Ok(Whole { body, usage: None, n_content_bytes: 0 })
            }
        }
    }

    /// A refusal by the provider in the client's dialect; `None` where it cannot be read.
    pub fn refusal(&self, status: u16, body: Vec<u8>) -> Option<Vec<u8>> {
        let error = UpstreamError::read(&body)?;
        let endpoint = self.request.endpoint();
        if endpoint.is_native(self.upstream) {
            return Some(body);
        }
        // Google's code is the status once more; its word is better.
        let is_word = |code: &&str| !code.bytes().all(|byte| byte.is_ascii_digit());
        let code = error.code.as_deref().filter(is_word).or(error.kind.as_deref()).unwrap_or("upstream_refused");
        // OpenAI's two dialects call most things by the same names, and no others do.
        let has_same_names = matches!(
            (endpoint.client(), self.upstream),
            (Client::OpenAi, Upstream::Responses) | (Client::Responses, Upstream::OpenAi)
        );
        let parameter = error.parameter.as_deref().filter(|name| has_same_names && !name.is_empty());
        let error = ClientError { status, message: &error.message, parameter, code, request_id: &self.id };
        Some(error.body(endpoint.client()))
    }

    fn whole_chat(&self, body: Vec<u8>) -> Result<Whole, AnswerError> {
        let text = std::str::from_utf8(&body).map_err(|_| AnswerError::Malformed)?;
        let answer = match self.upstream {
            Upstream::OpenAi => openai::read_answer(text),
            Upstream::Responses => responses::read_answer(text),
            Upstream::Anthropic => anthropic::read_answer(text),
            Upstream::Gemini => gemini::read_answer(text),
            Upstream::Bedrock => bedrock::read_answer(text),
            Upstream::Cohere => cohere::read_answer(text),
        }?;
        let (usage, n_content_bytes) = (answer.usage, answer.n_content_bytes());
        if self.request.endpoint().is_native(self.upstream) {
            return Ok(Whole { body, usage, n_content_bytes });
        }
        let context = self.context();
        let body = match self.request.endpoint().client() {
            Client::OpenAi => openai::write_answer(&answer, &context),
            Client::Responses => responses::write_answer(&answer, &context),
            Client::Anthropic => anthropic::write_answer(&answer, &context),
            Client::Gemini => gemini::write_answer(&answer, &context),
        };
        Ok(Whole { body, usage, n_content_bytes })
    }

    fn whole_embedding(&self, body: Vec<u8>) -> Result<Whole, AnswerError> {
        let text = std::str::from_utf8(&body).map_err(|_| AnswerError::Malformed)?;
        let answer = match self.upstream {
            Upstream::OpenAi => openai::embed::read_answer(text),
            Upstream::Gemini => gemini::embed::read_answer(text),
            Upstream::Cohere => cohere::embed::read_answer(text),
            Upstream::Responses | Upstream::Anthropic | Upstream::Bedrock => Err(AnswerError::Malformed),
        }?;
        let usage = answer.usage;
        if self.request.endpoint().is_native(self.upstream) {
            return Ok(Whole { body, usage, n_content_bytes: 0 });
        }
        let body = match self.request.endpoint().client() {
            Client::Gemini => gemini::embed::write_answer(&answer, &self.context()),
            _ => openai::embed::write_answer(&answer, &self.context()),
        };
        Ok(Whole { body, usage, n_content_bytes: 0 })
    }

    fn writer(&self) -> Box<dyn WriteEvents> {
        let context = self.context();
        match self.request.endpoint().client() {
            Client::OpenAi => Box::new(openai::EventWriter::new(&context)),
            Client::Responses => Box::new(responses::EventWriter::new(&context)),
            Client::Anthropic => Box::new(anthropic::EventWriter::new(&context)),
            Client::Gemini => Box::new(gemini::EventWriter::new(&context)),
        }
    }

    fn context(&self) -> Context<'_> {
        Context { request: &self.request, id: &self.id, unix_seconds: self.unix_seconds }
    }
}

fn read_request(endpoint: Endpoint, request: &Request) -> Result<chat::Request<'_>, Error> {
    match endpoint.client() {
        Client::OpenAi => openai::read_request(request),
        Client::Responses => responses::read_request(request),
        Client::Anthropic => anthropic::read_request(request),
        Client::Gemini => gemini::read_request(request),
    }
}

fn write_request(form: &chat::Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    match target.upstream {
        Upstream::OpenAi => openai::write_request(form, target, lost),
        Upstream::Responses => responses::write_request(form, target, lost),
        Upstream::Anthropic => anthropic::write_request(form, target, lost),
        Upstream::Gemini => gemini::write_request(form, target, lost),
        Upstream::Bedrock => bedrock::write_request(form, target, lost),
        Upstream::Cohere => cohere::write_request(form, target, lost),
    }
}

fn read_embed_request(request: &Request) -> Result<embed::Request<'_>, Error> {
    match request.endpoint().client() {
        Client::Gemini => gemini::embed::read_request(request),
        _ => openai::embed::read_request(request),
    }
}

fn write_embed_request(form: &embed::Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Result<Vec<u8>, Error> {
    match target.upstream {
        Upstream::OpenAi => Ok(openai::embed::write_request(form, target, lost)),
        Upstream::Gemini => Ok(gemini::embed::write_request(form, target, lost)),
        Upstream::Cohere => cohere::embed::write_request(form, target, lost),
        Upstream::Responses | Upstream::Anthropic | Upstream::Bedrock => {
            Err(Error::unsupported(&["embeddings".to_owned()], target.upstream.word()))
        }
    }
}
