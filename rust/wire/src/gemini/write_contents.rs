//! Writes the conversation: `systemInstruction` and `contents`.
//!
//! Adjacent messages of one side become one content: Google wants the results of all calls of a turn in the next one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::media;
use super::parts::{is_object, write_call, write_text};
use super::signature::NONE;
use super::write_request::is_third_generation;
use crate::Upstream;
use crate::chat::{Call, Content, Feature, Lost, Media, Message, Part, Request, Role, Signature, Source};
use crate::json::{ArrayWriter, Object, ObjectWriter, write_object};
use crate::target::{Hosting, Target};

pub(super) fn write(form: &Request<'_>, target: &Target<'_>, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    let (instructions, turns): (Vec<_>, Vec<_>) =
        form.messages.iter().partition(|message| message.role == Role::System);
    // Google wants a content: where all are instructions, they are the question.
    let (instructions, turns) = if turns.is_empty() { (turns, instructions) } else { (instructions, turns) };
    let mut writer = Writer { target, lost, names: BTreeMap::new() };
    let instructions: Vec<_> = instructions.into_iter().flat_map(|message| writer.said(message)).collect();
    if !instructions.is_empty() {
        body.object("systemInstruction", |content| {
            content.array("parts", |parts| writer.write(&instructions, parts));
        });
    }
    let said = turns.into_iter().map(|message| (message.role == Role::Assistant, writer.said(message)));
    let said: Vec<_> = said.filter(|(_, parts)| !parts.is_empty()).collect();
    body.array("contents", |contents| {
        for turn in said.chunk_by(|(is_model, _), (is_next_model, _)| is_model == is_next_model) {
            let is_model = turn.iter().any(|(is_model, _)| *is_model);
            let turn: Vec<_> = turn.iter().flat_map(|(_, parts)| parts).copied().collect();
            contents.object(|content| {
                content.string("role", if is_model { "model" } else { "user" });
                content.array("parts", |parts| writer.write(&turn, parts));
            });
        }
    });
}

struct Writer<'a> {
    target: &'a Target<'a>,
    lost: &'a mut Lost,
    /// The names of the functions that were called so far, by the calls' ids.
    names: BTreeMap<&'a str, &'a str>,
}

impl<'a> Writer<'a> {
    /// The parts of a message that can be written. The others are lost.
    fn said(&mut self, message: &'a Message<'a>) -> Vec<&'a Part<'a>> {
        if message.name.is_some() {
            self.lost.hint(Feature::SpeakerName);
        }
        message.parts.iter().filter(|part| self.can_say(part)).collect()
    }

    fn can_say(&mut self, part: &Part<'_>) -> bool {
        if part.cache.is_some() {
            self.lost.hint(Feature::CacheMark);
        }
        match &part.content {
            // Google refuses parts without a text.
            Content::Text(text) | Content::Refusal(text) => !text.is_empty(),
            Content::Thought { signature: Some(signature), .. } | Content::RedactedThought(signature)
                if is_own(signature) =>
            {
                true
            }
            Content::Thought { .. } | Content::RedactedThought(_) => {
                self.lost.hint(Feature::Thought);
                false
            }
            Content::Image(media) => self.can_read(media, Feature::ImageUrl),
            Content::Document(media) => self.can_read(media, Feature::Document),
            Content::Audio(media) => self.can_read(media, Feature::Audio),
            Content::Call(_) | Content::Result { .. } => true,
        }
    }

    fn can_read(&mut self, media: &Media<'_>, otherwise: Feature) -> bool {
        // Google reads the names of files for its own tools alone.
        if media.name.is_some() {
            self.lost.hint(Feature::DocumentName);
        }
        if media.detail.as_deref().is_some_and(|detail| detail != "auto") {
            self.lost.hint(Feature::ImageDetail);
        }
        match &media.source {
            Source::Base64 { .. } => true,
            Source::Text(text) => !text.is_empty(),
            Source::Url { url, media_type } => {
                let is_known = media_type.is_some() || media::type_of_url(url).is_some();
                // Vertex wants the type. The Gemini API finds it out.
                let is_readable = is_known || !matches!(self.target.hosting, Hosting::Vertex { .. });
                if !is_readable {
                    self.lost.field(otherwise);
                }
                is_readable
            }
            Source::File(uri) if media::is_at_google(uri) => true,
            Source::File(_) => {
                self.lost.field(Feature::FileId);
                false
            }
        }
    }

