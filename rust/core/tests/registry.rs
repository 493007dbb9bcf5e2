//! What a configuration becomes, and what becomes of none.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod support;

use std::sync::Arc;
use std::time::Duration;
use support::World;
use tiercel_core::config::{Config, MaxTokens, Overrides, Roots};
use tiercel_core::health::HealthTable;
use tiercel_core::prices::PriceTable;
use tiercel_core::registry::{Credential, Deployment, OriginId, Quirks, Registry};

fn registry(text: &str, world: &World) -> Registry {
    Registry::new(
        &Config::parse(text, "tiercel.toml", &Overrides::default()).unwrap(),
        world,
        Arc::new(HealthTable::new(7)),
    )
    .unwrap()
}

/// The key that the first provider is shown for the `turn`th request.
fn key(registry: &Registry, turn: usize) -> Option<&str> {
    match registry.providers().next().unwrap().credential(turn)? {
        Credential::Bearer(key) => Some(key.expose()),
        _ => None,
    }
}

#[test]
fn what_is_not_written_comes_from_the_catalogue() {
    let registry = registry("[providers.mistral]", &World::with(&[("MISTRAL_API_KEY", "sk-1")]));

    let provider = registry.providers().next().unwrap();
    let origin = &registry.origins()[provider.origin.0];
    assert_eq!((origin.host.as_str(), origin.port, origin.is_tls), ("api.mistral.ai", 443, true));
    assert_eq!((provider.base_path.as_str(), provider.host_header.as_str()), ("/v1", "api.mistral.ai"));
    assert_eq!(
        (origin.roots, origin.max_connections, origin.idle_timeout),
        (Roots::Mozilla, 256, Duration::from_secs(30))
    );
    assert!(!provider.quirks.stream_usage);
    assert_eq!(key(&registry, 0), Some("sk-1"));
    assert_eq!(provider.max_answer, 64_000_000);
}

#[test]
fn the_catalogues_key_goes_to_the_catalogues_address_alone() {
    let text = "[providers.openai]\nbase_url = \"http://elsewhere/v1\"";
    let registry = registry(text, &World::with(&[("OPENAI_API_KEY", "sk-1")]));

    assert_eq!(key(&registry, 0), None);
}

#[test]
fn keys_take_turns_by_their_weight() {
    let text = "[providers.openai]\nkeys = [{ env = \"A\" }, { env = \"B\", weight = 2 }]";
    let registry = registry(text, &World::with(&[("A", "a"), ("B", "b")]));

    let keys: String = (0..6).filter_map(|turn| key(&registry, turn)).collect();
    assert_eq!(keys, "abbabb");
    assert!(!format!("{registry:?}").contains("\"a\""));
}

#[test]
fn a_provider_waits_as_it_says_then_as_all_do_then_by_default() {
    let text = "[timeouts]\nconnect = \"1s\"\nhead = \"5s\"\n\
                [providers.ollama]\ntimeouts = { head = \"800ms\" }";
    let registry = registry(text, &World::default());

    let timeouts = registry.providers().next().unwrap().timeouts;
    assert_eq!(timeouts.head, Duration::from_millis(800));
    assert_eq!(timeouts.connect, Duration::from_secs(1));
    assert_eq!(timeouts.total, Duration::from_secs(600));
}

#[test]
fn a_deployment_waits_as_it_says_then_as_its_provider_does_then_as_all_do_then_by_default() {
    let text = "[timeouts]\nconnect = \"1s\"\nhead = \"5s\"\n\
                [providers.ollama]\ntimeouts = { head = \"800ms\", answer = \"7s\" }\n\
                [deployments.\"ollama/a\"]\ntimeouts = { answer = \"6s\" }";
    let registry = registry(text, &World::default());
    let check = |name: &str, expected: [u64; 5]| {
        let timeouts = registry.deployment(name).unwrap().timeouts;
        let found = [timeouts.answer, timeouts.head, timeouts.connect, timeouts.first_token, timeouts.total];
        assert_eq!(expected.map(Duration::from_millis), found, "{name}");
    };
    check("ollama/a", [6_000, 800, 1_000, 30_000, 600_000]);
    check("ollama/b", [7_000, 800, 1_000, 30_000, 600_000]);
    check("ollama/gpt-oss-20b", [7_000, 800, 1_000, 120_000, 600_000]);
}

