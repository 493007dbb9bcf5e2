//! Where client and provider speak the same dialect, every byte is passed on, but for those that must differ.

use tiercel_wire::{Client, Target, Unsupported, encode};

use crate::cases;
use crate::replay::{events, feed};
use crate::sides::{CLIENTS, Manner, native, reading, request, target, word};

fn check_request(client: Client, case: &str) {
    let Some(request) = request(client, case, Manner::Whole) else { return };
    let target = target(native(client), case);
    let send = |model| encode(&request, &Target { model, ..target }, Unsupported::Refuse).unwrap();
    let same = String::from_utf8(send(request.model()).body).unwrap();
    let other = String::from_utf8(send("another").body).unwrap();

    assert_eq!(request.body(), same, "{}, {case}", word(client));
    let [model, path] = [r#""model": ""#, "models/"];
    let expected = [model, path].into_iter().fold(same, |body, start| {
        body.replace(&[start, request.model(), "\""].concat(), &[start, "another\""].concat())
    });
    assert_eq!(expected, other, "{}, {case}", word(client));
}

fn check_answer(client: Client, case: &str) {
    let Some(answer) = cases::answer(native(client), case) else { return };
    let whole = reading(client, native(client), case, Manner::Whole).whole(answer.clone().into_bytes()).unwrap();

    assert_eq!(answer, String::from_utf8(whole.body).unwrap(), "{}, {case}", word(client));
    assert!(whole.usage.is_some() || case == cases::EMBEDDINGS, "{}, {case}", word(client));
}

fn check_stream(client: Client, case: &str) {
    let Some(events) = events(native(client), case) else { return };
    let body = String::from_utf8(events.concat()).unwrap();
    let outcome = feed(&reading(client, native(client), case, Manner::Stream), [body.as_bytes()]);

    assert_eq!(body, outcome.output, "{}, {case}", word(client));
    assert!(outcome.usage.is_some(), "{}, {case}", word(client));
}

#[test]
fn same_dialect_same_bytes() {
    for client in CLIENTS {
        for case in cases::CASES.iter().chain([&cases::IMAGE_URL, &cases::EMBEDDINGS]) {
            check_request(client, case);
            check_answer(client, case);
            check_stream(client, case);
        }
    }
}

#[test]
fn refusals_stay_as_they_are() {
    for client in CLIENTS {
        for status in cases::REFUSALS {
            let body = cases::answer(native(client), &format!("error_{status}")).unwrap().into_bytes();
            let reading = reading(client, native(client), "text", Manner::Whole);

            assert_eq!(Some(body.clone()), reading.refusal(status, body), "{}, {status}", word(client));
        }
    }
}
