//! A provider's keys that it does not take at the moment.
//!
//! # Why a key is parked and not dropped
//! Keys are revoked for good, but bills are paid and permissions granted an hour later. So a refused key is tried again
//! by one request after a while that doubles, and at once when the configuration is loaded anew.

use std::sync::{Arc, Mutex, PoisonError};
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

impl Credentials {
    /// So many keys, all good.
    pub fn new(n_keys: usize) -> Self {
        let keys = std::iter::repeat_with(Key::default).take(n_keys).collect();
        Self(Arc::new(Mutex::new(keys)))
    }

    /// Until when the key is not to be shown; `None` when it may be.
    pub(super) fn until(&self, key: usize, now: Duration) -> Option<Duration> {
        self.with(key, |key| {
            let elsewhere = Some(key.elsewhere).filter(|&until| until > now);
            key.parking.until(now).max(elsewhere)
        })
        .flatten()
    }

    /// Until when this worker has parked it.
    pub(super) fn own_until(&self, key: usize, now: Duration) -> Option<Duration> {
        self.with(key, |key| key.parking.until(now)).flatten()
    }

    /// Takes note that the provider refused the key; gives for how long it is left out.
    pub(super) fn park(&self, key: usize, now: Duration) -> Option<Duration> {
        self.with(key, |key| {
            key.parked = now;
            key.parking.park(now)
        })
    }

    /// Takes note that the provider took the key of a request that began then; whether that is news. What began before
    /// the key was refused tells nothing.
    pub(super) fn clear(&self, key: usize, began: Duration) -> bool {
        self.with(key, |key| began >= key.parked && key.parking.clear()).unwrap_or(false)
    }

    /// Takes every key for good.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(|key| *key = Key::default());
    }

    pub(super) fn forget_elsewhere(&self) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter_mut().for_each(|key| key.elsewhere = Duration::ZERO);
    }

    pub(super) fn hear(&self, key: usize, until: Duration) {
        self.with(key, |key| key.elsewhere = key.elsewhere.max(until));
    }

    fn with<R>(&self, key: usize, change: impl FnOnce(&mut Key) -> R) -> Option<R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key).map(change)
    }
}
