//! What a rule asks of a request.

use super::bits::Bits;
use super::cel::{Condition, Undecided};
use super::scene::Scene;
use crate::config::{Hours, ResponseFormat, UtcOffset, Weekday};
use crate::pattern;
use std::fmt::Write;

/// One thing that a rule asks. Those of a rule stand in the order of what they cost.
#[derive(Debug)]
pub(super) enum Matcher {
    Turns(Bounds),
    Images(bool),
    Tools(bool),
    ResponseFormat(ResponseFormat),
    Hours(Hours, UtcOffset),
    Weekdays(Vec<Weekday>, UtcOffset),
    Tenants(Vec<String>),
    Keys(Vec<String>),
    Header(String, String),
    Metadata(String, String),
    /// What the bytes tell of tokens, before anything is searched.
    Bytes(Bounds),
    Characters(Bounds),
    AnyPhrase(Vec<usize>),
    AllPhrases(Vec<usize>),
    NoPhrase(Vec<usize>),
    AnyPattern(Vec<usize>),
    Code(bool),
    Languages(Vec<&'static str>),
    Tokens(Bounds),
    Tasks(Vec<String>, f32),
    When(Condition),
}

impl Matcher {
    pub(super) fn holds(&self, scene: &Scene<'_, '_>) -> Result<bool, Undecided> {
        let facts = &scene.facts;
        let phrases = |ids: &[usize], how: fn(&[usize], &Bits) -> bool| how(ids, &scene.found().phrases);
        Ok(match self {
            Self::Turns(bounds) => bounds.contain(facts.n_turns as usize),
            Self::Images(wanted) => *wanted == (facts.n_images > 0),
            Self::Tools(wanted) => *wanted == (facts.n_tools > 0),
            Self::ResponseFormat(wanted) => *wanted == facts.response_format,
            Self::Hours(hours, offset) => hours.contains(offset.local(facts.unix).0),
            Self::Weekdays(days, offset) => days.contains(&offset.local(facts.unix).1),
            Self::Tenants(patterns) => facts.tenant.is_some_and(|tenant| is_one_of(patterns, tenant)),
            Self::Keys(patterns) => is_one_of(patterns, facts.key),
            Self::Header(name, wanted) => (facts.header)(name).is_some_and(|value| pattern::matches(wanted, value)),
            Self::Metadata(name, wanted) => facts.metadata(name).is_some_and(|value| pattern::matches(wanted, value)),
            Self::Bytes(bounds) => {
                bounds.least.is_none_or(|least| scene.bytes_tell(least.into()) != Some(false))
                    && bounds.most.is_none_or(|most| scene.bytes_tell(u64::from(most) + 1) != Some(true))
            }
            Self::Characters(bounds) => bounds.contain(scene.characters()),
            Self::AnyPhrase(ids) => phrases(ids, |ids, found| ids.iter().any(|id| found.contains(*id))),
            Self::AllPhrases(ids) => phrases(ids, |ids, found| ids.iter().all(|id| found.contains(*id))),
            Self::NoPhrase(ids) => phrases(ids, |ids, found| !ids.iter().any(|id| found.contains(*id))),
            Self::AnyPattern(ids) => ids.iter().any(|id| scene.matched().matched(*id)),
            Self::Code(wanted) => *wanted == scene.has_code(),
            Self::Languages(wanted) => scene.language().is_some_and(|language| wanted.contains(&language)),
            Self::Tokens(bounds) => {
                bounds.least.is_none_or(|least| scene.has_tokens(least.into()))
                    && bounds.most.is_none_or(|most| !scene.has_tokens(u64::from(most) + 1))
            }
            Self::Tasks(tasks, least) => scene
                .task()
                .is_some_and(|(task, confidence)| confidence >= *least && tasks.iter().any(|other| other == task)),
            Self::When(condition) => return condition.holds(scene),
        })
    }

    /// Why it held, in the words of the configuration: what the client wrote is none of it. `phrases` and `patterns`
    /// are those of the route, by number.
    pub(super) fn why(&self, scene: &Scene<'_, '_>, phrases: &[String], patterns: &[String]) -> Option<String> {
        let facts = &scene.facts;
        let quoted = |ids: &[usize], names: &[String], is_there: &dyn Fn(usize) -> bool| {
            let found = ids.iter().filter(|id| is_there(**id)).filter_map(|id| names.get(*id));
            found.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        };
        let is_found = |id: usize| scene.found().phrases.contains(id);
        Some(match self {
            Self::Turns(bounds) => bounds.why(facts.n_turns.into(), "turns"),
            Self::Images(true) => format!("{} images", facts.n_images),
            Self::Images(false) => "no images".to_owned(),
            Self::Tools(true) => format!("{} tools", facts.n_tools),
            Self::Tools(false) => "no tools".to_owned(),
            Self::ResponseFormat(format) => format!("the answer is wanted as {}", format.name()),
            Self::Hours(_, offset) => {
                let minute = offset.local(facts.unix).0;
                format!("it is {:02}:{:02}", minute / 60, minute % 60)
            }
            Self::Weekdays(_, offset) => format!("it is {}", offset.local(facts.unix).1.name()),
            Self::Tenants(_) => format!("tenant {}", facts.tenant.unwrap_or_default()),
            Self::Keys(_) => format!("key {}", facts.key),
            Self::Header(name, wanted) => format!("header {name} is \"{wanted}\""),
            Self::Metadata(name, wanted) => format!("metadata {name} is \"{wanted}\""),
            Self::Bytes(_) => return None,
            Self::Characters(bounds) => bounds.why(scene.characters() as u64, "characters"),
            Self::AnyPhrase(ids) | Self::AllPhrases(ids) => format!("contains {}", quoted(ids, phrases, &is_found)),
            Self::NoPhrase(ids) => format!("does not contain {}", quoted(ids, phrases, &|_| true)),
            Self::AnyPattern(ids) => {
                format!("matches {}", quoted(ids, patterns, &|id| scene.matched().matched(id)))
            }
            Self::Code(true) => "contains code".to_owned(),
            Self::Code(false) => "contains no code".to_owned(),
            Self::Languages(_) => format!("in {}", scene.language().unwrap_or_default()),
            Self::Tokens(bounds) => bounds.why(scene.tokens(), "tokens"),
            Self::Tasks(_, least) => {
                let (task, confidence) = scene.task().unwrap_or_default();
                format!("task {task}, {confidence:.2} >= {least:.2}")
            }
            Self::When(condition) => condition.source().to_owned(),
        })
    }
}

fn is_one_of(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|it| pattern::matches(it, name))
}

/// A least and a most, both allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: Option<u32>,
    pub(super) most: Option<u32>,
}

impl Bounds {
    fn contain(self, number: usize) -> bool {
        self.least.is_none_or(|least| number >= least as usize) && self.most.is_none_or(|most| number <= most as usize)
    }

    fn why(self, number: u64, unit: &str) -> String {
        let mut why = self.least.map_or_else(String::new, |least| format!("{least} <= "));
        // Writing to a `String` cannot fail.
        let _ = write!(why, "{number} {unit}");
        if let Some(most) = self.most {
            let _ = write!(why, " <= {most}");
        }
        why
    }
}
