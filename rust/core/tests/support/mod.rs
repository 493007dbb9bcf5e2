//! A made-up outside world, for the tests that read secrets.
#![expect(unreachable_pub, reason = "each test includes this as a module of its own")]

use std::collections::BTreeMap;
use tiercel_core::secrets::{Environment, SecretFile};

#[derive(Default)]
pub struct World {
    pub variables: BTreeMap<&'static str, &'static str>,
    pub files: BTreeMap<&'static str, SecretFile>,
}

impl World {
    pub fn with(variables: &[(&'static str, &'static str)]) -> Self {
        Self { variables: variables.iter().copied().collect(), ..Self::default() }
    }

    pub fn file(mut self, path: &'static str, contents: impl Into<Vec<u8>>, mode: u32, is_symlink: bool) -> Self {
        self.files.insert(path, SecretFile { contents: contents.into(), mode, is_symlink });
        self
    }
}

impl Environment for World {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|text| (*text).to_owned())
    }

    fn secret_file(&self, path: &str) -> Result<SecretFile, String> {
        self.files.get(path).cloned().ok_or_else(|| "No such file or directory".to_owned())
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.secret_file(path).map(|file| file.contents)
    }
}
