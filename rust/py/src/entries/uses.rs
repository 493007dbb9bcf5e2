//! Which rows were used, until that is written: a look-up writes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tiercel_gateway::Digest;

/// Rows whose uses are counted between two transactions; those of more are not, which costs nothing but a worse choice.
const MAX_ROWS: usize = 16_384;

/// By row, how often.
#[derive(Default)]
pub(super) struct Uses(Mutex<HashMap<Digest, u64>>);

impl Uses {
    pub(super) fn count(&self, id: &Digest) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n_uses) = uses.get_mut(id) {
            *n_uses += 1;
        } else if uses.len() < MAX_ROWS {
            uses.insert(*id, 1);
        }
    }

    /// All of them, which are then forgotten.
    pub(super) fn take(&self) -> HashMap<Digest, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
