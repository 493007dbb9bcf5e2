//! Chooses which deployment of a group is asked next, and with which key.
//!
//! # Why two at random, and not the best
//! What is known of the deployments is a little old, and every request and every worker knows the same. If all went to
//! the best, it would be the worst a moment later. The better of two at random avoids that and comes close to the best
//! (Mitzenmacher, "The power of two choices in randomized load balancing", 2001). Two are compared by what a request
//! would wait there (time to first token, for each one in flight) and by what it would cost.
//!
//! # Why some that fail are asked all the same
//! Failures of most of a group are more likely the group's common cause, or ours, than each one's own; and where
//! nothing is left, asking is better than refusing. So at most half of a group is left out (Envoy's "panic threshold"),
//! the first to be tried again first, and never the last one. A provider's own word, 429 with a time, is kept always.

use std::sync::Arc;
use std::time::Duration;

use super::deployment::{Availability, Slot, Standing};
use super::random::Random;
use crate::config::Balance;
use crate::plan::Group;
use crate::registry::Deployment;

/// A price weighs as much as the same factor in waiting, within these bounds: a free model must not get everything.
const PRICE_BOUNDS: (f64, f64) = (0.1, 10.0);

/// Where an attempt of the same call has been.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a> {
    /// The deployment.
    pub deployment: &'a Arc<Deployment>,
    /// The key's number.
    pub key: usize,
    /// Whether it was the key that failed there, so that another one may do.
    pub may_change_key: bool,
}

/// What came of choosing.
#[derive(Debug)]
pub enum Choice {
    /// This one, which counts as in flight from now on.
    Attempt(Chosen),
    /// Every one that may be asked has as many requests in flight as it takes.
    Full,
    /// All want to be left alone, the first of them until then.
    Parked(Parked, Duration),
    /// There is none that was not tried.
    Nothing,
}

/// A deployment to be asked.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Which.
    pub deployment: Arc<Deployment>,
    /// With which credential.
    pub slot: Slot,
}

/// Why nothing may be asked; what passes sooner first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parked {
    /// They asked to slow down.
    Throttled,
    /// They take none of the keys.
    Unkeyed,
}

