//! What `/metrics` shows.

mod fixture;

use std::time::Duration;

use expect_test::expect_file;
use proptest::prelude::*;
use tiercel_core::metrics::{Levels, MAX_SERIES, Metrics, Reload, Sibling};
use tiercel_core::money::NanoDollars;
use tiercel_core::settlement::{Outcome, Settlement, TokenUsage};

use fixture::answered;

fn metrics() -> Metrics {
    Metrics::new("0.1.0", "genai-prices-0.2.1")
}

fn refused() -> Settlement<'static> {
    Settlement {
        principal: None,
        tenant: None,
        requested_model: "no-such-model",
        is_known_model: false,
        route: None,
        task: None,
        reason: "",
        tier: None,
        provider: None,
        model: None,
        status: 401,
        outcome: Outcome::Rejected { error_kind: "unauthorized" },
        attempts: &[],
        usage: TokenUsage::default(),
        cost: None,
        time_to_first_token: None,
        ..answered()
    }
}

/// The value of the line that starts with `series`.
fn value(exposition: &str, series: &str) -> Option<String> {
    exposition.lines().find_map(|line| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned()))
}

fn check(metrics: &Metrics, series: &str, expected: &str) {
    let exposition = metrics.render(&[]);

    assert_eq!(Some(expected), value(&exposition, series).as_deref(), "{series}\n{exposition}");
}

#[test]
fn the_whole_exposition() {
    let metrics = metrics();
    metrics.record(&answered());
    metrics.record(&answered());
    metrics.record(&refused());
    metrics.record(&Settlement {
        requested_model: "no-such-model",
        is_known_model: false,
        outcome: Outcome::Interrupted { error_kind: "reset" },
        cost: None,
        undecided_rules: &["late"],
        overhead: Duration::from_millis(2),
        ..answered()
    });
    metrics.set_levels(Levels { in_flight: 3, queue_length: 2, open_connections: 7, access_log_dropped: 1 });

    expect_file!["golden/metrics.txt"].assert_eq(&metrics.render(&[]));
}

