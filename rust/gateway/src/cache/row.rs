//! An answer as it is kept: what it answers, for how long it does, and what the client was sent, under a seal.
//!
//! # Why a seal
//! A row may come from a file that was torn, was written by another version, or was put there by somebody else. The seal
//! is made with a secret of the store over the row, its id and its partition, so that a row is read only where it was
//! put: whatever else is there is a miss.

use std::borrow::Cow;
use std::time::Duration;

use ring::hmac;
use tiercel_core::money::NanoDollars;
use tiercel_core::settlement::TokenUsage;
use tiercel_wire::{self as wire, Request};

use super::meaning::Gist;
use crate::Reply;
use crate::digest::{Digest, digest};

/// To be changed with the form.
const FORM: &[u8; 8] = b"answer 3";

/// One kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What clients and operators call it.
    pub(super) name: String,
    /// Since the Unix epoch, in whole seconds.
    pub(super) created: Duration,
    /// How long it may be given again, in whole seconds.
    pub(super) ttl: Duration,
    /// What it cost, where that is known.
    pub(super) cost: Option<NanoDollars>,
    /// What was used; of it, the tokens of prompt and answer are kept.
    pub(super) usage: TokenUsage,
    /// Who paid for it.
    pub(super) tenant: String,
    /// The model or route that was asked for.
    pub(super) model: String,
    /// The user's last words.
    pub(super) question: String,
    /// Whether whoever asks the same in other words may get it.
    pub(super) serves_other_words: bool,
    /// What the answer says, where they may.
    pub(super) gist: Option<Gist>,
    /// The form in which it is kept.
    pub(super) form: Form,
    /// The client's marks on it.
    pub(super) tags: Vec<String>,
    pub(super) reply: Reply,
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Stream,
    /// A chat stream that tells what was used.
    StreamWithUsage,
}

impl Form {
    const ALL: [Self; 3] = [Self::Whole, Self::Stream, Self::StreamWithUsage];

    /// In which `request` wants its answer.
    pub(super) fn of(request: &Request) -> Self {
        match (request.is_stream(), request.wants_usage()) {
            (false, _) => Self::Whole,
            (true, false) => Self::Stream,
            (true, true) => Self::StreamWithUsage,
        }
    }

    /// The forms that it can be made of, the nearest first.
    pub(super) fn others(self) -> &'static [Self] {
        match self {
            Self::Whole => &[Self::StreamWithUsage, Self::Stream],
            Self::Stream => &[Self::Whole, Self::StreamWithUsage],
            Self::StreamWithUsage => &[Self::Whole, Self::Stream],
        }
    }

    /// What the answer to `exact` is kept under.
    pub(super) fn id(self, exact: &Digest) -> Digest {
        let word: &[u8] = match self {
            Self::Whole => b"whole",
            Self::Stream => b"stream",
            Self::StreamWithUsage => b"stream with usage",
        };
        digest([exact, word])
    }
}

impl Row {
    /// Whether it may still be given.
    pub(super) fn lives(&self, unix: Duration) -> bool {
        unix.saturating_sub(self.created) < self.ttl
    }

    /// The same in the form that `request` wants; `None` where that could not say all of it.
    pub(super) fn recast(self, request: &Request) -> Option<Self> {
        if self.form == Form::of(request) {
            return Some(self);
        }
        let usage = &self.usage;
        let usage = wire::Usage {
            n_input: usage.input,
            n_cache_read: usage.cache_read,
            n_cache_write: usage.cache_write,
            n_output: usage.output,
            n_reasoning: usage.reasoning,
            ..wire::Usage::default()
        };
        let whole = match self.form {
            Form::Whole => self.reply.body,
            Form::Stream | Form::StreamWithUsage => wire::as_whole(request, &self.reply.body, Some(&usage))?,
        };
        let (content_type, body) = match Form::of(request) {
            Form::Whole => ("application/json", whole),
            form => {
                let wants_usage = form == Form::StreamWithUsage;
                ("text/event-stream; charset=utf-8", wire::as_stream(request, &whole, wants_usage)?)
            }
        };
        let mut reply = Reply { body, ..self.reply };
        reply.headers.retain(|(name, _)| name != "content-type");
        reply.push("content-type", content_type.to_owned());
        Some(Self { reply, ..self })
    }