impl Group {
    /// Chooses one that was not `tried` and that `may_ask` lets through. `turn` goes round, to spread over keys.
    pub fn choose(
        &self,
        tried: &[Tried<'_>],
        may_ask: &dyn Fn(&Deployment) -> bool,
        balance: Balance,
        turn: usize,
        random: &mut Random,
        now: Duration,
    ) -> Choice {
        let median = self.health.median();
        let mut standings: Vec<(usize, Standing)> = Vec::with_capacity(self.deployments.len());
        let mut n_ejected = 0;
        for (index, deployment) in self.deployments.iter().enumerate() {
            let provider = &deployment.provider;
            let n_turns = provider.n_turns();
            let turns = (turn..turn.saturating_add(n_turns)).map(|turn| (turn, provider.key_number(turn)));
            let standing = deployment.health.stand(turns, &provider.health, median, now);
            n_ejected += usize::from(matches!(standing.availability, Availability::Ejected(..)));
            let standing = match tried.iter().rfind(|it| it.deployment.name == deployment.name) {
                None => standing,
                Some(last) if last.may_change_key => {
                    let is_left = |key| !tried.iter().any(|it| it.deployment.name == deployment.name && it.key == key);
                    let turns = (turn..turn.saturating_add(n_turns)).map(|turn| (turn, provider.key_number(turn)));
                    let others = turns.filter(|&(_, key)| is_left(key));
                    deployment.health.stand(others, &provider.health, median, now)
                }
                Some(_) => Standing { availability: Availability::Tried, ..standing },
            };
            if may_ask(deployment) {
                standings.push((index, standing));
            }
        }
        let max_ejected = self.deployments.len() / 2;
        readmit(&mut standings, n_ejected.saturating_sub(max_ejected));
        let found = match self.pick(&standings, balance, random) {
            Some(found) => Some(found),
            // Nothing is left but what failed.
            None if standings.iter().all(|(_, it)| !matches!(it.availability, Availability::Full)) => {
                readmit(&mut standings, 1);
                self.pick(&standings, balance, random)
            }
            None => None,
        };
        match found {
            Some((deployment, slot)) => {
                let slot = deployment.health.begin(slot, now);
                Choice::Attempt(Chosen { deployment: Arc::clone(deployment), slot })
            }
            None => nothing(&standings),
        }
    }

    fn pick(
        &self,
        standings: &[(usize, Standing)],
        balance: Balance,
        random: &mut Random,
    ) -> Option<(&Arc<Deployment>, Slot)> {
        let slot = |(index, standing): &(usize, Standing)| match standing.availability {
            Availability::Ready(slot) | Availability::Probe(slot) => Some((self.deployments.get(*index)?, slot)),
            _ => None,
        };
        // The one request that finds out whether a deployment is well again: by load alone it might never be asked.
        if let Some(probe) = standings.iter().find(|(_, it)| matches!(it.availability, Availability::Probe(_))) {
            return slot(probe);
        }
        let ready: Vec<_> = standings.iter().filter(|it| slot(it).is_some()).collect();
        match (balance, ready.len()) {
            (_, 0) => None,
            (Balance::Order, _) | (_, 1) => ready.first().and_then(|it| slot(it)),
            (Balance::Load, n) => {
                let first = random.below(n);
                let second = (first + 1 + random.below(n - 1)) % n;
                let (first, second) = (ready.get(first.min(second))?, ready.get(first.max(second))?);
                let mean = mean_price(standings);
                let load = |it: &(usize, Standing)| self.load(it, mean);
                slot(if load(second) < load(first) { second } else { first })
            }
        }
    }

    /// What a request would wait and cost there, in no unit.
    fn load(&self, (index, standing): &(usize, Standing), mean_price: Option<f64>) -> f64 {
        let weight = self.deployments.get(*index).map_or(1.0, |deployment| f64::from(deployment.weight));
        let price = match (standing.price, mean_price) {
            (Some(price), Some(mean)) => (f64::from(price) / mean).clamp(PRICE_BOUNDS.0, PRICE_BOUNDS.1),
            _ => 1.0,
        };
        let waiting = f64::from(standing.in_flight + 1) * standing.time_to_first_token.as_secs_f64();
        waiting * price / (weight * standing.share)
    }
}

/// Lets `n` of those that are left out be asked, the first to be tried again first.
fn readmit(standings: &mut [(usize, Standing)], n: usize) {
    for _ in 0..n {
        let until = |it: &Standing| match it.availability {
            Availability::Ejected(slot, until) => Some((until, slot)),
            _ => None,
        };
        let soonest =
            standings.iter_mut().filter(|(_, it)| until(it).is_some()).min_by_key(|(_, it)| until(it).map(|it| it.0));
        let Some((_, standing)) = soonest else { return };
        if let Some((_, slot)) = until(standing) {
            standing.availability = if standing.is_full { Availability::Full } else { Availability::Ready(slot) };
        }
    }
}

/// Of those whose price is known and not nothing.
fn mean_price(standings: &[(usize, Standing)]) -> Option<f64> {
    let prices = standings.iter().filter_map(|(_, it)| it.price).map(f64::from);
    let (sum, n) = prices.fold((0.0, 0.0), |(sum, n), price| (sum + price, n + 1.0));
    (sum > 0.0).then(|| sum / n)
}

/// Why none can be asked: the nearest hope.
fn nothing(standings: &[(usize, Standing)]) -> Choice {
    let availabilities = || standings.iter().map(|(_, it)| it.availability);
    if availabilities().any(|it| matches!(it, Availability::Full)) {
        return Choice::Full;
    }
    let throttled =
        availabilities().filter_map(|it| if let Availability::Throttled(until) = it { Some(until) } else { None });
    if let Some(until) = throttled.min() {
        return Choice::Parked(Parked::Throttled, until);
    }
    let unkeyed =
        availabilities().filter_map(|it| if let Availability::Unkeyed(until) = it { Some(until) } else { None });
    unkeyed.min().map_or(Choice::Nothing, |until| Choice::Parked(Parked::Unkeyed, until))
}
