//! Gemini's partial answers, as its SDKs hand them on.

use serde_json::Value;

use super::{Event, Said, text};

pub(super) fn read(events: &[Event<'_>]) -> Said {
    let mut said = Said::default();
    let mut is_finished = false;
    let mut has_usage = false;
    for event in events {
        assert_eq!("", event.name, "its Python SDK takes any line for JSON");
        let answer = event.json();
        has_usage |= answer["usageMetadata"].is_object();
        let candidates = answer["candidates"].as_array().into_iter().flatten();
        // The first one may have no index.
        for candidate in candidates.filter(|candidate| candidate["index"].as_u64().unwrap_or_default() == 0) {
            assert!(!is_finished, "nothing follows the end of a candidate");
            is_finished = candidate["finishReason"].is_string();
            candidate["content"]["parts"].as_array().into_iter().flatten().for_each(|part| read_part(part, &mut said));
        }
    }
    assert!(is_finished, "there is an end");
    assert!(has_usage, "usage is told without asking");
    said
}

fn read_part(part: &Value, said: &mut Said) {
    let piece = part["text"].as_str().unwrap_or_default();
    let said_so_far = if part["thought"] == true { &mut said.thoughts } else { &mut said.text };
    said_so_far.push_str(piece);
    let call = &part["functionCall"];
    if call.is_object() {
        assert!(call["args"].is_object(), "{call}");
        said.calls.push((text(&call["name"]).to_owned(), call["args"].clone()));
    }
}
