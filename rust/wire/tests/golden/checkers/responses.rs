//! Events of responses, as OpenAI's SDKs put them together: items begin in order and may run side by side, their parts
//! follow one another, each close repeats what was said, and so does the last event.

use serde_json::Value;

use super::{Event, Said, arguments, text};

pub(super) fn read(events: &[Event<'_>]) -> Said {
    let events: Vec<Value> = events.iter().map(Event::named_json).collect();
    for (number, event) in (0..).zip(&events) {
        assert_eq!(number, event["sequence_number"].as_u64().unwrap(), "numbers rise by one: {event}");
    }
    let [created, in_progress, rest @ .., end] = &*events else { panic!("a stream has a start and an end") };
    assert_eq!("response.created", created["type"]);
    assert_eq!("response.in_progress", in_progress["type"]);
    assert_eq!("in_progress", created["response"]["status"]);
    assert_eq!(created["response"]["id"], end["response"]["id"], "one id throughout");
    match text(&end["type"]) {
        "response.completed" => assert_eq!("completed", end["response"]["status"]),
        "response.incomplete" => assert!(end["response"]["incomplete_details"]["reason"].is_string(), "{end}"),
        _ => panic!("no such end: {end}"),
    }
    let mut items: Vec<Item> = Vec::new();
    for event in rest {
        let index = usize::try_from(event["output_index"].as_u64().unwrap()).unwrap();
        match (text(&event["type"]), items.get_mut(index)) {
            ("response.output_item.added", None) => {
                assert_eq!(items.len(), index, "items begin in order: {event}");
                items.push(Item::open(&event["item"]));
            }
            ("response.output_item.done", Some(item)) => item.close(&event["item"]),
            (_, Some(item)) => item.take(event),
            _ => panic!("out of order: {event}"),
        }
    }
    let items: Vec<Value> = items.into_iter().map(|item| item.closed.expect("every item is closed")).collect();
    assert_eq!(end["response"]["output"], Value::from(items), "the last event has all items");
    said(&end["response"])
}

/// What a whole response says.
fn said(response: &Value) -> Said {
    let mut said = Said::default();
    for item in response["output"].as_array().unwrap() {
        match text(&item["type"]) {
            "message" => parts(item, "content").for_each(|(_, text)| said.text.push_str(&text)),
            "reasoning" => ["summary", "content"]
                .into_iter()
                .flat_map(|list| parts(item, list))
                .for_each(|(_, text)| said.thoughts.push_str(&text)),
            "function_call" => {
                said.calls.push((text(&item["name"]).to_owned(), arguments(text(&item["arguments"]))));
            }
            other => panic!("no such item: {other}"),
        }
    }
    said
}

/// Type and text of each part of an item's list.
fn parts(item: &Value, list: &str) -> impl Iterator<Item = (String, String)> {
    item[list].as_array().into_iter().flatten().map(|part| {
        let content = if part["type"] == "refusal" { &part["refusal"] } else { &part["text"] };
        (text(&part["type"]).to_owned(), text(content).to_owned())
    })
}

struct Item {
    id: String,
    /// Type and text of each part.
    parts: Vec<(String, String)>,
    is_part_open: bool,
    arguments: String,
    /// As its last event has it.
    closed: Option<Value>,
}

impl Item {
    fn open(item: &Value) -> Self {
        let id = text(&item["id"]).to_owned();
        for list in ["content", "summary"] {
            assert!(item[list].as_array().is_none_or(Vec::is_empty), "parts come as events: {item}");
        }
        if item["type"] == "function_call" {
            assert!(!text(&item["call_id"]).is_empty() && !text(&item["name"]).is_empty(), "{item}");
        }
        Self { id, parts: Vec::new(), is_part_open: false, arguments: String::new(), closed: None }
    }

    fn take(&mut self, event: &Value) {
        assert_eq!((&*self.id, None), (text(&event["item_id"]), self.closed.as_ref()), "{event}");
        let kind = text(&event["type"]).strip_prefix("response.").unwrap();
        match kind {
            "function_call_arguments.delta" => self.arguments.push_str(text(&event["delta"])),
            "function_call_arguments.done" => assert_eq!(self.arguments, event["arguments"], "{event}"),
            "content_part.added" | "reasoning_summary_part.added" => {
                assert!(!self.is_part_open, "{event}");
                self.is_part_open = true;
                self.parts.push((text(&event["part"]["type"]).to_owned(), String::new()));
                self.check_part(event);
            }
            "content_part.done" | "reasoning_summary_part.done" => {
                self.check_part(event);
                let part = &event["part"];
                let content = if part["type"] == "refusal" { &part["refusal"] } else { &part["text"] };
                assert_eq!(self.parts.last().unwrap().1, *content, "{event}");
                self.is_part_open = false;
            }
            "output_text.delta" | "refusal.delta" | "reasoning_summary_text.delta" | "reasoning_text.delta" => {
                self.check_part(event);
                self.parts.last_mut().unwrap().1.push_str(text(&event["delta"]));
            }
            "output_text.done" | "reasoning_summary_text.done" | "reasoning_text.done" => {
                self.check_part(event);
                assert_eq!(self.parts.last().unwrap().1, event["text"], "{event}");
            }
            "refusal.done" => {
                self.check_part(event);
                assert_eq!(self.parts.last().unwrap().1, event["refusal"], "{event}");
            }
            _ => panic!("no such event: {event}"),
        }
    }

    /// The event is about the part that is open.
    fn check_part(&self, event: &Value) {
        assert!(self.is_part_open, "{event}");
        let index = event["content_index"].as_u64().or(event["summary_index"].as_u64()).unwrap();
        assert_eq!(self.parts.len() as u64 - 1, index, "{event}");
    }

    fn close(&mut self, item: &Value) {
        assert!(!self.is_part_open && self.closed.is_none(), "every part is closed, and the item once: {item}");
        assert_eq!(self.id, item["id"], "{item}");
        let said: Vec<_> = ["summary", "content"].into_iter().flat_map(|list| parts(item, list)).collect();
        assert_eq!(self.parts, said, "{item}");
        assert_eq!(self.arguments, item["arguments"].as_str().unwrap_or_default(), "{item}");
        self.closed = Some(item.clone());
    }
}
