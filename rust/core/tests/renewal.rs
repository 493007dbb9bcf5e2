//! What a configuration comes to that takes the place of another.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use tiercel_core::config::{Changes, Config, ConfigError, Interface, Overrides};

const RUNNING: &str = r#"
[server]
host = "0.0.0.0"

[[keys]]
name = "shop"
key = { env = "SHOP" }

[providers.one]
base_url = "http://one.test"

[tiers]
cheap = ["one/small"]
mid = ["one/medium"]

[routes.auto]
tiers = ["cheap"]
default = "cheap"
"#;

fn parse(text: &str) -> Config {
    Config::parse(text, "tiercel.toml", &Overrides::default()).unwrap()
}

/// The configuration that follows when `old` in the running one becomes `new`.
fn follow(old: &str, new: &str) -> (Config, Result<Changes, ConfigError>) {
    assert!(RUNNING.contains(old), "{old}");
    let mut config = parse(&RUNNING.replace(old, new));
    let changes = config.follow(&parse(RUNNING));
    (config, changes)
}

#[test]
fn what_is_said_of_a_change() {
    let check = |case: &str, old, new, expected: &[&str]| {
        assert_eq!(expected, follow(old, new).1.unwrap().applied, "{case}");
    };
    check("none", "", "", &[]);
    let another = "[[keys]]\nname = \"bank\"\nkey = { env = \"BANK\" }\n\n[[keys]]";
    check("a key more", "[[keys]]", another, &["key bank added"]);
    check("another name", "shop", "bank", &["key shop removed", "key bank added"]);
    check("another right", "SHOP\" }", "SHOP\" }\nadmin = true", &["key shop changed"]);
    check("another address", "one.test", "two.test", &["provider one changed"]);
    check("a tier less", "mid = [\"one/medium\"]", "", &["tier mid removed"]);
    check("a tier of others", "\"one/medium\"", "\"one/large\"", &["tier mid changed"]);
    check("another route", "auto", "best", &["route auto removed", "route best added"]);
    check("a limit", "[server]", "[server]\nmax_in_flight = 1", &["[server] changed"]);
    let tables = "[log]\nqueue = 9\n[timeouts]\nhead = \"1s\"\n[prices.\"one/small\"]\ninput = 1\noutput = 1\n[tiers]";
    check("other tables", "[tiers]", tables, &["[log] changed", "[timeouts] changed", "[prices] changed"]);
    let failover = "[failover]\nmax_attempts = 2\n[deployments.\"one/small\"]\nmax_in_flight = 9\n[tiers]";
    check("how long answers are kept", "[tiers]", "[idempotency]\nttl = \"1h\"\n[tiers]", &["[idempotency] changed"]);
    check("how failures are met", "[tiers]", failover, &["[failover] changed", "[deployments] changed"]);
}

#[test]
fn a_long_list_of_changes_is_cut() {
    let many: Vec<_> = (0..30).map(|index| format!("tier{index} = [\"one/small\"]")).collect();
    let changes = follow("mid =", &format!("{}\nmid =", many.join("\n"))).1.unwrap().applied;

    assert_eq!((21, Some("10 more")), (changes.len(), changes.last().map(String::as_str)));
}

#[test]
fn what_takes_a_restart_stays_and_is_said() {
    let moved = "host = \"::\"\nport = 9000\nworkers = 3\ninterface = \"rsgi\"\nmax_in_flight = 1";
    let (config, changes) = follow("host = \"0.0.0.0\"", &format!("{moved}\n[cache]\npath = \"kept\""));
    let server = config.server;

    let expected = ["server.host", "server.port", "server.workers", "server.interface", "cache.path"];
    assert_eq!(expected.map(|name| format!("{name} takes a restart")).to_vec(), changes.unwrap().deferred);
    let kept = (&*server.host, server.port.get(), server.workers.get(), server.interface);
    assert_eq!((("0.0.0.0", 8080, 1, Interface::Asgi), None), (kept, config.cache.path));
    assert_eq!(1, server.max_in_flight.get());
}

#[test]
fn a_gateway_that_others_can_reach_keeps_its_keys() {
    let keys = "[[keys]]\nname = \"shop\"\nkey = { env = \"SHOP\" }\n";
    let without_keys = RUNNING.replace(keys, "").replace("0.0.0.0", "127.0.0.1");
    let refused = parse(&without_keys).follow(&parse(RUNNING)).unwrap_err();

    assert_eq!(
        "tiercel.toml:3:8: there is no client key, and the gateway listens on `0.0.0.0` until it is restarted\n  \
         host = \"127.0.0.1\"\n         ^^^^^^^^^^^\nhint: leave a key in, or restart the gateway",
        refused.to_string()
    );
}
