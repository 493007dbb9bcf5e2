//! Tokens that a provider wants in place of a key: fetched when there is none, renewed before they end.

use std::time::Duration;

use crate::transcript::Seen;
use crate::upstream::*;
use crate::world::{Request, World};

const ANSWER: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#;

fn request() -> Request {
    Request::chat("vertex/gemini-flash")
}

fn token(name: &str) -> Script {
    vec![answer(200, "", &format!(r#"{{"access_token":"{name}","expires_in":3600,"token_type":"Bearer"}}"#))]
}

fn answered() -> Script {
    vec![answer(200, "content-type: application/json\r\n", ANSWER)]
}

/// Who was asked, what came of it, and the token that the provider was shown.
fn check(case: &str, seen: &Seen, expected: &str, shown: Option<&str>) {
    let last = seen.to_upstream.last().map(|sent| String::from_utf8_lossy(sent).into_owned()).unwrap_or_default();
    let token = last.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));

    assert_eq!((expected, shown), (&*seen.outline(), token), "{case}");
}

#[test]
fn when_a_token_is_fetched() {
    let mut world = World::new();
    let seen = world.run(&request(), &[token("first"), answered()]);
    check("the first call fetches one", &seen, "token, vertex: 200 (vertex/gemini-flash: answered)", Some("first"));
    let asked = String::from_utf8_lossy(&seen.to_upstream[0]).into_owned();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\nhost: token.test\r\n"), "{asked}");
    assert!(
        asked.contains("\r\n\r\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"),
        "{asked}"
    );

    let alone = "vertex: 200 (vertex/gemini-flash: answered)";
    check("the next one uses it", &world.run(&request(), &[answered()]), alone, Some("first"));
    world.pass(Duration::from_secs(3_400));
    let seen = world.run(&request(), &[token("second"), answered()]);
    check(
        "shortly before its end it is renewed",
        &seen,
        "token, vertex: 200 (vertex/gemini-flash: answered)",
        Some("second"),
    );
    check("and used again", &world.run(&request(), &[answered()]), alone, Some("second"));
    world.pass(Duration::from_secs(3_600));
    let seen = world.run(&request(), &[token("third"), answered()]);
    check(
        "one that has ended is not shown",
        &seen,
        "token, vertex: 200 (vertex/gemini-flash: answered)",
        Some("third"),
    );
}

#[test]
fn what_becomes_of_one_that_cannot_be_renewed() {
    let both = "token, vertex: 200 (vertex/gemini-flash: answered)";
    let check_renewal = |case, script| {
        let mut world = World::new();
        world.run(&request(), &[token("first"), answered()]);
        world.pass(Duration::from_secs(3_400));
        check(case, &world.run(&request(), &[script, answered()]), both, Some("first"));
        let alone = "vertex: 200 (vertex/gemini-flash: answered)";
        check("nobody tries again at once", &world.run(&request(), &[answered()]), alone, Some("first"));
        world.pass(Duration::from_secs(30));
        check("but soon", &world.run(&request(), &[token("second"), answered()]), both, Some("second"));
    };
    check_renewal("its server fails", vec![answer(503, "", "")]);
    check_renewal("its server cannot be reached", vec![Act::Refuse]);
    check_renewal("it is refused", vec![answer(400, "", r#"{"error":"invalid_grant"}"#)]);
}

#[test]
fn what_becomes_of_one_that_is_not_taken() {
    let refused = || vec![answer(401, "", "")];
    let both = "token, vertex: 200 (vertex/gemini-flash: answered)";
    let mut world = World::new();
    world.run(&request(), &[token("first"), answered()]);
    let seen = world.run(&request(), &[refused()]);
    check("one that was taken before", &seen, "vertex: 503 (vertex/gemini-flash: credential)", Some("first"));
    let seen = world.run(&request(), &[token("second"), answered()]);
    check("may have been revoked: the next call fetches another", &seen, both, Some("second"));

    let mut world = World::new();
    let seen = world.run(&request(), &[token("first"), refused()]);
    check("a new one", &seen, "token, vertex: 503 (vertex/gemini-flash: credential)", Some("first"));
    let seen = world.run(&request(), &[token("second"), answered()]);
    check("is the account's fault, which is left alone", &seen, ": 503 ()", None);
    world.pass(Duration::from_secs(30));
    let seen = world.run(&request(), &[token("second"), answered()]);
    check("and tried again with another token", &seen, both, Some("second"));
}

#[test]
fn what_happens_where_there_is_none() {
    let check_failure = |case, script: Script, expected| {
        check(case, &World::new().run(&request(), &[script.clone(), script.clone(), script]), expected, None);
    };
    let refused = vec![answer(400, "", r#"{"error":"invalid_grant"}"#)];
    check_failure("it is refused", refused, "token: 503 (vertex/gemini-flash: credential)");
    let broken = vec![answer(500, "", "")];
    check_failure(
        "its server fails",
        broken,
        "token, token, token: 502 (vertex/gemini-flash: status_500, vertex/gemini-flash: status_500, vertex/gemini-flash: status_500)",
    );
    check_failure(
        "its server cannot be reached",
        vec![Act::Refuse],
        "token, token, token: 502 (vertex/gemini-flash: connect, vertex/gemini-flash: connect, vertex/gemini-flash: connect)",
    );
    let nonsense = vec![answer(200, "", "{}")];
    check_failure("its answer is none", nonsense, "token: 503 (vertex/gemini-flash: credential)");
}

#[test]
fn a_token_is_told_to_nobody() {
    let refusal = answer(400, "x-goog-request-id: first\r\n", r#"{"error":{"message":"bad token first-token"}}"#);
    let seen = World::new().run(&request(), &[token("first-token"), vec![refusal]]);

    assert!(seen.reply.is_some_and(|reply| !String::from_utf8_lossy(&reply.body).contains("first-token")));
}
