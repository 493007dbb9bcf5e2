//! Statements that anyone with the public key can verify, and what comes back for them.

use std::error::Error as _;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tiercel_upstream::Kind;
use tiercel_upstream::signing::service_account::{Claims, Key, read_token, token_request};

/// Made for these tests: it opens nothing.
const PEM: &str = include_str!("rsa_key.pem");

const CLAIMS: Claims<'static> = Claims {
    email: "tiercel@project.iam.gserviceaccount.com",
    key_id: "key-1",
    scope: "https://www.googleapis.com/auth/cloud-platform",
    audience: "https://oauth2.googleapis.com/token",
};

const NOW: Duration = Duration::from_millis(1_795_566_840_900);

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn a_statement_says_who_asks_for_what_and_for_how_long() {
    let claims = Claims { email: "a \"quoted\" name", ..CLAIMS };
    let assertion = Key::parse(PEM).unwrap().assertion(&claims, NOW).unwrap();
    let parts = assertion.split('.').collect::<Vec<_>>();

    assert_eq!(3, parts.len());
    assert_eq!(json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}), decoded(parts[0]));
    assert_eq!(
        json!({
            "iss": "a \"quoted\" name",
            "scope": CLAIMS.scope,
            "aud": CLAIMS.audience,
            "iat": 1_795_566_840,
            "exp": 1_795_570_440,
        }),
        decoded(parts[1])
    );
}

#[test]
fn a_statement_is_signed_by_the_key() {
    let der = PrivatePkcs8KeyDer::from_pem_slice(PEM.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let assertion = Key::parse(PEM).unwrap().assertion(&CLAIMS, NOW).unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();

    assert!(public.verify(signed.as_bytes(), &signature).is_ok());
    assert!(public.verify(&signed.as_bytes()[1..], &signature).is_err());
}

#[test]
fn what_is_no_rsa_key_is_refused_and_a_key_shows_nothing() {
    let check = |name: &str, pem: &str, expected: &str| {
        let error = Key::parse(pem).unwrap_err();

        assert_eq!(Kind::Configuration, error.kind(), "{name}");
        assert!(error.to_string().contains(expected), "{name}: {error}");
    };
    check("nothing", "", "is not PEM");
    check("one line, as it is in JSON", &PEM.replace('\n', "\\n"), "with line ends and not \\n between");
    check("cut off", &PEM[..800], "is not PEM");
    check("damaged", &PEM.replace("MII", "MIJ"), "is not an RSA key");
    check("another kind of key", &rcgen::KeyPair::generate().unwrap().serialize_pem(), "is not an RSA key");

    assert_eq!("***", format!("{:?}", Key::parse(PEM).unwrap()));
}

#[test]
fn a_token_is_asked_for_in_a_form() {
    let expected = b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b-c.d_e";

    assert_eq!(expected.as_slice(), token_request("a.b-c.d_e"));
}

#[test]
fn tokens_as_they_come() {
    let check = |name: &str, seconds: &str, expected: u64| {
        let body = format!(r#"{{"access_token":"ya29.a_b","expires_in":{seconds},"token_type":"Bearer"}}"#);
        let token = read_token(body.as_bytes()).ok().unwrap();

        assert_eq!(("ya29.a_b", expected), (token.access_token.as_str(), token.expires_in.as_secs()), "{name}");
    };
    check("an hour", "3599", 3_599);
    check("longer than anyone should rely on", "18446744073709551615", 86_400);
}

#[test]
fn answers_that_hold_no_token() {
    let check = |name: &str, body: &str, kind: Kind, source: Option<&str>| {
        let error = read_token(body.as_bytes()).err().unwrap();

        assert_eq!(kind, error.kind(), "{name}");
        assert_eq!(source, error.source().map(ToString::to_string).as_deref(), "{name}");
    };
    check(
        "a refusal tells its code and nothing else",
        r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
        Kind::Configuration,
        Some("invalid_grant"),
    );
    check("a refusal without a word", r#"{"error":{"code":403}}"#, Kind::Configuration, Some("no code says why"));
    check("no token", r#"{"expires_in":3599}"#, Kind::Malformed, None);
    check("a token that fits no header", r#"{"access_token":"a\nb","expires_in":3599}"#, Kind::Malformed, None);
    check("an empty token", r#"{"access_token":"","expires_in":3599}"#, Kind::Malformed, None);
    check("a token that has expired", r#"{"access_token":"a","expires_in":0}"#, Kind::Malformed, None);
    check("a token for ever", r#"{"access_token":"a"}"#, Kind::Malformed, None);
    check("a list", "[]", Kind::Malformed, None);
    check("more than a token takes", &" ".repeat(64 * 1024 + 1), Kind::TooLarge, None);

    let error = read_token(b"<html>").err().unwrap();
    assert_eq!(Kind::Malformed, error.kind(), "no JSON");
}
