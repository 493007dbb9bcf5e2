//! Reads a request's headers, once, for all that the gateway wants of them.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode;
use tiercel_wire::headers::forwarded_to_upstream;

use crate::Incoming;
use crate::cache::CacheControl;
use crate::error::{Error, Kind};

/// How often a request has passed through a Tiercel; sent to every upstream, so that a ring of gateways breaks.
pub(crate) const HOP_HEADER: &str = "x-tiercel-hop";
/// A request that comes with this many hops is refused (specification "Failover", loop protection).
pub(crate) const MAX_HOPS: u32 = 3;
/// Bytes of a client's own request id: enough for four UUIDs.
const MAX_REQUEST_ID: usize = 128;
/// Bytes of an idempotency key, as many as Stripe takes.
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// Bytes of the name of a tier or a conversation.
const MAX_WORD: usize = 256;

/// How long a client waits, which the official SDKs of OpenAI and Anthropic tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientTimeouts {
    /// For the whole answer.
    pub(crate) total: Option<Duration>,
    /// From one part of it to the next.
    pub(crate) read: Option<Duration>,
}

/// What the headers and the query say.
#[derive(Debug, Default)]
pub(crate) struct Head<'a> {
    /// The one credential, whatever carried it.
    pub(crate) credential: Option<Cow<'a, [u8]>>,
    /// What the body is.
    pub(crate) content_type: Option<&'a [u8]>,
    /// The provider that is to do what no model does.
    pub(crate) provider: Option<&'a str>,
    /// Whether the client agrees to do without what a provider cannot take.
    pub(crate) drops_unsupported: bool,
    /// The client's own id for the request, if it is one that can be logged and sent back.
    pub(crate) request_id: Option<&'a str>,
    /// What makes the request one with those that came with the same key.
    pub(crate) idempotency_key: Option<&'a [u8]>,
    /// Passages through a Tiercel so far.
    pub(crate) n_hops: u32,
    /// The tier that the client wants of a route.
    pub(crate) tier: Option<&'a str>,
    /// What the client calls its conversation.
    pub(crate) session: Option<&'a str>,
    /// What the client allows the request to cost, in dollars.
    pub(crate) max_cost: Option<&'a str>,
    /// What is not to come from the cache, or go there.
    pub(crate) cache: CacheControl<'a>,
    /// How long the client waits.
    pub(crate) timeouts: ClientTimeouts,
    /// Headers that go on to the upstream.
    pub(crate) forwarded: Vec<(&'a str, &'a [u8])>,
    all: &'a [(&'a [u8], &'a [u8])],
}

impl<'a> Head<'a> {
    /// Reads the head of `incoming`.
    ///
    /// # Errors
    /// A head that is ambiguous, a body that is compressed, or a loop.
    pub(crate) fn read(incoming: &Incoming<'a>) -> Result<Self, Error> {
        let mut head = Self { all: incoming.headers, ..Self::default() };
        let mut n_hosts = 0;
        for &(name, value) in incoming.headers {
            match name {
                b"host" => {
                    n_hosts += 1;
                    if !is_host(value) {
                        return Err(Error::new(Kind::MalformedHead, "the Host header is not a host and a port"));
                    }
                }
                b"authorization" => head.take_credential(bearer(value)?.into())?,
                b"x-api-key" | b"api-key" | b"x-goog-api-key" => head.take_credential(value.into())?,
                b"content-type" => head.content_type = Some(value),
                b"x-tiercel-provider" => head.provider = std::str::from_utf8(value).ok(),
                b"x-tiercel-tier" => head.tier = Some(text(value, "x-tiercel-tier")?),
                b"x-tiercel-session" => head.session = Some(text(value, "x-tiercel-session")?),
                b"x-tiercel-max-cost" => head.max_cost = Some(text(value, "x-tiercel-max-cost")?),
                b"x-tiercel-cache" => head.cache.take(value)?,
                b"x-tiercel-min-similarity" => head.cache.take_min_similarity(value)?,
                b"x-tiercel-cache-tags" => head.cache.take_tags(value)?,
                b"x-tiercel-drop-unsupported" => head.drops_unsupported = flag(value)?,
                b"content-encoding" if !value.eq_ignore_ascii_case(b"identity") => {
                    return Err(Error::new(Kind::UnsupportedEncoding, "send the body uncompressed"));
                }
                b"x-stainless-timeout" => head.timeouts.total = seconds(value),
                b"x-stainless-read-timeout" => head.timeouts.read = seconds(value),
                b"x-request-id" => head.request_id = request_id(value),
                _ if name == HOP_HEADER.as_bytes() => head.n_hops = head.n_hops.max(hops(value)?),
                _ => {
                    if name == b"idempotency-key" {
                        head.take_idempotency_key(value)?;
                    }
                    if let Some(name) = std::str::from_utf8(name).ok().filter(|name| forwarded_to_upstream(name)) {
                        head.forwarded.push((name, value));
                    }
                }
            }
        }
        if n_hosts != 1 {
            return Err(Error::new(Kind::MalformedHead, "send exactly one Host header"));
        }
        for key in query_keys(incoming.query) {
            head.take_credential(percent_decode(key).into())?;
        }
        if head.n_hops >= MAX_HOPS {
            return Err(Error::new(
                Kind::LoopDetected,
                "this request has come through Tiercel three times; a provider's base_url leads back to a gateway",
            ));
        }
        Ok(head)
    }

