//! Counts tokens where the provider that would answer does not, or before it is asked: with OpenAI's vocabulary, near
//! enough for planning.

use tiercel_core::registry::Deployment;
use tiercel_core::tokens::{self, Encoding};
use tiercel_wire::{Request, count, text};

use crate::demand::{Demand, refused};
use crate::error::Error;
use crate::{Gateway, Moment, Reply};

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

/// How many tokens the prompt of `request` has, as the newest models of OpenAI count them.
pub(crate) fn tokens(request: &Request) -> u64 {
    text(request).map_or(0, |text| tokens::count(text.trim_end(), Encoding::O200k) as u64)
}

/// No model that is still served reads less (the smallest that `genai-prices` lists has 4,096).
const SMALLEST_WINDOW: u64 = 4_096;

/// How long a prompt is, in tokens, once that had to be found out.
#[derive(Default)]
pub(crate) struct Length(Option<u64>);

impl Length {
    /// Whether the prompt of `request` may be short enough for `deployment`, as far as is known. No text has more tokens
    /// than bytes, so most prompts need not be counted.
    pub(crate) fn fits(&mut self, request: &Request, deployment: &Deployment, gateway: &Gateway, now: Moment) -> bool {
        let n_bytes = request.n_prompt_bytes();
        if n_bytes <= SMALLEST_WINDOW {
            return true;
        }
        let Some(window) = deployment.context_window(gateway.prices(), now.unix) else { return true };
        if n_bytes <= window {
            return true;
        }
        let count =
            || text(request).map_or(0, |text| tokens::count(&text, Encoding::for_model(&deployment.model)) as u64);
        *self.0.get_or_insert_with(count) <= window
    }
}
