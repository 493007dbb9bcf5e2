//! What keeps a stream alive while there is nothing to say.

use crate::Client;

/// Bytes that tell a client of `client` that its stream is alive and say nothing more; `None` where its SDKs would take
/// any such bytes for an answer. They may stand between events, not inside one.
pub fn ping(client: Client) -> Option<&'static [u8]> {
    match client {
        // Comments of server-sent events. OpenAI's SDKs drop lines that begin with a colon, and an empty line after
        // nothing else is no event to them. That holds for both dialects, which share a decoder, as long as no event
        // has an `id:`: after one the decoder takes every empty line for an event. None is ever written here.
        Client::OpenAi | Client::Responses => Some(b": ping\n\n"),
        // What Anthropic itself sends.
        Client::Anthropic => Some(b"event: ping\ndata: {\"type\": \"ping\"}\n\n"),
        // Google's SDK for Python gathers every line that does not begin with `data: ` and parses it as JSON.
        Client::Gemini => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse::Decoder;

    #[test]
    fn pings_are_whole_and_say_nothing() {
        let check = |client, expected: Option<&str>| {
            let (mut decoder, mut input) = (Decoder::default(), ping(client).unwrap());
            let event = decoder.next(&mut input).unwrap();
            let data = event.map(|event| String::from_utf8(event.data.to_vec()).unwrap());

            assert_eq!(expected, data.as_deref(), "{client:?}");
            assert!(ping(client).unwrap().ends_with(b"\n\n"));
        };
        check(Client::OpenAi, None);
        check(Client::Responses, None);
        check(Client::Anthropic, Some(r#"{"type": "ping"}"#));
        assert_eq!(None, ping(Client::Gemini));
    }
}
