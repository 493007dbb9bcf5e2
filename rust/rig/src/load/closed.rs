//! Closed loop: every connection asks again as soon as it is answered. Shows what a request costs and how many fit; its
//! latency is a user's only where one connection asks.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::Client;
use super::tally::Tally;
use super::{Failure, Report, Target};
use crate::on_this_thread;

/// A pause after a failure, so that a gateway that is down is not asked a million times.
const FAILURE_PAUSE: Duration = Duration::from_millis(10);

/// Asks over `n_connections` for `duration`, or until `max_requests` were sent.
///
/// # Errors
/// When the runtime does not start, or a connection's task ended before its time.
pub fn run(target: &Arc<Target>, n_connections: usize, duration: Duration, max_requests: u64) -> io::Result<Report> {
    on_this_thread(async {
        let tally = Rc::new(Tally::new()?);
        let n_sent = Rc::new(Cell::new(0));
        let start = Instant::now();
        let mut connections = JoinSet::new();
        for _ in 0..n_connections {
            let (target, tally, n_sent) = (Arc::clone(target), Rc::clone(&tally), Rc::clone(&n_sent));
            connections.spawn_local(async move {
                let mut client = Client::new(&target);
                while start.elapsed() < duration && n_sent.get() < max_requests {
                    n_sent.set(n_sent.get() + 1);
                    if ask(&mut client, &tally, target.take_number(), Instant::now()).await.is_err() {
                        tokio::time::sleep(FAILURE_PAUSE).await;
                    }
                }
            });
        }
        while let Some(ended) = connections.join_next().await {
            ended?;
        }
        Ok(tally.report(start.elapsed()))
    })
}

/// Asks once and tallies what happened; times count from `due`.
pub(super) async fn ask(client: &mut Client<'_>, tally: &Tally, number: u64, due: Instant) -> Result<(), Failure> {
    let mut last_event = None;
    let asked = client
        .ask(number, |n_events| {
            let now = Instant::now();
            match last_event.replace(now) {
                None => tally.first_event(now - due, n_events),
                Some(before) => tally.next_event(now - before, n_events),
            }
        })
        .await;
    tally.answer(asked.map(|cache| (due.elapsed(), cache)));
    asked.map(drop)
}
