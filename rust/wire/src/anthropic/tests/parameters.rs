//! What is asked for beside the conversation.

use serde_json::{Value, json};

use super::{MODEL, json, target, translate, with};
use crate::anthropic::{read_request, write_request};
use crate::chat::{self, Effort, Format, Logprobs, Lost, Reasoning, Tool, ToolChoice};
use crate::target::{Hosting, Quirks, Target};
use crate::{Client, Upstream};

/// What members become for a model, but for those that are always there.
#[track_caller]
fn check_for(model: &str, name: &str, members: &Value, expected: &Value, refused: &[&str], hints: &[&str]) {
    let mut body: Value = serde_json::from_str(&with("")).unwrap();
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let mut translated = translate(&body.to_string(), &target(model));

    let written = translated.body.as_object_mut().unwrap();
    for key in ["model", "max_tokens", "messages"] {
        written.remove(key);
    }
    assert_eq!(*expected, translated.body, "{name}");
    assert_eq!(refused, translated.refused, "{name}");
    assert_eq!(hints, translated.hints, "{name}");
}

#[track_caller]
fn check_same(name: &str, members: &Value) {
    check_for(MODEL, name, members, members, &[], &[]);
}

#[test]
fn members_that_go_through() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let tool = json!({"name": "f", "description": "d", "input_schema": schema});
    let choice = |choice: Value| json!({"tools": [tool], "tool_choice": choice});
    check_same("instructions", &json!({"system": [{"type": "text", "text": "s"}]}));
    check_same("temperature", &json!({"temperature": 0.5}));
    check_same("the others", &json!({"top_p": 0.5, "top_k": 40}));
    check_same("stop sequences", &json!({"stop_sequences": ["a", "b"]}));
    check_same("the user", &json!({"metadata": {"user_id": "u"}}));
    check_same("a stream", &json!({"stream": true}));
    check_same("tools", &json!({"tools": [tool, {"name": "g", "input_schema": {"type": "object"}, "strict": true}]}));
    check_same(
        "a tool with a mark",
        &json!({"tools": [{"name": "g", "input_schema": {}, "cache_control": {"type": "ephemeral"}}]}),
    );
    check_same("auto", &choice(json!({"type": "auto"})));
    check_same("any", &choice(json!({"type": "any"})));
    check_same("none", &choice(json!({"type": "none"})));
    check_same("one", &choice(json!({"type": "tool", "name": "f"})));
    check_same("one after another", &choice(json!({"type": "any", "disable_parallel_tool_use": true})));
    check_same("a schema", &json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}));
    check_same("thinking", &json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}));
    check_same("hidden", &json!({"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}}));
}

#[test]
fn members_that_change_or_stay_behind() {
    let check = |name: &str, members: Value, expected: Value, refused: &[&str], hints: &[&str]| {
        check_for(MODEL, name, &members, &expected, refused, hints);
    };
    let nothing = || json!({});
    check(
        "instructions as a string",
        json!({"system": "s"}),
        json!({"system": [{"type": "text", "text": "s"}]}),
        &[],
        &[],
    );
    check("defaults", json!({"temperature": 1, "top_p": 1.0, "stream": false, "top_k": null}), nothing(), &[], &[]);
    let schema = json!({"type": "json_schema", "schema": {"type": "object"}});
    check("the older name", json!({"output_format": schema}), json!({"output_config": {"format": schema}}), &[], &[]);
    let custom = json!({"type": "custom", "name": "f", "input_schema": {}});
    check("a custom tool", json!({"tools": [custom]}), json!({"tools": [{"name": "f", "input_schema": {}}]}), &[], &[]);
    let search = json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]});
    check("a tool of the provider's", search, nothing(), &["tools[0] (web_search_20250305)"], &[]);
    let examples =
        json!({"tools": [{"name": "f", "input_schema": {}, "input_examples": [{}], "eager_input_streaming": true}]});
    let plain = json!({"tools": [{"name": "f", "input_schema": {}}]});
    check("examples", examples, plain.clone(), &["tools[0].input_examples"], &["tools[].eager_input_streaming"]);
    check("a choice without tools", json!({"tool_choice": {"type": "any"}}), nothing(), &[], &[]);
    let parallel =
        json!({"tools": plain["tools"], "tool_choice": {"type": "auto", "disable_parallel_tool_use": false}});
    let auto = json!({"tools": plain["tools"], "tool_choice": {"type": "auto"}});
    check("parallel by default", parallel, auto, &[], &[]);
    check("containers", json!({"container": "c", "mcp_servers": []}), nothing(), &["container", "mcp_servers"], &[]);
    let hints = ["cache_control", "service_tier", "speed", "diagnostics", "user_profile_id", "context_management"];
    let members = json!({"cache_control": {"type": "ephemeral"}, "service_tier": "auto", "speed": "fast", "diagnostics": {}, "user_profile_id": "p", "context_management": {}});
    check("what changes nothing", members, nothing(), &[], &hints);
    check("other metadata", json!({"metadata": {"a": "b"}}), nothing(), &[], &["metadata"]);
    check("where it runs", json!({"inference_geo": "eu"}), nothing(), &["inference_geo"], &[]);
    let budget = json!({"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}});
    check("a budget for the task", budget, nothing(), &["output_config.task_budget"], &[]);
    check(
        "blank stop sequences",
        json!({"stop_sequences": ["\n", "a"]}),
        json!({"stop_sequences": ["a"]}),
        &["stop_sequences"],
        &[],
    );
    check("both", json!({"temperature": 0.5, "top_p": 0.5}), json!({"temperature": 0.5}), &["top_p"], &[]);
    let thinking = json!({"type": "enabled", "budget_tokens": 2000});
    let warm = json!({"thinking": thinking, "temperature": 0.5, "top_k": 4});
    check("thinking sets the temperature", warm, json!({"thinking": thinking}), &["temperature", "top_k"], &[]);
    let block_binding = json!({"thinking": {"type": "enabled", "budget_tokens": 2000, "block_binding": {}}});
    check("a binding", block_binding, json!({"thinking": thinking}), &["thinking.block_binding"], &[]);
}

#[test]
fn how_models_are_told_to_think() {
    let check = |name: &str, model: &str, reasoning: Reasoning, expected: Value, refused: &[&str], hints: &[&str]| {
        let form = chat::Request { reasoning: Some(reasoning), max_tokens: Some(8_192), ..chat::Request::default() };
        let mut lost = Lost::default();
        let body = json(&write_request(&form, &target(model), &mut lost));

        let effort = body.get("output_config").map(|output| output["effort"].clone()).unwrap_or_default();
        let thinking = body.get("thinking").cloned().unwrap_or_default();
        assert_eq!(expected, json!([thinking, effort]), "{name}, {model}");
        assert_eq!(refused, lost.fields(Client::OpenAi), "{name}, {model}");
        assert_eq!(hints, lost.hints(Client::OpenAi), "{name}, {model}");
    };
    let effort = |effort| Reasoning { effort: Some(effort), ..Reasoning::default() };
    let budget = |budget| Reasoning { budget: Some(budget), ..Reasoning::default() };
    let enabled = |budget: u64| json!([{"type": "enabled", "budget_tokens": budget}, null]);
    let adaptive = |effort: Value| json!([{"type": "adaptive"}, effort]);
    let off = |kind: &str| json!([{"type": kind}, null]);
    let nothing = || json!([null, null]);
    check("high", "claude-sonnet-4-5", effort(Effort::High), enabled(4_096), &[], &[]);
    check("least", "claude-sonnet-4-5", effort(Effort::Minimal), enabled(1_024), &[], &[]);
    check("most", "claude-sonnet-4-5", effort(Effort::Max), enabled(8_191), &[], &[]);
    check("a budget", "claude-sonnet-4-6", budget(3_000), enabled(3_000), &[], &[]);
    check("high", "claude-sonnet-4-6", effort(Effort::High), adaptive(json!("high")), &[], &[]);
    check("extra high", "claude-opus-4-6", effort(Effort::ExtraHigh), adaptive(json!("high")), &[], &[]);
    check("most", "claude-opus-4-6", effort(Effort::Max), adaptive(json!("max")), &[], &[]);
    check("extra high", "claude-opus-4-7", effort(Effort::ExtraHigh), adaptive(json!("xhigh")), &[], &[]);
    check("least", "claude-opus-5-5", effort(Effort::Minimal), adaptive(json!("low")), &[], &[]);
    check("a budget", "claude-opus-5-5", budget(3_000), adaptive(json!("high")), &[], &[]);
    check("as it likes", "claude-opus-5-5", Reasoning::default(), adaptive(Value::Null), &[], &[]);
    check("as it likes", "claude-sonnet-4-5", Reasoning::default(), enabled(2_048), &[], &[]);
    let shown = Reasoning { is_shown: Some(true), ..Reasoning::default() };
    check("shown", "claude-opus-5-5", shown, json!([{"type": "adaptive", "display": "summarized"}, null]), &[], &[]);
    check("none", "claude-sonnet-4-5", effort(Effort::None), nothing(), &[], &[]);
    check("no tokens", "claude-sonnet-4-5", budget(0), nothing(), &[], &[]);
    check("none", "claude-opus-5", effort(Effort::None), off("disabled"), &[], &[]);
    check("none", "claude-sonnet-5-5", effort(Effort::None), off("between_tools"), &[], &[]);
    check("none", "claude-opus-5-5", effort(Effort::None), json!([null, "low"]), &[], &["reasoning_effort"]);
    check("none", "claude-fable-5", effort(Effort::None), json!([null, "low"]), &[], &["reasoning_effort"]);
    check("none", "kimi-k3", effort(Effort::None), off("disabled"), &[], &[]);
    check("high", "kimi-k3", effort(Effort::High), enabled(4_096), &[], &[]);
    check("high", "claude-3-5-haiku-20241022", effort(Effort::High), nothing(), &["reasoning_effort"], &[]);
}

#[test]
fn thoughts_do_not_begin_between_a_call_and_its_result() {
    let check = |name: &str, model: &str, blocks: Value, expected: Value| {
        let result = json!([{"type": "tool_result", "tool_use_id": "t", "content": "r"}]);
        let messages = json!([{"role": "assistant", "content": blocks}, {"role": "user", "content": result}]);
        let thinking = json!({"type": "enabled", "budget_tokens": 2_000});
        let body = json!({"model": "m", "max_tokens": 4_096, "messages": messages, "thinking": thinking});
        let translated = translate(&body.to_string(), &target(model));

        assert_eq!(expected, translated.body.get("thinking").cloned().unwrap_or_default(), "{name}");
        assert_eq!(expected.is_null(), translated.hints.contains(&"thinking".to_owned()), "{name}");
    };
    let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let text = json!({"type": "text", "text": "a"});
    let thought = |signature: &str| json!({"type": "thinking", "thinking": "hm", "signature": signature});
    let enabled = || json!({"type": "enabled", "budget_tokens": 2_000});
    check("a thought before the call", MODEL, json!([thought("EqQB"), text, call]), enabled());
    check("no thought", MODEL, json!([text, call]), Value::Null);
    check("a thought of another's", MODEL, json!([thought("tiercel.gemini.Cg=="), call]), Value::Null);
    check("no call", MODEL, json!([text]), enabled());
    check("no thought, lately", "claude-opus-4-7", json!([text, call]), json!({"type": "adaptive"}));
}

#[test]
fn thoughts_in_tokens_do_not_begin_before_a_forced_call() {
    let check = |name: &str, model: &str, choice: Value, expected: Value| {
        let members = json!({"tools": [{"name": "f", "input_schema": {}}], "tool_choice": choice});
        let mut body: Value = serde_json::from_str(&with("")).unwrap();
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body["max_tokens"] = json!(4_096);
        body["thinking"] = json!({"type": "enabled", "budget_tokens": 2_000});
        let translated = translate(&body.to_string(), &target(model));

        assert_eq!(choice, translated.body["tool_choice"], "{name}");
        assert_eq!(expected, translated.body.get("thinking").cloned().unwrap_or_default(), "{name}");
        assert_eq!(expected.is_null(), translated.hints.contains(&"thinking".to_owned()), "{name}");
    };
    check("any", MODEL, json!({"type": "any"}), Value::Null);
    check("a named one", MODEL, json!({"type": "tool", "name": "f"}), Value::Null);
    check("no call is forced", MODEL, json!({"type": "auto"}), json!({"type": "enabled", "budget_tokens": 2_000}));
    check("any, lately", "claude-opus-4-7", json!({"type": "any"}), json!({"type": "adaptive"}));
}

#[test]
fn how_much_may_be_written() {
    let check =
        |name: &str, max_tokens: Option<u64>, budget: Option<u64>, model: &str, expected: Value, hints: &[&str]| {
            let reasoning = budget.map(|budget| Reasoning { budget: Some(budget), ..Reasoning::default() });
            let form = chat::Request { max_tokens, reasoning, ..chat::Request::default() };
            let mut lost = Lost::default();
            let body = json(&write_request(&form, &target(model), &mut lost));

            let budget = body.get("thinking").map(|thinking| thinking["budget_tokens"].clone()).unwrap_or_default();
            assert_eq!(expected, json!([body["max_tokens"], budget]), "{name}");
            assert_eq!(hints, lost.hints(Client::OpenAi), "{name}");
        };
    check("as the client has it", Some(100), None, MODEL, json!([100, null]), &[]);
    check("all that the model can", None, None, MODEL, json!([64_000, null]), &[]);
    check("of another maker's", None, None, "glm-5", json!([8_192, null]), &[]);
    check("thoughts leave room", Some(2_000), Some(9_000), MODEL, json!([2_000, 1_999]), &[]);
    check("no room for thoughts", Some(1_024), Some(9_000), MODEL, json!([1_024, null]), &["reasoning_effort"]);
    check("too few to ask for", Some(9_000), Some(1), MODEL, json!([9_000, 1_024]), &[]);
}

#[test]
fn what_the_dialect_cannot_say() {
    let check = |name: &str, model: &str, form: chat::Request<'_>, refused: &[&str]| {
        let mut lost = Lost::default();
        let _ = write_request(&form, &target(model), &mut lost);

        assert_eq!(refused, lost.fields(Client::OpenAi), "{name}");
    };
    let form = chat::Request::default;
    let tool = || Tool { name: "f".into(), description: None, parameters: None, strict: None, cache: None };
    let forced = || chat::Request { tools: vec![tool()], tool_choice: Some(ToolChoice::Required), ..form() };
    let schema = || Format::Schema { name: None, description: None, schema: "{}".into(), strict: None };
    check("nothing", MODEL, form(), &[]);
    check("one choice", MODEL, chat::Request { n: 1, ..form() }, &[]);
    check("two", MODEL, chat::Request { n: 2, ..form() }, &["n"]);
    check("log probabilities", MODEL, chat::Request { logprobs: Some(Logprobs { n_top: 0 }), ..form() }, &["logprobs"]);
    check(
        "no penalty",
        MODEL,
        chat::Request { frequency_penalty: Some("0.0"), presence_penalty: Some("0"), ..form() },
        &[],
    );
    let penalties = chat::Request { frequency_penalty: Some("1"), presence_penalty: Some("0.1"), ..form() };
    check("penalties", MODEL, penalties, &["frequency_penalty", "presence_penalty"]);
    check("a seed", MODEL, chat::Request { seed: Some("0"), ..form() }, &["seed"]);
    check("a hot temperature", MODEL, chat::Request { temperature: Some("1.1"), ..form() }, &["temperature"]);
    check("any JSON", MODEL, chat::Request { format: Some(Format::Json), ..form() }, &["response_format"]);
    check("a schema", MODEL, chat::Request { format: Some(schema()), ..form() }, &[]);
    check(
        "a schema, of old",
        "claude-3-haiku-20240307",
        chat::Request { format: Some(schema()), ..form() },
        &["response_format"],
    );
    check("a forced call", MODEL, forced(), &[]);
    check("a forced call, lately", "claude-opus-5-5", forced(), &["tool_choice"]);
    let sampling = || chat::Request { temperature: Some("0.5"), top_p: Some("0.5"), top_k: Some("5"), ..form() };
    check("sampling, of old", "claude-3-haiku-20240307", sampling(), &[]);
    check("sampling, lately", "claude-opus-4-7", sampling(), &["temperature", "top_p", "top_k"]);
    check(
        "defaults, lately",
        "claude-opus-4-7",
        chat::Request { temperature: Some("1"), top_p: Some("1.0"), ..form() },
        &[],
    );
}

