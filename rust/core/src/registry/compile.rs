//! From what is configured of a provider and what the catalogue knows of it to what requests need.

use super::credential::{AccountFile, AwsKey, Credential, ServiceAccount, ServiceAccountId};
use super::origin::{Endpoint, Origin, OriginId};
use super::provider::{Provider, Quirks, Timeouts};
use crate::base_url::BaseUrl;
use crate::catalogue;
use crate::config::{self, Authentication, Config, ConfigError, Dialect, ProviderKey, SecretSource, is_parameter};
use crate::health::Credentials;
use crate::secrets::{self, Environment, Secret};
use indexmap::IndexMap;
use std::sync::Arc;

/// What providers share grows as each of them is compiled.
pub(super) struct Compiler<'a> {
    pub(super) config: &'a Config,
    pub(super) environment: &'a dyn Environment,
    pub(super) origins: Vec<Origin>,
    pub(super) service_accounts: Vec<ServiceAccount>,
}

impl Compiler<'_> {
    pub(super) fn provider(&mut self, name: &str, provider: &config::Provider) -> Result<Provider, ConfigError> {
        let dialect = provider.dialect(name);
        let parameters = self.parameters(name, provider)?;
        let url = BaseUrl::parse(&base_url(name, provider, &parameters))
            .map_err(|why| self.config.error(&["providers", name], why))?;
        let endpoint = self.endpoint(name, provider, url)?;
        let credentials = self.credentials(name, provider)?;
        let mut distinct: Vec<Credential> = Vec::new();
        let number = |credential: &Credential| position_of(&mut distinct, credential.clone());
        // More keys than 65,535 are nobody's.
        let key_numbers = credentials.iter().map(number).map(|it| u16::try_from(it).unwrap_or(u16::MAX)).collect();
        let written_timeouts = provider.timeouts.or(&self.config.timeouts);
        let name: Arc<str> = name.into();
        Ok(Provider {
            dialect,
            origin: endpoint.origin,
            base_path: endpoint.path,
            host_header: endpoint.host_header,
            api_version: provider.api_version.clone(),
            quirks: quirks(&name, provider, dialect),
            timeouts: Timeouts::new(&written_timeouts, false),
            written_timeouts,
            health: Credentials::new(distinct.len().max(1)),
            key_numbers,
            max_connections: provider.max_connections.get(),
            max_answer: provider.max_answer.get(),
            secrets: distinct.iter().flat_map(|credential| self.secrets(credential)).collect(),
            parameters,
            credentials,
            name,
        })
    }

    fn endpoint(&mut self, name: &str, provider: &config::Provider, url: BaseUrl) -> Result<Endpoint, ConfigError> {
        let origin = Origin {
            host: url.host,
            port: url.port,
            is_tls: url.is_tls,
            ca: provider.ca_file.as_deref().map(|path| self.certificates(name, path)).transpose()?,
            roots: provider.roots,
            max_connections: provider.max_connections.get(),
            idle_timeout: provider.idle_timeout.get(),
        };
        let origin = OriginId(position_of(&mut self.origins, origin));
        Ok(Endpoint { origin, path: url.path, host_header: url.host_header })
    }

    fn certificates(&self, name: &str, path: &str) -> Result<Vec<u8>, ConfigError> {
        self.environment.file(path).map_err(|why| {
            let message = format!("certificates {path} cannot be read: {why}");
            self.config.error(&["providers", name, "ca_file"], message)
        })
    }

    /// What is configured goes before what a variable holds, and that before the catalogue's default.
    fn parameters(&self, name: &str, provider: &config::Provider) -> Result<IndexMap<String, String>, ConfigError> {
        let mut parameters = provider.parameters.clone();
        for parameter in provider.needed_parameters(name) {
            if parameters.contains_key(parameter) {
                continue;
            }
            let known = catalogue::entry(name).and_then(|entry| entry.parameters.get(parameter));
            let variable = known.and_then(|known| known.env.as_deref());
            // Variables such as DATABRICKS_HOST may hold a URL where its host is meant.
            let host = |text: String| text.trim().trim_start_matches("https://").trim_end_matches('/').to_owned();
            let value = variable.and_then(|variable| self.environment.variable(variable)).map(host);
            let value = value.filter(|text| !text.is_empty()).or(known.and_then(|known| known.default.clone()));
            let path = ["providers", name];
            match value {
                Some(value) if is_parameter(&value) => parameters.insert(parameter.to_owned(), value),
                Some(_) => {
                    let variable = variable.unwrap_or_default();
                    let message =
                        format!("environment variable {variable} holds what no URL can hold as `{parameter}`");
                    return Err(self.config.error(&path, message));
                }
                None => {
                    let error =
                        self.config.error(&path, format!("provider `{name}` needs the parameter `{parameter}`"));
                    let hint = format!("parameters = {{ {parameter} = \"...\" }}");
                    return Err(match variable {
                        Some(variable) => error.hint(format!("{hint}, or set the environment variable {variable}")),
                        None => error.hint(hint),
                    });
                }
            };
        }
        Ok(parameters)
    }

    fn credentials(&mut self, name: &str, provider: &config::Provider) -> Result<Vec<Credential>, ConfigError> {
        let authentication = provider.authentication(name);
        if provider.keys.is_empty() {
            // The catalogue's key goes to the catalogue's address alone.
            let known = catalogue::entry(name).filter(|_| provider.base_url.is_none());
            let key = known.and_then(|entry| entry.key(self.environment));
            let credential =
                key.map(|key| self.credential(name, provider, &authentication, &["providers", name], &key));
            return Ok(credential.transpose()?.into_iter().flatten().collect());
        }
        let mut credentials = Vec::new();
        for (index, key) in provider.keys.iter().enumerate() {
            let path = ["providers", name, "keys", &index.to_string()];
            let credential = self.credential(name, provider, &authentication, &path, key)?;
            credentials.extend(credential.into_iter().flat_map(|it| std::iter::repeat_n(it, usize::from(key.weight))));
        }
        Ok(credentials)
    }

    fn credential(
        &mut self,
        name: &str,
        provider: &config::Provider,
        authentication: &Authentication,
        path: &[&str],
        key: &ProviderKey,
    ) -> Result<Option<Credential>, ConfigError> {
        let secret = || secrets::read(self.config, self.environment, path, key.env.as_deref(), key.file.as_deref());
        Ok(Some(match authentication {
            Authentication::None => return Ok(None),
            Authentication::Bearer => Credential::Bearer(secret()?),
            Authentication::Header(name) => Credential::Header { name: name.clone(), key: secret()? },
            Authentication::Aws => match &key.access_key_id {
                None => Credential::Bearer(secret()?),
                Some(id) => Credential::Aws(AwsKey {
                    access_key_id: self.part(path, "access_key_id", id)?,
                    secret_access_key: secret()?,
                    session_token: key
                        .session_token
                        .as_ref()
                        .map(|it| self.part(path, "session_token", it))
                        .transpose()?,
                }),
            },
            Authentication::ServiceAccount => {
                Credential::ServiceAccount(self.service_account(name, provider, path, key)?)
            }
        }))
    }

    /// A part of a key, which is a secret of its own.
    fn part(&self, path: &[&str], field: &str, source: &SecretSource) -> Result<Secret, ConfigError> {
        let path = [path, &[field]].concat();
        secrets::read(self.config, self.environment, &path, source.env.as_deref(), source.file.as_deref())
    }

    fn service_account(
        &mut self,
        name: &str,
        provider: &config::Provider,
        path: &[&str],
        key: &ProviderKey,
    ) -> Result<ServiceAccountId, ConfigError> {
        // As Google's own libraries have it, the variable holds the path of the file, not what the file holds.
        let held = key.env.as_deref().and_then(|name| self.environment.variable(name));
        let named = held.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty() && !text.starts_with('{'));
        let env = key.env.as_deref().filter(|_| named.is_none());
        let file = named.as_deref().or(key.file.as_deref());
        let account = secrets::read_as(self.config, self.environment, path, env, file, AccountFile::parse)?;
        let url = BaseUrl::parse(&account.token_uri)
            .map_err(|why| self.config.error(path, format!("in the service account's `token_uri`: {why}")))?;
        let mut token_endpoint = self.endpoint(name, provider, url)?;
        if token_endpoint.path.is_empty() {
            token_endpoint.path.push('/');
        }
        let account = ServiceAccount {
            email: account.client_email,
            private_key: Secret::of_lines(account.private_key),
            private_key_id: account.private_key_id,
            token_uri: account.token_uri,
            token_endpoint,
        };
        Ok(ServiceAccountId(position_of(&mut self.service_accounts, account)))
    }

    fn secrets(&self, credential: &Credential) -> Vec<Secret> {
        match credential {
            Credential::Bearer(key) | Credential::Header { key, .. } => vec![key.clone()],
            Credential::Aws(AwsKey { access_key_id, secret_access_key, session_token }) => {
                [access_key_id, secret_access_key].into_iter().chain(session_token).cloned().collect()
            }
            Credential::ServiceAccount(ServiceAccountId(index)) => {
                self.service_accounts.get(*index).map(|account| account.private_key.clone()).into_iter().collect()
            }
        }
    }
}

