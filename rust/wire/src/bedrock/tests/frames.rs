//! Frames, as AWS writes them.

/// A frame of text headers.
pub(super) fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        push_header(
            name,
            7,
            &[&u16::try_from(value.len()).unwrap().to_be_bytes(), value.as_bytes()].concat(),
            &mut block,
        );
    }
    frame_of(&block, payload.as_bytes())
}

/// A frame of headers that are spelt already.
pub(super) fn frame_of(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let n_bytes = u32::try_from(12 + headers.len() + payload.len() + 4).unwrap();
    let mut frame = n_bytes.to_be_bytes().to_vec();
    frame.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    push_checksum(&mut frame);
    frame.extend_from_slice(headers);
    frame.extend_from_slice(payload);
    push_checksum(&mut frame);
    frame
}

pub(super) fn push_header(name: &str, kind: u8, value: &[u8], headers: &mut Vec<u8>) {
    headers.push(u8::try_from(name.len()).unwrap());
    headers.extend_from_slice(name.as_bytes());
    headers.push(kind);
    headers.extend_from_slice(value);
}

pub(super) fn push_checksum(frame: &mut Vec<u8>) {
    frame.extend(crc32fast::hash(frame).to_be_bytes());
}

pub(super) fn event(name: &str, payload: &str) -> Vec<u8> {
    frame(&[(":event-type", name), (":content-type", "application/json"), (":message-type", "event")], payload)
}

pub(super) fn exception(kind: &str, payload: &str) -> Vec<u8> {
    frame(&[(":exception-type", kind), (":message-type", "exception")], payload)
}
