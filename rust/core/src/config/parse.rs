//! Reads a configuration, and says in the operator's words what the parser found wrong with it.

use super::authentication::NO_AUTHENTICATION;
use super::error::{Reveal, Source};
use super::tables::{Interface, SECRET};
use super::{Config, ConfigError};
use crate::nearest::nearest;
use std::num::NonZeroU16;
use std::ops::Range;

/// Parts a message of our own from what to do about it; serde has no place for the second.
const HINT: &str = "\nhint: ";
const SECRET_HINT: &str = "secrets are never written here: use { env = \"NAME\" } or { file = \"PATH\" }";
const EXPANSION_HINT: &str = "variables are not expanded here: use { env = \"NAME\" }";

/// What the command line says in place of the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// In place of `server.host`.
    pub host: Option<String>,
    /// In place of `server.port`.
    pub port: Option<NonZeroU16>,
    /// In place of `server.workers`.
    pub workers: Option<NonZeroU16>,
    /// In place of `server.interface`.
    pub interface: Option<Interface>,
}

impl Config {
    /// Reads `text`; `file` is what errors call it.
    ///
    /// # Errors
    /// The first mistake of syntax, type or meaning. Secrets are not read here: see [`Registry::new`](crate::registry::Registry::new).
    pub fn parse(text: &str, file: &str, overrides: &Overrides) -> Result<Self, ConfigError> {
        let source = Source { file: file.to_owned(), text: text.to_owned() };
        let mut config: Self = toml::from_str(text).map_err(|error| explain(&source, &error))?;
        config.source = source;
        let server = &mut config.server;
        server.host = overrides.host.clone().unwrap_or_else(|| std::mem::take(&mut server.host));
        server.port = overrides.port.unwrap_or(server.port);
        server.workers = overrides.workers.unwrap_or(server.workers);
        server.interface = overrides.interface.unwrap_or(server.interface);
        // What the command line says, no line of the file is to blame for.
        let host_path: &[&str] = if overrides.host.is_some() { &[] } else { &["server", "host"] };
        config.validate(host_path)?;
        Ok(config)
    }
}

/// Serde's message in the words of TOML, without the values that it quotes: they may be secrets.
fn explain(source: &Source, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let fault = source.text.get(span.clone()).unwrap_or_default();
    let message = error.message();
    if let Some((name, known)) = unknown(message, "unknown field `") {
        let error = source.error(&span, Reveal::UpToFault, format!("unknown field `{name}`"));
        return error.hint(hint_for_field(name, &known));
    }
    if let Some((name, known)) = unknown(message, "unknown variant `") {
        let error = source.error(&span, Reveal::Line, format!("unknown value `{name}`"));
        return error.hint(format!("known are {}", listed(&known)));
    }
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(|mismatch| mismatch.rsplit_once(", expected ")) {
        return mistyped(source, &span, found, expected);
    }
    if message == "duplicate key" {
        return source.error(&span, Reveal::IfHarmless, format!("`{fault}` is set twice"));
    }
    if message.starts_with("missing field") {
        return source.error(&span, Reveal::UpToFault, message);
    }
    match message.split_once(HINT) {
        Some((NO_AUTHENTICATION, hint)) => source.error(&span, Reveal::BeforeFault, NO_AUTHENTICATION).hint(hint),
        Some((message, hint)) => source.error(&span, Reveal::UpToFault, message).hint(hint),
        None => source.error(&span, Reveal::IfHarmless, message),
    }
}

/// What is unknown, and what is known in its place.
fn unknown<'a>(message: &'a str, kind: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (name, rest) = message.strip_prefix(kind)?.split_once('`')?;
    Some((name, rest.split('`').skip(1).step_by(2).collect()))
}

fn hint_for_field(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if name == "include" => "one file holds the whole configuration".to_owned(),
        None => format!("known here are {}", listed(known)),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn mistyped(source: &Source, span: &Range<usize>, found: &str, expected: &str) -> ConfigError {
    if expected == SECRET && found.starts_with("string") {
        let is_expansion = source.text.get(span.clone()).is_some_and(|fault| fault.contains("${"));
        let hint = if is_expansion { EXPANSION_HINT } else { SECRET_HINT };
        return source.error(span, Reveal::BeforeFault, "a secret must not be written here").hint(hint);
    }
    let found = match found.split(' ').next() {
        Some("string") => "a string",
        Some("integer") => "an integer",
        Some("floating") => "a fraction",
        Some("boolean") => "a boolean",
        Some("sequence") => "an array",
        Some("map") => "a table",
        _ => "something else",
    };
    // Where something composite is expected, it may hold secrets, and so may what stands in its place.
    let (wanted, reveal) = match expected {
        SECRET => ("`{ env = \"NAME\" }` or `{ file = \"PATH\" }`", Reveal::BeforeFault),
        "a sequence" => ("an array", Reveal::BeforeFault),
        "a map" => ("a table", Reveal::BeforeFault),
        structure if structure.starts_with("struct ") => ("a table", Reveal::BeforeFault),
        "a boolean" => ("`true` or `false`", Reveal::Line),
        "f64" => ("a number", Reveal::Line),
        "u8" => ("an integer from 0 to 255", Reveal::Line),
        "a nonzero u16" => ("an integer from 1 to 65535", Reveal::Line),
        "a nonzero u32" => ("an integer from 1 to 4294967295", Reveal::Line),
        other => (other, Reveal::Line),
    };
    // An integer that is none of the wanted ones has the wrong size.
    let found = if wanted.starts_with(found) { "another one" } else { found };
    source.error(span, reveal, format!("expected {wanted}, found {found}"))
}
