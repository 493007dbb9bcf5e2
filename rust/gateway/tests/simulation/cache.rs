//! Questions that were answered before.

use std::time::Duration;

use tiercel_gateway::{Call, Next};

use crate::transcript::{Seen, header};
use crate::upstream::*;
use crate::world::{Request, World};

/// A gateway with a cache and these settings of it, and one more key of the tenant and one of another.
fn world(settings: &str) -> World {
    let cache = format!("[cache]\nmode = \"exact\"\n{settings}\n[failover]");
    World::new().renew("[failover]", &cache, "tiercel@acme.test")
}

fn chat() -> Request {
    Request::chat("one/small")
}

/// What came of the cache, and how many providers were asked.
pub(crate) fn outcome(seen: &Seen) -> String {
    let told = seen.header("x-tiercel-cache").unwrap_or("nothing");
    let told = told.split_once(";id=").map_or(told, |(told, _)| told);
    let logged = seen.line["cache"].as_str().unwrap_or("nothing");
    assert!(told.starts_with(logged), "{told} is logged as {logged}");
    format!("{} {told}", seen.asked.len())
}

fn body(seen: &Seen) -> String {
    let whole = seen.reply.as_ref().map_or(&[][..], |reply| &reply.body);
    String::from_utf8([&seen.body, whole].concat()).unwrap()
}

#[test]
fn what_was_answered_is_not_asked_again() {
    let mut world = world("ttl = \"10m\"");
    let first = world.run(&chat(), &[vec![completion()]]);
    assert_eq!("1 miss", outcome(&first));
    world.pass(Duration::from_secs(300));
    let second = world.run(&chat(), &[]);

    assert_eq!("0 exact;age=300", outcome(&second));
    assert_eq!((body(&first), Some("cache:exact")), (body(&second), second.header("x-tiercel-reason")));
    for name in ["content-type", "x-tiercel-model"] {
        assert_eq!(first.header(name), second.header(name), "{name}");
    }
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert_eq!(first.line["cost_nano_dollars"], second.line["saved_nano_dollars"]);
    assert_eq!((Some(0), &0.into()), (second.line["cost_nano_dollars"].as_u64(), &second.line["usage"]["output"]));
    assert_eq!(1, world.metric("tiercel_cache_saved_dollars_total").min(1));
    world.pass(Duration::from_secs(300));
    assert_eq!("1 miss", outcome(&world.run(&chat(), &[vec![completion()]])), "after its time");
}

