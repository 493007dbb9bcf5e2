//! Many calls at once through one gateway, under virtual time, before providers that fail in every way there is.
//!
//! A seed draws it all: the configuration, who asks when and how long they wait, what providers do, and which of two
//! things that happen at the same time comes first. What must hold whatever is drawn stands in `rules.rs` and
//! `received.rs`. `TIERCEL_SOAK_SEEDS=100000` runs more seeds (`make soak`), `TIERCEL_SOAK_SEED=7` that one alone,
//! with all that happened.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod scene;
mod schedule;
mod reply;
mod provider;
mod client;
mod received;
mod socket;
mod rules;
mod trace;
mod world;
mod run;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::trace::Tally;
use crate::world::World;

/// In plain `cargo test`: some seconds on the slowest profile.
const SEEDS: u64 = 300;

#[test]
fn nothing_that_providers_and_clients_do_breaks_a_rule() {
    let mut tally = Tally::default();
    if let Some(seed) = number("TIERCEL_SOAK_SEED") {
        let mut world = World::new(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
        println!("{}\n{}", world.trace, world.scene.text);
        tally.add(&world.tally);
        println!("{tally}");
        assert!(outcome.is_ok(), "seed {seed} breaks a rule");
        return;
    }
    for seed in 0..number("TIERCEL_SOAK_SEEDS").unwrap_or(SEEDS) {
        let mut world = World::new(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
        if let Err(panic) = outcome {
            let why = panic.downcast_ref::<String>().map(String::as_str);
            let why = why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            panic!("{}\nseed {seed} breaks a rule, which TIERCEL_SOAK_SEED={seed} does again: {why}", world.trace);
        }
        tally.add(&world.tally);
    }
    println!("{tally}");
}

#[expect(clippy::disallowed_methods, reason = "how long to soak is for whoever runs the tests to say")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
