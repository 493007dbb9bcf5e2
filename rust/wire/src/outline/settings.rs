//! What a request says beside its conversation.

use std::borrow::Cow;

use super::{Outline, ResponseFormat};
use crate::json::{Fault, Object, Value};
use crate::{Client, Request};

/// Pairs of metadata that are read: OpenAI's bound.
const MAX_METADATA: usize = 16;

/// Where clients name what belongs together, what is nearest to a conversation first. An earlier answer's id comes last,
/// as it is another one each time.
const SESSION_FIELDS: [&str; 4] = ["prompt_cache_key", "safety_identifier", "user", "previous_response_id"];

/// Reads them into `outline`.
pub(super) fn read<'a>(request: &'a Request, outline: &mut Outline<'a>) {
    outline.max_output_tokens = request.max_tokens();
    outline.response_format = response_format(request).unwrap_or_default();
    outline.metadata = metadata(request);
    outline.session = session(request);
    if request.endpoint.client() == Client::Anthropic {
        outline.n_cache_marks += u32::from(object(request, "cache_control").is_some());
    }
}

fn response_format(request: &Request) -> Option<ResponseFormat> {
    let format = match request.endpoint.client() {
        Client::OpenAi => object(request, "response_format")?,
        Client::Responses => object(request, "text")?.object("format")?,
        Client::Anthropic => {
            let config = object(request, "output_config").and_then(|config| config.object("format"));
            config.or_else(|| object(request, "output_format"))?
        }
        Client::Gemini => {
            let config = object(request, "generationConfig").or_else(|| object(request, "generation_config"))?;
            return gemini_format(&config);
        }
    };
    match &*format.string("type")? {
        "json_object" => Some(ResponseFormat::JsonObject),
        "json_schema" => Some(ResponseFormat::JsonSchema),
        _ => None,
    }
}

fn gemini_format(config: &Object<'_>) -> Option<ResponseFormat> {
    const SCHEMAS: [&str; 5] =
        ["responseSchema", "response_schema", "responseJsonSchema", "response_json_schema", "_responseJsonSchema"];

    if SCHEMAS.iter().any(|name| config.get(name).is_some()) {
        return Some(ResponseFormat::JsonSchema);
    }
    let media_type = config.string("responseMimeType").or_else(|| config.string("response_mime_type"))?;
    (media_type == "application/json").then_some(ResponseFormat::JsonObject)
}

fn metadata(request: &Request) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut pairs = Vec::new();
    // What is no object has no pairs.
    let _ = request.read(&["metadata", "labels"], |cursor| {
        cursor.object_or_skip(|cursor, key| {
            if let Some(text) = cursor.string_or_skip()?
                && pairs.len() < MAX_METADATA
            {
                pairs.push((key.name(), text.lossy()));
            }
            Ok::<_, Fault>(())
        })
    });
    pairs
}

fn session(request: &Request) -> Option<Cow<'_, str>> {
    let named = SESSION_FIELDS.iter().filter_map(|name| Value::parse(request.field(name)?).ok()?.string());
    let user = || object(request, "metadata")?.string("user_id");
    let is_anthropic = request.endpoint.client() == Client::Anthropic;
    named.chain(is_anthropic.then(user).flatten()).find(|name| !name.is_empty())
}

fn object<'a>(request: &'a Request, name: &str) -> Option<Object<'a>> {
    Object::parse(request.field(name)?).ok()
}
