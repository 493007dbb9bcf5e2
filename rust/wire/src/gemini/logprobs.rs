//! Log probabilities: `logprobsResult` here, OpenAI's `logprobs` in the form.

use crate::json::{ArrayWriter, Object, ObjectWriter, Value, write_object};

/// OpenAI's object for `result`, a `logprobsResult` whose syntax was checked; `None` where it names no tokens.
pub(super) fn read(result: &str) -> Option<String> {
    let result = Object::parse(result).ok()?;
    let mut likeliest = result.array("topCandidates").into_iter();
    let chosen = result.get("chosenCandidates")?.array()?;
    let mut output = Vec::with_capacity(chosen.len() * 64);
    write_object(&mut output, |logprobs| {
        logprobs.array("content", |content| {
            for candidate in chosen {
                let others = likeliest.next().and_then(|value| Some(value.object()?.array("candidates")));
                content.object(|token| {
                    write_token(&candidate.object().unwrap_or_default(), token);
                    token.array("top_logprobs", |top| {
                        for other in others.into_iter().flatten() {
                            top.object(|token| write_token(&other.object().unwrap_or_default(), token));
                        }
                    });
                });
            }
        });
        logprobs.null("refusal");
    });
    String::from_utf8(output).ok()
}

fn write_token(candidate: &Object<'_>, token: &mut ObjectWriter<'_>) {
    let number = candidate.get("logProbability").and_then(Value::number);
    token.string("token", &candidate.string("token").unwrap_or_default());
    token.raw("logprob", number.unwrap_or("0"));
    token.null("bytes");
}

/// Writes the member `logprobsResult` for `json`, OpenAI's `logprobs` object.
pub(super) fn write(json: &str, candidate: &mut ObjectWriter<'_>) {
    let Ok(logprobs) = Object::parse(json) else { return };
    let tokens: Vec<Object<'_>> = logprobs.array("content").into_iter().filter_map(Value::object).collect();
    candidate.object("logprobsResult", |result| {
        result.array("topCandidates", |positions| {
            for token in &tokens {
                positions.object(|position| {
                    position.array("candidates", |candidates| {
                        let others = token.array("top_logprobs").into_iter().filter_map(Value::object);
                        others.for_each(|other| write_candidate(&other, candidates));
                    });
                });
            }
        });
        result.array("chosenCandidates", |chosen| {
            for token in &tokens {
                write_candidate(token, chosen);
            }
        });
    });
}

fn write_candidate(token: &Object<'_>, candidates: &mut ArrayWriter<'_>) {
    candidates.object(|candidate| {
        candidate.string("token", &token.string("token").unwrap_or_default());
        candidate.optional_raw("logProbability", token.get("logprob").and_then(Value::number));
    });
}
