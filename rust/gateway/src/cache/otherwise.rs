//! Answers to the same question in other words: given, or compared with what the model says.

use tiercel_core::config::CacheScope;
use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_core::settlement::CacheCheck;
use tiercel_semantic::bound::{Decision, Promise};
use tiercel_wire as wire;

use super::judge::Undecided;
use super::key::Key;
use super::meaning::{Class, Gist, Near, Trial};
use super::row::Row;
use super::{Caching, Found, Settings};
use crate::digest::Digest;
use crate::{Gateway, Moment, Reply};

/// An answer that the cache would have given, for the model's to be compared with.
pub(super) struct Candidate {
    pair: Pair,
    text: String,
    gist: Option<Gist>,
    /// Whether the class has asked for it.
    is_check: bool,
}

/// A question and what was found for it: what is learned by comparing both answers.
pub(super) struct Pair {
    trial: Trial,
    near: Near,
    partition: Digest,
    /// Of the row that the model's answer will have.
    own: Digest,
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
        let entries = gateway.shared.entries();
        let read = |id: &Digest| {
            let row = Row::decode(&entries.peek(id)?, id, &key.partition, &entries.secret())?;
            row.lives(now.unix).then_some(row)?.recast(request)
        };
        let (found, veto) = meanings.partitions.near(&key.partition, &key.question, min_cosine, read);
        if let Some(veto) = veto {
            gateway.shared.metrics.count_veto(veto.word());
        }
        let (near, row) = found?;
        let (trial, decision) =
            meanings.classes.decide(class(), settings.promise(), near.evidence, gateway.shared.draw());
        let (cosine, score) = (near.cosine, trial.score);
        match decision {
            Decision::Serve if settings.serves_other_words() => {
                entries.count_use(&near.id);
                meanings.classes.note_served(&row.name, trial);
                let age = now.unix.saturating_sub(row.created);
                self.outcome = Found::Semantic { cosine, score, name: row.name, age, saved: row.cost };
                return Some(row.reply);
            }
            Decision::Serve => self.outcome = Found::Shadow { cosine, score },
            Decision::Check | Decision::Ask => {}
        }
        let text = request.said(&row.reply.body).ok()?.text;
        let pair = Pair { trial, near, partition: key.partition, own: self.form.id(&key.exact) };
        self.candidate = Some(Candidate { pair, text, gist: row.gist, is_check: decision == Decision::Check });
        None
    }

    /// Compares what the model says with what would have been given.
    pub(super) fn compare(&mut self, gateway: &Gateway, text: &str, gist: &Gist) {
        let Some(Candidate { pair, text: cached, gist: of_cached, is_check }) = self.candidate.take() else { return };
        let settings = gateway.cache();
        let of_cached = of_cached.unwrap_or_else(|| Gist::of(&cached));
        let does_agree = gist.agrees(&of_cached, settings.answer_similarity);
        let is_wrong = does_agree != Some(true);
        if does_agree.is_none() && is_check && settings.judge.is_some() {
            let question = self.key.as_ref().map(|key| key.question.clone()).unwrap_or_default();
            self.undecided = Some(Undecided { pair, question, answers: [cached, text.to_owned()] });
            return;
        }
        if !is_check && settings.judge.is_none() {
            // Where there is a judge, only those that need none would be learned from, and they are all right.
            pair.learn(gateway, is_wrong);
        }
        if is_check {
            self.check = Some(pair.record(gateway, is_wrong));
        } else if !settings.serves_other_words() {
            self.check = Some(pair.end(is_wrong));
        }
    }
}

impl Pair {
    /// Has the class learn what a check that it asked for has shown.
    pub(super) fn record(&self, gateway: &Gateway, is_wrong: bool) -> CacheCheck {
        gateway.shared.meanings.classes.record(&self.trial, is_wrong);
        self.note(gateway, is_wrong);
        self.end(is_wrong)
    }

    /// Has it learn what was compared in any case.
    fn learn(&self, gateway: &Gateway, is_wrong: bool) {
        gateway.shared.meanings.classes.learn(&self.trial, is_wrong);
        self.note(gateway, is_wrong);
    }

    fn note(&self, gateway: &Gateway, is_wrong: bool) {
        let partitions = &gateway.shared.meanings.partitions;
        partitions.note_check(&self.partition, &self.near.id, is_wrong);
        if !is_wrong {
            partitions.join(&self.partition, &self.own, self.near.group);
        }
    }

    /// What is told of how it ended.
    fn end(&self, is_wrong: bool) -> CacheCheck {
        CacheCheck { score: self.trial.score, is_wrong }
    }
}

impl Settings {
    fn promise(&self) -> Promise {
        Promise { max_error: self.max_error, check_rate: self.check_rate }
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
