//! What is known of the models of a provider: what they cost, how much they read, what they can do.
//!
//! Prices and context windows are those of the data set that calls are priced by. It does not say what a model can do;
//! that is known of well-known families, by their names.

use crate::catalogue;
use crate::pattern;
use crate::prices::{PriceTable, Rates};
use genai_prices::Calculator;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use std::time::Duration;

/// What is known of one model of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What the provider calls it.
    pub name: String,
    /// How many tokens it reads and writes at most.
    pub context_window: Option<u64>,
    /// What it costs, for a short prompt.
    pub rates: Option<Rates>,
    /// What it can do; `None` where nobody knows.
    pub capabilities: Option<&'static [Capability]>,
}

/// Something that not every model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// It sees images.
    Vision,
    /// It calls functions.
    Tools,
    /// It keeps to a JSON schema.
    JsonSchema,
    /// It thinks before it answers.
    Reasoning,
}

impl Capability {
    /// The one word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::JsonSchema => "json_schema",
            Self::Reasoning => "reasoning",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    families: Vec<Family>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    models: Vec<String>,
    can: Vec<Capability>,
}

/// The models of the provider that the catalogue calls `provider`, at `unix`, the time since the Unix epoch: those of
/// the data set, or the catalogue's own defaults where that does not have the provider.
pub fn of_provider(provider: &str, prices: &PriceTable, unix: Duration) -> Vec<Model> {
    let known = listed(provider);
    if known.is_empty() {
        let defaults = catalogue::entry(provider).into_iter().flat_map(|entry| entry.defaults.values());
        return defaults.map(|name| model(provider, name, None, prices, unix)).collect();
    }
    known.into_iter().map(|(name, window)| model(provider, name, window, prices, unix)).collect()
}

/// What is known of the model that `provider` calls `name`.
pub fn find(provider: &str, name: &str, prices: &PriceTable, unix: Duration) -> Model {
    let id = prices.model_id(provider, name, unix);
    let window = listed(provider).into_iter().find(|(known, _)| Some(*known) == id.as_deref()).and_then(|it| it.1);
    model(provider, name, window, prices, unix)
}

/// Names and context windows of the models that the data set has of a provider.
fn listed(provider: &str) -> Vec<(&'static str, Option<u64>)> {
    let id = catalogue::prices_id(provider);
    let known = Calculator::bundled().providers().find(|known| known.id() == id);
    known
        .into_iter()
        .flat_map(genai_prices::ProviderInfo::models)
        .map(|model| (model.id(), model.context_window()))
        .collect()
}

fn model(provider: &str, name: &str, context_window: Option<u64>, prices: &PriceTable, unix: Duration) -> Model {
    let rates = prices.rates(provider, name, 1, unix);
    Model { name: name.to_owned(), context_window, rates, capabilities: capabilities(name) }
}

/// Whether a model of that name is known to think before it answers.
pub(crate) fn reasons(name: &str) -> bool {
    capabilities(name).is_some_and(|can| can.contains(&Capability::Reasoning))
}

pub(crate) fn capabilities(name: &str) -> Option<&'static [Capability]> {
    let name = own_name(name);
    let family = families().iter().find(|family| family.models.iter().any(|it| pattern::matches(it, &name)))?;
    Some(&family.can)
}

/// A model's name without its maker's.
fn own_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

fn families() -> &'static [Family] {
    // A test parses it: an embedded file that cannot be read never gets as far as this.
    static TABLE: LazyLock<Vec<Family>> = LazyLock::new(|| {
        toml::from_str(include_str!("models.toml")).map_or_else(|_| Vec::new(), |it: Table| it.families)
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_pattern_says_something_of_a_known_model() {
        let table: Table = toml::from_str(include_str!("models.toml")).unwrap();
        let mut unused: BTreeSet<&String> = table.families.iter().flat_map(|family| &family.models).collect();
        for model in Calculator::bundled().providers().flat_map(genai_prices::ProviderInfo::models) {
            let name = own_name(model.id());
            let mut patterns = table.families.iter().flat_map(|family| &family.models);
            patterns.find(|pattern| pattern::matches(pattern, &name)).map(|pattern| unused.remove(pattern));
        }

        assert_eq!(BTreeSet::new(), unused);
    }

    #[test]
    fn what_models_can_do() {
        let check = |name: &str, expected: Option<&str>| {
            let words = capabilities(name).map(|can| can.iter().map(|it| it.word()).collect::<Vec<_>>().join(" "));

            assert_eq!(expected, words.as_deref(), "{name}");
        };
        let everything = Some("vision tools json_schema reasoning");
        check("claude-opus-5-5", everything);
        check("anthropic/claude-sonnet-4.5", everything);
        check("global.anthropic.claude-haiku-4-5-20251001-v1:0", everything);
        check("claude-opus-4-1-20250805", Some("vision tools reasoning"));
        check("claude-3-haiku-20240307", Some("vision tools"));
        check("gpt-4o-mini", Some("vision tools json_schema"));
        check("openai/gpt-5.4", everything);
        check("o3", everything);
        check("o3-mini", Some("tools json_schema reasoning"));
        check("accounts/fireworks/models/gpt-oss-20b", Some("tools json_schema reasoning"));
        check("gemini-2.5-flash", everything);
        check("models/gemini-2.0-flash", Some("vision tools json_schema"));
        check("Meta-Llama-3.1-8B-Instruct", Some("tools"));
        check("text-embedding-3-small", Some(""));
        check("my-own-model", None);
    }
}
