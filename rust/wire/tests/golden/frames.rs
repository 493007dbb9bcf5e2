//! AWS's framing of events, as its documentation of `vnd.amazon.eventstream` has it: lengths of the whole and of the
//! headers, a checksum of the two, headers, payload, and a checksum of everything before.

use serde_json::Value;

/// The frame of `{"event": NAME, "payload": {..}}`; `exception` in the place of `event` makes it one.
pub(crate) fn frame(line: &str) -> Vec<u8> {
    let value: Value = serde_json::from_str(line).unwrap();
    let kind = if value["exception"].is_string() { "exception" } else { "event" };
    let mut headers = Vec::new();
    push_header(&format!(":{kind}-type"), value[kind].as_str().unwrap(), &mut headers);
    push_header(":content-type", "application/json", &mut headers);
    push_header(":message-type", kind, &mut headers);
    let payload = value["payload"].to_string();
    let n_bytes = 12 + headers.len() + payload.len() + 4;
    let mut frame = Vec::with_capacity(n_bytes);
    frame.extend(u32::try_from(n_bytes).unwrap().to_be_bytes());
    frame.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    push_checksum(&mut frame);
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    push_checksum(&mut frame);
    frame
}

fn push_header(name: &str, value: &str, headers: &mut Vec<u8>) {
    /// The type of a string.
    const STRING: u8 = 7;

    headers.push(u8::try_from(name.len()).unwrap());
    headers.extend(name.as_bytes());
    headers.push(STRING);
    headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    headers.extend(value.as_bytes());
}

fn push_checksum(frame: &mut Vec<u8>) {
    frame.extend(crc32fast::hash(frame).to_be_bytes());
}
