//! Where secrets come from. The environment and the file system are arguments, so that this crate reads neither.

use crate::config::{Config, ConfigError};
use std::fmt;

/// The largest file that is taken for a secret.
const MAX_SECRET_FILE: usize = 64 * 1024;

/// The outside world, as far as a configuration may ask for it. Relative paths start at the configuration's folder.
pub trait Environment {
    /// The environment variable `name`, when it is set and is text.
    fn variable(&self, name: &str) -> Option<String>;

    /// The file at `path`, not following a symbolic link. At most 64 KiB and one byte need be read.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words.
    fn secret_file(&self, path: &str) -> Result<SecretFile, String>;

    /// The contents of the file at `path`.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words.
    fn file(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// A file that should hold a secret.
#[derive(Clone)]
pub struct SecretFile {
    /// What it holds.
    pub contents: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// Whether the path is a symbolic link, wherever that leads.
    pub is_symlink: bool,
}

/// A provider's key. Shows itself to nobody but those who ask by [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The key itself: printable ASCII without spaces, fit for a header, unless it is of several lines by its nature.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A key of several lines.
    pub(crate) fn of_lines(text: String) -> Self {
        Self(text)
    }

    fn new(text: &str) -> Result<Self, Trouble> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(Trouble::new("holds nothing"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Trouble::new(NO_KEY).hint("a key is one word of printable ASCII"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secret that the setting at `path` names by `env` or by `file`.
///
/// # Errors
/// That it is absent, or is not kept as a secret must be; at the setting.
pub(crate) fn read(
    config: &Config,
    environment: &dyn Environment,
    path: &[&str],
    env: Option<&str>,
    file: Option<&str>,
) -> Result<Secret, ConfigError> {
    read_as(config, environment, path, env, file, Secret::new)
}

/// As [`read`], for a secret that is more than one word: `parse` makes of its text what it is.
pub(crate) fn read_as<T>(
    config: &Config,
    environment: &dyn Environment,
    path: &[&str],
    env: Option<&str>,
    file: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Trouble>,
) -> Result<T, ConfigError> {
    let (field, source, text) = match (env, file) {
        (Some(name), _) => ("env", format!("environment variable {name}"), from_variable(environment, name)),
        (None, file) => {
            let file = file.unwrap_or_default();
            ("file", format!("secret file {file}"), from_file(environment, file))
        }
    };
    text.and_then(|text| parse(&text)).map_err(|Trouble { what, hint }| {
        let error = config.error(&[path, &[field]].concat(), format!("{source} {what}"));
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })
}

fn from_variable(environment: &dyn Environment, name: &str) -> Result<String, Trouble> {
    environment.variable(name).ok_or_else(|| Trouble::new("is not set"))
}

fn from_file(environment: &dyn Environment, path: &str) -> Result<String, Trouble> {
    let file = environment.secret_file(path).map_err(|why| Trouble::new(format!("cannot be read: {why}")))?;
    if file.is_symlink {
        return Err(Trouble::new("is a symbolic link").hint("name the file that it leads to"));
    }
    if file.mode & 0o007 != 0 {
        return Err(Trouble::new("is open to every user").hint(format!("chmod 600 {path}")));
    }
    if file.contents.len() > MAX_SECRET_FILE {
        return Err(Trouble::new("is larger than 64 KiB"));
    }
    String::from_utf8(file.contents).map_err(|_| Trouble::new(NO_KEY))
}

const NO_KEY: &str = "holds characters that no key has";

/// What stands between a secret's source and the secret. The source's name goes before `what`.
pub(crate) struct Trouble {
    what: String,
    hint: Option<String>,
}

impl Trouble {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
