//! Answers that are given again to whoever asks the same.
//!
//! # What is the same
//! Everything on which an answer may depend makes the *partition*: who asks, which model, every parameter, the
//! instructions, the whole conversation but the last words of the user. An answer is found within its partition alone,
//! and there only by the same words. So no question that differs in anything gets it, and nothing has to be compared.
//!
//! # What is kept
//! Answers that came whole and say something: what was cut short, kept back or refused may be better next time, and what
//! calls tools is half of an exchange.
//!
//! # Who waits
//! Whoever asks what is being answered gets that answer, if a whole answer is wanted: a stream that waited for another
//! one's end would begin later than by asking. A wait has a bound, and so has the number of those who wait.
//!
//! # In other words
//! Where it is configured, an answer may also be given to a question that is asked otherwise: see [`meaning`].
//!
//! # Before routing
//! What is known need not be routed. So that an answer does not go to a request that would have gone elsewhere, what the
//! rules of a route look at beside the body belongs to the partition too.

mod control;
mod flights;
mod judge;
mod key;
mod manage;
mod meaning;
mod memory;
mod negative;
mod otherwise;
mod row;
mod store;

pub(crate) use control::{CacheControl, Settings};
pub(crate) use flights::Flights;
pub(crate) use judge::Judging;
pub(crate) use manage::{Management, manage};
pub use meaning::CacheFollower;
pub(crate) use meaning::Meanings;
pub(crate) use memory::Memory;
pub use store::{Change, Entry, Limits, MAX_CHANGES, Size, Store, Tail, worth};

use std::time::Duration;

use tiercel_core::keys::Principal;
use tiercel_core::money::NanoDollars;
use tiercel_core::plan::{Plan, Reason};
use tiercel_core::settlement::{CacheCheck, Outcome};
use tiercel_wire as wire;

use crate::attempt::Next;
use crate::call::Call;
use crate::demand::Demand;
use crate::digest::Digest;
use crate::head::Head;
use crate::{Gateway, Moment, Reply, describe, settle};

use flights::Place;
use judge::Undecided;
use key::Key;
use meaning::Gist;
use otherwise::Candidate;
use row::{Form, Row};

/// How long a call waits until it looks again whether what it asks was answered: at first, and at most.
const SOONEST: Duration = Duration::from_millis(5);
const LATEST: Duration = Duration::from_millis(100);
/// How long it waits in all, before it asks on its own.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a call has to do with the cache.
pub(crate) struct Caching {
    /// What it asks; `None` where the cache is left out.
    key: Option<Key>,
    form: Form,
    outcome: Found,
    place: Place,
    n_looks: u32,
    tags: Vec<String>,
    /// What the model's answer is to be compared with, and what came of it.
    candidate: Option<Candidate>,
    /// Where that does not tell.
    undecided: Option<Undecided>,
    check: Option<CacheCheck>,
}

/// What came of looking.
enum Found {
    /// The same question.
    Exact { name: String, age: Duration, saved: Option<NanoDollars> },
    /// The same question in other words.
    Semantic { cosine: f32, score: f32, name: String, age: Duration, saved: Option<NanoDollars> },
    /// The same, but answers to other words are not given yet.
    Shadow { cosine: f32, score: f32 },
    /// Nothing.
    Miss,
    /// It was not looked for, since it may not be, or was told not to.
    Bypass(&'static str),
}

impl Caching {
    /// The word for what came of looking, as log and metrics have it.
    pub(crate) fn word(&self) -> &'static str {
        match self.outcome {
            Found::Exact { .. } => "exact",
            Found::Semantic { .. } => "semantic",
            Found::Shadow { .. } => "shadow",
            Found::Miss => "miss",
            Found::Bypass(_) => "bypass",
        }
    }

    /// Whether the answer is from there.
    pub(crate) fn is_hit(&self) -> bool {
        matches!(self.outcome, Found::Exact { .. } | Found::Semantic { .. })
    }

    /// What the answer had cost.
    pub(crate) fn saved(&self) -> Option<NanoDollars> {
        match self.outcome {
            Found::Exact { saved, .. } | Found::Semantic { saved, .. } => saved,
            Found::Shadow { .. } | Found::Miss | Found::Bypass(_) => None,
        }
    }

    /// What came of comparing the model's answer with that to a near question.
    pub(crate) fn check(&self) -> Option<CacheCheck> {
        self.check
    }

