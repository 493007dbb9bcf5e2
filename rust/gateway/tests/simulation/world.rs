//! A gateway with its clock and its connections, and a client that asks it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tiercel_core::config::{Config, Overrides};
use tiercel_core::secrets::{Environment, SecretFile};
use tiercel_gateway::{Call, Connection, Failure, Gateway, Incoming, Moment, Next, Step, Ticket, Wait};
use tiercel_upstream::tls::{TimeProvider, UnixTime};

use crate::transcript::Seen;
use crate::upstream::{Act, Script};

const CONFIG: &str = r#"
[server]
max_in_flight = 2

[[keys]]
name = "shop"
tenant = "acme"
key = { env = "SHOP" }
models = ["all", "auto", "pair", "mixed", "cheap", "dear", "one/*", "safe/*", "claude/*", "gemini/*", "bedrock/*", "vertex/*"]

[providers.one]
base_url = "http://one.test/v1"
keys = [{ env = "OWN" }]
max_answer = "10KB"

[providers.two]
base_url = "http://two.test/v1"
keys = [{ env = "OWN" }]

[providers.three]
base_url = "http://three.test"
keys = [{ env = "OWN" }]
stream_usage = false

[providers.four]
base_url = "http://four.test"
keys = [{ env = "OWN" }]

[providers.safe]
base_url = "https://safe.test/v1"

[providers.claude]
dialect = "anthropic"
base_url = "http://claude.test"
keys = [{ env = "OWN" }]

[providers.gemini]
base_url = "http://gemini.test"
keys = [{ env = "OWN" }]

[providers.bedrock]
base_url = "http://bedrock.test"
parameters = { region = "eu-west-1" }
keys = [{ env = "OWN", access_key_id = { env = "ID" } }]

[providers.vertex]
base_url = "http://vertex.test"
parameters = { project = "acme", location = "eu" }
keys = [{ file = "account.json" }]

[failover]
balance = "order"

# Each differs from the others, so that it shows which one it was.
[timeouts]
connect = "1s"
tls = "2s"
head = "3s"
between_tokens = "4s"
first_token = "5s"
answer = "6s"
total = "10s"

[tiers]
all = ["one/small", "two/small", "three/small", "four/small"]
pair = ["two/small", "three/small"]
mixed = ["claude/small", "one/small"]

[routes.auto]
tiers = ["all"]
default = "all"

[prices]
"one/small" = { input = 1, output = 2 }
"two/small" = { input = 10, output = 20 }
"#;

/// The origins, in the order of the configuration.
pub(crate) const NAMES: [&str; 10] =
    ["one", "two", "three", "four", "safe", "claude", "gemini", "bedrock", "vertex", "token"];
/// What the longest call may take: all in all, and a connection that is still being made when that is over.
pub(crate) const LONGEST: Duration = Duration::from_secs(11);
/// The first of November 2026.
const START: Duration = Duration::from_secs(1_793_491_200);

pub(crate) struct World {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) now: Moment,
    idle: Vec<(usize, Connection)>,
    /// When the current attempt's timer goes off.
    timer: Duration,
}

