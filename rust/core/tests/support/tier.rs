//! A tier of deployments that are made up, and calls that ask them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "part of tests, where a failed step is a failed test"
)]

use crate::support::World;
use std::sync::Arc;
use std::time::Duration;
use tiercel_core::config::{Balance, Config, Overrides};
use tiercel_core::health::{Choice, Chosen, HealthTable, Random, Tried, Verdict};
use tiercel_core::plan::Group;
use tiercel_core::registry::{Deployment, Registry};

pub struct Tier {
    pub table: Arc<HealthTable>,
    pub registry: Registry,
    pub group: Group,
    pub random: Random,
    pub now: Duration,
    pub balance: Balance,
    pub turn: usize,
}

impl Tier {
    /// A deployment for each of `n_keys`, called `a/m`, `b/m` and so on, with so many keys. `more` is more configuration.
    pub fn new(n_keys: &[usize], balance: Balance, more: &str) -> Self {
        Self::with_table(n_keys, balance, more, Arc::new(HealthTable::new(1)))
    }

    pub fn with_table(n_keys: &[usize], balance: Balance, more: &str, table: Arc<HealthTable>) -> Self {
        let world = World::with(&[("K0", "k0"), ("K1", "k1"), ("K2", "k2"), ("K3", "k3")]);
        let names: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().zip(n_keys).collect();
        let provider = |(name, n_keys): &(&str, &usize)| {
            let keys: Vec<_> = (0..**n_keys).map(|key| format!("{{ env = \"K{key}\" }}")).collect();
            format!("[providers.{name}]\nbase_url = \"http://{name}.test\"\nkeys = [{}]\n", keys.join(", "))
        };
        let providers: String = names.iter().map(provider).collect();
        let members: Vec<_> = names.iter().map(|(name, _)| format!("\"{name}/m\"")).collect();
        let text = format!("{providers}[tiers]\ntier = [{}]\n{more}", members.join(", "));
        let config = Config::parse(&text, "tiercel.toml", &Overrides::default()).unwrap();
        let registry = Registry::new(&config, &world, Arc::clone(&table)).unwrap();
        let deployments = names.iter().map(|(name, _)| registry.deployment(&format!("{name}/m")).unwrap());
        let first = registry.deployment("a/m").unwrap();
        let group = Group { deployments: deployments.collect(), ..registry.group_of(first) };
        let now = Duration::from_secs(1_000);
        Self { table, registry, group, random: Random::new(7), now, balance, turn: 0 }
    }

    pub fn deployment(&self, index: usize) -> &Arc<Deployment> {
        &self.group.deployments[index]
    }

    /// What is chosen for a call that has tried those.
    pub fn choose(&mut self, tried: &[Tried<'_>]) -> Choice {
        let group = self.group.clone();
        let choice = group.choose(tried, &|_| true, self.balance, self.turn, &mut self.random, self.now);
        self.turn += 1;
        choice
    }

    /// The same in words: `b`, or `b1` for its second key where it has several.
    pub fn chosen(&mut self, tried: &[Tried<'_>]) -> String {
        match self.choose(tried) {
            Choice::Attempt(chosen) => {
                self.end(&chosen, Verdict::Nothing);
                name(&chosen)
            }
            Choice::Full => "full".to_owned(),
            Choice::Parked(why, until) => format!("{why:?} for {:?}", until.checked_sub(self.now).unwrap()),
            Choice::Nothing => "nothing".to_owned(),
        }
    }

    pub fn end(&mut self, chosen: &Chosen, verdict: Verdict) {
        let credentials = &chosen.deployment.provider.health;
        chosen.deployment.health.end(chosen.slot, credentials, verdict, self.now, &mut self.random);
    }

    /// Asks the deployment at `index` with that key, however it does; a key that is not taken cannot be asked.
    pub fn begin(&mut self, index: usize, key: usize) -> Chosen {
        let alone = Group { deployments: [self.deployment(index).clone()].into(), ..self.group.clone() };
        match alone.choose(&[], &|_| true, Balance::Order, key, &mut self.random, self.now) {
            Choice::Attempt(chosen) => chosen,
            other => panic!("{other:?}"),
        }
    }

    pub fn give(&mut self, index: usize, key: usize, verdict: Verdict) {
        let chosen = self.begin(index, key);
        assert_eq!(key, chosen.slot.key);
        self.end(&chosen, verdict);
    }

    /// Opens its breaker.
    pub fn eject(&mut self, index: usize, key: usize) {
        (0..5).for_each(|_| self.give(index, key, Verdict::Failure));
    }
}

pub fn name(chosen: &Chosen) -> String {
    let name = chosen.deployment.name.split('/').next().unwrap();
    if chosen.deployment.provider.n_keys() > 1 { format!("{name}{}", chosen.slot.key) } else { name.to_owned() }
}
