//! What is known of one deployment.
//!
//! # What counts against it
//! What it did: failures of its own, and connections that it did not take. Not what it was asked (a bad request is bad
//! everywhere), not who asked (a refused key is the provider's and parked there), and not how much (429 parks the key
//! for as long as it says and lowers the limit in flight, for a deployment that says when it is full is well).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::breaker::{self, Breaker, Change, Signal, Why};
use super::credentials::Credentials;
use super::latency::Latency;
use super::limit::Limit;
use super::notes::{Note, Notes};
use super::parking::Throttle;
use super::random::Random;
use super::row::{Row, State};

/// Over so long a deployment that is well again gets back its full share: what was overloaded must not be so at once.
/// As long as the shortest slow start of AWS's load balancers.
const SLOW_START: Duration = Duration::from_secs(30);
/// The share that it begins with, so that it gets any.
const FIRST_SHARE: f64 = 0.1;
/// A deployment this many times slower than its group's median has less weight (specification "Health").
const SLOW: u32 = 3;
/// After so many samples (specification "Health").
const MIN_SAMPLES: u32 = 20;

/// The health of a deployment, for all its keys.
#[derive(Debug)]
pub struct DeploymentHealth {
    name: Arc<str>,
    notes: Arc<Notes>,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    keys: Vec<Key>,
    in_flight: u32,
    max_in_flight: u32,
    limit: Limit,
    latency: Latency,
    /// Micro-dollars per million tokens of the usual mixture; `None` when not known.
    price: Option<u32>,
    /// When it was last found to be well again.
    recovered: Option<Duration>,
}

#[derive(Debug, Default)]
struct Key {
    breaker: Breaker,
    throttle: Throttle,
    /// Until when other workers have opened or throttled it.
    open_elsewhere: Duration,
    throttled_elsewhere: Duration,
    changed: Duration,
    why: String,
}

/// A request in flight at a deployment. To be given back by [`DeploymentHealth::end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which of the provider's credentials is shown: [`Provider::credential`](crate::registry::Provider::credential).
    pub turn: usize,
    /// Which key that is.
    pub key: usize,
    is_probe: bool,
    began: Duration,
}

/// What an attempt tells of its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered; for a stream, so long after it was asked.
    Success(Option<Duration>),
    /// It failed.
    Failure,
    /// It did not take the connection.
    Refused,
    /// It wants to be left alone, for so long if it says.
    Throttled(Option<Duration>),
    /// It did not take the key.
    CredentialFault,
    /// Nothing: the client was at fault, or went away.
    Nothing,
}

/// Whether a deployment may be asked, with which credential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Availability {
    Ready(Slot),
    Probe(Slot),
    /// Its breaker is open until then; it may be asked where nothing else is left.
    Ejected(Slot, Duration),
    /// As many requests are in flight as may be.
    Full,
    /// Every key is throttled, until then the first.
    Throttled(Duration),
    /// No key is taken, until then the first.
    Unkeyed(Duration),
    /// Every key was tried.
    Tried,
}

/// A deployment beside others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) availability: Availability,
    pub(super) in_flight: u32,
    /// Whether as many requests are in flight as may be, whatever else there is to say.
    pub(super) is_full: bool,
    pub(super) time_to_first_token: Duration,
    pub(super) price: Option<u32>,
    /// From 0 to 1: less for what is slow, or just well again.
    pub(super) share: f64,
}

impl DeploymentHealth {
    pub(super) fn new(name: Arc<str>, n_keys: usize, max_in_flight: u32, notes: Arc<Notes>) -> Self {
        let held = Held {
            keys: keys(n_keys),
            in_flight: 0,
            max_in_flight,
            limit: Limit::new(max_in_flight),
            latency: Latency::default(),
            price: None,
            recovered: None,
        };
        Self { name, notes, held: Mutex::new(held) }
    }