#[test]
fn who_gets_the_answer() {
    let check = |case: &str, expected: &str, request: Request| {
        let mut world = world("vary = [\"x-team\"]");
        world.run(&chat(), &[vec![completion()]]);
        assert_eq!(expected, outcome(&world.run(&request, &[vec![completion()]])), "{case}");
    };
    check("the same", "0 exact;age=0", chat());
    check("by another name for itself", "0 exact;age=0", chat().with(r#""user":"u""#));
    check("other words", "1 miss", Request { body: chat().body.replace("Hi", "Ho"), ..chat() });
    check("another model", "1 miss", Request::chat("all"));
    check("a parameter", "1 miss", chat().with(r#""seed":1"#));
    check("a temperature", "1 miss", chat().with(r#""temperature":0.5"#));
    check("a high temperature", "1 bypass;reason=temperature", chat().with(r#""temperature":1.5"#));
    check("another header", "1 miss", chat().header("openai-beta", "x=v2"));
    check("another team", "1 miss", chat().header("x-team", "b"));
    check("a tier", "1 miss", Request::chat("auto").header("x-tiercel-tier", "all"));
    check("who wants none", "1 miss", chat().header("x-tiercel-cache", "no-cache"));
    check("who leaves none", "1 bypass;reason=no_store", chat().header("x-tiercel-cache", "no-store"));
    check("several answers", "1 bypass;reason=choices", chat().with(r#""n":2"#));
    let words = Request { body: chat().body.replace("Hi", "H\\u0069"), ..chat() };
    check("words that are spelt otherwise", "0 exact;age=0", words);
}

#[test]
fn with_whom_answers_are_shared() {
    let check = |scope: &str, expected: [&str; 2]| {
        let keys = "[[keys]]\nname = \"shop\"\ntenant = \"acme\"\nkey = { env = \"SHOP\" }";
        let other = |name: &str, tenant: &str| {
            format!("[[keys]]\nname = \"{name}\"\ntenant = \"{tenant}\"\nsha256 = \"{}\"\n", sha256(name))
        };
        let more = format!(
            "[cache]\nmode = \"exact\"\nscope = \"{scope}\"\n{}{}{keys}",
            other("desk", "acme"),
            other("rival", "rival")
        );
        let mut world = World::new().renew(keys, &more, "tiercel@acme.test");
        world.run(&chat(), &[vec![completion()]]);
        let mut ask = |credential| {
            let mut request = chat();
            request.headers.retain(|(name, _)| *name != "authorization");
            outcome(&world.run(&request.header("x-api-key", credential), &[vec![completion()]]))
        };
        assert_eq!(expected, [&*ask("desk"), &*ask("rival")], "{scope}");
    };
    check("key", ["1 miss", "1 miss"]);
    check("tenant", ["0 exact;age=0", "1 miss"]);
    check("global", ["0 exact;age=0", "0 exact;age=0"]);
}

#[test]
fn what_a_tier_answered_is_for_those_who_may_ask_for_it() {
    let keys = "[[keys]]\nname = \"shop\"\ntenant = \"acme\"\nkey = { env = \"SHOP\" }";
    let narrow = format!("name = \"desk\"\ntenant = \"acme\"\nmodels = [\"auto\"]\nsha256 = \"{}\"", sha256("desk"));
    let more = format!("[cache]\nmode = \"exact\"\nscope = \"tenant\"\n[[keys]]\n{narrow}\n{keys}");
    let mut world = World::new().renew(keys, &more, "tiercel@acme.test");
    let asked = Request::chat("auto").header("x-tiercel-tier", "all");
    assert_eq!("1 miss", outcome(&world.run(&asked, &[vec![completion()]])));
    assert_eq!("0 exact;age=0", outcome(&world.run(&asked, &[])));

    let mut other = asked;
    other.headers.retain(|(name, _)| *name != "authorization");
    let seen = world.run(&other.header("x-api-key", "desk"), &[]);
    assert_eq!(("forbidden", 0), (seen.error()["code"].as_str().unwrap(), seen.asked.len()));
}

pub(crate) fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[test]
fn what_is_not_kept() {
    let check = |case: &str, request: Request, script: Script| {
        let mut world = world("");
        world.run(&request, &[script.clone(), script.clone(), script]);
        let again = world.run(&request, &[vec![completion()], vec![completion()], vec![completion()]]);
        assert_ne!(0, again.asked.len(), "{case}");
    };
    let says = |message: &str, finish: &str| {
        let body = format!(r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"{finish}"}}]}}"#);
        vec![answer(200, "", &body)]
    };
    check("a refusal", chat(), vec![answer(400, "", r#"{"error":{"message":"no"}}"#)]);
    check("no answer", chat(), vec![Act::Refuse]);
    check("nonsense", chat(), vec![answer(200, "", "{")]);
    check("what was cut short", chat(), says(r#"{"role":"assistant","content":"Hel"}"#, "length"));
    check("what was kept back", chat(), says(r#"{"role":"assistant","content":""}"#, "content_filter"));
    check("what was declined", chat(), says(r#"{"role":"assistant","content":null,"refusal":"no"}"#, "stop"));
    let call =
        r#"{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    check("what calls a tool", chat(), says(call, "tool_calls"));
    check("a client that left", chat(), vec![Act::Pause(10), Act::Leave]);
    check("a stream that broke off", chat().with(r#""stream":true"#), vec![stream_head(), event(HEL), Act::Close]);
    check("a stream whose client left", chat().with(r#""stream":true"#), vec![stream_head(), event(HEL), Act::Leave]);
}

/// An answer with all that OpenAI tells.
fn hello() -> Script {
    let body = concat!(
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"#,
        r#""message":{"role":"assistant","content":"Hello"},"logprobs":null,"finish_reason":"stop"}],"#,
        r#""usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#,
    );
    vec![answer(200, "content-type: application/json\r\n", body)]
}

/// The same as events.
fn hel_lo() -> Script {
    let chunk = |rest: &str| {
        event(&format!(r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"small",{rest}}}"#))
    };
    let delta = |delta: &str, finish: &str| {
        chunk(&format!(r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]"#))
    };
    vec![
        stream_head(),
        delta(r#"{"role":"assistant","content":""}"#, "null"),
        delta(r#"{"content":"Hel"}"#, "null"),
        delta(r#"{"content":"lo"}"#, "null"),
        delta("{}", r#""stop""#),
        chunk(r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#),
        event(DONE),
        last_chunk(),
    ]
}

#[test]
fn whole_answers_and_streams_serve_each_other() {
    let streamed = || chat().with(r#""stream":true"#);
    let with_usage = || streamed().with(r#""stream_options":{"include_usage":true}"#);
    let check = |case: &str, first: Request, script: Script, second: Request| {
        let mut world = world("");
        assert_eq!("1 miss", outcome(&world.run(&first, &[script])), "{case}");
        let again = world.run(&second, &[]);
        assert_eq!("0 exact;age=0", outcome(&again), "{case}");
        body(&again)
    };
    let text = check("a whole answer as a stream", chat(), hello(), streamed());
    assert!(text.contains("Hello") && text.ends_with("data: [DONE]\n\n") && !text.contains("usage\":{"), "{text}");
    let text = check("with what was used", chat(), hello(), with_usage());
    assert!(text.contains(r#""completion_tokens":3"#), "{text}");
    let text = check("a stream as a whole answer", streamed(), hel_lo(), chat());
    assert!(text.contains(r#""content":"Hello""#) && text.contains(r#""completion_tokens":3"#), "{text}");
    let text = check("a stream as one with usage", streamed(), hel_lo(), with_usage());
    assert!(text.contains(r#""completion_tokens":3"#), "{text}");
    let text = check("a stream as it came", streamed(), hel_lo(), streamed());
    assert!(text.contains("Hel") && !text.contains("Hello"), "{text}");
}

#[test]
fn rules_that_look_beside_the_body_part_answers() {
    let route = "[routes.auto]\ntiers = [\"all\"]\ndefault = \"all\"\n";
    let rules = "[cache]\nmode = \"exact\"\n[routes.auto]\ntiers = [\"all\"]\ndefault = \"all\"\n\
        [[routes.auto.rules]]\nname = \"a\"\nwhen = 'header[\"x-plan\"] == \"free\"'\nuse = \"pair\"\n\
        [[routes.auto.rules]]\nname = \"b\"\nmetadata = { team = \"legal\" }\nuse = \"pair\"\n";
    let check = |case: &str, expected: &str, request: Request| {
        let mut world = World::new().renew(route, rules, "tiercel@acme.test");
        world.run(&Request::chat("auto"), &[vec![completion()]]);
        assert_eq!(expected, outcome(&world.run(&request, &[vec![completion()]])), "{case}");
    };
    check("the same", "0 exact;age=0", Request::chat("auto"));
    check("a header that no rule names", "0 exact;age=0", Request::chat("auto").header("x-other", "free"));
    check("one that a rule names", "1 miss", Request::chat("auto").header("x-plan", "free"));
    check("a note that no rule names", "0 exact;age=0", Request::chat("auto").with(r#""metadata":{"a":"b"}"#));
    check("one that a rule names", "1 miss", Request::chat("auto").with(r#""metadata":{"team":"legal"}"#));
}

/// The call's only attempt is answered at once.
pub(crate) fn answered(world: &World, call: &mut Call, answer: Act) {
    if let (Next::Attempt(ticket), Act::Send(bytes)) = (call.next_attempt(world.now), answer) {
        let mut connection = world.gateway.connect(ticket.origin).unwrap();
        connection.begin(call, world.now);
        connection.feed(call, &bytes, world.now);
    }
}

#[test]
fn who_asks_what_is_being_answered_waits_for_it() {
    let mut world = world("");
    let [mut first, mut second, mut stream] =
        [world.open(&chat()), world.open(&chat()), world.open(&chat().with(r#""stream":true"#))];
    assert!(matches!(first.next_attempt(world.now), Next::Attempt(_)));
    let pause = second.next_attempt(world.now);
    assert_eq!(Next::Pause { time: Duration::from_millis(5), is_queued: false }, pause);
    stream.settle(world.now);
    world.pass(Duration::from_millis(5));
    answered(&world, &mut first, completion());
    let reply = first.take_reply(world.now).unwrap();
    first.settle(world.now);
    assert_eq!(Next::Over, second.next_attempt(world.now));

    let again = second.take_reply(world.now).unwrap();
    assert_eq!(reply.body, again.body);
    assert!(header(&again, "x-tiercel-cache").unwrap().starts_with("exact"));
}

#[test]
fn who_waits_for_what_fails_is_next() {
    let mut world = world("");
    let [mut first, mut second] = [world.open(&chat()), world.open(&chat())];
    first.next_attempt(world.now);
    second.next_attempt(world.now);
    first.settle(world.now);
    world.pass(Duration::from_millis(5));
    answered(&world, &mut second, completion());

    assert_eq!(200, second.take_reply(world.now).unwrap().status);
}

#[test]
fn an_operator_has_answers_forgotten() {
    let mut world = world("");
    world.run(&chat().header("x-tiercel-cache-tags", "faq"), &[vec![completion()]]);
    let manage = |method, path, body: &str| {
        let request = Request { method, path, body: body.to_owned(), ..chat() };
        let mut call = world.open(&request);
        let reply = call.take_reply(world.now).unwrap();
        call.settle(world.now);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    assert_eq!(403, manage("GET", "/tiercel/cache", "").0, "the key is no admin's");
}
