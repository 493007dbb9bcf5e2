//! A random provider: what it does with one request, and what should become of that.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::upstream::{Act, Script, chunk};

#[derive(Clone, Debug)]
pub(crate) struct Provider {
    reach: Reach,
    answer: Answer,
    is_chunked: bool,
    /// Where reads end.
    cuts: Vec<Index>,
    /// Milliseconds before each read, beginning with the first.
    pauses: Vec<u64>,
    /// After which act it all stops, and how.
    stop: Option<(Index, Stop)>,
}

#[derive(Clone, Copy, Debug)]
enum Reach {
    Accepts,
    /// As a connection does that the provider was about to close.
    HangsUp,
    Refuses,
    Ignores,
}

#[derive(Clone, Copy, Debug)]
enum Stop {
    Close,
    Reset,
    Silence,
    Interrupt,
    Leave,
}

#[derive(Clone, Debug)]
enum Answer {
    Completion,
    ErrorInside,
    Status(u16, &'static str),
    Stream(Vec<Piece>),
    Garbage(Vec<u8>),
}

/// An event of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Comment,
    Role,
    Text,
    Stop,
    Usage,
    Done,
    Nonsense,
    Error,
}

pub(crate) fn providers() -> impl Strategy<Value = Provider> {
    let reach = prop_oneof![
        16 => Just(Reach::Accepts), 2 => Just(Reach::HangsUp), 1 => Just(Reach::Refuses), 1 => Just(Reach::Ignores)
    ];
    let stops = select(&[Stop::Close, Stop::Reset, Stop::Silence, Stop::Interrupt, Stop::Leave][..]);
    let pauses = vec(prop_oneof![12 => Just(0_u64), 6 => 0..100_u64, 1 => 0..7_000_u64], 0..8);
    (reach, answers(), any::<bool>(), vec(any::<Index>(), 0..8), pauses, option::weighted(0.4, (any::<Index>(), stops)))
        .prop_map(|(reach, answer, is_chunked, cuts, pauses, stop)| Provider {
            reach,
            answer,
            is_chunked,
            cuts,
            pauses,
            stop,
        })
}

fn answers() -> impl Strategy<Value = Answer> {
    let statuses = select(&[201, 204, 302, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 529][..]);
    let waits = select(&["", "0", "1", "60", "60.5", "86400", "-1", "soon"][..]);
    prop_oneof![
        3 => Just(Answer::Completion),
        4 => good_streams(),
        2 => vec(pieces(), 0..10).prop_map(Answer::Stream),
        2 => (statuses, waits).prop_map(|(status, wait)| Answer::Status(status, wait)),
        1 => Just(Answer::ErrorInside),
        1 => vec(any::<u8>(), 0..200).prop_map(Answer::Garbage),
    ]
}

fn good_streams() -> impl Strategy<Value = Answer> {
    (0..5_usize, any::<bool>(), any::<bool>()).prop_map(|(n_texts, tells_usage, says_done)| {
        let mut pieces = vec![Piece::Role, Piece::Comment];
        pieces.extend(std::iter::repeat_n(Piece::Text, n_texts));
        pieces.push(Piece::Stop);
        pieces.extend(tells_usage.then_some(Piece::Usage));
        pieces.extend(says_done.then_some(Piece::Done));
        Answer::Stream(pieces)
    })
}

fn pieces() -> impl Strategy<Value = Piece> {
    use Piece::{Comment, Done, Error, Nonsense, Role, Stop, Text, Usage};
    select(&[Comment, Role, Text, Text, Text, Stop, Usage, Done, Nonsense, Error][..])
}

