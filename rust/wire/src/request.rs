//! A client's request, read for what Tiercel decides on and kept as it came.
//!
//! # Why so little is checked
//! Whether a message has a good role or a schema is well-formed, the provider says better, and for fields that are
//! newer than this code. Checked is what routing, limits and the stream's reader rely on.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::{Fault, Shape, write_string};
use crate::members::Members;
use crate::target::{Hosting, MaxTokens, Target};
use crate::{Client, Endpoint, Error, anthropic, gemini, openai, responses};

/// Bytes of a model's name. The longest in use, fine-tuned deployments, stay below a hundred; ARNs reach 150.
const MAX_MODEL: usize = 256;

/// The `anthropic_version` that Vertex has in the place of Anthropic's model (Google Cloud's documentation of Claude).
pub(crate) const VERTEX_VERSION: &str = "vertex-2023-10-16";

/// A request whose body is one JSON object without ambiguities.
pub struct Request {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: String,
    pub(crate) members: Members,
    pub(crate) model: String,
    pub(crate) is_stream: bool,
    pub(crate) wants_usage: bool,
    /// What makes a stream tell its usage, where that must be asked for.
    pub(crate) usage_edit: Option<Edit>,
    pub(crate) n_choices: u32,
    pub(crate) max_tokens: Option<u64>,
    /// The fields that the model reads.
    pub(crate) prompt_fields: &'static [&'static str],
}

/// A piece of the body and what to write in its place.
pub(crate) struct Edit {
    pub(crate) span: Range<usize>,
    pub(crate) text: Cow<'static, str>,
}

