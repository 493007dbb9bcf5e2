//! An answer in its other form: one that came whole as a stream, and one that came as a stream whole.
//!
//! # What for
//! An answer that is kept for those who ask the same is kept as its client got it. The next one may want it the other
//! way, in the same dialect.
//!
//! # Why lossless or not at all
//! A client must not be able to tell that its answer was kept but by what says so. The form in the middle knows what
//! dialects have in common, and readers pass over what they do not know, so a field that is newer than this code would
//! get lost without a word. Hence two checks. What an answer says must be on its dialect's list of what is known
//! (`recast.rs` of each dialect). And what was made is read again, and must say what was kept.
//!
//! # What may be dropped
//! What says something of the service and nothing of the answer: `system_fingerprint`, `service_tier`, `x_groq`, the
//! times that Groq adds to usage, `inference_geo`, `trafficType`, `createTime`, the sizes of Gemini's parts by modality
//! where all of it is text; padding (`obfuscation`), pings, comments; how a text was cut into pieces, and whether a
//! message without a text has an empty one. `DeepSeek`'s own names of cached tokens, which are said by OpenAI's too.
//!
//! # Where nothing is written anew
//! A whole answer of Gemini's is a stream of one event as it is, so no list is needed there. The last event of a stream
//! of responses has the whole answer, so that is taken out, and put in; a list is needed of its items alone, which the
//! events before tell piece by piece.

mod gathering;
mod known;
mod tell;

use crate::chat::{self, Answer, Content, Signature};
use crate::json::Value;
use crate::stream::{ReadEvents, WriteEvents};
use crate::translation::Context;
use crate::{Client, Endpoint, Request, Upstream, Usage, anthropic, gemini, openai, responses, sse};

use gathering::Gathering;
pub(crate) use known::{Known, Members};
use tell::tell;

/// The stream of events that says what the whole answer `body` says; `None` where a stream could not say all of it.
///
/// `request` is the one that is answered now, whose endpoint tells the dialect; id, model and time of creation stay
/// those of the kept answer. A text is one event, or one for every 16 KiB of it. Of OpenAI's chat completions the last
/// chunk has the usage where `wants_usage`; other dialects always tell it. Legacy completions have no place in the
/// form, so they give `None`, and so do answers with calls, and those that would take an event of more than 1 MiB.
pub fn as_stream(request: &Request, body: &[u8], wants_usage: bool) -> Option<Vec<u8>> {
    let client = client(request)?;
    let body = std::str::from_utf8(body).ok()?;
    let mut kept = read_whole(client, body)?;
    let value = Value::parse(body).ok()?;
    let stream = match client {
        Client::OpenAi => {
            let unix_seconds = openai::created(value).filter(|_| openai::knows_whole(value, &kept))?;
            let context = Context { request, id: "", unix_seconds };
            kept.usage = kept.usage.filter(|_| wants_usage);
            write(&unmarked(&kept), Box::new(openai::EventWriter::new(&context).telling_usage(wants_usage)))
        }
        Client::Anthropic => {
            let context = Context { request, id: "", unix_seconds: 0 };
            let mut writer = anthropic::EventWriter::new(&context);
            // What the prompt has is told at the start.
            let prompt = Usage { n_output: 0, n_reasoning: 0, ..kept.usage.unwrap_or_default() };
            writer.write(&chat::Event::Usage(prompt), &mut Vec::new());
            anthropic::knows_whole(value, &kept).then(|| write(&kept, Box::new(writer)))?
        }
        Client::Responses => responses::stream_of(body)?,
        Client::Gemini => gemini::stream_of(body),
    };
    let told = read_stream(client, request, &events(&stream)?)?;
    (told == kept).then_some(stream)
}

/// The whole answer that `stream`, all of it, says; `None` where a whole answer could not say all of it, or the stream
/// is not whole: without the event that is its dialect's last, or with something after that.
///
/// `request` is as for [`as_stream`]. `usage` is what was used, where the stream does not say, as chat completions do
/// not unless they are asked to.
pub fn as_whole(request: &Request, stream: &[u8], usage: Option<&Usage>) -> Option<Vec<u8>> {
    let client = client(request)?;
    let events = events(stream)?;
    let mut told = read_stream(client, request, &events)?;
    let values: Option<Vec<_>> = events.iter().filter(|event| !event.is_mark()).map(Event::value).collect();
    let values = values?;
    let says_usage = told.usage.is_some();
    told.usage = told.usage.or(usage.copied());
    let body = match client {
        Client::OpenAi => {
            let first = *values.first()?;
            let unix_seconds = openai::created(first).filter(|_| openai::knows_stream(&values, &told))?;
            openai::write_answer(&unmarked(&told), &Context { request, id: "", unix_seconds })
        }
        Client::Anthropic => {
            let context = Context { request, id: "", unix_seconds: 0 };
            anthropic::knows_stream(&values, &told).then(|| anthropic::write_answer(&told, &context))?
        }
        Client::Responses => responses::whole_of(*values.last()?)?,
        Client::Gemini => {
            let context = Context { request, id: "", unix_seconds: 0 };
            gemini::knows_stream(&values, &told).then(|| gemini::write_answer(&told, &context))?
        }
    };
    let mut made = read_whole(client, std::str::from_utf8(&body).ok()?)?;
    if !says_usage {
        made.usage = told.usage;
    }
    (made == told).then_some(body)
}

