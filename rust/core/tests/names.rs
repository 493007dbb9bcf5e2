//! What a name stands for, and who may ask for it.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod support;

use std::sync::Arc;
use std::time::Duration;
use support::World;
use tiercel_core::config::{Config, Overrides};
use tiercel_core::health::HealthTable;
use tiercel_core::keys::Keys;
use tiercel_core::plan::PlanError;
use tiercel_core::registry::Registry;

const CONFIG: &str = r#"
[[keys]]
name = "everything"
key = { env = "KEY_EVERYTHING" }

[[keys]]
name = "route"
key = { file = "route.key" }
models = ["auto"]

[[keys]]
name = "openai"
key = { env = "KEY_OPENAI" }
models = ["openai/*"]

[providers.openai]
[providers.groq]
[providers.local]
base_url = "http://127.0.0.1:8000/v1"
models = ["llama", "openai/gpt-oss-20b", "vendor/model"]
[providers.mistral]
base_url = "http://127.0.0.1:8001/v1"

[tiers]
cheap = ["openai/gpt-4o-mini", "groq/shared"]
mid = ["openai/gpt-4o", "openai/shared", "groq/shared"]

long = ["mistral/long"]

[routes.auto]
tiers = ["cheap", "mid"]
default = "mid"

[routes.safe]
tiers = ["cheap"]
default = "cheap"
fallbacks = ["mid", "cheap", "mid", "long"]
long_context = "long"
"#;

struct Gateway {
    keys: Keys,
    registry: Registry,
}

impl Gateway {
    fn new() -> Self {
        let world = World::with(&[
            ("KEY_EVERYTHING", "everything"),
            ("KEY_OPENAI", "openai"),
            ("OPENAI_API_KEY", "sk-1"),
            ("GROQ_API_KEY", "sk-2"),
        ])
        .file("route.key", "route", 0o400, false);
        let config = Config::parse(CONFIG, "tiercel.toml", &Overrides::default()).unwrap();
        Self {
            keys: Keys::new(&config, &world).unwrap(),
            registry: Registry::new(&config, &world, Arc::new(HealthTable::new(7))).unwrap(),
        }
    }

    /// The reason and the deployments, or the error, as one line.
    fn plan(&self, key: &str, model: &str) -> String {
        let principal = self.keys.authenticate(Some(key.as_bytes()), Duration::ZERO).unwrap();
        match self.registry.plan(principal, model) {
            Ok(plan) => {
                let deployments: Vec<_> = plan.deployments().map(|it| &*it.name).collect();
                format!("{} -> {}", plan.reason, deployments.join(", "))
            }
            Err(error) => error.to_string(),
        }
    }
}

#[test]
fn what_a_name_stands_for() {
    let gateway = Gateway::new();
    let check = |case: &str, name: &str, expected: &str| {
        assert_eq!(gateway.plan("everything", name), expected, "{case}");
    };
    check("a route", "auto", "route:auto:default -> openai/gpt-4o, openai/shared, groq/shared");
    check("a tier", "cheap", "tier:cheap -> openai/gpt-4o-mini, groq/shared");
    check("a deployment of a tier", "openai/gpt-4o", "name:deployment -> openai/gpt-4o");
    check("any model of a provider", "groq/a/b", "name:deployment -> groq/a/b");
    check("a model of one tier", "gpt-4o-mini", "name:tiers -> openai/gpt-4o-mini");
    check("a model that several have", "shared", "name:tiers -> groq/shared, openai/shared");
    check("a model that a provider lists", "llama", "name:provider -> local/llama");
    check("a listed model with a slash", "vendor/model", "name:provider -> local/vendor/model");
    check("a listed model that looks like another's", "openai/gpt-oss-20b", "name:deployment -> openai/gpt-oss-20b");
    check("a model that the catalogue knows", "gpt-5.4", "name:catalogue -> openai/gpt-5.4");
    check(
        "one of a provider moved elsewhere",
        "mistral-small-latest",
        "name:catalogue -> mistral/mistral-small-latest",
    );
}

