//! What parts of messages become in Converse: content blocks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::family::Family;
use crate::Upstream;
use crate::chat::{CacheMark, Call, Content, Feature, Lost, Media, Part, Source};

/// Bytes of a document's name.
const MAX_NAME: usize = 200;

/// A content block.
pub(super) enum Block<'a> {
    Text(&'a str),
    /// An image, a document or a sound: `kind` is its key.
    Media {
        kind: &'static str,
        format: &'static str,
        /// Documents have one.
        name: Option<String>,
        /// In base64.
        bytes: Cow<'a, str>,
    },
    ToolUse(&'a Call<'a>),
    ToolResult {
        id: &'a str,
        blocks: Vec<Self>,
        is_error: bool,
    },
    Reasoning {
        text: &'a str,
        signature: &'a str,
    },
    RedactedReasoning(&'a str),
    CachePoint(CacheMark),
}

/// Turns parts into blocks, for one request.
pub(super) struct Blocks<'a> {
    family: Family,
    lost: &'a mut Lost,
    /// No two documents of a request may have the same name: those in use, and how often each was asked for.
    document_names: BTreeMap<String, u32>,
}

impl<'l> Blocks<'l> {
    pub(super) fn new(family: Family, lost: &'l mut Lost) -> Self {
        Self { family, lost, document_names: BTreeMap::new() }
    }

    /// The blocks that say `parts`. Blank texts, which Bedrock refuses, become none.
    pub(super) fn of<'a>(&mut self, parts: impl IntoIterator<Item = &'a Part<'a>>) -> Vec<Block<'a>> {
        let mut blocks = Vec::new();
        for part in parts {
            let Some(block) = self.block(&part.content) else { continue };
            blocks.push(block);
            if let Some(mark) = part.cache {
                blocks.extend(self.cache_point(mark));
            }
        }
        blocks
    }

    fn cache_point<'a>(&mut self, mark: CacheMark) -> Option<Block<'a>> {
        if self.family.is_claude() {
            return Some(Block::CachePoint(mark));
        }
        if self.family.is_nova() {
            return Some(Block::CachePoint(CacheMark::FiveMinutes));
        }
        // All others refuse a request for having one.
        self.lost.hint(Feature::CacheMark);
        None
    }

    fn block<'a>(&mut self, content: &'a Content<'a>) -> Option<Block<'a>> {
        match content {
            Content::Text(text) | Content::Refusal(text) => (!text.trim().is_empty()).then_some(Block::Text(text)),
            Content::Image(media) => self.media("image", image_format, Feature::Image, media),
            Content::Document(media) => self.media("document", document_format, Feature::Document, media),
            Content::Audio(media) => self.media("audio", audio_format, Feature::Audio, media),
            Content::Thought { text, signature } => {
                match signature.as_ref().and_then(|signature| signature.for_upstream(Upstream::Bedrock)) {
                    Some(signature) => Some(Block::Reasoning { text, signature }),
                    None => self.foreign_thought(),
                }
            }
            Content::RedactedThought(signature) => match signature.for_upstream(Upstream::Bedrock) {
                Some(bytes) => Some(Block::RedactedReasoning(bytes)),
                None => self.foreign_thought(),
            },
            Content::Call(call) => {
                if call.signature.is_some() {
                    self.lost.hint(Feature::Thought);
                }
                Some(Block::ToolUse(call))
            }
            Content::Result { call_id, parts, is_error } => {
                Some(Block::ToolResult { id: call_id, blocks: self.of(parts), is_error: *is_error })
            }
        }
    }

    fn foreign_thought<'a>(&mut self) -> Option<Block<'a>> {
        self.lost.hint(Feature::Thought);
        None
    }

    fn media<'a>(
        &mut self,
        kind: &'static str,
        format: fn(&str) -> Option<&'static str>,
        feature: Feature,
        media: &'a Media<'a>,
    ) -> Option<Block<'a>> {
        let held = match &media.source {
            Source::Base64 { media_type, data } => {
                format(media_type).map(|format| (format, Cow::Borrowed(&**data))).ok_or(feature)
            }
            Source::Text(text) if feature == Feature::Document => Ok(("txt", BASE64_STANDARD.encode(&**text).into())),
            Source::Url { .. } if feature == Feature::Image => Err(Feature::ImageUrl),
            Source::Text(_) | Source::Url { .. } => Err(feature),
            Source::File(_) => Err(Feature::FileId),
        };
        match held {
            Ok((format, bytes)) => {
                let name = (feature == Feature::Document).then(|| self.document_name(media.name.as_deref()));
                Some(Block::Media { kind, format, name, bytes })
            }
            Err(feature) => {
                self.lost.field(feature);
                None
            }
        }
    }

    /// The client's name in the characters that Bedrock allows, the first of its kind in this request.
    fn document_name(&mut self, name: Option<&str>) -> String {
        let plain = document_name(name.unwrap_or_default());
        let mut unique = plain.clone();
        let mut n_same = self.document_names.get(&plain).copied().unwrap_or(1);
        while self.document_names.contains_key(&unique) {
            n_same += 1;
            unique = format!("{plain} ({n_same})");
        }
        self.document_names.insert(plain, n_same);
        self.document_names.entry(unique.clone()).or_insert(1);
        unique
    }
}

/// Letters, digits, hyphens, brackets, and single blanks between them.
fn document_name(name: &str) -> String {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "-()[]".contains(character);
    let words: Vec<&str> = name.split(|character| !is_allowed(character)).filter(|word| !word.is_empty()).collect();
    let mut plain = words.join(" ");
    // Room for what makes it unique.
    plain.truncate(MAX_NAME - 20);
    if plain.is_empty() { "document".to_owned() } else { plain.trim_end().to_owned() }
}

fn image_format(media_type: &str) -> Option<&'static str> {
    match media_type {
        "image/png" => Some("png"),
        "image/jpeg" | "image/jpg" => Some("jpeg"),
        "image/gif" => Some("gif"),
        "image/webp" => Some("webp"),
        _ => None,
    }
}

fn document_format(media_type: &str) -> Option<&'static str> {
    match media_type {
        "application/pdf" => Some("pdf"),
        "text/csv" => Some("csv"),
        "text/html" => Some("html"),
        "text/plain" => Some("txt"),
        "text/markdown" => Some("md"),
        "application/msword" => Some("doc"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Some("docx"),
        "application/vnd.ms-excel" => Some("xls"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("xlsx"),
        _ => None,
    }
}

fn audio_format(media_type: &str) -> Option<&'static str> {
    match media_type {
        "audio/mp3" | "audio/mpeg" => Some("mp3"),
        "audio/wav" | "audio/x-wav" => Some("wav"),
        "audio/aac" => Some("aac"),
        "audio/flac" => Some("flac"),
        "audio/ogg" => Some("ogg"),
        "audio/opus" => Some("opus"),
        "audio/mp4" | "audio/m4a" => Some("m4a"),
        "audio/webm" => Some("webm"),
        _ => None,
    }
}
