//! What calls cost.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

use std::time::Duration;

use proptest::prelude::*;
use tiercel_core::money::NanoDollars;
use tiercel_core::prices::{DollarsPerMillion, PriceOverride, PriceTable};
use tiercel_core::settlement::TokenUsage;

/// 2026-11-01, midnight. The bundled prices are older than that, so they hold.
const UNIX: Duration = Duration::from_secs(1_793_491_200);

fn usage(input: u64, cache_read: u64, cache_write: u64, output: u64) -> TokenUsage {
    TokenUsage { input, cache_read, cache_write, output, ..TokenUsage::default() }
}

fn price(input: f64, output: f64, cache_read: Option<f64>) -> PriceOverride {
    let dollars = |price| DollarsPerMillion::try_from(price).unwrap();
    PriceOverride {
        input: dollars(input),
        output: dollars(output),
        cache_read: cache_read.map(dollars),
        cache_write: None,
        cache_write_1h: None,
        input_audio: None,
        output_audio: None,
    }
}

fn check(provider: &str, model: &str, usage: TokenUsage, expected: Option<&str>) {
    let table = PriceTable::bundled();
    for what in ["first asked", "asked again"] {
        let cost = table.cost(provider, model, &usage, UNIX).map(|cost| cost.to_string());

        assert_eq!(expected, cost.as_deref(), "{provider}/{model} {what}");
    }
}

#[test]
fn bundled_prices() {
    // $0.15 in, $0.075 from the cache, $0.60 out.
    check("openai", "gpt-4o-mini", usage(1_000, 0, 0, 100), Some("0.000210000"));
    check("openai", "gpt-4o-mini", usage(800, 200, 0, 100), Some("0.000195000"));
    // A dated name is the same model.
    check("openai", "gpt-4o-mini-2024-07-18", usage(1_000, 0, 0, 100), Some("0.000210000"));
    // A model without a price for cached tokens charges them as any other.
    check("openai", "gpt-4-turbo", usage(1, 1, 1, 0), Some("0.000030000"));
    // One token costs less than a micro-dollar, and yet something.
    check("openai", "gpt-4o-mini", usage(1, 0, 0, 0), Some("0.000000150"));
    check("openai", "gpt-4o-mini", usage(0, 0, 0, 0), Some("0.000000000"));
}

#[test]
fn long_prompts_cost_more_where_the_provider_says_so() {
    // Up to 272,000 tokens $5 in, $0.50 from the cache, $30 out; beyond $10, $1, $45.
    check("openai", "gpt-5.5", usage(100_000, 0, 0, 1_000), Some("0.530000000"));
    check("openai", "gpt-5.5", usage(272_000, 0, 0, 1_000), Some("1.390000000"));
    check("openai", "gpt-5.5", usage(272_001, 0, 0, 1_000), Some("2.765010000"));
    check("openai", "gpt-5.5", usage(1, 272_000, 0, 1_000), Some("0.317010000"));
}

#[test]
fn what_is_kept_for_an_hour_costs_more() {
    let kept = |cache_write, cache_write_1h| TokenUsage { cache_write_1h, ..usage(0, 0, cache_write, 0) };
    // $1.25 for some minutes, $2 for an hour.
    check("anthropic", "claude-haiku-4-5", kept(1_000, 0), Some("0.001250000"));
    check("anthropic", "claude-haiku-4-5", kept(1_000, 400), Some("0.001550000"));
    check("anthropic", "claude-haiku-4-5", kept(1_000, 1_000), Some("0.002000000"));
    // What exceeds its whole is cut to it.
    check("anthropic", "claude-haiku-4-5", kept(1_000, 1_001), Some("0.002000000"));
    // There is one price for both.
    check("openai", "gpt-4o-mini", kept(1_000, 1_000), Some("0.000150000"));
}

#[test]
fn sound_costs_more_than_text() {
    let sound = |input_audio, output_audio| TokenUsage { input_audio, output_audio, ..usage(1_000, 0, 0, 100) };
    // $2.50 in and $10 out as text, $32 and $64 as sound.
    check("openai", "gpt-audio", sound(0, 0), Some("0.003500000"));
    check("openai", "gpt-audio", sound(1_000, 0), Some("0.033000000"));
    check("openai", "gpt-audio", sound(0, 100), Some("0.008900000"));
    check("openai", "gpt-audio", sound(2_000, 200), Some("0.038400000"));
    check("openai", "gpt-4o-mini", sound(1_000, 100), Some("0.000210000"));
    // Thoughts are text, and what is left may be sound.
    let thought = TokenUsage { reasoning: 60, ..sound(0, 100) };
    check("openai", "gpt-audio", thought, Some("0.005660000"));
}

