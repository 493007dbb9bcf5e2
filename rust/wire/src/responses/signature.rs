//! How signatures travel through a client of this dialect, whose thoughts have a place for sealed content.
//!
//! # Why calls and unsigned thoughts are marked too
//! Gemini signs calls, and takes them back only with their signature; here it rides in a sealed thought just before the
//! call. A thought without anything sealed would be taken for one that OpenAI keeps when it comes back. Both marks begin
//! like those of [`Signature`], so that all thoughts of others are told by one prefix.

use std::borrow::Cow;

use memchr::memmem;

use crate::Upstream;
use crate::chat::Signature;
use crate::json::Value;
use crate::request::{Edit, Request};

/// How all begin that OpenAI itself cannot read.
const FOREIGN: &str = "tiercel.";
/// What stands for the signature of a thought that has none.
const UNSIGNED: &str = "tiercel.unsigned";
/// How the content of a sealed thought begins that holds the signature of the call after it.
const CALL: &str = "tiercel.call.";

/// The sealed content of a thought, as the client gets it.
pub(super) fn of_thought<'a>(signature: Option<&Signature<'a>>) -> Cow<'a, str> {
    match signature {
        None => UNSIGNED.into(),
        Some(signature) if signature.made_by == Upstream::Responses => signature.text.clone(),
        Some(signature) => signature.for_client().into(),
    }
}

/// The sealed content of the thought that goes before a signed call.
pub(super) fn of_call(signature: &Signature<'_>) -> Cow<'static, str> {
    [CALL, &of_thought(Some(signature))].concat().into()
}

/// Reads the sealed content of a thought that a client hands back.
pub(super) fn read_thought(sealed: Cow<'_, str>) -> Option<Signature<'_>> {
    (!sealed.is_empty() && sealed != UNSIGNED).then(|| Signature::of_client(sealed, Upstream::Responses))
}

/// Reads the sealed content of a thought before a signed call; `None` for any other thought.
pub(super) fn read_call(sealed: &str) -> Option<Signature<'static>> {
    let text = sealed.strip_prefix(CALL)?.to_owned();
    Some(Signature::of_client(text.into(), Upstream::Responses))
}

/// The edit that takes the thoughts of others out of a request that goes to a provider of this dialect as it came: it
/// would refuse them all.
pub(crate) fn foreign_thoughts(request: &Request) -> Option<Edit> {
    let span = request.members.value("input")?;
    let input = &request.body[span.clone()];
    memmem::find(input.as_bytes(), [b"\"", FOREIGN.as_bytes()].concat().as_slice())?;
    let is_foreign = |item: &Value<'_>| {
        let item = item.object().unwrap_or_default();
        let sealed = item.string("encrypted_content").unwrap_or_default();
        item.string("type").is_some_and(|kind| kind == "reasoning") && sealed.starts_with(FOREIGN)
    };
    let items = Value::parse(input).ok()?.array()?;
    let kept: Vec<_> = items.iter().filter(|item| !is_foreign(item)).map(|item| item.text()).collect();
    (kept.len() < items.len()).then(|| Edit { span, text: ["[", &kept.join(","), "]"].concat().into() })
}
