//! Signs requests as AWS asks for (Signature Version 4): Bedrock among others, every service but S3, whose rules differ.
//!
//! The source is "Create a signed AWS API request" in AWS's IAM User Guide.
//!
//! # Why not the crate `aws-sigv4`
//! It is well kept and no slower, but brings 32 crates that nothing else here needs, an asynchronous runtime among them,
//! for what is one text and a few hashes. What is written here is held against AWS's own test vectors instead.
//!
//! # Why the path is encoded twice
//! A model's id may hold `:` and `/`, so its path is percent-encoded when it is sent. AWS signs that text encoded once
//! more: `%3A` is signed as `%253A`.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};

use crate::request::Request;

/// Who signs, and for what. It has no `Debug`, since it holds secrets.
#[derive(Clone, Copy)]
pub struct Aws<'a> {
    /// Names the secret; AWS sees it.
    pub access_key_id: &'a str,
    /// Never sent.
    pub secret_access_key: &'a str,
    /// Comes with credentials that expire.
    pub session_token: Option<&'a str>,
    /// Such as `us-east-1`.
    pub region: &'a str,
    /// The name under which a service is signed, which may not be the host's: `bedrock` for `bedrock-runtime`.
    pub service: &'a str,
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Headers that proxies rewrite on the way, which would break a signature.
const UNSIGNED: [&str; 4] = ["traceparent", "tracestate", "user-agent", "x-amzn-trace-id"];

/// What a path is encoded from: all but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A query is not encoded twice: its escapes stay as they are.
const RESERVED_IN_QUERY: &AsciiSet = &RESERVED.remove(b'%');

/// The headers to add to `request`, which must have none of them yet: `x-amz-date`, `x-amz-security-token` if there is
/// a session token, and `authorization`.
///
/// `unix` is the time since the Unix epoch; AWS refuses what was signed more than five minutes ago or ahead.
pub fn sign(aws: &Aws<'_>, request: &Request<'_>, unix: Duration) -> Vec<(&'static str, String)> {
    let time = iso8601(unix);
    let day = &time[..8];
    let scope = format!("{day}/{}/{}/aws4_request", aws.region, aws.service);
    let mut added = vec![("x-amz-date", time.clone())];
    added.extend(aws.session_token.map(|token| ("x-amz-security-token", token.to_owned())));

    let headers = signed_headers(request, &added);
    let names = headers.keys().map(String::as_str).collect::<Vec<_>>().join(";");
    let canonical = hex(digest(&SHA256, &canonical_request(request, &headers, &names)).as_ref());
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{canonical}");

    // The key is the same all day, but deriving it takes 1.2 us, measured: not worth a cache.
    let secret = format!("AWS4{}", aws.secret_access_key).into_bytes();
    let signature = [day, aws.region, aws.service, "aws4_request", &text].into_iter().fold(secret, |key, message| {
        hmac::sign(&hmac::Key::new(HMAC_SHA256, &key), message.as_bytes()).as_ref().to_vec()
    });
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        aws.access_key_id,
        hex(&signature)
    );
    added.push(("authorization", authorization));
    added
}

/// Values by name in small letters. In a value every run of blanks is one space; the values of one name are joined by
/// commas.
fn signed_headers(request: &Request<'_>, added: &[(&'static str, String)]) -> BTreeMap<String, Vec<u8>> {
    let host = ("host", request.host.as_bytes());
    let added = added.iter().map(|(name, value)| (*name, value.as_bytes()));
    let mut headers = BTreeMap::new();
    for (name, value) in request.headers.iter().copied().chain([host]).chain(added) {
        let name = name.to_ascii_lowercase();
        if UNSIGNED.contains(&name.as_str()) {
            continue;
        }
        let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let value = words.collect::<Vec<_>>().join(&b' ');
        let append = |values: &mut Vec<u8>| {
            values.push(b',');
            values.extend_from_slice(&value);
        };
        headers.entry(name).and_modify(append).or_insert(value);
    }
    headers
}

/// The one form of the request that both sides hash.
fn canonical_request(request: &Request<'_>, headers: &BTreeMap<String, Vec<u8>>, names: &str) -> Vec<u8> {
    let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
    let mut text = format!("{}\n{}\n{}\n", request.method, canonical_path(path), canonical_query(query)).into_bytes();
    for (name, value) in headers {
        for part in [name.as_bytes(), b":", value, b"\n"] {
            text.extend_from_slice(part);
        }
    }
    let body = hex(digest(&SHA256, request.body).as_ref());
    text.extend_from_slice(format!("\n{names}\n{body}").as_bytes());
    text
}

/// Without empty and dot segments (RFC 3986, 5.2.4), which AWS resolves before it compares.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(encode(segment, RESERVED)),
        }
    }
    let is_folder = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) && !segments.is_empty();
    format!("/{}{}", segments.join("/"), if is_folder { "/" } else { "" })
}

/// In the order of the names, then of the values; a name without a value has an empty one.
fn canonical_query(query: &str) -> String {
    let mut pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name, RESERVED_IN_QUERY), encode(value, RESERVED_IN_QUERY)))
        .collect::<Vec<_>>();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encode(text: &str, reserved: &'static AsciiSet) -> String {
    percent_encode(text.as_bytes(), reserved).to_string()
}

/// As `20150830T123600Z`. The calendar is computed as in `civil_from_days` of Howard Hinnant's "chrono-Compatible
/// Low-Level Date Algorithms": years begin in March there, so that the leap day is the last.
fn iso8601(unix: Duration) -> String {
    let seconds = unix.as_secs();
    // Since the first of March of the year 0.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}
