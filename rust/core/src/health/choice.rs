//! Chooses which deployment of a group is asked next, and with which key.
//!
//! # Why some that fail are asked all the same
//! Failures of most of a group are more likely the group's common cause, or ours, than each one's own; and where
//! nothing is left, asking is better than refusing. So at most half of a group is left out (Envoy's "panic threshold"),
//! the first to be tried again first, and never the last one. A provider's own word, 429 with a time, is kept always.
//!
//! # Why a retry goes to what is well
//! Who failed once should not be the one to find out whether a deployment is well again: several may want to be tried
//! at the same time, after a common outage, and a call has three attempts.

use std::sync::Arc;
use std::time::Duration;

use super::availability::{Ask, Availability, Standing};
use super::balance::{self, Candidate};
use super::deployment::Slot;
use super::random::Random;
use crate::config::Balance;
use crate::plan::Group;
use crate::registry::{Deployment, Provider};

/// Where an attempt of the same call has been.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a> {
    /// The deployment.
    pub deployment: &'a Arc<Deployment>,
    /// The key's number, counted from 0.
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
    /// Chooses one that was not `tried`, in the order of the attempts, and that `may_ask` lets through. `turn` goes
    /// round, to spread over keys.
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
        let stand = |it: &Arc<Deployment>| it.health.stand(asks(&it.provider, turn), &it.provider.health, median, now);
        let mut standings: Vec<Standing> = self.deployments.iter().map(stand).collect();
        let n_ejected = standings.iter().filter(|it| matches!(it.availability, Availability::Ejected(..))).count();
        readmit(&mut standings, n_ejected.saturating_sub(self.deployments.len() / 2));
        for (deployment, standing) in self.deployments.iter().zip(&mut standings) {
            if !may_ask(deployment) {
                standing.availability = Availability::Unfit;
            } else if let Some(availability) = after(tried, deployment, turn, now) {
                standing.availability = availability;
            }
        }
        let mut found = self.pick(&standings, tried, balance, random);
        // Nothing is left but what failed.
        if found.is_none() && !is_full(&standings) {
            readmit(&mut standings, 1);
            found = self.pick(&standings, tried, balance, random);
        }
        let chosen = found.and_then(|position| {
            let ask = standings.get(position)?.availability.ask()?;
            let deployment = self.deployments.get(position)?;
            Some(Chosen { deployment: Arc::clone(deployment), slot: deployment.health.begin(ask, now) })
        });
        chosen.map_or_else(|| nothing(&standings), Choice::Attempt)
    }

    /// The position of the one to ask.
    fn pick(
        &self,
        standings: &[Standing],
        tried: &[Tried<'_>],
        balance: Balance,
        random: &mut Random,
    ) -> Option<usize> {
        let positions = |is_wanted: fn(Availability) -> bool| {
            let with_room = standings.iter().enumerate().filter(|(_, it)| it.has_room);
            with_room.filter(move |(_, it)| is_wanted(it.availability)).map(|(position, _)| position)
        };
        let ready = || positions(|it| matches!(it, Availability::Ready(_)));
        let readmitted = || positions(|it| matches!(it, Availability::Readmitted(_)));
        // By load alone it might never be asked.
        let probe = positions(|it| matches!(it, Availability::Probe(_))).next();
        let is_first = tried.is_empty();
        if is_first && probe.is_some() {
            return probe;
        }
        let same = |it: &Tried<'_>| self.deployments.iter().position(|other| other.name == it.deployment.name);
        let other_key = tried.last().filter(|last| last.may_change_key).and_then(same);
        if let Some(position) = other_key.filter(|&position| ready().any(|it| it == position)) {
            return Some(position);
        }
        match balance {
            Balance::Order => ready().next().or(probe).or_else(|| readmitted().next()),
            Balance::Load if is_first => self.lightest(standings, ready().chain(readmitted()), random),
            Balance::Load => {
                let lightest = self.lightest(standings, ready(), random);
                lightest.or(probe).or_else(|| self.lightest(standings, readmitted(), random))
            }
        }
    }

    /// Of those at `positions`, the position of the one that has the least to do.
    fn lightest(
        &self,
        standings: &[Standing],
        positions: impl Iterator<Item = usize>,
        random: &mut Random,
    ) -> Option<usize> {
        let candidate = |position: usize| {
            let standing = standings.get(position)?;
            let candidate = Candidate {
                weight: f64::from(self.deployments.get(position)?.weight) * standing.share,
                in_flight: standing.in_flight,
                time_to_first_token: standing.time_to_first_token.as_secs_f64(),
                price: standing.price,
            };
            Some((position, candidate))
        };
        let (positions, candidates): (Vec<_>, Vec<_>) = positions.filter_map(candidate).unzip();
        match *positions {
            [] => None,
            [only] => Some(only),
            _ => positions.get(balance::pick(&candidates, random)).copied(),
        }
    }
}

/// The credentials of a provider in the order in which they are to be considered, each with its key's number.
fn asks(provider: &Provider, turn: usize) -> impl Iterator<Item = Ask> {
    provider.turns(turn).map(|turn| Ask { turn, key: provider.key_number(turn) })
}

/// Whether `deployment` may be asked again after all that was tried; `None` where it was not.
fn after(tried: &[Tried<'_>], deployment: &Deployment, turn: usize, now: Duration) -> Option<Availability> {
    let of_it = || tried.iter().filter(|it| it.deployment.name == deployment.name);
    let last = of_it().next_back()?;
    let is_tried = |key| !last.may_change_key || of_it().any(|it| it.key == key);
    let provider = &deployment.provider;
    Some(deployment.health.availability_after(is_tried, asks(provider, turn), &provider.health, now))
}

/// Lets `n` of those that are left out be asked, what has room and is the first to be tried again first.
fn readmit(standings: &mut [Standing], n: usize) {
    for _ in 0..n {
        let ejected = standings.iter_mut().filter_map(|it| match it.availability {
            Availability::Ejected(ask, until) => Some(((!it.has_room, until), ask, it)),
            _ => None,
        });
        let Some((_, ask, standing)) = ejected.min_by_key(|&(order, ..)| order) else { return };
        standing.availability = Availability::Readmitted(ask);
    }
}

fn is_full(standings: &[Standing]) -> bool {
    standings.iter().any(|it| it.availability.ask().is_some() && !it.has_room)
}

/// Why none can be asked: the nearest hope.
fn nothing(standings: &[Standing]) -> Choice {
    if is_full(standings) {
        return Choice::Full;
    }
    let parked = |it: &Standing| match it.availability {
        Availability::Throttled(until) => Some((Parked::Throttled, until)),
        Availability::Unkeyed(until) => Some((Parked::Unkeyed, until)),
        _ => None,
    };
    let first = standings.iter().filter_map(parked).min();
    first.map_or(Choice::Nothing, |(why, until)| Choice::Parked(why, until))
}
