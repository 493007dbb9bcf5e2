//! The access log: one JSON object a line for every ended call, kept until somebody writes it out.
//!
//! A worker must not wait for a disk, nor fill its memory when the disk is slow. So lines collect in one buffer,
//! which is taken whole, and a line that does not fit is dropped and counted. The newest line is the one dropped: what
//! was logged stays logged, and a gap is one gap.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::settlement::Settlement;

/// Finished lines of one worker.
#[derive(Debug)]
pub struct AccessLog {
    max_bytes: usize,
    buffer: Mutex<Buffer>,
}

#[derive(Debug, Default)]
struct Buffer {
    max_lines: usize,
    lines: Vec<u8>,
    n_lines: usize,
    n_dropped: u64,
}

impl AccessLog {
    /// A log that holds at most so many lines, and at most so many bytes, between two drains.
    pub fn new(max_lines: usize, max_bytes: usize) -> Self {
        Self { max_bytes, buffer: Mutex::new(Buffer { max_lines, ..Buffer::default() }) }
    }

    /// Holds so many lines from now on.
    pub fn set_max_lines(&self, max_lines: usize) {
        self.lock().max_lines = max_lines;
    }

    /// Adds the line of one call, or counts it as dropped.
    pub fn push(&self, call: &Settlement<'_>) {
        let mut buffer = self.lock();
        let start = buffer.lines.len();
        let is_written = buffer.n_lines < buffer.max_lines && serde_json::to_writer(&mut buffer.lines, call).is_ok();
        buffer.lines.push(b'\n');
        if is_written && buffer.lines.len() <= self.max_bytes {
            buffer.n_lines += 1;
        } else {
            buffer.lines.truncate(start);
            buffer.n_dropped += 1;
        }
    }

    /// Every line since the last drain, each ended by a newline.
    pub fn drain(&self) -> Vec<u8> {
        let mut buffer = self.lock();
        buffer.n_lines = 0;
        mem::take(&mut buffer.lines)
    }

    /// How many lines were dropped since the worker started.
    pub fn n_dropped(&self) -> u64 {
        self.lock().n_dropped
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
