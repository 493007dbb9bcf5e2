//! What a seed draws before anything happens: the configuration, and when there are reloads and an end.

use std::fmt::Write;
use std::time::Duration;

use tiercel_core::config::{Config, Overrides};
use tiercel_core::health::Random;

use crate::provider::Moods;

/// The last request comes in before this.
pub(crate) const LAST_ARRIVAL: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    /// The configuration.
    pub(crate) text: String,
    pub(crate) providers: Vec<Provider>,
    /// Positions of the providers in each tier: the first, the fallback and the one for long requests.
    pub(crate) tiers: Vec<Vec<usize>>,
    pub(crate) max_attempts: usize,
    /// The longest that a call may take.
    pub(crate) total: Duration,
    pub(crate) n_calls: usize,
    pub(crate) reloads: Vec<Duration>,
    /// When the gateway is told to stop, and for how long it goes on then.
    pub(crate) drain: Option<(Duration, Duration)>,
}

pub(crate) struct Provider {
    pub(crate) is_anthropic: bool,
    pub(crate) n_keys: usize,
    pub(crate) moods: Moods,
}

impl Scene {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let providers: Vec<Provider> = (0..=random.below(4)).map(|_| Provider::draw(random)).collect();
        let tiers = tiers(providers.len(), random);
        let max_attempts = 3 - [0, 0, 0, 1, 2][random.below(5)];
        let is_patient = random.below(4) == 0;
        let total = Duration::from_secs(if is_patient { 60 } else { 12 });
        let mut text = String::new();
        let hedge = random.below(2) == 0;
        let balance = ["load", "load", "order"][random.below(3)];
        let max_in_flight = [1_000, 1_000, 8][random.below(3)];
        write!(
            text,
            "server.max_in_flight = {max_in_flight}\n\
             failover = {{ max_attempts = {max_attempts}, hedge = {hedge}, balance = \"{balance}\" }}\n"
        )
        .unwrap();
        let (head, first, between, answer) = if is_patient { (25, 30, 8, 30) } else { (3, 5, 4, 6) };
        writeln!(
            text,
            "timeouts = {{ connect = \"1s\", head = \"{head}s\", first_token = \"{first}s\", between_tokens = \
             \"{between}s\", answer = \"{answer}s\", total = \"{}s\" }}",
            total.as_secs()
        )
        .unwrap();
        text.push_str("keys = [{ name = \"shop\", key = { env = \"SHOP\" } }]\n[tiers]\n");
        for (tier, name) in tiers.iter().zip(TIERS).filter(|(tier, _)| !tier.is_empty()) {
            let names: Vec<String> = tier.iter().map(|at| format!("\"p{at}/m\"")).collect();
            writeln!(text, "{name} = [{}]", names.join(", ")).unwrap();
        }
        text.push_str("[routes.auto]\ntiers = [\"main\"]\ndefault = \"main\"\n");
        if !tiers[1].is_empty() {
            text.push_str("fallbacks = [\"spare\"]\n");
        }
        if !tiers[2].is_empty() {
            text.push_str("long_context = \"long\"\n");
        }
        for (at, provider) in providers.iter().enumerate() {
            let dialect = if provider.is_anthropic { "anthropic" } else { "openai" };
            let keys: Vec<String> = (0..provider.n_keys).map(|key| format!("{{ env = \"P{at}K{key}\" }}")).collect();
            let keys = keys.join(", ");
            let limit = [1, 2, 4, 50][random.below(4)];
            write!(
                text,
                "[providers.p{at}]\ndialect = \"{dialect}\"\nbase_url = \"http://p{at}.test\"\nkeys = [{keys}]\n\
                 [deployments.\"p{at}/m\"]\nmax_in_flight = {limit}\nweight = {}\n",
                1 + random.below(3)
            )
            .unwrap();
        }
        let n_reloads = [0, 0, 1, 2][random.below(4)];
        Self {
            text,
            providers,
            tiers,
            max_attempts,
            total,
            n_calls: if random.below(10) == 0 { 400 } else { 5 + random.below(60) },
            reloads: (0..n_reloads).map(|_| moment(random)).collect(),
            drain: (random.below(3) == 0).then(|| (moment(random), milliseconds(random, 5_000))),
        }
    }

    pub(crate) fn config(&self) -> Config {
        Config::parse(&self.text, "tiercel.toml", &Overrides::default()).unwrap()
    }
}

impl Provider {
    fn draw(random: &mut Random) -> Self {
        Self { is_anthropic: random.below(3) == 0, n_keys: 1 + random.below(2), moods: Moods::draw(random) }
    }
}

const TIERS: [&str; 3] = ["main", "spare", "long"];

/// Each provider is in one tier; the first is never empty, the others are written only where they are not.
fn tiers(n_providers: usize, random: &mut Random) -> Vec<Vec<usize>> {
    let mut tiers = vec![vec![0], Vec::new(), Vec::new()];
    for at in 1..n_providers {
        tiers[[0, 0, 1, 2][random.below(4)]].push(at);
    }
    tiers
}

/// Some time while requests come in.
pub(crate) fn moment(random: &mut Random) -> Duration {
    milliseconds(random, 60_000)
}

/// Less than `n` milliseconds.
pub(crate) fn milliseconds(random: &mut Random, n: usize) -> Duration {
    Duration::from_millis(random.below(n) as u64)
}
