//! Anthropic's events, as its SDKs put them together: blocks open and close in order.

use serde_json::{Value, json};

use super::{Event, Said, arguments, text};

pub(super) fn read(events: &[Event<'_>]) -> Said {
    let mut said = Said::default();
    let events: Vec<Value> = events.iter().map(Event::named_json).filter(|event| event["type"] != "ping").collect();
    let [start, blocks @ .., end, stop] = &*events else { panic!("a stream has a start and an end") };
    check_start(start);
    assert_eq!("message_delta", end["type"]);
    assert!(end["delta"]["stop_reason"].is_string(), "{end}");
    assert!(end["usage"]["output_tokens"].is_u64(), "{end}");
    assert_eq!("message_stop", stop["type"]);
    let mut n_blocks = 0;
    let mut open: Option<Block> = None;
    for event in blocks {
        assert_eq!(n_blocks, event["index"], "blocks come one after the other: {event}");
        match (text(&event["type"]), &mut open) {
            ("content_block_start", None) => open = Some(Block::open(&event["content_block"])),
            ("content_block_delta", Some(block)) => block.push(&event["delta"]),
            ("content_block_stop", Some(block)) => {
                block.close(&mut said);
                open = None;
                n_blocks += 1;
            }
            _ => panic!("out of order: {event}"),
        }
    }
    assert!(open.is_none(), "every block is closed");
    said
}

fn check_start(event: &Value) {
    assert_eq!("message_start", event["type"]);
    let message = &event["message"];
    assert_eq!(
        (&json!("message"), &json!("assistant"), &json!([])),
        (&message["type"], &message["role"], &message["content"])
    );
    assert!(message["id"].is_string() && message["model"].is_string(), "{message}");
    assert!(message["stop_reason"].is_null() && message["stop_sequence"].is_null(), "{message}");
    assert!(message["usage"]["input_tokens"].is_u64() && message["usage"]["output_tokens"].is_u64(), "{message}");
}

struct Block {
    kind: String,
    name: String,
    content: String,
    n_signatures: u32,
}

impl Block {
    fn open(block: &Value) -> Self {
        let kind = text(&block["type"]).to_owned();
        let content = match &*kind {
            "text" => text(&block["text"]),
            "thinking" => text(&block["thinking"]),
            "redacted_thinking" => text(&block["data"]),
            "tool_use" => {
                assert!(!text(&block["id"]).is_empty(), "{block}");
                assert_eq!(json!({}), block["input"], "arguments come as deltas");
                ""
            }
            _ => panic!("no such block: {block}"),
        };
        Self {
            content: content.to_owned(),
            name: block["name"].as_str().unwrap_or_default().to_owned(),
            kind,
            n_signatures: 0,
        }
    }

    fn push(&mut self, delta: &Value) {
        let piece = match (&*self.kind, text(&delta["type"])) {
            ("text", "text_delta") => &delta["text"],
            ("thinking", "thinking_delta") => &delta["thinking"],
            ("tool_use", "input_json_delta") => &delta["partial_json"],
            ("thinking", "signature_delta") => {
                self.n_signatures += 1;
                assert!(!text(&delta["signature"]).is_empty());
                return;
            }
            (kind, _) => panic!("a block of {kind} takes no such delta: {delta}"),
        };
        assert_eq!(0, self.n_signatures, "a signature ends its thought");
        self.content.push_str(text(piece));
    }

    fn close(&mut self, said: &mut Said) {
        let content = std::mem::take(&mut self.content);
        match &*self.kind {
            "text" => said.text.push_str(&content),
            "thinking" => said.thoughts.push_str(&content),
            "tool_use" => {
                // As the SDKs have it, no piece at all is an empty object.
                let arguments = if content.is_empty() { json!({}) } else { arguments(&content) };
                said.calls.push((std::mem::take(&mut self.name), arguments));
            }
            _ => {}
        }
    }
}
