//! Where a request would go and why, without sending it: `POST /tiercel/route`, `tiercel route`.

use serde_json::json;
use tiercel_core::keys::Principal;
use tiercel_core::plan::{Plan, Reason};
use tiercel_core::routing::Finding;
use tiercel_wire::{Endpoint, Request};

use crate::demand::refused;
use crate::error::Error;
use crate::head::Head;
use crate::{Gateway, Moment, count, route};

impl Gateway {
    /// What a request of a principal with every right would come to; `body` is that of a chat completion. See
    /// [`explain`].
    ///
    /// # Errors
    /// What it would be refused for.
    pub fn explain(&self, body: &[u8], now: Moment) -> Result<Vec<u8>, Error> {
        explain(self, &Principal::operator(), &Head::default(), body, now)
    }
}

/// Where the chat completion `body` would go: a JSON object of `model`, `route`, `tier`, `deployments` in the order of
/// trying, `reason` as in the header, `stages` as sentences, `task`, `prompt_tokens`, `asks_llm`.
///
/// # Errors
/// What it would be refused for.
pub(crate) fn explain(
    gateway: &Gateway,
    principal: &Principal,
    head: &Head<'_>,
    body: &[u8],
    now: Moment,
) -> Result<Vec<u8>, Error> {
    let request = Request::parse(Endpoint::ChatCompletions, None, body).map_err(|error| refused(&error))?;
    let mut plan = gateway.plan(principal, request.model())?;
    let routing = route::route(&mut plan, &request, head, principal, gateway, true, now)?;
    let deployments: Vec<&str> = plan.deployments().map(|deployment| &*deployment.name).collect();
    let explanation = json!({
        "model": request.model(),
        "route": plan.route.as_deref(),
        "tier": plan.tier().map(|tier| &**tier),
        "deployments": deployments,
        "reason": plan.reason.to_string(),
        "stages": stages(&plan),
        "task": plan.task.as_deref(),
        "prompt_tokens": count::tokens(&request),
        "asks_llm": routing.is_some_and(|routing| routing.undecided.is_some()),
    });
    Ok(explanation.to_string().into_bytes())
}

fn stages(plan: &Plan) -> Vec<String> {
    match &plan.reason {
        Reason::Route { findings, .. } if !findings.is_empty() => findings.iter().map(Finding::sentence).collect(),
        other => vec![other.sentence()],
    }
}
