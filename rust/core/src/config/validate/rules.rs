//! What types cannot say of rules. What a phrase, a pattern or an expression says, [`Rules`](crate::rules::Rules) finds out.

use crate::config::{Config, ConfigError, Route, Rule};
use std::collections::BTreeSet;

/// As many as the figures of `benches` are about, ten times.
const MAX_RULES: usize = 10_000;

impl Config {
    pub(super) fn check_rules(&self, name: &str, route: &Route) -> Result<(), ConfigError> {
        if route.rules.len() > MAX_RULES {
            return Err(self.error(&["routes", name, "rules"], format!("a route has at most {MAX_RULES} rules")));
        }
        let mut names = BTreeSet::new();
        for (index, rule) in route.rules.iter().enumerate() {
            let position = index.to_string();
            let path = ["routes", name, "rules", &position];
            self.check_name(&[&path[..], &["name"]].concat(), &rule.name)?;
            if !names.insert(&rule.name) {
                let message = format!("two rules of the route are called `{}`", rule.name);
                return Err(self.error(&[&path[..], &["name"]].concat(), message));
            }
            self.check_rule(&path, rule)?;
        }
        Ok(())
    }

    fn check_rule(&self, path: &[&str], rule: &Rule) -> Result<(), ConfigError> {
        let at = |field| [path, &[field]].concat();
        let bounds = [
            ("max_tokens", rule.min_tokens, rule.max_tokens),
            ("max_characters", rule.min_characters, rule.max_characters),
            ("max_turns", rule.min_turns, rule.max_turns),
        ];
        for (field, least, most) in bounds {
            if least.zip(most).is_some_and(|(least, most)| least > most) {
                return Err(self.error(&at(field), "the least must not exceed the most"));
            }
        }
        if let Some(confidence) = rule.min_confidence {
            if rule.tasks.is_empty() {
                return Err(self.error(&at("min_confidence"), "`min_confidence` is for `tasks`, and there is none"));
            }
            if !(0.0..=1.0).contains(&confidence) {
                return Err(self.error(&at("min_confidence"), "a confidence is from 0 to 1"));
            }
        }
        if rule.tier.is_none() && rule.max_cost.is_none() && rule.session.is_none() {
            let error = self.error(path, format!("rule `{}` does nothing", rule.name));
            return Err(error.hint("say which tier it takes: use = \"...\"; or set `max_cost` or `session`"));
        }
        rule.tier.iter().try_for_each(|tier| self.check_tier(&at("use"), tier))
    }
}
