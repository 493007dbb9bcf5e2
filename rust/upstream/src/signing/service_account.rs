//! Google's service accounts: a signed statement (RFC 7523) is exchanged for a token that lasts about an hour.
//!
//! The source is "Using OAuth 2.0 for Server to Server Applications" in Google's identity documentation. `rustls` signs,
//! as it would for TLS; so it is there that randomness is drawn, which hides the key from whoever measures the time. The
//! signature does not depend on it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::RsaSigningKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::error::{Error, Kind};

/// The longest that Google lets a statement be good for.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// Google's tokens have at most 2 KiB.
const MAX_ANSWER: usize = 64 * 1024;

/// RFC 6749, 5.2 lists the codes of refusals: `invalid_grant` and its like.
const MAX_CODE: usize = 64;

/// A token that claims to last longer is taken anew after this time all the same.
const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(86_400);

/// The private key of a service account. Shows itself to nobody.
pub struct Key(Box<dyn Signer>);

/// Who asks, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// `client_email` in the account's key file.
    pub email: &'a str,
    /// `private_key_id` in the key file.
    pub key_id: &'a str,
    /// What the token shall be good for: URLs with spaces between them.
    pub scope: &'a str,
    /// Where the statement is sent: `token_uri` in the key file.
    pub audience: &'a str,
}

/// What a provider is given in place of a key. It has no `Debug`, since it is a secret.
pub struct Token {
    /// Printable ASCII, fit for a header.
    pub access_token: String,
    /// Counted from the moment it was issued; more than nothing, and at most a day.
    pub expires_in: Duration,
}

impl Key {
    /// Reads `private_key` of the account's key file: an RSA key of at least 2,048 bits in PEM.
    ///
    /// # Errors
    /// `Kind::Configuration` when it is no such key.
    pub fn parse(pem: &str) -> Result<Self, Error> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|source| {
            let reason = "the service account's private_key is not PEM, which goes from -----BEGIN PRIVATE KEY----- \
                          to its END, with line ends and not \\n between";
            Error::because(Kind::Configuration, reason, source)
        })?;
        let reason = "the service account's private_key is not an RSA key of 2,048 to 4,096 bits";
        let key = RsaSigningKey::new(&key).map_err(|source| Error::because(Kind::Configuration, reason, source))?;
        let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]);
        signer.map(Self).ok_or_else(|| Error::new(Kind::Configuration, reason))
    }

    /// The statement, as a JSON Web Token (RS256) that is good for one hour from `unix`, the time since the Unix epoch.
    ///
    /// Takes 0.6 ms with a key of 2,048 bits, measured.
    ///
    /// # Errors
    /// `Kind::Configuration` when the key cannot sign.
    pub fn assertion(&self, claims: &Claims<'_>, unix: Duration) -> Result<String, Error> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": claims.key_id});
        let body = json!({
            "iss": claims.email,
            "scope": claims.scope,
            "aud": claims.audience,
            "iat": unix.as_secs(),
            "exp": unix.saturating_add(LIFETIME).as_secs(),
        });
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(body.to_string().as_bytes()));
        let signature = self.0.sign(signed.as_bytes()).map_err(|source| {
            Error::because(Kind::Configuration, "the service account's private_key cannot sign", source)
        })?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The body to post to the audience, as `application/x-www-form-urlencoded`.
pub fn token_request(assertion: &str) -> Vec<u8> {
    // No character of a JSON Web Token needs an escape in a form.
    format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}").into_bytes()
}

/// Reads what the audience answered with status 200 or 4xx.
///
/// # Errors
/// `Kind::Configuration` when it refused, with its code for why as the source; `Kind::TooLarge` past 64 KiB;
/// `Kind::Malformed` when it is neither a token nor a refusal.
pub fn read_token(body: &[u8]) -> Result<Token, Error> {
    if body.len() > MAX_ANSWER {
        return Err(Error::new(Kind::TooLarge, "the answer to the request for a token is larger than 64 KiB"));
    }
    let answer: Value = serde_json::from_slice(body).map_err(|source| {
        Error::because(Kind::Malformed, "the answer to the request for a token is not JSON", source)
    })?;
    let word = |name: &str| answer[name].as_str().filter(|word| word.bytes().all(|byte| byte.is_ascii_graphic()));
    if !answer["error"].is_null() {
        let reason = "the service account was refused a token: see that its key still exists and the clock is right";
        let code = word("error").filter(|code| code.len() <= MAX_CODE).unwrap_or("no code says why");
        return Err(Error::because(Kind::Configuration, reason, code));
    }
    let seconds = answer["expires_in"].as_u64().filter(|&seconds| seconds > 0);
    match (word("access_token").filter(|token| !token.is_empty()), seconds) {
        (Some(token), Some(seconds)) => Ok(Token {
            access_token: token.to_owned(),
            expires_in: Duration::from_secs(seconds).min(MAX_TOKEN_LIFETIME),
        }),
        (None, _) | (_, None) => {
            Err(Error::new(Kind::Malformed, "the answer to the request for a token lacks access_token or expires_in"))
        }
    }
}
