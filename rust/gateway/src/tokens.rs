//! Tokens of service accounts: had for a signed assertion, kept until shortly before they end.
//!
//! # Why there is no task that renews them
//! The core has no tasks. The call that meets a token about to end fetches the next one while others use what is left
//! of it; only when there is none at all does every call that comes meanwhile fetch its own. A token lasts an hour.
//! Where no new one is to be had, the last one serves to its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tiercel_core::registry::{ServiceAccount, ServiceAccountId};
use tiercel_upstream as upstream;
use tiercel_upstream::signing::service_account::{self, Claims, Key};

/// What Google asks of programs that use Vertex (Google Cloud's documentation of OAuth scopes).
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// How long before its end a token is renewed, and how long the call that does so may take over it.
const RENEWAL: Duration = Duration::from_secs(300);
const RENEWING: Duration = Duration::from_secs(30);
/// A token this close to its end is as good as none: the request has to get there.
const MARGIN: Duration = Duration::from_secs(10);

/// The tokens of all service accounts, by [`ServiceAccountId`].
#[derive(Default)]
pub(crate) struct Tokens(Vec<Account>);

struct Account {
    identity: ServiceAccount,
    key: Key,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    token: String,
    /// Since the Unix epoch, as is `renewing_until`.
    ends: Duration,
    renewing_until: Duration,
}

impl Tokens {
    /// # Errors
    /// A key that is none.
    pub(crate) fn new(accounts: &[ServiceAccount]) -> Result<Self, upstream::Error> {
        Self::default().renew(accounts)
    }

    /// The tokens of `accounts`; where one of them is held here, both hold it from now on.
    ///
    /// # Errors
    /// A key that is none.
    pub(crate) fn renew(&self, accounts: &[ServiceAccount]) -> Result<Self, upstream::Error> {
        let account = |account: &ServiceAccount| {
            let same = self.0.iter().find(|other| is_same(&other.identity, account));
            Ok(Account {
                identity: account.clone(),
                key: Key::parse(account.private_key.expose())?,
                held: same.map(|other| Arc::clone(&other.held)).unwrap_or_default(),
            })
        };
        accounts.iter().map(account).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the call that asks has to fetch a token before it can go on.
    pub(crate) fn must_fetch(&self, id: ServiceAccountId, unix: Duration) -> bool {
        let Some(account) = self.0.get(id.0) else { return false };
        let mut held = account.held.lock().unwrap_or_else(PoisonError::into_inner);
        if unix + MARGIN >= held.ends {
            return true;
        }
        let is_due = unix + RENEWAL >= held.ends && unix >= held.renewing_until;
        if is_due {
            held.renewing_until = unix + RENEWING;
        }
        is_due
    }

    /// The body of the request for a token.
    pub(crate) fn request(&self, id: ServiceAccountId, unix: Duration) -> Option<Vec<u8>> {
        let account = self.0.get(id.0)?;
        let ServiceAccount { email, private_key_id: key_id, token_uri: audience, .. } = &account.identity;
        let claims = Claims { email, key_id, scope: SCOPE, audience };
        Some(service_account::token_request(&account.key.assertion(&claims, unix).ok()?))
    }

    /// Takes the answer to it; whether that was a token.
    pub(crate) fn take(&self, id: ServiceAccountId, body: &[u8], unix: Duration) -> bool {
        let (Some(account), Ok(token)) = (self.0.get(id.0), service_account::read_token(body)) else { return false };
        let mut held = account.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.token = token.access_token;
        held.ends = unix + token.expires_in;
        true
    }

    /// Takes note that a provider did not take the token. It may have been revoked, so it is renewed soon; not at once
    /// and ever again, since a token that may do all but this is refused alike.
    pub(crate) fn doubt(&self, id: ServiceAccountId, unix: Duration) {
        let Some(account) = self.0.get(id.0) else { return };
        let mut held = account.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.ends = held.ends.min(unix + RENEWAL);
    }

    /// The token to show at `unix`, if there is one that still counts.
    pub(crate) fn get(&self, id: ServiceAccountId, unix: Duration) -> Option<String> {
        let held = self.0.get(id.0)?.held.lock().unwrap_or_else(PoisonError::into_inner);
        (unix < held.ends).then(|| held.token.clone())
    }

    /// Every token, for finding it in what must not tell it.
    pub(crate) fn all(&self) -> Vec<String> {
        let token = |account: &Account| account.held.lock().unwrap_or_else(PoisonError::into_inner).token.clone();
        self.0.iter().map(token).filter(|token| !token.is_empty()).collect()
    }
}

/// Whether both get the same tokens, however they are connected to.
fn is_same(left: &ServiceAccount, right: &ServiceAccount) -> bool {
    (&left.email, &left.token_uri) == (&right.email, &right.token_uri)
        && (&left.private_key_id, &left.private_key) == (&right.private_key_id, &right.private_key)
}
