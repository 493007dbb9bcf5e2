//! A worker's counts as bytes, and back.
//!
//! Snapshots pass between processes that may be of different releases while the gateway is being replaced. So each says
//! its version, and one is taken whole or not at all.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::family::Family;
use super::series::{Series, Store, n_cells};

/// To be raised when a metric changes its labels or its buckets.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Snapshot<'a> {
    version: u32,
    families: BTreeMap<Cow<'a, str>, Cow<'a, Series>>,
}

pub(super) fn encode(store: &Store) -> Vec<u8> {
    let families = store.families().map(|(family, series)| (family.definition().name.into(), Cow::Borrowed(series)));
    // A map with text keys and integers always has a JSON form.
    serde_json::to_vec(&Snapshot { version: VERSION, families: families.collect() }).unwrap_or_default()
}

/// `None` for what is not a snapshot of this version.
pub(super) fn decode(json: &[u8]) -> Option<Vec<(Family, Series)>> {
    let snapshot: Snapshot<'_> = serde_json::from_slice(json).ok()?;
    if snapshot.version != VERSION {
        return None;
    }
    let families = snapshot.families.into_iter().map(|(name, series)| {
        let family = Family::named(&name)?;
        let is_whole = series.values().all(|cells| cells.len() == n_cells(family));
        is_whole.then(|| (family, series.into_owned()))
    });
    families.collect()
}
