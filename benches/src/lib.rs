//! What the whole-path benchmark measures with: an upstream that costs almost nothing, and a driver that checks every
//! answer. `gateway.py` starts both, with the gateways between them.
//!
//! Own programs rather than nginx and wrk, for three reasons: neither speaks server-sent events with pauses in between;
//! wrk counts a stream that was cut short as served; and wrk's latency is that of a closed loop, which stops asking
//! while the gateway is slow, and so leaves out the time that a user would have waited.

/// The answering side.
pub mod upstream;

/// The asking side.
pub mod load;

/// The last words of every unary answer: a gateway that passes them on has passed on the whole.
pub const LAST_WORDS: &str = "choose Request refund.";

/// A prompt that holds this mark is answered by a stream that stops after its first event, until the client leaves.
pub const HOLD_MARK: &str = "[hold]";
