//! The members of a client's objects, each taken out where it is read, so that what is left over is known.
//!
//! Errors and leftovers are named by their path in the body, which is put together only when it is needed.

use std::borrow::Cow;
use std::fmt;

use crate::Error;
use crate::json::{Object, Shape, Value};

/// Characters of a client's own word that are shown: no field of the dialect has more.
const MAX_SHOWN: usize = 64;

/// Where a value stands in the body.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    Index(usize),
}

/// What of a request has no place in the form.
#[derive(Default)]
pub(super) struct Leftovers {
    /// What changes the answer, by its path.
    pub(super) unknown: Vec<String>,
    /// What does not.
    pub(super) hints: Vec<&'static str>,
}

/// The members of an object that are not yet read.
pub(super) struct Fields<'p, 'a> {
    object: Object<'a>,
    place: Option<Place<'p>>,
}

impl Leftovers {
    pub(super) fn hint(&mut self, name: &'static str) {
        if !self.hints.contains(&name) {
            self.hints.push(name);
        }
    }

    /// Takes note of what is at `place` and of a kind that has no place in the form.
    pub(super) fn kind(&mut self, place: Place<'_>, kind: &str) {
        self.unknown.push(format!("{place} ({})", shown(kind)));
    }
}

impl<'p> Place<'p> {
    /// A member of the body.
    pub(super) fn top(key: &'static str) -> Self {
        Self { parent: None, step: Step::Key(key) }
    }

    pub(super) fn key(&'p self, key: &'static str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    pub(super) fn invalid(&self, demand: &str) -> Error {
        Error::invalid_at(self.parameter(), &self.to_string(), demand)
    }

    pub(super) fn string<'a>(&self, value: Value<'a>) -> Result<Cow<'a, str>, Error> {
        value.string().ok_or_else(|| self.invalid("must be a string"))
    }

    pub(super) fn array<'a>(&self, value: Value<'a>) -> Result<Vec<Value<'a>>, Error> {
        value.array().ok_or_else(|| self.invalid("must be an array"))
    }

    fn parameter(&self) -> &'static str {
        match (self.parent, self.step) {
            (Some(parent), _) => parent.parameter(),
            (None, Step::Key(key)) => key,
            (None, Step::Index(_)) => "",
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(formatter)?;
        }
        match (self.step, self.parent) {
            (Step::Index(index), _) => write!(formatter, "[{index}]"),
            (Step::Key(key), None) => formatter.write_str(key),
            (Step::Key(key), Some(_)) => write!(formatter, ".{key}"),
        }
    }
}

impl<'p, 'a> Fields<'p, 'a> {
    /// Of the body.
    pub(super) fn of_body(body: &'a str) -> Result<Self, Error> {
        Ok(Self { object: Object::parse(body)?, place: None })
    }

    /// Of the object at `place`.
    pub(super) fn of(value: Value<'a>, place: Place<'p>) -> Result<Self, Error> {
        let object = value.object().ok_or_else(|| place.invalid("must be an object"))?;
        Ok(Self { object, place: Some(place) })
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.object.take(key)
    }

    pub(super) fn string(&mut self, key: &'static str) -> Result<Option<Cow<'a, str>>, Error> {
        self.take_as(key, "must be a string", Value::string)
    }

    pub(super) fn integer(&mut self, key: &'static str) -> Result<Option<u64>, Error> {
        self.take_as(key, "must be an integer, 0 or more", Value::integer)
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Error> {
        self.take_as(key, "must be true or false", Value::boolean)
    }

    /// A number as it is spelt.
    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<&'a str>, Error> {
        self.take_as(key, "must be a number", Value::number)
    }

    /// An object as it is spelt.
    pub(super) fn object(&mut self, key: &'static str) -> Result<Option<&'a str>, Error> {
        self.take_as(key, "must be an object", |value| (value.shape() == Shape::Object).then(|| value.text()))
    }

    /// A string that must be there.
    pub(super) fn required(&mut self, key: &'static str) -> Result<Cow<'a, str>, Error> {
        self.string(key)?.ok_or_else(|| self.at(key).invalid("is missing; send a string"))
    }

    /// Drops a member that changes no answer, and names it so.
    pub(super) fn hint(&mut self, key: &'static str, name: &'static str, leftovers: &mut Leftovers) {
        if self.object.take(key).is_some() {
            leftovers.hint(name);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.object.members().next().is_none()
    }

    /// Notes all members that were not read.
    pub(super) fn end(self, leftovers: &mut Leftovers) {
        for (name, _) in self.object.members() {
            let name = shown(name);
            leftovers.unknown.push(self.place.map_or_else(|| name.clone(), |place| format!("{place}.{name}")));
        }
    }

    /// The place of a member.
    pub(super) fn at(&self, key: &'static str) -> Place<'_> {
        self.place.as_ref().map_or(Place::top(key), |place| place.key(key))
    }

    fn take_as<R>(
        &mut self,
        key: &'static str,
        demand: &str,
        read: impl FnOnce(Value<'a>) -> Option<R>,
    ) -> Result<Option<R>, Error> {
        let Some(value) = self.object.take(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.at(key).invalid(demand))
    }
}

/// A client's word as names of fields show it: it ends up in headers.
fn shown(word: &str) -> String {
    word.escape_default().take(MAX_SHOWN).collect()
}