    /// Takes over a new configuration, which knows so many keys.
    pub(super) fn reconfigure(&self, n_keys: usize, max_in_flight: u32) {
        let mut held = self.lock();
        if held.keys.len() != n_keys {
            held.keys = keys(n_keys);
        }
        if held.max_in_flight != max_in_flight {
            held.max_in_flight = max_in_flight;
            held.limit = Limit::new(max_in_flight);
        }
    }

    /// Begins an attempt with what [`stand`](Self::stand) offered.
    pub(super) fn begin(&self, slot: Slot, now: Duration) -> Slot {
        let mut held = self.lock();
        held.in_flight = held.in_flight.saturating_add(1);
        let n_keys = held.keys.len();
        let Some(key) = held.keys.get_mut(slot.key) else { return slot };
        if let Some(change) = key.breaker.half_open(now) {
            key.note(&change, now);
            let text = format!("{} is tried again, by one request", subject(&self.name, slot.key, n_keys));
            self.note(State::HalfOpen, text);
        }
        Slot { is_probe: key.breaker.begin(now), began: now, ..slot }
    }

    /// Ends an attempt.
    pub fn end(&self, slot: Slot, credentials: &Credentials, verdict: Verdict, now: Duration, random: &mut Random) {
        let mut held = self.lock();
        let in_flight = held.in_flight;
        held.in_flight = in_flight.saturating_sub(1);
        match verdict {
            Verdict::Success(Some(time)) => {
                held.latency.record(time, now);
                held.limit.record(time, in_flight);
            }
            Verdict::Throttled(_) => held.limit.throttled(in_flight),
            Verdict::Success(None)
            | Verdict::Failure
            | Verdict::Refused
            | Verdict::CredentialFault
            | Verdict::Nothing => {}
        }
        let n_keys = held.keys.len();
        let Some(key) = held.keys.get_mut(slot.key) else { return };
        let subject = || subject(&self.name, slot.key, n_keys);
        let note = |state, text| self.note(state, text);
        let signal = match verdict {
            Verdict::Success(_) => Some(Signal::Success),
            Verdict::Failure => Some(Signal::Failure),
            Verdict::Refused => Some(Signal::Refused),
            Verdict::Throttled(_) | Verdict::CredentialFault | Verdict::Nothing => None,
        };
        let change = match signal {
            // What began before the breaker opened tells nothing of how it is since.
            Some(_) if key.breaker.is_stale(slot.began) && !slot.is_probe => None,
            Some(signal) => key.breaker.record(signal, slot.is_probe, now, random.fraction()),
            None => {
                key.breaker.release(slot.is_probe);
                None
            }
        };
        if let Some(change) = change {
            key.note(&change, now);
            let (state, text) = match change.to {
                breaker::State::Open { until } => {
                    (State::Open, format!("left alone for {}", seconds(until.saturating_sub(now))))
                }
                breaker::State::Closed => (State::Closed, "back".to_owned()),
                breaker::State::HalfOpen { .. } => (State::HalfOpen, "tried again".to_owned()),
            };
            note(state, format!("{} is {text}: {}", subject(), key.why));
        }
        match verdict {
            Verdict::Throttled(wait) => {
                let was_free = key.throttle.until(now).is_none();
                let wait = key.throttle.throttle(wait, now, random.fraction());
                if was_free {
                    key.changed = now;
                    "the provider asked to slow down".clone_into(&mut key.why);
                    note(State::Throttled, format!("{} wants to be left alone for {}", subject(), seconds(wait)));
                }
            }
            Verdict::CredentialFault => {
                let was_free = credentials.own_until(slot.key, now).is_none();
                if let Some(wait) = credentials.park(slot.key, now)
                    && was_free
                {
                    key.changed = now;
                    "the provider refused the key".clone_into(&mut key.why);
                    let text =
                        format!("{}: the provider refused the key; it is tried again in {}", subject(), seconds(wait));
                    note(State::Parked, text);
                }
            }
            Verdict::Success(_) => {
                key.throttle.clear();
                if credentials.clear(slot.key, slot.began) {
                    key.changed = now;
                    note(State::Closed, format!("{}: the provider takes the key again", subject()));
                }
            }
            Verdict::Failure | Verdict::Refused | Verdict::Nothing => {}
        }
        if change.is_some_and(|change| change.to == breaker::State::Closed) {
            held.recovered = Some(now);
        }
    }

