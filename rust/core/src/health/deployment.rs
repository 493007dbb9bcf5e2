//! What is known of one deployment.
//!
//! # What counts against it
//! What it did: failures of its own, and connections that it did not take. Not what it was asked (a bad request is bad
//! everywhere), not who asked (a refused key is the provider's and parked there), and not how much (429 parks the key
//! for as long as it says and lowers the limit in flight, for a deployment that says when it is full is well).
//!
//! # Why a deployment that is well again gets its share back bit by bit
//! Three good probes show that it answers one request at a time. What was overloaded must not be so at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::availability::{Ask, Availability, Standing};
use super::credentials::Credentials;
use super::group::USUAL;
use super::key::{Condition, Key, REFUSED};
use super::latency::Latency;
use super::limit::Limit;
use super::notes::{News, Notes};
use super::random::Random;
use super::row::{Row, State};

/// In how long it gets its share back: as long as the shortest slow start of AWS's load balancers.
const SLOW_START: Duration = Duration::from_secs(30);
/// The share that it begins with, and the least of a slow one, so that it gets any: Envoy's `min_weight_percent`.
const LEAST_SHARE: f64 = 0.1;
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
    /// How often the keys were made anew. What began with earlier ones tells nothing of these.
    generation: u32,
    in_flight: u32,
    max_in_flight: u32,
    limit: Limit,
    latency: Latency,
    price: Option<u32>,
    /// When it was last found to be well again.
    recovered: Option<Duration>,
}

/// A request in flight at a deployment. To be given back once, by [`DeploymentHealth::end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which of the provider's credentials is shown: [`Provider::credential`](crate::registry::Provider::credential).
    pub turn: usize,
    /// Which key that is, counted from 0.
    pub key: usize,
    generation: u32,
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

impl DeploymentHealth {
    pub(super) fn new(name: Arc<str>, n_keys: usize, max_in_flight: u32, notes: Arc<Notes>) -> Self {
        let held = Held {
            keys: keys(n_keys),
            generation: 0,
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
            held.renew_keys(n_keys);
        }
        if held.max_in_flight != max_in_flight {
            held.max_in_flight = max_in_flight;
            held.limit = Limit::new(max_in_flight);
        }
    }

    /// Begins a request.
    pub(super) fn begin(&self, Ask { turn, key }: Ask, now: Duration) -> Slot {
        let mut held = self.lock();
        held.in_flight = held.in_flight.saturating_add(1);
        let (is_probe, news) = held.keys.get_mut(key).map(|it| it.begin(now)).unwrap_or_default();
        self.note(&held, key, news);
        Slot { turn, key, generation: held.generation, is_probe, began: now }
    }

    /// Ends a request. `credentials` are those of its provider.
    pub fn end(&self, slot: Slot, credentials: &Credentials, verdict: Verdict, now: Duration, random: &mut Random) {
        let mut held = self.lock();
        held.end(verdict, now);
        let Slot { key: number, generation, is_probe, began, .. } = slot;
        let is_current = generation == held.generation;
        if let Some(key) = held.keys.get_mut(number).filter(|_| is_current) {
            let was_closed = key.is_closed(now);
            let news = key.end(verdict, is_probe, began, now, random.fraction());
            let has_recovered = !was_closed && key.is_closed(now);
            self.note(&held, number, news);
            // Where another key served all the while, the deployment did too.
            if has_recovered && held.keys.iter().filter(|key| key.is_closed(now)).count() == 1 {
                held.recovered = Some(now);
            }
        }
        let news = match verdict {
            Verdict::CredentialFault => {
                credentials.park(number, now).map(|wait| News::left_alone(State::Parked, wait, REFUSED))
            }
            Verdict::Success(_) if credentials.clear(number, began) => {
                Some(News::of(State::Closed, "is back: the provider takes the key again"))
            }
            _ => None,
        };
        self.note(&held, number, news);
    }

    /// Sets what a million tokens of the usual mixture cost, in micro-dollars; `None` when not known.
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

    /// How it stands beside others whose median time to first token is `median`.
    pub(super) fn stand(
        &self,
        turns: impl Iterator<Item = Ask>,
        credentials: &Credentials,
        median: Duration,
        now: Duration,
    ) -> Standing {
        let held = self.lock();
        let time_to_first_token = held.latency.value(now, median);
        Standing {
            availability: held.availability(turns, |_| false, credentials, now),
            has_room: held.in_flight < held.limit.value(),
            in_flight: held.in_flight,
            time_to_first_token,
            price: held.price,
            share: held.share(time_to_first_token, median, now),
        }
    }

