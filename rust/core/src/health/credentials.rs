//! A provider's keys that it does not take at the moment.
//!
//! # Why a key is parked and not dropped
//! Keys are revoked for good, but bills are paid and permissions granted an hour later. So a refused key is tried again
//! after a while that doubles, and at once when the configuration is loaded anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::parking::Parking;

/// The keys of one provider, by number.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Arc<Mutex<Vec<Key>>>);

#[derive(Debug, Default)]
struct Key {
    parking: Parking,
    /// When it was parked last.
    parked: Duration,
    /// Until when another worker has parked it.
    elsewhere: Duration,
}

/// A provider's refusal of a key, as this worker saw it.
#[derive(Clone, Copy)]
pub(super) struct Refusal {
    pub(super) since: Duration,
    pub(super) until: Duration,
}

impl Credentials {
    /// So many keys, all good.
    pub fn new(n_keys: usize) -> Self {
        let keys = std::iter::repeat_with(Key::default).take(n_keys).collect();
        Self(Arc::new(Mutex::new(keys)))
    }

    /// Until when the key is not to be shown; `None` when it may be.
    pub(super) fn until(&self, key: usize, now: Duration) -> Option<Duration> {
        let keys = self.lock();
        let key = keys.get(key)?;
        key.parking.until(now).max(Some(key.elsewhere).filter(|&until| until > now))
    }

    /// Whether this worker has found it refused.
    pub(super) fn refusal(&self, key: usize, now: Duration) -> Option<Refusal> {
        let keys = self.lock();
        let key = keys.get(key)?;
        key.parking.until(now).map(|until| Refusal { since: key.parked, until })
    }

    /// Takes note that the provider refused the key; for how long it is left out, where that is news.
    pub(super) fn park(&self, key: usize, now: Duration) -> Option<Duration> {
        let mut keys = self.lock();
        let key = keys.get_mut(key)?;
        if key.parking.until(now).is_some() {
            return None;
        }
        key.parked = now;
        Some(key.parking.park(now))
    }

    /// Takes note that the provider took the key of a request that began then; whether that is news. What began before
    /// the key was refused tells nothing, and as a refused key is not shown, what began at the same time began before.
    pub(super) fn clear(&self, key: usize, began: Duration) -> bool {
        self.lock().get_mut(key).is_some_and(|key| began > key.parked && key.parking.clear())
    }

    /// Takes every key again.
    pub(super) fn forget(&self) {
        self.lock().fill_with(Key::default);
    }

    pub(super) fn forget_elsewhere(&self) {
        self.lock().iter_mut().for_each(|key| key.elsewhere = Duration::ZERO);
    }

    /// Takes what another worker found of the key of that number.
    pub(super) fn hear(&self, key: usize, until: Duration) {
        if let Some(key) = self.lock().get_mut(key) {
            key.elsewhere = key.elsewhere.max(until);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
