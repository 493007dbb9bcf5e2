//! AWS's own test vectors, and requests to Bedrock as AWS's Python SDK signs them.

use std::time::Duration;

use proptest::prelude::*;
use tiercel_upstream::Request;
use tiercel_upstream::signing::sigv4::{Aws, sign};

const AWS: Aws<'static> = Aws {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
    region: "us-east-1",
    service: "service",
};

/// 2015-08-30T12:36:00Z.
const SUITE_TIME: Duration = Duration::from_secs(1_440_938_160);

const GET: Request<'static> =
    Request { method: "GET", target: "/", host: "example.amazonaws.com", headers: &[], body: b"" };

const POST: Request<'static> = Request { method: "POST", ..GET };

const FORM: Request<'static> = Request { body: b"Param1=value1", ..POST };

/// The last part of `authorization`: which headers are signed, and the signature.
fn signature(aws: &Aws<'_>, request: &Request<'_>, unix: Duration) -> String {
    let headers = sign(aws, request, unix);
    let (name, value) = headers.last().unwrap();

    assert_eq!("authorization", *name);
    value.split_once(" SignedHeaders=").unwrap().1.to_owned()
}

/// `expected` is the signature of a test of AWS's suite that has this name.
fn suite(name: &str, request: &Request<'_>, expected: &str) {
    let signature = signature(&AWS, request, SUITE_TIME);

    assert_eq!(expected, signature.rsplit('=').next().unwrap(), "{name}");
}

