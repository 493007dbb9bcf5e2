//! What a client is sent, taken down to be kept.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::answers::Digest;
use super::keeping::Keeping;
use super::record::Record;
use crate::Reply;
use crate::shared::Shared;

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

/// An answer while it passes.
pub(crate) struct Recording {
    shared: Arc<Shared>,
    /// Its body is what has passed so far.
    reply: Reply,
    /// Why it is not to be kept, where it is not.
    why_not: Option<&'static str>,
}

impl Recording {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), reply: Reply::new(200, "", Vec::new()), why_not: None }
    }

    /// Takes the status and headers of `reply`.
    pub(super) fn begin(&mut self, reply: &Reply) {
        let headers = reply.headers.iter().filter(|(name, _)| HEADERS.contains(&&**name));
        self.reply.status = reply.status;
        self.reply.headers = headers.cloned().collect();
    }

    /// Takes a part of the body.
    pub(super) fn push(&mut self, data: &[u8], keeping: Keeping) {
        if self.why_not.is_some() {
            return;
        }
        let n_recorded = &self.shared.ledger.n_recorded;
        let size = data.len() as u64;
        if self.reply.body.len() as u64 + size > keeping.max_answer {
            self.why_not = Some("too_large");
        } else if n_recorded.load(Ordering::Relaxed) + size > keeping.max_recorded {
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
    pub(super) fn finish(mut self, fingerprint: Digest, unix: Duration) -> Result<Record, &'static str> {
        if let Some(why_not) = self.why_not {
            return Err(why_not);
        }
        let body = self.take();
        let headers = std::mem::take(&mut self.reply.headers);
        let reply = Reply { status: self.reply.status, headers, body };
        Ok(Record { fingerprint, created: Duration::from_secs(unix.as_secs()), reply })
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
