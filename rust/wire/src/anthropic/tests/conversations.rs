//! Messages and their blocks.

use serde_json::{Value, json};

use super::{MODEL, request, target, translate};
use crate::anthropic::{read_request, write_request};
use crate::chat::{self, Call, Content, Lost, Media, Message, Part, Role, Signature, Source};
use crate::{Client, Upstream};

/// The message of a user with these blocks, as it is written; the leftovers; the hints.
#[track_caller]
fn check(name: &str, blocks: &Value, expected: &Value, refused: &[&str], hints: &[&str]) {
    let body =
        json!({"model": "m", "messages": [{"role": "user", "content": blocks}, {"role": "user", "content": "end"}]});
    let translated = translate(&body.to_string(), &target(MODEL));

    let mut content = expected.as_array().unwrap().clone();
    content.push(json!({"type": "text", "text": "end"}));
    assert_eq!(json!([{"role": "user", "content": content}]), translated.body["messages"], "{name}");
    assert_eq!(refused, translated.refused, "{name}");
    assert_eq!(hints, translated.hints, "{name}");
}

#[track_caller]
fn check_same(name: &str, block: &Value) {
    check(name, &json!([block]), &json!([block]), &[], &[]);
}

#[test]
fn blocks_that_go_through() {
    let base64 = json!({"type": "base64", "media_type": "image/png", "data": "aGk="});
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "aGk="});
    let plain = json!({"type": "text", "media_type": "text/plain", "data": "a\nb"});
    let url = json!({"type": "url", "url": "https://example.com/a?b=\"c\""});
    let result = |content: Value| json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": content});
    check_same("a text", &json!({"type": "text", "text": "\"é漢😀\u{0}"}));
    check_same("an image", &json!({"type": "image", "source": base64}));
    check_same("an image by URL", &json!({"type": "image", "source": url}));
    check_same("a document", &json!({"type": "document", "source": pdf, "title": "The law"}));
    check_same("a document by URL", &json!({"type": "document", "source": url}));
    check_same("a plain document", &json!({"type": "document", "source": plain}));
    check_same("a call", &json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [1, null]}}));
    check_same("a result without content", &json!({"type": "tool_result", "tool_use_id": "toolu_1"}));
    check_same(
        "a result of blocks",
        &result(json!([{"type": "text", "text": "a"}, {"type": "image", "source": base64}])),
    );
    check_same("a result that is an error", &{
        let mut failed = result(json!([{"type": "text", "text": "a"}]));
        failed["is_error"] = json!(true);
        failed
    });
    check_same("a thought", &json!({"type": "thinking", "thinking": "hm", "signature": "EqQB"}));
    check_same("a redacted thought", &json!({"type": "redacted_thinking", "data": "EqQB"}));
    check_same("a mark", &json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}));
    check_same(
        "for an hour",
        &json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    );
}

#[test]
fn blocks_that_change_or_stay_behind() {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let nothing = json!([]);
    let document = |members: Value| {
        let mut document = json!({"type": "document", "source": {"type": "url", "url": "u"}});
        document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        document
    };
    check("a string", &json!("hi"), &text("hi"), &[], &[]);
    check(
        "texts of nothing",
        &json!([{"type": "text", "text": ""}, {"type": "text", "text": " \n"}]),
        &nothing,
        &[],
        &[],
    );
    let cited = json!([{"type": "text", "text": "a", "citations": [{"type": "char_location"}]}]);
    check("citations of what was said", &cited, &text("a"), &[], &["messages[].content[].citations"]);
    check(
        "citations off",
        &json!([document(json!({"citations": {"enabled": false}}))]),
        &json!([document(json!({}))]),
        &[],
        &[],
    );
    let on = "messages[0].content[0].citations";
    check(
        "citations on",
        &json!([document(json!({"citations": {"enabled": true}}))]),
        &json!([document(json!({}))]),
        &[on],
        &[],
    );
    let context = json!([document(json!({"context": "c"}))]);
    check("a document's context", &context, &json!([document(json!({}))]), &["messages[0].content[0].context"], &[]);
    let search = json!([{"type": "search_result", "source": "s", "title": "t", "content": []}]);
    check("a search result", &search, &nothing, &["messages[0].content[0] (search_result)"], &[]);
    let file = json!([{"type": "image", "source": {"type": "file", "file_id": "file_1"}}]);
    check("a file", &file, &nothing, &["messages[].content[].source.file_id"], &[]);
    let of_blocks = json!([{"type": "document", "source": {"type": "content", "content": "c"}}]);
    check("a document of blocks", &of_blocks, &nothing, &["messages[0].content[0].source (content)"], &[]);
    let nested =
        json!([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "tool_reference", "tool_name": "n"}]}]);
    let empty = json!([{"type": "tool_result", "tool_use_id": "t"}]);
    check("a reference in a result", &nested, &empty, &["messages[0].content[0].content[0] (tool_reference)"], &[]);
    let direct = json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}}]);
    check(
        "the model's own call",
        &direct,
        &json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}}]),
        &[],
        &[],
    );
    let unsigned = json!([{"type": "thinking", "thinking": "hm", "signature": "tiercel.unsigned"}]);
    check("an unsigned thought", &unsigned, &nothing, &[], &["messages[].content[] (thinking)"]);
    let foreign = json!([{"type": "thinking", "thinking": "hm", "signature": "tiercel.gemini.Cg=="}]);
    check("a thought of another's", &foreign, &nothing, &[], &["messages[].content[] (thinking)"]);
    let hostile = json!([{"type": "a\r\nset-cookie: b"}]);
    check("a kind with a line break", &hostile, &nothing, &[r"messages[0].content[0] (a\r\nset-cookie: b)"], &[]);
}

