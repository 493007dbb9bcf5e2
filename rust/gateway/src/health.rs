//! What the gateway tells of the health of deployments: to other workers, to the operator, to the metrics.

use std::time::Duration;

use tiercel_core::registry::Deployment;

use crate::{Gateway, Moment};

/// Models are compared by what three parts of prompt and one of answer cost (Artificial Analysis, "Methodology").
const PROMPT_PARTS: u64 = 3;

impl Gateway {
    /// What this worker knows of deployments, for its siblings.
    pub fn health_snapshot(&self, now: Moment) -> Vec<u8> {
        self.registry().health().tell(now.monotonic)
    }

    /// Takes what the other workers know.
    pub fn set_sibling_health(&self, siblings: &[Vec<u8>], now: Moment) {
        self.registry().health().hear(siblings, now.monotonic);
    }

    /// Forgets all that speaks against any deployment, in all workers.
    pub fn forget_health(&self, now: Moment) {
        self.registry().health().forget(now.unix);
    }

    /// Lines for the operator since the last time: each change of a deployment's state, and what the cache cannot do.
    pub fn take_notes(&self) -> Vec<String> {
        let (notes, n_dropped) = self.registry().health().take_notes();
        for note in &notes {
            self.shared.metrics.count_change(&note.subject, note.state);
        }
        let mut lines: Vec<String> = notes.into_iter().map(|note| note.text).collect();
        if n_dropped > 0 {
            lines.push(format!("{n_dropped} more changes of deployments' states are not shown"));
        }
        lines.extend(self.shared.entries().take_notes());
        lines
    }

    /// Brings up to date what changes with time alone: prices, which some providers set by the hour, and how old the
    /// answers are that are kept.
    pub fn tick(&self, now: Moment) {
        for deployment in self.registry().deployments() {
            deployment.health.set_price(self.usual_price(&deployment, now.unix));
        }
        self.sweep_answers(now);
    }

    /// How every deployment does, as JSON.
    pub fn health_page(&self, now: Moment) -> Vec<u8> {
        self.registry().health().page(now.monotonic)
    }

    /// Micro-dollars per million tokens of that mixture.
    fn usual_price(&self, deployment: &Deployment, unix: Duration) -> Option<u32> {
        let rates = self.prices().rates(&deployment.provider.name, &deployment.model, 1, unix)?;
        let nano_dollars = (rates.input.saturating_mul(PROMPT_PARTS).saturating_add(rates.output)) / (PROMPT_PARTS + 1);
        Some(u32::try_from(nano_dollars / 1_000).unwrap_or(u32::MAX))
    }
}
