//! What a provider is shown: a key, a signature, or a token that a signature is exchanged for.

use super::origin::Endpoint;
use crate::secrets::{Secret, Trouble};
use serde::Deserialize;

/// What the gateway shows a provider, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// In the header `authorization`, behind `Bearer `.
    Bearer(Secret),
    /// As the value of a header.
    Header {
        /// The header's name, in lower case.
        name: String,
        /// Its value.
        key: Secret,
    },
    /// By signing the request, with version 4 of Amazon's signatures.
    Aws(AwsKey),
    /// As [`Bearer`](Self::Bearer), by a token that the account's key is exchanged for.
    ServiceAccount(ServiceAccountId),
}

/// A key of Amazon's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKey {
    /// Which key it is.
    pub access_key_id: Secret,
    /// What is signed with.
    pub secret_access_key: Secret,
    /// What a temporary key is shown with.
    pub session_token: Option<Secret>,
}

/// The position of a [`ServiceAccount`] in [`Registry::service_accounts`](super::Registry::service_accounts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceAccountId(pub usize);

/// An account of Google Cloud that belongs to a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// What it is called.
    pub email: String,
    /// The PEM of its RSA key, not yet read.
    pub private_key: Secret,
    /// Which of its keys that is.
    pub private_key_id: String,
    /// The URL that gives tokens, as the account's file has it: whom an assertion is meant for.
    pub token_uri: String,
    /// The same, taken apart.
    pub token_endpoint: Endpoint,
}

/// The file that Google Cloud gives for a service account's key, as far as it matters.
#[derive(Deserialize)]
pub(super) struct AccountFile {
    pub(super) client_email: String,
    pub(super) private_key: String,
    pub(super) private_key_id: String,
    pub(super) token_uri: String,
}

impl AccountFile {
    /// The parser's own words are not passed on, for they quote what it found.
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        serde_json::from_str(text).map_err(|_| {
            Trouble::new("holds no service account's key")
                .hint("it is the JSON that Google Cloud gives once, when such a key is made")
        })
    }
}