    /// Sets what a million tokens of the usual mixture cost, in micro-dollars.
    pub fn set_price(&self, price: Option<u32>) {
        self.lock().price = price;
    }

    /// How long it usually takes to the first token; `None` when no stream has told.
    pub fn usual_time_to_first_token(&self, now: Duration) -> Option<Duration> {
        self.lock().usual(now)
    }

    /// When it may be asked with that key again: `now` where it did not ask to be left alone.
    pub fn throttled_until(&self, key: usize, now: Duration) -> Duration {
        self.lock().keys.get(key).and_then(|key| key.throttled_until(now)).unwrap_or(now)
    }

    /// How it stands. `turns` are the credentials to consider, in this order, each with its key's number.
    pub(super) fn stand(
        &self,
        turns: impl Iterator<Item = (usize, usize)>,
        credentials: &Credentials,
        median: Duration,
        now: Duration,
    ) -> Standing {
        let held = self.lock();
        let time_to_first_token = held.latency.value(now, median);
        let is_slow = held.latency.n_samples() >= MIN_SAMPLES && time_to_first_token > median * SLOW;
        let pace = if is_slow { (median * SLOW).as_secs_f64() / time_to_first_token.as_secs_f64() } else { 1.0 };
        let warmth = held.recovered.map_or(1.0, |at| {
            (now.saturating_sub(at).as_secs_f64() / SLOW_START.as_secs_f64()).clamp(FIRST_SHARE, 1.0)
        });
        let availability = held.availability(turns, credentials, now);
        Standing {
            availability,
            in_flight: held.in_flight,
            is_full: held.is_full(),
            time_to_first_token,
            price: held.price,
            share: pace * warmth,
        }
    }

    pub(super) fn rows(&self, credentials: Option<&Credentials>, now: Duration) -> Vec<Row> {
        let held = self.lock();
        let n_keys = held.keys.len();
        let row = |(number, key): (usize, &Key)| {
            let (state, until, is_hearsay) = key.state(number, credentials, now);
            let (n_successes, n_samples) = key.breaker.success_ratio(now).unwrap_or_default();
            Row {
                deployment: self.name.to_string(),
                key: number + 1,
                n_keys,
                state,
                why: if is_hearsay { "another worker found it so".to_owned() } else { key.why.clone() },
                since_ms: milliseconds(now.saturating_sub(key.changed)),
                retry_in_ms: until.map(|until| milliseconds(until.saturating_sub(now))),
                is_hearsay,
                in_flight: held.in_flight,
                limit: held.limit.value(),
                n_successes,
                n_samples,
                time_to_first_token_ms: held.usual(now).map(milliseconds),
            }
        };
        held.keys.iter().enumerate().map(row).collect()
    }

    /// Forgets all but what is in flight.
    pub(super) fn forget(&self) {
        let mut held = self.lock();
        held.keys = keys(held.keys.len());
        held.limit = Limit::new(held.max_in_flight);
        held.latency = Latency::default();
        held.recovered = None;
    }

    pub(super) fn forget_elsewhere(&self) {
        for key in &mut self.lock().keys {
            (key.open_elsewhere, key.throttled_elsewhere) = Default::default();
        }
    }

    pub(super) fn hear(&self, key: usize, state: State, until: Duration) {
        let mut held = self.lock();
        let Some(key) = held.keys.get_mut(key) else { return };
        match state {
            State::Open | State::HalfOpen => key.open_elsewhere = key.open_elsewhere.max(until),
            State::Throttled => key.throttled_elsewhere = key.throttled_elsewhere.max(until),
            State::Closed | State::Parked => {}
        }
    }

