//! Who is asking: from the key that a client shows to the principal that it stands for.
//!
//! Keys are held and compared as SHA-256 digests, in constant time and each of them every time, so that neither the
//! nearness of a guess nor the position of a key shows in the time that an answer takes. A thousand keys cost some
//! microseconds that way, which is the price of asking nothing of the order of the keys.

use crate::config::{ClientKey, Config, ConfigError};
use crate::pattern;
use crate::secrets::{self, Environment};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// No real key is longer, and hashing megabytes for strangers is not on offer.
const MAX_CREDENTIAL: usize = 4 * 1024;

/// Whom a request is served and accounted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name of the key.
    pub name: Arc<str>,
    /// Whom the use is accounted to.
    pub tenant: Arc<str>,
    /// Whether it may read the metrics.
    pub may_read_metrics: bool,
    /// Whether it may change the gateway: have its configuration read again, or what it knows forgotten.
    pub is_admin: bool,
    /// Whether what its request asks of a provider that cannot do it is dropped, instead of the request being refused.
    pub drop_unsupported: bool,
    models: Box<[String]>,
}

impl Principal {
    /// Whether it may ask for `name`: a route, a tier, a deployment or a model.
    pub fn may_use(&self, name: &str) -> bool {
        self.models.iter().any(|allowed| pattern::matches(allowed, name))
    }

    /// Who runs the gateway, and may use everything.
    pub fn operator() -> Self {
        Self::anonymous()
    }

    /// Everybody, where no keys are configured.
    fn anonymous() -> Self {
        let name: Arc<str> = "anonymous".into();
        Self {
            tenant: name.clone(),
            name,
            may_read_metrics: true,
            is_admin: true,
            drop_unsupported: false,
            models: ["*".to_owned()].into(),
        }
    }
}

/// Why a request is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    /// It shows no key.
    Missing,
    /// It shows a key that was never given out.
    Unknown,
    /// Its key has expired.
    Expired,
    /// Its key has been disabled.
    Disabled,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no API key was given",
            Self::Unknown => "the API key is not known",
            Self::Expired => "the API key has expired",
            Self::Disabled => "the API key is disabled",
        })
    }
}

impl std::error::Error for AuthError {}

/// Every client key.
#[derive(Debug)]
pub struct Keys {
    keys: Vec<Key>,
    anonymous: Arc<Principal>,
}

/// The digest as four words, which compare quicker than its bytes.
type Fingerprint = [u64; 4];

struct Key {
    fingerprint: Fingerprint,
    principal: Arc<Principal>,
    expires: Option<Duration>,
    disabled: bool,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.principal.fmt(f)
    }
}

impl Keys {
    /// Reads the keys that `config` names.
    ///
    /// # Errors
    /// A key that cannot be read, is no key, or is there twice.
    pub fn new(config: &Config, environment: &dyn Environment) -> Result<Self, ConfigError> {
        let mut keys: Vec<Key> = Vec::with_capacity(config.keys.len());
        for (index, key) in config.keys.iter().enumerate() {
            let position = index.to_string();
            let fingerprint = fingerprint_of(config, environment, &position, key)?;
            if let Some(other) = keys.iter().find(|other| other.fingerprint == fingerprint) {
                let message = format!("`{}` and `{}` are the same key", other.principal.name, key.name);
                return Err(config.error(&["keys", &position, "name"], message));
            }
            let name: Arc<str> = key.name.as_str().into();
            let principal = Principal {
                tenant: key.tenant.as_deref().map_or_else(|| name.clone(), Arc::from),
                name,
                may_read_metrics: key.metrics,
                is_admin: key.admin,
                drop_unsupported: key.drop_unsupported,
                models: key.models.clone().into(),
            };
            let expires = key.expires.map(crate::config::Expiry::unix);
            keys.push(Key { fingerprint, principal: principal.into(), expires, disabled: key.disabled });
        }
        Ok(Self { keys, anonymous: Principal::anonymous().into() })
    }

    /// Whose `credential` it is, at `unix`, the time since the Unix epoch. With no keys configured, everybody is
    /// anonymous, whatever is shown.
    ///
    /// # Errors
    /// When it is nobody's, or no longer somebody's.
    pub fn authenticate(&self, credential: Option<&[u8]>, unix: Duration) -> Result<&Arc<Principal>, AuthError> {
        if self.keys.is_empty() {
            return Ok(&self.anonymous);
        }
        let credential = credential.filter(|credential| !credential.is_empty()).ok_or(AuthError::Missing)?;
        if credential.len() > MAX_CREDENTIAL {
            return Err(AuthError::Unknown);
        }
        let fingerprint = fingerprint(credential);
        let mut found = u32::MAX;
        for (index, key) in (0u32..).zip(&self.keys) {
            found.conditional_assign(&index, is_same(&key.fingerprint, &fingerprint));
        }
        let key = self.keys.get(found as usize).ok_or(AuthError::Unknown)?;
        if key.disabled {
            return Err(AuthError::Disabled);
        }
        if key.expires.is_some_and(|expires| expires <= unix) {
            return Err(AuthError::Expired);
        }
        Ok(&key.principal)
    }
}

fn fingerprint_of(
    config: &Config,
    environment: &dyn Environment,
    position: &str,
    key: &ClientKey,
) -> Result<Fingerprint, ConfigError> {
    if let Some(digits) = &key.sha256 {
        return from_hexadecimal(digits).ok_or_else(|| {
            config.error_at_secret(&["keys", position, "sha256"], "a SHA-256 is 64 hexadecimal digits")
        });
    }
    let path = ["keys", position, "key"];
    let source = key.key.as_ref();
    let env = source.and_then(|source| source.env.as_deref());
    let file = source.and_then(|source| source.file.as_deref());
    let secret = secrets::read(config, environment, &path, env, file)?;
    if secret.expose().len() > MAX_CREDENTIAL {
        return Err(config.error(&path, "a client's key is at most 4 KiB"));
    }
    Ok(fingerprint(secret.expose().as_bytes()))
}

fn fingerprint(credential: &[u8]) -> Fingerprint {
    let digest = Sha256::digest(credential);
    let (words, _) = digest.as_chunks::<8>();
    std::array::from_fn(|index| words.get(index).map_or(0, |word| u64::from_be_bytes(*word)))
}

fn from_hexadecimal(digits: &str) -> Option<Fingerprint> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut words = [0; 4];
    for (index, word) in words.iter_mut().enumerate() {
        *word = u64::from_str_radix(digits.get(index * 16..index * 16 + 16)?, 16).ok()?;
    }
    Some(words)
}

fn is_same(left: &Fingerprint, right: &Fingerprint) -> Choice {
    let difference = left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right));
    difference.ct_eq(&0)
}