#[test]
fn providers_are_found_by_the_catalogue_names() {
    check("gemini", "gemini-2.5-flash-lite", usage(1_000, 0, 0, 0), Some("0.000100000"));
    check("anthropic", "claude-haiku-4-5", usage(1_000, 0, 0, 100), Some("0.001500000"));
    check("groq", "llama-3.1-8b-instant", usage(1_000_000, 0, 0, 0), Some("0.050000000"));
}

#[test]
fn what_has_no_price_costs_nothing_known() {
    check("openai", "no-such-model", usage(1, 0, 0, 1), None);
    check("local", "gpt-4o-mini", usage(1, 0, 0, 1), None);
    // The data set knows these, but has no price for them.
    check("openai", "moderation", usage(1, 0, 0, 1), None);
    check("google", "gemma-3", usage(1, 0, 0, 1), None);
    // A name that merely contains a provider's is not that provider.
    check("my-openai-proxy", "gpt-4o-mini", usage(1, 0, 0, 1), None);
}

#[test]
fn prices_change_with_the_time_of_day() {
    let table = PriceTable::bundled();
    let cost = |hour: u64| {
        table.cost("deepseek", "deepseek-flash", &usage(1_000_000, 0, 0, 0), UNIX + Duration::from_secs(hour * 3_600))
    };

    assert!(cost(0).is_some());
    assert_ne!(cost(0), cost(2));
    assert_eq!(cost(0), cost(24));
}

#[test]
fn overrides_come_first() {
    let table = PriceTable::bundled()
        .with_override("simulator", "small", &price(0.1, 0.4, None))
        .with_override("openai", "gpt-4o-mini", &price(0.0, 0.0, None))
        .with_override("local", "cached", &price(1.0, 2.0, Some(0.25)));
    let cost = |provider, model| table.cost(provider, model, &usage(1_000, 100, 10, 50), UNIX);

    assert_eq!(Some(NanoDollars(131_000)), cost("simulator", "small"));
    assert_eq!(Some(NanoDollars(0)), cost("openai", "gpt-4o-mini"));
    assert_eq!(Some(NanoDollars(1_135_000)), cost("local", "cached"));
    assert_eq!(None, cost("simulator", "large"));
}

#[test]
fn an_override_says_what_is_charged_differently() {
    let dollars = |price| Some(DollarsPerMillion::try_from(price).unwrap());
    let everything = TokenUsage {
        cache_write_1h: 10,
        input_audio: 100,
        reasoning: 10,
        output_audio: 20,
        ..usage(1_000, 100, 30, 50)
    };
    let check = |case: &str, price: PriceOverride, expected: u64| {
        let table = PriceTable::bundled().with_override("local", "a", &price);

        assert_eq!(Some(NanoDollars(expected)), table.cost("local", "a", &everything, UNIX), "{case}");
    };
    let plain = price(1.0, 2.0, None);
    check("input and output alone", plain, 1_130_000 + 100_000);
    check("writing", PriceOverride { cache_write: dollars(2.0), ..plain }, 1_160_000 + 100_000);
    check("writing for an hour", PriceOverride { cache_write_1h: dollars(3.0), ..plain }, 1_150_000 + 100_000);
    check("sound in the prompt", PriceOverride { input_audio: dollars(5.0), ..plain }, 1_530_000 + 100_000);
    check("sound in the answer", PriceOverride { output_audio: dollars(5.0), ..plain }, 1_130_000 + 160_000);
}

