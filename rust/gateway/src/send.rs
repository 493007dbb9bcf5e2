//! Writes the HTTP request of an attempt: its headers, its credential, or in their stead the request for a token.

use std::time::Duration;

use tiercel_core::registry::{Credential, Provider, ServiceAccount, ServiceAccountId, Timeouts};
use tiercel_core::secrets::Secret;
use tiercel_upstream as upstream;
use tiercel_upstream::signing::sigv4::{self, Aws};
use tiercel_wire::Upstream;
use tiercel_wire::headers::means_something_to;

use crate::Moment;
use crate::answer::{Answer, Expected};
use crate::attempt::Attempt;
use crate::call::Call;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::head::HOP_HEADER;

const USER_AGENT: &str = concat!("tiercel/", env!("CARGO_PKG_VERSION"));
/// The version that Anthropic's API is asked in where the client says nothing: the only stable one there is.
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// Bytes of an answer that brings a token.
const MAX_TOKEN_ANSWER: u64 = 64 * 1024;
/// How long a token may take to come.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

type Header = (String, Vec<u8>);

impl Call {
    /// Writes the latest attempt's request to `http`; gives that attempt's position, too.
    pub(crate) fn send(
        &mut self,
        http: &mut upstream::Connection,
        to_socket: &mut Vec<u8>,
        now: Moment,
    ) -> Result<(usize, Answer, Timeouts), Failure> {
        let (Some(asked), Some(attempt)) = (&self.asked, self.attempts.last_mut()) else {
            return Err(Failure::Unsendable);
        };
        let (answer, timeouts) = send(&self.gateway, attempt, &asked.forwarded, asked.n_hops, http, to_socket, now)?;
        Ok((self.attempts.len() - 1, answer, timeouts))
    }

    /// Takes the answer to the request for a token: the attempt goes on with it.
    pub(crate) fn take_token(
        &mut self,
        index: usize,
        (status, body): (u16, Vec<u8>),
        now: Moment,
    ) -> Result<(), Failure> {
        let attempt = self.attempts.get_mut(index).ok_or(Failure::Unsendable)?;
        match attempt.awaits_token {
            _ if status >= 500 => Err(Failure::Status(status, None)),
            Some(id) if self.gateway.tokens().take(id, &body, now.unix) => {
                attempt.awaits_token = None;
                attempt.has_fresh_token = true;
                Ok(())
            }
            _ => Err(Failure::Credential),
        }
    }
}