    /// What a client is told of it.
    pub(crate) fn header(&self) -> String {
        match &self.outcome {
            Found::Exact { name, age, .. } => format!("exact;age={};id={name}", age.as_secs()),
            Found::Semantic { cosine, score, name, age, .. } => {
                format!("semantic;sim={cosine:.2};p={score:.2};age={};id={name}", age.as_secs())
            }
            Found::Shadow { cosine, score } => format!("shadow;sim={cosine:.2};p={score:.2}"),
            Found::Miss => "miss".to_owned(),
            Found::Bypass(reason) => format!("bypass;reason={reason}"),
        }
    }
}

/// Looks for the answer to what `demand` asks; `None` where there is no cache for it. With the answer, where there is one.
pub(crate) fn look_up(
    gateway: &Gateway,
    demand: &Demand,
    plan: &Plan,
    head: &Head<'_>,
    principal: &Principal,
    now: Moment,
) -> Option<(Caching, Option<Reply>)> {
    let settings = gateway.cache();
    let Demand::Model(request) = demand else { return None };
    if !settings.is_enabled {
        return None;
    }
    let outline = request.outline();
    let inquiry = request.inquiry(&outline);
    let mut caching = Caching {
        key: None,
        form: Form::of(request),
        outcome: Found::Miss,
        place: Place::Nowhere,
        n_looks: 0,
        tags: head.cache.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        candidate: None,
        undecided: None,
        check: None,
    };
    let bypass = match inquiry.is_for_nobody_else {
        Some(reason) => Some(reason),
        None if head.cache.is_no_store => Some("no_store"),
        None if inquiry.temperature.is_some_and(|it| it > settings.max_temperature) => Some("temperature"),
        None => None,
    };
    if let Some(reason) = bypass {
        caching.outcome = Found::Bypass(reason);
        return Some((caching, None));
    }
    let key = key::key(settings, request, &inquiry, &outline, plan, head, principal);
    let mut reply = None;
    if head.cache.is_no_cache {
        // It asks for an answer of its own, which nobody else's is.
        caching.place = Place::Alone;
    } else {
        reply = caching.find(gateway, request, &key, now);
        if reply.is_none() && settings.mode.is_by_meaning() && key.serves_other_words && !head.cache.is_exact {
            let class = || otherwise::class(settings, principal, request, plan);
            reply = caching.find_otherwise(gateway, request, &key, class, head.cache.min_similarity, now);
        }
    }
    caching.key = Some(key);
    Some((caching, reply))
}

impl Caching {
    /// The answer to `key` in the form that is wanted, if it is known.
    fn find(&mut self, gateway: &Gateway, request: &wire::Request, key: &Key, now: Moment) -> Option<Reply> {
        let entries = gateway.shared.entries();
        let read = |form: Form| {
            let id = form.id(&key.exact);
            let row = Row::decode(&entries.get(&id)?, &id, &key.partition, &entries.secret())?;
            row.lives(now.unix).then_some(row)
        };
        let recast = |form: &Form| read(*form)?.recast(request);
        let row = read(self.form).or_else(|| self.form.others().iter().find_map(recast))?;
        let age = now.unix.saturating_sub(row.created);
        self.outcome = Found::Exact { name: row.name, age, saved: row.cost };
        Some(row.reply)
    }
}

impl Call {
    /// Takes the answer from the cache.
    pub(crate) fn answer_from_cache(&mut self, mut reply: Reply, now: Moment) {
        let Some(caching) = &self.caching else { return };
        let reason = Reason::Cache(caching.word());
        reply.headers.retain(|(name, _)| name != "x-tiercel-reason");
        describe::sign(&mut reply, &self.request_id);
        reply.push("x-tiercel-reason", reason.to_string());
        reply.push("x-tiercel-cache", caching.header());
        reply.push("x-tiercel-cost-usd", NanoDollars::ZERO.to_string());
        if let Some(asked) = &mut self.asked {
            asked.plan.reason = reason;
        }
        self.first_token = Some(now.since(self.began));
        self.outcome = Some(Outcome::Answered);
        self.answer_with(reply);
    }

