//! What a request says, as far as it matters to which model gets it.
//!
//! # Why not the form of `chat`
//! Every request for a route is read so, whether or not its dialect is translated. The form costs an allocation a part
//! and refuses what is odd, which for a request that goes on as it came is the provider's to do. Here the body is gone
//! through once more, texts stay where they are, and what cannot be read counts as nothing.
//!
//! # Why turns and not messages
//! What one side says between two words of the other is one message in Anthropic's and Gemini's dialects, and as many as
//! the client likes in OpenAI's; a tool's result is a part of a message there and a message here. So that one rule, and
//! one learned weight, means the same to all clients, what follows one another on one side is counted once.

mod opening;
mod part;
mod read;
mod settings;

use std::borrow::Cow;
use std::ops::Range;

use crate::endpoint::Task;
use crate::json::Cursor;
use crate::{Client, Endpoint, Request};
use read::Reader;

/// What a request says. Empty for embeddings and for what only counts tokens.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Outline<'a> {
    /// The user's last turn: its texts, joined by line feeds. Results of tools are none.
    pub text: Cow<'a, str>,
    /// Where the last of these texts stands in the body, between its quotes.
    pub last_text: Option<Range<usize>>,
    /// The user's turn before that.
    pub previous: Option<Cow<'a, str>>,
    /// Tells conversations apart: a hash of the instructions and the user's first turn, as the client spells them. Stays
    /// the same while the conversation goes on. Not made against those who look for two that are equal.
    pub opening: u64,
    /// Bytes of all texts, instructions, calls and results of tools included, thoughts and declarations of tools not.
    pub n_text_bytes: usize,
    /// Changes of sides, and one: messages, where those of one side that follow one another are one, and instructions
    /// and empty ones are none.
    pub n_messages: u32,
    /// Turns of the user that have text.
    pub n_turns: u32,
    /// Images, in results of tools too.
    pub n_images: u32,
    /// Tools that the model may call.
    pub n_tools: u32,
    /// What the answer is to be.
    pub response_format: ResponseFormat,
    /// Whether the model has called a tool and not yet spoken since.
    pub is_in_tool_loop: bool,
    /// The client's bound on what is written.
    pub max_output_tokens: Option<u64>,
    /// Whether there is sound, film or a document.
    pub has_audio_or_files: bool,
    /// The client's own notes, those that are strings: at most 16, as OpenAI has it.
    pub metadata: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// What the client says the conversation, or else its user, is called.
    pub session: Option<Cow<'a, str>>,
    /// Marks of what the provider is to keep in its prompt cache.
    pub n_cache_marks: u32,
}

/// What the text of an answer is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ResponseFormat {
    /// Anything.
    #[default]
    Text,
    /// JSON.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema,
}

impl Request {
    /// What it says.
    pub fn outline(&self) -> Outline<'_> {
        if self.endpoint.task() != Task::Generate {
            return Outline::default();
        }
        let mut reader = Reader::default();
        // The scan has checked the body's syntax; where the rest is not of the dialect, the provider says so better.
        let _ = match (self.endpoint, self.endpoint.client()) {
            (Endpoint::Completions, _) => self.read(&["prompt"], |cursor| reader.prompt(cursor)),
            (_, Client::OpenAi) => self.read(&["messages"], |cursor| reader.turns(cursor)),
            (_, Client::Responses) => self
                .read(&["instructions"], |cursor| reader.instructions(cursor))
                .and_then(|()| self.read(&["input"], |cursor| reader.turns(cursor))),
            (_, Client::Anthropic) => self
                .read(&["system"], |cursor| reader.instructions(cursor))
                .and_then(|()| self.read(&["messages"], |cursor| reader.turns(cursor))),
            (_, Client::Gemini) => self
                .read(&["systemInstruction", "system_instruction"], |cursor| reader.instructions(cursor))
                .and_then(|()| self.read(&["contents"], |cursor| reader.turns(cursor))),
        }
        .and_then(|()| self.read(&["tools", "functions"], |cursor| reader.tools(cursor)));
        let mut outline = reader.end();
        settings::read(self, &mut outline);
        outline
    }

    /// Hands the values of those of the fields `names` that are there to `read`.
    fn read<'a, E>(&'a self, names: &[&str], mut read: impl FnMut(&mut Cursor<'a>) -> Result<(), E>) -> Result<(), E> {
        let spans = names.iter().filter_map(|name| self.members.value(name));
        spans.into_iter().try_for_each(|span| read(&mut Cursor::at(&self.body, span.start)))
    }
}

#[cfg(test)]
mod tests;
