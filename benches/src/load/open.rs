//! Open loop: requests are due at fixed times, whether or not the gateway keeps up, and their latency counts from when
//! they were due. So a stall shows in every request that it delayed, as it would for users.
//!
//! A thread of its own keeps the schedule: the runtime's timers are a millisecond coarse.

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::Client;
use super::closed::ask;
use super::tally::Tally;
use super::{Failure, Report, Target};

/// How long after its last due time the run waits for the gateway to catch up.
const GRACE: Duration = Duration::from_secs(2);

/// Sends `rate` requests a second for `duration`, over at most `n_connections`. To be called within a `LocalSet`.
///
/// # Errors
/// When a connection's task ended before its time.
pub async fn run(
    target: Rc<Target>,
    n_connections: usize,
    duration: Duration,
    rate: u32,
) -> Result<Report, Box<dyn Error>> {
    let interval = Duration::from_secs(1) / rate;
    let n_requests = u32::try_from(duration.as_nanos() / interval.as_nanos())?;
    let tally = Rc::new(Tally::new()?);
    let next = Rc::new(Cell::new(0));
    let start = Instant::now();
    let deadline = start + duration + GRACE;
    let due = keep_schedule(start, interval, n_requests);
    let mut connections = JoinSet::new();
    for _ in 0..n_connections {
        let (target, tally, next, due) = (Rc::clone(&target), Rc::clone(&tally), Rc::clone(&next), Arc::clone(&due));
        connections.spawn_local(async move {
            let mut client = Client::new(&target);
            while let Ok(permit) = due.acquire().await {
                permit.forget();
                let number = next.replace(next.get() + 1);
                if Instant::now() > deadline {
                    tally.answer(Err(Failure::Unsent));
                } else {
                    // Its failure is in the tally, and the next request is due whatever became of this one.
                    let _ = ask(&mut client, &tally, number.into(), start + interval * number).await;
                }
                if next.get() == n_requests {
                    due.close();
                }
            }
        });
    }
    while let Some(ended) = connections.join_next().await {
        ended?;
    }
    Ok(tally.report(start.elapsed()))
}

/// One permit a request, from the moment when it is due.
fn keep_schedule(start: Instant, interval: Duration, n_requests: u32) -> Arc<Semaphore> {
    let permits = Arc::new(Semaphore::new(0));
    let due = Arc::clone(&permits);
    std::thread::spawn(move || {
        for number in 0..n_requests {
            std::thread::sleep((start + interval * number).saturating_duration_since(Instant::now()));
            due.add_permits(1);
        }
    });
    permits
}
