//! What the cache's settings may be.

use std::ops::RangeInclusive;

use crate::config::{Config, ConfigError};

/// Headers that answers may depend on: a request's own are few.
const MAX_VARY: usize = 16;
/// The highest temperature that providers take.
const MAX_TEMPERATURE: f64 = 2.0;
/// With less, it takes ten thousands of checks until anything is known; with more, nothing is promised.
const MAX_ERROR: RangeInclusive<f64> = 0.001..=0.5;
/// With less, it takes thousands of answers until a change is noticed.
const CHECK_RATE: RangeInclusive<f64> = 0.001..=1.0;

impl Config {
    pub(super) fn check_cache(&self) -> Result<(), ConfigError> {
        let cache = &self.cache;
        if cache.path.as_deref().is_some_and(|path| path.is_empty() || path.contains('\0')) {
            let error = self.error(&["cache", "path"], "this names no folder");
            return Err(error.hint("leave it out to keep answers in memory"));
        }
        let temperature = 0.0..=MAX_TEMPERATURE;
        let numbers = [
            ("max_temperature", cache.max_temperature, temperature.clone(), "a temperature is from 0 to 2"),
            ("max_semantic_temperature", cache.max_semantic_temperature, temperature, "a temperature is from 0 to 2"),
            ("max_error", cache.max_error, MAX_ERROR, "a share of wrong answers is from 0.001 to 0.5"),
            ("check_rate", cache.check_rate, CHECK_RATE, "a share of requests is from 0.001 to 1"),
            ("answer_similarity", cache.answer_similarity, 0.0..=1.0, "a cosine that is asked for is from 0 to 1"),
        ];
        for (name, number, range, message) in numbers {
            if !range.contains(&number) {
                return Err(self.error(&["cache", name], message));
            }
        }
        if let Some(judge) = &cache.judge {
            self.check_deployment(&["cache", "judge", "model"], &judge.model)?;
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
