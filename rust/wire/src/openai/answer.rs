//! An answer that came whole.

use super::choice::Choice;
use super::usage;
use crate::json::{Cursor, Fault, Shape, Text};
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{Endpoint, Usage};

/// What the gateway needs to know of an answer, whose bytes go to the client as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    usage: Option<Usage>,
    finish_reason: Option<String>,
    is_finished: bool,
    n_content_bytes: u64,
}

impl Answer {
    /// Reads the body of an answer.
    ///
    /// # Errors
    /// `AnswerError::Malformed` for what is not the JSON that `endpoint` gives, `AnswerError::Upstream` for an error that
    /// came with a status of success.
    pub fn read(endpoint: Endpoint, body: &[u8]) -> Result<Self, AnswerError> {
        let text = std::str::from_utf8(body).map_err(|_| AnswerError::Malformed)?;
        let mut reading = Reading::default();
        let result = reading.read(endpoint, text);
        if reading.is_error {
            let error = UpstreamError::read(body).unwrap_or_default();
            return Err(AnswerError::Upstream(error));
        }
        if result.is_err() || !reading.has_results {
            return Err(AnswerError::Malformed);
        }
        Ok(reading.answer)
    }

    /// What the upstream says it used, if it says so.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Why the first choice ended.
    pub fn finish_reason(&self) -> Option<&str> {
        self.finish_reason.as_deref()
    }

    /// Whether every choice says why it ended. Embeddings have none, and are finished.
    pub fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Bytes of text that the model wrote, thoughts and calls included: for an estimate where usage is absent.
    pub fn n_content_bytes(&self) -> u64 {
        self.n_content_bytes
    }
}

/// An answer half read.
#[derive(Default)]
struct Reading {
    answer: Answer,
    has_results: bool,
    is_error: bool,
}

impl Reading {
    fn read(&mut self, endpoint: Endpoint, text: &str) -> Result<(), Fault> {
        self.answer.is_finished = true;
        let mut cursor = Cursor::new(text);
        cursor.object(|cursor, key| match (&*key.name(), endpoint) {
            ("choices", Endpoint::ChatCompletions | Endpoint::Completions) => {
                self.has_results = true;
                cursor.array(|cursor| self.read_choice(cursor))
            }
            ("data", Endpoint::Embeddings) => {
                self.has_results = true;
                cursor.array(|cursor| cursor.skip().map(drop))
            }
            ("usage", _) => {
                self.answer.usage = usage::read(cursor)?;
                Ok(())
            }
            ("error", _) => {
                self.is_error |= cursor.shape()? != Shape::Null;
                cursor.skip().map(drop)
            }
            _ => cursor.skip().map(drop),
        })?;
        cursor.end()
    }

    fn read_choice(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let choice = Choice::read(cursor)?;
        self.answer.is_finished &= choice.finish_reason.is_some();
        self.answer.n_content_bytes += choice.n_content_bytes;
        if choice.index == 0 {
            self.answer.finish_reason = choice.finish_reason.map(Text::name).map(String::from);
        }
        Ok(())
    }
}
