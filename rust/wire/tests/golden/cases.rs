//! The canonical bodies of each dialect: what its clients send and its providers answer, one file each.

use std::fs;
use std::path::Path;

use tiercel_wire::Upstream;

/// What is asked and answered, in every dialect.
pub(crate) const CASES: [&str; 13] = [
    "text",
    "conversation",
    "tool",
    "tools",
    "tool_result",
    "image",
    "structured",
    "thinking",
    "cached",
    "length",
    "stop_sequence",
    "filter",
    "parameters",
];
/// Cases that are about the request: their answers are texts, as that of `text` is.
pub(crate) const REQUESTS: [&str; 5] = ["conversation", "tool_result", "image", "structured", IMAGE_URL];
/// How answers end, of which requests need know nothing.
pub(crate) const ENDINGS: [&str; 3] = ["length", "stop_sequence", "filter"];
/// A case of the dialects whose images may stand elsewhere.
pub(crate) const IMAGE_URL: &str = "image_url";
/// The case of the dialects that have embeddings, the only one that is no conversation.
pub(crate) const EMBEDDINGS: &str = "embeddings";
/// Cohere's second version has no word for an answer that is kept back.
pub(crate) const NOT_SAID: [(Upstream, &str); 1] = [(Upstream::Cohere, "filter")];
/// Statuses with which providers refuse.
pub(crate) const REFUSALS: [u16; 5] = [400, 401, 429, 500, 529];

/// The client's request.
pub(crate) fn request(dialect: &str, case: &str) -> Option<String> {
    read(dialect, &format!("{case}.request.json"))
}

/// The provider's whole answer.
pub(crate) fn answer(upstream: Upstream, case: &str) -> Option<String> {
    read(upstream.word(), &format!("{case}.answer.json"))
}

/// The provider's stream: events as text, which for Bedrock are yet to be framed.
pub(crate) fn stream(upstream: Upstream, case: &str) -> Option<String> {
    read(upstream.word(), &format!("{case}.stream.txt"))
}

fn read(dialect: &str, file: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    fs::read_to_string(folder.join(dialect).join(file)).ok()
}
