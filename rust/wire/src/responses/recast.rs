//! A response in its other form. The last event of a stream has all of it, so it stays as it is in either direction, its
//! items' ids included; only what comes before that event is made.

use super::write_events::Events;
use crate::json::{Object, ObjectWriter, Value, on_one_line};
use crate::members::Members;
use crate::recast::Known::{Any, Array, Nothing, Text, Typed, Word};
use crate::recast::{self, Known};
use crate::request::{Edit, splice};

/// What there are events for here. Annotations, calls and what the provider's own tools did have others.
const OUTPUT: Known = Array(&Typed(&[
    (
        "message",
        &[
            ("id", Text),
            ("status", Any),
            ("role", Word(&["assistant"])),
            ("content", Array(&Typed(&[PARTS[0], PARTS[1]]))),
            ("phase", Any),
        ],
    ),
    (
        "reasoning",
        &[
            ("id", Text),
            ("status", Any),
            ("summary", Array(&Typed(&[PARTS[2]]))),
            ("content", Nothing),
            ("encrypted_content", Text),
        ],
    ),
]));

const PARTS: [(&str, &recast::Members); 3] = [
    ("output_text", &[("text", Text), ("annotations", Nothing), ("logprobs", Any)]),
    ("refusal", &[("refusal", Text)]),
    ("summary_text", &[("text", Text)]),
];

/// Ends of a response, and the events that tell of them.
const ENDS: [(&str, &str); 2] = [("completed", "response.completed"), ("incomplete", "response.incomplete")];

/// The stream that says what `body`, a whole response, says.
pub(crate) fn stream_of(body: &str) -> Option<Vec<u8>> {
    let body = on_one_line(body);
    let response = Object::parse(&body).ok()?;
    let items = response.get("output").filter(|output| OUTPUT.admits(*output))?.array()?;
    let status = response.string("status")?;
    let (_, end) = ENDS.into_iter().find(|(ended, _)| *ended == status)?;
    let begun = edited(
        &body,
        &["status", "output", "usage", "incomplete_details", "completed_at"],
        &["\"in_progress\"", "[]", "null", "null", "null"],
    )?;
    let mut stream = Stream { events: Events::default(), output: Vec::with_capacity(body.len() * 4) };
    for name in ["response.created", "response.in_progress"] {
        stream.write(name, |event| event.raw("response", &begun));
    }
    for (index, item) in (0..).zip(items) {
        stream.item(index, item)?;
    }
    stream.write(end, |event| event.raw("response", &body));
    Some(stream.output)
}

/// The whole response that `event`, the last of a stream, has.
pub(crate) fn whole_of(event: Value<'_>) -> Option<Vec<u8>> {
    let response = event.object()?.get("response")?;
    OUTPUT.admits(response.object()?.get("output")?).then(|| response.text().as_bytes().to_vec())
}

struct Stream {
    events: Events,
    output: Vec<u8>,
}

impl Stream {
    fn write(&mut self, name: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.events.write(name, &mut self.output, write);
    }

    /// Writes the events of the item at `index`.
    fn item(&mut self, index: u64, item: Value<'_>) -> Option<()> {
        let object = item.object()?;
        let id = object.string("id")?;
        let (list, parts, place) = match &*object.string("type")? {
            "message" => ("content", "response.content_part", "content_index"),
            _ => ("summary", "response.reasoning_summary_part", "summary_index"),
        };
        let opened = edited(item.text(), &["status", "content", "summary"], &["\"in_progress\"", "[]", "[]"])?;
        self.write("response.output_item.added", |event| {
            event.number("output_index", index);
            event.raw("item", &opened);
        });
        for (part_index, part) in (0..).zip(object.array(list)) {
            let write_place = |event: &mut ObjectWriter<'_>| {
                event.string("item_id", &id);
                event.number("output_index", index);
                event.number(place, part_index);
            };
            self.part(parts, part, write_place)?;
        }
        self.write("response.output_item.done", |event| {
            event.number("output_index", index);
            event.raw("item", item.text());
        });
        Some(())
    }

    /// Writes the events of a part, which `parts` names.
    fn part(&mut self, parts: &str, part: Value<'_>, place: impl Fn(&mut ObjectWriter<'_>)) -> Option<()> {
        let object = part.object()?;
        let (kind, key) = match &*object.string("type")? {
            "output_text" => ("response.output_text", "text"),
            "refusal" => ("response.refusal", "refusal"),
            _ => ("response.reasoning_summary_text", "text"),
        };
        let text = object.get(key)?.text();
        let logprobs = (kind == "response.output_text").then(|| object.get("logprobs").map_or("[]", Value::text));
        let opened = edited(part.text(), &["text", "refusal", "logprobs"], &["\"\"", "\"\"", "[]"])?;
        let steps = [(kind, "delta", "delta", text), (kind, "done", key, text)];
        self.write(&[parts, ".added"].concat(), |event| {
            place(event);
            event.raw("part", &opened);
        });
        for (kind, step, key, text) in steps {
            self.write(&[kind, ".", step].concat(), |event| {
                place(event);
                event.raw(key, text);
                event.optional_raw("logprobs", logprobs);
            });
        }
        self.write(&[parts, ".done"].concat(), |event| {
            place(event);
            event.raw("part", part.text());
        });
        Some(())
    }
}

/// The object `json` with other values for those of the members `names` that it has.
fn edited(json: &str, names: &'static [&'static str], values: &[&'static str]) -> Option<String> {
    let members = Members::read(json, names).ok()?;
    let edits = names
        .iter()
        .zip(values)
        .filter_map(|(name, value)| Some(Edit { span: members.value(name)?, text: (*value).into() }));
    let mut output = Vec::new();
    splice(json, edits.collect(), &mut output);
    String::from_utf8(output).ok()
}