impl Piece {
    fn data(self, mark: &str) -> String {
        match self {
            Self::Comment => String::new(),
            Self::Role => format!(r#"{{"id":"{mark}","choices":[{{"index":0,"delta":{{"role":"assistant"}}}}]}}"#),
            Self::Text => format!(r#"{{"id":"{mark}","choices":[{{"index":0,"delta":{{"content":"Hi"}}}}]}}"#),
            Self::Stop => format!(r#"{{"id":"{mark}","choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}]}}"#),
            Self::Usage => {
                format!(r#"{{"id":"{mark}","choices":[],"usage":{{"prompt_tokens":9,"completion_tokens":3}}}}"#)
            }
            Self::Done => "[DONE]".to_owned(),
            Self::Nonsense => "{".to_owned(),
            Self::Error => r#"{"error":{"message":"sk-own"}}"#.to_owned(),
        }
    }

    fn event(self, mark: &str) -> String {
        if self == Self::Comment { ": ping\n\n".to_owned() } else { format!("data: {}\n\n", self.data(mark)) }
    }
}

impl Provider {
    /// What it does; `mark` is in its answers.
    pub(crate) fn script(&self, mark: &str) -> Script {
        let first = match self.reach {
            Reach::Accepts => None,
            Reach::HangsUp => Some(Act::Close),
            Reach::Refuses => Some(Act::Refuse),
            Reach::Ignores => Some(Act::Ignore),
        };
        let mut script: Script = first.into_iter().collect();
        let pauses = self.pauses.iter().copied().chain(std::iter::repeat(0));
        for (read, pause) in self.reads(mark).into_iter().zip(pauses) {
            script.extend([Act::Pause(pause), Act::Send(read)]);
        }
        if matches!(self.answer, Answer::Stream(_)) && !self.is_chunked {
            script.push(Act::Close);
        }
        if let Some((at, stop)) = &self.stop {
            script.truncate(at.index(script.len() + 1));
            script.extend(match stop {
                Stop::Close => Some(Act::Close),
                Stop::Reset => Some(Act::Reset),
                Stop::Silence => None,
                Stop::Interrupt => Some(Act::Interrupt),
                Stop::Leave => Some(Act::Leave),
            });
        }
        script
    }

    /// The events of its stream that a client should see, if it is well until then.
    pub(crate) fn relayed(&self, mark: &str, wants_usage: bool) -> Vec<String> {
        let Answer::Stream(pieces) = &self.answer else { return Vec::new() };
        let ends = |piece: &Piece| matches!(piece, Piece::Done | Piece::Nonsense | Piece::Error);
        let is_for_client = |piece: &&Piece| **piece != Piece::Comment && (wants_usage || **piece != Piece::Usage);
        let events = pieces.iter().take_while(|piece| !ends(piece)).filter(is_for_client);
        events.map(|piece| piece.event(mark)).collect()
    }

    /// The body of its answer that is no stream, as a client should see it.
    pub(crate) fn whole(&self, mark: &str) -> String {
        self.body(mark).replace("sk-own", "[redacted]")
    }

    fn body(&self, mark: &str) -> String {
        match &self.answer {
            Answer::Completion => format!(
                r#"{{"id":"{mark}","choices":[{{"index":0,"message":{{"content":"Hi"}},"finish_reason":"stop"}}]}}"#
            ),
            Answer::ErrorInside => r#"{"error":{"message":"sk-own"}}"#.to_owned(),
            Answer::Status(204, _) | Answer::Garbage(_) => String::new(),
            Answer::Status(..) => format!(r#"{{"error":{{"message":"{mark}: sk-own sk-own"}}}}"#),
            Answer::Stream(pieces) => pieces.iter().map(|piece| piece.event(mark)).collect(),
        }
    }

    fn reads(&self, mark: &str) -> Vec<Vec<u8>> {
        let bytes = self.bytes(mark);
        let mut ends: Vec<usize> = self.cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let mut start = 0;
        let reads = ends.into_iter().map(|end| {
            let read = bytes[start..end].to_vec();
            start = end;
            read
        });
        // An empty read is the end of file.
        reads.filter(|read| !read.is_empty()).collect()
    }

    fn bytes(&self, mark: &str) -> Vec<u8> {
        let (status, headers) = match &self.answer {
            Answer::Garbage(bytes) => return bytes.clone(),
            Answer::Status(status, wait) => (*status, format!("retry-after: {wait}\r\nx-request-id: sk-own\r\n")),
            Answer::Stream(_) => (200, "content-type: text/event-stream\r\n".to_owned()),
            Answer::Completion | Answer::ErrorInside => (200, "content-type: application/json\r\n".to_owned()),
        };
        let body = self.body(mark);
        let framing = match (&self.answer, self.is_chunked) {
            (_, true) => "transfer-encoding: chunked\r\n".to_owned(),
            // Until the provider closes.
            (Answer::Stream(_), false) => String::new(),
            (_, false) => format!("content-length: {}\r\n", body.len()),
        };
        let mut bytes = format!("HTTP/1.1 {status} X\r\n{headers}{framing}\r\n").into_bytes();
        match (&self.answer, self.is_chunked) {
            (Answer::Status(204, _), _) => {}
            (_, false) => bytes.extend(body.into_bytes()),
            (Answer::Stream(pieces), true) => {
                bytes.extend(pieces.iter().flat_map(|piece| chunk(&piece.event(mark))));
                bytes.extend(b"0\r\n\r\n");
            }
            (_, true) => {
                bytes.extend(chunk(&body));
                bytes.extend(b"0\r\n\r\n");
            }
        }
        bytes
    }
}
