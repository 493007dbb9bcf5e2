//! The end of a call: what was used, what it cost, and who is told.

use std::time::Duration;

use tiercel_core::money::NanoDollars;
use tiercel_core::plan::Plan;
use tiercel_core::settlement::{Attempt, CacheCheck, Outcome, Settlement, TokenUsage};
use tiercel_wire::Usage;

use crate::answer::Answer;
use crate::cache::Caching;
use crate::call::{Asked, Call};
use crate::demand::Demand;
use crate::idempotency::Idempotency;
use crate::{Moment, attempt, describe};

/// Bytes of text that make a token, where the upstream does not say how many there were: OpenAI's rule of thumb for
/// English. The entry is marked as an estimate.
pub(crate) const BYTES_PER_TOKEN: u64 = 4;

/// What a call used: as the upstream reports it, else estimated from the bytes of prompt and answer. Where nothing is
/// written by a model, only what is reported counts.
pub(crate) fn usage(asked: Option<&Asked>, reported: Option<Usage>, n_content_bytes: u64) -> TokenUsage {
    match (reported, asked.and_then(|asked| asked.demand.billed())) {
        (Some(usage), _) => TokenUsage {
            input: usage.n_input,
            cache_read: usage.n_cache_read,
            cache_write: usage.n_cache_write,
            cache_write_1h: usage.n_cache_write_1h,
            output: usage.n_output,
            reasoning: usage.n_reasoning,
            is_estimated: false,
            is_suspect: usage.is_suspect,
            ..TokenUsage::default()
        },
        (None, Some(request)) => TokenUsage {
            input: request.n_prompt_bytes().div_ceil(BYTES_PER_TOKEN),
            output: n_content_bytes.div_ceil(BYTES_PER_TOKEN),
            is_estimated: true,
            ..TokenUsage::default()
        },
        (None, None) => TokenUsage::default(),
    }
}

/// What a call used whose answer broke off. Anthropic and Gemini report usage as they begin, so what was told last may be
/// of one token: no less than came is counted.
pub(crate) fn usage_so_far(asked: Option<&Asked>, answer: &Answer) -> TokenUsage {
    let (reported, n_content_bytes) = answer.usage();
    let told = usage(asked, reported, n_content_bytes);
    let n_came = n_content_bytes.div_ceil(BYTES_PER_TOKEN);
    if told.output < n_came { TokenUsage { output: n_came, is_estimated: true, ..told } } else { told }
}

/// What the call cost; `None` where no price is known.
pub(crate) fn cost(call: &Call, now: Moment) -> Option<NanoDollars> {
    if call.usage == TokenUsage::default() {
        let is_priced_otherwise =
            call.asked.as_ref().is_some_and(|asked| matches!(asked.demand, Demand::Passthrough(_)));
        // A picture or a minute of sound was not free because no tokens were told.
        let is_some = matches!(call.outcome, Some(Outcome::Answered | Outcome::Interrupted { .. }));
        // And one that was given before was paid for then.
        let is_unknown = is_priced_otherwise && is_some && !call.attempts.is_empty();
        return (!is_unknown).then_some(NanoDollars::ZERO);
    }
    let price = |attempt: &attempt::Attempt, usage: &TokenUsage| {
        let deployment = &attempt.deployment;
        call.gateway.prices().cost(&deployment.provider.name, &deployment.model, usage, now.unix)
    };
    let beside = call.attempts.iter().filter_map(|attempt| Some((attempt, attempt.usage.as_ref()?)));
    let own = price(call.current()?, &call.usage)?;
    beside.into_iter().try_fold(own, |sum, (attempt, usage)| sum.checked_add(price(attempt, usage)?))
}

/// Writes the one record that metrics, log and books read.
pub(crate) fn settle(call: &Call, verdict: Option<CacheCheck>, now: Moment) {
    let attempts: Vec<Attempt<'_>> = call
        .attempts
        .iter()
        .map(|attempt| Attempt {
            deployment: &attempt.deployment.name,
            outcome: attempt.outcome(),
            duration: attempt.end.map_or(Duration::ZERO, |(_, duration)| duration),
        })
        .collect();
    let deployment = call.current().map(|attempt| &attempt.deployment);
    let plan = call.asked.as_ref().map(|asked| &asked.plan);
    // Then no tier has answered.
    let is_from_cache = call.caching.as_ref().is_some_and(Caching::is_hit);
    let reason = call.asked.as_ref().map(|asked| describe::reason(asked, call.current())).unwrap_or_default();
    let undecided_rules: Vec<&str> = plan.into_iter().flat_map(Plan::undecided_rules).collect();
    call.gateway.record(&Settlement {
        request_id: &call.request_id,
        unix: call.began.unix,
        principal: call.principal.as_ref().map(|principal| &*principal.name),
        tenant: call.principal.as_ref().map(|principal| &*principal.tenant),
        endpoint: call.operation,
        requested_model: &call.requested_model,
        is_known_model: plan.is_some_and(|plan| plan.is_configured),
        route: plan.and_then(|plan| plan.route.as_deref()),
        tier: call.group().filter(|_| !is_from_cache).and_then(|group| group.tier.as_deref()),
        task: plan.and_then(Plan::known_task),
        reason: &reason,
        undecided_rules: &undecided_rules,
        provider: deployment.map(|deployment| &*deployment.provider.name),
        model: deployment.map(|deployment| &*deployment.model),
        status: call.status,
        outcome: call.outcome.unwrap_or(Outcome::ClientGone),
        idempotent: call.idempotency.as_ref().and_then(Idempotency::word),
        cache: call.caching.as_ref().map(Caching::word),
        saved: call.caching.as_ref().and_then(Caching::saved),
        check: call.caching.as_ref().and_then(Caching::check).or(verdict),
        is_stream: call.asked.as_ref().is_some_and(|asked| asked.demand.is_stream()),
        attempts: &attempts,
        usage: call.usage,
        cost: cost(call, now),
        price_version: call.gateway.prices().version(),
        overhead: call.overhead(now),
        time_to_first_token: call.first_token,
        duration: now.since(call.began),
        bytes_in: call.n_bytes_in as u64,
        bytes_out: call.n_bytes_out as u64,
    });
}
