//! How signatures travel through a client of this dialect, whose blocks have places for them.
//!
//! # Why calls and unsigned thoughts are marked too
//! Gemini signs calls, and takes them back only with their signature; here it rides in a block of redacted thinking just
//! before the call. A thought without a signature would be taken for Anthropic's own when it comes back. Both marks
//! begin like those of [`Signature`], so that all thoughts of others are told by one prefix.

use std::borrow::Cow;

use crate::Upstream;
use crate::chat::Signature;

/// How all begin that Anthropic itself cannot read.
pub(super) const FOREIGN: &str = "tiercel.";
/// What stands for the signature of a thought that has none.
pub(super) const UNSIGNED: &str = "tiercel.unsigned";
/// How the data of a block begin that holds the signature of the call after it.
const CALL: &str = "tiercel.call.";

/// The signature of a thought, as the client gets it.
pub(super) fn of_thought<'a>(signature: &'a Signature<'_>) -> Cow<'a, str> {
    match signature.for_upstream(Upstream::Anthropic) {
        Some(text) => text.into(),
        None => signature.for_client().into(),
    }
}

/// The data of the block that goes before a signed call.
pub(super) fn of_call(signature: &Signature<'_>) -> String {
    [CALL, &of_thought(signature)].concat()
}

/// Reads the signature of a thought that a client hands back.
pub(super) fn read_thought(text: Cow<'_, str>) -> Option<Signature<'_>> {
    (!text.is_empty() && text != UNSIGNED).then(|| read(text))
}

/// Reads the data of a redacted thought that a client hands back.
pub(super) fn read(text: Cow<'_, str>) -> Signature<'_> {
    Signature::of_client(text, Upstream::Anthropic)
}

/// Reads the data of the block before a signed call; `None` for any other data.
pub(super) fn read_call(data: &str) -> Option<Signature<'static>> {
    data.strip_prefix(CALL).map(|text| read(text.to_owned().into()))
}
