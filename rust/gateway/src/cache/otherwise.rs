//! Answers to the same question in other words: given, or compared with what the model says.

use tiercel_core::config::CacheScope;
use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_core::settlement::CacheCheck;
use tiercel_semantic::bound::{Check, Decision, Promise};
use tiercel_wire as wire;

use super::judge::Undecided;
use super::key::Key;
use super::meaning::{Class, Near, agree};
use super::row::Row;
use super::{Caching, Found, Settings};
use crate::{Gateway, Moment, Reply};

/// Below such a probability that an answer serves, it is none to be considered: most would be wrong.
const MIN_SCORE: f32 = 0.5;

/// What is tried of a class: whether an answer of such a score serves.
pub(super) struct Trial {
    class: Class,
    score: f32,
}

/// An answer that the cache would have given, for the model's to be compared with.
pub(super) struct Candidate {
    trial: Trial,
    text: String,
    /// Whether the class learns from it. In shadow mode all are compared, for whoever reads the log.
    is_check: bool,
}

impl Caching {
    /// Looks for an answer that was given to other words. `None` where none may be given, whether there is one or not.
    pub(super) fn find_otherwise(
        &mut self,
        gateway: &Gateway,
        request: &wire::Request,
        key: &Key,
        class: impl FnOnce() -> Class,
        min_cosine: f32,
        now: Moment,
    ) -> Option<Reply> {
        let settings = gateway.cache();
        let meanings = &gateway.shared.meanings;
        let (candidates, veto) = meanings.partitions.near(&key.partition, &key.question, min_cosine);
        if let Some(veto) = veto {
            gateway.shared.metrics.count_veto(veto.word());
        }
        let entries = gateway.shared.entries();
        let readable = |near: Near| {
            let row = Row::decode(&entries.peek(&near.id)?, &near.id, &key.partition, &entries.secret())?;
            let row = row.lives(now.unix).then_some(row)?.recast(request)?;
            Some((near, row))
        };
        let (near, row) = candidates.into_iter().find_map(readable)?;
        let trial = Trial { class: class(), score: near.score };
        let decision = meanings.classes.decide(&trial.class, settings.promise(), trial.score, gateway.shared.draw());
        match decision {
            Decision::Serve if settings.serves_other_words() => {
                entries.count_use(&near.id);
                meanings.classes.note_served(&row.name, &trial.class, trial.score);
                let age = now.unix.saturating_sub(row.created);
                self.outcome = Found::Semantic { near, name: row.name, age, saved: row.cost };
                return Some(row.reply);
            }
            Decision::Serve => self.outcome = Found::Shadow(near),
            Decision::Ask if settings.serves_other_words() => return None,
            Decision::Check | Decision::Ask => {}
        }
        let text = request.said(&row.reply.body).ok()?.text;
        self.candidate = Some(Candidate { trial, text, is_check: decision == Decision::Check });
        None
    }

    /// Compares what the model says with what would have been given.
    pub(super) fn compare(&mut self, gateway: &Gateway, text: &str) {
        let Some(Candidate { trial, text: cached, is_check }) = self.candidate.take() else { return };
        let settings = gateway.cache();
        let does_agree = agree(text, &cached, settings.answer_similarity);
        if does_agree.is_none() && is_check && settings.judge.is_some() {
            let question = self.key.as_ref().map(|key| key.question.clone()).unwrap_or_default();
            self.undecided = Some(Undecided { trial, question, answers: [cached, text.to_owned()] });
            return;
        }
        let is_wrong = does_agree != Some(true);
        self.check = Some(if is_check { trial.record(gateway, is_wrong) } else { trial.end(is_wrong) });
    }
}

impl Trial {
    /// Has the class learn how it ended.
    pub(super) fn record(&self, gateway: &Gateway, is_wrong: bool) -> CacheCheck {
        gateway.shared.meanings.classes.record(&self.class, Check { score: self.score, is_wrong });
        self.end(is_wrong)
    }

    /// What is told of how it ended.
    fn end(&self, is_wrong: bool) -> CacheCheck {
        CacheCheck { score: self.score, is_wrong }
    }
}

impl Settings {
    fn promise(&self) -> Promise {
        Promise { max_error: self.max_error, check_rate: self.check_rate, min_score: MIN_SCORE }
    }
}

/// What a request to where `plan` leads is of.
pub(super) fn class(settings: &Settings, principal: &Principal, request: &wire::Request, plan: &Plan) -> Class {
    let scope = match settings.scope {
        CacheScope::Key => format!("{}/{}", principal.tenant, principal.name),
        CacheScope::Tenant => principal.tenant.to_string(),
        CacheScope::Global => "*".to_owned(),
    };
    // Names that only a client knows are no labels, and there are as many as it likes.
    let model = if plan.is_configured { request.model() } else { "other" };
    Class { scope, model: model.to_owned() }
}
