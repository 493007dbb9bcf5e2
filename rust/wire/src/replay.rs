//! Streams as tests read them: what was said, an event a line, however the body was cut.

use proptest::test_runner::{Config, RngSeed};

use crate::chat::Event;
use crate::stream::{Framing, Interruption, Output, ReadEvents, State, StreamReader, WriteEvents};
use crate::{Upstream, Usage};

/// What was said, how it ended, and what it cost.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) said: String,
    pub(crate) result: Result<State, Interruption>,
    pub(crate) usage: Option<Usage>,
}

/// A dialect's stream.
pub(crate) struct Replay {
    pub(crate) upstream: Upstream,
    pub(crate) reader: fn() -> Box<dyn ReadEvents>,
}

impl Replay {
    /// Feeds the body whole, cut in two at every byte, and byte by byte: all must agree.
    pub(crate) fn cut_anywhere(&self, name: &str, body: &[u8]) -> Outcome {
        let whole = self.feed([body]);
        for place in 0..=body.len() {
            let (start, rest) = body.split_at(place);
            assert_eq!(whole, self.feed([start, rest]), "{name}, cut at {place}");
        }
        assert_eq!(whole, self.feed(body.chunks(1)), "{name}, byte by byte");
        whole
    }

    pub(crate) fn feed<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
        let output = Output::Write(Box::new(Lines));
        let mut reader = StreamReader::general(Framing::of(self.upstream), (self.reader)(), output);
        let mut said = Vec::new();
        let fed = pieces.into_iter().try_for_each(|piece| reader.feed(piece, &mut said).map(drop));
        let result = fed.and_then(|()| reader.end(&mut said));
        Outcome { said: String::from_utf8(said).unwrap(), result, usage: reader.usage() }
    }
}

/// `events` as an outcome has them.
pub(crate) fn lines(events: &[Event<'_>]) -> String {
    let mut said = Vec::new();
    for event in events {
        Lines.write(event, &mut said);
    }
    String::from_utf8(said).unwrap()
}

/// Properties are held against the same inputs each time.
pub(crate) fn config(n_cases: u32) -> Config {
    Config { rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::with_cases(n_cases) }
}

struct Lines;

impl WriteEvents for Lines {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        output.extend_from_slice(format!("{event:?}\n").as_bytes());
    }
}
