//! The bytes of a provider's answer, in its dialect and cut into reads. What it says carries the attempt's own mark.

use std::time::Duration;

use tiercel_core::health::Random;

use crate::provider::Fault;
use crate::scene::milliseconds;

/// What a provider sends, and how long after the one before.
pub(crate) type Reads = Vec<(Duration, Act)>;

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Send(Vec<u8>),
    Close,
    Reset,
}

/// A request as a provider sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Which request it is, of all that are sent.
    pub(crate) number: usize,
    pub(crate) is_anthropic: bool,
    pub(crate) is_stream: bool,
}

/// What a provider says, and whether that is all of it.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) is_whole: bool,
}

/// Texts that an answer is made of.
const N_PIECES: usize = 3;

impl Asked {
    /// What this one's answer says and no other's does.
    pub(crate) fn piece(&self, at: usize) -> String {
        format!("[{}.{at}]", self.number)
    }

    /// All that a good answer says.
    pub(crate) fn text(&self) -> String {
        (0..N_PIECES).map(|at| self.piece(at)).collect()
    }

    /// The answer with `fault` in it.
    pub(crate) fn answer(&self, fault: Option<Fault>, random: &mut Random) -> (Said, Reads) {
        let (is_whole, mut reads) = match fault {
            Some(Fault::Silent) => (false, Vec::new()),
            Some(Fault::HangsUp) => (false, vec![[Act::Close, Act::Reset][random.below(2)].clone()]),
            Some(Fault::Throttles(wait)) => (false, vec![self.refusal(429, wait, "rate_limit_error", "slow down")]),
            Some(Fault::Overloaded(status, wait)) => {
                (false, vec![self.refusal(status, wait, "overloaded_error", "overloaded")])
            }
            Some(Fault::Fails) => (false, vec![self.refusal(500, None, "api_error", "no")]),
            Some(Fault::RefusesKey) => (false, vec![self.refusal(401, None, "authentication_error", "no")]),
            Some(Fault::RefusesRequest) => (false, vec![self.refusal(400, None, "invalid_request_error", "no")]),
            Some(Fault::HasNoModel) => (false, vec![self.refusal(404, None, "not_found_error", "model: m")]),
            Some(Fault::ReadsLess) => (false, vec![self.refusal(413, None, "request_too_large", "prompt is too long")]),
            _ if self.is_stream => self.stream(fault),
            _ => self.completion(fault),
        };
        if fault == Some(Fault::ClosesAfterwards) {
            reads.push(Act::Close);
        }
        if fault == Some(Fault::Trickles) {
            let bytes = |act| match act {
                Act::Send(bytes) => bytes.into_iter().map(|byte| Act::Send(vec![byte])).collect(),
                act => vec![act],
            };
            reads = reads.into_iter().flat_map(bytes).collect();
        }
        let pace = match fault {
            Some(Fault::Slow) => 3_000,
            Some(Fault::Trickles) => 4,
            _ => [1, 50, 400][random.below(3)],
        };
        let reads = reads.into_iter().map(|act| (milliseconds(random, pace), act)).collect();
        (Said { text: self.text(), is_whole }, reads)
    }

