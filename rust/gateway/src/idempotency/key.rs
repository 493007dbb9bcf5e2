//! What makes two requests one: whose key it is, and what was asked.

use tiercel_core::keys::Principal;

use crate::Incoming;
use crate::digest::{Digest, digest};
use crate::head::Head;

/// The headers that may change an answer. Others differ between tries of an SDK.
const HEADERS: [&[u8]; 6] = [
    b"anthropic-beta",
    b"anthropic-version",
    b"content-type",
    b"openai-beta",
    b"x-tiercel-drop-unsupported",
    b"x-tiercel-provider",
];

/// A client's idempotency key and what it stands for, as digests: keys and prompts are told to nobody.
pub(crate) struct Key {
    /// Of the key and whose it is.
    pub(crate) id: Digest,
    /// Of the request.
    pub(crate) fingerprint: Digest,
}

impl Key {
    /// The key of `incoming`, if it has one. A form that is sent again has another boundary, and so could never be told
    /// to be the same: its key is not heeded.
    pub(crate) fn of(head: &Head<'_>, incoming: &Incoming<'_>, principal: &Principal) -> Option<Self> {
        let key = head.idempotency_key?;
        if incoming.method != "POST" || head.content_type.is_some_and(|kind| kind.starts_with(b"multipart/")) {
            return None;
        }
        let id = digest([principal.tenant.as_bytes(), principal.name.as_bytes(), key]);
        // A key of Gemini's clients, which may be renewed between two tries.
        let query = incoming.query.split(|&byte| byte == b'&').filter(|pair| !pair.starts_with(b"key="));
        let mut headers: Vec<_> = incoming.headers.iter().filter(|(name, _)| HEADERS.contains(name)).collect();
        headers.sort_unstable();
        let headers = headers.iter().flat_map(|(name, value)| [*name, *value]);
        let request = [incoming.path.as_bytes(), incoming.body].into_iter();
        Some(Self { id, fingerprint: digest(request.chain(headers).chain(query)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"beta=true";
    const BODY: &[u8] = br#"{"model":"auto"}"#;
    type Headers<'a> = &'a [(&'a [u8], &'a [u8])];

    fn fingerprint(path: &str, query: &[u8], headers: Headers<'_>, body: &[u8]) -> Option<Digest> {
        let head = [(&b"host"[..], &b"localhost"[..]), (b"idempotency-key", b"k")];
        let headers: Vec<_> = head.iter().chain(headers).copied().collect();
        let incoming = Incoming { method: "POST", path, query, headers: &headers, body };
        let key = Key::of(&Head::read(&incoming).unwrap(), &incoming, &Principal::operator());
        key.map(|key| key.fingerprint)
    }

    #[test]
    fn which_requests_are_the_same() {
        let check = |case: &str, is_same, path: &str, query: &[u8], headers: Headers<'_>, body: &[u8]| {
            let known = fingerprint("/v1/messages", QUERY, &[], BODY);
            assert_eq!(is_same, known == fingerprint(path, query, headers, body), "{case}");
        };
        check("the same again", true, "/v1/messages", QUERY, &[], BODY);
        check("another path", false, "/v1/responses", QUERY, &[], BODY);
        check("another query", false, "/v1/messages", b"", &[], BODY);
        check("another key in the query", true, "/v1/messages", b"key=k&beta=true", &[], BODY);
        check("another body", false, "/v1/messages", QUERY, &[], b"{}");
        check("another version", false, "/v1/messages", QUERY, &[(b"anthropic-version", b"2")], BODY);
        check("another try of an SDK", true, "/v1/messages", QUERY, &[(b"x-stainless-retry-count", b"1")], BODY);
    }

    #[test]
    fn a_form_has_none() {
        assert_eq!(None, fingerprint("/v1/files", b"", &[(b"content-type", b"multipart/form-data; boundary=a")], BODY));
    }
}