fn base_url(name: &str, provider: &config::Provider, parameters: &IndexMap<String, String>) -> String {
    if let Some(url) = &provider.base_url {
        return url.clone();
    }
    let mut url = catalogue::entry(name).map(|entry| entry.base_url.clone()).unwrap_or_default();
    // The one location of Vertex's that its host does not begin with.
    if provider.dialect(name) == Dialect::Vertex && parameters.get("location").is_some_and(|it| it == "global") {
        url = url.replace("{location}-", "");
    }
    parameters.iter().fold(url, |url, (parameter, value)| url.replace(&format!("{{{parameter}}}"), value))
}

fn quirks(name: &str, provider: &config::Provider, dialect: Dialect) -> Quirks {
    let known = catalogue::entry(name);
    Quirks {
        responses: provider.responses.or(known.map(|entry| entry.responses)).unwrap_or(false),
        embeddings: provider.embeddings.or(known.and_then(|entry| entry.embeddings)).unwrap_or(dialect.embeddings()),
        stream_usage: provider.stream_usage.or(known.map(|entry| entry.stream_usage)).unwrap_or(true),
        max_tokens: provider.max_tokens.or(known.and_then(|entry| entry.max_tokens)),
        refuses: provider.refuses.clone().or(known.map(|entry| entry.refuses.clone())).unwrap_or_default(),
        developer_role: provider.developer_role.or(known.map(|entry| entry.developer_role)).unwrap_or(false),
    }
}

/// Where `item` is in `items`, once it is there.
fn position_of<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|other| *other == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}
