//! What a client is sent, taken down to be kept.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::call::Call;
use crate::shared::Shared;
use crate::{Moment, Reply};

/// The headers that say something of the answer. Others are of the one request alone: ids, times, limits, what it cost.
const HEADERS: [&str; 7] = [
    "content-type",
    "cache-control",
    "x-upstream-request-id",
    "x-tiercel-model",
    "x-tiercel-dropped",
    "x-tiercel-tier",
    "x-tiercel-reason",
];

/// Bytes of all answers of a worker that are yet to be whole.
const MAX_RECORDED: u64 = 64_000_000;

/// An answer while it passes.
pub(crate) struct Recording {
    shared: Arc<Shared>,
    /// The largest answer that anybody keeps.
    max_answer: u64,
    /// Its body is what has passed so far.
    reply: Reply,
    /// Why it is not to be kept, where it is not.
    why_not: Option<&'static str>,
}

impl Recording {
    fn new(shared: &Arc<Shared>, max_answer: u64) -> Self {
        Self { shared: Arc::clone(shared), max_answer, reply: Reply::new(200, "", Vec::new()), why_not: None }
    }

    /// Takes the status and headers of `reply`.
    fn begin(&mut self, reply: &Reply) {
        let headers = reply.headers.iter().filter(|(name, _)| HEADERS.contains(&&**name));
        self.reply.status = reply.status;
        self.reply.headers = headers.cloned().collect();
    }

    /// Takes a part of the body.
    fn push(&mut self, data: &[u8]) {
        if self.why_not.is_some() {
            return;
        }
        let n_recorded = &self.shared.ledger.n_recorded;
        let size = data.len() as u64;
        if self.reply.body.len() as u64 + size > self.max_answer {
            self.why_not = Some("too_large");
        } else if n_recorded.load(Ordering::Relaxed) + size > MAX_RECORDED {
            self.why_not = Some("no_room");
        } else {
            n_recorded.fetch_add(size, Ordering::Relaxed);
            self.reply.body.extend_from_slice(data);
            return;
        }
        self.take();
    }

    /// What is to be kept.
    ///
    /// # Errors
    /// Why nothing is.
    fn finish(mut self) -> Result<Reply, &'static str> {
        if let Some(why_not) = self.why_not {
            return Err(why_not);
        }
        let body = self.take();
        Ok(Reply { body, ..std::mem::replace(&mut self.reply, Reply::new(0, "", Vec::new())) })
    }

    fn take(&mut self) -> Vec<u8> {
        let body = std::mem::take(&mut self.reply.body);
        self.shared.ledger.n_recorded.fetch_sub(body.len() as u64, Ordering::Relaxed);
        body
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.take();
    }
}

impl Call {
    /// Takes note of the answer from now on, which somebody keeps if it has at most `max_answer` bytes.
    pub(crate) fn begin_recording(&mut self, max_answer: u64) {
        let recording = self.recording.get_or_insert_with(|| Recording::new(&self.gateway.shared, max_answer));
        recording.max_answer = recording.max_answer.max(max_answer);
    }

    /// Takes note of the head of the client's stream.
    pub(crate) fn record_head(&mut self, head: &Reply) {
        if let Some(recording) = &mut self.recording {
            recording.begin(head);
        }
    }

    /// Takes note of bytes of the stream's body that go to the client.
    pub(crate) fn record(&mut self, body: &[u8]) {
        self.sent(body.len());
        if let Some(recording) = &mut self.recording {
            recording.push(body);
        }
    }

    /// Keeps the answer for those who keep it: all of `reply`, or what was recorded of a stream that is whole.
    pub(crate) fn keep(&mut self, reply: Option<&Reply>, now: Moment) {
        let Some(mut recording) = self.recording.take() else { return };
        if let Some(reply) = reply {
            recording.begin(reply);
            recording.push(&reply.body);
        }
        let kept = recording.finish();
        self.keep_in_cache(kept.as_ref().map_err(|why_not| *why_not), now);
        self.keep_for_same_key(kept, now);
    }
}
