//! What the cache's settings may be.

use crate::config::{Config, ConfigError};

/// Headers that answers may depend on: a request's own are few.
const MAX_VARY: usize = 16;
/// The highest temperature that providers take.
const MAX_TEMPERATURE: f64 = 2.0;

impl Config {
    pub(super) fn check_cache(&self) -> Result<(), ConfigError> {
        let cache = &self.cache;
        if cache.path.as_deref().is_some_and(|path| path.is_empty() || path.contains('\0')) {
            let error = self.error(&["cache", "path"], "this names no folder");
            return Err(error.hint("leave it out to keep answers in memory"));
        }
        if !(0.0..=MAX_TEMPERATURE).contains(&cache.max_temperature) {
            return Err(self.error(&["cache", "max_temperature"], "a temperature is from 0 to 2"));
        }
        if cache.vary.len() > MAX_VARY {
            return Err(self.error(&["cache", "vary"], format!("at most {MAX_VARY} headers are compared")));
        }
        for (index, name) in cache.vary.iter().enumerate() {
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
                let message = "a header's name is at most 64 lower-case letters, digits and `-`";
                return Err(self.error(&["cache", "vary", &index.to_string()], message));
            }
        }
        Ok(())
    }
}
