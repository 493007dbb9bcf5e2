//! The canonical bodies are what they claim to be.

use std::fs;
use std::path::Path;

use super::super::read_answer;
use super::form;
use super::stream::read_stream;
use crate::chat::{Answer, Content};

fn bodies(end: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gemini");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(end)?.to_owned();
        Some((name, fs::read_to_string(path).unwrap()))
    });
    let bodies: Vec<_> = named.filter(|(name, _)| !name.starts_with("error") && !name.starts_with("embed")).collect();
    assert!(!bodies.is_empty());
    bodies
}

#[test]
fn every_request_has_a_place_in_the_form() {
    for (name, body) in bodies(".request.json") {
        assert_eq!(Vec::<String>::new(), form(&body).unknown, "{name}");
    }
}

#[test]
fn streams_say_what_whole_answers_say() {
    let streams = bodies(".stream.txt");
    for (name, body) in bodies(".answer.json") {
        let (_, stream) = streams.iter().find(|(other, _)| *other == name).unwrap();
        let mut whole = read_answer(&body).unwrap();
        let mut streamed = read_stream(stream);
        whole.choices.iter_mut().for_each(|choice| choice.logprobs = None);
        [&mut whole, &mut streamed].into_iter().for_each(respell);

        assert_eq!(whole, streamed, "{name}");
    }
}

/// Spells the arguments of calls in the same way.
fn respell(answer: &mut Answer<'_>) {
    for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
        if let Content::Call(call) = &mut part.content {
            let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
            call.arguments = arguments.to_string().into();
        }
    }
}
