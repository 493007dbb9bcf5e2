//! Streams, fed as networks bring them: cut anywhere.

use tiercel_wire::{Interruption, Reading, State, Upstream, Usage};

use crate::{cases, frames};

/// What a client got, how it ended, and what was counted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) output: String,
    pub(crate) result: Result<State, Interruption>,
    pub(crate) usage: Option<Usage>,
    pub(crate) n_content_bytes: u64,
    pub(crate) n_meaningful_events: u64,
}

/// The provider's stream of a case, its events apart, just as they come over the network.
pub(crate) fn events(upstream: Upstream, case: &str) -> Option<Vec<Vec<u8>>> {
    let text = cases::stream(upstream, case)?;
    Some(match upstream {
        Upstream::Bedrock => text.lines().filter(|line| !line.is_empty()).map(frames::frame).collect(),
        _ => text.split_inclusive("\n\n").map(|event| event.as_bytes().to_vec()).collect(),
    })
}

pub(crate) fn feed<'a>(reading: &Reading, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut reader = reading.stream();
    let mut output = Vec::new();
    let fed = pieces.into_iter().try_for_each(|piece| reader.feed(piece, &mut output).map(drop));
    let result = fed.and_then(|()| reader.end(&mut output));
    Outcome {
        output: String::from_utf8(output).unwrap(),
        result,
        usage: reader.usage(),
        n_content_bytes: reader.n_content_bytes(),
        n_meaningful_events: reader.n_meaningful_events(),
    }
}

/// Feeds the body whole, cut in two at every byte, and byte by byte: all must agree.
pub(crate) fn feed_cut_anywhere(name: &str, reading: &Reading, body: &[u8]) -> Outcome {
    let whole = feed(reading, [body]);
    for place in 1..body.len() {
        let (start, rest) = body.split_at(place);
        assert_eq!(whole, feed(reading, [start, rest]), "{name}, cut at byte {place}");
    }
    assert_eq!(whole, feed(reading, body.chunks(1)), "{name}, byte by byte");
    whole
}
