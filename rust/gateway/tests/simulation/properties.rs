//! What no behaviour of providers can break, whatever it is and wherever reads end.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use crate::provider::{Provider, providers};
use crate::transcript::Seen;
use crate::world::{LONGEST, NAMES, Request, World};

/// The same cases in every run; nothing is written beside the tests.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A call for one to four deployments, and what those that are asked do.
#[derive(Clone, Debug)]
struct Scene {
    model: &'static str,
    is_stream: bool,
    wants_usage: bool,
    providers: Vec<Provider>,
}

fn scenes() -> impl Strategy<Value = Scene> {
    let models = select(&["one/small", "pair", "all"][..]);
    (models, any::<bool>(), any::<bool>(), vec(providers(), 1..6))
        .prop_map(|(model, is_stream, wants_usage, providers)| Scene { model, is_stream, wants_usage, providers })
}

impl Scene {
    fn request(&self) -> Request {
        match (self.is_stream, self.wants_usage) {
            (false, _) => Request::chat(self.model),
            (true, false) => Request::stream(self.model),
            (true, true) => Request::stream(self.model).with(r#""stream_options":{"include_usage":true}"#),
        }
    }

    fn n_deployments(&self) -> usize {
        match self.model {
            "one/small" => 1,
            "pair" => 2,
            _ => 4,
        }
    }

    fn run(&self, world: &mut World, name: &str) -> Seen {
        let scripts: Vec<_> =
            self.providers.iter().enumerate().map(|(at, provider)| provider.script(&mark(name, at))).collect();
        world.run(&self.request(), &scripts)
    }

    fn check(&self, seen: &Seen, name: &str) -> Result<(), TestCaseError> {
        self.check_attempts(seen, name == "0")?;
        check_secrecy(seen)?;
        prop_assert!(seen.ended.since(seen.began) <= LONGEST);
        let last = seen.asked.len().checked_sub(1).and_then(|at| Some((self.providers.get(at)?, mark(name, at))));
        match (&seen.head, &seen.reply) {
            (Some(_), None) => {
                let (provider, mark) = last.ok_or_else(|| TestCaseError::fail("a stream from nobody"))?;
                check_stream(seen, &provider.relayed(&mark, self.wants_usage))
            }
            (None, Some(reply)) if reply.status == 200 || seen.line["error_kind"] == "upstream_refused" => {
                let (provider, mark) = last.ok_or_else(|| TestCaseError::fail("an answer from nobody"))?;
                prop_assert_eq!(provider.whole(&mark), String::from_utf8_lossy(&reply.body));
                Ok(())
            }
            (None, Some(reply)) => check_error(seen, reply.status),
            (None, None) => {
                prop_assert!(seen.has_left);
                prop_assert_eq!("client_gone", &seen.line["outcome"]);
                Ok(())
            }
            (Some(_), Some(_)) => Err(TestCaseError::fail("a stream and a whole answer")),
        }
    }

    /// At most three, and a stale connection replaced at most once in each. While nothing speaks against any deployment
    /// they are asked in the order of the plan, and again only when there is no other left.
    fn check_attempts(&self, seen: &Seen, is_first: bool) -> Result<(), TestCaseError> {
        let tried = || seen.asked.iter().filter(|(.., is_fresh)| !is_fresh).map(|(name, ..)| *name);
        let planned = &NAMES[usize::from(self.model == "pair")..][..self.n_deployments()];
        prop_assert!(tried().count() <= 3);
        prop_assert!(tried().all(|name| planned.contains(&name)));
        if is_first {
            let n_new = tried().count().min(planned.len());
            prop_assert!(n_new > 0 && tried().take(n_new).eq(planned.iter().take(n_new).copied()));
        }
        prop_assert_eq!(Some(tried().count()), seen.line["attempts"].as_array().map(Vec::len));
        for (at, (name, _, is_fresh)) in seen.asked.iter().enumerate() {
            let replaced = at.checked_sub(1).map(|before| seen.asked[before]);
            prop_assert!(!is_fresh || replaced.is_some_and(|(other, _, was_fresh)| other == *name && !was_fresh));
        }
        Ok(())
    }
}

/// In every text of a provider, where only it writes.
fn mark(name: &str, at: usize) -> String {
    format!("{name}-{at}")
}

/// The client has a beginning of one provider's stream, and then one event that ends it.
fn check_stream(seen: &Seen, relayed: &[String]) -> Result<(), TestCaseError> {
    let body = std::str::from_utf8(&seen.body).unwrap();
    let mut events: Vec<&str> = body.split_inclusive("\n\n").collect();
    let is_terminal = |event: &str| event.starts_with("data: {\"error\"") || event == "data: [DONE]\n\n";
    let last = events.pop_if(|event| is_terminal(event));
    prop_assert!(!events.iter().any(|event| is_terminal(event)));
    prop_assert!(events.iter().zip(relayed).all(|(event, relayed)| event == relayed) && events.len() <= relayed.len());
    let outcome = seen.line["outcome"].as_str();
    match last {
        Some("data: [DONE]\n\n") => {
            prop_assert!(events.iter().any(|event| event.contains("finish_reason")));
            prop_assert_eq!(Some("answered"), outcome);
        }
        Some(_) => prop_assert_eq!(Some("interrupted"), outcome),
        None => prop_assert!(seen.has_left && outcome == Some("client_gone")),
    }
    Ok(())
}

/// No SDK tries again what Tiercel has tried already, and none sleeps for long.
fn check_error(seen: &Seen, status: u16) -> Result<(), TestCaseError> {
    prop_assert_eq!("failed", &seen.line["outcome"]);
    prop_assert!([429, 502, 503, 504].contains(&status));
    let may_retry = seen.line["error_kind"] == "draining";
    prop_assert_eq!(may_retry, seen.header("x-should-retry") != Some("false"));
    let wait = seen.header("retry-after").map(|wait| wait.parse::<u64>().unwrap());
    prop_assert!(wait.is_none_or(|wait| wait <= 60));
    Ok(())
}

/// Nothing that the client gets, and nothing that is logged, tells a provider's key.
fn check_secrecy(seen: &Seen) -> Result<(), TestCaseError> {
    let answer = seen.answer().map(|answer| format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body)));
    let all = format!("{answer:?} {} {}", String::from_utf8_lossy(&seen.body), seen.line);
    prop_assert!(!all.contains("sk-own"));
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// One gateway for several calls, so that connections are used again, in whatever state they were left.
    #[test]
    fn every_call_ends_once_with_one_answer(scenes in vec(scenes(), 1..5)) {
        let mut world = World::new();
        for (at, scene) in scenes.iter().enumerate() {
            let name = at.to_string();
            let seen = scene.run(&mut world, &name);
            scene.check(&seen, &name)?;
        }

        prop_assert_eq!(scenes.len() as u64, world.metric("tiercel_requests_total"));
    }
}
