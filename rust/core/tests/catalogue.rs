//! Whether what is said of each provider can be true.

mod support;

use genai_prices::Calculator;
use http::Uri;
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use support::World;
use tiercel_core::catalogue::{self, Entry};
use tiercel_core::config::{Config, Dialect, Overrides};
use tiercel_core::health::HealthTable;
use tiercel_core::registry::Registry;

const ACCOUNT: &str = r#"{
    "private_key_id": "id-1", "private_key": "PEM", "client_email": "gateway@acme.test",
    "token_uri": "https://oauth2.test/token"
}"#;

/// Everything that the provider could ask of its environment.
fn world(entry: &'static Entry) -> World {
    let of_parameters = entry.parameters.values().filter_map(|parameter| parameter.env.as_deref());
    let mut world = World::with(&[("AWS_ACCESS_KEY_ID", "id-1")]).file("account.json", ACCOUNT, 0o600, false);
    world.variables.extend(of_parameters.map(|name| (name, "part")));
    let key = if entry.dialect == Dialect::Vertex { "account.json" } else { "key-1" };
    world.variables.extend(entry.env.as_deref().map(|name| (name, key)));
    world
}

fn each_entry(check: impl Fn(&'static str, &'static Entry)) {
    for (name, entry) in catalogue::entries() {
        check(name, entry);
    }
}

#[test]
fn every_entry_is_read() {
    let parsed: IndexMap<String, Entry> = toml::from_str(include_str!("../src/catalogue.toml")).unwrap();

    assert_eq!(parsed.keys().collect::<Vec<_>>(), catalogue::entries().keys().collect::<Vec<_>>());
    assert!(parsed.len() >= 100, "{}", parsed.len());
}

#[test]
fn names_are_fit_for_their_use() {
    let is_word = |text: &str, more: &[u8]| {
        let is_fit = |byte: u8| byte.is_ascii_digit() || more.contains(&byte);
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || is_fit(byte))
    };
    each_entry(|name, entry| {
        assert!(is_word(name, b"-"), "{name}");
        assert_eq!(entry.name.trim(), entry.name, "{name}");
        assert!(!entry.name.is_empty(), "{name}");
        assert!(entry.parameters.keys().chain(&entry.refuses).all(|word| is_word(word, b"_")), "{name}");
        let variables = entry.parameters.values().filter_map(|parameter| parameter.env.as_ref()).chain(&entry.env);
        for variable in variables {
            assert!(
                is_word(&variable.to_ascii_lowercase(), b"_") && *variable == variable.to_ascii_uppercase(),
                "{name}"
            );
        }
    });
}

#[test]
fn nothing_is_there_twice() {
    let mut names = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    let mut variables = BTreeSet::new();
    for (name, entry) in catalogue::entries() {
        assert!(names.insert(entry.name.to_lowercase()), "{name}");
        let is_own = !entry.base_url.starts_with("http://127.0.0.1");
        assert!(!is_own || addresses.insert(&entry.base_url), "{name}");
        assert!(entry.env.as_ref().is_none_or(|variable| variables.insert(variable)), "{name}");
    }
}

#[test]
fn addresses_hold_what_is_known_of_them() {
    each_entry(|name, entry| {
        let in_braces = entry.base_url.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        let in_braces: BTreeSet<&str> = in_braces.collect();
        let of_requests: &[&str] = match entry.dialect {
            Dialect::Bedrock => &["region"],
            Dialect::Vertex => &["project", "location"],
            _ => &[],
        };
        let parameters: BTreeSet<&str> = entry.parameters.keys().map(String::as_str).collect();
        assert_eq!(in_braces.iter().chain(of_requests).copied().collect::<BTreeSet<_>>(), parameters, "{name}");
        assert!(entry.parameters.values().all(|it| it.env.is_some() || it.default.is_some()), "{name}");
        assert!(!entry.base_url.ends_with('/'), "{name}");
        let docs: Uri = entry.docs.as_deref().expect(name).parse().unwrap();
        assert_eq!(Some("https"), docs.scheme_str(), "{name}");
    });
}

#[test]
fn each_provider_needs_no_more_than_its_name_and_its_variables() {
    each_entry(|name, entry| {
        let world = world(entry);
        let config = Config::parse(&format!("[providers.{name}]"), "tiercel.toml", &Overrides::default()).unwrap();

        let registry = Registry::new(&config, &world, Arc::new(HealthTable::new(7))).unwrap();

        assert_eq!(Vec::<String>::new(), entry.missing_variables(&world), "{name}");
        let provider = registry.providers().next().unwrap();
        let origin = &registry.origins()[provider.origin.0];
        assert_eq!(entry.env.is_some(), provider.credential(0).is_some(), "{name}");
        assert!(origin.is_tls || origin.host == "127.0.0.1", "{name}: a key goes over the network by TLS alone");
    });
}

#[test]
fn the_variables_of_a_provider_with_defaults_make_a_configuration() {
    each_entry(|name, entry| {
        let world = world(entry);

        let config = Config::from_environment(&world, &Overrides::default()).unwrap();

        let providers: Vec<_> = config.iter().flat_map(|config| config.providers.keys()).collect();
        assert_eq!(providers, if entry.defaults.is_empty() { vec![] } else { vec![name] });
        assert!(
            config.is_none_or(|config| Registry::new(&config, &world, Arc::new(HealthTable::new(7))).is_ok()),
            "{name}"
        );
    });
}

#[test]
fn default_models_have_a_price_where_their_provider_has_prices() {
    let with_prices: BTreeSet<&str> = Calculator::bundled().providers().map(genai_prices::ProviderInfo::id).collect();
    let table = tiercel_core::prices::PriceTable::bundled();
    let usage = tiercel_core::settlement::TokenUsage { input: 1_000, output: 1_000, ..Default::default() };
    let unix = std::time::Duration::from_secs(1_793_491_200);
    each_entry(|name, entry| {
        let prices = entry.prices.as_deref();
        assert!(prices.is_none_or(|id| with_prices.contains(id) && id != name), "{name}");
        for (tier, model) in &entry.defaults {
            assert!(["cheap", "mid", "premium"].contains(&tier.as_str()), "{name}");
            assert!(
                !with_prices.contains(prices.unwrap_or(name)) || table.cost(name, model, &usage, unix).is_some(),
                "{model}"
            );
        }
    });
}
