//! Open loop: requests are due at fixed times, whether or not the gateway keeps up, and their latency counts from when
//! they were due. So a stall shows in every request that it delayed, as it would for users.
//!
//! A thread of its own keeps the schedule: the runtime's timers are a millisecond coarse.

use std::cell::Cell;
use std::io;
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
use crate::on_this_thread;

/// No more requests a second: one thread could not send them.
pub const MAX_RATE: u32 = 1_000_000;

/// How long after its last due time the run waits for the gateway to catch up.
const GRACE: Duration = Duration::from_secs(2);

/// Sends `rate` requests a second, from 1 to [`MAX_RATE`], for `duration`, over at most `n_connections`.
///
/// # Errors
/// When the runtime does not start, or a connection's task ended before its time.
pub fn run(target: &Arc<Target>, n_connections: usize, duration: Duration, rate: u32) -> io::Result<Report> {
    on_this_thread(async {
        let interval = Duration::from_secs(1) / rate.clamp(1, MAX_RATE);
        let n_requests = u32::try_from(duration.as_nanos() / interval.as_nanos()).map_err(io::Error::other)?;
        let tally = Rc::new(Tally::new()?);
        let next = Rc::new(Cell::new(0));
        let start = Instant::now();
        let deadline = start + duration + GRACE;
        let due = keep_schedule(start, interval, n_requests);
        let mut connections = JoinSet::new();
        for _ in 0..n_connections {
            let (target, tally, next, due) =
                (Arc::clone(target), Rc::clone(&tally), Rc::clone(&next), Arc::clone(&due));
            connections.spawn_local(async move {
                let mut client = Client::new(&target);
                while let Ok(permit) = due.acquire().await {
                    permit.forget();
                    let turn = next.replace(next.get() + 1);
                    if Instant::now() > deadline {
                        tally.answer(Err(Failure::Unsent));
                    } else {
                        // Its failure is in the tally, and the next request is due whatever became of this one.
                        let _ = ask(&mut client, &tally, target.take_number(), start + interval * turn).await;
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
    })
}

/// One permit a request, from the moment when it is due.
fn keep_schedule(start: Instant, interval: Duration, n_requests: u32) -> Arc<Semaphore> {
    let permits = Arc::new(Semaphore::new(0));
    let due = Arc::clone(&permits);
    std::thread::spawn(move || {
        for turn in 0..n_requests {
            std::thread::sleep((start + interval * turn).saturating_duration_since(Instant::now()));
            due.add_permits(1);
        }
        // Where there is nothing to send, nobody else ends the wait.
        if n_requests == 0 {
            due.close();
        }
    });
    permits
}
