//! What messages are made of.

use std::borrow::Cow;

use super::Signature;

/// One turn.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Message<'a> {
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part<'a>>,
    /// Which of several speakers of this role it is.
    pub(crate) name: Option<Cow<'a, str>>,
}

/// Whose turn it is. Results of tools come from the user's side.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

/// A piece of a message.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Part<'a> {
    pub(crate) content: Content<'a>,
    /// Everything up to here is to be kept in the provider's prompt cache.
    pub(crate) cache: Option<CacheMark>,
}

/// What a piece is.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Content<'a> {
    Text(Cow<'a, str>),
    Image(Media<'a>),
    Document(Media<'a>),
    Audio(Media<'a>),
    Thought {
        text: Cow<'a, str>,
        signature: Option<Signature<'a>>,
    },
    /// A thought that the provider shows to nobody: its bytes, which only it can read.
    RedactedThought(Signature<'a>),
    Call(Call<'a>),
    Result {
        call_id: Cow<'a, str>,
        /// Text, images and documents only.
        parts: Vec<Part<'a>>,
        is_error: bool,
    },
    /// The model declined.
    Refusal(Cow<'a, str>),
}

/// A call of a function by the model.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Call<'a> {
    /// Empty where the dialect has none: the reader then makes one that is unique in the conversation.
    pub(crate) id: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    /// The arguments as JSON text, never empty.
    pub(crate) arguments: Cow<'a, str>,
    /// Gemini signs calls.
    pub(crate) signature: Option<Signature<'a>>,
}

/// Something that is no text.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Media<'a> {
    pub(crate) source: Source<'a>,
    /// The name of a file.
    pub(crate) name: Option<Cow<'a, str>>,
    /// How closely an image is to be looked at: OpenAI's `low`, `high`, `auto`.
    pub(crate) detail: Option<Cow<'a, str>>,
}

/// Where its bytes are.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Source<'a> {
    /// In the body, as base64.
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    /// In the body, as text.
    Text(Cow<'a, str>),
    /// Where only the provider looks. `media_type` where the client told it.
    Url { url: Cow<'a, str>, media_type: Option<Cow<'a, str>> },
    /// At the provider.
    File(Cow<'a, str>),
}

/// How long a marked prefix is to be kept.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum CacheMark {
    FiveMinutes,
    Hour,
}

impl<'a> Part<'a> {
    pub(crate) fn new(content: Content<'a>) -> Self {
        Self { content, cache: None }
    }

    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Content::Text(text.into()))
    }
}

impl<'a> Message<'a> {
    pub(crate) fn new(role: Role, parts: Vec<Part<'a>>) -> Self {
        Self { role, parts, name: None }
    }
}

impl<'a> Media<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self { source, name: None, detail: None }
    }

    /// A URL, or the bytes that a `data:` URL holds.
    pub(crate) fn of_url(url: Cow<'a, str>) -> Self {
        let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        let source = match data {
            Some((media_type, data)) => {
                Source::Base64 { media_type: media_type.to_owned().into(), data: data.to_owned().into() }
            }
            None => Source::Url { url, media_type: None },
        };
        Self::new(source)
    }
}

impl Content<'_> {
    /// Hands every text in it to `push`.
    pub(crate) fn texts(&self, push: &mut impl FnMut(&str)) {
        match self {
            Self::Text(text)
            | Self::Thought { text, .. }
            | Self::Refusal(text)
            | Self::Document(Media { source: Source::Text(text), .. }) => push(text),
            Self::Call(call) => {
                push(&call.name);
                push(&call.arguments);
            }
            Self::Result { parts, .. } => {
                for part in parts {
                    // Results hold no results, so this goes one level down.
                    if let Self::Text(text) = &part.content {
                        push(text);
                    }
                }
            }
            Self::Image(_) | Self::Document(_) | Self::Audio(_) | Self::RedactedThought(_) => {}
        }
    }
}
