//! The price of each kind of token of one model, as an integer.

use std::time::{Duration, UNIX_EPOCH};

use genai_prices::{Calculator, PriceCalculation, PriceRequest, Usage, UsageKey};
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
    /// For those of them that are kept for an hour; `cache_write` when absent.
    pub cache_write_1h: Option<DollarsPerMillion>,
    /// For sound in the prompt, by its tokens; `input` when absent.
    pub input_audio: Option<DollarsPerMillion>,
    /// For sound in the answer, by its tokens; `output` when absent.
    pub output_audio: Option<DollarsPerMillion>,
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

/// Femto-dollars (1e-15) per token, which are nano-dollars per million tokens, and per request. Prices of the data set
/// have up to twelve decimals of a dollar per million tokens; this keeps nine of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// For the request itself.
    pub request: u64,
    /// For prompt tokens.
    pub input: u64,
    /// For prompt tokens that are sound.
    pub input_audio: u64,
    /// For prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// For prompt tokens written to it.
    pub cache_write: u64,
    /// For prompt tokens written to it for an hour.
    pub cache_write_1h: u64,
    /// For tokens of the answer.
    pub output: u64,
    /// For tokens of the answer that are sound.
    pub output_audio: u64,
    /// For tokens spent on reasoning.
    pub reasoning: u64,
}

impl Rates {
    /// Rounded once, half up. More than fits in `NanoDollars` costs as much as fits. A part that exceeds its whole is
    /// cut to it.
    pub(super) fn cost(&self, usage: &TokenUsage) -> NanoDollars {
        let input_audio = usage.input_audio.min(usage.input);
        let cache_write_1h = usage.cache_write_1h.min(usage.cache_write);
        let reasoning = usage.reasoning.min(usage.output);
        let output_audio = usage.output_audio.min(usage.output - reasoning);
        let parts = [
            (1, self.request),
            (usage.input - input_audio, self.input),
            (input_audio, self.input_audio),
            (usage.cache_read, self.cache_read),
            (usage.cache_write - cache_write_1h, self.cache_write),
            (cache_write_1h, self.cache_write_1h),
            (usage.output - reasoning - output_audio, self.output),
            (output_audio, self.output_audio),
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
        let cache_write = price.cache_write.unwrap_or(price.input);
        Self {
            request: 0,
            input: rate(price.input),
            input_audio: rate(price.input_audio.unwrap_or(price.input)),
            cache_read: rate(price.cache_read.unwrap_or(price.input)),
            cache_write: rate(cache_write),
            cache_write_1h: rate(price.cache_write_1h.unwrap_or(cache_write)),
            output: rate(price.output),
            output_audio: rate(price.output_audio.unwrap_or(price.output)),
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
        /// prompts of such models are priced anew each time, in some 25 us.
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
        let prompt = [(UsageKey::INPUT_TOKENS, n_input)];
        let written = with(&prompt, UsageKey::CACHE_WRITE_TOKENS, n_input);
        let answered = with(&prompt, UsageKey::OUTPUT_TOKENS, MILLION);

        let request = self.dollars([])?;
        let input = self.dollars(prompt.clone())?;
        let input_audio = self.dollars(with(&prompt, UsageKey::INPUT_AUDIO_TOKENS, n_input))?;
        let cache_read = self.dollars(with(&prompt, UsageKey::CACHE_READ_TOKENS, n_input))?;
        let cache_write = self.dollars(written.clone())?;
        let cache_write_1h = self.dollars(with(&written, UsageKey::CACHE_WRITE_1H_TOKENS, n_input))?;
        let output = self.dollars(answered.clone())?;
        let output_audio = self.dollars(with(&answered, UsageKey::OUTPUT_AUDIO_TOKENS, MILLION))?;
        let reasoning = self.dollars(with(&answered, UsageKey::OUTPUT_REASONING_TOKENS, MILLION))?;

        let per_prompt_token = |dollars: f64| femto_per_token((dollars - request) / n_input * MILLION);
        let rates = Rates {
            request: femto_per_token(request * MILLION),
            input: per_prompt_token(input),
            input_audio: per_prompt_token(input_audio),
            cache_read: per_prompt_token(cache_read),
            cache_write: per_prompt_token(cache_write),
            cache_write_1h: per_prompt_token(cache_write_1h),
            output: femto_per_token(output - input),
            output_audio: femto_per_token(output_audio - input),
            reasoning: femto_per_token(reasoning - input),
        };
        (!rates.is_free()).then_some(rates)
    }

    /// What the data set calls the model, where it has it.
    pub(super) fn model_id(&self) -> Option<String> {
        Some(self.calculate([])?.model_id)
    }

    fn dollars(&self, usage: impl IntoIterator<Item = (UsageKey, f64)>) -> Option<f64> {
        Some(self.calculate(usage)?.total_price)
    }

    fn calculate(&self, usage: impl IntoIterator<Item = (UsageKey, f64)>) -> Option<PriceCalculation> {
        let usage: Usage = usage.into_iter().collect();
        let request = PriceRequest::new(self.model, &usage)
            .with_provider_id(self.provider)
            .with_timestamp(UNIX_EPOCH.checked_add(self.unix)?);
        self.calculator.calculate(&request).ok()
    }
}

/// The usage `whole`, of which `part` is a part or which it adds to.
fn with(whole: &[(UsageKey, f64)], part: UsageKey, n_tokens: f64) -> Vec<(UsageKey, f64)> {
    whole.iter().cloned().chain([(part, n_tokens)]).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn femto_per_token(dollars_per_million: f64) -> u64 {
    (dollars_per_million.clamp(0.0, MAX_DOLLARS_PER_MILLION) * 1e9).round() as u64
}
