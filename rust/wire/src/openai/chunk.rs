//! One event of a stream, read in one pass.

use super::choice::Choice;
use super::progress::Progress;
use super::usage;
use crate::Usage;
use crate::json::{Cursor, Fault, Shape};

/// What an event says.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) is_error: bool,
    /// Whether a choice has content or ends.
    pub(super) is_meaningful: bool,
    pub(super) n_content_bytes: u64,
    pub(super) usage: Option<Usage>,
    has_usage: bool,
    n_choices: u32,
}

impl Chunk {
    /// Reads the JSON of an event and notes its choices in `progress`.
    pub(super) fn read(text: &str, progress: &mut Progress) -> Result<Self, Fault> {
        let mut chunk = Self::default();
        let mut cursor = Cursor::new(text);
        cursor.object(|cursor, key| match &*key.name() {
            "choices" => cursor.array_or_skip(|cursor| chunk.read_choice(cursor, progress)),
            "usage" => {
                chunk.has_usage = cursor.shape()? == Shape::Object;
                chunk.usage = usage::read(cursor)?;
                Ok(())
            }
            "error" => {
                chunk.is_error |= cursor.shape()? != Shape::Null;
                cursor.skip().map(drop)
            }
            // Older vLLM has the members of an error at the top.
            "object" => {
                chunk.is_error |= cursor.string_or_skip()?.is_some_and(|object| object.name() == "error");
                Ok(())
            }
            _ => cursor.skip().map(drop),
        })?;
        cursor.end()?;
        Ok(chunk)
    }

    /// Whether this is the extra chunk that tells usage and nothing else.
    pub(super) fn is_only_usage(&self) -> bool {
        self.has_usage && self.n_choices == 0
    }

    fn read_choice(&mut self, cursor: &mut Cursor<'_>, progress: &mut Progress) -> Result<(), Fault> {
        let choice = Choice::read(cursor)?;
        let is_finished = choice.finish_reason.is_some();
        self.n_choices += 1;
        self.is_meaningful |= choice.has_content || is_finished;
        self.n_content_bytes += choice.n_content_bytes;
        progress.note(choice.index, is_finished);
        Ok(())
    }
}