/// The dialect, where it has streams and a place in the form.
fn client(request: &Request) -> Option<Client> {
    match request.endpoint() {
        Endpoint::ChatCompletions
        | Endpoint::Responses
        | Endpoint::Messages
        | Endpoint::GenerateContent
        | Endpoint::StreamGenerateContent => Some(request.endpoint().client()),
        Endpoint::Completions
        | Endpoint::Embeddings
        | Endpoint::CountMessageTokens
        | Endpoint::CountTokens
        | Endpoint::EmbedContent
        | Endpoint::BatchEmbedContents => None,
    }
}

fn read_whole(client: Client, body: &str) -> Option<Answer<'static>> {
    let answer = match client {
        Client::OpenAi => openai::read_answer(body),
        Client::Responses => responses::read_answer(body),
        Client::Anthropic => anthropic::read_answer(body),
        Client::Gemini => gemini::read_answer(body),
    };
    Some(comparable(client, Gathering::again(&answer.ok()?)?))
}

fn read_stream(client: Client, request: &Request, events: &[Event]) -> Option<Answer<'static>> {
    let mut reader: Box<dyn ReadEvents> = match client {
        Client::OpenAi => Box::new(openai::EventReader::new(request.n_choices())),
        Client::Responses => Box::new(responses::EventReader::default()),
        Client::Anthropic => Box::new(anthropic::EventReader::default()),
        Client::Gemini => Box::new(gemini::EventReader::default()),
    };
    let mut gathering = Gathering::default();
    for event in events {
        if gathering.is_whole() {
            return None;
        }
        let event = sse::Event { name: &event.name, data: event.data.as_bytes() };
        reader.read(&event, &mut |piece| gathering.take(piece)).ok()?;
    }
    // The others have an event that says so.
    if client == Client::Gemini {
        reader.end(&mut |piece| gathering.take(piece)).ok()?;
    }
    Some(comparable(client, gathering.finish()?))
}

/// Log probabilities of responses stay where they are, and are spelt differently in pieces.
fn comparable(client: Client, mut answer: Answer<'static>) -> Answer<'static> {
    if client == Client::Responses {
        answer.choices.iter_mut().for_each(|choice| choice.logprobs = None);
    }
    answer
}

fn write(answer: &Answer<'_>, mut writer: Box<dyn WriteEvents>) -> Vec<u8> {
    let mut output = Vec::new();
    tell(answer, &mut |event| writer.write(&event, &mut output));
    output
}

/// An event of a kept stream.
struct Event {
    name: Vec<u8>,
    data: String,
}

impl Event {
    /// Whether it is the mark by which chat completions end.
    fn is_mark(&self) -> bool {
        self.data.trim_ascii() == "[DONE]"
    }

    fn value(&self) -> Option<Value<'_>> {
        Value::parse(&self.data).ok()
    }
}

/// The events of a stream; `None` where it ends inside one, or one is no text.
fn events(mut stream: &[u8]) -> Option<Vec<Event>> {
    let mut decoder = sse::Decoder::default();
    let mut events = Vec::new();
    while let Some(event) = decoder.next(&mut stream).ok()? {
        let data = String::from_utf8(event.data.to_vec()).ok()?;
        events.push(Event { name: event.name.to_vec(), data });
    }
    decoder.end().is_none().then_some(events)
}

/// The answer with signatures for OpenAI's writers, which mark all of them: a mark that is there is read first, and
/// what the reader supplies where there is no signature goes.
fn unmarked(answer: &Answer<'static>) -> Answer<'static> {
    let mut answer = answer.clone();
    let read = |signature: &mut Signature<'static>| {
        *signature = Signature::of_client(std::mem::take(&mut signature.text), Upstream::OpenAi);
    };
    for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
        match &mut part.content {
            Content::Thought { signature, .. } => {
                signature.take_if(|signature| signature.text.is_empty());
                signature.iter_mut().for_each(read);
            }
            Content::RedactedThought(signature) => read(signature),
            _ => {}
        }
    }
    answer
}

#[cfg(test)]
mod tests;
