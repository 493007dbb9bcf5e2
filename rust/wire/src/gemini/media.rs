//! What is no text, told by its media type as Gemini has it.

use std::borrow::Cow;

use crate::chat::{Content, Media, Source};

/// Types of files that Gemini reads, by the ends of their names (Gemini's documentation of images, documents, audio).
const TYPES: [(&str, &str); 13] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mp3"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
];

/// What a part of this type is; `None` for a video, which other dialects have no place for.
pub(super) fn content<'a>(media_type: &str, media: Media<'a>) -> Option<Content<'a>> {
    let (kind, _) = media_type.split_once('/')?;
    match kind {
        "image" => Some(Content::Image(media)),
        "audio" => Some(Content::Audio(media)),
        "application" | "text" => Some(Content::Document(media)),
        _ => None,
    }
}

/// The type of what is behind a URL, told from the end of its path.
pub(super) fn type_of_url(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, end) = path.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|&(_, media_type)| media_type)
}

/// Where the bytes behind a `fileUri` are: at Google, or somewhere on the web.
pub(super) fn source<'a>(uri: Cow<'a, str>, media_type: Option<Cow<'a, str>>) -> Source<'a> {
    if is_at_google(&uri) { Source::File(uri) } else { Source::Url { url: uri, media_type } }
}

/// Whether only Google can read it: in Cloud Storage, or uploaded to the Gemini API.
pub(super) fn is_at_google(uri: &str) -> bool {
    uri.starts_with("gs://") || uri.starts_with("https://generativelanguage.googleapis.com/")
}
