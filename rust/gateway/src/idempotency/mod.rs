//! Requests that come again with the same `Idempotency-Key`: the first is answered, and the others get its answer.
//!
//! # Why
//! A client whose connection broke does not know whether it was answered. Asking again without a key is paid for twice,
//! and may start a batch twice.
//!
//! # What is kept
//! Answers that came whole, and those alone: after a failure, the same key is a new try. Whoever asks meanwhile waits.
//!
//! # Where
//! In whatever [`Answers`] the gateway was given. A claim ends with the process that holds it, so nobody waits for the
//! dead. Where nothing can be kept, since a disk is full, a request is served as if it had no key: that a model is
//! asked twice is less bad than that it is not asked.

mod key;
mod record;
mod keeping;
mod answers;
mod memory;

pub use answers::{Answers, Claim, Limits};
pub(crate) use keeping::{Keeping, Ledger};
pub(crate) use key::Key;
pub(crate) use memory::Memory;

use std::time::Duration;

use tiercel_core::money::NanoDollars;
use tiercel_core::settlement::Outcome;

use crate::attempt::Next;
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::{Moment, Reply, describe};

use record::{Record, mark_of};

/// How long a call waits until it looks again whether another one is answered: at first, and at most. Looking costs
/// some 10 us.
const SOONEST: Duration = Duration::from_millis(20);
const LATEST: Duration = Duration::from_millis(250);

/// What a call with an idempotency key has come to.
pub(crate) struct Idempotency {
    key: Key,
    state: State,
    /// How often it looked whether another call is answered.
    n_looks: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not yet known whether there is an answer.
    Unclaimed,
    /// This call is the one that is answered.
    Claimed,
    /// Nothing is left to be done: what came of it, as metrics and log have it.
    Over(&'static str),
}

impl Idempotency {
    pub(crate) fn new(key: Key) -> Self {
        Self { key, state: State::Unclaimed, n_looks: 0 }
    }

    /// What came of the key; `None` as long as nothing has.
    pub(crate) fn word(&self) -> Option<&'static str> {
        match self.state {
            State::Over(word) => Some(word),
            State::Unclaimed | State::Claimed => None,
        }
    }
}

impl Call {
    /// Looks whether another call with the same key is answered, or has yet to be; `None` where this one is to go on.
    pub(crate) fn next_of_same_key(&mut self, now: Moment) -> Option<Next> {
        let idempotency = self.idempotency.as_mut().filter(|it| it.state == State::Unclaimed)?;
        let Key { id, fingerprint } = &idempotency.key;
        let answers = self.gateway.shared.answers();
        match answers.claim(id) {
            Claim::Held(kept) => match Record::decode(&kept) {
                Some(record) if !record.is_over(self.gateway.keeping().ttl, now.unix) => {
                    answers.release(id);
                    return Some(if record.fingerprint == *fingerprint {
                        self.replay(record.reply)
                    } else {
                        self.refuse_key()
                    });
                }
                _ if answers.write(id, &mark_of(fingerprint)) => {
                    idempotency.state = State::Claimed;
                    self.begin_recording(self.gateway.keeping().max_answer);
                }
                _ => {
                    answers.erase(id);
                    idempotency.state = State::Over("unavailable");
                }
            },
            Claim::Taken(kept) => match Record::read_mark(&kept) {
                Some(other) if other != *fingerprint => return Some(self.refuse_key()),
                _ => return Some(self.wait_for_same_key(now)),
            },
            Claim::Unavailable => idempotency.state = State::Over("unavailable"),
        }
        None
    }

    fn replay(&mut self, mut reply: Reply) -> Next {
        describe::sign(&mut reply, &self.request_id);
        reply.push("x-tiercel-attempts", describe::attempts(&self.attempts));
        reply.push("x-tiercel-idempotent", "replayed".to_owned());
        reply.push("x-tiercel-cost-usd", NanoDollars::ZERO.to_string());
        self.outcome = Some(Outcome::Answered);
        self.answer_with(reply);
        let has_waited = self.idempotency.as_ref().is_some_and(|it| it.n_looks > 0);
        self.end_idempotency(if has_waited { "waited" } else { "replayed" })
    }

    fn refuse_key(&mut self) -> Next {
        let message = "this idempotency key came before with another request; use a new key for each request";
        self.refuse(&Error::new(Kind::IdempotencyKeyReused, message));
        self.end_idempotency("reused")
    }

    fn wait_for_same_key(&mut self, now: Moment) -> Next {
        let n_looks = self.idempotency.as_ref().map_or(0, |it| it.n_looks);
        let pause = SOONEST.saturating_mul(1 << n_looks.min(8)).min(LATEST).min(self.time_left(now));
        if pause.is_zero() {
            let message = "a request with this idempotency key is still being answered; try again";
            self.refuse(&Error::new(Kind::IdempotencyKeyInUse, message));
            return self.end_idempotency("in_use");
        }
        self.idempotency.iter_mut().for_each(|it| it.n_looks += 1);
        self.wait(now);
        Next::Pause { time: pause, is_queued: false }
    }

    /// Until neither the client nor any of the call's deployments would wait any longer.
    fn time_left(&self, now: Moment) -> Duration {
        let deployments =
            self.asked.as_ref().and_then(|asked| asked.plan.deployments().map(|it| it.timeouts.total).max());
        let client = self.client_timeouts();
        let time = [deployments, client.total, client.read].into_iter().flatten().min().unwrap_or_default();
        time.saturating_sub(now.since(self.began))
    }

    fn end_idempotency(&mut self, word: &'static str) -> Next {
        self.idempotency.iter_mut().for_each(|it| it.state = State::Over(word));
        Next::Over
    }

    // What is kept.

    /// Keeps the answer, or learns why it is not kept.
    pub(crate) fn keep_for_same_key(&mut self, kept: Result<Reply, &'static str>, now: Moment) {
        let Some(idempotency) = self.idempotency.as_mut().filter(|it| it.state == State::Claimed) else { return };
        let Key { id, fingerprint } = &idempotency.key;
        let created = Duration::from_secs(now.unix.as_secs());
        let record = kept.map(|reply| Record { fingerprint: *fingerprint, created, reply }.encode());
        let answers = self.gateway.shared.answers();
        let word = match record {
            Err(why_not) => why_not,
            Ok(bytes) if bytes.len() as u64 > self.gateway.keeping().max_answer => "too_large",
            Ok(bytes) if !self.gateway.shared.ledger.take(bytes.len(), self.gateway.keeping()) => "no_room",
            Ok(bytes) if answers.write(id, &bytes) => "stored",
            Ok(_) => "unavailable",
        };
        if word == "stored" {
            answers.release(id);
        } else {
            answers.erase(id);
        }
        idempotency.state = State::Over(word);
    }

    /// Gives up the claim of a call that has no answer to keep.
    pub(crate) fn release_key(&mut self) {
        if let Some(idempotency) = self.idempotency.as_mut().filter(|it| it.state == State::Claimed) {
            self.gateway.shared.answers().erase(&idempotency.key.id);
            idempotency.state = State::Over("released");
        }
    }
}
