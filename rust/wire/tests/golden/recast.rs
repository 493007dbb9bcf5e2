//! Each dialect's answers in their other form, for a client of the same dialect: what came whole as a stream, and what
//! came as a stream whole.

use std::fmt::Write;

use expect_test::expect_file;
use serde_json::Value;
use tiercel_wire::{Client, as_stream, as_whole};

use crate::sides::{Manner, native, request, word};
use crate::{cases, checkers};

fn page(client: Client) -> String {
    let mut page = format!("Answers of {} in their other form\n", word(client));
    for case in cases::CASES.into_iter().filter(|case| !cases::REQUESTS.contains(case)) {
        let [answer, stream] = [cases::answer, cases::stream].map(|kept| kept(native(client), case).unwrap());
        let request = |manner| request(client, case, manner).or_else(|| request(client, "text", manner)).unwrap();
        let made = as_stream(&request(Manner::Stream), answer.as_bytes(), true);
        let made = made.map(|stream| String::from_utf8(stream).unwrap());
        if let Some(made) = &made {
            assert_eq!(checkers::read(client, &stream), checkers::read(client, made), "{}, {case}", word(client));
        }
        let whole = as_whole(&request(Manner::Whole), stream.as_bytes(), None);
        let whole = whole.map(|body| format!("{:#}\n", serde_json::from_slice::<Value>(&body).unwrap()));
        for (title, text) in [("as a stream", made), ("whole", whole)] {
            let text = text.as_deref().unwrap_or("None\n");
            write!(page, "\n{case}, {title}\n\n").unwrap();
            text.lines().filter(|line| !line.is_empty()).for_each(|line| writeln!(page, "{line}").unwrap());
        }
    }
    page
}

#[test]
fn answers_of_openai() {
    expect_file!["recast-openai.txt"].assert_eq(&page(Client::OpenAi));
}

#[test]
fn answers_of_responses() {
    expect_file!["recast-responses.txt"].assert_eq(&page(Client::Responses));
}

#[test]
fn answers_of_anthropic() {
    expect_file!["recast-anthropic.txt"].assert_eq(&page(Client::Anthropic));
}

#[test]
fn answers_of_gemini() {
    expect_file!["recast-gemini.txt"].assert_eq(&page(Client::Gemini));
}
