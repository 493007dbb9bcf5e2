//! What outlives a reload: the gateway that takes another's place counts on where that stopped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tiercel_core::access_log::AccessLog;
use tiercel_core::health::{HealthTable, STEP, mix};
use tiercel_core::metrics::{CacheLevels, Levels, Metrics, Reload, Sibling};
use tiercel_core::routing;
use tiercel_core::settlement::Settlement;

use crate::cache::{Flights, Meanings, Store};
use crate::idempotency::{Answers, Ledger, Memory};
use crate::{Gateway, Moment, cache};

/// Bytes of access-log lines that may wait to be written: some ten thousand lines.
const MAX_LOG_BYTES: usize = 8 * 1024 * 1024;

/// Calls that may wait for room at a deployment; more are refused at once (specification "Overload").
const MAX_QUEUED: usize = 1_000;

/// Counters and switches of a worker, whatever its configuration.
pub(crate) struct Shared {
    pub(crate) metrics: Metrics,
    pub(crate) access_log: AccessLog,
    /// How deployments do, which a reload must not forget.
    pub(crate) health: Arc<HealthTable>,
    /// What routing has learned.
    pub(crate) routing: routing::Memory,
    answers: OnceLock<Box<dyn Answers>>,
    pub(crate) ledger: Ledger,
    entries: OnceLock<Box<dyn Store>>,
    /// Which questions are being answered.
    pub(crate) flights: Flights,
    /// What the questions mean that were answered.
    pub(crate) meanings: Meanings,
    in_flight: AtomicUsize,
    n_queued: AtomicUsize,
    n_judging: AtomicUsize,
    n_connections: AtomicUsize,
    n_waiting: AtomicUsize,
    is_draining: AtomicBool,
    is_interrupted: AtomicBool,
    turn: AtomicUsize,
    request_ids: AtomicU64,
    siblings: Mutex<Vec<(Vec<u8>, bool)>>,
}

impl Shared {
    /// Nothing counted. A configuration has yet to say which prices hold, and how long the log may be.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            metrics: Metrics::new(env!("CARGO_PKG_VERSION"), ""),
            access_log: AccessLog::new(0, MAX_LOG_BYTES),
            health: Arc::new(HealthTable::new(seed)),
            routing: routing::Memory::default(),
            answers: OnceLock::new(),
            ledger: Ledger::default(),
            entries: OnceLock::new(),
            flights: Flights::default(),
            meanings: Meanings::default(),
            in_flight: AtomicUsize::new(0),
            n_queued: AtomicUsize::new(0),
            n_judging: AtomicUsize::new(0),
            n_connections: AtomicUsize::new(0),
            n_waiting: AtomicUsize::new(0),
            is_draining: AtomicBool::new(false),
            is_interrupted: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            request_ids: AtomicU64::new(seed),
            siblings: Mutex::default(),
        }
    }

    /// Where answers are kept that may be asked for again: in memory, unless something else was said in time.
    pub(crate) fn answers(&self) -> &dyn Answers {
        &**self.answers.get_or_init(|| Box::new(Memory::default()))
    }

    /// Where answers are kept for who asks the same: in memory, unless something else was said in time.
    pub(crate) fn entries(&self) -> &dyn Store {
        &**self.entries.get_or_init(|| Box::new(cache::Memory::default()))
    }

    /// A number from 0 to 1, evenly drawn.
    pub(crate) fn draw(&self) -> f64 {
        let draw = mix(self.request_ids.fetch_add(STEP, Ordering::Relaxed)) >> 32;
        f64::from(u32::try_from(draw).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }

    fn tell_levels(&self, now: Moment) {
        self.metrics.set_health(&self.health.rows(now.monotonic));
        self.metrics.set_levels(Levels {
            in_flight: self.in_flight.load(Ordering::Relaxed) as u64,
            queue_length: (self.n_waiting.load(Ordering::Relaxed) + self.n_queued.load(Ordering::Relaxed)) as u64,
            open_connections: self.n_connections.load(Ordering::Relaxed) as u64,
            access_log_dropped: self.access_log.n_dropped(),
        });
        self.tell_cache();
    }

    fn tell_cache(&self) {
        let Some(size) = self.entries.get().map(|entries| entries.size()) else { return };
        let standings = self.meanings.classes.standings();
        let mut bounds: BTreeMap<&str, f64> = BTreeMap::new();
        for standing in &standings {
            let bound = bounds.entry(&standing.class.model).or_default();
            *bound = bound.max(standing.bound);
        }
        let levels = CacheLevels {
            n_entries: size.n_entries as u64,
            n_bytes: size.n_bytes,
            n_evicted: size.n_evicted,
            n_unwritten: size.n_unwritten,
        };
        self.metrics.set_cache(levels, &bounds.into_iter().collect::<Vec<_>>());
    }
}