/// A turn in short: its role, and each text or the id of the call that a result is of.
fn short(turn: &Value) -> Value {
    let content = turn["content"].as_array().unwrap().iter();
    let blocks = content.map(|block| block.get("text").or_else(|| block.get("tool_use_id")).unwrap().clone());
    json!([turn["role"], blocks.collect::<Vec<_>>()])
}

#[test]
fn how_turns_are_put_in_order() {
    let check = |name: &str, messages: Value, expected: Value| {
        let translated = translate(&json!({"model": "m", "messages": messages}).to_string(), &target(MODEL));

        let turns: Vec<Value> = translated.body["messages"].as_array().unwrap().iter().map(short).collect();
        let system = translated.body["system"].as_array().into_iter().flatten().map(|block| block["text"].clone());
        assert_eq!(expected, json!([system.collect::<Vec<_>>(), turns]), "{name}");
    };
    let say = |role: &str, text: &str| json!({"role": role, "content": text});
    let result = json!({"type": "tool_result", "tool_use_id": "t", "content": "r"});
    check(
        "one of each",
        json!([say("user", "a"), say("assistant", "b")]),
        json!([[], [["user", ["a"]], ["assistant", ["b"]]]]),
    );
    check(
        "nothing but instructions",
        json!([say("system", "s"), say("system", "t")]),
        json!([[], [["user", ["s", "t"]]]]),
    );
    check("two of one side", json!([say("user", "a"), say("user", "b")]), json!([[], [["user", ["a", "b"]]]]));
    check(
        "an empty one between",
        json!([say("user", "a"), say("assistant", ""), say("user", "b")]),
        json!([[], [["user", ["a", "b"]]]]),
    );
    check(
        "instructions in between",
        json!([say("user", "a"), say("system", "s"), say("user", "b")]),
        json!([["s"], [["user", ["a", "b"]]]]),
    );
    check(
        "results first",
        json!([say("user", "a"), {"role": "user", "content": [result]}]),
        json!([[], [["user", ["t", "a"]]]]),
    );
}

#[test]
fn parts_of_other_dialects() {
    let check = |name: &str, content: Content<'static>, expected: Value, refused: &[&str], hints: &[&str]| {
        let message = Message::new(Role::Assistant, vec![Part::new(content), Part::text("end")]);
        let form = chat::Request { messages: vec![message], ..chat::Request::default() };
        let mut lost = Lost::default();
        let body = super::json(&write_request(&form, &target(MODEL), &mut lost));

        let mut blocks = body["messages"][0]["content"].as_array().unwrap().clone();
        assert_eq!(Some(json!({"type": "text", "text": "end"})), blocks.pop(), "{name}");
        assert_eq!(expected, Value::Array(blocks), "{name}");
        assert_eq!(refused, lost.fields(Client::OpenAi), "{name}");
        assert_eq!(hints, lost.hints(Client::OpenAi), "{name}");
    };
    let base64 = |media_type: &'static str| Source::Base64 { media_type: media_type.into(), data: "aGk=".into() };
    let call = |id: &'static str, arguments: &'static str, signature| {
        Content::Call(Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature })
    };
    let written = |id: &str, input: Value| json!([{"type": "tool_use", "id": id, "name": "f", "input": input}]);
    check("a refusal", Content::Refusal("no".into()), json!([{"type": "text", "text": "no"}]), &[], &[]);
    let wav = "messages[].content[].input_audio";
    check("sound", Content::Audio(Media::new(base64("audio/wav"))), json!([]), &[wav], &[]);
    let docx = Content::Document(Media::new(base64("application/msword")));
    check("a document that is no PDF", docx, json!([]), &["messages[].content[].file"], &[]);
    let detailed = Media { detail: Some("low".into()), ..Media::new(base64("image/png")) };
    let image = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}]);
    check("detail", Content::Image(detailed), image, &[], &["messages[].content[].image_url.detail"]);
    check("a call's id", call("functions.f:0", "{}", None), written("functions_f_0", json!({})), &[], &[]);
    check("arguments of no object", call("a", "[1", None), written("a", json!({"arguments": "[1"})), &[], &[]);
    check("no arguments", call("a", "", None), written("a", json!({"arguments": ""})), &[], &[]);
    let signature = Signature::new(Upstream::Gemini, "Cg==");
    check(
        "a signed call",
        call("a", "{}", Some(signature)),
        written("a", json!({})),
        &[],
        &["messages[].reasoning_content"],
    );
    let thought = Content::Thought { text: "hm".into(), signature: None };
    check("an unsigned thought", thought, json!([]), &[], &["messages[].reasoning_content"]);
}