    pub(super) fn encode(&self, id: &Digest, partition: &Digest, secret: &[u8; 32]) -> Vec<u8> {
        let mut writer = Writer(FORM.to_vec());
        writer.0.extend(partition);
        writer.number(self.created.as_secs());
        writer.number(self.ttl.as_secs());
        writer.number(self.cost.map_or(u64::MAX, |cost| cost.0));
        let usage = &self.usage;
        for count in [usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning] {
            writer.number(count);
        }
        for text in [&self.name, &self.tenant, &self.model, &self.question] {
            writer.bytes(text.as_bytes());
        }
        writer.number(self.serves_other_words.into());
        writer.bytes(&self.gist.as_ref().map(Gist::encode).unwrap_or_default());
        writer.number(Form::ALL.iter().position(|form| *form == self.form).unwrap_or_default() as u64);
        writer.number(self.tags.len() as u64);
        self.tags.iter().for_each(|tag| writer.bytes(tag.as_bytes()));
        writer.number(self.reply.status.into());
        writer.number(self.reply.headers.len() as u64);
        for (name, value) in &self.reply.headers {
            writer.bytes(name.as_bytes());
            writer.bytes(value.as_bytes());
        }
        writer.bytes(&self.reply.body);
        seal(writer.0, id, secret)
    }

    /// `None` for whatever `encode` has not written for this id and partition with this secret.
    pub(super) fn decode(bytes: &[u8], id: &Digest, partition: &Digest, secret: &[u8; 32]) -> Option<Self> {
        Reader(sealed(bytes, id, secret)?.strip_prefix(FORM)?.strip_prefix(partition)?).row()
    }

    /// What a row says that is found at `id`, and its partition: for whoever looks through all of them.
    pub(super) fn read(bytes: &[u8], id: &Digest, secret: &[u8; 32]) -> Option<(Digest, Self)> {
        let partition = bytes.strip_prefix(FORM)?.first_chunk()?;
        Some((*partition, Self::decode(bytes, id, partition, secret)?))
    }
}

/// With a seal, by which it is known to be of this store, and to be at `id`.
pub(super) fn seal(mut bytes: Vec<u8>, id: &Digest, secret: &[u8; 32]) -> Vec<u8> {
    let seal = hmac::sign(&key(secret), &[&bytes, &id[..]].concat());
    bytes.extend(seal.as_ref());
    bytes
}

/// What is under a seal; `None` where that is none.
pub(super) fn sealed<'a>(bytes: &'a [u8], id: &Digest, secret: &[u8; 32]) -> Option<&'a [u8]> {
    let (sealed, seal) = bytes.split_last_chunk::<{ size_of::<Digest>() }>()?;
    hmac::verify(&key(secret), &[sealed, &id[..]].concat(), seal).ok()?;
    Some(sealed)
}

