//! Every mistake in a configuration, and what its author reads.

mod support;

use expect_test::expect_file;
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::Arc;
use support::World;
use tiercel_core::config::{Config, ConfigError, Overrides};
use tiercel_core::health::HealthTable;
use tiercel_core::keys::Keys;
use tiercel_core::registry::Registry;

/// A provider on one line, so that what a case adds begins at line 2.
const PROVIDER: &str = "providers.local.base_url = \"http://127.0.0.1:8000/v1\"\n";

fn load(text: &str, overrides: &Overrides) -> Result<(), ConfigError> {
    let world = World::with(&[
        ("EMPTY", " "),
        ("SPACED", "a b"),
        ("A", "key-a"),
        ("SAME", "key-a"),
        ("DATABRICKS_HOST", "a b"),
    ])
    .file("open", "key", 0o644, false)
    .file("link", "key", 0o600, true)
    .file("large", vec![b'a'; 64 * 1024 + 1], 0o600, false)
    .file("binary", vec![0xff], 0o600, false);
    let config = Config::parse(text, "tiercel.toml", overrides)?;
    Keys::new(&config, &world)?;
    Registry::new(&config, &world, Arc::new(HealthTable::new(7)))?;
    Ok(())
}

/// In `mistakes.txt` a line that begins with `# ` names a case, and what follows is its text.
#[test]
fn what_the_author_of_each_mistake_reads() {
    let mut answers = String::new();
    for case in format!("\n{}", include_str!("golden/mistakes.txt")).split("\n# ").skip(1) {
        let (name, text) = case.split_once('\n').unwrap();
        let error = load(&format!("{PROVIDER}{text}"), &Overrides::default()).expect_err(name).to_string();

        assert!(!error.contains("k-secret") && !error.contains("gsk_secret"), "{name}: {error}");
        writeln!(answers, "# {name}\n{error}\n").unwrap();
    }
    expect_file!["golden/mistakes_answered.txt"].assert_eq(&answers);
}

#[test]
fn a_mistake_on_the_command_line_is_not_blamed_on_the_file() {
    let open = Overrides { host: Some("0.0.0.0".to_owned()), ..Overrides::default() };

    let error = load(&format!("{PROVIDER}server.host = \"127.0.0.1\""), &open).unwrap_err();

    assert_eq!((error.line, error.column, error.source_line.as_str()), (1, 1, ""));
    assert_eq!(error.message, "`0.0.0.0` can be reached by others, and there is no client key");
}

#[test]
fn nothing_at_all_is_no_configuration() {
    let error = load("", &Overrides::default()).unwrap_err();

    assert_eq!(error.message, "there is no provider");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*") {
        let _ = load(&text, &Overrides::default()).map_err(|error| error.to_string());
    }

    /// Pieces of real configurations in any order reach further than random characters do.
    #[test]
    fn no_patchwork_makes_the_parser_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let _ = load(&pieces.concat(), &Overrides::default()).map_err(|error| error.to_string());
    }
}

const PIECES: &[&str] = &[
    "[server]\n",
    "host",
    "port",
    " = ",
    "8080",
    "\n",
    "\"",
    "\r\n",
    "[[keys]]\n",
    "name = \"a\"\n",
    "key",
    "{ env = \"A\" }",
    "[providers.openai]\n",
    "[providers.é]\n",
    "[providers.bedrock]\n",
    "dialect = \"vertex\"\n",
    "authentication = \"aws\"\n",
    "parameters = { region = \"a\" }\n",
    "base_url = \"http://a\"\n",
    "api_version = \"1\"\n",
    "access_key_id",
    "keys = [",
    "]",
    "[tiers]\n",
    "cheap = [\"openai/a\"]\n",
    "é",
    "\t",
    "#",
    "[routes.auto]\n",
    "tiers = [\"cheap\"]\n",
    "default = \"cheap\"\n",
    "[[routes.auto.rules]]\n",
    "when = ",
    "\"\\u00e9 > \"\n",
    "'''",
    "\"\"\"",
    "{",
    "}",
    ".",
    "models",
    "expires = 2026-12-31\n",
    "expires = 0000-01-01\n",
    "\u{7f}",
    "\u{feff}",
];
