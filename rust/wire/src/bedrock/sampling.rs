//! Which knobs of sampling a model takes. Spellings stay as they are.

use super::family::Family;
use crate::anthropic;
use crate::chat::{Feature, Lost, Request};

/// What is said of sampling.
#[derive(Clone, Copy)]
pub(super) struct Sampling<'a> {
    pub(super) temperature: Option<&'a str>,
    pub(super) top_p: Option<&'a str>,
    /// For which Converse has no word.
    pub(super) top_k: Option<&'a str>,
}

impl<'a> Sampling<'a> {
    /// `is_thinking`: Claude then uses its own.
    pub(super) fn of(form: &Request<'a>, family: Family, is_thinking: bool, lost: &mut Lost) -> Self {
        // 1 is Claude's default, so it may be left out where it is not taken.
        let is_said = |number: &&str| !family.is_claude() || number.parse() != Ok(1.0);
        let (temperature, top_p) = (form.temperature.filter(is_said), form.top_p.filter(is_said));
        let (is_free, takes_both) = match family {
            Family::Claude(model) => (
                model.sampling != anthropic::Sampling::Nothing && !is_thinking,
                model.sampling == anthropic::Sampling::All,
            ),
            Family::Nova | Family::Nova2 | Family::GptOss | Family::Other => (true, true),
        };
        // Converse takes no more than 1, whatever the model does.
        let is_cool = temperature.is_some_and(|number| number.parse().is_ok_and(|number: f64| number <= 1.0));
        let takes_top_p = is_free && (takes_both || temperature.is_none());
        let mut keep = |number: Option<&'a str>, is_taken: bool, feature| {
            if number.is_some() && !is_taken {
                lost.field(feature);
            }
            number.filter(|_| is_taken)
        };
        Self {
            temperature: keep(temperature, is_free && is_cool, Feature::Temperature),
            top_p: keep(top_p, takes_top_p, Feature::TopP),
            top_k: keep(form.top_k, is_free, Feature::TopK),
        }
    }
}