    /// The value of the first header called `name`, in lower case, where it is text. No credential is told.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        if matches!(name, "authorization" | "x-api-key" | "api-key" | "x-goog-api-key" | "cookie") {
            return None;
        }
        let (_, value) = self.all.iter().find(|(other, _)| *other == name.as_bytes())?;
        std::str::from_utf8(value).ok()
    }

    fn take_idempotency_key(&mut self, key: &'a [u8]) -> Result<(), Error> {
        let is_key = (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        if !is_key || self.idempotency_key.is_some_and(|other| other != key) {
            let message = "the idempotency-key header is not one key of 1 to 255 visible ASCII characters";
            return Err(Error::new(Kind::MalformedHead, message));
        }
        self.idempotency_key = Some(key);
        Ok(())
    }

    fn take_credential(&mut self, credential: Cow<'a, [u8]>) -> Result<(), Error> {
        if self.credential.as_ref().is_some_and(|other| *other != credential) {
            return Err(Error::new(Kind::ConflictingCredentials, "two different credentials came; send one"));
        }
        self.credential = Some(credential);
        Ok(())
    }
}

fn bearer(value: &[u8]) -> Result<&[u8], Error> {
    match value.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => Ok(token.trim_ascii()),
        _ => Err(Error::new(Kind::UnknownKey, "send the Authorization header as `Bearer <key>`")),
    }
}

/// Gemini's way of sending a key.
fn query_keys(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    query.split(|&byte| byte == b'&').filter_map(|pair| pair.strip_prefix(b"key="))
}

fn flag(value: &[u8]) -> Result<bool, Error> {
    match value {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(Error::new(Kind::MalformedHead, "the x-tiercel-drop-unsupported header is neither true nor false")),
    }
}

/// A short word of the client's.
fn text<'a>(value: &'a [u8], name: &'static str) -> Result<&'a str, Error> {
    let is_text = (1..=MAX_WORD).contains(&value.len()) && value.iter().all(|byte| (b' '..=b'~').contains(byte));
    let text = std::str::from_utf8(value).ok().filter(|_| is_text);
    text.ok_or_else(|| {
        Error::new(Kind::MalformedHead, format!("the {name} header has from 1 to {MAX_WORD} visible characters"))
    })
}

fn hops(value: &[u8]) -> Result<u32, Error> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| Error::new(Kind::MalformedHead, "the x-tiercel-hop header is not a number"))
}

/// An SDK without a time-out says so in words of its own, which are no number.
fn seconds(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero())
}

fn is_host(value: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
    (1..=255).contains(&value.len()) && value.iter().all(is_part)
}