fn key(secret: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn row(&mut self) -> Option<Row> {
        let created = Duration::from_secs(self.number()?);
        let ttl = Duration::from_secs(self.number()?);
        let cost = Some(self.number()?).filter(|cost| *cost != u64::MAX).map(NanoDollars);
        let usage = TokenUsage {
            input: self.number()?,
            cache_read: self.number()?,
            cache_write: self.number()?,
            output: self.number()?,
            reasoning: self.number()?,
            ..TokenUsage::default()
        };
        let [name, tenant, model, question] = [self.text()?, self.text()?, self.text()?, self.text()?];
        let serves_other_words = self.number()? == 1;
        let gist = Some(self.bytes()?).filter(|bytes| !bytes.is_empty()).map(Gist::decode);
        let gist = if let Some(gist) = gist { Some(gist?) } else { None };
        let form = *Form::ALL.get(usize::try_from(self.number()?).ok()?)?;
        let tags = (0..self.number()?).map(|_| self.text()).collect::<Option<_>>()?;
        let status = self.number()?.try_into().ok()?;
        let headers = (0..self.number()?).map(|_| Some((Cow::Owned(self.text()?), self.text()?)));
        let headers = headers.collect::<Option<_>>()?;
        let reply = Reply { status, headers, body: self.bytes()?.to_vec() };
        let row = Row {
            name,
            created,
            ttl,
            cost,
            usage,
            tenant,
            model,
            question,
            serves_other_words,
            gist,
            form,
            tags,
            reply,
        };
        self.0.is_empty().then_some(row)
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const ID: Digest = [1; 32];
    const PARTITION: Digest = [2; 32];
    const SECRET: [u8; 32] = [3; 32];

    prop_compose! {
        fn rows()(
            times in (0_u64..1 << 40, 0_u64..1 << 40),
            cost in prop::option::of(0_u64..1 << 50),
            counts in prop::array::uniform5(0_u64..1 << 40),
            texts in prop::array::uniform4("\\PC{0,40}"),
            serves_other_words: bool,
            said in prop::option::of("\\PC{0,40}"),
            form in prop::sample::select(Form::ALL.as_slice()),
            tags in vec("[a-z]{1,9}", 0..4),
            status in 100_u16..600,
            headers in vec(("[a-z-]{1,9}", "[ -~]{0,30}"), 0..9),
            body: Vec<u8>,
        ) -> Row {
            let [input, cache_read, cache_write, output, reasoning] = counts;
            let [name, tenant, model, question] = texts;
            let headers = headers.into_iter().map(|(name, value)| (name.into(), value)).collect();
            Row {
                created: Duration::from_secs(times.0),
                ttl: Duration::from_secs(times.1),
                cost: cost.map(NanoDollars),
                usage: TokenUsage { input, cache_read, cache_write, output, reasoning, ..TokenUsage::default() },
                name, tenant, model, question, serves_other_words, form, tags,
                gist: said.as_deref().map(Gist::of),
                reply: Reply { status, headers, body },
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(row in rows()) {
            let bytes = row.encode(&ID, &PARTITION, &SECRET);

            prop_assert_eq!(Some(row.clone()), Row::decode(&bytes, &ID, &PARTITION, &SECRET));
            prop_assert_eq!(Some((PARTITION, row)), Row::read(&bytes, &ID, &SECRET));
        }

        #[test]
        fn it_is_read_nowhere_else(row in rows()) {
            let bytes = row.encode(&ID, &PARTITION, &SECRET);

            prop_assert_eq!(None, Row::decode(&bytes, &[9; 32], &PARTITION, &SECRET), "another id");
            prop_assert_eq!(None, Row::decode(&bytes, &ID, &[9; 32], &SECRET), "another partition");
            prop_assert_eq!(None, Row::decode(&bytes, &ID, &PARTITION, &[9; 32]), "another store");
        }

        #[test]
        fn what_was_cut_or_changed_is_not_read(row in rows(), at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = row.encode(&ID, &PARTITION, &SECRET);
            let at = at.index(bytes.len());

            prop_assert_eq!(None, Row::decode(&bytes[..at], &ID, &PARTITION, &SECRET));
            bytes[at] ^= flip;
            prop_assert_eq!(None, Row::decode(&bytes, &ID, &PARTITION, &SECRET));
            prop_assert_eq!(None, Row::read(&bytes, &ID, &SECRET));
        }

        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            prop_assert_eq!(None, Row::decode(&bytes, &ID, &PARTITION, &SECRET));
            prop_assert_eq!(None, Row::read(&bytes, &ID, &SECRET));
            Reader(&bytes).row();
        }
    }
}
