//! Errors inside an answer of status 200.

use super::*;

fn check(name: &str, upstream: Upstream, body: &str, expected: Outcome) {
    let error = UpstreamError::read(body.as_bytes()).unwrap_or_default();

    assert_eq!(expected, Outcome::of_error(upstream, &error), "{name}");
}

#[test]
fn of_openai() {
    for upstream in [Upstream::OpenAi, Upstream::Responses] {
        let check = |name: &str, body: &str, expected| check(name, upstream, body, expected);
        check("nothing", "{}", ServerFault);
        check(
            "it failed",
            r#"{"error":{"message":"Failed.","type":"server_error","param":null,"code":null}}"#,
            ServerFault,
        );
        check("a rate", r#"{"code":"rate_limit_exceeded","message":"Rate limit reached."}"#, Throttled);
        check("a rate, by its type", r#"{"error":{"message":"Slow.","type":"rate_limit_error"}}"#, Throttled);
        check(
            "overloaded",
            r#"{"error":{"message":"Our servers are currently overloaded.","type":"server_error"}}"#,
            Overloaded,
        );
        check(
            "quota",
            r#"{"error":{"message":"No.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            CredentialFault,
        );
        check("a prompt", r#"{"code":"invalid_prompt","message":"Invalid prompt."}"#, ClientFault(Request));
        check(
            "context",
            r#"{"error":{"message":"Too long.","code":"context_length_exceeded"}}"#,
            ClientFault(ContextLength),
        );
        check(
            "OpenRouter, a provider failed",
            r#"{"error":{"code":502,"message":"Provider disconnected"}}"#,
            ServerFault,
        );
        check("OpenRouter, a rate", r#"{"error":{"code":429,"message":"Provider returned error"}}"#, Throttled);
        check("OpenRouter, credits", r#"{"error":{"code":"402","message":"Insufficient credits"}}"#, CredentialFault);
        check("vLLM", r#"{"error":{"message":"Bad.","type":"BadRequestError","code":400}}"#, ClientFault(Request));
        check("Google's imitation", r#"[{"error":{"code":503,"message":"No.","status":"UNAVAILABLE"}}]"#, Overloaded);
        check("a code that is no status", r#"{"error":{"message":"No.","code":"1300"}}"#, ServerFault);
        check("a code of success", r#"{"error":{"message":"No.","code":200}}"#, ServerFault);
    }
}

#[test]
fn of_anthropic() {
    let check = |name: &str, kind: &str, message: &str, expected| {
        let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}","details":null}}}}"#);
        check(name, Upstream::Anthropic, &body, expected);
    };
    check("overloaded", "overloaded_error", "Overloaded", Overloaded);
    check("a rate", "rate_limit_error", "Number of requests.", Throttled);
    check("it failed", "api_error", "Internal server error", ServerFault);
    check("it took too long", "timeout_error", "Timed out.", ServerFault);
    check("billing", "billing_error", "Pay.", CredentialFault);
    check("key", "authentication_error", "No.", CredentialFault);
    check("a request", "invalid_request_error", "Bad.", ClientFault(Request));
    check(
        "a policy",
        "invalid_request_error",
        "Output blocked by content filtering policy",
        ClientFault(ContentPolicy),
    );
    check("a model", "not_found_error", "model: claude-9", ClientFault(ModelNotFound));
    check("something new", "surprise_error", "Boo.", ServerFault);
}

#[test]
fn of_google() {
    let check = |name: &str, body: &str, expected| check(name, Upstream::Gemini, body, expected);
    check("not there", r#"{"error":{"code":503,"message":"No.","status":"UNAVAILABLE","details":[]}}"#, Overloaded);
    check("a quota", r#"{"error":{"code":429,"message":"No.","status":"RESOURCE_EXHAUSTED"}}"#, Throttled);
    check("it failed", r#"{"error":{"code":500,"message":"No.","status":"INTERNAL"}}"#, ServerFault);
    check("a class without a code", r#"{"error":{"message":"No.","status":"PERMISSION_DENIED"}}"#, CredentialFault);
    check("the model gave up", r#"{"status":"MALFORMED_FUNCTION_CALL","message":"the model gave up"}"#, ServerFault);
}

#[test]
fn of_bedrock() {
    let check = |kind: &str, message: &str, expected| {
        let error =
            UpstreamError { kind: Some(kind.to_owned()), message: message.to_owned(), ..UpstreamError::default() };

        assert_eq!(expected, Outcome::of_error(Upstream::Bedrock, &error), "{kind}");
    };
    check("throttlingException", "Too many tokens, please wait before trying again.", Throttled);
    check("serviceUnavailableException", "No.", Overloaded);
    check("modelStreamErrorException", "No.", ServerFault);
    check("internalServerException", "No.", ServerFault);
    check("validationException", "Bad.", ClientFault(Request));
    check("validationException", "Input is too long for requested model.", ClientFault(ContextLength));
    check("com.amazon.coral.service#AccessDeniedException", "No.", CredentialFault);
    check("malformed_model_output", "the model's answer was malformed", ServerFault);
}

#[test]
fn of_cohere() {
    let check = |kind: &str, message: &str, expected| {
        let error =
            UpstreamError { kind: Some(kind.to_owned()), message: message.to_owned(), ..UpstreamError::default() };

        assert_eq!(expected, Outcome::of_error(Upstream::Cohere, &error), "{kind}: {message}");
    };
    check("ERROR", "The server had an error while processing your request.", ServerFault);
    check("ERROR", "The service is overloaded.", Overloaded);
    check("TIMEOUT", "the model gave up before its answer was complete", ServerFault);
    check("", "too many tokens: size limit exceeded by 11326 tokens.", ClientFault(ContextLength));
}
