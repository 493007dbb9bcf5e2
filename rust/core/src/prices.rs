//! What a call cost: tokens times prices.
//!
//! The prices are those of the `genai-prices` data set, and the operator's own where given. A model without a price
//! costs `None`, never nothing: a free answer and an unknown price must not look alike. The data set has models with
//! no price at all, some free and some merely unknown; they are unpriced here until the operator says otherwise.
//!
//! # Why prices are kept as integers
//! The data set's own calculator matches a model against every rule of its provider, which takes 3-5 us, and adds
//! floats. So for each model it is asked once a minute for the price of each kind of token, and calls are priced from
//! these in integers, in 0.05-0.1 us. Once a minute, because some prices change with the time of day.

mod rates;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use genai_prices::Calculator;

use crate::catalogue;
use crate::config::Config;
use crate::money::NanoDollars;
use crate::settlement::TokenUsage;

pub use rates::{DollarsPerMillion, PriceOverride, Rates};
use rates::{Quote, Source};

/// The release of the data set, as pinned in `Cargo.toml`.
const BUNDLED_VERSION: &str = "genai-prices-0.2.1";

/// The same with prices of the operator's, which the configuration holds.
const OVERRIDDEN_VERSION: &str = "genai-prices-0.2.1+overrides";

/// More models than one gateway uses; at this many all are forgotten.
const MAX_QUOTES: usize = 1_000;

/// Prices of models, by the provider's name in the catalogue and the provider's name for the model.
#[derive(Debug)]
pub struct PriceTable {
    calculator: &'static Calculator,
    overrides: HashMap<String, HashMap<String, Rates>>,
    quotes: Mutex<Quotes>,
    version: &'static str,
}

impl PriceTable {
    /// The data set that the program carries. Decoding it takes some tens of milliseconds, once a process.
    pub fn bundled() -> Self {
        Self {
            calculator: Calculator::bundled(),
            overrides: HashMap::new(),
            quotes: Mutex::default(),
            version: BUNDLED_VERSION,
        }
    }

    /// The same with the operator's own prices, which `config` holds.
    pub fn new(config: &Config) -> Self {
        config.prices.iter().fold(Self::bundled(), |table, (deployment, price)| {
            let (provider, model) = deployment.split_once('/').unwrap_or((deployment, ""));
            table.with_override(provider, model, price)
        })
    }

    /// The table with the operator's own price for one model.
    #[must_use]
    pub fn with_override(mut self, provider: &str, model: &str, price: &PriceOverride) -> Self {
        self.version = OVERRIDDEN_VERSION;
        self.overrides.entry(provider.to_owned()).or_default().insert(model.to_owned(), Rates::from(price));
        self
    }

    /// Which prices these are; kept with every cost.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// What an answer of this `usage` cost at `unix`, the time since the Unix epoch; `None` when the model has no price.
    /// The prices may include one for the request itself, so a call that was not answered is not to be asked for.
    pub fn cost(&self, provider: &str, model: &str, usage: &TokenUsage, unix: Duration) -> Option<NanoDollars> {
        Some(self.rates(provider, model, usage.all_input(), unix)?.cost(usage))
    }

    /// The prices for a prompt of `n_input` tokens at `unix`; `None` when the model has none.
    pub fn rates(&self, provider: &str, model: &str, n_input: u64, unix: Duration) -> Option<Rates> {
        if let Some(rates) = self.overrides.get(provider).and_then(|models| models.get(model)) {
            return Some(*rates);
        }
        let quote = self.quote(provider, model, unix);
        if n_input <= quote.up_to_input {
            return quote.rates;
        }
        self.source(provider, model, unix)?.rates(n_input)
    }

    /// What the data set calls `model`, where it has it.
    pub(crate) fn model_id(&self, provider: &str, model: &str, unix: Duration) -> Option<String> {
        self.source(provider, model, unix)?.model_id()
    }

    fn quote(&self, provider: &str, model: &str, unix: Duration) -> Quote {
        let minute = unix.as_secs() / 60;
        let mut quotes = self.quotes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(quote) = quotes.get(provider, model).filter(|quote| quote.minute == minute) {
            return *quote;
        }
        let quote = Quote::new(self.source(provider, model, unix).as_ref(), minute);
        quotes.insert(provider, model, quote);
        quote
    }

    fn source<'a>(&'a self, provider: &'a str, model: &'a str, unix: Duration) -> Option<Source<'a>> {
        Source::new(self.calculator, catalogue::prices_id(provider), model, unix)
    }
}

/// The quotes of this minute, and stale ones of earlier minutes.
#[derive(Debug, Default)]
struct Quotes {
    by_provider: HashMap<String, HashMap<String, Quote>>,
    n_quotes: usize,
}

impl Quotes {
    fn get(&self, provider: &str, model: &str) -> Option<&Quote> {
        self.by_provider.get(provider)?.get(model)
    }

    fn insert(&mut self, provider: &str, model: &str, quote: Quote) {
        if self.n_quotes >= MAX_QUOTES {
            *self = Self::default();
        }
        let models = self.by_provider.entry(provider.to_owned()).or_default();
        if models.insert(model.to_owned(), quote).is_none() {
            self.n_quotes += 1;
        }
    }
}