#[test]
fn a_name_is_a_hint() {
    let named = Message { name: Some("ann".into()), ..Message::new(Role::User, vec![Part::text("a")]) };
    let form = chat::Request { messages: vec![named], ..chat::Request::default() };
    let mut lost = Lost::default();
    write_request(&form, &target(MODEL), &mut lost);

    assert_eq!(vec!["messages[].name"], lost.hints(Client::OpenAi));
    assert!(lost.fields(Client::OpenAi).is_empty());
}

#[test]
fn spelling_is_kept() {
    let input = r#"{ "a": 1.50, "b":1e400,"c":"\u00e9" }"#;
    let body = format!(
        r#"{{"model":"m","temperature":0.70,"messages":[{{"role":"assistant","content":[{{"type":"tool_use","id":"t","name":"f","input":{input}}}]}}]}}"#
    );
    let request = request(&body);
    let written = write_request(&read_request(&request).unwrap(), &target(MODEL), &mut Lost::default());

    let written = String::from_utf8(written).unwrap();
    assert!(written.contains(&format!(r#""input":{input}"#)), "{written}");
    assert!(written.contains(r#""temperature":0.70"#), "{written}");
}

#[test]
fn what_is_not_of_the_dialect() {
    let check = |name: &str, messages: &str, expected: &str| {
        let request = request(&format!(r#"{{"model":"m","messages":{messages}}}"#));

        assert_eq!(Some(expected), read_request(&request).err().map(|error| error.to_string()).as_deref(), "{name}");
    };
    let user = |content: &str| format!(r#"[{{"role":"user","content":{content}}}]"#);
    check("a message of no object", "[1]", "`messages[0]` must be an object");
    check("no role", r#"[{"content":"a"}]"#, "`messages[0].role` is missing; send a string");
    let role = "`messages[0].role` must be `user`, `assistant` or `system`";
    check("a role of another dialect", r#"[{"role":"tool","content":"a"}]"#, role);
    check("no content", r#"[{"role":"user"}]"#, "`messages[0].content` is missing; send a string or blocks");
    check("a number", &user("1"), "`messages[0].content` must be a string or an array of blocks");
    check("a block of no kind", &user("[{}]"), "`messages[0].content[0].type` is missing; send a string");
    check(
        "a text of no string",
        &user(r#"[{"type":"text","text":1}]"#),
        "`messages[0].content[0].text` must be a string",
    );
    let source = "`messages[0].content[0].source` is missing; send an object";
    check("no source", &user(r#"[{"type":"image"}]"#), source);
    let ttl = "`messages[0].content[0].cache_control.ttl` must be `5m` or `1h`";
    check("a day", &user(r#"[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1d"}}]"#), ttl);
    let nested = "`messages[0].content[0].content[0].text` is missing; send a string";
    check("in a result", &user(r#"[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text"}]}]"#), nested);
}

#[test]
fn the_signature_of_a_call_rides_before_it() {
    let block = r#"{"type":"redacted_thinking","data":"tiercel.call.tiercel.gemini.Cg=="}"#;
    let call = |id: &str| format!(r#"{{"type":"tool_use","id":"{id}","name":"f","input":{{}}}}"#);
    let content = [block, &call("a"), &call("b")].join(",");
    let request = request(&format!(r#"{{"model":"m","messages":[{{"role":"assistant","content":[{content}]}}]}}"#));
    let form = read_request(&request).unwrap();

    let signatures = form.messages[0].parts.iter().map(|part| match &part.content {
        Content::Call(call) => call.signature.as_ref().map(|signature| (signature.made_by, &*signature.text)),
        _ => panic!("only calls"),
    });
    assert_eq!(vec![Some((Upstream::Gemini, "Cg==")), None], signatures.collect::<Vec<_>>());
}
