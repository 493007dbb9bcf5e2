//! What types cannot say of routes.

use crate::config::routing::{Mode, Strategy};
use crate::config::{Config, ConfigError, Route};

/// Each label is in the prompt that asks for one.
const MAX_LABELS: usize = 50;
const MAX_LABEL_SENTENCE: usize = 300;
const MAX_PREFACE: usize = 4_000;

impl Config {
    pub(super) fn check_choice(&self, name: &str, route: &Route) -> Result<(), ConfigError> {
        self.check_strategy(name, route)?;
        self.check_classifier(name, route)?;
        for (tier, text) in &route.preface {
            self.check_tier(&["routes", name, "preface", tier], tier)?;
            if text.len() > MAX_PREFACE {
                let message = format!("a preface has at most {MAX_PREFACE} bytes");
                return Err(self.error(&["routes", name, "preface", tier], message));
            }
        }
        Ok(())
    }

    fn check_strategy(&self, name: &str, route: &Route) -> Result<(), ConfigError> {
        let path = ["routes", name, "threshold"];
        let is_fraction = |it: f32| (0.0..=1.0).contains(&it);
        match (route.strategy, &route.threshold) {
            (Strategy::Tasks, None) => Ok(()),
            (Strategy::Tasks, Some(_)) => Err(self
                .error(&path, "a threshold is of use with `strategy = \"threshold\"` only")
                .hint("set that strategy, or leave the threshold out")),
            (Strategy::Threshold, Some(it)) if it.share.is_some() != it.quality.is_some() => {
                if it.share.into_iter().chain(it.quality).all(is_fraction) {
                    return Ok(());
                }
                Err(self.error(&path, "`share` and `quality` are from 0 to 1"))
            }
            (Strategy::Threshold, _) => {
                Err(self.error(&["routes", name, "strategy"], "the threshold needs something to aim at").hint(
                    "threshold = { share = 0.6 }, the share of requests for the cheapest tier; or { quality = 0.9 }",
                ))
            }
        }
    }

    fn check_classifier(&self, name: &str, route: &Route) -> Result<(), ConfigError> {
        let settings = &route.classifier;
        let at = |field| ["routes", name, "classifier", field];
        if !(0.0..=1.0).contains(&settings.min_confidence) {
            return Err(self.error(&at("min_confidence"), "a confidence is from 0 to 1"));
        }
        let needs_llm = matches!(settings.mode, Mode::Llm | Mode::LocalThenLlm);
        match &settings.llm {
            Some(llm) => self.check_deployment(&["routes", name, "classifier", "llm", "model"], &llm.model)?,
            None if needs_llm => {
                return Err(self
                    .error(&at("mode"), "this mode needs a model to ask")
                    .hint("llm = { model = \"provider/model\" }"));
            }
            None => {}
        }
        if !settings.labels.is_empty() && settings.mode != Mode::Llm {
            return Err(self
                .error(&at("labels"), "the local classifier knows only its own tasks")
                .hint("set mode = \"llm\", or train it: `tiercel train classifier`"));
        }
        if settings.labels.len() > MAX_LABELS {
            return Err(self.error(&at("labels"), format!("there may be {MAX_LABELS} labels at most")));
        }
        for (label, sentence) in &settings.labels {
            self.check_name(&["routes", name, "classifier", "labels", label], label)?;
            if sentence.is_empty() || sentence.len() > MAX_LABEL_SENTENCE {
                let message = format!("say in one sentence, of at most {MAX_LABEL_SENTENCE} bytes, what `{label}` is");
                return Err(self.error(&["routes", name, "classifier", "labels", label], message));
            }
        }
        for (task, tier) in &settings.tasks {
            let path = ["routes", name, "classifier", "tasks", task];
            if !route.tiers.contains(tier) {
                return Err(self.unknown(&path, "tier of this route", tier, &route.tiers));
            }
        }
        Ok(())
    }
}
