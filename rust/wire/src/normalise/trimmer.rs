//! The same for an answer that comes in pieces.

use std::borrow::Cow;

use super::preamble::{self, MAX_PREAMBLE};
use super::{fence, text};
use crate::ResponseFormat;

/// Takes off the text of a stream what says nothing. Holds back at most 120 bytes beside the piece that comes.
///
/// A fence goes only where the client asked for JSON: whether a text is JSON shows at its end. Where one was opened and
/// not closed, or more follows it, what comes is passed on as it is.
pub struct Trimmer {
    format: ResponseFormat,
    stage: Stage,
    held: String,
}

#[derive(Clone, Copy)]
enum Stage {
    /// A preamble may come.
    Preamble,
    /// A fence may come.
    Fence,
    /// A fence of so many backticks was taken off, and the line feeds behind it may go on.
    Opened(usize),
    /// Its end may come.
    Fenced(usize),
    Through,
}

impl Trimmer {
    /// For the answer to a client that asked for `format`.
    pub fn new(format: ResponseFormat) -> Self {
        Self { format, stage: Stage::Preamble, held: String::new() }
    }

    /// What can be passed on, now that `piece` has come.
    pub fn push<'p>(&mut self, piece: &'p str) -> Cow<'p, str> {
        if matches!(self.stage, Stage::Through) {
            return piece.into();
        }
        self.held.push_str(piece);
        loop {
            let next = match self.stage {
                Stage::Preamble => self.after_preamble(),
                Stage::Fence => self.after_fence(),
                Stage::Opened(n_ticks) => self.after_line_feeds(n_ticks),
                Stage::Fenced(_) => return self.held.drain(..fenced_end(&self.held)).collect::<String>().into(),
                Stage::Through => return std::mem::take(&mut self.held).into(),
            };
            match next {
                Some(next) => self.stage = next,
                None => return "".into(),
            }
        }
    }

    /// What is left to be passed on, now that no more comes; later pieces are passed on as they are.
    pub fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        match std::mem::replace(&mut self.stage, Stage::Through) {
            Stage::Preamble => text(&held, self.format).map(str::to_owned).unwrap_or(held),
            Stage::Fence => fence::inside(&held).map(str::to_owned).unwrap_or(held),
            Stage::Fenced(n_ticks) => {
                let fence = held.trim();
                let is_closed = held.trim_end_matches([' ', '\t']).contains('\n') && fence.len() == n_ticks;
                if is_closed && fence.bytes().all(|byte| byte == b'`') { String::new() } else { held }
            }
            Stage::Opened(_) | Stage::Through => held,
        }
    }

    fn after_preamble(&mut self) -> Option<Stage> {
        let found = preamble::read(&self.held);
        if !found.is_settled {
            return None;
        }
        self.held.drain(..found.n_bytes);
        Some(if self.format == ResponseFormat::Text { Stage::Through } else { Stage::Fence })
    }

    fn after_fence(&mut self) -> Option<Stage> {
        let text = self.held.trim_start();
        if let Some((line, rest)) = text.split_once('\n') {
            let Some(n_ticks) = fence::opening(line) else { return Some(Stage::Through) };
            self.held.drain(..self.held.len() - rest.len());
            return Some(Stage::Opened(n_ticks));
        }
        let may_open = "```".starts_with(text) || text.starts_with("```");
        (!may_open || self.held.len() > MAX_PREAMBLE).then_some(Stage::Through)
    }

    fn after_line_feeds(&mut self, n_ticks: usize) -> Option<Stage> {
        let n_space = self.held.len() - self.held.trim_start().len();
        self.held.drain(..n_space);
        (!self.held.is_empty()).then_some(Stage::Fenced(n_ticks))
    }
}

/// Where what may be a fence's end begins. What is longer than any is none.
fn fenced_end(held: &str) -> usize {
    let end = held.trim_end().trim_end_matches('`').trim_end().len();
    if held.len() - end > MAX_PREAMBLE { held.len() } else { end }
}
