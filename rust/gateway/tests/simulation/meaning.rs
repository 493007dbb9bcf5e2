//! Questions that were answered before in other words.

use std::time::Duration;

use crate::cache::{answered, outcome, sha256};
use crate::transcript::Seen;
use crate::upstream::*;
use crate::world::{Request, World};

/// Ways to ask the same.
const QUESTION: &str = "What is your refund policy?";

/// A gateway that finds answers by meaning, with more of its settings. It is content with few checks.
fn world(settings: &str) -> World {
    let boss = format!("[[keys]]\nname = \"boss\"\nadmin = true\nsha256 = \"{}\"", sha256("boss"));
    let cache = format!("[cache]\nmax_error = 0.5\ncheck_rate = 0.001\n{settings}\n{boss}\n[failover]");
    World::new().renew("[failover]", &cache, "tiercel@acme.test")
}

fn semantic() -> World {
    world("mode = \"semantic\"")
}

fn ask(question: &str) -> Request {
    let chat = Request::chat("one/small");
    Request { body: chat.body.replace("Hi", question), ..chat }
}

/// The question with so many marks at its end, each time other words to the letter.
fn again(number: usize) -> Request {
    ask(&format!("{QUESTION}{}", "!".repeat(number)))
}

fn says(text: &str) -> Script {
    let body = r#"{"id":"c","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"message":
        {"role":"assistant","content":"TEXT"},"logprobs":null,"finish_reason":"stop"}]}"#;
    vec![answer(200, "content-type: application/json\r\n", &body.replace("TEXT", text))]
}

/// Asks, and has known what was answered.
fn run(world: &mut World, request: &Request, script: Script) -> Seen {
    let seen = world.run(request, &[script]);
    let follower = world.gateway.cache_follower();
    while follower.follow() == Some(Duration::ZERO) {}
    seen
}

/// Asks in ever other words until the cache answers; how often it took.
fn learn(world: &mut World, text: &str) -> usize {
    let is_hit = |number: &usize| run(world, &again(*number), says(text)).asked.is_empty();
    (10..2_000).find(is_hit).unwrap()
}

/// What an operator is told.
fn managed(world: &mut World, what: &str, body: &str) -> String {
    let path = if what == "wrong" { "/tiercel/cache/wrong" } else { "/tiercel/cache/purge" };
    let headers = vec![("host", "localhost"), ("authorization", "Bearer boss")];
    let seen = run(world, &Request { path, headers, body: body.to_owned(), ..ask("") }, vec![]);
    String::from_utf8(seen.reply.unwrap().body).unwrap()
}

#[test]
fn other_words_are_answered_once_it_is_known_how_well() {
    let mut world = semantic();
    assert_eq!("1 miss", outcome(&run(&mut world, &again(0), says("30 days"))));
    assert_eq!("1 miss", outcome(&run(&mut world, &again(1), says("30 days"))), "nothing is known yet");
    let n_asked = learn(&mut world, "30 days");
    assert!((100..300).contains(&n_asked), "{n_asked}");
    let seen = run(&mut world, &ask("hi, what's your refund policy? thanks"), says("never"));

    assert_eq!("0 semantic;sim=1.00;p=1.00;age=0", outcome(&seen));
    assert_eq!(
        (Some("semantic"), Some("cache:semantic")),
        (seen.line["cache"].as_str(), seen.header("x-tiercel-reason"))
    );
    assert!(String::from_utf8(seen.reply.unwrap().body).unwrap().contains("30 days"));
    assert!(world.metric("tiercel_cache_checks_total") > 20);
    let bound = world.metric("tiercel_cache_error_bound");
    assert!((1..500_000_000).contains(&bound), "{bound} billionths");
}