    /// Whether it may be asked again by a call that has tried these keys.
    pub(super) fn availability_after(
        &self,
        is_tried: impl Fn(usize) -> bool,
        turns: impl Iterator<Item = Ask>,
        credentials: &Credentials,
        now: Duration,
    ) -> Availability {
        self.lock().availability(turns, is_tried, credentials, now)
    }

    /// A row for each key, by what this worker alone has found.
    pub(super) fn rows(&self, credentials: Option<&Credentials>, now: Duration) -> Vec<Row> {
        let held = self.lock();
        let row = |(number, key): (usize, &Key)| {
            let refusal = credentials.and_then(|credentials| credentials.refusal(number, now));
            let Condition { state, why, since, until } = key.condition(refusal, now);
            let (n_successes, n_samples) = key.successes(now);
            Row {
                deployment: self.name.to_string(),
                key: number + 1,
                n_keys: held.keys.len(),
                state,
                why,
                since_ms: since.map(|since| milliseconds(now.saturating_sub(since))),
                retry_in_ms: until.map(|until| milliseconds(until.saturating_sub(now))),
                n_workers: 1,
                n_workers_away: u32::from(state != State::Closed),
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
        let n_keys = held.keys.len();
        held.renew_keys(n_keys);
        held.limit = Limit::new(held.max_in_flight);
        held.latency = Latency::default();
        held.recovered = None;
    }

    pub(super) fn forget_elsewhere(&self) {
        self.lock().keys.iter_mut().for_each(Key::forget_elsewhere);
    }

    /// Takes what another worker found of the key of that number.
    pub(super) fn hear(&self, key: usize, state: State, until: Duration) {
        if let Some(key) = self.lock().keys.get_mut(key) {
            key.hear(state, until);
        }
    }

    /// Tells the operator, by the deployment's name and by the key where there are several.
    fn note(&self, held: &Held, key: usize, news: Option<News>) {
        let Some(news) = news else { return };
        let key = (held.keys.len() > 1).then_some(key);
        self.notes.push(news.of_deployment(&self.name, key));
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// What the end of a request tells of the deployment whatever the key.
    fn end(&mut self, verdict: Verdict, now: Duration) {
        let in_flight = self.in_flight;
        self.in_flight = in_flight.saturating_sub(1);
        match verdict {
            Verdict::Success(Some(time)) => {
                self.latency.record(time, now);
                self.limit.record(time, in_flight);
            }
            Verdict::Throttled(_) => self.limit.throttled(in_flight),
            Verdict::Success(None)
            | Verdict::Failure
            | Verdict::Refused
            | Verdict::CredentialFault
            | Verdict::Nothing => {}
        }
    }

    fn availability(
        &self,
        turns: impl Iterator<Item = Ask>,
        is_tried: impl Fn(usize) -> bool,
        credentials: &Credentials,
        now: Duration,
    ) -> Availability {
        let mut best = Availability::Tried;
        for ask in turns {
            let Some(key) = self.keys.get(ask.key) else { continue };
            let found = match credentials.until(ask.key, now) {
                Some(until) => Availability::Unkeyed(until),
                None => key.availability(ask, now),
            };
            // Of a key that was tried it matters only from when on it may be tried again.
            let may_ask = matches!(found, Availability::Ready(_) | Availability::Probe(_) | Availability::Ejected(..));
            if may_ask && is_tried(ask.key) {
                continue;
            }
            if found.is_better_than(best) {
                best = found;
            }
            if best.ask().is_some() {
                break;
            }
        }
        best
    }

    /// Its part of what it weighs: less while it is slow, or just well again.
    fn share(&self, time_to_first_token: Duration, median: Duration, now: Duration) -> f64 {
        let tolerated = median.saturating_mul(SLOW);
        let is_slow = self.latency.n_samples() >= MIN_SAMPLES && time_to_first_token > tolerated;
        let pace = if is_slow { tolerated.as_secs_f64() / time_to_first_token.as_secs_f64() } else { 1.0 };
        let since = self.recovered.map(|at| now.saturating_sub(at).as_secs_f64());
        let warmth = since.map_or(1.0, |since| (since / SLOW_START.as_secs_f64()).min(1.0));
        (pace * warmth).max(LEAST_SHARE)
    }

    fn usual(&self, now: Duration) -> Option<Duration> {
        (self.latency.n_samples() > 0).then(|| self.latency.value(now, USUAL))
    }

    fn renew_keys(&mut self, n_keys: usize) {
        self.keys = keys(n_keys);
        self.generation = self.generation.wrapping_add(1);
    }
}

fn keys(n_keys: usize) -> Vec<Key> {
    std::iter::repeat_with(Key::default).take(n_keys).collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
