//! What is known of providers beforehand, so that a configuration need only name them.

use crate::config::Dialect;
use indexmap::IndexMap;
use serde::Deserialize;
use std::sync::LazyLock;

/// The tiers that a configuration made from the environment has, the cheapest first.
pub(crate) const DEFAULT_TIERS: [&str; 3] = ["cheap", "mid", "premium"];

/// What is known of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// How people call it.
    pub name: String,
    /// Where it is reached.
    pub base_url: String,
    /// What it speaks.
    #[serde(default = "openai")]
    pub dialect: Dialect,
    /// The environment variable that holds its key; none for what needs no key.
    pub env: Option<String>,
    /// Whether it takes `stream_options.include_usage`.
    #[serde(default = "yes")]
    pub stream_usage: bool,
    /// Patterns of the models that are asked of this provider when a client names none.
    #[serde(default)]
    pub models: Vec<String>,
    /// From a tier to the model that serves it when there is no configuration.
    #[serde(default)]
    pub defaults: IndexMap<String, String>,
}

fn openai() -> Dialect {
    Dialect::Openai
}

fn yes() -> bool {
    true
}

/// Every known provider, by the name that configurations use.
pub fn entries() -> &'static IndexMap<String, Entry> {
    // A test parses it: an embedded file that cannot be read never gets as far as this.
    static ENTRIES: LazyLock<IndexMap<String, Entry>> =
        LazyLock::new(|| toml::from_str(include_str!("catalogue.toml")).unwrap_or_default());
    &ENTRIES
}

/// What is known of the provider that configurations call `name`.
pub fn entry(name: &str) -> Option<&'static Entry> {
    entries().get(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;

    #[test]
    fn the_embedded_file_is_well_formed() {
        let entries: IndexMap<String, Entry> = toml::from_str(include_str!("catalogue.toml")).unwrap();

        assert!(entries.len() >= 12);
        for (name, entry) in entries {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
            let url = BaseUrl::parse(&entry.base_url).unwrap();
            assert_eq!(url.is_tls, entry.env.is_some(), "{name}: what takes a key over a network takes it by TLS");
            assert!(entry.defaults.keys().all(|tier| DEFAULT_TIERS.contains(&tier.as_str())), "{name}");
            assert_eq!(entry.defaults.is_empty(), entry.env.is_none(), "{name}: a key in the environment must serve");
        }
    }
}
