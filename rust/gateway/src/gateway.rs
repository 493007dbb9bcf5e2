//! What all calls of a worker share, as one configuration makes it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use tiercel_core::config::{Balance, Config, ConfigError, Interface, Roots};
use tiercel_core::health::{Choice, Chosen, Random, Slot, Tried, Verdict};
use tiercel_core::keys::{AuthError, Keys, Principal};
use tiercel_core::plan::{Group, Plan, PlanError, Reason};
use tiercel_core::prices::PriceTable;
use tiercel_core::registry::{Deployment, ModelEntry, Registry, ServiceAccount};
use tiercel_core::secrets::Environment;
use tiercel_upstream as upstream;
use tiercel_upstream::tls::{self, ClientConfig, TimeProvider};

use crate::attempt::Attempt;
use crate::demand::speaks_openai;
use crate::error::{Error, Kind};
use crate::idempotency::Keeping;
use crate::shared::{Permit, Shared};
use crate::tokens::Tokens;
use crate::{Call, Connection, Incoming, Moment, cache};

/// What is configured of failover.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failover {
    pub(crate) max_attempts: usize,
    pub(crate) balance: Balance,
    pub(crate) hedge: bool,
}

/// One worker's gateway: immutable but for what it shares with its successors.
pub struct Gateway {
    keys: Keys,
    registry: Registry,
    max_in_flight: usize,
    prices: PriceTable,
    tls: Vec<Option<Arc<ClientConfig>>>,
    tokens: Tokens,
    may_break: bool,
    failover: Failover,
    keeping: Keeping,
    cache: cache::Settings,
    pub(crate) shared: Arc<Shared>,
}

impl Gateway {
    /// A gateway for `config`, with the secrets of `environment`. `seed` makes its request ids differ from other
    /// workers'; `time` is what certificates are checked against.
    ///
    /// # Errors
    /// A secret or a CA file that cannot be used, or no roots on this machine where they are asked for.
    pub fn new(
        config: &Config,
        environment: &dyn Environment,
        time: &Arc<dyn TimeProvider>,
        seed: u64,
    ) -> Result<Self, ConfigError> {
        Self::build(config, environment, time, Tokens::new, || Arc::new(Shared::new(seed)))
    }

    /// What takes this gateway's place when its configuration has become `config`. Calls of either may run at a time:
    /// both count in one place and draw from the same limits, of which the newest hold.
    ///
    /// # Errors
    /// As [`new`](Self::new); this one goes on as if nothing had been asked.
    pub fn renew(
        &self,
        config: &Config,
        environment: &dyn Environment,
        time: &Arc<dyn TimeProvider>,
    ) -> Result<Self, ConfigError> {
        Self::build(config, environment, time, |accounts| self.tokens.renew(accounts), || Arc::clone(&self.shared))
    }

    fn build(
        config: &Config,
        environment: &dyn Environment,
        time: &Arc<dyn TimeProvider>,
        tokens: impl FnOnce(&[ServiceAccount]) -> Result<Tokens, upstream::Error>,
        shared: impl FnOnce() -> Arc<Shared>,
    ) -> Result<Self, ConfigError> {
        let keys = Keys::new(config, environment)?;
        let shared = shared();
        let registry = Registry::new(config, environment, Arc::clone(&shared.health))?;
        let prices = PriceTable::new(config);
        let tls = registry.origins().iter().map(|origin| {
            let roots = match origin.roots {
                Roots::Mozilla => tls::Roots::Mozilla,
                Roots::System => tls::Roots::System,
            };
            let client = || tls::client_config(roots, origin.ca.as_deref(), Arc::clone(time));
            origin.is_tls.then(client).transpose()
        });
        let unusable = |error: upstream::Error| config.error(&["providers"], error.to_string());
        let tls = tls.collect::<Result<_, _>>().map_err(unusable)?;
        let tokens = tokens(registry.service_accounts()).map_err(unusable)?;
        let unix = time.current_time().map_or(Duration::ZERO, |time| Duration::from_secs(time.as_secs()));
        shared.metrics.set_configuration(prices.version(), unix);
        shared.meanings.set_wanted(config.cache.mode.is_by_meaning().then_some(config.cache.answer_similarity));
        shared.access_log.set_max_lines(as_usize(config.log.queue.get()));
        Ok(Self {
            tls,
            tokens,
            may_break: config.server.interface == Interface::Asgi,
            max_in_flight: as_usize(config.server.max_in_flight.get()),
            keys,
            registry,
            prices,
            failover: Failover {
                max_attempts: usize::from(config.failover.max_attempts),
                balance: config.failover.balance,
                hedge: config.failover.hedge,
            },
            keeping: Keeping::new(config),
            cache: cache::Settings::new(config),
            shared,
        })
    }