    fn note(&self, state: State, text: String) {
        self.notes.push(Note { subject: self.name.to_string(), state, text });
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn usual(&self, now: Duration) -> Option<Duration> {
        (self.latency.n_samples() > 0).then(|| self.latency.value(now, Duration::ZERO))
    }

    fn availability(
        &self,
        turns: impl Iterator<Item = (usize, usize)>,
        credentials: &Credentials,
        now: Duration,
    ) -> Availability {
        let mut best = Availability::Tried;
        for (turn, number) in turns {
            let Some(key) = self.keys.get(number) else { continue };
            let slot = Slot { turn, key: number, is_probe: false, began: now };
            let found = if let Some(until) = credentials.until(number, now) {
                Availability::Unkeyed(until)
            } else if let Some(until) = key.throttled_until(now) {
                Availability::Throttled(until)
            } else if key.open_elsewhere > now {
                Availability::Ejected(slot, key.open_elsewhere)
            } else {
                match key.breaker.state(now) {
                    breaker::State::Closed => Availability::Ready(slot),
                    breaker::State::HalfOpen { is_probing: false } => Availability::Probe(slot),
                    breaker::State::HalfOpen { is_probing: true } => Availability::Ejected(slot, now),
                    breaker::State::Open { until } => Availability::Ejected(slot, until),
                }
            };
            if found.is_better_than(best) {
                best = found;
            }
            if matches!(best, Availability::Probe(_) | Availability::Ready(_)) {
                break;
            }
        }
        match best {
            Availability::Ready(_) | Availability::Probe(_) if self.is_full() => Availability::Full,
            best => best,
        }
    }

    fn is_full(&self) -> bool {
        self.in_flight >= self.limit.value()
    }
}

impl Availability {
    /// The sooner it may be asked, the better; and rather as one that failed than against its word.
    fn is_better_than(self, other: Self) -> bool {
        let rank = |it: Self| match it {
            Self::Probe(_) | Self::Ready(_) => (0, Duration::ZERO),
            Self::Full => (1, Duration::ZERO),
            Self::Ejected(_, until) => (2, until),
            Self::Throttled(until) => (3, until),
            Self::Unkeyed(until) => (4, until),
            Self::Tried => (5, Duration::ZERO),
        };
        rank(self) < rank(other)
    }
}

impl Key {
    fn note(&mut self, change: &Change, now: Duration) {
        self.changed = now;
        self.why = reason(change);
    }

    fn throttled_until(&self, now: Duration) -> Option<Duration> {
        self.throttle.until(now).max(Some(self.throttled_elsewhere).filter(|&until| until > now))
    }

    /// The state, until when, and whether it is others' word alone.
    fn state(
        &self,
        number: usize,
        credentials: Option<&Credentials>,
        now: Duration,
    ) -> (State, Option<Duration>, bool) {
        if let Some(credentials) = credentials
            && let Some(until) = credentials.until(number, now)
        {
            return (State::Parked, Some(until), credentials.own_until(number, now).is_none());
        }
        match self.breaker.state(now) {
            breaker::State::Open { until } => return (State::Open, Some(until), false),
            breaker::State::HalfOpen { .. } => return (State::HalfOpen, None, false),
            breaker::State::Closed if self.open_elsewhere > now => {
                return (State::Open, Some(self.open_elsewhere), true);
            }
            breaker::State::Closed => {}
        }
        match self.throttled_until(now) {
            Some(until) => (State::Throttled, Some(until), self.throttle.until(now).is_none()),
            None => (State::Closed, None, false),
        }
    }
}

fn keys(n_keys: usize) -> Vec<Key> {
    std::iter::repeat_with(Key::default).take(n_keys).collect()
}

/// The name, and which key where there are several.
fn subject(name: &str, key: usize, n_keys: usize) -> String {
    if n_keys > 1 { format!("{name} (key {})", key + 1) } else { name.to_owned() }
}

fn reason(change: &Change) -> String {
    match change.why {
        Why::Run(n) => format!("{n} failures in a row"),
        Why::Ratio { n_failures, n_samples } => format!("{n_failures} of {n_samples} requests failed"),
        Why::ProbeFailed => "it failed again".to_owned(),
        Why::Waited => "its pause is over".to_owned(),
        Why::Recovered => "it answers again".to_owned(),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
