//! Whether a finished stream is one that each dialect's SDKs can read, and what it says.

mod openai;
mod responses;
mod anthropic;
mod gemini;

use serde_json::Value;
use tiercel_wire::Client;

/// What the first choice of a stream says, whichever the dialect: so that what is lost in one of them shows.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    /// Refusals are texts in some dialects.
    pub(crate) text: String,
    pub(crate) thoughts: String,
    /// Names and arguments.
    pub(crate) calls: Vec<(String, Value)>,
}

/// An event of a stream for a client.
struct Event<'a> {
    /// Empty where it has none.
    name: &'a str,
    data: &'a str,
}

/// Reads a stream that has ended well.
pub(crate) fn read(client: Client, output: &str) -> Said {
    let events = events(output);
    match client {
        Client::OpenAi => openai::read(&events),
        Client::Responses => responses::read(&events),
        Client::Anthropic => anthropic::read(&events),
        Client::Gemini => gemini::read(&events),
    }
}

fn events(output: &str) -> Vec<Event<'_>> {
    let body = output.strip_suffix("\n\n").expect("the last event ends with a blank line");
    body.split("\n\n").map(event).collect()
}

fn event(text: &str) -> Event<'_> {
    let named = text.strip_prefix("event: ").and_then(|rest| rest.split_once('\n'));
    let (name, data) = named.unwrap_or(("", text));
    let data = data.strip_prefix("data: ").expect("data follows its mark and one space");
    assert!(!data.contains('\n'), "data is one line: {data}");
    Event { name, data }
}

impl Event<'_> {
    fn json(&self) -> Value {
        serde_json::from_str(self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }

    /// The data of an event of a dialect that names each event after its type.
    fn named_json(&self) -> Value {
        let json = self.json();
        assert_eq!(self.name, json["type"], "an event has the name of its type");
        json
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text was due, not {value}"))
}

/// Arguments of a call, put together from their pieces.
fn arguments(json: &str) -> Value {
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("arguments are JSON: {error}: {json}"));
    assert!(value.is_object(), "arguments are an object: {json}");
    value
}
