//! What is measured with: one gateway, one request, one provider's answers.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::config::{Config, Overrides};
use tiercel_core::money::NanoDollars;
use tiercel_core::secrets::{Environment, SecretFile};
use tiercel_core::settlement::{Attempt, Outcome, Settlement, TokenUsage};
use tiercel_gateway::{Call, Connection, Gateway, Incoming, Moment};
use tiercel_upstream::tls::{TimeProvider, UnixTime};
use tiercel_upstream::{self as upstream, Limits};
use tiercel_wire::{Endpoint, Hosting, Quirks, Reading, Request, Target, Upstream};

/// Events of a stream before its finish reason, as in `tiercel bench gateway`.
const N_DELTAS: usize = 50;
/// The first of November 2026.
pub(crate) const NOW: Moment = Moment { monotonic: Duration::ZERO, unix: Duration::from_secs(1_793_491_200) };

pub(crate) fn open(gateway: &Arc<Gateway>, body: &str) -> Call {
    gateway.open(&incoming(body.as_bytes()), NOW)
}

/// A new connection; and an empty access log, so that none of its lines is dropped.
pub(crate) fn connect(gateway: &Gateway) -> Connection {
    gateway.take_access_log();
    gateway.connect(0).unwrap()
}

/// As the OpenAI SDK for Python sends it.
pub(crate) fn incoming(body: &[u8]) -> Incoming<'_> {
    const HEADERS: [(&[u8], &[u8]); 14] = [
        (b"host", b"127.0.0.1:8080"),
        (b"accept-encoding", b"gzip, deflate"),
        (b"connection", b"keep-alive"),
        (b"accept", b"application/json"),
        (b"content-type", b"application/json"),
        (b"user-agent", b"OpenAI/Python 3.0.0"),
        (b"x-stainless-lang", b"python"),
        (b"x-stainless-package-version", b"3.0.0"),
        (b"x-stainless-os", b"Linux"),
        (b"x-stainless-arch", b"x64"),
        (b"x-stainless-runtime", b"CPython"),
        (b"x-stainless-retry-count", b"0"),
        (b"authorization", b"Bearer sk-key_0"),
        (b"content-length", b"400"),
    ];
    Incoming { method: "POST", path: "/v1/chat/completions", query: b"", headers: &HEADERS, body }
}

/// Words, as the time of what reads them may depend on it.
pub(crate) fn prompt(n_bytes: usize) -> String {
    "My order of two pairs of shoes has not arrived yet, and the tracking page is empty. "
        .chars()
        .cycle()
        .take(n_bytes)
        .collect()
}

pub(crate) fn body(n_prompt_bytes: usize, is_stream: bool) -> String {
    let prompt = prompt(n_prompt_bytes);
    format!(
        r#"{{"messages":[{{"role":"user","content":"{prompt}"}}],"model":"auto","temperature":0.2,"max_tokens":256,"stream":{is_stream}}}"#
    )
}

/// So many messages of 130 bytes, by turns the user's and the assistant's.
pub(crate) fn conversation(n_messages: usize) -> String {
    let prompt = prompt(130);
    let message = |role| format!(r#"{{"role":"{role}","content":"{prompt}"}}"#);
    let messages: Vec<_> = ["user", "assistant"].into_iter().cycle().take(n_messages).map(message).collect();
    format!(r#"{{"model":"auto","messages":[{}]}}"#, messages.join(","))
}

/// How the answer of a provider of `upstream` to `body` is read.
pub(crate) fn reading(endpoint: Endpoint, body: &str, upstream: Upstream) -> Reading {
    let request = Request::parse(endpoint, Some("auto"), body.as_bytes()).unwrap();
    Reading::new(Arc::new(request), upstream, "req_12ae30237b17df14".to_owned(), NOW.unix.as_secs())
}

pub(crate) fn target(upstream: Upstream) -> Target<'static> {
    Target { upstream, hosting: Hosting::Own, model: "gpt-4o-mini", quirks: Quirks::default() }
}

pub(crate) fn answer() -> String {
    concat!(
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"#,
        r#""message":{"role":"assistant","content":"You can ask for a refund within 30 days of purchase: open the orders "#,
        r#"page and choose Request refund.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"#,
        r#""usage":{"prompt_tokens":42,"completion_tokens":22,"total_tokens":64}}"#,
    )
    .to_owned()
}

pub(crate) fn http_answer() -> Vec<u8> {
    let body = answer();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

pub(crate) fn delta(index: usize) -> String {
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","choices":[{{"index":0,"delta":{{"content":" word{index}"}},"finish_reason":null}}]}}"#
    )
}

/// Head, events and end of a stream.
pub(crate) fn stream_reads() -> Vec<Vec<u8>> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let finish = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":50}}"#;
    let events = (0..N_DELTAS).map(delta).chain([finish.to_owned(), "[DONE]".to_owned()]);
    let chunks = events.map(|data| format!("{:x}\r\ndata: {data}\n\n\r\n", data.len() + 8));
    [head].into_iter().chain(chunks).chain(["0\r\n\r\n".to_owned()]).map(String::into_bytes).collect()
}

