//! What is known of a dialect's answers, as data: an answer that says anything else is not recast.

use crate::json::{Object, Shape, Value};

/// Members by their names. One that is null counts as absent.
pub(crate) type Members = [(&'static str, Known)];

/// What a value may be.
pub(crate) enum Known {
    /// Anything: the form has it, or it means nothing to those who read answers.
    Any,
    /// A string. Half a surrogate pair, which the form cannot hold, is not in it.
    Text,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// What says no more than its absence: zero, false, an empty string, array or object.
    Nothing,
    Array(&'static Known),
    Object(&'static Members),
    /// An object with a `type`, and for each type what it has besides.
    Typed(&'static [(&'static str, &'static Members)]),
}

impl Known {
    /// Whether `value` says nothing that is not known. Goes down as deep as this is, however deep the value.
    pub(crate) fn admits(&self, value: Value<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Text => value.is_exact_string(),
            Self::Word(words) => value.string().is_some_and(|word| words.contains(&&*word)),
            Self::Nothing => says_nothing(value),
            Self::Array(element) => {
                value.array().is_some_and(|array| array.into_iter().all(|value| element.admits(value)))
            }
            Self::Object(members) => value.object().is_some_and(|object| admits_each(members, &object)),
            Self::Typed(kinds) => value.object().is_some_and(|mut object| {
                let kind = object.take("type").and_then(Value::string).unwrap_or_default();
                let known = kinds.iter().find(|(name, _)| *name == kind);
                known.is_some_and(|(_, members)| admits_each(members, &object))
            }),
        }
    }
}

/// Whether each member is known, and there once: of two, some parsers take the first and some the last.
fn admits_each(known: &Members, object: &Object<'_>) -> bool {
    let mut seen = vec![false; known.len()];
    object.members().all(|(name, value)| {
        let place = known.iter().position(|(known, _)| *known == name);
        place.is_some_and(|place| !std::mem::replace(&mut seen[place], true) && known[place].1.admits(value))
    })
}

fn says_nothing(value: Value<'_>) -> bool {
    match value.shape() {
        Shape::Null | Shape::False => true,
        Shape::True => false,
        Shape::Number => value.text().parse() == Ok(0.0),
        Shape::String => value.text() == r#""""#,
        Shape::Array => value.array().is_some_and(|array| array.is_empty()),
        Shape::Object => value.object().is_some_and(|object| object.members().next().is_none()),
    }
}
