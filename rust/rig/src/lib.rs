//! MEASURES the whole path: an upstream that costs almost nothing, and a driver that checks every answer. Nothing of the
//! gateway knows this crate; `rust/py` hands it to `tiercel bench`, which puts the gateways in between.
//!
//! Our own rather than nginx and wrk, for three reasons: neither speaks server-sent events with pauses in between; wrk
//! counts a stream that was cut short as served; and wrk's latency is that of a closed loop, which stops asking while
//! the gateway is slow, and so leaves out the time that a user would have waited.

/// The answering side.
pub mod upstream;

/// The asking side.
pub mod load;

use std::io;

use tokio::task::LocalSet;

/// The last words of every unary answer: a gateway that passes them on has passed on the whole.
const LAST_WORDS: &str = "choose Request refund.";

/// A prompt that holds this mark is answered by a stream that stops after its first event, until the client leaves.
const HOLD_MARK: &str = "[hold]";

/// Runs `work` to its end on this thread.
fn on_this_thread<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    LocalSet::new().block_on(&tokio::runtime::Builder::new_current_thread().enable_all().build()?, work)
}
