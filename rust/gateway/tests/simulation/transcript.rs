//! What a run came to, and how a test reads it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tiercel_gateway::{Moment, Reply, Ticket};

use crate::world::{NAMES, World};

/// Everything that left the gateway.
pub(crate) struct Seen {
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
    /// Which origin was asked, when, and whether only a new connection would do.
    pub(crate) asked: Vec<(&'static str, Duration, bool)>,
    /// What each of them got, in the same order.
    pub(crate) to_upstream: Vec<Vec<u8>>,
    /// The head of a stream, and how many had been asked when it came.
    pub(crate) head: Option<Reply>,
    pub(crate) body: Vec<u8>,
    pub(crate) reply: Option<Reply>,
    pub(crate) is_over: bool,
    pub(crate) has_left: bool,
    /// What models were asked of the request itself, and what the log says of it.
    pub(crate) asides: Vec<(Vec<u8>, Vec<Value>)>,
    /// The line of the access log.
    pub(crate) line: Value,
}

impl Seen {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            began: now,
            ended: now,
            asked: Vec::new(),
            to_upstream: Vec::new(),
            head: None,
            body: Vec::new(),
            reply: None,
            is_over: false,
            has_left: false,
            asides: Vec::new(),
            line: Value::Null,
        }
    }

    pub(crate) fn asked(&mut self, ticket: &Ticket, now: Moment) {
        assert!(self.head.is_none(), "another attempt after the client has got something");
        self.asked.push((NAMES[ticket.origin], now.since(self.began), ticket.is_fresh));
        self.to_upstream.push(Vec::new());
        self.is_over = false;
    }

    /// A call leaves one line and no permit.
    pub(crate) fn settled(&mut self, world: &World) {
        let mut log = world.log();
        assert_eq!(1, log.len(), "lines in the access log");
        self.line = log.remove(0);
        assert_eq!(0, world.n_in_flight());
    }

    /// The client's answer: the stream's head, or the whole.
    pub(crate) fn answer(&self) -> Option<&Reply> {
        self.head.as_ref().or(self.reply.as_ref())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.answer()?, name)
    }

    /// Who was asked, and the answer without its body: `one, one anew, two: 200 (one: connect, two: answered)`.
    pub(crate) fn outline(&self) -> String {
        let asked = self.asked.iter().map(|(name, _, is_fresh)| [*name, if *is_fresh { " anew" } else { "" }].concat());
        let asked = asked.collect::<Vec<_>>().join(", ");
        let status = self.answer().map_or(0, |answer| answer.status);
        let attempts = self.header("x-tiercel-attempts").unwrap_or("nothing").replace("/small", "");
        format!("{asked}: {status} ({attempts})")
    }

    /// The error that the client gets, in its body or at the end of its stream.
    pub(crate) fn error(&self) -> Value {
        let body = self.reply.as_ref().map_or(&self.body, |reply| &reply.body);
        let last = std::str::from_utf8(body).unwrap().trim_end().lines().next_back().unwrap_or_default();
        serde_json::from_str::<Value>(last.trim_start_matches("data: ")).unwrap()["error"].clone()
    }
}

pub(crate) fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, after, is_fresh) in &self.asked {
            let fresh = if *is_fresh { " anew" } else { "" };
            writeln!(f, "ask {name}{fresh} at {} ms", after.as_millis())?;
        }
        match self.answer() {
            None => writeln!(f, "no answer")?,
            Some(reply) => {
                write!(f, "answer {}", reply.status)?;
                for name in ["retry-after", "x-should-retry"] {
                    if let Some(value) = header(reply, name) {
                        write!(f, ", {name} {value}")?;
                    }
                }
                writeln!(f)?;
                f.write_str(&String::from_utf8_lossy(&reply.body))?;
                f.write_str(String::from_utf8_lossy(&self.body).trim_end_matches('\n'))?;
                writeln!(f)?;
            }
        }
        let line = &self.line;
        let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        write!(f, "log {} {}", line["status"], text("outcome"))?;
        if let Some(kind) = line["error_kind"].as_str() {
            write!(f, " {kind}")?;
        }
        for attempt in line["attempts"].as_array().into_iter().flatten() {
            let milliseconds = attempt["duration_us"].as_u64().unwrap_or_default() / 1_000;
            write!(
                f,
                ", {} {}",
                attempt["deployment"].as_str().unwrap_or("-"),
                attempt["outcome"].as_str().unwrap_or("-")
            )?;
            write!(f, " {milliseconds} ms")?;
        }
        let usage = &line["usage"];
        let estimated = if usage["is_estimated"] == true { " estimated" } else { "" };
        write!(f, "; {} + {} tokens{estimated}", usage["input"], usage["output"])?;
        match line["cost_nano_dollars"].as_u64() {
            Some(cost) => writeln!(f, ", {cost} n$"),
            None => writeln!(f, ", no price"),
        }
    }
}