#[test]
fn who_gets_an_answer_to_other_words() {
    let mut world = semantic();
    learn(&mut world, "30 days");
    let mut check = |case: &str, expected: &str, request: Request| {
        let request = request.header("x-tiercel-cache-tags", "case");
        let seen = run(&mut world, &request, says("no"));
        assert!(outcome(&seen).starts_with(expected), "{case}: {}", outcome(&seen));
    };
    let other = || ask("what is your refund policy, please");
    check("other words", "0 semantic", ask("hello! What is your refund policy??"));
    check("a stream of them", "0 semantic", ask("Hello, what is your refund policy").with(r#""stream":true"#));
    check("another number", "1 miss", ask("What is your refund policy in 2019?"));
    check("who wants the same words", "1 miss", other().header("x-tiercel-cache", "exact"));
    check(
        "who wants nothing from there",
        "1 miss",
        ask("your refund policy, what is it").header("x-tiercel-cache", "no-cache"),
    );
    check(
        "who wants what is nearer",
        "1 miss",
        ask("what is your refunds policy").header("x-tiercel-min-similarity", "1"),
    );
    check("a parameter", "1 miss", ask("what's your refund policy").with(r#""seed":1"#));
    check("a little freedom", "1 miss", ask("what's your refund policy").with(r#""temperature":0.2"#));
    check("freedom", "1 miss", ask("whats your refund policy").with(r#""temperature":0.8"#));
    check("instructions", "1 miss", {
        let request = ask("what's your refund policy");
        let body = request.body.replace(r#"[{"role":"user""#, r#"[{"role":"system","content":"s"},{"role":"user""#);
        Request { body, ..request }
    });
    check("another model", "1 miss", Request { body: other().body.replace("one/small", "all"), ..other() });
}

#[test]
fn answers_that_turn_out_wrong_are_not_given() {
    let mut world = semantic();
    let seen: Vec<_> = (0..600).map(|it| run(&mut world, &again(it), says(&format!("it is {it}")))).collect();

    assert!(seen.iter().all(|seen| seen.asked.len() == 1));
    // Soon they are so improbable that they are hardly compared any more.
    assert!(seen.iter().filter(|seen| seen.line["is_cache_wrong"] == true).count() > 2);
    assert!(seen.iter().all(|seen| seen.line["is_cache_wrong"] != false));
}

#[test]
fn in_the_shadow_nothing_is_given_and_all_is_known() {
    let mut world = world("mode = \"shadow\"");
    for number in 0..600 {
        assert_eq!(1, run(&mut world, &again(number), says("30 days")).asked.len());
    }
    let seen = run(&mut world, &again(601), says("30 days"));

    assert_eq!("1 shadow;sim=1.00;p=1.00", outcome(&seen));
    assert_eq!(Some("shadow"), seen.line["cache"].as_str());
    assert!(seen.header("x-tiercel-reason").is_some_and(|reason| !reason.starts_with("cache")));
}

#[test]
fn what_is_forgotten_is_not_found() {
    let mut world = semantic();
    learn(&mut world, "30 days");
    assert!(managed(&mut world, "purge", r#"{"all": true}"#).starts_with(r#"{"n_purged":"#));
    run(&mut world, &ask("something else"), says("yes"));

    assert_eq!("1 miss", outcome(&run(&mut world, &ask("hi, what is your refund policy"), says("30 days"))));
}

#[test]
fn what_is_called_wrong_is_learned_from() {
    let mut world = semantic();
    learn(&mut world, "30 days");
    let seen = run(&mut world, &ask("hey, what is your refund policy"), says("no"));
    let id = seen.header("x-tiercel-cache").unwrap().rsplit_once("id=").unwrap().1.to_owned();
    assert_eq!(r#"{"n_purged":1}"#, managed(&mut world, "wrong", &format!(r#"{{"id": "{id}"}}"#)));

    let seen = run(&mut world, &ask("hi there, what is your refund policy"), says("30 days"));
    assert_eq!("1 miss", outcome(&seen), "all is compared again");
    assert_eq!(Some(false), seen.line["is_cache_wrong"].as_bool());
    assert_eq!(r#"{"n_purged":0}"#, managed(&mut world, "wrong", r#"{"id": "ffff"}"#));
}

#[test]
fn a_model_judges_what_words_do_not_tell() {
    let check = |case: &str, expected: Option<bool>, verdict: &str| {
        let mut world = world("mode = \"semantic\"\njudge = { model = \"two/small\", max_cost = 1 }");
        for number in 0..50 {
            run(&mut world, &again(number), says("a month"));
        }
        let mut call = world.open(&again(50));
        answered(&world, &mut call, says("four weeks and a little more")[0].clone());
        let mut judge = call.judge(world.now).unwrap();
        call.settle(world.now);
        let before = world.log();
        answered(&world, &mut judge, says(verdict)[0].clone());
        judge.settle(world.now);

        assert_eq!(None, before.last().unwrap().get("is_cache_wrong"), "{case}: that is not known yet");
        let line = &world.log()[0];
        let told = (line["endpoint"].as_str(), line["is_cache_wrong"].as_bool());
        assert_eq!((Some("judge"), expected), told, "{case}");
    };
    check("the same", Some(false), r#"{\"same\": true}"#);
    check("not the same", Some(true), r#"{\"same\": false}"#);
    check("nonsense", Some(true), "maybe");
}

#[test]
fn what_a_judge_may_not_be_asked_counts_as_wrong() {
    let mut world = world("mode = \"semantic\"\njudge = { model = \"two/small\", max_cost = 0.000_001 }");
    for number in 0..50 {
        run(&mut world, &again(number), says("a month"));
    }
    let mut call = world.open(&again(50));
    answered(&world, &mut call, says("four weeks and a little more")[0].clone());
    assert!(call.judge(world.now).is_none());
    call.settle(world.now);

    assert_eq!(true, world.log().last().unwrap()["is_cache_wrong"]);
}
