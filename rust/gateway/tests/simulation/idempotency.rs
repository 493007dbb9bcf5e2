//! Requests that come again with the same key.

use std::slice;
use std::time::Duration;

use tiercel_gateway::{Call, Next, Reply};

use crate::transcript::{Seen, header};
use crate::upstream::*;
use crate::world::{Request, World};

const NEARLY_A_DAY: Duration = Duration::from_secs(24 * 3_600 - 5);
const HEL: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn chat() -> Request {
    Request::chat("one/small").header("idempotency-key", "order-1")
}

fn stream() -> Script {
    vec![stream_head(), event(HEL), event(STOP), event("[DONE]"), last_chunk()]
}

/// How many were asked, the status, and what the log says came of the key.
fn outline(seen: &Seen) -> (usize, u64, Option<&str>) {
    (seen.asked.len(), seen.line["status"].as_u64().unwrap(), seen.line["idempotent"].as_str())
}

fn body(seen: &Seen) -> String {
    let whole = seen.reply.as_ref().map_or(&[][..], |reply| &reply.body);
    String::from_utf8([&seen.body, whole].concat()).unwrap()
}

#[test]
fn what_comes_again_gets_the_answer_that_was_given() {
    let check = |case: &str, request: Request, script: Script| {
        let mut world = World::new();
        let first = world.run(&request, slice::from_ref(&script));
        assert_eq!((1, 200, Some("stored")), outline(&first), "{case}");
        world.pass(NEARLY_A_DAY);
        let second = world.run(&request, &[]);

        assert_eq!((0, 200, Some("replayed")), outline(&second), "{case}");
        assert_eq!(body(&first), body(&second), "{case}");
        for name in ["content-type", "x-tiercel-model", "x-tiercel-reason", "cache-control"] {
            assert_eq!(first.header(name), second.header(name), "{case}: {name}");
        }
        let told = [&first, &second].map(|seen| seen.header("x-tiercel-idempotent"));
        assert_eq!([None, Some("replayed")], told, "{case}");
        assert_ne!(first.header("x-request-id"), second.header("x-request-id"), "{case}");
        assert_eq!((Some(0), &0.into()), (second.line["cost_nano_dollars"].as_u64(), &second.line["usage"]["output"]));
        world.pass(Duration::from_secs(6));
        let third = world.run(&request, &[script]);
        assert_eq!((1, 200, Some("stored")), outline(&third), "{case}");
    };
    check("an answer", chat(), vec![completion()]);
    check("a stream", chat().with(r#""stream":true"#), stream());
    let silent = [vec![stream_head(), Act::Pause(4_000)], stream()[1..].to_vec()].concat();
    check("a stream that began late", chat().with(r#""stream":true"#), silent);
}

#[test]
fn what_is_not_kept() {
    let check = |case: &str, request: Request, script: Script| {
        let mut world = World::new();
        let first = world.run(&request, &[script.clone(), script.clone(), script]);
        assert_eq!(Some("released"), first.line["idempotent"].as_str(), "{case}");
        let again = world.run(&chat(), &[vec![completion()]]);

        assert_eq!((1, 200, Some("stored")), outline(&again), "{case}");
    };
    let streamed = || chat().with(r#""stream":true"#);
    let begun = |act| vec![stream_head(), event(HEL), act];
    check("a refusal", chat(), vec![answer(400, "", r#"{"error":{"message":"no"}}"#)]);
    check("no answer", chat(), vec![Act::Refuse]);
    check("nonsense", chat(), vec![answer(200, "", "{")]);
    check("a client that left", chat(), vec![Act::Pause(10), Act::Leave]);
    check("a stream that broke off", streamed(), begun(Act::Close));
    check("a stream whose client left", streamed(), begun(Act::Leave));
    check("a stream that was stopped", streamed(), begun(Act::Interrupt));
}

#[test]
fn what_else_makes_a_request_another() {
    let check = |case: &str, request: Request, expected| {
        let mut world = World::new();
        world.run(&chat(), &[vec![completion()]]);
        assert_eq!(expected, outline(&world.run(&request, &[vec![completion()]])), "{case}");
    };
    check("another key", Request::chat("one/small").header("idempotency-key", "order-2"), (1, 200, Some("stored")));
    check("no key", Request::chat("one/small"), (1, 200, None));
    check("another body", chat().with(r#""seed":1"#), (0, 422, Some("reused")));
    check("another header", chat().header("openai-beta", "x=v2"), (0, 422, Some("reused")));
    check("a key that is none", Request::chat("one/small").header("idempotency-key", "a b"), (0, 400, None));
}

#[test]
fn an_answer_that_is_too_large_is_given_once() {
    let mut world = World::new().renew("[failover]", "[idempotency]\nmax_answer = \"100B\"\n[failover]", "a@acme.test");

    assert_eq!((1, 200, Some("too_large")), outline(&world.run(&chat(), &[vec![completion()]])));
    assert_eq!((1, 200, Some("too_large")), outline(&world.run(&chat(), &[vec![completion()]])));
}

#[test]
fn the_oldest_are_forgotten() {
    let settings = "[idempotency]\nmax_answers = 4\n[failover]";
    let mut world = World::new().renew("[failover]", settings, "a@acme.test");
    let keyed = |key| Request::chat("one/small").header("idempotency-key", key);
    for key in ["1", "2", "3", "4"] {
        assert_eq!((1, 200, Some("stored")), outline(&world.run(&keyed(key), &[vec![completion()]])));
        assert_eq!((1, 200, Some("no_room")), outline(&world.run(&keyed("5"), &[vec![completion()]])));
        world.pass(Duration::from_secs(1));
        world.gateway.tick(world.now);
    }

    assert_eq!((0, 200, Some("replayed")), outline(&world.run(&keyed("2"), &[])));
    assert_eq!((1, 200, Some("stored")), outline(&world.run(&keyed("1"), &[vec![completion()]])));
}

#[test]
fn it_can_be_turned_off() {
    let mut world = World::new().renew("[failover]", "[idempotency]\nenabled = false\n[failover]", "a@acme.test");
    world.run(&chat(), &[vec![completion()]]);

    assert_eq!((1, 200, None), outline(&world.run(&chat(), &[vec![completion()]])));
}

#[test]
fn what_is_kept_outlives_a_reload() {
    let mut world = World::new();
    world.run(&chat(), &[vec![completion()]]);
    let mut renewed = world.renew("", "", "a@acme.test");

    assert_eq!((0, 200, Some("replayed")), outline(&renewed.run(&chat(), &[])));
}

/// The answer to `call`, whose only attempt is answered at once.
fn answered(world: &World, call: &mut Call) -> Reply {
    if let (Next::Attempt(ticket), Act::Send(bytes)) = (call.next_attempt(world.now), completion()) {
        let mut connection = world.gateway.connect(ticket.origin).unwrap();
        connection.begin(call, world.now);
        connection.feed(call, &bytes, world.now);
    }
    let reply = call.take_reply(world.now).unwrap();
    call.settle(world.now);
    reply
}

/// How long `call` waits, in all.
fn waited(world: &mut World, call: &mut Call) -> Duration {
    let began = world.now;
    while let Next::Pause { time, is_queued: false } = call.next_attempt(world.now) {
        world.pass(time);
    }
    world.now.since(began)
}

#[test]
fn who_comes_meanwhile_waits() {
    let mut world = World::new();
    let (mut first, mut second) = (world.open(&chat()), world.open(&chat()));
    first.next_attempt(world.now);
    assert_eq!(Next::Pause { time: Duration::from_millis(20), is_queued: false }, second.next_attempt(world.now));
    world.pass(Duration::from_millis(20));
    assert_eq!(Next::Pause { time: Duration::from_millis(40), is_queued: false }, second.next_attempt(world.now));
    let reply = answered(&world, &mut first);
    assert_eq!(Next::Over, second.next_attempt(world.now));

    let again = second.take_reply(world.now).unwrap();
    assert_eq!((reply.body, Some("replayed")), (again.body.clone(), header(&again, "x-tiercel-idempotent")));
    second.settle(world.now);
    let words: Vec<_> = world.log().iter().map(|line| line["idempotent"].as_str().map(str::to_owned)).collect();
    assert_eq!(vec![Some("stored".to_owned()), Some("waited".to_owned())], words);
}

#[test]
fn who_waits_for_what_fails_is_next() {
    let mut world = World::new();
    let (mut first, mut second) = (world.open(&chat()), world.open(&chat()));
    first.next_attempt(world.now);
    second.next_attempt(world.now);
    first.settle(world.now);
    world.pass(Duration::from_millis(20));

    assert_eq!(200, answered(&world, &mut second).status);
}

#[test]
fn who_comes_meanwhile_with_another_request_does_not_wait() {
    let mut world = World::new();
    let (mut first, mut second) = (world.open(&chat()), world.open(&chat().with(r#""seed":1"#)));
    first.next_attempt(world.now);

    assert_eq!(Duration::ZERO, waited(&mut world, &mut second));
    assert_eq!(422, second.take_reply(world.now).unwrap().status);
}

#[test]
fn nobody_waits_for_ever() {
    let check = |case, request: Request, expected| {
        let mut world = World::new();
        let (mut first, mut second) = (world.open(&chat()), world.open(&request));
        first.next_attempt(world.now);
        assert_eq!(Duration::from_secs(expected), waited(&mut world, &mut second), "{case}");
        let reply = second.take_reply(world.now).unwrap();

        assert_eq!((409, Some("1")), (reply.status, header(&reply, "retry-after")), "{case}");
        assert!(String::from_utf8_lossy(&reply.body).contains("idempotency_key_in_use"), "{case}");
    };
    check("as long as a call may take", chat(), 10);
    check("as long as the client waits", chat().header("x-stainless-timeout", "3"), 3);
}
