//! Gemini's partial answers, as its SDKs hand them on.

use super::{Event, Said, text};

pub(super) fn read(events: &[Event<'_>]) -> Said {
    let mut said = Said::default();
    let mut is_finished = false;
    let mut has_usage = false;
    for event in events {
        assert_eq!("", event.name, "its Python SDK takes any line for JSON");
        let answer = event.json();
        has_usage |= answer["usageMetadata"].is_object();
        let candidates = answer["candidates"].as_array();
        // The first one has no index.
        for candidate in candidates
            .into_iter()
            .flatten()
            .filter(|candidate| candidate["index"].as_u64().is_none_or(|index| index == 0))
        {
            assert!(!is_finished, "nothing follows the end of a candidate");
            is_finished = candidate["finishReason"].is_string();
            for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                let is_thought = part["thought"] == true;
                if let Some(text) = part["text"].as_str() {
                    if is_thought { said.thoughts.push_str(text) } else { said.text.push_str(text) }
                }
                if part["functionCall"].is_object() {
                    let call = &part["functionCall"];
                    assert!(call["args"].is_object(), "{call}");
                    said.calls.push((text(&call["name"]).to_owned(), call["args"].clone()));
                }
            }
        }
    }
    assert!(is_finished, "there is an end");
    assert!(has_usage, "usage is told without asking");
    said
}