/// `v4` of the signing test suite in AWS's repository `aws-c-auth`; its other tests sign the query, or an S3 path.
#[test]
fn signatures_are_those_of_the_test_suite_of_aws() {
    let get = |name, target, expected| suite(name, &Request { target, ..GET }, expected);
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    get("get-vanilla", "/", vanilla);
    get("get-relative-normalized", "/example/..", vanilla);
    get("get-relative-relative-normalized", "/example1/example2/../..", vanilla);
    get("get-slash-dot-slash-normalized", "/./", vanilla);
    get("get-slash-normalized", "//", vanilla);
    get(
        "get-slash-pointless-dot-normalized",
        "/./example",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    );
    let folder = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84";
    get("get-slashes-normalized", "//example//", folder);
    get("the same, though not of the suite", "/example/.", folder);
    get("the same again", "/example/a/..", folder);
    get("get-space", "/example space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
    get(
        "get-unreserved",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    );
    get("get-utf8", "/\u{1234}", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
    get(
        "get-vanilla-empty-query-key",
        "/?Param1=value1",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    );
    get(
        "get-vanilla-query-order-encoded",
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    );
    get(
        "get-vanilla-query-order-key-case",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    );
    get("get-vanilla-utf8-query", "/?\u{1234}=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
    suite(
        "get-header-key-duplicate",
        &Request { headers: &[("My-Header1", b"value2"), ("My-Header1", b"value2"), ("My-Header1", b"value1")], ..GET },
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    );
    suite(
        "get-header-value-trim",
        &Request { headers: &[("My-Header1", b" value1"), ("My-Header2", b" \"a   b   c\"")], ..GET },
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    );
    suite("post-vanilla", &POST, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    suite(
        "post-vanilla-query",
        &Request { target: "/?Param1=value1", ..POST },
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    );
    suite(
        "post-header-value-case",
        &Request { headers: &[("My-Header1", b"VALUE1")], ..POST },
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    );
    let body = b"9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
    let length = ("Content-Length", b"13".as_slice());
    suite(
        "post-x-www-form-urlencoded",
        &Request {
            headers: &[("Content-Type", b"application/x-www-form-urlencoded"), length, ("X-Amz-Content-Sha256", body)],
            ..FORM
        },
        "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
    );
    suite(
        "post-x-www-form-urlencoded-parameters",
        &Request {
            headers: &[
                ("Content-Type", b"application/x-www-form-urlencoded; charset=utf-8"),
                length,
                ("X-Amz-Content-Sha256", body),
            ],
            ..FORM
        },
        "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
    );
}

#[test]
fn a_session_token_is_sent_and_signed() {
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let headers = sign(&Aws { session_token: Some(token), ..AWS }, &GET, SUITE_TIME);

    // get-vanilla-with-session-token of the suite.
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                         SignedHeaders=host;x-amz-date;x-amz-security-token, \
                         Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8";
    let expected = [
        ("x-amz-date", "20150830T123600Z".to_owned()),
        ("x-amz-security-token", token.to_owned()),
        ("authorization", authorization.to_owned()),
    ];
    assert_eq!(expected.as_slice(), headers);
}

/// `expected` was computed with botocore 1.44.8: `SigV4Auth`, at 2026-11-25T00:34:00Z.
fn bedrock(name: &str, target: &str, headers: &[(&str, &[u8])], session_token: Option<&str>, expected: &str) {
    let aws = Aws { service: "bedrock", session_token, ..AWS };
    let request = Request {
        target,
        host: "bedrock-runtime.us-east-1.amazonaws.com",
        headers,
        body: br#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#,
        ..POST
    };

    assert_eq!(expected, signature(&aws, &request, Duration::from_secs(1_795_566_840)), "{name}");
}

#[test]
fn requests_to_bedrock_are_signed_as_the_python_sdk_signs_them() {
    let json = ("content-type", b"application/json".as_slice());
    bedrock(
        "a model's version after an escaped colon",
        "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
        &[json],
        None,
        "content-type;host;x-amz-date, Signature=26c4e158836f4e5c9e6ea8dec8287feeaf17eec80f64dc5206d8b68d3fc5bf9d",
    );
    bedrock(
        "after a bare colon",
        "/model/anthropic.claude-3-haiku-20240307-v1:0/converse",
        &[json],
        None,
        "content-type;host;x-amz-date, Signature=0a7f170bbceddcedfb25ba1a73558b0d9974bec5c416165d6c12e23cc6102bb2",
    );
    bedrock(
        "an inference profile's ARN, a session token, and a header that proxies rewrite",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2F\
         us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
        &[json, ("User-Agent", b"tiercel"), ("Accept", b"application/vnd.amazon.eventstream")],
        Some("IQoJb3JpZ2luX2VjEXAMPLE//8="),
        "accept;content-type;host;x-amz-date;x-amz-security-token, \
         Signature=e61fb5c153bbcc217b894b5edfb927af9145dc89506221d050797925607d6809",
    );
}

#[test]
fn times_are_written_by_the_calendar() {
    let check = |unix, expected: &str| {
        assert_eq!(("x-amz-date", expected.to_owned()), sign(&AWS, &GET, Duration::from_secs(unix))[0]);
    };
    check(0, "19700101T000000Z");
    check(951_782_399, "20000228T235959Z");
    check(951_782_400, "20000229T000000Z");
    check(1_735_689_599, "20241231T235959Z");
    check(1_740_787_200, "20250301T000000Z");
    check(4_107_542_400, "21000301T000000Z");
}

proptest! {
    /// Nor does it matter in which order headers are given, or how their names are written.
    #[test]
    fn any_request_can_be_signed(
        target in "/\\PC{0,30}",
        name in "[A-Za-z-]{1,10}",
        value in prop::collection::vec(any::<u8>(), 0..20),
        unix: u64,
    ) {
        let unix = Duration::from_secs(unix);
        let other = ("0", b"1".as_slice());
        let small = name.to_ascii_lowercase();
        let as_given = Request { target: &target, headers: &[(&name, &value), other], ..GET };
        let turned = Request { target: &target, headers: &[other, (&small, &value)], ..GET };

        prop_assert_eq!(sign(&AWS, &as_given, unix), sign(&AWS, &turned, unix));
    }
}
