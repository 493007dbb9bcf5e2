//! What workers tell one another of deployments.
//!
//! # Why each tells only what it found itself
//! If two told what they had from one another, each would keep the other's word alive, and a deployment that one of
//! them once left alone would be left alone for ever.
//!
//! # Why a worker trusts another's failures, and not its successes
//! A worker that leaves a healthy deployment alone for some seconds loses little. One that goes on asking a dead one
//! costs its clients an attempt each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::row::{Row, State};

/// Rows that are told: some 4 MB of them. Those that are away come first, so that what is left out are healthy ones.
const MAX_ROWS: usize = 10_000;
/// Bytes of what a sibling tells that are read: so many rows with the longest names.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Nobody leaves anything alone for longer: a key that was refused again and again.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);
/// To be raised when a row changes.
const VERSION: u32 = 1;

/// What a worker tells its siblings.
#[derive(Debug)]
pub(super) struct Told {
    /// When an operator last had everything forgotten, since the Unix epoch.
    pub(super) forgotten: Duration,
    pub(super) rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Versioned {
    version: u32,
    forgotten: Duration,
    rows: Vec<Row>,
}

impl Told {
    pub(super) fn write(self) -> Vec<u8> {
        let Self { forgotten, mut rows } = self;
        rows.sort_by_key(|row| row.state == State::Closed);
        rows.truncate(MAX_ROWS);
        serde_json::to_vec(&Versioned { version: VERSION, forgotten, rows }).unwrap_or_default()
    }

    /// `None` where it is damaged, or by another version of this program.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = Some(text).filter(|text| text.len() <= MAX_BYTES)?;
        let told: Versioned = serde_json::from_slice(text).ok()?;
        let Versioned { version, forgotten, mut rows } = told;
        rows.truncate(MAX_ROWS);
        (version == VERSION).then_some(Self { forgotten, rows })
    }
}

impl Row {
    /// When it is tried again, by the clock of whoever hears of it now.
    pub(super) fn retry_at(&self, now: Duration) -> Option<Duration> {
        self.retry_in_ms.map(|wait| now.saturating_add(Duration::from_millis(wait).min(MAX_WAIT)))
    }
}