#[test]
fn a_worker_without_calls_shows_its_levels() {
    let metrics = metrics();

    check(&metrics, r#"tiercel_build_info{version="0.1.0",price_table="genai-prices-0.2.1"}"#, "1");
    check(&metrics, "tiercel_in_flight", "0");
    check(&metrics, "tiercel_access_log_dropped_total", "0");
}

#[test]
fn buckets_include_their_upper_bound() {
    let metrics = metrics();
    for micros in [1, 2, 3] {
        metrics.record(&Settlement { overhead: Duration::from_micros(micros), ..answered() });
    }

    check(&metrics, r#"tiercel_overhead_seconds_bucket{endpoint="chat",le="0.000001"}"#, "1");
    check(&metrics, r#"tiercel_overhead_seconds_bucket{endpoint="chat",le="0.000002"}"#, "2");
    check(&metrics, r#"tiercel_overhead_seconds_bucket{endpoint="chat",le="+Inf"}"#, "3");
    check(&metrics, r#"tiercel_overhead_seconds_sum{endpoint="chat"}"#, "0.000006");
}

#[test]
fn a_known_price_of_nothing_is_not_an_unknown_price() {
    let metrics = metrics();
    metrics.record(&Settlement { cost: Some(NanoDollars::ZERO), ..answered() });

    assert_eq!(None, value(&metrics.render(&[]), "tiercel_unpriced_requests_total"));

    metrics.record(&Settlement { cost: None, ..answered() });

    check(&metrics, r#"tiercel_unpriced_requests_total{provider="openai",model="gpt-4o-mini"}"#, "1");
}

#[test]
fn client_text_is_never_a_label() {
    let metrics = metrics();
    metrics.record(&Settlement {
        requested_model: "canary",
        is_known_model: false,
        request_id: "canary",
        ..answered()
    });

    assert!(!metrics.render(&[]).contains("canary"));
}

#[test]
fn labels_are_escaped() {
    let metrics = metrics();
    metrics.record(&Settlement { principal: Some("a\\b\"c\nd"), ..answered() });

    check(&metrics, r#"tiercel_principal_cost_dollars_total{tenant="acme",principal="a\\b\"c\nd"}"#, "0.0002118");
}

#[test]
fn series_are_bounded() {
    let metrics = metrics();
    for index in 0..MAX_SERIES + 100 {
        metrics.record(&Settlement { principal: Some(&format!("key-{index}")), ..answered() });
    }
    let family = "tiercel_principal_cost_dollars_total{";

    assert_eq!(MAX_SERIES, metrics.render(&[]).lines().filter(|line| line.starts_with(family)).count());
    // 101 calls beyond the first 499.
    check(&metrics, r#"tiercel_principal_cost_dollars_total{tenant="other",principal="other"}"#, "0.0213918");
}

#[test]
fn a_sibling_that_ended_has_nothing_in_flight() {
    let sibling = metrics();
    sibling.record(&answered());
    sibling.set_levels(Levels { in_flight: 5, access_log_dropped: 4, ..Levels::default() });
    let snapshot = sibling.snapshot();
    let requests =
        r#"tiercel_requests_total{endpoint="chat",route="auto",tier="cheap",status="200",outcome="answered"}"#;

    for (sibling, in_flight) in [(Sibling::Alive(&snapshot), "5"), (Sibling::Gone(&snapshot), "0")] {
        let exposition = metrics().render(&[sibling]);

        assert_eq!(Some(in_flight), value(&exposition, "tiercel_in_flight").as_deref());
        assert_eq!(Some("4"), value(&exposition, "tiercel_access_log_dropped_total").as_deref());
        assert_eq!(Some("1"), value(&exposition, requests).as_deref());
    }
}

#[test]
fn the_oldest_configuration_that_is_served_dates_them_all() {
    let loaded = |seconds| {
        let metrics = metrics();
        metrics.set_configuration("genai-prices-0.2.1", Duration::from_secs(seconds));
        metrics
    };
    let check = |case: &str, own, sibling: Sibling<'_>, expected: &str| {
        let exposition = loaded(own).render(&[sibling]);

        assert_eq!(Some(expected), value(&exposition, "tiercel_config_loaded_timestamp_seconds").as_deref(), "{case}");
    };
    let (older, newer, unknown) = (loaded(7).snapshot(), loaded(9).snapshot(), loaded(0).snapshot());
    check("a sibling has yet to follow", 8, Sibling::Alive(&older), "7");
    check("this worker has yet to follow", 8, Sibling::Alive(&newer), "8");
    check("a sibling that ended", 8, Sibling::Gone(&older), "8");
    check("a sibling that does not say", 8, Sibling::Alive(&unknown), "8");
}

#[test]
fn a_renewed_configuration_may_have_other_prices() {
    let metrics = metrics();
    metrics.set_configuration("own", Duration::ZERO);
    metrics.count_reload(Reload::Accepted);

    check(&metrics, r#"tiercel_build_info{version="0.1.0",price_table="own"}"#, "1");
    check(&metrics, r#"tiercel_config_reloads_total{outcome="accepted"}"#, "1");
    check(&metrics, r#"tiercel_config_reloads_total{outcome="refused"}"#, "0");
}

#[test]
fn malformed_snapshots_are_left_out_and_counted() {
    for json in [
        "",
        "{}",
        "[]",
        r#"{"version":2,"families":{}}"#,
        r#"{"version":1,"families":{"unheard_of":{"":[1]}}}"#,
        r#"{"version":1,"families":{"tiercel_in_flight":{"":[]}}}"#,
        r#"{"version":1,"families":{"tiercel_in_flight":{"":[1,2]}}}"#,
        r#"{"version":1,"families":{"tiercel_in_flight":{"":[-1]}}}"#,
        r#"{"version":1,"families":{"tiercel_in_flight":{"":[1]},"tiercel_overhead_seconds":{"":[1,1]}}}"#,
    ] {
        let exposition = metrics().render(&[Sibling::Alive(json.as_bytes())]);

        assert_eq!(Some("1"), value(&exposition, "tiercel_malformed_snapshots_total").as_deref(), "{json}");
        assert_eq!(Some("0"), value(&exposition, "tiercel_in_flight").as_deref(), "{json}");
    }
}

#[test]
fn counts_saturate() {
    let cells = vec![u64::MAX; 17];
    let snapshot = serde_json::json!({"version": 1, "families": {"tiercel_overhead_seconds": {"": cells}}}).to_string();
    let sibling = Sibling::Alive(snapshot.as_bytes());
    let exposition = metrics().render(&[sibling, sibling]);

    assert_eq!(Some(u64::MAX.to_string()), value(&exposition, "tiercel_overhead_seconds_count"));

    let usage = TokenUsage { input: u64::MAX, cache_read: 1, output: u64::MAX, ..TokenUsage::default() };
    metrics().record(&Settlement { usage, cost: None, ..answered() });
}

fn call() -> impl Strategy<Value = Settlement<'static>> {
    let words = prop::sample::select(vec!["a", "b", "c"]);
    let outcome = prop::sample::select(vec![
        Outcome::Answered,
        Outcome::Rejected { error_kind: "limited" },
        Outcome::Failed { error_kind: "timeout" },
        Outcome::ClientGone,
    ]);
    (prop::option::of(words.clone()), words, outcome, any::<[u32; 3]>(), any::<bool>()).prop_map(
        |(provider, word, outcome, [output, cost, nanoseconds], is_priced)| Settlement {
            provider,
            model: Some(word),
            principal: Some(word),
            outcome,
            usage: TokenUsage { output: u64::from(output), ..TokenUsage::default() },
            cost: is_priced.then_some(NanoDollars(u64::from(cost))),
            overhead: Duration::from_nanos(u64::from(nanoseconds)),
            duration: Duration::from_nanos(u64::from(nanoseconds) * 100),
            ..answered()
        },
    )
}

proptest! {
    #[test]
    fn workers_together_show_what_one_would(calls in prop::collection::vec((0..3_usize, call()), 0..40)) {
        let (one, workers) = (metrics(), [metrics(), metrics(), metrics()]);
        for (worker, call) in &calls {
            one.record(call);
            workers[*worker].record(call);
        }
        for (in_flight, worker) in (1..).zip(&workers) {
            worker.set_levels(Levels { in_flight, ..Levels::default() });
        }
        one.set_levels(Levels { in_flight: 6, ..Levels::default() });
        let snapshots = workers.each_ref().map(Metrics::snapshot);

        for (index, worker) in workers.iter().enumerate() {
            let siblings: Vec<_> =
                (0..3).filter(|&other| other != index).map(|other| Sibling::Alive(&snapshots[other])).collect();

            prop_assert_eq!(one.render(&[]), worker.render(&siblings));
        }
    }

    #[test]
    fn no_bytes_break_the_exposition(bytes: Vec<u8>) {
        let exposition = metrics().render(&[Sibling::Alive(&bytes)]);

        prop_assert_eq!(Some("1".to_owned()), value(&exposition, "tiercel_malformed_snapshots_total"));
    }
}
