//! The configuration of those who wrote none: made from the keys in the environment.

use super::{Config, ConfigError, Overrides, ProviderKey};
use crate::catalogue::{self, DEFAULT_TIERS, Entry};
use crate::secrets::Environment;
use std::fmt::Write;

/// What errors call the text that is made here.
const FILE: &str = "(made from the environment)";

impl Config {
    /// A configuration with each provider of the catalogue that has default models and whose variables are set, the
    /// tiers that these fill, and the route `auto` over them. Nothing when there is none.
    ///
    /// A provider has no defaults where its variables are mostly set for something else, such as a whole cloud: neither
    /// should prompts go there unasked, nor should such a key keep the gateway from starting.
    ///
    /// It is made as text and then read, so that [`text`](Self::text) shows what a user would have had to write.
    ///
    /// # Errors
    /// As [`parse`](Self::parse): without client keys, only a loopback address can be served.
    pub fn from_environment(environment: &dyn Environment, overrides: &Overrides) -> Result<Option<Self>, ConfigError> {
        let is_usable = |entry: &Entry| entry.missing_variables(environment).is_empty() && !entry.defaults.is_empty();
        let providers: Vec<_> = catalogue::entries()
            .iter()
            .filter(|(_, entry)| is_usable(entry))
            .filter_map(|(name, entry)| Some((name, entry, entry.key(environment)?)))
            .collect();
        let tiers: Vec<(&str, String)> = DEFAULT_TIERS
            .iter()
            .map(|tier| {
                let deployments = providers
                    .iter()
                    .filter_map(|(name, entry, _)| Some(format!("\"{name}/{}\"", entry.defaults.get(*tier)?)));
                (*tier, deployments.collect::<Vec<_>>().join(", "))
            })
            .filter(|(_, deployments)| !deployments.is_empty())
            .collect();
        let Some((first, _)) = tiers.first() else { return Ok(None) };
        let names: Vec<_> = tiers.iter().map(|(tier, _)| format!("\"{tier}\"")).collect();
        let default = tiers.iter().find(|(tier, _)| *tier == "mid").map_or(*first, |(tier, _)| *tier);

        let mut text = String::new();
        for (name, _, key) in &providers {
            let _ = writeln!(text, "[providers.{name}]\nkeys = [{}]\n", written(key));
        }
        text.push_str("[tiers]\n");
        for (tier, deployments) in &tiers {
            let _ = writeln!(text, "{tier} = [{deployments}]");
        }
        let _ = writeln!(text, "\n[routes.auto]\ntiers = [{}]\ndefault = \"{default}\"", names.join(", "));
        Self::parse(&text, FILE, overrides).map(Some)
    }
}

/// `key`, all of which is in variables, as a configuration has it.
fn written(key: &ProviderKey) -> String {
    let variable = |name: &Option<String>| format!("env = \"{}\"", name.as_deref().unwrap_or_default());
    let mut text = variable(&key.env);
    for (field, source) in [("access_key_id", &key.access_key_id), ("session_token", &key.session_token)] {
        if let Some(source) = source {
            let _ = write!(text, ", {field} = {{ {} }}", variable(&source.env));
        }
    }
    format!("{{ {text} }}")
}
