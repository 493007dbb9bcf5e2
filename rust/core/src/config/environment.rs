//! The configuration of those who wrote none: made from the keys in the environment.

use super::{Config, ConfigError, Overrides};
use crate::catalogue::{self, DEFAULT_TIERS};
use crate::secrets::Environment;
use std::fmt::Write;

/// What errors call the text that is made here.
const FILE: &str = "(made from the environment)";

impl Config {
    /// A configuration with each provider of the catalogue whose key is set, the tiers that these can fill, and the
    /// route `auto` over them. Nothing when no key is set.
    ///
    /// It is made as text and then read, so that [`text`](Self::text) shows what a user would have had to write.
    ///
    /// # Errors
    /// As [`parse`](Self::parse): without client keys, only a loopback address can be served.
    pub fn from_environment(environment: &dyn Environment, overrides: &Overrides) -> Result<Option<Self>, ConfigError> {
        let has_key = |variable: &String| environment.variable(variable).is_some_and(|key| !key.trim().is_empty());
        let providers: Vec<_> =
            catalogue::entries().iter().filter(|(_, entry)| entry.env.as_ref().is_some_and(has_key)).collect();
        let tiers: Vec<(&str, String)> = DEFAULT_TIERS
            .iter()
            .map(|tier| {
                let deployments = providers
                    .iter()
                    .filter_map(|(name, entry)| Some(format!("\"{name}/{}\"", entry.defaults.get(*tier)?)));
                (*tier, deployments.collect::<Vec<_>>().join(", "))
            })
            .filter(|(_, deployments)| !deployments.is_empty())
            .collect();
        let Some((first, _)) = tiers.first() else { return Ok(None) };
        let names: Vec<_> = tiers.iter().map(|(tier, _)| format!("\"{tier}\"")).collect();
        let default = tiers.iter().find(|(tier, _)| *tier == "mid").map_or(*first, |(tier, _)| *tier);

        let mut text = String::new();
        for (name, entry) in &providers {
            let variable = entry.env.as_deref().unwrap_or_default();
            let _ = writeln!(text, "[providers.{name}]\nkeys = [{{ env = \"{variable}\" }}]\n");
        }
        text.push_str("[tiers]\n");
        for (tier, deployments) in &tiers {
            let _ = writeln!(text, "{tier} = [{deployments}]");
        }
        let _ = writeln!(text, "\n[routes.auto]\ntiers = [{}]\ndefault = \"{default}\"", names.join(", "));
        Self::parse(&text, FILE, overrides).map(Some)
    }
}
