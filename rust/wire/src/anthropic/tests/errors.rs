//! Errors as clients get them.

use serde_json::json;

use crate::anthropic::error;
use crate::{Client, ClientError};

fn client_error(status: u16) -> ClientError<'static> {
    ClientError { status, message: "say \"please\"", parameter: Some("model"), code: "no_manners", request_id: "req_1" }
}

#[test]
fn the_class_of_each_status() {
    let check = |status: u16, expected: &str| {
        let body = super::json(&client_error(status).body(Client::Anthropic));

        let expected = json!({"type": expected, "message": "say \"please\""});
        assert_eq!(json!({"type": "error", "error": expected, "request_id": "req_1"}), body, "{status}");
    };
    check(400, "invalid_request_error");
    check(401, "authentication_error");
    check(402, "billing_error");
    check(403, "permission_error");
    check(404, "not_found_error");
    check(408, "timeout_error");
    check(409, "invalid_request_error");
    check(413, "request_too_large");
    check(422, "invalid_request_error");
    check(429, "rate_limit_error");
    check(500, "api_error");
    check(502, "api_error");
    check(503, "overloaded_error");
    check(504, "timeout_error");
    check(529, "overloaded_error");
}

#[test]
fn an_error_inside_a_stream() {
    let expected =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"say \"please\""},"request_id":"req_1"}"#;

    assert_eq!(format!("event: error\ndata: {expected}\n\n").as_bytes(), error::event(&client_error(529)));
}