    fn write(&mut self, said: &[&'a Part<'a>], parts: &mut ArrayWriter<'_>) {
        // In the third generation, the first call of a turn must be signed.
        let mut needs_signature = is_third_generation(self.target.model);
        for part in said {
            match &part.content {
                Content::Text(text) | Content::Refusal(text) => write_text(text, false, None, parts),
                Content::Thought { text, signature } => {
                    write_text(text, true, signature.as_ref().and_then(own), parts);
                }
                Content::RedactedThought(signature) => write_text("", false, own(signature), parts),
                Content::Image(media) | Content::Document(media) | Content::Audio(media) => write_media(media, parts),
                Content::Call(call) => {
                    let other_signature = std::mem::take(&mut needs_signature).then_some(NONE);
                    self.write_call(call, other_signature, parts);
                }
                Content::Result { call_id, parts: said, is_error } => {
                    self.write_result(call_id, said, *is_error, parts);
                }
            }
        }
    }

    fn write_call(&mut self, call: &'a Call<'a>, other_signature: Option<&str>, parts: &mut ArrayWriter<'_>) {
        self.names.insert(&call.id, &call.name);
        let arguments: Cow<'_, str> = if is_object(&call.arguments) {
            (&*call.arguments).into()
        } else {
            object_of("arguments", &call.arguments).into()
        };
        let signature = call.signature.as_ref().and_then(own).or(other_signature);
        write_call(self.id(&call.id), &call.name, &arguments, signature, parts);
    }

    fn write_result(&mut self, call_id: &str, said: &[Part<'_>], is_error: bool, parts: &mut ArrayWriter<'_>) {
        let (mut texts, mut media) = (Vec::new(), Vec::new());
        for part in said {
            match &part.content {
                Content::Text(text) | Content::Document(Media { source: Source::Text(text), .. }) => {
                    texts.push(&**text);
                }
                // Only the third generation sees more than text in a result (Gemini's documentation of functions).
                Content::Image(Media { source: Source::Base64 { media_type, data }, .. })
                | Content::Document(Media { source: Source::Base64 { media_type, data }, .. })
                    if is_third_generation(self.target.model) =>
                {
                    media.push((media_type, data));
                }
                _ => self.lost.field(Feature::ResultMedia),
            }
        }
        let text = texts.join("\n");
        let response = match Object::parse(&text) {
            Ok(object) if !is_error && object.get("output").is_none() && object.get("error").is_none() => text,
            _ => object_of(if is_error { "error" } else { "output" }, &text),
        };
        parts.object(|part| {
            part.object("functionResponse", |result| {
                result.optional_string("id", self.id(call_id));
                result.string("name", self.names.get(call_id).unwrap_or(&call_id));
                result.raw("response", &response);
                if !media.is_empty() {
                    result.array("parts", |parts| {
                        for (media_type, data) in media {
                            parts.object(|part| write_blob(media_type, data, part));
                        }
                    });
                }
            });
        });
    }

    /// Vertex refuses ids (`Unknown name "id" at 'contents[1].parts[0].function_call'`) and goes by the order.
    fn id<'b>(&self, id: &'b str) -> Option<&'b str> {
        (!id.is_empty() && !matches!(self.target.hosting, Hosting::Vertex { .. })).then_some(id)
    }
}

fn is_own(signature: &Signature<'_>) -> bool {
    own(signature).is_some()
}

fn own<'a>(signature: &'a Signature<'_>) -> Option<&'a str> {
    signature.for_upstream(Upstream::Gemini)
}

fn write_media(media: &Media<'_>, parts: &mut ArrayWriter<'_>) {
    match &media.source {
        Source::Base64 { media_type, data } => parts.object(|part| write_blob(media_type, data, part)),
        Source::Text(text) => write_text(text, false, None, parts),
        Source::Url { url, media_type } => {
            let media_type = media_type.as_deref().or_else(|| media::type_of_url(url));
            write_file(url, media_type, parts);
        }
        Source::File(uri) => write_file(uri, media::type_of_url(uri), parts),
    }
}

fn write_blob(media_type: &str, data: &str, part: &mut ObjectWriter<'_>) {
    part.object("inlineData", |blob| {
        blob.string("mimeType", media_type);
        blob.string("data", data);
    });
}

fn write_file(uri: &str, media_type: Option<&str>, parts: &mut ArrayWriter<'_>) {
    parts.object(|part| {
        part.object("fileData", |file| {
            file.optional_string("mimeType", media_type);
            file.string("fileUri", uri);
        });
    });
}

/// An object with `text` as its only member.
fn object_of(name: &str, text: &str) -> String {
    let mut output = Vec::with_capacity(text.len() + 16);
    write_object(&mut output, |object| object.string(name, text));
    // Text makes text.
    String::from_utf8(output).unwrap_or_default()
}
