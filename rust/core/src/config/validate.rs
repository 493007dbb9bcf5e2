//! What types cannot say: names that must exist, must differ, or must be fit for a header.

mod cache;
mod failover;
mod providers;
mod routing;
mod rules;

use super::tables::SecretSource;
use super::{Config, ConfigError};
use crate::nearest::nearest;
use std::net::IpAddr;

/// The longest name of a model: longer ones are nobody's, and would fill logs.
const MAX_MODEL_NAME: usize = 256;
/// Names go into headers and metric labels.
const MAX_NAME: usize = 64;

impl Config {
    /// `host_path` is where the host was written.
    pub(super) fn validate(&self, host_path: &[&str]) -> Result<(), ConfigError> {
        self.check_exposure(host_path)?;
        self.check_keys()?;
        self.check_providers()?;
        self.check_tiers()?;
        self.check_prices()?;
        self.check_failover()?;
        self.check_cache()?;
        self.check_routes()
    }

    /// Without client keys everybody is served, so nobody but this machine may reach the gateway then.
    pub(super) fn check_exposure(&self, path: &[&str]) -> Result<(), ConfigError> {
        let host = &self.server.host;
        let address = host.parse::<IpAddr>();
        if address.is_err()
            && (host.is_empty() || host.contains(|it: char| !it.is_ascii_alphanumeric() && !"-.".contains(it)))
        {
            return Err(self.error(path, "this is neither an address nor a host's name"));
        }
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if is_loopback || !self.keys.is_empty() {
            return Ok(());
        }
        let message = format!("`{host}` can be reached by others, and there is no client key");
        Err(self
            .error(path, message)
            .hint("add one: [[keys]] with name = \"me\" and key = { env = \"TIERCEL_KEY\" }; or listen on 127.0.0.1"))
    }

    fn check_keys(&self) -> Result<(), ConfigError> {
        for (index, key) in self.keys.iter().enumerate() {
            let position = index.to_string();
            self.check_name(&["keys", &position, "name"], &key.name)?;
            if self.keys[..index].iter().any(|other| other.name == key.name) {
                return Err(self.error(&["keys", &position, "name"], format!("two keys are called `{}`", key.name)));
            }
            if let Some(tenant) = &key.tenant {
                self.check_name(&["keys", &position, "tenant"], tenant)?;
            }
            match (&key.key, &key.sha256) {
                (Some(SecretSource { env, file }), None) => {
                    self.check_source(&["keys", &position, "key"], env.as_deref(), file.as_deref())?;
                }
                (None, Some(_)) => {}
                (Some(_), Some(_)) => {
                    return Err(self.error(&["keys", &position, "sha256"], "`key` and `sha256` exclude each other"));
                }
                (None, None) => {
                    return Err(self
                        .error(&["keys", &position], format!("key `{}` has neither `key` nor `sha256`", key.name))
                        .hint("key = { env = \"NAME\" }"));
                }
            }
        }
        Ok(())
    }

    fn check_source(&self, path: &[&str], env: Option<&str>, file: Option<&str>) -> Result<(), ConfigError> {
        let (field, text) = match (env, file) {
            (Some(name), None) => ("env", name),
            (None, Some(path)) => ("file", path),
            _ => return Err(self.error(path, "a secret has either `env` or `file`")),
        };
        let path = [path, &[field]].concat();
        if text.contains("${") {
            let hint = "the field `env` takes the variable's bare name";
            return Err(self.error(&path, "variables are not expanded here").hint(hint));
        }
        // Keys such as `gsk_...` would pass for names in lower case, and then be shown as names.
        let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if field == "env" && (text.is_empty() || !text.bytes().all(is_upper)) {
            let hint = "it is made of upper-case letters, digits and `_`, and the secret stays in the variable";
            return Err(self.error_at_secret(&path, "this is not the name of an environment variable").hint(hint));
        }
        Ok(())
    }

    fn check_tiers(&self) -> Result<(), ConfigError> {
        for (tier, deployments) in &self.tiers {
            self.check_name(&["tiers", tier], tier)?;
            if deployments.is_empty() {
                return Err(self.error(&["tiers", tier], format!("tier `{tier}` is empty")));
            }
            for (index, deployment) in deployments.iter().enumerate() {
                self.check_deployment(&["tiers", tier, &index.to_string()], deployment)?;
            }
        }
        Ok(())
    }

    fn check_prices(&self) -> Result<(), ConfigError> {
        self.prices.keys().try_for_each(|deployment| self.check_deployment(&["prices", deployment], deployment))
    }

    fn check_deployment(&self, path: &[&str], deployment: &str) -> Result<(), ConfigError> {
        let Some((provider, model)) = deployment.split_once('/') else {
            return Err(self.error(path, "a deployment is written as `provider/model`"));
        };
        if !self.providers.contains_key(provider) {
            return Err(self.unknown(path, "provider", provider, self.providers.keys()));
        }
        if is_model_name(model) { Ok(()) } else { Err(self.error(path, NO_MODEL_NAME)) }
    }

    fn check_routes(&self) -> Result<(), ConfigError> {
        for (name, route) in &self.routes {
            self.check_name(&["routes", name], name)?;
            if self.tiers.contains_key(name) {
                return Err(self.error(&["routes", name], format!("`{name}` is a tier already")));
            }
            if route.tiers.is_empty() {
                return Err(self.error(&["routes", name, "tiers"], format!("route `{name}` has no tiers")));
            }
            for (index, tier) in route.tiers.iter().enumerate() {
                self.check_tier(&["routes", name, "tiers", &index.to_string()], tier)?;
            }
            if !route.tiers.contains(&route.default) {
                let message = format!("`{}` is not one of the route's tiers", route.default);
                return Err(self.error(&["routes", name, "default"], message));
            }
            self.check_turns(name, route)?;
            self.check_choice(name, route)?;
            self.check_rules(name, route)?;
        }
        Ok(())
    }

    fn unknown<'a>(
        &self,
        path: &[&str],
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a String>,
    ) -> ConfigError {
        let error = self.error(path, format!("unknown {what} `{name}`"));
        match nearest(name, known.into_iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("add it under [{what}s]")),
        }
    }

    /// Names go into headers and metric labels, and a slash parts a provider from its model.
    fn check_name(&self, path: &[&str], name: &str) -> Result<(), ConfigError> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_fit) {
            return Ok(());
        }
        Err(self.error(path, "a name is at most 64 letters, digits, `-`, `_` and `.`"))
    }
}

pub(crate) use providers::is_parameter;

const NO_MODEL_NAME: &str = "a model's name is at most 256 characters of printable ASCII without spaces";

/// Whether a provider could have a model of that name.
pub(crate) fn is_model_name(name: &str) -> bool {
    (1..=MAX_MODEL_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}
