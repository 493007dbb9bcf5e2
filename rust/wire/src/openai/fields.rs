//! Where the top-level fields of a request stand, each key there once.
//!
//! # Why doubles are refused
//! Of two equal keys some parsers take the first and some the last, and Go's takes `Model` for `model`. A body that
//! reads differently here and at the provider gets past limits on models and budgets.

use std::borrow::Cow;
use std::ops::Range;

use crate::Error;
use crate::json::{Cursor, Text};

/// Top-level keys of one request. OpenAI defines fewer than fifty.
const MAX_KEYS: usize = 1_000;

macro_rules! fields {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A top-level field that Tiercel reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Field {
            /// All fields.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its key in the body.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            fn of(key: &str) -> Option<Self> {
                match key {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Model = "model",
    Messages = "messages",
    Prompt = "prompt",
    Input = "input",
    Stream = "stream",
    StreamOptions = "stream_options",
    N = "n",
    MaxTokens = "max_tokens",
    MaxCompletionTokens = "max_completion_tokens",
    Tools = "tools",
    ToolChoice = "tool_choice",
    Functions = "functions",
    ResponseFormat = "response_format",
    ReasoningEffort = "reasoning_effort",
    Temperature = "temperature",
    TopP = "top_p",
    Seed = "seed",
    Stop = "stop",
    User = "user",
    Metadata = "metadata",
}

/// The spans of the fields in the body.
#[derive(Default)]
pub(super) struct Fields {
    spans: [Option<Range<usize>>; Field::ALL.len()],
}

impl Fields {
    /// Reads `body` to its end.
    pub(super) fn read(body: &str) -> Result<Self, Error> {
        let mut fields = Self::default();
        let mut others = Vec::new();
        let mut cursor = Cursor::new(body);
        cursor.object(|cursor, key| {
            let name = key.decode()?;
            cursor.shape()?;
            let start = cursor.position();
            let end = start + cursor.skip()?.len();
            match Field::of(&name) {
                Some(field) if fields.span(field).is_some() => Err(twice(&name, key.offset())),
                Some(field) => {
                    fields.spans[field as usize] = Some(start..end);
                    Ok(())
                }
                None if others.len() >= MAX_KEYS => Err(too_many()),
                None => {
                    check_case(&name, key)?;
                    others.push((name, key.offset()));
                    Ok(())
                }
            }
        })?;
        cursor.end()?;
        check_twice(others)?;
        Ok(fields)
    }

    pub(super) fn span(&self, field: Field) -> Option<Range<usize>> {
        self.spans[field as usize].clone()
    }
}

/// Refuses a key that some parser would take for one of ours.
fn check_case(name: &str, key: Text<'_>) -> Result<(), Error> {
    let Some(field) = Field::ALL.iter().find(|field| is_folded(name, field.name())) else { return Ok(()) };
    let (shown, wanted, offset) = (shown(name), field.name(), key.offset());
    let message = format!("the key {shown} at byte {offset} differs from `{wanted}` only in case; write `{wanted}`");
    Err(Error::ambiguous_key(Some(wanted), message))
}

/// Whether `name` is `known` but for case, in Unicode's sense too, as Go folds U+017F to `s` and U+212A to `k`.
pub(super) fn is_folded(name: &str, known: &str) -> bool {
    if name.is_ascii() {
        name.eq_ignore_ascii_case(known)
    } else {
        name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).eq(known.chars())
    }
}

/// Refuses equal keys among those that are not read here. Sorting keeps it from being quadratic, whoever chose the keys.
fn check_twice(mut keys: Vec<(Cow<'_, str>, usize)>) -> Result<(), Error> {
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(twice(&pair[1].0, pair[1].1)),
        None => Ok(()),
    }
}

fn twice(name: &str, offset: usize) -> Error {
    let message = format!("the key {} is there a second time at byte {offset}; keep one of the two", shown(name));
    Error::ambiguous_key(Field::of(name).map(Field::name), message)
}

fn too_many() -> Error {
    Error::ambiguous_key(None, format!("more than {MAX_KEYS} keys at the top level; send those that the API defines"))
}

/// A key as an error shows it: escaped, and not at any length.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(64).collect();
    format!("{start:?}")
}
