//! Errors as clients see them.

use crate::{Client, ClientError};

fn check(http: u16, expected: &str) {
    let error = ClientError { status: http, message: "a \"b\"", parameter: Some("p"), code: "c", request_id: "r" };
    let body = format!(r#"{{"error":{{"code":{http},"message":"a \"b\"","status":"{expected}","details":[]}}}}"#);

    assert_eq!(body, String::from_utf8(error.body(Client::Gemini)).unwrap());
    assert_eq!(format!("data: {body}\n\n"), String::from_utf8(error.event(Client::Gemini)).unwrap());
}

#[test]
fn what_each_status_is_called() {
    check(400, "INVALID_ARGUMENT");
    check(401, "UNAUTHENTICATED");
    check(402, "FAILED_PRECONDITION");
    check(403, "PERMISSION_DENIED");
    check(404, "NOT_FOUND");
    check(408, "DEADLINE_EXCEEDED");
    check(409, "ABORTED");
    check(413, "INVALID_ARGUMENT");
    check(429, "RESOURCE_EXHAUSTED");
    check(499, "CANCELLED");
    check(500, "INTERNAL");
    check(501, "UNIMPLEMENTED");
    check(502, "UNAVAILABLE");
    check(503, "UNAVAILABLE");
    check(504, "DEADLINE_EXCEEDED");
    check(529, "UNAVAILABLE");
}
