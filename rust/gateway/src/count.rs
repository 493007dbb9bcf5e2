//! Counts tokens where the provider that would answer does not: with OpenAI's vocabulary, near enough for planning.

use tiercel_core::registry::Deployment;
use tiercel_core::tokens::{self, Encoding};
use tiercel_wire::{count, text};

use crate::Reply;
use crate::demand::{Demand, refused};
use crate::error::Error;

/// The answer to a demand for a count that `deployment` has no way to give; `None` for any other demand.
pub(crate) fn here(demand: &Demand, deployment: &Deployment) -> Option<Result<Reply, Error>> {
    let request = demand.counted_here(deployment)?;
    let counted = text(request).map_err(|error| refused(&error)).map(|text| {
        let n_tokens = tokens::count(&text, Encoding::for_model(&deployment.model)) as u64;
        let mut reply = Reply::json(200, count(request.endpoint(), n_tokens));
        reply.push("x-tiercel-estimated", "true".to_owned());
        reply
    });
    Some(counted)
}
