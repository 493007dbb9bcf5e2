//! What goes through: images, sound, files. Nothing of it is read but the model.

use expect_test::{Expect, expect};

use crate::transcript::Seen;
use crate::upstream::*;
use crate::world::{Request, World};

const FORM: &str = "--XX\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\none/whisper\r\n--XX--\r\n";

fn get(path: &'static str) -> Request {
    Request { method: "GET", path, body: String::new(), ..Request::chat("all") }
}

fn post(path: &'static str, body: &str) -> Request {
    Request { path, body: body.to_owned(), ..Request::chat("all") }.header("content-type", "application/json")
}

fn check(case: &str, request: &Request, script: Script, expected: &Expect) {
    let seen = World::new().run(request, &[script, vec![answer(200, "", "second")]]);

    expected.assert_eq(&format!("{case}\n{}{seen}", line(&seen)));
}

/// The first line of what the provider got.
fn line(seen: &Seen) -> String {
    let sent = seen.to_upstream.first().map(|sent| String::from_utf8_lossy(sent).into_owned());
    sent.map_or(String::new(), |sent| format!("{}\n", sent.lines().next().unwrap_or_default()))
}

#[test]
fn whole_answers() {
    let image = r#"{"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":9,"output_tokens":100}}"#;
    check(
        "an image, whose tokens are told",
        &post("/v1/images/generations", r#"{"model":"one/small","prompt":"a cat"}"#),
        vec![answer(200, "content-type: application/json\r\n", image)],
        &expect![[r#"
            an image, whose tokens are told
            POST /v1/images/generations HTTP/1.1
            ask one at 0 ms
            answer 200
            {"created":1,"data":[{"b64_json":"aGk="}],"usage":{"input_tokens":9,"output_tokens":100}}
            log 200 answered, one/small answered 0 ms; 9 + 100 tokens, 209000 n$
        "#]],
    );
    check(
        "a moderation without a model goes to the first provider",
        &post("/v1/moderations", r#"{"input":"Hi"}"#),
        vec![answer(200, "content-type: application/json\r\n", r#"{"results":[]}"#)],
        &expect![[r#"
            a moderation without a model goes to the first provider
            POST /v1/moderations HTTP/1.1
            ask one at 0 ms
            answer 200
            {"results":[]}
            log 200 answered, one/moderation answered 0 ms; 0 + 0 tokens, no price
        "#]],
    );
    check(
        "a list of files of the provider that is named",
        &get("/v1/files").header("x-tiercel-provider", "one"),
        vec![answer(200, "content-type: application/json\r\n", r#"{"data":[]}"#)],
        &expect![[r#"
            a list of files of the provider that is named
            GET /v1/files HTTP/1.1
            ask one at 0 ms
            answer 200
            {"data":[]}
            log 200 answered, one/files answered 0 ms; 0 + 0 tokens, no price
        "#]],
    );
    check(
        "a file that is not there",
        &get("/v1/files/file-1"),
        vec![answer(404, "content-type: application/json\r\n", r#"{"error":{"message":"No such File"}}"#)],
        &expect![[r#"
            a file that is not there
            GET /v1/files/file-1 HTTP/1.1
            ask one at 0 ms
            answer 404, x-should-retry false
            {"error":{"message":"No such File"}}
            log 404 rejected upstream_refused, one/files answered 0 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    check(
        "a provider's fault leads to the next deployment",
        &post("/v1/audio/speech", r#"{"model":"all","input":"Hi"}"#),
        vec![answer(500, "", "")],
        &expect![[r#"
            a provider's fault leads to the next deployment
            POST /v1/audio/speech HTTP/1.1
            ask one at 0 ms
            ask two at 0 ms
            answer 200
            second
            log 200 answered, one/small status_500 0 ms, two/small answered 0 ms; 0 + 0 tokens, no price
        "#]],
    );
}

#[test]
fn answers_that_come_in_pieces() {
    let speech = || post("/v1/audio/speech", r#"{"model":"one/tts","input":"Hi"}"#);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\n";
    let with_length = |length: &str| Act::Send(format!("{head}content-length: {length}\r\n\r\n").into_bytes());
    let chunked = || Act::Send(format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes());
    check(
        "sound with its length",
        &speech(),
        vec![with_length("4"), Act::Send(b"ab".to_vec()), Act::Pause(20), Act::Send(b"cd".to_vec())],
        &expect![[r#"
            sound with its length
            POST /v1/audio/speech HTTP/1.1
            ask one at 0 ms
            answer 200
            abcd
            log 200 answered, one/tts answered 20 ms; 0 + 0 tokens, no price
        "#]],
    );
    check(
        "sound without",
        &speech(),
        vec![chunked(), Act::Send(chunk("ab")), Act::Send(chunk("cd")), last_chunk()],
        &expect![[r#"
            sound without
            POST /v1/audio/speech HTTP/1.1
            ask one at 0 ms
            answer 200
            abcd
            log 200 answered, one/tts answered 0 ms; 0 + 0 tokens, no price
        "#]],
    );
    check(
        "sound that breaks off",
        &speech(),
        vec![chunked(), Act::Send(chunk("ab")), Act::Close],
        &expect![[r#"
        sound that breaks off
        POST /v1/audio/speech HTTP/1.1
        ask one at 0 ms
        answer 200
        ab
        log 200 interrupted truncated, one/tts truncated 0 ms; 0 + 0 tokens, no price
    "#]],
    );
    check(
        "sound that stalls",
        &speech(),
        vec![chunked(), Act::Send(chunk("ab"))],
        &expect![[r#"
        sound that stalls
        POST /v1/audio/speech HTTP/1.1
        ask one at 0 ms
        answer 200
        ab
        log 200 interrupted timeout_between_tokens, one/tts timeout_between_tokens 4000 ms; 0 + 0 tokens, no price
    "#]],
    );
    check(
        "a head and no more",
        &speech(),
        vec![chunked(), Act::Close],
        &expect![[r#"
            a head and no more
            POST /v1/audio/speech HTTP/1.1
            ask one at 0 ms
            ask one at 0 ms
            answer 200
            second
            log 200 answered, one/tts truncated 0 ms, one/tts answered 0 ms; 0 + 0 tokens, no price
        "#]],
    );
}

#[test]
fn forms() {
    let request = Request { path: "/v1/audio/transcriptions", body: FORM.to_owned(), ..Request::chat("all") };
    let request = request.header("content-type", "multipart/form-data; boundary=XX");
    let seen = World::new().run(&request, &[vec![answer(200, "content-type: application/json\r\n", "{}")]]);
    let sent = String::from_utf8_lossy(&seen.to_upstream[0]).into_owned();

    assert!(sent.ends_with(&FORM.replace("one/whisper", "whisper")), "{sent}");
    assert!(sent.contains("\r\ncontent-type: multipart/form-data; boundary=XX\r\n"), "{sent}");
}

#[test]
fn what_is_refused() {
    let check = |case, request: &Request, status| {
        let seen = World::new().run(request, &[]);
        assert_eq!((Some(status), 0), (seen.answer().map(|reply| reply.status), seen.asked.len()), "{case}");
    };
    check("speech without a model", &post("/v1/audio/speech", "{}"), 400);
    check("a model that is not allowed", &post("/v1/audio/speech", r#"{"model":"two/tts"}"#), 403);
    check("an unknown provider", &get("/v1/files").header("x-tiercel-provider", "nobody"), 404);
    check("a provider that is not allowed", &get("/v1/files").header("x-tiercel-provider", "two"), 403);
    check("a method that the path does not take", &Request { method: "PATCH", ..get("/v1/files") }, 405);
}
