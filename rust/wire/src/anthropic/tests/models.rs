//! What is told from a model's name, and the list of models.

use serde_json::json;

use crate::Client;
use crate::anthropic::model::{Efforts, Model, Off, Sampling, Thinking};
use crate::models::{Model as Listed, item, list};

#[test]
fn names_tell_generations() {
    let check = |name: &str, max_tokens: u64, thinking: Thinking, off: Off, sampling: Sampling| {
        let model = Model::of(name);

        assert_eq!(
            (max_tokens, thinking, off, sampling),
            (model.max_tokens, model.thinking, model.off, model.sampling),
            "{name}"
        );
    };
    check("claude-2.1", 4_096, Thinking::Never, Off::Default, Sampling::All);
    check("claude-3-haiku-20240307", 4_096, Thinking::Never, Off::Default, Sampling::All);
    check("claude-3-5-sonnet-latest", 8_192, Thinking::Never, Off::Default, Sampling::All);
    check("claude-3-7-sonnet@20250219", 64_000, Thinking::Budget, Off::Default, Sampling::All);
    check("claude-opus-4-20250514", 32_000, Thinking::Budget, Off::Default, Sampling::All);
    check("claude-sonnet-4@20250514", 64_000, Thinking::Budget, Off::Default, Sampling::All);
    check("us.anthropic.claude-opus-4-1-20250805-v1:0", 32_000, Thinking::Budget, Off::Default, Sampling::OneOfTwo);
    check("claude-haiku-4-5-20251001", 64_000, Thinking::Budget, Off::Default, Sampling::OneOfTwo);
    check("anthropic/claude-opus-4.6", 128_000, Thinking::Either, Off::Default, Sampling::OneOfTwo);
    check("claude-opus-4-8", 128_000, Thinking::Effort, Off::Default, Sampling::Nothing);
    check("claude-sonnet-5", 128_000, Thinking::Effort, Off::Disabled, Sampling::Nothing);
    check("claude-haiku-5-5", 128_000, Thinking::Effort, Off::Disabled, Sampling::Nothing);
    check("claude-sonnet-5-5", 128_000, Thinking::Effort, Off::BetweenTools, Sampling::Nothing);
    check("claude-opus-5-5", 128_000, Thinking::Effort, Off::Never, Sampling::Nothing);
    check("claude-mythos-preview", 128_000, Thinking::Effort, Off::Never, Sampling::Nothing);
    check("claude-opus-latest", 128_000, Thinking::Effort, Off::Never, Sampling::Nothing);
    check("kimi-k3", 8_192, Thinking::Budget, Off::Disabled, Sampling::All);
}

#[test]
fn names_tell_the_rest() {
    let check = |name: &str, is_forced: bool, has_schemas: bool, efforts: Efforts| {
        let model = Model::of(name);

        assert_eq!((is_forced, has_schemas, efforts), (model.is_forced, model.has_schemas, model.efforts), "{name}");
    };
    check("claude-sonnet-4-0", true, false, Efforts::High);
    check("claude-opus-4-1", true, true, Efforts::High);
    check("claude-opus-4-6", true, true, Efforts::Max);
    check("claude-opus-4-7", true, true, Efforts::All);
    check("claude-opus-5", true, true, Efforts::All);
    check("claude-fable-5-1", false, true, Efforts::All);
    check("claude-sonnet-5-5", false, true, Efforts::All);
    check("claude-haiku-5-5", true, true, Efforts::All);
}

#[test]
fn the_list_of_models() {
    let models = [("auto", 0), ("anthropic/claude-haiku-4-5", 1_709_210_096)].map(|(id, created)| Listed {
        id,
        owned_by: "acme",
        created,
    });

    let entry = |id: &str, created: &str| json!({"type": "model", "id": id, "display_name": id, "created_at": created, "lifecycle": "active"});
    let [first, last] =
        [entry("auto", "1970-01-01T00:00:00Z"), entry("anthropic/claude-haiku-4-5", "2024-02-29T12:34:56Z")];
    assert_eq!(last, super::json(&item(Client::Anthropic, &models[1])));
    let expected =
        json!({"data": [first, last], "has_more": false, "first_id": "auto", "last_id": "anthropic/claude-haiku-4-5"});
    assert_eq!(expected, super::json(&list(Client::Anthropic, &models)));
    let empty = json!({"data": [], "has_more": false, "first_id": null, "last_id": null});
    assert_eq!(empty, super::json(&list(Client::Anthropic, &[])));
}

#[test]
fn times_at_the_ends_of_years() {
    let check = |expected: &str, created: u64| {
        let body = super::json(&item(Client::Anthropic, &Listed { id: "m", owned_by: "", created }));

        assert_eq!(expected, body["created_at"]);
    };
    check("1999-12-31T23:59:59Z", 946_684_799);
    check("2000-03-01T00:00:00Z", 951_868_800);
    check("2025-12-31T00:00:00Z", 1_767_139_200);
    check("2100-03-01T00:00:00Z", 4_107_542_400);
}
