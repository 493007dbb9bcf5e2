//! One choice of an answer, or of a chunk of a stream: they differ only in `message` and `delta`.

use crate::json::{Cursor, Fault, Shape, Text};

/// What one choice says.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub(super) index: u32,
    /// Why the choice ends here. Some servers say `""` for "it does not", which is not kept.
    pub(super) finish_reason: Option<Text<'a>>,
    /// Whether there is more than a role: text, thoughts, a call, a refusal, sound.
    pub(super) has_content: bool,
    /// Bytes of text that a model wrote, whatever for.
    pub(super) n_content_bytes: u64,
}

impl<'a> Choice<'a> {
    /// Passes an element of `choices`.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut choice = Self::default();
        cursor.object(|cursor, key| match &*key.name() {
            "index" => choice.read_index(cursor),
            "finish_reason" => {
                choice.finish_reason = cursor.string_or_skip()?.filter(|reason| !reason.is_empty());
                Ok(())
            }
            "delta" | "message" => choice.read_message(cursor),
            "text" => choice.read_content(cursor),
            _ => cursor.skip().map(drop),
        })?;
        Ok(choice)
    }

    fn read_index(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let shape = cursor.shape()?;
        let offset = cursor.position();
        let text = cursor.skip()?;
        if shape != Shape::Null {
            self.index = text.parse().map_err(|_| Fault { offset, reason: "`index` must be a small integer" })?;
        }
        Ok(())
    }

    fn read_message(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        cursor.object_or_skip(|cursor, key| match &*key.name() {
            // The second and third are thoughts, as DeepSeek and OpenRouter name them.
            "content" | "reasoning_content" | "reasoning" | "refusal" | "tool_calls" | "function_call" => {
                self.read_content(cursor)
            }
            // Base64, and not of text.
            "audio" => {
                self.has_content |= cursor.shape()? != Shape::Null;
                cursor.skip().map(drop)
            }
            _ => cursor.skip().map(drop),
        })
    }

    /// Passes a text, an array of parts or calls, or a call.
    fn read_content(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        match cursor.shape()? {
            Shape::Null => cursor.skip().map(drop),
            Shape::Array => cursor.array(|cursor| {
                self.has_content = true;
                self.n_content_bytes += n_text_bytes(cursor)?;
                Ok(())
            }),
            Shape::Object => {
                self.has_content = true;
                self.n_content_bytes += n_text_bytes(cursor)?;
                Ok(())
            }
            _ => {
                let n_bytes = n_text_bytes(cursor)?;
                self.has_content |= n_bytes > 0;
                self.n_content_bytes += n_bytes;
                Ok(())
            }
        }
    }
}

/// Passes a value and counts the bytes of its strings, but for those that label it.
fn n_text_bytes(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let mut n_bytes = 0;
    match cursor.shape()? {
        Shape::String => n_bytes = cursor.string()?.n_bytes(),
        Shape::Array => cursor.array(|cursor| {
            n_bytes += n_text_bytes(cursor)?;
            Ok::<(), Fault>(())
        })?,
        Shape::Object => cursor.object(|cursor, key| {
            if matches!(&*key.name(), "id" | "type") {
                cursor.skip()?;
            } else {
                n_bytes += n_text_bytes(cursor)?;
            }
            Ok::<(), Fault>(())
        })?,
        _ => drop(cursor.skip()?),
    }
    Ok(n_bytes)
}
