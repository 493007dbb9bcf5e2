//! Why an answer ends.

use std::borrow::Cow;

use crate::chat::Finish;

/// Reads `stop_reason` and `stop_sequence`.
pub(super) fn read(reason: &str, sequence: Option<Cow<'_, str>>) -> Finish {
    match reason {
        "stop_sequence" => Finish::StopSequence(sequence.map(Cow::into_owned)),
        // A paused turn is that of a tool which runs at the provider and took too long: there was more to come.
        "max_tokens" | "model_context_window_exceeded" | "pause_turn" => Finish::Length,
        "tool_use" => Finish::Calls,
        "refusal" => Finish::Filter,
        // `end_turn`, and what may be added: the API's versioning allows new reasons.
        _ => Finish::Stop,
    }
}

/// What is written for `stop_reason` and `stop_sequence`.
pub(super) fn words(finish: &Finish) -> (&'static str, Option<&str>) {
    match finish {
        Finish::Stop => ("end_turn", None),
        Finish::StopSequence(sequence) => ("stop_sequence", sequence.as_deref()),
        Finish::Length => ("max_tokens", None),
        Finish::Calls => ("tool_use", None),
        Finish::Filter => ("refusal", None),
    }
}