pub(crate) fn send(connection: &mut upstream::Connection, body: &str) -> Vec<u8> {
    let headers: [(&str, &[u8]); 5] = [
        ("content-type", b"application/json"),
        ("accept", b"application/json"),
        ("user-agent", b"tiercel"),
        ("x-tiercel-hop", b"1"),
        ("authorization", b"Bearer sk-provider"),
    ];
    let request = upstream::Request {
        method: "POST",
        target: "/v1/chat/completions",
        host: "127.0.0.1:9000",
        headers: &headers,
        body: body.as_bytes(),
    };
    let mut output = Vec::new();
    connection.send(&request, Limits::default(), &mut output).unwrap();
    output
}

pub(crate) fn sent() -> upstream::Connection {
    let mut connection = upstream::Connection::plain();
    send(&mut connection, "{}");
    connection
}

pub(crate) fn settlement() -> Settlement<'static> {
    const ATTEMPTS: [Attempt<'static>; 1] =
        [Attempt { deployment: "openai/gpt-4o-mini", outcome: "answered", duration: Duration::from_millis(812) }];
    Settlement {
        request_id: "req_12ae30237b17df14",
        unix: NOW.unix,
        principal: Some("key_0"),
        tenant: Some("key_0"),
        endpoint: "chat",
        requested_model: "auto",
        is_known_model: true,
        route: Some("auto"),
        task: Some("knowledge_qa"),
        reason: "route:auto:task:knowledge_qa:0.93",
        undecided_rules: &[],
        tier: Some("cheap"),
        provider: Some("openai"),
        model: Some("gpt-4o-mini"),
        status: 200,
        outcome: Outcome::Answered,
        idempotent: None,
        cache: None,
        saved: None,
        check: None,
        is_stream: false,
        attempts: &ATTEMPTS,
        usage: TokenUsage { input: 42, output: 22, ..TokenUsage::default() },
        cost: Some(NanoDollars(19_500)),
        price_version: "0",
        overhead: Duration::from_micros(37),
        time_to_first_token: Some(Duration::from_millis(812)),
        duration: Duration::from_millis(812),
        bytes_in: 400,
        bytes_out: 500,
    }
}

pub(crate) fn gateway() -> Arc<Gateway> {
    gateway_with("")
}

/// One whose route has these settings too.
pub(crate) fn gateway_with(route: &str) -> Arc<Gateway> {
    let time: Arc<dyn TimeProvider> = Arc::new(World);
    Arc::new(Gateway::new(&config_with(10, route), &World, &time, 1).unwrap())
}

/// So many client keys, two tiers at two providers, and a route over them.
pub(crate) fn config(n_keys: usize) -> Config {
    config_with(n_keys, "")
}

fn config_with(n_keys: usize, route: &str) -> Config {
    let keys =
        (0..n_keys).map(|index| format!("[[keys]]\nname = \"key_{index}\"\nkey = {{ env = \"KEY_{index}\" }}\n"));
    let rest = r#"
        [server]
        max_in_flight = 4_000_000_000

        [providers.openai]
        base_url = "http://127.0.0.1:9000/v1"
        keys = [{ env = "PROVIDER" }]

        [providers.local]
        base_url = "http://127.0.0.1:9001/v1"

        [tiers]
        cheap = ["openai/gpt-4o-mini", "local/small"]
        mid = ["openai/gpt-4o", "local/large"]

        [routes.auto]
        tiers = ["cheap", "mid"]
        default = "cheap"
    "#;
    let text = keys.chain([rest.to_owned(), route.to_owned()]).collect::<String>();
    Config::parse(&text, "benches", &Overrides::default()).unwrap()
}

/// Every variable is set and time stands still.
#[derive(Debug)]
pub(crate) struct World;

impl Environment for World {
    fn variable(&self, name: &str) -> Option<String> {
        Some(format!("sk-{}", name.to_lowercase()))
    }

    fn secret_file(&self, _: &str) -> Result<SecretFile, String> {
        Err("there are no files".to_owned())
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there are no files".to_owned())
    }
}

impl TimeProvider for World {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW.unix))
    }
}
