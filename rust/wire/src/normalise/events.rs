//! The same for the events of a stream, before they are written in the client's dialect.

use std::collections::BTreeMap;

use super::Trimmer;
use crate::ResponseFormat;
use crate::chat::Event;
use crate::stream::WriteEvents;

/// Choices that are trimmed. A request can ask for 128.
const MAX_CHOICES: usize = 128;

/// Hands events on to another writer, with the texts of each choice trimmed.
pub(crate) struct TrimmingWriter {
    writer: Box<dyn WriteEvents>,
    format: ResponseFormat,
    choices: BTreeMap<u32, Trimmer>,
}

impl TrimmingWriter {
    pub(crate) fn new(writer: Box<dyn WriteEvents>, format: ResponseFormat) -> Self {
        Self { writer, format, choices: BTreeMap::new() }
    }

    fn trimmer(&mut self, choice: u32) -> Option<&mut Trimmer> {
        if self.choices.len() >= MAX_CHOICES && !self.choices.contains_key(&choice) {
            return None;
        }
        Some(self.choices.entry(choice).or_insert_with(|| Trimmer::new(self.format)))
    }

    /// Writes what is held of a choice whose text is at its end.
    fn release(&mut self, choice: u32, output: &mut Vec<u8>) {
        let held = self.trimmer(choice).map(Trimmer::finish).unwrap_or_default();
        if !held.is_empty() {
            self.writer.write(&Event::Text { choice, text: &held }, output);
        }
    }
}

impl WriteEvents for TrimmingWriter {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        match event {
            Event::Text { choice, text } => {
                let passed = self.trimmer(*choice).map_or((*text).into(), |trimmer| trimmer.push(text));
                if !passed.is_empty() {
                    self.writer.write(&Event::Text { choice: *choice, text: &passed }, output);
                }
                return;
            }
            // A thought before the text is not its end.
            Event::Thought { choice, .. }
            | Event::ThoughtSignature { choice, .. }
            | Event::RedactedThought { choice, .. } => {
                if self.choices.contains_key(choice) {
                    self.release(*choice, output);
                }
            }
            Event::Start { .. } | Event::Usage(_) | Event::End => {}
            // Probabilities are those of the text as the model wrote it.
            Event::Logprobs { choice, .. }
            | Event::Refusal { choice, .. }
            | Event::CallStart { choice, .. }
            | Event::CallArguments { choice, .. }
            | Event::Finish { choice, .. } => self.release(*choice, output),
        }
        self.writer.write(event, output);
    }
}
