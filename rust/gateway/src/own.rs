//! A question of the gateway's own to a model: a call like a client's, with its own attempts, log line and cost.

use std::sync::Arc;

use serde_json::Value;
use tiercel_core::config::LlmSettings;
use tiercel_core::plan::{Plan, Reason};
use tiercel_core::registry::Deployment;
use tiercel_core::settlement::TokenUsage;
use tiercel_wire::{Client, Endpoint, Request, Unsupported};

use crate::call::{Asked, Call};
use crate::course::Course;
use crate::demand::Demand;
use crate::head::ClientTimeouts;
use crate::settle::BYTES_PER_TOKEN;
use crate::shared::Permit;
use crate::{Gateway, Moment, Reply};

/// What is asked, and of whom.
pub(crate) struct Question<'a> {
    /// What the log and the metrics call it.
    pub(crate) operation: &'static str,
    pub(crate) settings: &'a LlmSettings,
    /// In OpenAI's dialect, which is then translated like a client's own.
    pub(crate) body: Value,
    /// Tokens that the answer takes at most.
    pub(crate) max_output: u64,
}

impl Call {
    /// The call that asks `question` for this one.
    ///
    /// # Errors
    /// Why it cannot be asked, in a word.
    pub(crate) fn ask_for_it(&self, question: Question<'_>, now: Moment) -> Result<Self, &'static str> {
        let Question { operation, settings, body, max_output } = question;
        let gateway = &self.gateway;
        let deployment = gateway.registry().deployment(&settings.model).ok_or("unknown_model")?;
        let body = body.to_string();
        check_cost(gateway, settings, &deployment, body.len(), max_output, now)?;
        let request = Request::parse(Endpoint::ChatCompletions, None, body.as_bytes()).map_err(|_| "failed")?;
        let plan = Plan::of(Reason::Deployment, [gateway.registry().group_of(deployment)]);
        // What it costs is part of what the route costs.
        let route = self.asked.as_ref().and_then(|asked| asked.plan.route.clone());
        let timeout = Some(settings.timeout.get());
        let mut own = Self::new(gateway, now);
        own.operation = operation;
        own.client = Client::OpenAi;
        own.principal.clone_from(&self.principal);
        own.requested_model.clone_from(&settings.model);
        own.n_bytes_in = body.len();
        own.asked = Some(Asked {
            demand: Demand::Model(Arc::new(request)),
            plan: Plan { is_configured: true, route, ..plan },
            course: Course::default(),
            unsupported: Unsupported::Drop,
            client_timeouts: ClientTimeouts { total: timeout, read: None },
            routing: None,
            n_hops: self.asked.as_ref().map_or(0, |asked| asked.n_hops),
            forwarded: Vec::new(),
            _permit: Permit::new(&gateway.shared),
        });
        Ok(own)
    }
}

/// What the model said, or why it said nothing.
pub(crate) fn content(reply: &Reply) -> Result<String, &'static str> {
    if reply.status == 504 {
        return Err("timeout");
    }
    if reply.status != 200 {
        return Err("failed");
    }
    let answer: Value = serde_json::from_slice(&reply.body).map_err(|_| "failed")?;
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().trim();
    // Where the provider keeps to no schema, some models put a fence around JSON.
    Ok(content.trim_start_matches("```json").trim_matches('`').trim().to_owned())
}

/// A text that cannot end what stands between `<word>` and `</word>`.
pub(crate) fn fenced(word: &str, text: &str) -> String {
    let inner = text.replace(&format!("<{word}>"), &format!("< {word}>"));
    format!("<{word}>\n{}\n</{word}>", inner.replace(&format!("</{word}>"), &format!("< /{word}>")))
}

fn check_cost(
    gateway: &Gateway,
    settings: &LlmSettings,
    deployment: &Deployment,
    n_bytes: usize,
    max_output: u64,
    now: Moment,
) -> Result<(), &'static str> {
    let input = (n_bytes as u64).div_ceil(BYTES_PER_TOKEN);
    let usage = TokenUsage { input, output: max_output, ..TokenUsage::default() };
    let cost = gateway.prices().cost(&deployment.provider.name, &deployment.model, &usage, now.unix);
    if cost.is_some_and(|cost| cost > settings.max_cost.into()) { Err("too_dear") } else { Ok(()) }
}
