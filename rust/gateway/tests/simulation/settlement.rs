//! However a call ends, it is accounted for once.

use expect_test::{Expect, expect};
use serde_json::Value;
use tiercel_gateway::Next;

use crate::upstream::*;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, script: Script, expected: &Expect) {
    let mut world = World::new();
    let seen = world.run(request, &[script]);

    expected.assert_eq(&format!("{case}\n{seen}"));
    assert_eq!(1, world.metric("tiercel_requests_total"), "{case}");
}

#[test]
fn a_client_that_leaves_pays_for_what_was_delivered() {
    let plain = Request::chat("one/small");
    let events = Request::stream("one/small");
    let check = |case, request: &Request, script: Script, expected: Expect| check(case, request, script, &expected);
    check(
        "before anything came",
        &plain,
        vec![Act::Pause(9), Act::Leave],
        expect![[r#"
            before anything came
            ask one at 0 ms
            no answer
            log 499 client_gone, one/small abandoned 9 ms; 8 + 0 tokens estimated, 8000 n$
        "#]],
    );
    check(
        "in a stream",
        &events,
        vec![stream_head(), event(HEL), event(LO), Act::Leave],
        expect![[r#"
        in a stream
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}
        log 200 client_gone, one/small abandoned 0 ms; 8 + 2 tokens estimated, 12000 n$
    "#]],
    );
    let told = event(
        r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
    );
    check(
        "in a stream that tells its usage as it goes",
        &events,
        vec![stream_head(), told, Act::Leave],
        expect![[r#"
        in a stream that tells its usage as it goes
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}
        log 200 client_gone, one/small abandoned 0 ms; 9 + 1 tokens, 11000 n$
    "#]],
    );
    let told = event(r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#);
    check(
        "in a stream that told its usage as it began",
        &events,
        vec![stream_head(), told, event(HEL), event(LO), Act::Leave],
        expect![[r#"
            in a stream that told its usage as it began
            ask one at 0 ms
            answer 200
            data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

            data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}
            log 200 client_gone, one/small abandoned 0 ms; 9 + 2 tokens estimated, 13000 n$
        "#]],
    );
    check(
        "once all was there",
        &events,
        [stream(), vec![Act::Leave]].concat(),
        expect![[r#"
        once all was there
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
}

#[test]
fn who_leaves_between_two_attempts_pays_nothing() {
    let check = |case, act, expected: &str| {
        let mut world = World::new();
        // From here on there is a connection that may turn out to be stale.
        world.run(&Request::chat("all"), &[vec![completion()]]);
        let line = world.run(&Request::chat("all"), &[vec![act, Act::Leave]]).line;

        assert_eq!(
            ("client_gone", expected),
            (text(&line["outcome"]), text(&line["attempts"][0]["outcome"])),
            "{case}"
        );
        assert_eq!(Some(0), line["usage"]["input"].as_u64(), "{case}");
        assert_eq!(Some(0), line["cost_nano_dollars"].as_u64(), "{case}");
    };
    check("after an error", answer(500, "", "{}"), "status_500");
    check("after a stale connection", Act::Close, "abandoned");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn settling_twice_is_settling_once() {
    let world = World::new();
    let mut call = world.open(&Request::chat("unknown"));
    for _ in 0..3 {
        call.settle(world.now);
    }

    assert_eq!(1, world.log().len());
    assert_eq!(1, world.metric("tiercel_requests_total"));
}

#[test]
fn a_settled_call_makes_no_more_attempts() {
    let world = World::new();
    let mut call = world.open(&Request::chat("all"));
    assert!(matches!(call.next_attempt(world.now), Next::Attempt(_)));
    call.settle(world.now);

    assert_eq!(Next::Over, call.next_attempt(world.now));
    assert!(call.take_reply(world.now).is_none());
}

#[test]
fn a_call_that_is_dropped_gives_its_place_back() {
    let world = World::new();
    let mut call = world.open(&Request::chat("all"));
    call.next_attempt(world.now);
    assert_eq!(1, world.n_in_flight());
    drop(call);

    assert_eq!(0, world.n_in_flight());
}

#[test]
fn a_reply_is_taken_once() {
    let world = World::new();
    let mut call = world.open(&Request::chat("unknown"));

    assert!(call.has_reply());
    assert!(call.take_reply(world.now).is_some());
    assert!(!call.has_reply());
    assert!(call.take_reply(world.now).is_none());
}

#[test]
fn health_checks_are_counted_but_not_logged() {
    let world = World::new();
    let mut call = world.open(&Request { method: "GET", path: "/health/live", ..Request::chat("") });
    call.settle(world.now);

    assert!(world.log().is_empty());
    assert_eq!(1, world.metric("tiercel_requests_total"));
}

#[test]
fn the_time_to_the_first_token_is_known_however_it_came() {
    let check = |case, request: &Request, script: Script| {
        let script = [vec![Act::Pause(25)], script].concat();
        let seen = World::new().run(request, &[script]);
        assert_eq!(Some(25_000), seen.line["time_to_first_token_us"].as_u64(), "{case}");
        assert_eq!(Some(0), seen.line["overhead_us"].as_u64(), "{case}");
    };
    check("a whole answer", &Request::chat("all"), vec![completion()]);
    check("a stream", &Request::stream("all"), stream());
    check("a stream in one read", &Request::stream("all"), vec![Act::Send(bytes(&stream()))]);
}
