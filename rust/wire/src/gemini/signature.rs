//! Signatures as Gemini's clients get them and hand them back.
//!
//! Google's SDKs decode them as base64, and some encode them again in its other alphabet. So the mark that a signature of
//! another dialect carries is encoded together with it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::Upstream;
use crate::chat::Signature;

/// What Google has clients send for a call that another model made (Gemini's documentation of thought signatures). It
/// proves nothing, so it is read as no signature.
pub(super) const NONE: &str = "skip_thought_signature_validator";

/// How the mark `tiercel.` begins in base64.
pub(super) const MARK: &str = "dGllcmNlbC";

pub(super) fn for_client<'a>(signature: &'a Signature<'_>) -> Cow<'a, str> {
    match signature.for_upstream(Upstream::Gemini) {
        Some(text) => text.into(),
        None => URL_SAFE.encode(signature.for_client()).into(),
    }
}

/// That of a call, for a client that may hand it back to Google itself: a turn's first call must have one.
pub(super) fn of_call<'a>(signature: Option<&'a Signature<'_>>, is_first: bool) -> Option<Cow<'a, str>> {
    signature.map(for_client).or(is_first.then_some(NONE.into()))
}

pub(super) fn of_client(text: Cow<'_, str>) -> Option<Signature<'_>> {
    if text.is_empty() || (text.len() == NONE.len() && text.replace('/', "_") == NONE) {
        return None;
    }
    let marked = text.starts_with(MARK).then(|| decode(&text)).flatten();
    Some(Signature::of_client(marked.map_or(text, Cow::Owned), Upstream::Gemini))
}

fn decode(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
