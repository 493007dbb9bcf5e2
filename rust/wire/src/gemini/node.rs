//! An object of a client's body that knows where it stands, so that each error and each unknown field has its path.
//!
//! Google's JSON takes a field by either of two names, `maxOutputTokens` and `max_output_tokens`; so does this.

use std::borrow::Cow;

use crate::Error;
use crate::json::{Object, Value};

/// Unknown fields that are named. One is enough to refuse a request; more than these help nobody.
const MAX_UNKNOWN: usize = 64;

pub(super) struct Node<'a> {
    members: Object<'a>,
    /// Whether some names may be in snake case, which few clients send.
    has_snakes: bool,
    /// The top-level field that it is in; `None` at the top.
    field: Option<&'static str>,
    /// Such as `contents[0].parts[1]`; empty at the top.
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn top(body: &'a str) -> Result<Self, Error> {
        Ok(Self::new(Object::parse(body)?, None, String::new()))
    }

    /// Takes the member that is named `name` in camel case, by either of its names.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value<'a>> {
        if self.is_empty() {
            return None;
        }
        let taken = self.members.take(name);
        if taken.is_none() && self.has_snakes { self.members.take(&snake(name)) } else { taken }
    }

    pub(super) fn string(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>, Error> {
        self.read(name, "must be a string", Value::string)
    }

    /// A number as it is spelt.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<&'a str>, Error> {
        self.read(name, "must be a number", Value::number)
    }

    pub(super) fn integer(&mut self, name: &'static str) -> Result<Option<u64>, Error> {
        self.read(name, "must be an integer of at least 0", Value::integer)
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Result<bool, Error> {
        Ok(self.read(name, "must be true or false", Value::boolean)?.unwrap_or(false))
    }

    pub(super) fn array(&mut self, name: &'static str) -> Result<Vec<Value<'a>>, Error> {
        Ok(self.read(name, "must be an array", Value::array)?.unwrap_or_default())
    }

    pub(super) fn strings(&mut self, name: &'static str) -> Result<Vec<Cow<'a, str>>, Error> {
        let strings = |value: Value<'a>| value.array()?.into_iter().map(Value::string).collect();
        Ok(self.read(name, "must be an array of strings", strings)?.unwrap_or_default())
    }

    pub(super) fn child(&mut self, name: &'static str) -> Result<Option<Self>, Error> {
        let members = self.read(name, "must be an object", Value::object)?;
        Ok(members.map(|members| Self::new(members, Some(self.field_of(name)), self.path_of(name))))
    }

    pub(super) fn children(&mut self, name: &'static str) -> Result<Vec<Self>, Error> {
        let elements = self.array(name)?.into_iter().enumerate();
        let nodes = elements.map(|(index, element)| {
            let path = format!("{}[{index}]", self.path_of(name));
            let members =
                element.object().ok_or_else(|| Error::invalid_at(self.field_of(name), &path, "must be an object"))?;
            Ok(Self::new(members, Some(self.field_of(name)), path))
        });
        nodes.collect()
    }

    /// Where its member `name` stands.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { [&self.path, ".", name].concat() }
    }

    pub(super) fn invalid(&self, name: &'static str, demand: &str) -> Error {
        Error::invalid_at(self.field_of(name), &self.path_of(name), demand)
    }

    /// Takes a member that has no place in the form; whether it was there and says more than its default.
    pub(super) fn take_foreign(&mut self, name: &'static str, fields: &mut Vec<String>) {
        if self.take(name).is_some_and(|value| !is_default(value)) {
            push(fields, self.path_of(name));
        }
    }

    /// Names the members that are left in `unknown`.
    pub(super) fn rest(&self, unknown: &mut Vec<String>) {
        for (name, _) in self.members.members().filter(|&(_, value)| !is_default(value)).take(MAX_UNKNOWN) {
            let shown: String = name.chars().filter(|character| !character.is_control()).take(64).collect();
            push(unknown, self.path_of(&shown));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.members().next().is_none()
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        demand: &str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.invalid(name, demand))
    }

    fn new(members: Object<'a>, field: Option<&'static str>, path: String) -> Self {
        let has_snakes = members.members().any(|(name, _)| name.contains('_'));
        Self { members, has_snakes, field, path }
    }

    fn field_of(&self, name: &'static str) -> &'static str {
        self.field.unwrap_or(name)
    }
}

/// Adds the path of a field, unless there are enough.
pub(super) fn push(fields: &mut Vec<String>, path: String) {
    if fields.len() < MAX_UNKNOWN {
        fields.push(path);
    }
}

/// Whether a value says no more than its absence, as protocol buffers have it. An empty object does: that it is there.
fn is_default(value: Value<'_>) -> bool {
    matches!(value.text(), "false" | "\"\"" | "[]")
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