/// Each tier once, though it is named again.
#[test]
fn where_a_route_turns_to() {
    let gateway = Gateway::new();
    let principal = gateway.keys.authenticate(Some(b"everything"), Duration::ZERO).unwrap();
    let check = |name: &str, expected: &[&str], long: Option<&str>| {
        let plan = gateway.registry.plan(principal, name).unwrap();
        let tiers: Vec<_> = plan.groups.iter().map(|group| group.tier.as_deref().unwrap_or_default()).collect();
        assert_eq!((expected, long), (&*tiers, plan.long_context.as_ref().and_then(|it| it.tier.as_deref())), "{name}");
    };
    check("safe", &["cheap", "mid", "long"], Some("long"));
    check("auto", &["mid"], None);
    check("cheap", &["cheap"], None);
    check("gpt-4o", &[""], None);
}

#[test]
fn what_stands_for_nothing() {
    let gateway = Gateway::new();
    let listed = "auto, safe, cheap, mid, long, openai/gpt-4o-mini, groq/shared, openai/gpt-4o, openai/shared, mistral/long, local/llama, \
                  local/openai/gpt-oss-20b, local/vendor/model";
    let check = |name: &str, expected: &str| {
        assert_eq!(gateway.plan("everything", name), format!("the model {expected} (there are: {listed})"));
    };
    check("", "`` does not exist");
    check("ato", "`ato` does not exist; did you mean `auto`?");
    check("openai/", "`openai/` does not exist");
    check("/gpt-4o", "`/gpt-4o` does not exist");
    check("Auto", "`Auto` does not exist; did you mean `auto`?");
    check("grok-4.3", "`grok-4.3` does not exist");
    check("anthropic/claude", "`anthropic/claude` does not exist");
    check("gpt-4o\r\nset-cookie: a", "`gpt-4o\r\nset-cookie: a` does not exist");
    check("openai/gpt 4o", "`openai/gpt 4o` does not exist; did you mean `openai/gpt-4o`?");
    check(&"a".repeat(100_000), &format!("`{}` does not exist", "a".repeat(64)));
    check(&format!("openai/{}", "a".repeat(257)), &format!("`openai/{}` does not exist", "a".repeat(57)));
}

#[test]
fn who_may_ask_for_what() {
    let gateway = Gateway::new();
    let check = |key: &str, name: &str, expected: &str| assert_eq!(gateway.plan(key, name), expected, "{key} {name}");
    let refused = |name: &str| format!("this API key may not use the model `{name}`");

    check("route", "auto", "route:auto:default -> openai/gpt-4o, openai/shared, groq/shared");
    check("route", "mid", &refused("mid"));
    check("route", "openai/gpt-4o", &refused("openai/gpt-4o"));
    check("route", "gpt-4o", &refused("gpt-4o"));
    check("openai", "openai/gpt-4o", "name:deployment -> openai/gpt-4o");
    check("openai", "gpt-4o", "name:tiers -> openai/gpt-4o");
    check("openai", "gpt-5.4", "name:catalogue -> openai/gpt-5.4");
    check("openai", "shared", "name:tiers -> openai/shared");
    check("openai", "auto", &refused("auto"));
    check("openai", "cheap", &refused("cheap"));
    check("openai", "groq/shared", &refused("groq/shared"));
    check("openai", "llama", &refused("llama"));
}

#[test]
fn what_each_key_sees_listed() {
    let gateway = Gateway::new();
    let check = |key: &str, expected: &[(&str, &str)]| {
        let principal = gateway.keys.authenticate(Some(key.as_bytes()), Duration::ZERO).unwrap();
        let listed = gateway.registry.models_for(principal);

        assert_eq!(listed.iter().map(|it| (&*it.id, &*it.owned_by)).collect::<Vec<_>>(), expected);
    };
    check("route", &[("auto", "tiercel")]);
    check("openai", &[("openai/gpt-4o-mini", "openai"), ("openai/gpt-4o", "openai"), ("openai/shared", "openai")]);
}

#[test]
fn an_unknown_name_gives_away_nothing_that_the_key_may_not_use() {
    let gateway = Gateway::new();
    let principal = gateway.keys.authenticate(Some(b"route"), Duration::ZERO).unwrap();

    let error = gateway.registry.plan(principal, "chep").unwrap_err();

    let known = vec!["auto".into()];
    assert_eq!(error, PlanError::UnknownModel { requested: "chep".to_owned(), known, did_you_mean: None });
}