impl Request {
    /// Reads a body. `model` is the one that the path names, for dialects that name it there.
    ///
    /// # Errors
    /// A body that is no JSON object, has an ambiguous key, lacks what `endpoint` needs, or has a field of those listed
    /// at the accessors with a value that it cannot have.
    pub fn parse(endpoint: Endpoint, model: Option<&str>, body: &[u8]) -> Result<Self, Error> {
        let body = std::str::from_utf8(body)
            .map_err(|error| Fault { offset: error.valid_up_to(), reason: "the bytes are not UTF-8" })?;
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => openai::scan(endpoint, body),
            Endpoint::Responses => responses::scan(body),
            Endpoint::Messages | Endpoint::CountMessageTokens => anthropic::scan(endpoint, body),
            Endpoint::GenerateContent
            | Endpoint::StreamGenerateContent
            | Endpoint::CountTokens
            | Endpoint::EmbedContent
            | Endpoint::BatchEmbedContents => gemini::scan(endpoint, model.unwrap_or_default(), body),
        }
    }

    /// What is asked for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The model or route that the client names: 1 to 256 bytes without control characters.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer is to come as events.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// Whether the client itself asked a stream to tell its usage, or its dialect always does.
    pub fn wants_usage(&self) -> bool {
        self.wants_usage
    }

    /// Choices that the answer will have: `n`, 1 to 128, for each prompt.
    pub fn n_choices(&self) -> u32 {
        self.n_choices
    }

    /// The client's bound on the tokens of one choice; the larger where it gives two. `None` too where one is negative,
    /// by which some local servers mean "no bound".
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_tokens
    }

    /// The JSON text of the value of `name`, a top-level field that this dialect's reader knows, just as it came.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.members.value(name).map(|span| &self.body[span])
    }

    /// The body, just as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Bytes of what the model reads: for an estimate of tokens.
    pub fn n_prompt_bytes(&self) -> u64 {
        self.prompt_fields.iter().filter_map(|field| self.field(field)).map(|text| text.len() as u64).sum()
    }

    /// Appends the body for an upstream of the client's own dialect to `output`. All bytes but those of the model, of
    /// the question for usage, of what the upstream's quirks demand, and of thoughts that only others can read are the
    /// client's.
    pub fn encode(&self, target: &Target<'_>, output: &mut Vec<u8>) {
        let mut edits = Vec::with_capacity(3);
        if let Some(span) = self.members.value("model") {
            edits.push(self.model_edit(span, target));
        }
        edits.extend(gemini::inner_models(self).into_iter().map(|span| self.model_edit(span, target)));
        if let Some(edit) = self.usage_edit.as_ref().filter(|_| self.is_stream && target.quirks.stream_usage) {
            edits.push(Edit { span: edit.span.clone(), text: edit.text.clone() });
        }
        edits.extend(self.max_tokens_edit(target.quirks.max_tokens));
        match self.endpoint.client() {
            Client::Anthropic => edits.extend(anthropic::foreign_thoughts(self)),
            Client::Responses => edits.extend(responses::foreign_thoughts(self)),
            Client::OpenAi => {
                edits.extend(openai::foreign_thoughts(self));
                if !target.quirks.developer_role {
                    edits.extend(openai::developer_roles(self));
                }
            }
            Client::Gemini => edits.extend(gemini::foreign_thoughts(self, target.model)),
        }
        splice(&self.body, edits, output);
    }

    fn model_edit(&self, value: Range<usize>, target: &Target<'_>) -> Edit {
        match (self.endpoint, target.hosting, self.members.member("model")) {
            (Endpoint::Messages, Hosting::Vertex { .. }, Some(member)) => {
                Edit { span: member, text: format!(r#""anthropic_version":"{VERTEX_VERSION}""#).into() }
            }
            (endpoint, ..) if endpoint.client() == Client::Gemini => {
                Edit { span: value, text: json_string(&["models/", target.model].concat()) }
            }
            _ => Edit { span: value, text: json_string(target.model) },
        }
    }

    /// The other spelling, where the upstream takes only that one and the client sent this one alone.
    fn max_tokens_edit(&self, only: Option<MaxTokens>) -> Option<Edit> {
        let wanted = only.filter(|_| self.endpoint == Endpoint::ChatCompletions)?;
        let other = match wanted {
            MaxTokens::MaxTokens => MaxTokens::MaxCompletionTokens,
            MaxTokens::MaxCompletionTokens => MaxTokens::MaxTokens,
        };
        let member = self.members.member(other.name()).filter(|_| self.field(wanted.name()).is_none())?;
        let key_end = member.start + other.name().len() + 2;
        // A key that is spelt with escapes is left to the upstream.
        let is_plain = self.body[member.start..key_end] == *json_string(other.name());
        is_plain.then(|| Edit { span: member.start..key_end, text: json_string(wanted.name()) })
    }
}

/// Appends `text` to `output` with `edits` made, no two of which touch the same bytes.
pub(crate) fn splice(text: &str, mut edits: Vec<Edit>, output: &mut Vec<u8>) {
    edits.sort_by_key(|edit| edit.span.end);
    let text = text.as_bytes();
    output.reserve(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut n_copied = 0;
    for edit in edits {
        output.extend_from_slice(&text[n_copied..edit.span.start]);
        output.extend_from_slice(edit.text.as_bytes());
        n_copied = edit.span.end;
    }
    output.extend_from_slice(&text[n_copied..]);
}

/// The edits that cut out those of an object's or array's `pieces` that are marked so. Each goes with the comma behind it,
/// and those behind the last that stays with the comma before it.
pub(crate) fn cut(pieces: &[(Range<usize>, bool)], edits: &mut Vec<Edit>) {
    let last_kept = pieces.iter().rposition(|(_, is_cut)| !is_cut);
    for (index, (span, _)) in pieces.iter().enumerate().filter(|(_, (_, is_cut))| *is_cut) {
        let span = match last_kept {
            Some(last_kept) if index < last_kept => span.start..pieces[index + 1].0.start,
            _ if index == 0 => span.clone(),
            _ => pieces[index - 1].0.end..span.end,
        };
        edits.push(Edit { span, text: "".into() });
    }
}

pub(crate) fn json_string(text: &str) -> Cow<'static, str> {
    let mut json = Vec::with_capacity(text.len() + 2);
    write_string(text, &mut json);
    // A string's JSON is as much UTF-8 as the string.
    String::from_utf8(json).unwrap_or_default().into()
}

/// The value of `model`, a name that must be there.
pub(crate) fn read_model(members: &Members, body: &str) -> Result<String, Error> {
    let Some((mut cursor, shape)) = members.cursor("model", body)? else {
        return Err(Error::missing("model", "name a model or a route"));
    };
    let start = cursor.position();
    let name = if shape == Shape::String { cursor.string()?.decode()? } else { "".into() };
    if !is_model(&name) {
        return Err(Error::invalid("model", start, "must be a string of 1 to 256 bytes without control characters"));
    }
    Ok(name.into_owned())
}

/// Whether `name` may name a model.
pub(crate) fn is_model(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_MODEL && !name.contains(char::is_control)
}

/// The value of `name`, true or false; false where it is absent.
pub(crate) fn read_flag(members: &Members, name: &'static str, body: &str) -> Result<bool, Error> {
    match members.cursor(name, body)? {
        None | Some((_, Shape::False)) => Ok(false),
        Some((_, Shape::True)) => Ok(true),
        Some((cursor, _)) => Err(Error::invalid(name, cursor.position(), "must be true, false or null")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quirks, Upstream};

    /// A request to `endpoint` that asks for no more than its model, in a body which has it or not.
    fn request(endpoint: Endpoint, body: &str) -> Request {
        Request {
            endpoint,
            body: body.to_owned(),
            members: Members::read(body, &["model"]).unwrap(),
            model: "m".to_owned(),
            is_stream: false,
            wants_usage: true,
            usage_edit: None,
            n_choices: 1,
            max_tokens: None,
            prompt_fields: &[],
        }
    }

    #[test]
    fn how_the_model_is_named() {
        let check = |name: &str, endpoint, upstream, hosting, body: &str, expected: &str| {
            let mut output = Vec::new();
            let target = Target { upstream, hosting, model: "up\"", quirks: Quirks::default() };
            request(endpoint, body).encode(&target, &mut output);

            assert_eq!(expected, String::from_utf8(output).unwrap(), "{name}");
        };
        let vertex = Hosting::Vertex { project: "p", location: "l" };
        let body = r#"{"max_tokens":1, "model" : "m" ,"x":1.0}"#;
        let renamed = r#"{"max_tokens":1, "model" : "up\"" ,"x":1.0}"#;
        check("in the body", Endpoint::Messages, Upstream::Anthropic, Hosting::Own, body, renamed);
        let versioned = r#"{"max_tokens":1, "anthropic_version":"vertex-2023-10-16" ,"x":1.0}"#;
        check("in Vertex's path", Endpoint::Messages, Upstream::Anthropic, vertex, body, versioned);
        check("in Gemini's path", Endpoint::GenerateContent, Upstream::Gemini, Hosting::Own, "{}", "{}");
        let embed = r#"{"model":"models/m","content":{}}"#;
        let renamed = r#"{"model":"models/up\"","content":{}}"#;
        check("as Gemini's embeddings have it", Endpoint::EmbedContent, Upstream::Gemini, Hosting::Own, embed, renamed);
    }

    #[test]
    fn a_role_that_a_provider_does_not_take_is_renamed() {
        let check = |developer_role, expected: &str| {
            let body = r#"{"model":"m","messages":[{"role" : "developer","content":"developer"},{"role":"user"}]}"#;
            let mut output = Vec::new();
            let quirks = Quirks { developer_role, ..Quirks::default() };
            let target = Target { upstream: Upstream::OpenAi, hosting: Hosting::Own, model: "m", quirks };
            Request::parse(Endpoint::ChatCompletions, None, body.as_bytes()).unwrap().encode(&target, &mut output);

            assert_eq!(body.replacen("developer", expected, 1), String::from_utf8(output).unwrap());
        };
        check(true, "developer");
        check(false, "system");
    }

    #[test]
    fn what_is_cut_out_leaves_good_commas() {
        let check = |name: &str, body: &str, places: &[(Range<usize>, bool)], expected: &str| {
            let mut edits = Vec::new();
            cut(places, &mut edits);
            let mut left = body.to_owned();
            edits.iter().rev().for_each(|edit| left.replace_range(edit.span.clone(), &edit.text));

            assert_eq!(expected, left, "{name}");
        };
        let all = |flags: [bool; 3]| [1..2, 4..5, 6..7].into_iter().zip(flags).collect::<Vec<_>>();
        check("none", "[1, 2,3]", &all([false; 3]), "[1, 2,3]");
        check("the first", "[1, 2,3]", &all([true, false, false]), "[2,3]");
        check("the second", "[1, 2,3]", &all([false, true, false]), "[1, 3]");
        check("the last", "[1, 2,3]", &all([false, false, true]), "[1, 2]");
        check("all but the first", "[1, 2,3]", &all([false, true, true]), "[1]");
        check("all but the last", "[1, 2,3]", &all([true, true, false]), "[3]");
        check("the outer ones", "[1, 2,3]", &all([true, false, true]), "[2]");
        check("all", "[1, 2,3]", &all([true; 3]), "[]");
    }

    #[test]
    fn what_flags_can_be() {
        let read = |literal: &str| {
            let body = format!(r#"{{"flag":{literal}}}"#);
            read_flag(&Members::read(&body, &["flag"]).unwrap(), "flag", &body).ok()
        };

        assert_eq!([Some(true), Some(false), Some(false)], ["true", "false", "null"].map(read));
        assert_eq!([None; 3], ["1", "\"true\"", "{}"].map(read));
    }
}