/// Appends the request of `attempt` to `to_socket`; `forwarded` are the client's headers that may go on.
fn send(
    gateway: &Gateway,
    attempt: &mut Attempt,
    forwarded: &[Header],
    n_hops: u32,
    http: &mut upstream::Connection,
    to_socket: &mut Vec<u8>,
    now: Moment,
) -> Result<(Answer, Timeouts), Failure> {
    if gateway.is_interrupted() {
        return Err(Failure::Draining);
    }
    if let Some(id) = attempt.awaits_token {
        return ask_for_token(gateway, attempt, id, http, to_socket, now);
    }
    let provider = &attempt.deployment.provider;
    let outgoing = &attempt.outgoing;
    let hops = (n_hops + 1).to_string();
    let accept: &[u8] = match &outgoing.expected {
        Expected::Model(reading) if reading.request().is_stream() => accepted_stream(outgoing.upstream),
        Expected::Model(_) | Expected::Token(_) => b"application/json",
        Expected::Passthrough { .. } => b"*/*",
    };
    let mut headers: Vec<(&str, &[u8])> = Vec::with_capacity(12);
    headers.extend(outgoing.content_type.iter().map(|kind| ("content-type", kind.as_bytes())));
    headers.push(("accept", accept));
    headers.push(("user-agent", USER_AGENT.as_bytes()));
    headers.push((HOP_HEADER, hops.as_bytes()));
    let meant = forwarded.iter().filter(|(name, _)| means_something_to(name, outgoing.upstream));
    headers.extend(meant.map(|(name, value)| (name.as_str(), value.as_slice())));
    if outgoing.upstream == Upstream::Anthropic && !forwarded.iter().any(|(name, _)| name == "anthropic-version") {
        headers.push(("anthropic-version", ANTHROPIC_VERSION.as_bytes()));
    }
    let target = [provider.base_path.as_str(), &outgoing.path].concat();
    let bare = upstream::Request {
        method: outgoing.method,
        target: &target,
        host: &provider.host_header,
        headers: &[],
        body: &outgoing.body,
    };
    let unsigned = upstream::Request { headers: &headers, ..bare };
    let credential = credential(gateway, provider, attempt.slot.turn, &unsigned, now)?;
    headers.extend(credential.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
    let request = upstream::Request { headers: &headers, ..bare };
    let limits = upstream::Limits { body: provider.max_answer, ..upstream::Limits::default() };
    http.send(&request, limits, to_socket)?;
    let answer = Answer::new(outgoing.expected.clone(), outgoing.upstream);
    let timeouts = attempt.deployment.timeouts;
    attempt.was_sent = true;
    Ok((answer, timeouts))
}

/// The headers that show who asks.
fn credential(
    gateway: &Gateway,
    provider: &Provider,
    turn: usize,
    request: &upstream::Request<'_>,
    now: Moment,
) -> Result<Vec<Header>, Failure> {
    let bearer = |token: &str| vec![("authorization".to_owned(), format!("Bearer {token}").into_bytes())];
    Ok(match provider.credential(turn) {
        None => Vec::new(),
        Some(Credential::Bearer(key)) => bearer(key.expose()),
        Some(Credential::Header { name, key }) => vec![(name.clone(), key.expose().as_bytes().to_vec())],
        Some(Credential::Aws(key)) => {
            let aws = Aws {
                access_key_id: key.access_key_id.expose(),
                secret_access_key: key.secret_access_key.expose(),
                session_token: key.session_token.as_ref().map(Secret::expose),
                region: provider.parameter("region"),
                service: "bedrock",
            };
            let signed = sigv4::sign(&aws, request, now.unix).into_iter();
            signed.map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
        }
        Some(&Credential::ServiceAccount(id)) => {
            bearer(&gateway.tokens().get(id, now.unix).ok_or(Failure::Credential)?)
        }
    })
}

fn ask_for_token(
    gateway: &Gateway,
    attempt: &Attempt,
    id: ServiceAccountId,
    http: &mut upstream::Connection,
    to_socket: &mut Vec<u8>,
    now: Moment,
) -> Result<(Answer, Timeouts), Failure> {
    let account = account(gateway, id)?;
    let body = gateway.tokens().request(id, now.unix).ok_or(Failure::Credential)?;
    let path = if account.token_endpoint.path.is_empty() { "/" } else { &account.token_endpoint.path };
    let request = upstream::Request {
        method: "POST",
        target: path,
        host: &account.token_endpoint.host_header,
        headers: &[
            ("content-type", b"application/x-www-form-urlencoded"),
            ("accept", b"application/json"),
            ("user-agent", USER_AGENT.as_bytes()),
        ],
        body: &body,
    };
    let limits = upstream::Limits { body: MAX_TOKEN_ANSWER, ..upstream::Limits::default() };
    http.send(&request, limits, to_socket)?;
    let timeouts = Timeouts { answer: TOKEN_TIMEOUT, ..attempt.deployment.timeouts };
    // Of the dialects, OpenAI's reads errors that have no class of their own.
    Ok((Answer::new(Expected::Token(id), Upstream::OpenAi), timeouts))
}

/// The account that `id` stands for.
pub(crate) fn account(gateway: &Gateway, id: ServiceAccountId) -> Result<&ServiceAccount, Failure> {
    gateway.registry().service_accounts().get(id.0).ok_or(Failure::Credential)
}

/// Bedrock's streams are no server-sent events.
fn accepted_stream(upstream: Upstream) -> &'static [u8] {
    match upstream {
        Upstream::Bedrock => b"application/vnd.amazon.eventstream",
        Upstream::OpenAi | Upstream::Responses | Upstream::Anthropic | Upstream::Gemini | Upstream::Cohere => {
            b"text/event-stream"
        }
    }
}