#[test]
fn a_schema_takes_its_description_along() {
    let check = |name: &str, schema: &str, expected: Value| {
        let description = Some("d\"".into());
        let format = Format::Schema { name: None, description, schema: schema.into(), strict: None };
        let form = chat::Request { format: Some(format), ..chat::Request::default() };
        let body = json(&write_request(&form, &target(MODEL), &mut Lost::default()));

        assert_eq!(expected, body["output_config"]["format"]["schema"], "{name}");
    };
    check("an empty one", " { }", json!({"description": "d\""}));
    check("one of null", r#"{"a":null}"#, json!({"description": "d\"", "a": null}));
    check("one with members", r#"{"type":"object"}"#, json!({"description": "d\"", "type": "object"}));
    check("one that has its own", r#"{"description":"e"}"#, json!({"description": "e"}));
    check("one that is none", "[]", json!([]));
}

#[test]
fn what_a_provider_refuses_is_lost() {
    let all =
        ["temperature", "top_p", "top_k", "stop_sequences", "metadata", "tool_choice", "output_config", "thinking"];
    let refuses = all.map(str::to_owned);
    let quirks = Quirks { refuses: &refuses, ..Quirks::default() };
    let body = with(
        r#","temperature":0.5,"top_k":5,"stop_sequences":["a"],"metadata":{"user_id":"u"},"tools":[{"name":"f","input_schema":{}}],
        "tool_choice":{"type":"any"},"output_config":{"format":{"type":"json_schema","schema":{}}},"thinking":{"type":"adaptive"}"#,
    );
    let translated = translate(&body, &Target { quirks, ..target(MODEL) });

    let mut keys: Vec<_> = translated.body.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(vec!["max_tokens", "messages", "model", "tools"], keys);
    let fields = ["temperature", "top_k", "stop_sequences", "thinking", "tool_choice", "output_config.format"];
    assert_eq!(fields.to_vec(), translated.refused);
    assert_eq!(vec!["metadata.user_id"], translated.hints);
}

#[test]
fn google_has_a_version_for_the_model() {
    let hosting = Hosting::Vertex { project: "p", location: "global" };
    let translated = translate(&with(""), &Target { hosting, ..target(MODEL) });

    assert_eq!(None, translated.body.get("model"));
    assert_eq!("vertex-2023-10-16", translated.body["anthropic_version"]);
    assert_eq!(Upstream::Anthropic, target(MODEL).upstream);
}

#[test]
fn what_is_not_of_the_dialect() {
    let check = |name: &str, member: &str, expected: &str| {
        let request = super::request(&with(&format!(",{member}")));

        assert_eq!(Some(expected), read_request(&request).err().map(|error| error.to_string()).as_deref(), "{name}");
    };
    check("tools", r#""tools":{}"#, "`tools` must be an array");
    check("a tool", r#""tools":[[]]"#, "`tools[0]` must be an object");
    check("a schema", r#""tools":[{"name":"f","input_schema":[]}]"#, "`tools[0].input_schema` must be an object");
    let choice = "`tool_choice.type` must be `auto`, `any`, `tool` or `none`";
    check("a choice", r#""tool_choice":{"type":"required"}"#, choice);
    check("a number", r#""temperature":"hot""#, "`temperature` must be a number");
    check("a stop sequence", r#""stop_sequences":["a",1]"#, "`stop_sequences[1]` must be a string");
    let thinking = "`thinking.type` must be `adaptive`, `enabled` or `disabled`";
    check("thinking", r#""thinking":{"type":"deep"}"#, thinking);
    let budget = "`thinking.budget_tokens` is missing; send an integer of at least 1024";
    check("no budget", r#""thinking":{"type":"enabled"}"#, budget);
    let effort = "`output_config.effort` must be `low`, `medium`, `high`, `xhigh` or `max`";
    check("an effort", r#""output_config":{"effort":"huge"}"#, effort);
    let format = "`output_config.format.type` must be `json_schema`";
    check("a format", r#""output_config":{"format":{"type":"grammar"}}"#, format);
    check(
        "no schema",
        r#""output_format":{"type":"json_schema"}"#,
        "`output_format.schema` is missing; send an object",
    );
}
