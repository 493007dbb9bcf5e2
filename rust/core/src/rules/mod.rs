//! Layer 1 of routing: what the operator knows of some requests, and what follows from it.
//!
//! The rules of a route are asked in order, and the first that holds decides, unless it says `continue`: then what it
//! says stands until a later one says otherwise.
//!
//! # How a thousand rules cost as little as one
//! All phrases of a route are found in one pass over the text, and all patterns in another. Each phrase knows the rules
//! that wait for it, so once the text was searched, only rules that could still hold are looked at. Within a rule, what
//! costs little is asked first. What is dear is found out once, for all rules, and only when a rule's answer depends
//! on it: tokens are counted only where the length in bytes does not tell.

mod bits;
mod cel;
mod code;
mod compile;
mod facts;
mod heeds;
mod language;
mod matcher;
mod phrases;
mod scene;

pub use cel::Undecided;
pub use facts::Facts;
pub use heeds::Heeds;
pub use scene::MAX_TOKEN_BYTES;

use crate::money::NanoDollars;
use matcher::Matcher;
use phrases::Phrases;
use regex::RegexSet;
use scene::Scene;
use std::fmt::Write;
use std::sync::Arc;

/// The rules of one route.
#[derive(Debug)]
pub struct Rules {
    /// In their order.
    all: Vec<Compiled>,
    phrases: Phrases,
    /// By number, as they are searched for.
    phrase_texts: Vec<String>,
    patterns: RegexSet,
}

#[derive(Debug)]
struct Compiled {
    name: Arc<str>,
    matchers: Vec<Matcher>,
    tier: Option<Arc<str>>,
    max_cost: Option<NanoDollars>,
    session: Option<bool>,
    goes_on: bool,
}

/// What the rules say of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// The rules that held, by their positions in the route, in order. Each but the last says `continue`, and the last
    /// may too.
    pub held: Vec<usize>,
    /// The tier to take, where a rule names one.
    pub tier: Option<Arc<str>>,
    /// The most that the request may cost, where a rule says it.
    pub max_cost: Option<NanoDollars>,
    /// Whether the conversation stays with its deployment, where a rule says it.
    pub session: Option<bool>,
    /// The rules that did not hold because their condition could not be evaluated.
    pub undecided: Vec<(usize, Undecided)>,
}

impl Rules {
    /// What the rules say of the request that `facts` are about.
    pub fn decide(&self, facts: &Facts<'_>) -> Decision {
        let scene = Scene::new(facts, &self.phrases, &self.patterns);
        let mut decision = Decision::default();
        let mut next = self.candidate(&scene, 0);
        while let Some((index, rule)) = next {
            match rule.holds(&scene) {
                Ok(true) => {
                    decision.take(index, rule);
                    if !rule.goes_on {
                        break;
                    }
                }
                Ok(false) => {}
                Err(why) => decision.undecided.push((index, why)),
            }
            next = self.candidate(&scene, index + 1);
        }
        decision
    }

    /// The first rule from `start` on that could hold, by what was found in the text if that was searched.
    fn candidate(&self, scene: &Scene<'_, '_>, start: usize) -> Option<(usize, &Compiled)> {
        let index = scene.found_already().map_or(Some(start), |found| found.rules.next(start))?;
        self.all.get(index).map(|rule| (index, rule))
    }

    /// The name of the rule at a position.
    pub fn name(&self, index: usize) -> Option<&Arc<str>> {
        self.all.get(index).map(|rule| &rule.name)
    }

    /// Why `decision` was made, for a person: `rule faq: contains "refund policy", 12 tokens <= 200`. What the client wrote is
    /// none of it, but for the names of its tenant and key. Counts what [`decide`](Self::decide) could do without.
    pub fn why(&self, decision: &Decision, facts: &Facts<'_>) -> String {
        let scene = Scene::new(facts, &self.phrases, &self.patterns);
        let mut why = String::new();
        for (index, reason) in &decision.undecided {
            if let Some(name) = self.name(*index) {
                // Writing to a `String` cannot fail.
                let _ = write!(why, "rule {name} was left out: {reason}; ");
            }
        }
        for rule in decision.held.iter().filter_map(|index| self.all.get(*index)) {
            let reasons =
                rule.matchers.iter().filter_map(|it| it.why(&scene, &self.phrase_texts, self.patterns.patterns()));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            let reasons = if reasons.is_empty() { "always" } else { &reasons };
            let _ = write!(why, "rule {}: {reasons}; ", rule.name);
        }
        if decision.held.is_empty() {
            why.push_str("no rule holds; ");
        }
        why.truncate(why.len() - "; ".len());
        why
    }
}

impl Compiled {
    fn holds(&self, scene: &Scene<'_, '_>) -> Result<bool, Undecided> {
        for matcher in &self.matchers {
            if !matcher.holds(scene)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Decision {
    fn take(&mut self, index: usize, rule: &Compiled) {
        self.held.push(index);
        self.tier = rule.tier.clone().or(self.tier.take());
        self.max_cost = rule.max_cost.or(self.max_cost);
        self.session = rule.session.or(self.session);
    }
}

/// As many of the first `n` bytes of `text` as are whole characters.
fn start_of(text: &str, n: usize) -> &str {
    (0..=n.min(text.len())).rev().find_map(|at| text.get(..at)).unwrap_or_default()
}
