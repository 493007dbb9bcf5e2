//! Requests that are read, written and read again mean the same.

use proptest::prelude::*;

use super::{THIRD, form, parse, written};
use crate::chat::{Content, Effort, Format, Part, Reasoning, Request, Role, Source, ToolChoice, arbitrary, described};
use crate::json::Object;
use crate::replay::config;
use crate::target::Hosting;
use crate::{Endpoint, Upstream};

fn again(form: &Request<'_>) -> Request<'static> {
    let (body, ..) = written(form, Hosting::Own, THIRD);
    super::form(&body)
}

#[test]
fn bodies() {
    let check = |name: &str, body: &str| {
        let first = form(body);

        assert_eq!(again(&first), first, "{name}");
    };
    check("a text", r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#);
    check(
        "all settings",
        r#"{"contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"be"}]},"generationConfig":{"temperature":0.70,"topP":0.9,"topK":40,"candidateCount":2,"maxOutputTokens":9,"stopSequences":["a"],"presencePenalty":1,"frequencyPenalty":-1,"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"responseLogprobs":true,"logprobs":3,"thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true}}}"#,
    );
    check(
        "a tool that was called",
        r#"{"contents":[{"parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"a","thought":true,"thoughtSignature":"YQ=="},{"functionCall":{"name":"f","args":{"a":1.0}},"thoughtSignature":"Yg=="}]},{"parts":[{"functionResponse":{"name":"f","response":{"b":2}}}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"NUMBER","nullable":true}}}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}}"#,
    );
    check(
        "pictures",
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}},{"fileData":{"fileUri":"https://example.com/a.png"}},{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/a.pdf"}}]}]}"#,
    );
}

/// What is left of a form that went through Gemini's.
fn kept(mut form: Request<'static>) -> Request<'static> {
    let mut messages: Vec<crate::chat::Message<'static>> = Vec::new();
    let are_all_instructions = form.messages.iter().all(|message| message.role == Role::System);
    for mut message in std::mem::take(&mut form.messages) {
        if are_all_instructions {
            message.role = Role::User;
        }
        message.name = None;
        message.parts.retain_mut(keep);
        match messages.last_mut() {
            _ if message.parts.is_empty() => {}
            Some(last) if last.role == message.role => last.parts.append(&mut message.parts),
            _ => messages.push(message),
        }
    }
    messages.iter_mut().filter(|message| message.role == Role::Assistant).for_each(|message| join(&mut message.parts));
    form.messages = messages;
    let has_tools = !form.tools.is_empty();
    form.tool_choice.take_if(|choice| !has_tools && matches!(choice, ToolChoice::Auto | ToolChoice::None));
    for tool in &mut form.tools {
        (tool.strict, tool.cache) = (None, None);
    }
    if let Some(Format::Schema { name, description, schema, strict }) = &mut form.format {
        *schema = described(schema, description.as_deref()).into_owned().into();
        (*name, *description, *strict) = (None, None, None);
    }
    if let Some(Reasoning { effort: Some(effort), .. }) = &mut form.reasoning {
        *effort = (*effort).clamp(Effort::Minimal, Effort::High);
    }
    if form.n == 1 {
        form.n = 0;
    }
    // The first is refused by the target of these tests, the others have no place.
    (form.seed, form.user, form.parallel_calls, form.is_stream) = (None, None, None, false);
    form
}

/// Whether a part is kept, after what of it is not was taken away.
fn keep(part: &mut Part<'static>) -> bool {
    part.cache = None;
    match &mut part.content {
        Content::Text(text) => !text.is_empty(),
        Content::Thought { signature, .. } => signature.is_some(),
        Content::Image(media) | Content::Document(media) | Content::Audio(media) => {
            (media.detail, media.name) = (None, None);
            if let Source::Url { media_type, .. } = &mut media.source {
                *media_type = Some("image/png".into());
            }
            !matches!(media.source, Source::File(_))
        }
        Content::Result { parts, is_error, .. } => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| if let Content::Text(text) = &part.content { Some(&**text) } else { None })
                .collect();
            let text = texts.join("\n");
            // The space around an object says nothing.
            let text = if !*is_error && Object::parse(&text).is_ok() { text.trim().to_owned() } else { text };
            *parts = if text.is_empty() { Vec::new() } else { vec![Part::text(text)] };
            true
        }
        Content::RedactedThought(_) | Content::Call(_) | Content::Refusal(_) => true,
    }
}

/// Joins the texts that the model said one after the other.
fn join(parts: &mut Vec<Part<'static>>) {
    for part in std::mem::take(parts) {
        match (parts.last_mut().map(|last| &mut last.content), &part.content) {
            (Some(Content::Text(last)), Content::Text(text)) => last.to_mut().push_str(text),
            _ => parts.push(part),
        }
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn forms(form in arbitrary::request(Upstream::Gemini)) {
        let expected = kept(form.clone());
        // Where nobody says anything there is nothing to ask.
        prop_assume!(expected.messages.iter().any(|message| message.role != Role::System));

        prop_assert_eq!(expected, again(&form));
    }

    #[test]
    fn no_request_panics(text in any::<String>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = super::super::scan(Endpoint::GenerateContent, "m", &text);
        let mut body = include_bytes!("../../../tests/golden/gemini/tool_result.request.json").to_vec();
        let place = place.index(body.len());
        body[place] = byte;
        if let Ok(request) = super::super::scan(Endpoint::GenerateContent, "m", &String::from_utf8_lossy(&body)) {
            let request = parse(Endpoint::GenerateContent, request.body());
            if let Ok(form) = super::super::read_request(request) {
                let (body, ..) = written(&form, Hosting::Own, THIRD);
                prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{}", body);
            }
        }
    }
}
