//! Requests that are answered before anything is sent.

use tiercel_gateway::{Error, Failure, Incoming, Kind, Next};

use crate::transcript::header;
use crate::upstream::completion;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, expected: &str) {
    let seen = World::new().run(request, &[]);
    let error = seen.error();
    let text = |name: &str| error[name].as_str().unwrap_or("-").to_owned();
    let status = seen.answer().unwrap().status;
    let told = format!("{status} {} {} {}: {}", text("type"), text("code"), text("param"), text("message"));

    assert_eq!(expected, told, "{case}");
    assert_eq!(Some("false"), seen.header("x-should-retry"), "{case}");
    assert_eq!((&error["code"], Some("rejected")), (&seen.line["error_kind"], seen.line["outcome"].as_str()), "{case}");
    assert!(seen.asked.is_empty(), "{case}");
    assert!(seen.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{case}");
    assert_eq!(seen.header("x-request-id"), seen.header("request-id"), "{case}");
}

#[test]
fn what_is_refused() {
    let chat = || Request::chat("all");
    let (none, wrong) = (vec![("host", "localhost")], vec![("host", "localhost"), ("x-api-key", "sk-shop2")]);
    check(
        "an unknown model",
        &Request::chat("al"),
        "404 invalid_request_error model_not_found model: the model `al` does not exist; did you mean `all`? (there are: auto, all, pair, mixed, one/small, claude/small)",
    );
    check(
        "a model that the key may not use",
        &Request::chat("two/small"),
        "403 permission_error forbidden model: this API key may not use the model `two/small`",
    );
    check(
        "no key",
        &Request { headers: none, ..chat() },
        "401 authentication_error missing_api_key -: send a key, as `Authorization: Bearer <key>`",
    );
    check(
        "an unknown key",
        &Request { headers: wrong, ..chat() },
        "401 authentication_error invalid_api_key -: the key is not known here",
    );
    check(
        "two keys",
        &chat().header("x-api-key", "other"),
        "400 invalid_request_error conflicting_credentials -: two different credentials came; send one",
    );
    check(
        "a ring of gateways",
        &chat().header("x-tiercel-hop", "3"),
        "508 server_error loop_detected -: this request has come through Tiercel three times; a provider's base_url leads back to a gateway",
    );
    check(
        "no JSON",
        &Request { body: "{".to_owned(), ..chat() },
        "400 invalid_request_error malformed_body -: invalid JSON at byte 1: a string was expected; send one JSON object in UTF-8",
    );
    check(
        "no messages",
        &Request { body: r#"{"model":"all"}"#.to_owned(), ..chat() },
        "400 invalid_request_error malformed_body messages: `messages` is missing; send an array with at least one message",
    );
    check(
        "a compressed body",
        &chat().header("content-encoding", "gzip"),
        "415 invalid_request_error unsupported_encoding -: send the body uncompressed",
    );
    check(
        "an unknown path",
        &Request { path: "/v2", ..chat() },
        "404 invalid_request_error unknown_path -: there is nothing at this path; the OpenAI API is under /v1, e.g. POST /v1/chat/completions",
    );
    check(
        "a reload by a key that has not the right",
        &Request { path: "/tiercel/reload", ..chat() },
        "403 permission_error forbidden -: this key may not change the gateway; give it `admin = true` in the configuration",
    );
    check(
        "GET",
        &Request { method: "GET", ..chat() },
        "405 invalid_request_error method_not_allowed -: this path takes POST only",
    );
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
    assert!(matches!(call.next_attempt(world.now), Next::Attempt(_)));
}

#[test]
fn a_call_that_pauses_as_the_drain_ends_makes_no_attempt_any_more() {
    let mut world = World::new();
    let mut call = world.open(&Request::chat("one/small"));
    assert!(matches!(call.next_attempt(world.now), Next::Attempt(_)));
    call.fail_connection(Failure::Overloaded(None), world.now);
    let Next::Pause { time, .. } = call.next_attempt(world.now) else { panic!("no pause") };
    world.gateway.interrupt();
    world.pass(time);
    assert_eq!(Next::Over, call.next_attempt(world.now));

    let reply = call.take_reply(world.now).unwrap();
    assert_eq!((503, Some("1")), (reply.status, header(&reply, "retry-after")));
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
    assert_eq!(Next::Over, call.next_attempt(world.now));
    call.settle(world.now);
    let line = &world.log()[0];
    assert_eq!(("shop", "body_too_large"), (line["principal"].as_str().unwrap(), line["error_kind"].as_str().unwrap()));
}