#[test]
fn a_model_that_thinks_has_two_minutes_for_it_where_nobody_says_otherwise() {
    let check = |name: &str, text: &str, expected: u64| {
        let registry = registry(text, &World::with(&[("OPENAI_API_KEY", "sk-1")]));
        let timeouts = registry.deployment(name).unwrap().timeouts;
        assert_eq!(Duration::from_secs(expected), timeouts.first_token, "{name} {text}");
    };
    check("openai/gpt-4o", "[providers.openai]", 30);
    check("openai/o3", "[providers.openai]", 120);
    check("openai/o3", "[timeouts]\nfirst_token = \"9s\"\n[providers.openai]", 9);
    check("openai/o3", "[providers.openai]\ntimeouts = { first_token = \"8s\" }", 8);
    check("openai/o3", "[providers.openai]\n[deployments.\"openai/o3\"]\ntimeouts = { first_token = \"7s\" }", 7);
    check("openai/o3", "[providers.openai]\n[deployments.\"openai/o1\"]\ntimeouts = { first_token = \"7s\" }", 120);
}

#[test]
fn what_is_said_of_one_deployment() {
    let text = "[providers.ollama]\n[deployments.\"ollama/a\"]\nweight = 7\ncontext_window = 99";
    let registry = registry(text, &World::default());
    let window = |it: &Deployment| it.context_window(&PriceTable::bundled(), Duration::ZERO);

    let [a, b] = ["ollama/a", "ollama/b"].map(|name| registry.deployment(name).unwrap());
    assert_eq!((7, Some(99)), (a.weight, window(&a)));
    assert_eq!((1, None), (b.weight, window(&b)));
}

#[test]
fn providers_that_connect_alike_share_their_connections() {
    let text = "[providers.a]\nbase_url = \"http://host:1/a\"\n\
                [providers.b]\nbase_url = \"http://host:1/b\"\n\
                [providers.c]\nbase_url = \"http://host:1/c\"\nca_file = \"ca.pem\"";
    let registry = registry(text, &World::default().file("ca.pem", "pem", 0o644, false));

    let origins: Vec<_> = registry.providers().map(|provider| provider.origin).collect();
    assert_eq!(origins, [OriginId(0), OriginId(0), OriginId(1)]);
    assert_eq!(registry.origins().len(), 2);
    assert_eq!(registry.origins()[1].ca.as_deref(), Some(&b"pem"[..]));
}

#[test]
fn what_is_written_of_a_provider_goes_before_the_catalogue() {
    let text = "[providers.mistral]\nstream_usage = true\nresponses = true\nembeddings = false\n\
                developer_role = true\nmax_tokens = \"max_completion_tokens\"\nrefuses = [\"seed\"]";
    let registry = registry(text, &World::with(&[("MISTRAL_API_KEY", "sk-1")]));

    let expected = Quirks {
        responses: true,
        embeddings: false,
        stream_usage: true,
        max_tokens: Some(MaxTokens::MaxCompletionTokens),
        refuses: vec!["seed".to_owned()],
        developer_role: true,
    };
    assert_eq!(registry.providers().next().unwrap().quirks, expected);
}

#[test]
fn what_nobody_wrote_of_a_provider_is_as_its_dialect_has_it() {
    let check = |dialect: &str, embeddings: bool| {
        let text = format!("[providers.a]\nbase_url = \"http://host\"\ndialect = \"{dialect}\"");
        let registry = registry(&text, &World::default());

        let expected = Quirks {
            responses: false,
            embeddings,
            stream_usage: true,
            max_tokens: None,
            refuses: Vec::new(),
            developer_role: false,
        };
        assert_eq!(registry.providers().next().unwrap().quirks, expected, "{dialect}");
    };
    check("openai", true);
    check("anthropic", false);
    check("gemini", true);
}

#[test]
fn the_environment_alone_makes_a_configuration() {
    let world = World::with(&[("OPENAI_API_KEY", "sk-1"), ("DEEPSEEK_API_KEY", "sk-2"), ("GROQ_API_KEY", "")]);

    let config = Config::from_environment(&world, &Overrides::default()).unwrap().unwrap();

    assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["openai", "deepseek"]);
    assert_eq!(config.tiers["cheap"], ["openai/gpt-5.4-nano", "deepseek/deepseek-v4-flash"]);
    assert_eq!(config.tiers["mid"], ["openai/gpt-5.4-mini"]);
    assert_eq!((config.routes["auto"].default.as_str(), config.routes["auto"].tiers.len()), ("mid", 3));
    assert!(Registry::new(&config, &world, Arc::new(HealthTable::new(7))).is_ok());
}

#[test]
fn no_key_in_the_environment_makes_none() {
    assert!(Config::from_environment(&World::default(), &Overrides::default()).unwrap().is_none());
}

#[test]
fn others_reach_no_gateway_made_from_the_environment() {
    let open = Overrides { host: Some("0.0.0.0".to_owned()), ..Overrides::default() };

    let error = Config::from_environment(&World::with(&[("OPENAI_API_KEY", "sk-1")]), &open).unwrap_err();

    assert_eq!(error.message, "`0.0.0.0` can be reached by others, and there is no client key");
}
