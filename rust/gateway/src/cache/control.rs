//! What is configured of the cache, and what a client may say of it: only that less is to be taken from there.

use std::time::Duration;

use tiercel_core::config::{CacheMode, CacheScope, Config, LlmSettings};

use super::store::Limits;
use crate::digest::Digest;
use crate::error::{Error, Kind};

/// Marks that a client may put on an answer, so that all with one of them can be forgotten at once.
const MAX_TAGS: usize = 8;
const MAX_TAG: usize = 64;

/// What is configured.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) is_enabled: bool,
    pub(super) mode: CacheMode,
    pub(super) scope: CacheScope,
    ttl: Duration,
    pub(crate) max_answer: u64,
    pub(super) max_temperature: f64,
    pub(super) max_semantic_temperature: f64,
    pub(super) max_error: f64,
    pub(super) check_rate: f64,
    pub(super) answer_similarity: f64,
    pub(super) judge: Option<LlmSettings>,
    pub(super) vary: Vec<String>,
    pub(super) limits: Limits,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Self {
        let cache = &config.cache;
        Self {
            is_enabled: cache.mode != CacheMode::Off,
            mode: cache.mode,
            scope: cache.scope,
            ttl: cache.ttl.get(),
            max_answer: cache.max_answer.get().min(cache.max_bytes.get()),
            max_temperature: cache.max_temperature,
            max_semantic_temperature: cache.max_semantic_temperature,
            max_error: cache.max_error,
            check_rate: cache.check_rate,
            answer_similarity: cache.answer_similarity,
            judge: cache.judge.clone(),
            vary: cache.vary.clone(),
            limits: Limits {
                max_entries: usize::try_from(cache.max_entries.get()).unwrap_or(usize::MAX),
                max_bytes: cache.max_bytes.get(),
            },
        }
    }

    /// Whether answers may be given to other words than those that they answered.
    pub(super) fn serves_other_words(&self) -> bool {
        self.mode == CacheMode::Semantic
    }

    /// How long the answer to `exact` lives: up to a tenth less than is configured, so that answers which came together
    /// do not all end together.
    pub(super) fn ttl_of(&self, exact: &Digest) -> Duration {
        let fraction = f64::from(exact[0]) / 255.0;
        self.ttl.mul_f64(1.0 - fraction / 10.0)
    }
}

/// What a request's headers say.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct CacheControl<'a> {
    /// The answer is not to come from the cache; it may go there.
    pub(crate) is_no_cache: bool,
    /// The answer neither comes from there nor goes there.
    pub(crate) is_no_store: bool,
    /// The answer is not to be one to other words.
    pub(crate) is_exact: bool,
    /// How near these words have to be at least.
    pub(crate) min_similarity: f32,
    /// Marks for what is kept.
    pub(crate) tags: Vec<&'a str>,
}

impl<'a> CacheControl<'a> {
    /// Takes the value of `x-tiercel-cache`.
    pub(crate) fn take(&mut self, value: &[u8]) -> Result<(), Error> {
        for word in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            match word {
                b"no-cache" => self.is_no_cache = true,
                b"no-store" => self.is_no_store = true,
                b"exact" => self.is_exact = true,
                _ => {
                    let message = "the x-tiercel-cache header says no-cache, no-store or exact, and nothing else";
                    return Err(Error::new(Kind::MalformedHead, message));
                }
            }
        }
        Ok(())
    }

    /// Takes the value of `x-tiercel-min-similarity`.
    pub(crate) fn take_min_similarity(&mut self, value: &[u8]) -> Result<(), Error> {
        let cosine = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f32>().ok());
        self.min_similarity = cosine.filter(|it| (0.0..=1.0).contains(it)).ok_or_else(|| {
            Error::new(Kind::MalformedHead, "the x-tiercel-min-similarity header is a number from 0 to 1")
        })?;
        Ok(())
    }

    /// Takes the value of `x-tiercel-cache-tags`.
    pub(crate) fn take_tags(&mut self, value: &'a [u8]) -> Result<(), Error> {
        let tags = std::str::from_utf8(value).unwrap_or_default().split(',').map(str::trim);
        self.tags.extend(tags);
        let is_tag = |tag: &&str| (1..=MAX_TAG).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_graphic());
        if self.tags.len() <= MAX_TAGS && self.tags.iter().all(is_tag) {
            return Ok(());
        }
        let message = format!(
            "the x-tiercel-cache-tags header has at most {MAX_TAGS} words of at most {MAX_TAG} visible characters, \
             separated by commas"
        );
        Err(Error::new(Kind::MalformedHead, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_may_say() {
        let check = |value: &str, expected: Option<(bool, bool, bool)>| {
            let mut control = CacheControl::default();
            let taken = control.take(value.as_bytes());
            let told = (control.is_no_cache, control.is_no_store, control.is_exact);
            assert_eq!(expected, taken.ok().map(|()| told), "{value}");
        };
        check("no-cache", Some((true, false, false)));
        check("no-store", Some((false, true, false)));
        check("no-cache, no-store", Some((true, true, false)));
        check("exact", Some((false, false, true)));
        check("", None);
        check("semantic", None);
    }

    #[test]
    fn how_near_words_have_to_be() {
        let check = |value: &str, expected: Option<f32>| {
            let mut control = CacheControl::default();
            let taken = control.take_min_similarity(value.as_bytes());
            assert_eq!(expected, taken.ok().map(|()| control.min_similarity), "{value}");
        };
        check("0.9", Some(0.9));
        check("1", Some(1.0));
        check("1.1", None);
        check("-0.1", None);
        check("NaN", None);
        check("near", None);
        check("", None);
    }

    #[test]
    fn which_marks_are_taken() {
        let check = |value: &str, expected: Option<&[&str]>| {
            let mut control = CacheControl::default();
            let taken = control.take_tags(value.as_bytes());
            assert_eq!(expected, taken.ok().map(|()| &*control.tags), "{value}");
        };
        check("faq", Some(&["faq"]));
        check("faq, v2", Some(&["faq", "v2"]));
        check("", None);
        check("a b", None);
        check("a,,b", None);
        check(&"x".repeat(65), None);
        check("1,2,3,4,5,6,7,8,9", None);
    }
}
