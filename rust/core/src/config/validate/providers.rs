//! What types cannot say of providers.

use super::{NO_MODEL_NAME, is_model_name};
use crate::base_url::BaseUrl;
use crate::catalogue;
use crate::config::{Authentication, Config, ConfigError, Dialect, Provider, ProviderKey};
use crate::nearest::nearest;

/// Longer ones are no host's.
const MAX_PARAMETER: usize = 128;
/// Names of fields, and versions of an API.
const MAX_WORD: usize = 64;

impl Config {
    pub(super) fn check_providers(&self) -> Result<(), ConfigError> {
        if self.providers.is_empty() {
            let hint = "add one, such as [providers.openai], with keys = [{ env = \"OPENAI_API_KEY\" }]";
            return Err(self.error(&["providers"], "there is no provider").hint(hint));
        }
        for (name, provider) in &self.providers {
            self.check_name(&["providers", name], name)?;
            self.check_base_url(name, provider)?;
            self.check_provider_keys(name, provider)?;
            self.check_parameters(name, provider)?;
            self.check_words(name, provider)?;
        }
        Ok(())
    }

    fn check_base_url(&self, name: &str, provider: &Provider) -> Result<(), ConfigError> {
        match &provider.base_url {
            Some(url) => {
                let path = ["providers", name, "base_url"];
                let may_hold_secret = url.contains(['@', '?']);
                BaseUrl::parse(url).map_err(|why| {
                    if may_hold_secret { self.error_at_secret(&path, why) } else { self.error(&path, why) }
                })?;
            }
            None if catalogue::entry(name).is_none() => {
                let message = format!("provider `{name}` is not in the catalogue, so it needs `base_url`");
                let near = nearest(name, catalogue::entries().keys().map(String::as_str));
                let error = self.error(&["providers", name], message);
                return Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("base_url = \"https://...\""),
                });
            }
            None => {}
        }
        Ok(())
    }

    fn check_provider_keys(&self, name: &str, provider: &Provider) -> Result<(), ConfigError> {
        let authentication = provider.authentication(name);
        if provider.keys.is_empty() {
            let known = catalogue::entry(name).filter(|entry| provider.base_url.is_none() && entry.env.is_some());
            if known.is_some_and(|entry| entry.authentication() != authentication)
                && authentication != Authentication::None
            {
                let message =
                    "the catalogue's key is shown in another way, so `keys` must say which to show in this one";
                return Err(self.error(&["providers", name], message).hint("keys = [{ env = \"NAME\" }]"));
            }
        }
        for (index, key) in provider.keys.iter().enumerate() {
            self.check_provider_key(&["providers", name, "keys", &index.to_string()], &authentication, key)?;
        }
        Ok(())
    }

    fn check_provider_key(
        &self,
        path: &[&str],
        authentication: &Authentication,
        key: &ProviderKey,
    ) -> Result<(), ConfigError> {
        if *authentication == Authentication::None {
            return Err(self.error(path, "there is a key, and the provider's authentication is `none`"));
        }
        self.check_source(path, key.env.as_deref(), key.file.as_deref())?;
        if !(1..=100).contains(&key.weight) {
            return Err(self.error(&[path, &["weight"]].concat(), "a weight is from 1 to 100"));
        }
        for (field, source) in [("access_key_id", &key.access_key_id), ("session_token", &key.session_token)] {
            let Some(source) = source else { continue };
            let path = [path, &[field]].concat();
            if *authentication != Authentication::Aws {
                return Err(self.error(&path, format!("`{field}` is for the authentication `aws` alone")));
            }
            self.check_source(&path, source.env.as_deref(), source.file.as_deref())?;
        }
        if key.session_token.is_some() && key.access_key_id.is_none() {
            let message = "a temporary key has `access_key_id` beside `session_token`";
            return Err(self.error(path, message).hint("access_key_id = { env = \"AWS_ACCESS_KEY_ID\" }"));
        }
        Ok(())
    }

    fn check_parameters(&self, name: &str, provider: &Provider) -> Result<(), ConfigError> {
        let known = catalogue::entry(name).into_iter().flat_map(|entry| entry.parameters.keys()).map(String::as_str);
        let known: Vec<_> = known.chain(provider.needed_parameters(name)).collect();
        for (parameter, value) in &provider.parameters {
            let path = ["providers", name, "parameters", parameter];
            if !known.contains(&parameter.as_str()) {
                let error = self.error(&path, format!("provider `{name}` has no parameter `{parameter}`"));
                return Err(match nearest(parameter, known) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
            if !is_parameter(value) {
                return Err(self.error(&path, "a parameter is at most 128 letters, digits, `-`, `_` and `.`"));
            }
        }
        Ok(())
    }

    fn check_words(&self, name: &str, provider: &Provider) -> Result<(), ConfigError> {
        let is_word = |text: &str| {
            let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(is_fit)
        };
        if let Some(version) = &provider.api_version {
            let path = ["providers", name, "api_version"];
            if provider.dialect(name) != Dialect::Azure {
                return Err(self.error(&path, "`api_version` is for the dialect `azure` alone"));
            }
            if !is_word(version) {
                return Err(self.error(&path, "this is no version of an API").hint("api_version = \"2024-10-21\""));
            }
        }
        for (index, field) in provider.refuses.iter().flatten().enumerate() {
            if !is_word(field) {
                let path = ["providers", name, "refuses", &index.to_string()];
                return Err(self.error(&path, "this is no name of a request's field"));
            }
        }
        for (index, model) in provider.models.iter().enumerate() {
            if !is_model_name(model) {
                return Err(self.error(&["providers", name, "models", &index.to_string()], NO_MODEL_NAME));
            }
        }
        Ok(())
    }
}

/// Whether a part of a URL may be `value`.
pub(crate) fn is_parameter(value: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_PARAMETER).contains(&value.len()) && value.bytes().all(is_fit)
}
