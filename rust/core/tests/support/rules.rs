//! Rules of a route, and a request to ask them about.
#![expect(clippy::unwrap_used, unreachable_pub, reason = "part of tests, where a failed step is a failed test")]

use std::time::Duration;
use tiercel_core::classifier::Classifier;
use tiercel_core::config::{Config, ConfigError, Overrides, ResponseFormat};
use tiercel_core::rules::{Facts, Rules};

const TIERS: &str = "providers.local.base_url = \"http://127.0.0.1:8000/v1\"
tiers.cheap = [\"local/a\"]
tiers.mid = [\"local/b\"]
tiers.long = [\"local/c\"]
[routes.auto]
tiers = [\"cheap\", \"mid\"]
default = \"mid\"
";

/// The rules that `text` writes as the tables `[[routes.auto.rules]]`.
pub fn compile(text: &str) -> Result<Rules, ConfigError> {
    let config = Config::parse(&format!("{TIERS}{text}"), "tiercel.toml", &Overrides::default())?;
    Rules::compile(&config, "auto", Classifier::shipped().labels())
}

/// One rule of that content, which takes the tier `cheap`.
pub fn rule(content: &str) -> Rules {
    compile(&format!("[[routes.auto.rules]]\nname = \"it\"\nuse = \"cheap\"\n{content}\n")).unwrap()
}

/// A request that has something of everything.
pub fn facts<'a>() -> Facts<'a> {
    Facts {
        text: "What is your Refund Policy?",
        n_text_bytes: 27,
        count_tokens: &|| 6,
        n_messages: 3,
        n_turns: 2,
        n_images: 1,
        n_tools: 0,
        response_format: ResponseFormat::JsonObject,
        key: "shop",
        tenant: Some("acme"),
        header: &|name| (name == "x-team").then_some("support-eu"),
        metadata: &[("plan", "gold")],
        task: &|| Some(("code", 0.75)),
        p_cheap: &|| Some(0.5),
        // 2026-12-31T18:30:00Z, a Thursday.
        unix: Duration::from_secs(1_798_741_800),
        budget_left: Some(2.5),
    }
}
