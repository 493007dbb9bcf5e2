//! What a provider does on one connection, and the bytes of its answers.

/// One thing that happens while an attempt is under way.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The provider refuses the connection.
    Refuse,
    /// The provider does not take the connection, for as long as anyone waits.
    Ignore,
    /// The provider sends this, and it arrives as one read.
    Send(Vec<u8>),
    /// So many milliseconds pass.
    Pause(u64),
    /// The provider closes.
    Close,
    /// The provider resets the connection.
    Reset,
    /// The gateway's time to shut down is over.
    Interrupt,
    /// The client goes away.
    Leave,
}

/// Everything that happens during one attempt. After the last act the provider keeps silent.
pub(crate) type Script = Vec<Act>;

/// A whole answer in one read.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Send(format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes())
}

/// A good answer that is no stream.
pub(crate) fn completion() -> Act {
    answer(200, "content-type: application/json\r\n", COMPLETION)
}

pub(crate) const COMPLETION: &str = concat!(
    r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"#,
    r#""usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#,
);

/// The head of a stream.
pub(crate) fn stream_head() -> Act {
    Act::Send(STREAM_HEAD.to_vec())
}

pub(crate) const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// One event of a stream, in a chunk of its own.
pub(crate) fn event(data: &str) -> Act {
    Act::Send(chunk(&format!("data: {data}\n\n")))
}

pub(crate) fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// The end of a stream's body.
pub(crate) fn last_chunk() -> Act {
    Act::Send(b"0\r\n\r\n".to_vec())
}

/// What comes before the model has begun.
pub(crate) const ROLE: &str = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
pub(crate) const HEL: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#;
pub(crate) const LO: &str = r#"{"choices":[{"index":0,"delta":{"content":"lo"}}]}"#;
pub(crate) const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
pub(crate) const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
pub(crate) const DONE: &str = "[DONE]";

/// A whole stream.
pub(crate) fn stream() -> Script {
    let events = [ROLE, HEL, LO, STOP, USAGE, DONE].map(event);
    [stream_head()].into_iter().chain(events).chain([last_chunk()]).collect()
}

/// All that a script sends.
pub(crate) fn bytes(script: &[Act]) -> Vec<u8> {
    let sent = script.iter().filter_map(|act| if let Act::Send(bytes) = act { Some(bytes.as_slice()) } else { None });
    sent.collect::<Vec<_>>().concat()
}