    /// Looks whether another call is being answered what this one asks; `None` where this one is to go on.
    pub(crate) fn next_of_same_question(&mut self, now: Moment) -> Option<Next> {
        let caching = self.caching.as_mut()?;
        let key = caching.key.as_ref()?;
        if !matches!(caching.place, Place::Nowhere | Place::Waiting) {
            self.begin_recording_for_cache();
            return None;
        }
        let is_back = matches!(caching.place, Place::Waiting);
        let is_patient = now.since(self.began) < PATIENCE && caching.form == Form::Whole;
        caching.place = self.gateway.shared.flights.enter(&key.exact, is_patient, is_back);
        if is_back && let Some(Demand::Model(request)) = self.asked.as_ref().map(|asked| &asked.demand) {
            let (key, request) = (key.clone(), std::sync::Arc::clone(request));
            if let Some(reply) = caching.find(&self.gateway, &request, &key, now) {
                self.leave_flight();
                self.answer_from_cache(reply, now);
                return Some(Next::Over);
            }
        }
        let caching = self.caching.as_mut()?;
        if caching.place == Place::Waiting {
            let time = SOONEST.saturating_mul(1 << caching.n_looks.min(8)).min(LATEST);
            caching.n_looks += 1;
            self.wait(now);
            return Some(Next::Pause { time, is_queued: false });
        }
        self.begin_recording_for_cache();
        None
    }

    fn begin_recording_for_cache(&mut self) {
        let max_answer = self.gateway.cache().max_answer;
        self.begin_recording(max_answer);
    }

    /// What this call is answered streams out: whoever waits for it waits for too long.
    pub(crate) fn begin_flight(&mut self) {
        if let Some((caching, key)) = self.caching.as_mut().and_then(|it| it.key.clone().map(|key| (it, key)))
            && caching.place == Place::Leading
        {
            self.gateway.shared.flights.begin(&key.exact);
        }
    }

    /// Nobody is to wait for this call any more.
    pub(crate) fn leave_flight(&mut self) {
        if let Some(caching) = &mut self.caching
            && let Some(key) = &caching.key
        {
            self.gateway.shared.flights.leave(&key.exact, std::mem::replace(&mut caching.place, Place::Alone));
        }
    }

    /// Keeps the answer, if it is one for others.
    pub(crate) fn keep_in_cache(&mut self, kept: Result<&Reply, &'static str>, now: Moment) {
        if self.caching.as_ref().is_none_or(|caching| caching.key.is_none()) {
            return;
        }
        let cost = settle::cost(self, now);
        let Some(caching) = &mut self.caching else { return };
        let Some(Demand::Model(request)) = self.asked.as_ref().map(|it| &it.demand) else { return };
        let said = kept.and_then(|reply| Ok((reply, request.said(&reply.body)?)));
        let settings = self.gateway.cache();
        let serves_other_words = caching.key.as_ref().is_some_and(|key| key.serves_other_words);
        let is_by_meaning = settings.mode.is_by_meaning() && serves_other_words;
        let gist = said.as_ref().ok().filter(|_| is_by_meaning).map(|(_, said)| Gist::of(&said.text));
        if let Ok((_, said)) = &said
            && let Some(gist) = &gist
        {
            caching.compare(&self.gateway, &said.text, gist);
        }
        let Some(key) = &caching.key else { return };
        let entries = self.gateway.shared.entries();
        let row = said.and_then(|(reply, _)| {
            let row = Row {
                name: name(&key.exact),
                created: Duration::from_secs(now.unix.as_secs()),
                ttl: settings.ttl_of(&key.exact),
                cost,
                usage: self.usage,
                tenant: self.principal.as_ref().map(|it| it.tenant.to_string()).unwrap_or_default(),
                model: self.requested_model.clone(),
                question: key.question.clone(),
                serves_other_words,
                gist,
                form: caching.form,
                tags: caching.tags.clone(),
                reply: reply.clone(),
            };
            let id = caching.form.id(&key.exact);
            let bytes = row.encode(&id, &key.partition, &entries.secret());
            if bytes.len() as u64 > settings.max_answer {
                return Err("too_large");
            }
            let worth = cost.map_or(0, |cost| cost.0);
            let entry = Entry { id, row: bytes, worth, ends: row.created + row.ttl };
            if entries.put(entry, settings.limits, now.unix) { Ok(()) } else { Err("unavailable") }
        });
        self.gateway.shared.metrics.count_kept(row.err().unwrap_or("stored"));
    }
}

/// What clients and operators call the answer to `exact`, in whichever form.
fn name(exact: &Digest) -> String {
    exact[..8].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
