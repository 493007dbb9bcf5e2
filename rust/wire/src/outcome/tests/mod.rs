//! What holds for every dialect. The refusals of vendors are in the files beside this one.

mod events;
mod refusals;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};

use super::ClientFault::{ContentPolicy, ContextLength, ModelNotFound, Request};
use super::Outcome::{ClientFault, CredentialFault, Overloaded, ServerFault, Success, Throttled};
use super::*;

const DIALECTS: [Upstream; 6] =
    [Upstream::OpenAi, Upstream::Responses, Upstream::Anthropic, Upstream::Gemini, Upstream::Bedrock, Upstream::Cohere];

#[test]
fn what_a_status_says_by_itself() {
    let check = |status, expected| {
        for upstream in DIALECTS {
            assert_eq!(expected, Outcome::of(upstream, status, None), "{status} of {upstream:?}");
        }
    };
    check(200, Success);
    for status in [400, 405, 409, 415, 422] {
        check(status, ClientFault(Request));
    }
    check(404, ClientFault(ModelNotFound));
    check(413, ClientFault(ContextLength));
    for status in [401, 402, 403] {
        check(status, CredentialFault);
    }
    check(429, Throttled);
    check(529, Overloaded);
    for status in [0, 100, 101, 199, 201, 204, 206, 299, 302, 304, 399] {
        check(status, ServerFault);
    }
    for status in [408, 410, 418, 424, 425, 451, 499, 500, 501, 502, 503, 504, 505, 508, 520, 524, 599, 600, 65_535] {
        check(status, ServerFault);
    }
}

#[test]
fn what_a_status_says_in_one_dialect() {
    let check = |name: &str, upstream, status, expected| {
        assert_eq!(expected, Outcome::of(upstream, status, None), "{name}");
    };
    check("Groq's tier has no capacity", Upstream::OpenAi, 498, Overloaded);
    check("Cohere's list of words", Upstream::Cohere, 498, ClientFault(ContentPolicy));
    check("nobody's", Upstream::Anthropic, 498, ServerFault);
}

#[test]
fn a_client_cannot_speak_ill_of_a_key_or_a_provider() {
    let quoted = |row: &&Row| matches!(row, (Says::Message(_), CredentialFault | Throttled | Overloaded));
    for upstream in DIALECTS {
        for (says, outcome) in tables(upstream).iter().copied().flatten().filter(quoted) {
            let Says::Message(pattern) = says else { continue };
            let message = format!("Invalid value: '{}'.", pattern.replace('*', "x"));
            let error = UpstreamError { message, ..UpstreamError::default() };

            let judged = Outcome::of(upstream, 400, Some(&error));

            assert!(matches!(judged, ClientFault(_)), "{pattern}, {outcome:?}, became {judged:?}");
        }
    }
    for wording in ["overloaded", "at capacity", "high demand"] {
        let error = UpstreamError { message: format!("Invalid value: '{wording}'."), ..UpstreamError::default() };

        assert_eq!(ClientFault(Request), Outcome::of(Upstream::OpenAi, 400, Some(&error)));
    }
}

#[test]
fn every_outcome_can_come_of_every_dialect() {
    let long =
        "Too many input tokens; prompt is too long: the input token count (9) exceeds 8, maximum context length 8.";
    let errors = [
        "",
        long,
        "too many tokens",
        "The model is overloaded.",
        "Output blocked by content filtering policy",
        "This violates Google's Responsible AI practices.",
        "Content Exists Risk",
    ]
    .map(|message| UpstreamError { message: message.to_owned(), ..UpstreamError::default() });
    let all = [
        Success,
        ClientFault(Request),
        ClientFault(ModelNotFound),
        ClientFault(ContextLength),
        ClientFault(ContentPolicy),
        CredentialFault,
        Throttled,
        Overloaded,
        ServerFault,
    ];
    for upstream in DIALECTS {
        let cases =
            (0..700).flat_map(|status| errors.iter().map(move |error| (status, Some(error))).chain([(status, None)]));
        let reached: Vec<Outcome> = cases.map(|(status, error)| Outcome::of(upstream, status, error)).collect();
        for outcome in all {
            assert!(reached.contains(&outcome), "{outcome:?} of {upstream:?}");
        }
    }
}

