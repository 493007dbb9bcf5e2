//! From a request for a route to a tier: gathers what the stages of routing look at. They are in `tiercel_core::routing`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tiercel_core::config::Capability;
use tiercel_core::keys::Principal;
use tiercel_core::money::NanoDollars;
use tiercel_core::plan::Plan;
use tiercel_core::routing::{Costs, Decision, Input, Limits, Router, Session, Spending};
use tiercel_core::rules::Facts;
use tiercel_core::settlement::TokenUsage;
use tiercel_wire::{self as wire, Outline, ResponseFormat};

use crate::attempt::Attempt;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::{Gateway, Moment, count};

/// What is known of a call to a route beside its plan.
pub(crate) struct Routing {
    pub(crate) router: Arc<Router>,
    pub(crate) limits: Limits,
    /// What identifies the conversation.
    session: u64,
    /// What stands unless a model that is asked for the kind of request says otherwise.
    pub(crate) undecided: Option<Decision>,
}

/// Sends `request` where the route of `plan` has it go; `None` where a name leaves no choice.
///
/// # Errors
/// No tier of the route can do what is asked, or for so little.
pub(crate) fn route(
    plan: &mut Plan,
    request: &wire::Request,
    head: &Head<'_>,
    principal: &Principal,
    gateway: &Gateway,
    now: Moment,
) -> Result<Option<Routing>, Error> {
    let Some(router) = plan.router.clone() else { return Ok(None) };
    let outline = request.outline();
    let session = session(&outline, head, principal);
    let limits = Limits {
        needs: needs(&outline),
        max_cost: max_cost(&outline, head)?,
        spending: Spending { n_input: settle_tokens(&outline), max_output: outline.max_output_tokens },
        text: hash(&*outline.text),
    };
    let is_going_on = outline.n_turns > 1 || head.session.is_some() || outline.session.is_some();
    let count_tokens = || count::tokens(request);
    let metadata: Vec<(&str, &str)> = outline.metadata.iter().map(|(name, value)| (&**name, &**value)).collect();
    let header = |name: &str| head.header(name);
    let facts = Facts {
        text: &outline.text,
        n_text_bytes: outline.n_text_bytes,
        count_tokens: &count_tokens,
        n_messages: outline.n_messages,
        n_turns: outline.n_turns,
        n_images: outline.n_images,
        n_tools: outline.n_tools,
        response_format: outline.response_format.into(),
        key: &principal.name,
        tenant: Some(&principal.tenant),
        header: &header,
        metadata: &metadata,
        unix: now.unix,
        budget_left: None,
    };
    let input = Input {
        facts: &facts,
        previous: outline.previous.as_deref(),
        session: is_going_on.then_some(session),
        is_in_tool_loop: outline.is_in_tool_loop,
        tier: tier(head, principal, gateway)?,
        limits: &limits,
        now: now.monotonic,
    };
    let decision = router.decide(&input, &gateway.shared.routing, &costs(gateway, now)).map_err(refused)?;
    let undecided = decision.asks_llm.then(|| decision.clone());
    plan.take(decision);
    Ok(Some(Routing { router, limits, session, undecided }))
}

impl Routing {
    /// Remembers how the call ended that it had sent.
    pub(crate) fn settle(&self, plan: &Plan, attempt: &Attempt, usage: &TokenUsage, gateway: &Gateway, now: Moment) {
        let Some(tier) = plan.groups.get(attempt.group).and_then(|group| group.tier.clone()) else { return };
        let Some(task) = &plan.task else { return };
        let deployment = Arc::clone(&attempt.deployment.name);
        let answer = Session { tier, deployment, n_input: usage.all_input(), at: now.monotonic };
        self.router.settle(&gateway.shared.routing, task, self.session, answer, usage.output);
    }
}

pub(crate) fn costs(gateway: &Gateway, now: Moment) -> Costs<'_> {
    Costs { prices: gateway.prices(), unix: now.unix }
}

pub(crate) fn refused(message: String) -> Error {
    Error::new(Kind::NoTierFits, message)
}
