//! Requests that are answered before anything is sent.

use expect_test::{Expect, expect};
use tiercel_gateway::{Error, Incoming, Kind};

use crate::transcript::header;
use crate::upstream::completion;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, expected: &Expect) {
    let mut world = World::new();
    let seen = world.run(request, &[]);

    expected.assert_eq(&format!("{case}\n{seen}"));
    assert!(seen.asked.is_empty(), "{case}");
    assert!(seen.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{case}");
    assert_eq!(seen.header("x-request-id"), seen.header("request-id"), "{case}");
}

#[test]
fn what_is_refused() {
    let chat = || Request::chat("all");
    check("an unknown model", &Request::chat("al"), &expect![[r#"
        an unknown model
        answer 404, x-should-retry false
        {"error":{"message":"the model `al` does not exist; did you mean `all`? (there are: auto, all, one/small)","type":"invalid_request_error","param":"model","code":"model_not_found"}}
        log 404 rejected model_not_found; 0 + 0 tokens, 0 n$
    "#]]);
    check("a model that the key may not use", &Request::chat("two/small"), &expect![[r#"
        a model that the key may not use
        answer 403, x-should-retry false
        {"error":{"message":"this API key may not use the model `two/small`","type":"permission_error","param":"model","code":"forbidden"}}
        log 403 rejected forbidden; 0 + 0 tokens, 0 n$
    "#]]);
    check("no key", &Request { headers: vec![("host", "localhost")], ..chat() }, &expect![[r#"
        no key
        answer 401, x-should-retry false
        {"error":{"message":"send a key, as `Authorization: Bearer <key>`","type":"authentication_error","param":null,"code":"missing_api_key"}}
        log 401 rejected missing_api_key; 0 + 0 tokens, 0 n$
    "#]]);
    let wrong = vec![("host", "localhost"), ("authorization", "Bearer sk-shop2")];
    check("an unknown key", &Request { headers: wrong, ..chat() }, &expect![[r#"
        an unknown key
        answer 401, x-should-retry false
        {"error":{"message":"the key is not known here","type":"authentication_error","param":null,"code":"invalid_api_key"}}
        log 401 rejected invalid_api_key; 0 + 0 tokens, 0 n$
    "#]]);
    check("two keys", &chat().header("x-api-key", "other"), &expect![[r#"
        two keys
        answer 400, x-should-retry false
        {"error":{"message":"two different credentials came; send one","type":"invalid_request_error","param":null,"code":"conflicting_credentials"}}
        log 400 rejected conflicting_credentials; 0 + 0 tokens, 0 n$
    "#]]);
    check("a ring of gateways", &chat().header("x-tiercel-hop", "3"), &expect![[r#"
        a ring of gateways
        answer 508, x-should-retry false
        {"error":{"message":"this request has come through Tiercel three times; a provider's base_url leads back to a gateway","type":"server_error","param":null,"code":"loop_detected"}}
        log 508 rejected loop_detected; 0 + 0 tokens, 0 n$
    "#]]);
    check("no JSON", &Request { body: "{".to_owned(), ..chat() }, &expect![[r#"
        no JSON
        answer 400, x-should-retry false
        {"error":{"message":"invalid JSON at byte 1: a string was expected; send one JSON object in UTF-8","type":"invalid_request_error","param":null,"code":"malformed_body"}}
        log 400 rejected malformed_body; 0 + 0 tokens, 0 n$
    "#]]);
    check("no messages", &Request { body: r#"{"model":"all"}"#.to_owned(), ..chat() }, &expect![[r#"
        no messages
        answer 400, x-should-retry false
        {"error":{"message":"`messages` is missing; send an array with at least one message","type":"invalid_request_error","param":"messages","code":"malformed_body"}}
        log 400 rejected malformed_body; 0 + 0 tokens, 0 n$
    "#]]);
    check("a compressed body", &chat().header("content-encoding", "gzip"), &expect![[r#"
        a compressed body
        answer 415, x-should-retry false
        {"error":{"message":"send the body uncompressed","type":"invalid_request_error","param":null,"code":"unsupported_encoding"}}
        log 415 rejected unsupported_encoding; 0 + 0 tokens, 0 n$
    "#]]);
    check("an unknown path", &Request { path: "/v2", ..chat() }, &expect![[r#"
        an unknown path
        answer 404, x-should-retry false
        {"error":{"message":"there is nothing at this path; the OpenAI API is under /v1, e.g. POST /v1/chat/completions","type":"invalid_request_error","param":null,"code":"unknown_path"}}
        log 404 rejected unknown_path; 0 + 0 tokens, 0 n$
    "#]]);
    check("GET", &Request { method: "GET", ..chat() }, &expect![[r#"
        GET
        answer 405, x-should-retry false
        {"error":{"message":"this path takes POST only","type":"invalid_request_error","param":null,"code":"method_not_allowed"}}
        log 405 rejected method_not_allowed; 0 + 0 tokens, 0 n$
    "#]]);
}

#[test]
fn the_hop_before_the_last_is_passed_on() {
    let seen = World::new().run(&Request::chat("all").header("x-tiercel-hop", "2"), &[vec![completion()]]);

    assert!(String::from_utf8_lossy(&seen.to_upstream[0]).contains("\r\nx-tiercel-hop: 3\r\n"));
}

#[test]
fn who_is_one_too_many_is_refused_at_once() {
    let mut world = World::new();
    let mut running = [world.open(&Request::chat("all")), world.open(&Request::chat("all"))];
    assert_eq!(2, world.n_in_flight());
    let mut refused = world.open(&Request::chat("all"));
    let reply = refused.take_reply(world.now).unwrap();
    assert_eq!((503, Some("1")), (reply.status, header(&reply, "retry-after")));
    refused.settle(world.now);

    for call in &mut running {
        call.settle(world.now);
    }
    world.log();
    assert_eq!(Some(200), world.run(&Request::chat("all"), &[vec![completion()]]).answer().map(|it| it.status));
}

#[test]
fn a_draining_gateway_takes_nothing_new_but_finishes_what_it_has() {
    let world = World::new();
    let mut call = world.open(&Request::chat("all"));
    world.gateway.drain();

    let mut refused = world.open(&Request::chat("all"));
    let reply = refused.take_reply(world.now).unwrap();
    assert_eq!((503, Some("1")), (reply.status, header(&reply, "retry-after")));
    let health = Request { method: "GET", path: "/health/ready", ..Request::chat("") };
    assert_eq!(503, world.open(&health).take_reply(world.now).unwrap().status);
    let live = Request { path: "/health/live", ..health };
    assert_eq!(200, world.open(&live).take_reply(world.now).unwrap().status);
    assert!(call.next_attempt(world.now).is_some());
}

#[test]
fn a_body_that_never_came_is_logged_with_who_sent_it() {
    let world = World::new();
    let request = Request::chat("all");
    let headers = request.headers();
    let incoming = Incoming { method: "POST", path: request.path, query: b"", headers: &headers, body: b"" };
    let error = Error::new(Kind::BodyTooLarge, "the body is larger than 10 MB");
    let mut call = world.gateway.reject(&incoming, &error, world.now);

    assert_eq!(413, call.take_reply(world.now).unwrap().status);
    assert!(call.next_attempt(world.now).is_none());
    call.settle(world.now);
    let line = &world.log()[0];
    assert_eq!(("shop", "body_too_large"), (line["principal"].as_str().unwrap(), line["error_kind"].as_str().unwrap()));
}
