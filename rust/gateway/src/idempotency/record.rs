//! An answer as it is kept: a mark of the request, when it was answered, status, headers, body, and a digest of all that.
//!
//! The mark alone is written when a call begins. So who comes meanwhile with another request is told so at once, and what
//! a dead process has left is no answer.

use std::borrow::Cow;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::Reply;
use crate::digest::Digest;

/// To be changed with the form.
const FORM: &[u8; 8] = b"tiercel1";

/// An answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Of the request that it answers.
    pub(super) fingerprint: Digest,
    /// Since the Unix epoch, in whole seconds.
    pub(super) created: Duration,
    pub(super) reply: Reply,
}

/// What stands for a request that is not answered yet.
pub(super) fn mark_of(fingerprint: &Digest) -> Vec<u8> {
    [FORM.as_slice(), fingerprint].concat()
}

impl Record {
    /// The fingerprint with which `bytes` begin, if they are a mark or a record.
    pub(super) fn read_mark(bytes: &[u8]) -> Option<Digest> {
        bytes.strip_prefix(FORM)?.first_chunk().copied()
    }

    /// When the answer in `bytes` came; `None` for a mark.
    pub(super) fn created(bytes: &[u8]) -> Option<Duration> {
        let created = bytes.get(FORM.len() + size_of::<Digest>()..)?.first_chunk()?;
        Some(Duration::from_secs(u64::from_be_bytes(*created)))
    }

    /// Whether it has been kept for `ttl`.
    pub(super) fn is_over(&self, ttl: Duration, unix: Duration) -> bool {
        unix.saturating_sub(self.created) >= ttl
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = mark_of(&self.fingerprint);
        bytes.extend(self.created.as_secs().to_be_bytes());
        bytes.extend(self.reply.status.to_be_bytes());
        // Names and values of an answer's headers are short; one that were not would be left out.
        let texts = |(name, value): &(Cow<'static, str>, String)| Some([text(name)?, text(value)?].concat());
        let headers: Vec<Vec<u8>> = self.reply.headers.iter().filter_map(texts).take(usize::from(u8::MAX)).collect();
        bytes.push(u8::try_from(headers.len()).unwrap_or(u8::MAX));
        bytes.extend(headers.concat());
        bytes.extend_from_slice(&self.reply.body);
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        bytes
    }

    /// `None` for whatever `encode` has not written.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (record, digest) = bytes.split_last_chunk::<{ size_of::<Digest>() }>()?;
        if Sha256::digest(record)[..] != digest[..] {
            return None;
        }
        let (fingerprint, rest) = record.strip_prefix(FORM)?.split_first_chunk()?;
        let (created, rest) = rest.split_first_chunk()?;
        let (status, rest) = rest.split_first_chunk()?;
        let (n_headers, mut rest) = rest.split_first()?;
        let mut headers = Vec::new();
        for _ in 0..*n_headers {
            let name = take_text(&mut rest)?;
            headers.push((Cow::Owned(name), take_text(&mut rest)?));
        }
        Some(Self {
            fingerprint: *fingerprint,
            created: Duration::from_secs(u64::from_be_bytes(*created)),
            reply: Reply { status: u16::from_be_bytes(*status), headers, body: rest.to_vec() },
        })
    }
}

fn text(text: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(text.len()).ok()?;
    Some([&length.to_be_bytes(), text.as_bytes()].concat())
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn records()(
            fingerprint: Digest,
            created: u32,
            status: u16,
            headers in vec(("[a-z-]{0,9}", "[ -~]{0,300}"), 0..20),
            body: Vec<u8>,
        ) -> Record {
            let headers = headers.into_iter().map(|(name, value)| (name.into(), value)).collect();
            Record { fingerprint, created: Duration::from_secs(created.into()), reply: Reply { status, headers, body } }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(record in records()) {
            let bytes = record.encode();

            prop_assert_eq!(Some(record.fingerprint), Record::read_mark(&bytes));
            prop_assert_eq!(Some(record.created), Record::created(&bytes));
            prop_assert_eq!(Some(record), Record::decode(&bytes));
        }

        #[test]
        fn what_was_cut_or_changed_is_not_read(record in records(), at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = record.encode();
            let at = at.index(bytes.len());

            prop_assert_eq!(None, Record::decode(&bytes[..at]));
            bytes[at] ^= flip;
            prop_assert_eq!(None, Record::decode(&bytes));
        }

        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            prop_assert_eq!(None, Record::decode(&bytes));
            Record::read_mark(&bytes);
            Record::created(&bytes);
        }
    }

    #[test]
    fn a_mark_is_no_answer() {
        let mark = mark_of(&[7; 32]);

        assert_eq!(
            (Some([7; 32]), None, None),
            (Record::read_mark(&mark), Record::created(&mark), Record::decode(&mark))
        );
    }
}