/// What a client sends.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn chat(model: &str) -> Self {
        Self {
            method: "POST",
            path: "/v1/chat/completions",
            headers: vec![("host", "localhost"), ("authorization", "Bearer sk-shop")],
            body: format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hi"}}]}}"#),
        }
    }

    pub(crate) fn stream(model: &str) -> Self {
        Self::chat(model).with(r#""stream":true"#)
    }

    /// The same with one more member.
    pub(crate) fn with(mut self, member: &str) -> Self {
        self.body.pop();
        self.body = format!("{},{member}}}", self.body);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let time: Arc<dyn TimeProvider> = Arc::new(Standstill);
        let gateway = Gateway::new(&config("", ""), &Keys("tiercel@acme.test"), &time, 7).unwrap();
        Self::with(gateway, Moment { monotonic: Duration::ZERO, unix: START })
    }

    /// What takes this one's place when `old` in the configuration becomes `new`, and the service account is `account`.
    pub(crate) fn renew(&self, old: &str, new: &str, account: &'static str) -> Self {
        let time: Arc<dyn TimeProvider> = Arc::new(Standstill);
        Self::with(self.gateway.renew(&config(old, new), &Keys(account), &time).unwrap(), self.now)
    }

    fn with(gateway: Gateway, now: Moment) -> Self {
        Self { gateway: Arc::new(gateway), now, idle: Vec::new(), timer: Duration::ZERO }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.unix += time;
    }

    pub(crate) fn open(&self, request: &Request) -> Call {
        let headers = request.headers();
        let Request { method, path, body, .. } = request;
        let incoming = Incoming { method, path, query: b"", headers: &headers, body: body.as_bytes() };
        self.gateway.open(&incoming, self.now)
    }

    /// Has `request` answered by providers that do what `scripts` say, one a connection that is asked for. Past the last
    /// of them, providers keep silent.
    pub(crate) fn run(&mut self, request: &Request, scripts: &[Script]) -> Seen {
        let call = self.open(request);
        self.finish(call, scripts)
    }

    /// Has `call` answered, as [`run`](Self::run) does.
    pub(crate) fn finish(&mut self, mut call: Call, scripts: &[Script]) -> Seen {
        let mut seen = Seen::new(self.now);
        let mut scripts = scripts.iter();
        while !seen.has_left {
            match call.next_attempt(self.now) {
                Next::Over => break,
                Next::Pause { time, .. } => self.pass(time),
                Next::Aside => {
                    let Some(aside) = call.aside(self.now) else { continue };
                    self.answer_aside(&mut call, aside, scripts.next().map_or(&[][..], Vec::as_slice), &mut seen);
                }
                Next::Attempt(ticket) => {
                    assert_eq!(1, self.n_in_flight());
                    seen.asked(&ticket, self.now);
                    self.attempt(&mut call, &ticket, scripts.next().map_or(&[][..], Vec::as_slice), &mut seen);
                }
            }
        }
        seen.reply = call.take_reply(self.now);
        seen.ended = self.now;
        call.settle(self.now);
        seen.settled(self);
        // Whoever holds the call may not know that it is settled.
        call.settle(self.now);
        assert!(self.log().is_empty());
        seen
    }

    /// Has the model answer that is asked what kind of request `call` is.
    fn answer_aside(&mut self, call: &mut Call, mut aside: Call, acts: &[Act], seen: &mut Seen) {
        let mut answer = Seen::new(self.now);
        while let Next::Attempt(ticket) = aside.next_attempt(self.now) {
            answer.asked(&ticket, self.now);
            self.attempt(&mut aside, &ticket, acts, &mut answer);
        }
        call.take_aside(&mut aside, self.now);
        seen.asides.push((answer.to_upstream.concat(), self.log()));
    }

    fn attempt(&mut self, call: &mut Call, ticket: &Ticket, acts: &[Act], seen: &mut Seen) {
        match acts.first() {
            Some(Act::Refuse) => return call.fail_connection(Failure::Connect, self.now),
            Some(Act::Ignore) => {
                self.pass(ticket.connect_timeout);
                return call.fail_connection(Failure::Timeout(Wait::Connect), self.now);
            }
            _ => {}
        }
        let mut connection = self.connect(ticket);
        seen.note(connection.begin(call, self.now));
        self.set_timer(&connection);
        for act in acts {
            if seen.is_over {
                // What is left of a finished answer: it decides whether the connection may be used again.
                match act {
                    Act::Send(bytes) => connection.drain(bytes, &mut Vec::new()),
                    Act::Close => connection.drain(b"", &mut Vec::new()),
                    Act::Reset => return,
                    Act::Leave => seen.has_left = true,
                    _ => {}
                }
                continue;
            }
            match act {
                Act::Refuse | Act::Ignore => {}
                Act::Send(bytes) => seen.note(connection.feed(call, bytes, self.now)),
                Act::Pause(milliseconds) => {
                    self.wait(call, &mut connection, Duration::from_millis(*milliseconds), seen);
                }
                Act::Close => seen.note(connection.feed(call, b"", self.now)),
                Act::Reset => seen.note(connection.lost(call, self.now)),
                Act::Interrupt => seen.note(connection.interrupt(call, self.now)),
                Act::Leave => {
                    connection.abandon(call, self.now);
                    seen.has_left = true;
                    assert!(!connection.is_reusable(), "the rest of the answer would be taken for the next one");
                    return;
                }
            }
        }
        while !seen.is_over {
            self.wait(call, &mut connection, Duration::MAX, seen);
        }
        if connection.is_reusable() {
            self.idle.push((ticket.origin, connection));
        }
    }

    /// Lets time pass. As with the real timer, when it goes off is settled when it is set, whatever comes meanwhile.
    fn wait(&mut self, call: &mut Call, connection: &mut Connection, time: Duration, seen: &mut Seen) {
        let end = self.now.monotonic.saturating_add(time);
        while !seen.is_over && self.timer <= end {
            self.pass(self.timer.saturating_sub(self.now.monotonic));
            seen.note(connection.expire(call, self.now));
            self.set_timer(connection);
        }
        if !seen.is_over {
            self.pass(end.saturating_sub(self.now.monotonic));
        }
    }

    fn set_timer(&mut self, connection: &Connection) {
        self.timer = self.now.monotonic + connection.patience(self.now);
    }

    /// A connection that was used before, unless there is none or the attempt wants a new one.
    fn connect(&mut self, ticket: &Ticket) -> Connection {
        let kept = self.idle.iter().position(|(origin, _)| *origin == ticket.origin && !ticket.is_fresh);
        kept.map_or_else(|| self.gateway.connect(ticket.origin).unwrap(), |kept| self.idle.remove(kept).1)
    }

    // What can be seen from outside.

    /// The lines of the access log since the last time.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.gateway.take_access_log();
        lines.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    /// The sum of all series of a metric.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let snapshot: Value = serde_json::from_slice(&self.gateway.metrics_snapshot(self.now)).unwrap();
        let Some(series) = snapshot["families"][name].as_object() else { return 0 };
        series.values().map(|cells| cells[0].as_u64().unwrap()).sum()
    }

    /// Connections that wait to be used again.
    pub(crate) fn n_idle(&self) -> usize {
        self.idle.len()
    }

    pub(crate) fn n_in_flight(&self) -> u64 {
        self.metric("tiercel_in_flight")
    }
}