#[test]
fn overrides_are_checked_when_read() {
    for (json, is_price) in [
        (r#"{"input": 0.1, "output": 0.4}"#, true),
        (r#"{"input": 0, "output": 0, "cache_read": 0, "cache_write": 0, "cache_write_1h": 0}"#, true),
        (r#"{"input": 0, "output": 0, "input_audio": 0, "output_audio": 0}"#, true),
        (r#"{"input": 0.1}"#, false),
        (r#"{"input": -0.1, "output": 0.4}"#, false),
        (r#"{"input": 1e7, "output": 0.4}"#, false),
        (r#"{"input": 0.1, "output": 0.4, "cached": 1}"#, false),
    ] {
        assert_eq!(is_price, serde_json::from_str::<PriceOverride>(json).is_ok(), "{json}");
    }
}

#[test]
fn the_version_names_the_pinned_release_and_says_when_there_is_more() {
    let table = PriceTable::bundled();
    let release = table.version().strip_prefix("genai-prices-").unwrap();
    let overridden = PriceTable::bundled().with_override("a", "b", &price(1.0, 1.0, None));

    assert!(include_str!("../Cargo.toml").contains(&format!("genai-prices = \"={release}\"")));
    assert_eq!(format!("{}+overrides", table.version()), overridden.version());
}

#[test]
fn editors_learn_the_range_of_a_price() {
    let schema = schemars::schema_for!(DollarsPerMillion).to_value();

    assert_eq!(Some(0), schema["minimum"].as_i64());
    assert_eq!(Some(1_000_000), schema["maximum"].as_i64());
    assert_eq!("number", schema["type"]);
}

const PRICED: [(&str, &str); 5] = [
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-5.5"),
    ("anthropic", "claude-sonnet-4-5"),
    ("gemini", "gemini-2.5-pro"),
    ("deepseek", "deepseek-chat"),
];

proptest! {
    #[test]
    fn more_tokens_never_cost_less(
        which in 0..PRICED.len(),
        tokens in any::<[u32; 4]>(),
        part in 0..4_usize,
        more: u32,
    ) {
        let (provider, model) = PRICED[which];
        let table = PriceTable::bundled();
        let cost = |tokens: [u64; 4]| {
            let [input, cache_read, cache_write, output] = tokens;
            table.cost(provider, model, &usage(input, cache_read, cache_write, output), UNIX)
        };
        let fewer = tokens.map(u64::from);
        let mut greater = fewer;
        greater[part] += u64::from(more);

        prop_assert!(cost(fewer).is_some());
        prop_assert!(cost(fewer) <= cost(greater));
    }

    #[test]
    fn no_usage_overflows(tokens in any::<[u64; 4]>(), parts in any::<[u64; 4]>(), dollars in 0.0..=1e6_f64) {
        let table = PriceTable::bundled().with_override("a", "b", &price(dollars, dollars, None));
        let [input, cache_read, cache_write, output] = tokens;
        let whole = usage(input, cache_read, cache_write, output);
        let [cache_write_1h, input_audio, reasoning, output_audio] = parts;
        let usage = TokenUsage { cache_write_1h, input_audio, reasoning, output_audio, ..whole };

        // Parts of one price cost what their whole costs, even where they exceed it.
        prop_assert_eq!(table.cost("a", "b", &whole, UNIX), table.cost("a", "b", &usage, UNIX));
    }

    /// Equal to the data set's own calculator but for rounding.
    #[test]
    fn costs_are_those_of_the_data_set(
        which in 0..PRICED.len(),
        tokens in any::<[u16; 4]>(),
        scale in 1..20_u64,
        quarters_for_an_hour in 0..=4_u64,
    ) {
        use genai_prices::{Calculator, PriceRequest, Usage, UsageKey};

        let (provider, model) = PRICED[which];
        let [input, cache_read, cache_write, output] = tokens.map(|n_tokens| u64::from(n_tokens) * scale);
        let count = |n_tokens: u64| f64::from(u32::try_from(n_tokens).unwrap());
        let cache_write_1h = cache_write * quarters_for_an_hour / 4;
        let theirs = Usage::from([
            (UsageKey::INPUT_TOKENS, count(input + cache_read + cache_write)),
            (UsageKey::CACHE_READ_TOKENS, count(cache_read)),
            (UsageKey::CACHE_WRITE_TOKENS, count(cache_write)),
            (UsageKey::CACHE_WRITE_1H_TOKENS, count(cache_write_1h)),
            (UsageKey::OUTPUT_TOKENS, count(output)),
        ]);
        let request = PriceRequest::new(model, &theirs)
            .with_provider_id(if provider == "gemini" { "google" } else { provider })
            .with_timestamp(std::time::UNIX_EPOCH + UNIX);
        let dollars = Calculator::bundled().calculate(&request).unwrap().total_price;
        let ours = TokenUsage { cache_write_1h, ..usage(input, cache_read, cache_write, output) };
        let ours = PriceTable::bundled().cost(provider, model, &ours, UNIX);
        let ours: f64 = ours.unwrap().to_string().parse().unwrap();

        prop_assert!((dollars - ours).abs() <= 1e-9, "{dollars} {ours}");
    }
}
