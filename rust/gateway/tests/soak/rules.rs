//! Who may be asked when: held against what providers themselves have said, and against the state of their breakers.

use std::collections::BTreeMap;
use std::time::Duration;

use tiercel_core::health::{Row, State};

use crate::provider::Fault;

/// A refused key is left out for at least so long (specification "Classes of outcome").
const PARKED: Duration = Duration::from_secs(30);

/// Until when a provider's key is to be left alone, as soon as the gateway has read so.
#[derive(Default)]
pub(crate) struct Words(BTreeMap<(Scope, usize, usize), Duration>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Always,
    /// An overloaded provider may be tried by calls that it has not refused.
    Call(usize),
    /// A key that was refused may be another one under the next configuration.
    Configuration(usize),
}

impl Words {
    /// Takes what was said to that call of that configuration.
    pub(crate) fn hear(
        &mut self,
        (call, generation): (usize, usize),
        (provider, key): (usize, usize),
        fault: Option<Fault>,
        now: Duration,
    ) {
        let (scope, wait) = match fault {
            Some(Fault::Throttles(Some(seconds))) => (Scope::Always, Duration::from_secs(seconds)),
            Some(Fault::Overloaded(_, Some(seconds))) => (Scope::Call(call), Duration::from_secs(seconds)),
            Some(Fault::RefusesKey) => (Scope::Configuration(generation), PARKED),
            _ => return,
        };
        let until = self.0.entry((scope, provider, key)).or_default();
        // Requests that were under way when a key was refused tell nothing new.
        if !matches!(scope, Scope::Configuration(_)) || *until <= now {
            *until = (now + wait).max(*until);
        }
    }

    /// Whether that call of that configuration must leave each of the provider's keys alone.
    pub(crate) fn forbidden(
        &self,
        (call, generation): (usize, usize),
        provider: usize,
        n_keys: usize,
        now: Duration,
    ) -> Vec<bool> {
        let scopes = [Scope::Always, Scope::Call(call), Scope::Configuration(generation)];
        let is_away = |key| scopes.iter().any(|scope| self.0.get(&(*scope, provider, key)).is_some_and(|it| now < *it));
        (0..n_keys).map(is_away).collect()
    }
}

/// The deployments of a tier as they stand before one of them is asked.
pub(crate) struct Standing<'a> {
    /// By what the gateway shows.
    pub(crate) rows: &'a [Row],
    /// The providers of the tier.
    pub(crate) tier: &'a [usize],
    /// Those whose probe is under way.
    pub(crate) probed: &'a [usize],
    /// Those that the call has asked.
    pub(crate) tried: &'a [usize],
}

impl Standing<'_> {
    /// Whether `provider` may be asked: it is well, or its probe is due, or too many of its tier are left out, or
    /// nothing else is left.
    pub(crate) fn may_ask(&self, provider: usize) -> bool {
        let n_ejected = self.tier.iter().filter(|&&it| self.may_be_ejected(it)).count();
        let others = || self.tier.iter().filter(|&&it| it != provider && !self.tried.contains(&it));
        !self.is_ejected(provider) || n_ejected > self.tier.len() / 2 || !others().any(|&it| self.is_well(it))
    }

    fn rows(&self, provider: usize) -> impl Iterator<Item = &Row> {
        let name = format!("p{provider}/m");
        self.rows.iter().filter(move |row| row.deployment == name)
    }

    /// Whether no key of it may be used but where nothing else is left.
    fn is_ejected(&self, provider: usize) -> bool {
        let is_out = |row: &Row| match row.state {
            State::Closed => false,
            State::HalfOpen => row.n_keys == 1 && self.probed.contains(&provider),
            State::Open | State::Throttled | State::Parked => true,
        };
        self.rows(provider).all(is_out)
    }

    fn may_be_ejected(&self, provider: usize) -> bool {
        self.rows(provider).all(|row| row.state != State::Closed)
    }

    /// Whether it would take the request, whatever the key.
    fn is_well(&self, provider: usize) -> bool {
        self.rows(provider).all(|row| row.state == State::Closed && row.in_flight < row.limit)
    }
}
