//! A gateway that takes another's place while calls are under way.

use tiercel_gateway::{Error, Kind, Reload};

use crate::upstream::*;
use crate::world::{Request, World};

const ACCOUNT: &str = "tiercel@acme.test";
const TIER: &str = r#"all = ["one/small", "two/small", "three/small", "four/small"]"#;
const OTHER_TIER: &str = r#"all = ["two/small"]"#;

fn answered(world: &mut World, request: &Request) -> String {
    world.run(request, &[vec![completion()]]).header("x-tiercel-model").unwrap().to_owned()
}

#[test]
fn what_is_under_way_ends_on_the_configuration_that_it_began_with() {
    let mut world = World::new();
    let call = world.open(&Request::chat("all"));
    let mut renewed = world.renew(TIER, OTHER_TIER, ACCOUNT);

    assert_eq!(1, renewed.n_in_flight());
    let seen = world.finish(call, &[vec![Act::Refuse], vec![Act::Refuse], vec![completion()]]);
    assert_eq!(Some("three/small"), seen.header("x-tiercel-model"));
    assert_eq!("two/small", answered(&mut renewed, &Request::chat("all")));
}

#[test]
fn both_count_in_one_place() {
    let mut world = World::new();
    let mut renewed = world.renew(TIER, OTHER_TIER, ACCOUNT);
    let mut running = [world.open(&Request::chat("all")), renewed.open(&Request::chat("all"))];
    assert_eq!((2, 2), (world.n_in_flight(), renewed.n_in_flight()));
    for call in &mut running {
        call.settle(world.now);
    }
    assert_eq!(2, renewed.log().len());

    answered(&mut world, &Request::chat("all"));
    answered(&mut renewed, &Request::chat("all"));
    assert_eq!(4, world.metric("tiercel_requests_total"));
    assert_eq!(4, renewed.metric("tiercel_requests_total"));
    world.gateway.count_reload(Reload::Refused);
    assert_eq!(1, renewed.metric("tiercel_config_reloads_total"));
}

#[test]
fn the_newest_limit_holds_for_all_that_is_in_flight() {
    let world = World::new();
    let _running = [world.open(&Request::chat("all")), world.open(&Request::chat("all"))];
    let check = |case: &str, limit: &str, is_refused: bool| {
        let renewed = world.renew("max_in_flight = 2", limit, ACCOUNT);

        assert_eq!(is_refused, renewed.open(&Request::chat("all")).has_reply(), "{case}");
    };
    check("the same", "max_in_flight = 2", true);
    check("a higher one", "max_in_flight = 3", false);
    check("a lower one", "max_in_flight = 1", true);
}

#[test]
fn what_drains_goes_on_draining() {
    let world = World::new();
    let renewed = world.renew("", "", ACCOUNT);
    world.gateway.drain();

    assert!(renewed.gateway.is_draining());
    assert!(renewed.renew("", "", ACCOUNT).gateway.is_draining());
}

#[test]
fn no_request_id_is_given_out_twice() {
    let world = World::new();
    let renewed = world.renew("", "", ACCOUNT);
    let ids = [&world, &renewed, &world].map(|it| {
        let reply = it.open(&Request::chat("nothing")).take_reply(it.now).unwrap();
        crate::transcript::header(&reply, "x-request-id").unwrap().to_owned()
    });

    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

#[test]
fn whose_tokens_are_kept() {
    let request = Request::chat("vertex/gemini-flash");
    let token = || vec![answer(200, "", r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#)];
    let check = |case: &str, account: &'static str, is_fetched: bool| {
        let mut world = World::new();
        world.run(&request, &[token()]);
        let mut renewed = world.renew(TIER, OTHER_TIER, account);

        assert_eq!(is_fetched, renewed.run(&request, &[token()]).outline().starts_with("token"), "{case}");
    };
    check("those of the same account", ACCOUNT, false);
    check("not those of another", "other@acme.test", true);
}

#[test]
fn a_reload_is_asked_for_by_a_call_and_answered_by_whoever_holds_it() {
    let world = World::new().renew("tenant", "admin = true\ntenant", ACCOUNT);
    let request = Request { path: "/tiercel/reload", ..Request::chat("all") };
    let check = |case: &str, answer: Result<Vec<u8>, Error>, status: u16, outcome: &str| {
        let mut call = world.open(&request);
        assert!(call.is_reload() && !call.has_reply(), "{case}");
        call.answer_reload(answer);
        let reply = call.take_reply(world.now).unwrap();
        call.settle(world.now);
        let line = world.log().remove(0);

        assert_eq!(
            (status, "reload", outcome),
            (reply.status, line["endpoint"].as_str().unwrap(), line["outcome"].as_str().unwrap()),
            "{case}"
        );
    };
    check("it was read", Ok(b"{}".to_vec()), 200, "answered");
    let error = Error::new(Kind::InvalidConfiguration, "tiercel.toml:1:1: what");
    check("it cannot be used", Err(error), 400, "rejected");
    assert!(!world.open(&Request::chat("all")).is_reload());
    world.gateway.drain();
    assert_eq!(503, world.open(&request).take_reply(world.now).unwrap().status);
}
