//! What is found in bodies that go through, and what is changed in them.

use super::*;

const FORM: &str = "multipart/form-data; boundary=XX";

fn parse(path: &str, content_type: &str, body: &str) -> Result<Request, Error> {
    let operation = Operation::find("POST", path).unwrap();
    Request::parse(operation, path, b"", Some(content_type.as_bytes()), body.as_bytes())
}

#[test]
fn which_paths_are_known() {
    let check = |method, path, expected: Option<&str>| {
        assert_eq!(expected, Operation::find(method, path).map(|operation| operation.name), "{method} {path}");
    };
    check("POST", "/images/generations", Some("image_generation"));
    check("GET", "/files", Some("files"));
    check("GET", "/files/file-1", Some("files"));
    check("GET", "/files/file-1/content", Some("files"));
    check("POST", "/batches/b_1/cancel", Some("batches"));
    check("POST", "/files/file-1", None);
    check("GET", "/files/", None);
    check("GET", "/files/../models", None);
    check("GET", "/files/a%2fb", None);
    check("GET", "/files/a/b", None);
    check("POST", "/fine_tuning/jobs", None);
}

#[test]
fn the_model_is_found_and_replaced_and_nothing_else() {
    let check = |path, content_type, body: &str, model: Option<&str>, expected: &str| {
        let request = parse(path, content_type, body).unwrap_or_else(|error| panic!("{error}"));
        let mut encoded = Vec::new();
        request.encode("new", &mut encoded);

        assert_eq!((model, expected), (request.model(), &*String::from_utf8_lossy(&encoded)), "{body}");
    };
    let json = "application/json";
    check("/audio/speech", json, r#"{"x":1.0,"model":"tts"}"#, Some("tts"), r#"{"x":1.0,"model":"new"}"#);
    check("/moderations", json, r#"{"input":"a"}"#, None, r#"{"input":"a"}"#);
    let form = |model: &str| {
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n\0\u{1}name=\"model\"\r\n\
             --XX\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--XX--\r\n"
        )
    };
    check("/audio/transcriptions", FORM, &form("whisper-1"), Some("whisper-1"), &form("new"));
    check("/images/edits", FORM, "--XX--\r\n", None, "--XX--\r\n");
    check("/files", FORM, "anything", None, "anything");
}

#[test]
fn what_is_refused() {
    let check = |path, content_type, body: &str| assert!(parse(path, content_type, body).is_err(), "{body}");
    check("/audio/speech", "application/json", "{}");
    check("/audio/speech", "application/json", r#"{"model":"a","model":"b"}"#);
    check("/audio/speech", "application/json", r#"{"model":7}"#);
    check("/audio/transcriptions", FORM, "--XX--\r\n");
    check("/audio/transcriptions", "multipart/form-data", "--XX--\r\n");
    check("/audio/transcriptions", FORM, "no boundary");
    let part = "--XX\r\ncontent-disposition: form-data; name=model\r\n\r\na\r\n";
    check("/audio/transcriptions", FORM, &format!("{part}{part}--XX--"));
    check("/audio/transcriptions", FORM, part);
    check("/audio/transcriptions", FORM, "--XX\r\ncontent-disposition: form-data; name=model\r\n\r\na\r\nb\r\n--XX--");
    check("/audio/transcriptions", FORM, "--XX\r\nno head\r\n--XX--");
}

#[test]
fn the_query_goes_along_but_for_the_credential() {
    let operation = Operation::find("GET", "/files").unwrap();
    let request = Request::parse(operation, "/files", b"limit=2&key=secret", None, b"").unwrap();

    assert_eq!("/files?limit=2", request.path());
}
