//! The price of each kind of token of one model, as an integer.

use std::time::{Duration, UNIX_EPOCH};

use genai_prices::{Calculator, PriceRequest, Usage, UsageKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::NanoDollars;
use crate::settlement::TokenUsage;

/// The operator's own price of a model, in dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceOverride {
    /// For prompt tokens.
    pub input: DollarsPerMillion,
    /// For tokens of the answer.
    pub output: DollarsPerMillion,
    /// For prompt tokens read from the provider's cache; `input` when absent.
    pub cache_read: Option<DollarsPerMillion>,
    /// For prompt tokens written to the provider's cache; `input` when absent.
    pub cache_write: Option<DollarsPerMillion>,
}

/// Dollars per million tokens, from nothing to a million.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("minimum" = 0, "maximum" = 1_000_000))]
pub struct DollarsPerMillion(f64);

impl TryFrom<f64> for DollarsPerMillion {
    type Error = &'static str;

    fn try_from(dollars: f64) -> Result<Self, Self::Error> {
        if (0.0..=MAX_DOLLARS_PER_MILLION).contains(&dollars) {
            Ok(Self(dollars))
        } else {
            Err("a price must be between 0 and 1,000,000 dollars per million tokens")
        }
    }
}

impl From<DollarsPerMillion> for f64 {
    fn from(price: DollarsPerMillion) -> Self {
        price.0
    }
}

/// A dollar a token. It keeps every product of tokens and rates within 128 bits.
const MAX_DOLLARS_PER_MILLION: f64 = 1_000_000.0;

const FEMTO_PER_NANO: u128 = 1_000_000;

/// Femto-dollars (1e-15) per token, and once per request. Prices of the data set have up to twelve decimals of a dollar
/// per million tokens; this keeps nine of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rates {
    request: u64,
    input: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    reasoning: u64,
}

impl Rates {
    /// Rounded once, half up. More than fits in `NanoDollars` costs as much as fits.
    pub(super) fn cost(&self, usage: &TokenUsage) -> NanoDollars {
        let reasoning = usage.reasoning.min(usage.output);
        let parts = [
            (1, self.request),
            (usage.input, self.input),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
            (usage.output - reasoning, self.output),
            (reasoning, self.reasoning),
        ];
        let femto: u128 = parts.iter().map(|&(n_tokens, rate)| u128::from(n_tokens) * u128::from(rate)).sum();
        NanoDollars(u64::try_from((femto + FEMTO_PER_NANO / 2) / FEMTO_PER_NANO).unwrap_or(u64::MAX))
    }

    fn is_free(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&PriceOverride> for Rates {
    fn from(price: &PriceOverride) -> Self {
        let rate = |price: DollarsPerMillion| femto_per_token(price.0);
        Self {
            request: 0,
            input: rate(price.input),
            cache_read: rate(price.cache_read.unwrap_or(price.input)),
            cache_write: rate(price.cache_write.unwrap_or(price.input)),
            output: rate(price.output),
            reasoning: rate(price.output),
        }
    }
}

/// Rates that hold during one minute for prompts up to a length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub(super) minute: u64,
    pub(super) up_to_input: u64,
    /// `None` when the model has no price.
    pub(super) rates: Option<Rates>,
}

impl Quote {
    /// `source` is `None` when nobody prices the provider.
    ///
    /// Many models charge more for long prompts. The steps are found by asking on either side: rates that are
    /// equal at two lengths are taken to be equal between them.
    pub(super) fn new(source: Option<&Source<'_>>, minute: u64) -> Self {
        /// Below the first step of nearly every model that has steps: they begin beyond 100,000 to 524,288 tokens. Longer
        /// prompts of such models are priced anew each time, in some 20 us.
        const USUAL: u64 = 100_000;
        /// Above every step.
        const LONGEST: u64 = 1_000_000_000;

        let Some(source) = source else {
            return Self { minute, up_to_input: u64::MAX, rates: None };
        };
        let rates = source.rates(1);
        let up_to_input = if rates == source.rates(LONGEST) {
            u64::MAX
        } else if rates == source.rates(USUAL) {
            USUAL
        } else {
            1
        };
        Self { minute, up_to_input, rates }
    }
}

/// One model of the data set at one time.
pub(super) struct Source<'a> {
    calculator: &'a Calculator,
    provider: &'a str,
    model: &'a str,
    unix: Duration,
}

impl<'a> Source<'a> {
    /// `None` when the data set has no provider of just this name. Its looser matching would take a local model
    /// called `my-openai-proxy` for OpenAI's.
    pub(super) fn new(calculator: &'a Calculator, provider: &'a str, model: &'a str, unix: Duration) -> Option<Self> {
        let found = calculator.find_provider(Some(provider), None).ok().flatten()?;
        (found.id() == provider).then_some(Self { calculator, provider, model, unix })
    }

    /// The rates for a prompt of `n_input` tokens; `None` when the model has no price.
    pub(super) fn rates(&self, n_input: u64) -> Option<Rates> {
        const MILLION: f64 = 1e6;
        #[expect(clippy::cast_precision_loss, reason = "prompts are shorter than 2^53 tokens")]
        let n_input = n_input as f64;
        let input = (UsageKey::INPUT_TOKENS, n_input);
        let output = (UsageKey::OUTPUT_TOKENS, MILLION);

        let request = self.dollars(Usage::new())?;
        let prompt = self.dollars([input.clone()])?;
        let cache_read = self.dollars([input.clone(), (UsageKey::CACHE_READ_TOKENS, n_input)])?;
        let cache_write = self.dollars([input.clone(), (UsageKey::CACHE_WRITE_TOKENS, n_input)])?;
        let answer = self.dollars([input.clone(), output.clone()])?;
        let reasoning = self.dollars([input, output, (UsageKey::OUTPUT_REASONING_TOKENS, MILLION)])?;

        let per_prompt_token = |dollars: f64| femto_per_token((dollars - request) / n_input * MILLION);
        let rates = Rates {
            request: femto_per_token(request * MILLION),
            input: per_prompt_token(prompt),
            cache_read: per_prompt_token(cache_read),
            cache_write: per_prompt_token(cache_write),
            output: femto_per_token(answer - prompt),
            reasoning: femto_per_token(reasoning - prompt),
        };
        (!rates.is_free()).then_some(rates)
    }

    fn dollars(&self, usage: impl Into<Usage>) -> Option<f64> {
        let usage = usage.into();
        let request = PriceRequest::new(self.model, &usage)
            .with_provider_id(self.provider)
            .with_timestamp(UNIX_EPOCH.checked_add(self.unix)?);
        Some(self.calculator.calculate(&request).ok()?.total_price)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn femto_per_token(dollars_per_million: f64) -> u64 {
    (dollars_per_million.clamp(0.0, MAX_DOLLARS_PER_MILLION) * 1e9).round() as u64
}
