//! Members of a request's objects, taken out one by one, so that what nobody took can be named.

use std::borrow::Cow;

use crate::Error;
use crate::json::{Object, Value};

/// An object of a request, and where it stands.
pub(crate) struct Fields<'a> {
    object: Object<'a>,
    /// The top-level field that it is in; `None` for the body itself.
    parameter: Option<&'static str>,
    /// As in `messages[2]`; empty for the body itself.
    path: String,
}

impl<'a> Fields<'a> {
    pub(crate) fn of_body(body: &'a str) -> Result<Self, Error> {
        Ok(Self { object: Object::parse(body)?, parameter: None, path: String::new() })
    }

    /// `value`, which stands at `path` in `parameter` and must be an object.
    pub(crate) fn of(value: Value<'a>, parameter: &'static str, path: String) -> Result<Self, Error> {
        match value.object() {
            Some(object) => Ok(Self { object, parameter: Some(parameter), path }),
            None => Err(Error::invalid_at(parameter, &path, "must be an object")),
        }
    }

    /// Where the object stands.
    pub(crate) fn place(&self) -> &str {
        &self.path
    }

    /// Where the member `key` stands.
    pub(crate) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { [&self.path, ".", key].concat() }
    }

    /// The error that the member `key` is not as it must be.
    pub(crate) fn invalid(&self, key: &'static str, demand: &str) -> Error {
        Error::invalid_at(self.parameter.unwrap_or(key), &self.path(key), demand)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Value<'a>> {
        self.object.take(key)
    }

    /// The member `key`, which must be what `demand` says and `read` reads; `None` where it is absent.
    pub(crate) fn read<T>(
        &mut self,
        key: &'static str,
        demand: &str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.take(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.invalid(key, demand))
    }

    pub(crate) fn string(&mut self, key: &'static str) -> Result<Option<Cow<'a, str>>, Error> {
        self.read(key, "must be a string", Value::string)
    }

    /// A string that must be there.
    pub(crate) fn needed(&mut self, key: &'static str) -> Result<Cow<'a, str>, Error> {
        self.string(key)?.ok_or_else(|| self.invalid(key, "is missing; it must be a string"))
    }

    /// The spelling of a number.
    pub(crate) fn number(&mut self, key: &'static str) -> Result<Option<&'a str>, Error> {
        self.read(key, "must be a number", Value::number)
    }

    pub(crate) fn integer(&mut self, key: &'static str) -> Result<Option<u64>, Error> {
        self.read(key, "must be an integer of at least 0", Value::integer)
    }

    pub(crate) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Error> {
        self.read(key, "must be true or false", Value::boolean)
    }

    pub(crate) fn fields(&mut self, key: &'static str) -> Result<Option<Self>, Error> {
        let (parameter, path) = (self.parameter.unwrap_or(key), self.path(key));
        self.take(key).map(|value| Self::of(value, parameter, path)).transpose()
    }

    /// The elements of an array; none where it is absent.
    pub(crate) fn elements(&mut self, key: &'static str) -> Result<Vec<Value<'a>>, Error> {
        Ok(self.read(key, "must be an array", Value::array)?.unwrap_or_default())
    }

    /// The elements of an array of objects.
    pub(crate) fn items(&mut self, key: &'static str) -> Result<Vec<Self>, Error> {
        let (parameter, path) = (self.parameter.unwrap_or(key), self.path(key));
        let items = self.elements(key)?.into_iter().enumerate();
        items.map(|(index, value)| Self::of(value, parameter, format!("{path}[{index}]"))).collect()
    }

    /// Takes the member `key` where it is spelt `default`: it asks for what is so anyway.
    pub(crate) fn accept(&mut self, key: &str, default: &str) {
        if self.object.get(key).is_some_and(|value| value.text() == default) {
            self.object.take(key);
        }
    }

    /// Names what nobody took.
    pub(crate) fn name_rest(&self, names: &mut Vec<String>) {
        names.extend(self.object.members().map(|(key, _)| self.path(key)));
    }

    /// The object, for what is read without errors.
    pub(crate) fn object(&mut self) -> &mut Object<'a> {
        &mut self.object
    }
}
