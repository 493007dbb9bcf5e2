//! The parts of messages, of all dialects: Gemini's tell by their keys what they are, others by `type`.

use super::read::{Message, Reader};
use crate::json::{Cursor, Fault, Shape, Text};

impl<'a> Reader<'a> {
    /// Passes content: a text, or parts.
    pub(super) fn content(&mut self, cursor: &mut Cursor<'a>, message: &mut Message<'a>) -> Result<(), Fault> {
        match cursor.shape()? {
            Shape::String => self.text(cursor, message),
            Shape::Array => cursor.array(|cursor| self.part(cursor, message)),
            _ => cursor.skip().map(drop),
        }
    }

    fn text(&mut self, cursor: &mut Cursor<'a>, message: &mut Message<'a>) -> Result<(), Fault> {
        if let Some(text) = cursor.string_or_skip()?.filter(|text| !text.is_empty()) {
            self.n_text_bytes += text.n_bytes();
            self.texts.push(text);
            message.says_something = true;
        }
        Ok(())
    }

    fn part(&mut self, cursor: &mut Cursor<'a>, message: &mut Message<'a>) -> Result<(), Fault> {
        if cursor.shape()? == Shape::String {
            return self.text(cursor, message);
        }
        let (n_texts, n_text_bytes, said_something) = (self.texts.len(), self.n_text_bytes, message.says_something);
        let mut kind = None;
        let mut is_thought = false;
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "type" => kind = cursor.string_or_skip()?,
                "text" | "refusal" => self.text(cursor, message)?,
                "thought" => is_thought = cursor.skip()? == "true",
                // A result's.
                "content" => self.content(cursor, message)?,
                // A call's.
                "input" => self.count(cursor)?,
                "source" => self.source(cursor)?,
                "cache_control" => self.cache_mark(cursor)?,
                "functionCall" | "function_call" => {
                    message.has_call = true;
                    self.member(cursor, "args")?;
                }
                "functionResponse" | "function_response" => {
                    message.has_result = true;
                    self.result(cursor, message)?;
                }
                "inlineData" | "inline_data" | "fileData" | "file_data" => {
                    message.says_something = true;
                    self.media(cursor)?;
                }
                _ => drop(cursor.skip()?),
            }
            Ok::<_, Fault>(())
        })?;
        let is_known = match kind.map(Text::name).as_deref() {
            None | Some("text" | "input_text" | "output_text" | "refusal") if !is_thought => return Ok(()),
            Some("image" | "image_url" | "input_image") => {
                self.outline.n_images += 1;
                true
            }
            Some(
                "input_audio" | "audio" | "audio_url" | "file" | "input_file" | "document" | "video_url"
                | "input_video",
            ) => {
                self.outline.has_audio_or_files = true;
                true
            }
            Some("tool_use") => {
                message.has_call = true;
                true
            }
            Some("tool_result") => {
                message.has_result = true;
                true
            }
            Some("search_result") => true,
            _ => false,
        };
        self.texts.truncate(n_texts);
        if is_known {
            message.says_something = true;
        } else {
            // A thought, or something that is newer than this code.
            self.n_text_bytes = n_text_bytes;
            message.says_something = said_something;
        }
        Ok(())
    }

    /// Passes an object and counts what its member `name` has.
    pub(super) fn member(&mut self, cursor: &mut Cursor<'a>, name: &str) -> Result<(), Fault> {
        cursor
            .object_or_skip(|cursor, key| if key.name() == name { self.count(cursor) } else { cursor.skip().map(drop) })
    }

    /// Passes Gemini's result of a tool.
    fn result(&mut self, cursor: &mut Cursor<'a>, message: &mut Message<'a>) -> Result<(), Fault> {
        let n_texts = self.texts.len();
        cursor.object_or_skip(|cursor, key| match &*key.name() {
            "response" => self.count(cursor),
            "parts" => self.content(cursor, message),
            _ => cursor.skip().map(drop),
        })?;
        self.texts.truncate(n_texts);
        Ok(())
    }

    /// Passes where Gemini's images, sounds and files are, told apart by their media types.
    fn media(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let mut is_image = false;
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "mimeType" | "mime_type" => {
                    is_image = cursor.string_or_skip()?.is_some_and(|kind| kind.name().starts_with("image/"));
                }
                _ => drop(cursor.skip()?),
            }
            Ok::<_, Fault>(())
        })?;
        self.outline.n_images += u32::from(is_image);
        self.outline.has_audio_or_files |= !is_image;
        Ok(())
    }

    /// Passes where Anthropic's images and documents are, some of which are text.
    fn source(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let (mut is_text, mut n_bytes) = (false, 0);
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "type" => is_text = cursor.string_or_skip()?.is_some_and(|kind| kind.name() == "text"),
                "data" => n_bytes = cursor.string_or_skip()?.map_or(0, Text::n_bytes),
                _ => drop(cursor.skip()?),
            }
            Ok::<_, Fault>(())
        })?;
        self.n_text_bytes += if is_text { n_bytes } else { 0 };
        Ok(())
    }
}
