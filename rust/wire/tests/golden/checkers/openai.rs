//! Chunks of chat completions, as OpenAI's SDKs put them together.

use serde_json::Value;

use super::{Event, Said, arguments, text};

/// A call's name and its arguments so far.
type Call = (String, String);

pub(super) fn read(events: &[Event<'_>]) -> Said {
    let mut said = Said::default();
    let mut calls: Vec<Call> = Vec::new();
    let mut id = None;
    let mut has_role = false;
    let mut finish = None;
    let mut has_usage = false;
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!("[DONE]", last.data, "the end");
    for event in chunks {
        assert_eq!("", event.name, "events have no names");
        assert!(!has_usage, "nothing follows the usage");
        let chunk = event.json();
        assert_eq!("chat.completion.chunk", chunk["object"]);
        assert!(chunk["created"].is_u64() && chunk["model"].is_string());
        assert_eq!(chunk["id"], *id.get_or_insert(chunk["id"].clone()), "one id throughout");
        let choices = chunk["choices"].as_array().unwrap();
        has_usage = choices.is_empty() && chunk["usage"].is_object();
        assert!(!choices.is_empty() || finish.is_some(), "usage follows the end of all choices");
        for choice in choices.iter().filter(|choice| choice["index"] == 0) {
            assert!(finish.is_none(), "nothing follows the end of a choice");
            let delta = &choice["delta"];
            assert_eq!(!has_role, delta["role"] == "assistant", "the first chunk has the role and no other");
            has_role = true;
            said.text.push_str(delta["content"].as_str().unwrap_or_default());
            // DeepSeek's name, or else OpenRouter's.
            let thought = delta["reasoning_content"].as_str().or(delta["reasoning"].as_str());
            said.thoughts.push_str(thought.unwrap_or_default());
            said.text.push_str(delta["refusal"].as_str().unwrap_or_default());
            delta["tool_calls"].as_array().into_iter().flatten().for_each(|call| read_call(call, &mut calls));
            finish = choice["finish_reason"].as_str().map(str::to_owned);
        }
    }
    let finish = finish.expect("there is an end");
    assert!(["stop", "length", "tool_calls", "content_filter"].contains(&&*finish), "{finish}");
    said.calls = calls.into_iter().map(|(name, json)| (name, arguments(&json))).collect();
    said
}

fn read_call(call: &Value, calls: &mut Vec<Call>) {
    let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
    assert!(index <= calls.len(), "calls begin in order");
    let function = &call["function"];
    if index == calls.len() {
        assert!(!text(&call["id"]).is_empty() && call["type"] == "function");
        calls.push((text(&function["name"]).to_owned(), String::new()));
    } else {
        assert!(call["id"].is_null() && function["name"].is_null(), "SDKs would append them");
    }
    calls[index].1.push_str(function["arguments"].as_str().unwrap_or_default());
}
