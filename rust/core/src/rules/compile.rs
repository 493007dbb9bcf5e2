//! From the rules of a configuration to what decides.

use super::cel::{self, Condition};
use super::language;
use super::matcher::{Bounds, Matcher};
use super::phrases::Gathering;
use super::{Compiled, Rules};
use crate::config::{Config, ConfigError, Rule};
use crate::money::NanoDollars;
use crate::nearest;
use ::cel::Env;
use regex::RegexSetBuilder;
use std::sync::Arc;

/// In bytes. A longer one is no phrase.
const MAX_PHRASE: usize = 256;
/// In bytes, of all phrases of a route. While they are compiled, a byte takes some hundred.
const MAX_PHRASES: usize = 1 << 20;
/// In bytes.
const MAX_PATTERN: usize = 1_000;
/// In a route.
const MAX_PATTERNS: usize = 1_000;
/// In bytes, of what all patterns of a route compile to.
const MAX_COMPILED_PATTERNS: usize = 10 << 20;

impl Rules {
    /// Compiles the rules of `route`, one of the configuration's, whose classifier tells `tasks` apart.
    ///
    /// # Errors
    /// The first phrase, pattern, expression, language or task that cannot be used.
    pub fn compile(config: &Config, route: &str, tasks: &[Arc<str>]) -> Result<Self, ConfigError> {
        let written = config.routes.get(route).map_or_else(Default::default, |route| &*route.rules);
        let path = ["routes", route, "rules"];
        let environment = cel::environment();
        let mut compiler =
            Compiler { config, tasks, environment: &environment, phrases: Gathering::default(), patterns: Vec::new() };
        let mut rules = Vec::with_capacity(written.len());
        for (index, rule) in written.iter().enumerate() {
            let matchers = compiler.matchers(&[&path[..], &[&index.to_string()]].concat(), index, rule)?;
            rules.push(Compiled {
                name: rule.name.as_str().into(),
                matchers,
                tier: rule.tier.as_deref().map(Arc::from),
                max_cost: rule.max_cost.map(NanoDollars::from),
                session: rule.session,
                goes_on: rule.goes_on,
            });
        }
        let phrase_texts = compiler.phrases.texts();
        let phrases = compiler.phrases.build(rules.len());
        let phrases = phrases.map_err(|_| config.error(&path, "the phrases are too long together"))?;
        // Each was read already, so what is left is their size.
        let patterns = RegexSetBuilder::new(&compiler.patterns).size_limit(MAX_COMPILED_PATTERNS).build();
        let patterns = patterns.map_err(|_| config.error(&path, "the patterns are too large together"))?;
        Ok(Self { all: rules, phrases, phrase_texts, patterns })
    }
}

struct Compiler<'a> {
    config: &'a Config,
    tasks: &'a [Arc<str>],
    environment: &'a Arc<Env>,
    phrases: Gathering,
    patterns: Vec<String>,
}