    /// Takes a request in. The call is answered at once or hands out attempts.
    pub fn open(self: &Arc<Self>, incoming: &Incoming<'_>, now: Moment) -> Call {
        Call::open(self, incoming, now)
    }

    /// Takes in a request whose body could not be read, for the reason `error`.
    pub fn reject(self: &Arc<Self>, incoming: &Incoming<'_>, error: &Error, now: Moment) -> Call {
        Call::reject(self, incoming, error, now)
    }

    /// The state of a new connection to the origin at `index`.
    ///
    /// # Errors
    /// A host name that TLS cannot check; `index` out of range.
    pub fn connect(&self, index: usize) -> Result<Connection, Error> {
        let origin = self.registry.origins().get(index);
        let origin = origin.ok_or_else(|| Error::new(Kind::Internal, "there is no such origin"))?;
        let http = match self.tls.get(index).and_then(Option::as_ref) {
            None => upstream::Connection::plain(),
            Some(config) => upstream::Connection::tls(config, &origin.host)
                .map_err(|error| Error::new(Kind::UpstreamFailed, error.to_string()))?,
        };
        Ok(Connection::new(http))
    }

    /// What is configured.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn prices(&self) -> &PriceTable {
        &self.prices
    }

    pub(crate) fn authenticate(&self, credential: Option<&[u8]>, now: Moment) -> Result<Arc<Principal>, Error> {
        self.keys.authenticate(credential, now.unix).cloned().map_err(|error| match error {
            AuthError::Missing => Error::new(Kind::MissingKey, "send a key, as `Authorization: Bearer <key>`"),
            AuthError::Unknown => Error::new(Kind::UnknownKey, "the key is not known here"),
            AuthError::Expired => Error::new(Kind::ExpiredKey, "the key has expired"),
            AuthError::Disabled => Error::new(Kind::ExpiredKey, "the key is disabled"),
        })
    }

    /// Whether what is new is still taken.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.is_draining() {
            return Err(Error::new(Kind::Draining, "the gateway is shutting down; try again"));
        }
        Ok(())
    }

    /// A place among the requests in flight.
    pub(crate) fn admit(&self) -> Result<Permit, Error> {
        self.check_open()?;
        let permit = Permit::new(&self.shared);
        if self.n_in_flight() > self.max_in_flight {
            return Err(Error::new(Kind::Overloaded, "too many requests are in flight; try again"));
        }
        Ok(permit)
    }

    pub(crate) fn plan(&self, principal: &Principal, model: &str) -> Result<Plan, Error> {
        self.registry.plan(principal, model).map_err(|error| {
            let kind = match &error {
                PlanError::UnknownModel { .. } => Kind::UnknownModel,
                PlanError::NotAllowed { .. } => Kind::Forbidden,
            };
            Error::new(kind, error.to_string()).about("model")
        })
    }

    /// Where something goes that no model does: to the provider that the client names, else to the first that has it.
    pub(crate) fn plan_for_provider(
        &self,
        principal: &Principal,
        named: Option<&str>,
        operation: &str,
    ) -> Result<Plan, Error> {
        let mut providers = self.registry.providers().filter(|provider| speaks_openai(provider));
        let provider = match named {
            Some(name) => providers.find(|provider| *provider.name == *name).ok_or_else(|| {
                Error::new(Kind::UnknownModel, "x-tiercel-provider names no provider that speaks OpenAI's dialect")
            }),
            None => providers.next().ok_or_else(|| {
                Error::new(Kind::UnknownModel, "no provider that speaks OpenAI's dialect is configured")
            }),
        }?;
        let name = format!("{}/{operation}", provider.name);
        if !principal.may_use(&name) {
            return Err(Error::new(Kind::Forbidden, format!("this API key may not use `{name}`")));
        }
        let deployment = self.registry.deployment(&name);
        let deployment = deployment.ok_or_else(|| Error::new(Kind::Internal, "the provider is gone"))?;
        let groups = [self.registry.group_of(deployment)];
        Ok(Plan::of(Reason::Provider, groups))
    }

    /// Every model that may be asked for.
    pub fn models(&self) -> Vec<ModelEntry> {
        self.registry.models_for(&Principal::operator())
    }

    /// Takes the gateway's own keys out of what an upstream says.
    pub(crate) fn redact(&self, body: Vec<u8>, attempt: Option<&Attempt>) -> Vec<u8> {
        self.secrets(attempt).iter().fold(body, |body, secret| {
            let mut redacted = Vec::new();
            let mut n_copied = 0;
            for at in memmem::find_iter(&body, secret.as_bytes()) {
                redacted.extend_from_slice(&body[n_copied..at]);
                redacted.extend_from_slice(b"[redacted]");
                n_copied = at + secret.len();
            }
            if n_copied == 0 {
                return body;
            }
            redacted.extend_from_slice(&body[n_copied..]);
            redacted
        })
    }

    /// What the provider of `attempt` was shown, or might have been.
    pub(crate) fn secrets<'a>(&self, attempt: Option<&'a Attempt>) -> Vec<Cow<'a, str>> {
        let keys = attempt.map_or(&[][..], |attempt| attempt.deployment.provider.secrets());
        let tokens = self.tokens.all().into_iter().map(Cow::Owned);
        keys.iter().map(|key| Cow::Borrowed(key.expose())).chain(tokens).collect()
    }

    /// What is configured of failover.
    pub(crate) fn failover(&self) -> Failover {
        self.failover
    }

    /// How much is kept of what may be asked for again.
    pub(crate) fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// What is configured of the cache.
    pub(crate) fn cache(&self) -> &cache::Settings {
        &self.cache
    }

    /// Chooses which deployment of `group` is asked next; see [`Group::choose`].
    pub(crate) fn choose(
        &self,
        group: &Group,
        tried: &[Tried<'_>],
        may_ask: &dyn Fn(&Deployment) -> bool,
        now: Moment,
    ) -> Choice {
        let turn = self.next_turn();
        let health = self.registry.health();
        health.random(|random| group.choose(tried, may_ask, self.failover.balance, turn, random, now.monotonic))
    }

    /// Gives back what was chosen, and not asked.
    pub(crate) fn release(&self, chosen: &Chosen, now: Moment) {
        self.end(&chosen.deployment, chosen.slot, Verdict::Nothing, now);
    }

    /// Tells those who keep the health of deployments how a request in flight at `deployment` ended.
    pub(crate) fn end(&self, deployment: &Deployment, slot: Slot, verdict: Verdict, now: Moment) {
        let credentials = &deployment.provider.health;
        let health = self.registry.health();
        health.random(|random| deployment.health.end(slot, credentials, verdict, now.monotonic, random));
    }

    /// A number from 0 to 1, for spreading what would else come at once.
    pub(crate) fn fraction(&self) -> f64 {
        self.registry.health().random(Random::fraction)
    }

    /// Whether the server's interface lets a client see that an answer without a length broke off. Over RSGI Granian
    /// ends it like a whole one, whatever the application does (measured, 2.8.7).
    pub(crate) fn may_break(&self) -> bool {
        self.may_break
    }

    /// Tokens of service accounts.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}

fn as_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