#[test]
fn every_row_decides() {
    for upstream in DIALECTS {
        for (says, outcome) in tables(upstream).iter().copied().flatten() {
            let mut error = UpstreamError::default();
            let mut status = 400;
            let name = match says {
                Says::Status(number) => {
                    status = *number;
                    "a status"
                }
                Says::Word(word) => {
                    error.code = Some(word.to_lowercase());
                    word
                }
                Says::Message(pattern) => {
                    error.message = pattern.replace('*', " X ").to_uppercase();
                    pattern
                }
            };

            assert_eq!(*outcome, Outcome::of(upstream, status, Some(&error)), "{name} of {upstream:?}");
        }
    }
}

#[test]
fn rows_are_written_as_they_are_held() {
    for (says, _) in DIALECTS.iter().flat_map(|upstream| tables(*upstream).iter().copied().flatten()) {
        if let Says::Message(pattern) = says {
            assert_eq!(pattern.to_ascii_lowercase(), *pattern);
            assert!(pattern.trim_matches('*').len() >= 10, "{pattern} is too short to be meant");
        }
    }
}

#[test]
fn what_a_pattern_holds_for() {
    let check = |pattern, text, expected| assert_eq!(expected, matches(pattern, text), "{pattern} for {text}");
    check("no funds", "no funds: pay", true);
    check("no funds", "he has no funds", false);
    check("*no funds", "he has no funds", true);
    check("model *not found", "model 'a' was not found here", true);
    check("model *not found", "model not found", true);
    check("model *not found", "a model was not found", false);
    check("model * not found", "model not found", false);
    check("a*b*c", "a-c-b", false);
    check("a*b*c", "abc", true);
    check("", "anything", true);
    check("a", "", false);
}

fn errors() -> impl Strategy<Value = Option<UpstreamError>> {
    let word = || {
        prop_oneof![
            any::<Option<String>>(),
            select(vec!["overloaded_error", "RESOURCE_EXHAUSTED", "model_not_found", "#", "429", "200", "99999"])
                .prop_map(|word| Some(word.to_owned())),
        ]
    };
    let message = prop_oneof![any::<String>(), "(model|overloaded|too many tokens|İ|\\*| )*"];
    let error = (message, word(), word(), word(), word());
    proptest::option::of(error.prop_map(|(message, kind, code, parameter, reason)| UpstreamError {
        message,
        kind,
        code,
        parameter,
        reason,
    }))
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..Config::with_cases(4_000) })]

    #[test]
    fn no_answer_is_too_strange(upstream in select(&DIALECTS[..]), status in any::<u16>(), error in errors()) {
        let outcome = Outcome::of(upstream, status, error.as_ref());

        prop_assert_eq!(status == 200, outcome == Success);
        if !(400..=599).contains(&status) && status != 200 {
            prop_assert_eq!(ServerFault, outcome);
        }
        if status == 401 || status == 402 {
            prop_assert_eq!(CredentialFault, outcome);
        }
        if let Some(error) = error {
            prop_assert_ne!(Success, Outcome::of_error(upstream, &error));
        }
    }

    #[test]
    fn no_body_is_too_strange(upstream in select(&DIALECTS[..]), status in any::<u16>(), body in any::<Vec<u8>>()) {
        let _ = Outcome::of(upstream, status, UpstreamError::read(&body).as_ref());
    }

    #[test]
    fn no_body_that_is_nearly_an_error_is_too_strange(
        upstream in select(&DIALECTS[..]),
        body in r#"\[?\{"(error|message)":\{?"(message|code|type|details|status)":("[a-z *é#]{0,9}"|[0-9]{1,4}|\[\{\}\]|\{|null)\}{0,2}\]?"#,
    ) {
        let error = UpstreamError::read(body.as_bytes());
        let _ = Outcome::of(upstream, 400, error.as_ref());
        if let Some(error) = error {
            let _ = Outcome::of_error(upstream, &error);
        }
    }
}