impl Compiler<'_> {
    /// In the order of what they cost.
    fn matchers(&mut self, path: &[&str], index: usize, rule: &Rule) -> Result<Vec<Matcher>, ConfigError> {
        let mut matchers = Vec::new();
        let bounds = |least: Option<u32>, most: Option<u32>| {
            (least.is_some() || most.is_some()).then_some(Bounds { least, most })
        };
        let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let tokens = bounds(rule.min_tokens, rule.max_tokens);
        matchers.extend(bounds(rule.min_turns, rule.max_turns).map(Matcher::Turns));
        matchers.extend(rule.has_images.map(Matcher::Images));
        matchers.extend(rule.has_tools.map(Matcher::Tools));
        matchers.extend(rule.response_format.map(Matcher::ResponseFormat));
        matchers.extend(rule.hours.map(|hours| Matcher::Hours(hours, rule.timezone)));
        if !rule.weekdays.is_empty() {
            matchers.push(Matcher::Weekdays(rule.weekdays.clone(), rule.timezone));
        }
        matchers.extend(list(&rule.tenants).map(Matcher::Tenants));
        matchers.extend(list(&rule.keys).map(Matcher::Keys));
        let header = |(name, wanted): (&String, &String)| Matcher::Header(name.to_ascii_lowercase(), wanted.clone());
        matchers.extend(rule.headers.iter().map(header));
        matchers.extend(rule.metadata.iter().map(|(name, wanted)| Matcher::Metadata(name.clone(), wanted.clone())));
        matchers.extend(tokens.map(Matcher::Bytes));
        matchers.extend(bounds(rule.min_characters, rule.max_characters).map(Matcher::Characters));
        self.add_phrases(&mut matchers, path, index, rule)?;
        if !rule.any_pattern.is_empty() {
            matchers.push(Matcher::AnyPattern(self.add_patterns(path, &rule.any_pattern)?));
        }
        matchers.extend(rule.has_code.map(Matcher::Code));
        if !rule.languages.is_empty() {
            matchers.push(Matcher::Languages(self.languages(path, &rule.languages)?));
        }
        matchers.extend(tokens.map(Matcher::Tokens));
        let least = rule.min_confidence.unwrap_or(0.0);
        self.check_tasks(path, &rule.tasks)?;
        matchers.extend(list(&rule.tasks).map(|tasks| Matcher::Tasks(tasks, least)));
        if let Some(source) = &rule.when {
            let condition = Condition::compile(source, rule.timezone, self.tasks, self.environment);
            let condition = condition.map_err(|mistake| {
                let error = self.config.error_inside(&[path, &["when"]].concat(), &mistake.at, mistake.message);
                mistake.hint.into_iter().fold(error, ConfigError::hint)
            })?;
            matchers.push(Matcher::When(condition));
        }
        Ok(matchers)
    }

    fn add_phrases(
        &mut self,
        matchers: &mut Vec<Matcher>,
        path: &[&str],
        index: usize,
        rule: &Rule,
    ) -> Result<(), ConfigError> {
        let any = self.numbers(path, "any_phrase", &rule.any_phrase)?;
        let all = self.numbers(path, "all_phrases", &rule.all_phrases)?;
        let none = self.numbers(path, "no_phrase", &rule.no_phrase)?;
        if !any.is_empty() || !all.is_empty() {
            self.phrases.wait(index, if any.is_empty() { &all } else { &any });
        }
        let lists: [(_, fn(_) -> _); 3] =
            [(any, Matcher::AnyPhrase), (all, Matcher::AllPhrases), (none, Matcher::NoPhrase)];
        matchers.extend(lists.into_iter().filter(|(list, _)| !list.is_empty()).map(|(list, matcher)| matcher(list)));
        Ok(())
    }

    fn numbers(&mut self, path: &[&str], field: &str, phrases: &[String]) -> Result<Vec<usize>, ConfigError> {
        let mut numbers = Vec::with_capacity(phrases.len());
        for (index, phrase) in phrases.iter().enumerate() {
            let wrong = |message| Err(self.config.error(&[path, &[field, &index.to_string()]].concat(), message));
            if phrase.trim().is_empty() || phrase.len() > MAX_PHRASE {
                return wrong(format!("a phrase has from 1 to {MAX_PHRASE} bytes, not all of them space"));
            }
            numbers.push(self.phrases.number(phrase));
            if self.phrases.n_bytes() > MAX_PHRASES {
                return wrong("the phrases of a route have at most 1 MiB together".to_owned());
            }
        }
        Ok(numbers)
    }

    fn add_patterns(&mut self, path: &[&str], patterns: &[String]) -> Result<Vec<usize>, ConfigError> {
        let mut numbers = Vec::with_capacity(patterns.len());
        for (index, pattern) in patterns.iter().enumerate() {
            let position = index.to_string();
            let path = [path, &["any_pattern", &position]].concat();
            if pattern.is_empty() || pattern.len() > MAX_PATTERN {
                return Err(self.config.error(&path, format!("a pattern has from 1 to {MAX_PATTERN} bytes")));
            }
            if self.patterns.len() == MAX_PATTERNS {
                let message = format!("the rules of a route have at most {MAX_PATTERNS} patterns");
                return Err(self.config.error(&path, message));
            }
            regex_syntax::parse(pattern).map_err(|error| match &error {
                regex_syntax::Error::Parse(error) => self.pattern_error(&path, error.span(), error.kind()),
                regex_syntax::Error::Translate(error) => self.pattern_error(&path, error.span(), error.kind()),
                _ => self.config.error(&path, "this is not a regular expression"),
            })?;
            numbers.push(self.patterns.len());
            self.patterns.push(pattern.clone());
        }
        Ok(numbers)
    }

    fn pattern_error(
        &self,
        path: &[&str],
        span: &regex_syntax::ast::Span,
        kind: &dyn std::fmt::Display,
    ) -> ConfigError {
        let at = span.start.offset..span.end.offset.max(span.start.offset + 1);
        let error = self.config.error_inside(path, &at, format!("this is not a regular expression: {kind}"));
        error.hint("in single quotes a backslash needs no second one: '\\d+'")
    }

    fn check_tasks(&self, path: &[&str], tasks: &[String]) -> Result<(), ConfigError> {
        let known = self.tasks.iter().map(|task| &**task);
        let unknown = tasks.iter().enumerate().find(|(_, task)| !known.clone().any(|it| it == *task));
        unknown.map_or(Ok(()), |(index, task)| {
            let position = index.to_string();
            let path = [path, &["tasks", &position]].concat();
            Err(self.config.error(&path, format!("unknown task `{task}`")).hint(nearest::hint(task, known)))
        })
    }

    fn languages(&self, path: &[&str], codes: &[String]) -> Result<Vec<&'static str>, ConfigError> {
        let each = codes.iter().enumerate().map(|(index, code)| {
            language::named(code).map_err(|near| {
                let message = format!("no language that can be told is written `{code}`");
                let error = self.config.error(&[path, &["languages", &index.to_string()]].concat(), message);
                match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("languages are written as in ISO 639-1: `de`, `hi`"),
                }
            })
        });
        each.collect()
    }
}
