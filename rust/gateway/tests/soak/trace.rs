//! What happened, for whoever has to find out why, and how often.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// Lines that are kept, the last ones.
const MAX_LINES: usize = 400;

#[derive(Default)]
pub(crate) struct Trace {
    lines: VecDeque<(Duration, String)>,
}

impl Trace {
    pub(crate) fn note(&mut self, now: Duration, line: String) {
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back((now, line));
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(at, line)| writeln!(f, "{:>9.3} s  {line}", at.as_secs_f64()))
    }
}

/// How much of what there was.
#[derive(Default)]
pub(crate) struct Tally {
    n_worlds: u64,
    pub(crate) time: Duration,
    counts: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, what: &'static str, which: &str) {
        *self.counts.entry((what, which.to_owned())).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.n_worlds += 1;
        self.time += other.time;
        for (what, n) in &other.counts {
            *self.counts.entry(what.clone()).or_default() += n;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} worlds, {:.1} hours in them", self.n_worlds, self.time.as_secs_f64() / 3_600.0)?;
        self.counts.iter().try_for_each(|((what, which), n)| writeln!(f, "{n:>10}  {what} {which}"))
    }
}