impl Gateway {
    /// Refuses what is new from now on.
    pub fn drain(&self) {
        self.shared.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether it does.
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining.load(Ordering::Relaxed)
    }

    /// Begins no attempt from now on: whoever waits for one has waited long enough.
    pub fn interrupt(&self) {
        self.shared.is_interrupted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.shared.is_interrupted.load(Ordering::Relaxed)
    }

    /// Lines of the access log since the last time.
    pub fn take_access_log(&self) -> Vec<u8> {
        self.shared.access_log.drain()
    }

    /// Takes note of how many connections to providers are open, and how many attempts wait for one.
    pub fn set_connections(&self, n_open: usize, n_waiting: usize) {
        self.shared.n_connections.store(n_open, Ordering::Relaxed);
        self.shared.n_waiting.store(n_waiting, Ordering::Relaxed);
    }

    /// Has answers kept in `answers`, which other workers may share. To be said before the first request.
    pub fn keep_answers_in(&self, answers: Box<dyn Answers>) {
        let _ = self.shared.answers.set(answers);
    }

    /// Has the cache kept in `entries`, which other workers may share. To be said before the first request.
    pub fn keep_entries_in(&self, entries: Box<dyn Store>) {
        let _ = self.shared.entries.set(entries);
    }

    /// Counts one reload, in whichever process decided on it.
    pub fn count_reload(&self, outcome: Reload) {
        self.shared.metrics.count_reload(outcome);
    }

    /// This worker's metrics, for its siblings.
    pub fn metrics_snapshot(&self, now: Moment) -> Vec<u8> {
        self.shared.tell_levels(now);
        self.shared.metrics.snapshot()
    }

    /// Takes the other workers' metrics, each with whether that worker still lives.
    pub fn set_sibling_metrics(&self, siblings: Vec<(Vec<u8>, bool)>) {
        *self.shared.siblings.lock().unwrap_or_else(PoisonError::into_inner) = siblings;
    }

    /// All workers' metrics, as Prometheus reads them.
    pub(crate) fn render_metrics(&self, now: Moment) -> String {
        self.shared.tell_levels(now);
        let siblings = self.shared.siblings.lock().unwrap_or_else(PoisonError::into_inner);
        let siblings: Vec<Sibling<'_>> = siblings
            .iter()
            .map(|(snapshot, lives)| if *lives { Sibling::Alive(snapshot) } else { Sibling::Gone(snapshot) })
            .collect();
        self.shared.metrics.render(&siblings)
    }

    pub(crate) fn record(&self, settlement: &Settlement<'_>) {
        self.shared.metrics.record(settlement);
        if settlement.endpoint != "health" {
            self.shared.access_log.push(settlement);
        }
    }

    pub(crate) fn n_in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// A number that goes round, for spreading over keys.
    pub(crate) fn next_turn(&self) -> usize {
        self.shared.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// Unique in a worker by counting, among workers by the seed; the mixing only makes them look apart.
    pub(crate) fn next_request_id(&self) -> String {
        format!("req_{:016x}", mix(self.shared.request_ids.fetch_add(STEP, Ordering::Relaxed)))
    }

    /// A place among the calls that wait for room, while there is one.
    pub(crate) fn enter_queue(&self) -> Option<Permit> {
        self.enter(|shared| &shared.n_queued, MAX_QUEUED)
    }

    /// A place among the calls that judge, while there is one.
    pub(crate) fn enter_judging(&self, most: usize) -> Option<Permit> {
        self.enter(|shared| &shared.n_judging, most)
    }

    fn enter(&self, counter: fn(&Shared) -> &AtomicUsize, most: usize) -> Option<Permit> {
        let place = Permit::of(&self.shared, counter);
        (counter(&self.shared).load(Ordering::Relaxed) <= most).then_some(place)
    }
}

/// A place among the requests in flight, or among those that wait, given back when dropped.
pub(crate) struct Permit {
    shared: Arc<Shared>,
    counter: fn(&Shared) -> &AtomicUsize,
}

impl Permit {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self::of(shared, |shared| &shared.in_flight)
    }

    fn of(shared: &Arc<Shared>, counter: fn(&Shared) -> &AtomicUsize) -> Self {
        counter(shared).fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(shared), counter }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        (self.counter)(&self.shared).fetch_sub(1, Ordering::Relaxed);
    }
}