/// An id is taken over only in the alphabet of ids, so that it cannot break a log line or a header.
fn request_id(value: &[u8]) -> Option<&str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    let is_id = (1..=MAX_REQUEST_ID).contains(&value.len()) && value.iter().all(is_part);
    std::str::from_utf8(value).ok().filter(|_| is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Header = (&'static [u8], &'static [u8]);

    fn read<'a>(headers: &'a [Header], query: &'a [u8]) -> Result<Head<'a>, Kind> {
        let incoming = Incoming { method: "POST", path: "/", query, headers, body: b"" };
        Head::read(&incoming).map_err(|error| error.kind)
    }

    const HOST: Header = (b"host", b"localhost:8080");

    #[test]
    fn where_the_credential_is_found() {
        let check = |header: Header| {
            let headers = [HOST, header];
            assert_eq!(Some(&b"k"[..]), read(&headers, b"").unwrap().credential.as_deref(), "{header:?}");
        };
        check((b"authorization", b"Bearer k"));
        check((b"authorization", b"bearer  k "));
        check((b"x-api-key", b"k"));
        check((b"api-key", b"k"));
        check((b"x-goog-api-key", b"k"));
        let of_query = |query| read(&[HOST], query).unwrap().credential.map(Cow::into_owned);
        assert_eq!(Some(b"k".to_vec()), of_query(b"alt=sse&key=k"));
        assert_eq!(Some(b"a+b/c".to_vec()), of_query(b"key=a%2Bb%2Fc"));
        assert_eq!(None, of_query(b"alt=sse"));
    }

    #[test]
    fn what_is_refused() {
        let check = |case, headers: &[Header], query, expected| {
            let incoming = Incoming { method: "POST", path: "/", query, headers, body: b"" };
            assert_eq!(Some(expected), Head::read(&incoming).err().map(|error| error.kind), "{case}");
        };
        check("no host", &[], b"", Kind::MalformedHead);
        check("two hosts", &[HOST, HOST], b"", Kind::MalformedHead);
        check("a host with a fragment", &[(b"host", b"x/#@y")], b"", Kind::MalformedHead);
        check("an empty host", &[(b"host", b"")], b"", Kind::MalformedHead);
        check("not a bearer", &[HOST, (b"authorization", b"Basic a2V5")], b"", Kind::UnknownKey);
        let two: &[Header] = &[HOST, (b"x-api-key", b"a"), (b"api-key", b"b")];
        check("two credentials", two, b"", Kind::ConflictingCredentials);
        check("two carriers", &[HOST, (b"x-api-key", b"a")], b"key=b", Kind::ConflictingCredentials);
        check("two in the query", &[HOST], b"key=a&alt=sse&key=b", Kind::ConflictingCredentials);
        check("gzip", &[HOST, (b"content-encoding", b"gzip")], b"", Kind::UnsupportedEncoding);
        check("three hops", &[HOST, (b"x-tiercel-hop", b"3")], b"", Kind::LoopDetected);
        let twice: &[Header] = &[HOST, (b"x-tiercel-hop", b"3"), (b"x-tiercel-hop", b"0")];
        check("three hops and none", twice, b"", Kind::LoopDetected);
        check("a flag that is none", &[HOST, (b"x-tiercel-drop-unsupported", b"1")], b"", Kind::MalformedHead);
        check("an empty idempotency key", &[HOST, (b"idempotency-key", b"")], b"", Kind::MalformedHead);
        check("one of spaces", &[HOST, (b"idempotency-key", b"a b")], b"", Kind::MalformedHead);
        check("one too long", &[HOST, (b"idempotency-key", &[b'a'; 256])], b"", Kind::MalformedHead);
        let both: &[Header] = &[HOST, (b"idempotency-key", b"a"), (b"idempotency-key", b"b")];
        check("two idempotency keys", both, b"", Kind::MalformedHead);
        check("no number of hops", &[HOST, (b"x-tiercel-hop", b"-1")], b"", Kind::MalformedHead);
    }

    #[test]
    fn which_request_ids_are_taken_over() {
        let check = |value: &'static [u8], expected: Option<&str>| {
            assert_eq!(expected, read(&[HOST, (b"x-request-id", value)], b"").unwrap().request_id);
        };
        check(b"req_1-a.b:c", Some("req_1-a.b:c"));
        check(b"", None);
        check(b"a b", None);
        check(b"a\"b", None);
        check(&[b'a'; 129], None);
    }

    #[test]
    fn the_same_credential_twice_is_one() {
        let headers: [Header; 3] = [HOST, (b"authorization", b"Bearer k"), (b"x-api-key", b"k")];

        assert_eq!(Some(&b"k"[..]), read(&headers, b"").unwrap().credential.as_deref());
    }
}
