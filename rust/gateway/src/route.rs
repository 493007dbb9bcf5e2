//! From a request for a route to a tier: gathers what the stages of routing look at. They are in `tiercel_core::routing`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tiercel_core::config;
use tiercel_core::keys::Principal;
use tiercel_core::models::Capability;
use tiercel_core::money::NanoDollars;
use tiercel_core::plan::Plan;
use tiercel_core::routing::{Costs, Decision, Input, Limits, Refusal, Router, Session, Spending};
use tiercel_core::rules::Facts;
use tiercel_core::settlement::{Outcome, TokenUsage};
use tiercel_wire::{self as wire, Outline, ResponseFormat};

use crate::attempt::Attempt;
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::{Gateway, Moment, count, settle};

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
    explains: bool,
    now: Moment,
) -> Result<Option<Routing>, Error> {
    let Some(router) = plan.router.clone() else { return Ok(None) };
    let outline = request.outline();
    let session = session(&outline, head, principal);
    let limits = Limits {
        needs: needs(&outline),
        max_cost: max_cost(&outline, head)?,
        spending: Spending {
            n_input: (outline.n_text_bytes as u64).div_ceil(settle::BYTES_PER_TOKEN),
            max_output: outline.max_output_tokens,
        },
        text: hash(&*outline.text),
    };
    let is_going_on = outline.n_turns > 1 || head.session.is_some();
    let count_tokens = || count::tokens(request);
    let metadata: Vec<(&str, &str)> = outline.metadata.iter().map(|(name, value)| (&**name, &**value)).collect();
    let header = |name: &str| head.header(name);
    let glance = router.glance(&outline.text);
    let (task, p_cheap) = (|| glance.task(), || Some(glance.p_cheap()));
    let facts = Facts {
        text: &outline.text,
        n_text_bytes: outline.n_text_bytes,
        count_tokens: &count_tokens,
        n_messages: outline.n_messages,
        n_turns: outline.n_turns,
        n_images: outline.n_images,
        n_tools: outline.n_tools,
        response_format: response_format(outline.response_format),
        key: &principal.name,
        tenant: Some(&principal.tenant),
        header: &header,
        metadata: &metadata,
        task: &task,
        p_cheap: &p_cheap,
        unix: now.unix,
        budget_left: None,
    };
    let input = Input {
        facts: &facts,
        glance: &glance,
        previous: outline.previous.as_deref(),
        session: is_going_on.then_some(session),
        is_in_tool_loop: outline.is_in_tool_loop,
        tier: tier(plan, head, principal, gateway)?,
        limits: &limits,
        explains,
        now: now.monotonic,
    };
    let decision = router.decide(&input, &gateway.shared.routing, &costs(gateway, now)).map_err(refused)?;
    let undecided = decision.asks_llm.then(|| decision.clone());
    plan.take(decision);
    Ok(Some(Routing { router, limits, session, undecided }))
}

impl Call {
    /// What an answer teaches for the requests after it.
    pub(crate) fn remember(&self, now: Moment) {
        if let (Some(Outcome::Answered), Some(asked), Some(attempt)) = (self.outcome, &self.asked, self.current())
            && let Some(routing) = &asked.routing
        {
            routing.settle(&asked.plan, attempt, &self.usage, &self.gateway, now);
        }
    }
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

pub(crate) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Incapable(message) => Error::new(Kind::Unsupported, message),
        Refusal::TooDear(message) => Error::new(Kind::TooDear, message),
    }
}

/// What identifies a conversation: the client's own word for it, else how it begins. Two clients never share one.
fn session(outline: &Outline<'_>, head: &Head<'_>, principal: &Principal) -> u64 {
    match head.session {
        Some(name) => hash((&*principal.name, name)),
        // A user may have several.
        None => hash((&*principal.name, &outline.session, outline.opening)),
    }
}

fn response_format(format: ResponseFormat) -> config::ResponseFormat {
    match format {
        ResponseFormat::Text => config::ResponseFormat::Text,
        ResponseFormat::JsonObject => config::ResponseFormat::JsonObject,
        ResponseFormat::JsonSchema => config::ResponseFormat::JsonSchema,
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What whoever answers must be able to do.
fn needs(outline: &Outline<'_>) -> Vec<Capability> {
    let needs = [
        (outline.n_images > 0, Capability::Vision),
        (outline.n_tools > 0, Capability::Tools),
        (outline.response_format == ResponseFormat::JsonSchema, Capability::JsonSchema),
    ];
    needs.into_iter().filter_map(|(is_needed, capability)| is_needed.then_some(capability)).collect()
}

/// The least that a header or the body's metadata allow it to cost.
fn max_cost(outline: &Outline<'_>, head: &Head<'_>) -> Result<Option<NanoDollars>, Error> {
    let metadata = outline.metadata.iter().find(|(name, _)| name == "max_cost").map(|(_, value)| &**value);
    let costs = [("the x-tiercel-max-cost header", head.max_cost), ("metadata's max_cost", metadata)];
    let mut least = None;
    for (place, text) in costs.into_iter().filter_map(|(place, text)| Some((place, text?))) {
        let dollars: Option<f64> = text.trim().parse().ok().filter(|dollars| (0.0..=1e6).contains(dollars));
        let dollars = dollars.ok_or_else(|| {
            Error::new(Kind::MalformedHead, format!("{place} is no number of dollars from 0 to 1,000,000"))
        })?;
        let cost = NanoDollars::from_dollars(dollars);
        least = Some(least.map_or(cost, |least: NanoDollars| least.min(cost)));
    }
    Ok(least)
}

/// The tier that the client asks for, which its key must be allowed to ask for by name; `None` where a name leaves no choice.
///
/// # Errors
/// It is no tier, or none that this key may have.
pub(crate) fn tier<'a>(
    plan: &Plan,
    head: &Head<'a>,
    principal: &Principal,
    gateway: &Gateway,
) -> Result<Option<&'a str>, Error> {
    let Some(tier) = head.tier.filter(|_| plan.router.is_some()) else { return Ok(None) };
    let plan = gateway.plan(principal, tier).map_err(|error| error.about("x-tiercel-tier"))?;
    if plan.tier().is_some_and(|found| **found == *tier) && plan.route.is_none() {
        return Ok(Some(tier));
    }
    Err(Error::new(Kind::UnknownModel, format!("x-tiercel-tier: `{}` is no tier", tier.escape_debug())))
}
