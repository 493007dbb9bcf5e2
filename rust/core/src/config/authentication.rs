//! How a provider is shown who asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Headers that the gateway writes itself.
const TAKEN: [&str; 7] =
    ["host", "connection", "content-length", "content-type", "transfer-encoding", "accept", "user-agent"];
const MAX_HEADER: usize = 64;

/// What is said of a word that is none of these. It could be a key, so it is not to be shown.
pub(super) const NO_AUTHENTICATION: &str = "this is no way to show a key";

/// How a provider is shown who asks. Written as one word.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub enum Authentication {
    /// `bearer`: the key in the header `authorization`, behind `Bearer `.
    Bearer,
    /// `aws`: a signature, version 4, made with a secret access key; or a Bedrock API key as by `bearer`.
    Aws,
    /// `service-account`: a token of Google's, had for an assertion that is signed with the account's key.
    ServiceAccount,
    /// `none`: no key at all.
    None,
    /// Any other word: the key as the value of the header of that name, in lower case.
    Header(String),
}

impl TryFrom<String> for Authentication {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match text.as_str() {
            "bearer" => Ok(Self::Bearer),
            "aws" => Ok(Self::Aws),
            "service-account" => Ok(Self::ServiceAccount),
            "none" => Ok(Self::None),
            name if (1..=MAX_HEADER).contains(&name.len()) && name.bytes().all(is_fit) && !TAKEN.contains(&name) => {
                Ok(Self::Header(text))
            }
            _ => Err(format!(
                "{NO_AUTHENTICATION}\nhint: it is `bearer`, `aws`, `service-account`, `none`, or the name in lower case of \
                 a header that is free for it"
            )),
        }
    }
}

impl From<Authentication> for String {
    fn from(authentication: Authentication) -> Self {
        match authentication {
            Authentication::Bearer => "bearer".to_owned(),
            Authentication::Aws => "aws".to_owned(),
            Authentication::ServiceAccount => "service-account".to_owned(),
            Authentication::None => "none".to_owned(),
            Authentication::Header(name) => name,
        }
    }
}