    fn refusal(&self, status: u16, wait: Option<u64>, kind: &str, message: &str) -> Act {
        let wait = wait.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
        let error = format!(r#""error":{{"type":"{kind}","message":"{message}"}}"#);
        let body = if self.is_anthropic { format!(r#"{{"type":"error",{error}}}"#) } else { format!("{{{error}}}") };
        whole(status, &wait, &body)
    }

    fn completion(&self, fault: Option<Fault>) -> (bool, Vec<Act>) {
        let body = match (fault, self.is_anthropic) {
            (Some(Fault::ErrorInside), _) => {
                r#"{"type":"error","error":{"type":"api_error","message":"no"}}"#.to_owned()
            }
            (Some(Fault::Garbles | Fault::GarblesAfterFirst), _) => "<html>".to_owned(),
            (_, true) => format!(
                r#"{{"id":"a","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"{}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":9,"output_tokens":3}}}}"#,
                self.text()
            ),
            (_, false) => format!(
                r#"{{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}}}"#,
                self.text()
            ),
        };
        let Act::Send(bytes) = whole(200, "", &body) else { return (false, Vec::new()) };
        let half = Act::Send(bytes[..bytes.len() / 2].to_vec());
        match fault {
            Some(Fault::SilentAfterHead | Fault::SilentAfterFirst) => (false, vec![half]),
            Some(Fault::DiesBeforeFirst | Fault::DiesAfterFirst | Fault::Truncates) => (false, vec![half, Act::Close]),
            Some(Fault::ResetsAfterFirst) => (false, vec![half, Act::Reset]),
            Some(Fault::ErrorInside | Fault::Garbles | Fault::GarblesAfterFirst) => (false, vec![Act::Send(bytes)]),
            _ => (true, vec![Act::Send(bytes)]),
        }
    }

    fn stream(&self, fault: Option<Fault>) -> (bool, Vec<Act>) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let send = |text: &str| Act::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
        let mut acts = vec![Act::Send(head.as_bytes().to_vec())];
        let (start, pieces, end) = self.events();
        acts.extend(start.iter().map(|event| send(event)));
        let mut begun = acts.clone();
        begun.push(send(&pieces[0]));
        let with = |mut acts: Vec<Act>, more: &[Act]| {
            acts.extend_from_slice(more);
            (false, acts)
        };
        let garbage = send("data: {\n\n");
        let error =
            send("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}\n\n");
        match fault {
            Some(Fault::SilentAfterHead) => (false, acts),
            Some(Fault::SilentAfterFirst) => (false, begun),
            Some(Fault::DiesBeforeFirst) => with(acts, &[Act::Close]),
            Some(Fault::DiesAfterFirst) => with(begun, &[Act::Close]),
            Some(Fault::ResetsAfterFirst) => with(begun, &[Act::Reset]),
            Some(Fault::Garbles) => with(acts, &[garbage]),
            Some(Fault::GarblesAfterFirst) => with(begun, &[garbage]),
            Some(Fault::ErrorInside) => with(begun, &[error]),
            Some(Fault::Truncates) => with(begun, &[Act::Send(b"0\r\n\r\n".to_vec())]),
            _ => {
                acts.extend(pieces.iter().chain(&end).map(|event| send(event)));
                acts.push(Act::Send(b"0\r\n\r\n".to_vec()));
                (true, acts)
            }
        }
    }

    /// What comes before the first text, the texts, and what comes after.
    fn events(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let pieces = (0..N_PIECES).map(|at| self.piece(at));
        let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
        if self.is_anthropic {
            let start = r#","message":{"id":"a","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}"#;
            let block = r#","index":0,"content_block":{"type":"text","text":""}"#;
            let stop = r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}"#;
            let text = |piece| format!(r#","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}"#);
            return (
                vec![event("message_start", start), event("content_block_start", block)],
                pieces.map(|piece| event("content_block_delta", &text(piece))).collect(),
                vec![
                    event("content_block_stop", r#","index":0"#),
                    event("message_delta", stop),
                    event("message_stop", ""),
                ],
            );
        }
        let chunk = |choices: &str| {
            format!(
                "data: {{\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{choices}]}}\n\n"
            )
        };
        (
            vec![chunk(r#"{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}"#)],
            pieces
                .map(|piece| chunk(&format!(r#"{{"index":0,"delta":{{"content":"{piece}"}},"finish_reason":null}}"#)))
                .collect(),
            vec![chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#), "data: [DONE]\n\n".to_owned()],
        )
    }
}

fn whole(status: u16, headers: &str, body: &str) -> Act {
    let kind = "content-type: application/json";
    let length = body.len();
    Act::Send(format!("HTTP/1.1 {status} X\r\n{kind}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes())
}