fn config(old: &str, new: &str) -> Config {
    assert!(CONFIG.contains(old), "{old}");
    Config::parse(&CONFIG.replacen(old, new, 1), "tiercel.toml", &Overrides::default()).unwrap()
}

impl Seen {
    fn note(&mut self, step: Step) {
        self.to_upstream.last_mut().unwrap().extend(step.to_socket);
        if let Some(head) = step.head {
            assert!(self.head.is_none(), "a second head");
            self.head = Some(head);
        }
        assert!(step.body.is_empty() || self.head.is_some(), "a body before its head");
        self.body.extend(step.body);
        self.is_over = step.is_over;
    }
}

#[derive(Debug)]
struct Standstill;

impl TimeProvider for Standstill {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(START))
    }
}

/// Who a service account's file says it is for.
struct Keys(&'static str);

impl Environment for Keys {
    fn variable(&self, name: &str) -> Option<String> {
        Some(format!("sk-{}", name.to_lowercase()))
    }

    fn secret_file(&self, _: &str) -> Result<SecretFile, String> {
        let account = serde_json::json!({
            "type": "service_account",
            "client_email": self.0,
            "private_key": include_str!("../../../upstream/tests/signing/rsa_key.pem"),
            "private_key_id": "key-1",
            "token_uri": "http://token.test/token",
        });
        Ok(SecretFile { contents: account.to_string().into_bytes(), mode: 0o600, is_symlink: false })
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there are no files".to_owned())
    }
}
