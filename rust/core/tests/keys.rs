//! Which credential is whose.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod support;

use std::time::Duration;
use support::World;
use tiercel_core::config::{Config, Overrides};
use tiercel_core::keys::{AuthError, Keys};

const PROVIDER: &str = "providers.local.base_url = \"http://127.0.0.1:8000/v1\"\n";

/// The SHA-256 of `test` is in the configuration, the key itself is not.
const CONFIG: &str = r#"
[[keys]]
name = "shop"
key = { env = "SHOP" }
tenant = "acme"
metrics = true
admin = true

[[keys]]
name = "file"
key = { file = "key.txt" }

[[keys]]
name = "digest"
sha256 = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"

[[keys]]
name = "old"
key = { env = "OLD" }
expires = 1970-01-02

[[keys]]
name = "off"
key = { env = "OFF" }
disabled = true
"#;

fn keys(text: &str) -> Keys {
    let world = World::with(&[("SHOP", "key-shop"), ("OLD", "key-old"), ("OFF", "key-off")]).file(
        "key.txt",
        "key-file\n",
        0o600,
        false,
    );
    let config = Config::parse(&format!("{PROVIDER}{text}"), "tiercel.toml", &Overrides::default()).unwrap();
    Keys::new(&config, &world).unwrap()
}

#[test]
fn which_credential_is_whose() {
    let keys = keys(CONFIG);
    let check = |case: &str, credential: Option<&str>, unix: u64, expected: Result<(&str, &str), AuthError>| {
        let found = keys.authenticate(credential.map(str::as_bytes), Duration::from_secs(unix));

        assert_eq!(found.map(|it| (&*it.name, &*it.tenant)), expected, "{case}");
    };
    check("a key from the environment", Some("key-shop"), 0, Ok(("shop", "acme")));
    check("a key from a file, its line's end apart", Some("key-file"), 0, Ok(("file", "file")));
    check("a key known by its digest", Some("test"), 0, Ok(("digest", "digest")));
    check("a key before it expires", Some("key-old"), 86_399, Ok(("old", "old")));
    check("a key that expires now", Some("key-old"), 86_400, Err(AuthError::Expired));
    check("a disabled key", Some("key-off"), 0, Err(AuthError::Disabled));
    check("none", None, 0, Err(AuthError::Missing));
    check("an empty one", Some(""), 0, Err(AuthError::Missing));
    check("a beginning of one", Some("key-sho"), 0, Err(AuthError::Unknown));
    check("one with more behind it", Some("key-shop "), 0, Err(AuthError::Unknown));
    check("one in other letters", Some("KEY-SHOP"), 0, Err(AuthError::Unknown));
    check("one of a megabyte", Some(&"a".repeat(1 << 20)), 0, Err(AuthError::Unknown));
}

#[test]
fn rights_are_those_of_the_key() {
    let keys = keys(CONFIG);
    let may = |key: &str| {
        let principal = keys.authenticate(Some(key.as_bytes()), Duration::ZERO).unwrap();
        (principal.may_read_metrics, principal.is_admin)
    };

    assert_eq!((true, true), may("key-shop"));
    assert_eq!((false, false), may("key-file"));
}

#[test]
fn without_keys_everybody_is_anonymous() {
    let keys = keys("");

    for credential in [None, Some(&b"anything"[..])] {
        let principal = keys.authenticate(credential, Duration::ZERO).unwrap();
        assert_eq!(("anonymous", true, true), (&*principal.name, principal.may_read_metrics, principal.is_admin));
        assert!(principal.may_use("any/model"));
    }
}

#[test]
fn no_key_shows_in_what_is_printed() {
    let printed = format!("{:?}", keys(CONFIG));

    assert!(printed.contains("shop") && !printed.contains("key-"), "{printed}");
}
