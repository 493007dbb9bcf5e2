//! Where the top-level members of a request stand, each key there once.
//!
//! # Why doubles are refused
//! Of two equal keys some parsers take the first and some the last, and Go's takes `Model` for `model`. A body that
//! reads differently here and at the provider gets past limits on models and budgets.

use std::borrow::Cow;
use std::ops::Range;

use crate::Error;
use crate::json::{Cursor, Shape, Text};

/// Top-level keys of one request. OpenAI defines fewer than fifty.
const MAX_KEYS: usize = 1_000;

/// The members of a body that Tiercel reads, by their position in the list of known keys.
pub(crate) struct Members {
    known: &'static [&'static str],
    spans: Vec<Option<Member>>,
}

#[derive(Clone)]
struct Member {
    /// Where the key's opening quote stands.
    start: usize,
    value: Range<usize>,
}

impl Members {
    /// Reads `body`, one JSON object, to its end.
    pub(crate) fn read(body: &str, known: &'static [&'static str]) -> Result<Self, Error> {
        let mut members = Self { known, spans: vec![None; known.len()] };
        let mut others = Vec::new();
        let mut cursor = Cursor::new(body);
        cursor.object(|cursor, key| {
            let name = key.decode()?;
            cursor.shape()?;
            let start = cursor.position();
            let end = start + cursor.skip()?.len();
            match known.iter().position(|known| *known == name) {
                Some(index) if members.spans[index].is_some() => Err(twice(Some(known[index]), &name, key.offset())),
                Some(index) => {
                    members.spans[index] = Some(Member { start: key.offset() - 1, value: start..end });
                    Ok(())
                }
                None if others.len() >= MAX_KEYS => Err(too_many()),
                None => {
                    members.check_case(&name, key)?;
                    others.push((name, key.offset()));
                    Ok(())
                }
            }
        })?;
        cursor.end()?;
        check_twice(others)?;
        Ok(members)
    }

    /// Where the value of the known key at `index` stands.
    pub(crate) fn span(&self, index: usize) -> Option<Range<usize>> {
        self.spans.get(index)?.as_ref().map(|member| member.value.clone())
    }

    /// Where the whole member stands, from its key to the end of its value.
    pub(crate) fn member(&self, name: &str) -> Option<Range<usize>> {
        let member = self.spans.get(self.index(name)?)?.as_ref()?;
        Some(member.start..member.value.end)
    }

    /// Where the value of `name`, a known key, stands.
    pub(crate) fn value(&self, name: &str) -> Option<Range<usize>> {
        self.span(self.index(name)?)
    }

    /// A cursor on the value of `name`, a known key, unless it is absent or null.
    pub(crate) fn cursor<'a>(&self, name: &str, body: &'a str) -> Result<Option<(Cursor<'a>, Shape)>, Error> {
        let Some(span) = self.value(name) else { return Ok(None) };
        let mut cursor = Cursor::at(body, span.start);
        let shape = cursor.shape()?;
        Ok((shape != Shape::Null).then_some((cursor, shape)))
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.known.iter().position(|known| *known == name)
    }

    /// Refuses a key that some parser would take for one of ours.
    fn check_case(&self, name: &str, key: Text<'_>) -> Result<(), Error> {
        let Some(wanted) = self.known.iter().find(|known| is_folded(name, known)) else { return Ok(()) };
        let (shown, offset) = (shown(name), key.offset());
        let message =
            format!("the key {shown} at byte {offset} differs from `{wanted}` only in case; write `{wanted}`");
        Err(Error::ambiguous_key(Some(wanted), message))
    }
}

/// Whether `name` is `known` but for case, in Unicode's sense too, as Go folds U+017F to `s` and U+212A to `k`.
pub(crate) fn is_folded(name: &str, known: &str) -> bool {
    if name.is_ascii() {
        name.eq_ignore_ascii_case(known)
    } else {
        let folded = name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        folded.eq(known.chars().flat_map(char::to_lowercase))
    }
}

/// Refuses equal keys among those that are not read here. Sorting keeps it from being quadratic, whoever chose the keys.
fn check_twice(mut keys: Vec<(Cow<'_, str>, usize)>) -> Result<(), Error> {
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(twice(None, &pair[1].0, pair[1].1)),
        None => Ok(()),
    }
}

fn twice(known: Option<&'static str>, name: &str, offset: usize) -> Error {
    let message = format!("the key {} is there a second time at byte {offset}; keep one of the two", shown(name));
    Error::ambiguous_key(known, message)
}

fn too_many() -> Error {
    Error::ambiguous_key(None, format!("more than {MAX_KEYS} keys at the top level; send those that the API defines"))
}

/// A key as an error shows it: escaped, and not at any length.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(64).collect();
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["model", "stream", "max_tokens"];

    #[test]
    fn where_members_stand() {
        let body = r#"{ "other":{"model":1} , "mod\u0065l" : "m" , "stream":null }"#;
        let members = Members::read(body, KNOWN).unwrap();

        let text = |span: Option<Range<usize>>| span.map(|span| &body[span]);
        assert_eq!(Some(r#""m""#), text(members.value("model")));
        assert_eq!(Some(r#""mod\u0065l" : "m""#), text(members.member("model")));
        assert_eq!(text(members.value("model")), text(members.span(0)));
        assert_eq!((None, None), (text(members.value("max_tokens")), text(members.value("other"))));
        assert!(members.cursor("stream", body).unwrap().is_none(), "null counts as absent");
        let (cursor, shape) = members.cursor("model", body).unwrap().unwrap();
        assert_eq!((Shape::String, Some(cursor.position())), (shape, body.find(r#""m""#)));
    }

    #[test]
    fn which_keys_are_ambiguous() {
        let check = |name: &str, body: &str, expected: Option<&'static str>| {
            let error = Members::read(body, KNOWN).err().unwrap();

            assert_eq!((crate::Kind::AmbiguousKey, expected), (error.kind(), error.parameter()), "{name}");
        };
        check("twice", r#"{"model":1,"model":1}"#, Some("model"));
        check("twice, escaped", r#"{"model":1,"m\u006fdel":1}"#, Some("model"));
        check("another case", r#"{"MODEL":1}"#, Some("model"));
        check("a long s", r#"{"ſtream":1}"#, Some("stream"));
        check("a Kelvin sign", r#"{"max_toKens":1}"#, Some("max_tokens"));
        check("twice, of another", r#"{"x":1,"y":2,"x":1}"#, None);
        let keys: Vec<_> = (0..=MAX_KEYS).map(|index| format!(r#""k{index}":0"#)).collect();
        check("too many", &format!("{{{}}}", keys.join(",")), None);
    }
}
