//! The canonical bodies are what they claim to be.

use super::super::read_answer;
use super::form;
use super::stream::read_stream;
use crate::chat::{Answer, Content};

macro_rules! cases {
    ($($name:literal),*) => {
        [$((
            $name,
            include_str!(concat!("../../../tests/golden/gemini/", $name, ".request.json")),
            include_str!(concat!("../../../tests/golden/gemini/", $name, ".answer.json")),
            include_str!(concat!("../../../tests/golden/gemini/", $name, ".stream.txt")),
        )),*]
    };
}

#[test]
fn requests_have_a_place_in_the_form_and_streams_say_what_whole_answers_say() {
    for (name, request, answer, stream) in cases!(
        "text",
        "conversation",
        "tool",
        "tools",
        "tool_result",
        "image",
        "structured",
        "thinking",
        "cached",
        "parameters"
    ) {
        assert_eq!(Vec::<String>::new(), form(request).unknown, "{name}");
        let mut whole = read_answer(answer).unwrap();
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
