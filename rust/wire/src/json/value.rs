//! Values that are checked and not yet read: for what is translated, where every member matters.
//!
//! # Why not a tree
//! Schemas, arguments and numbers go from one dialect to another as they are spelt, so most of a body is never taken
//! apart. A value is a piece of the text, and each step down reads one level of it.

use std::borrow::Cow;

use super::scan::{Cursor, Fault, Shape};
use super::string::Text;

/// A value whose syntax was checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    /// Checks `text`, which must be one value.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(text);
        let value = cursor.skip()?;
        cursor.end()?;
        Ok(Self(value))
    }

    /// The value as it is spelt.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    pub(crate) fn shape(self) -> Shape {
        // A checked value has a shape.
        Cursor::new(self.0).shape().unwrap_or(Shape::Null)
    }

    /// The string; `None` for any other value. Half a surrogate pair, which no string can hold, becomes U+FFFD.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        Some(Text::of_literal(self.0)?.lossy())
    }

    /// Whether it is a string, and has no half of a surrogate pair.
    pub(crate) fn is_exact_string(self) -> bool {
        Text::of_literal(self.0).is_some_and(|text| text.decode().is_ok())
    }

    /// The spelling of a number; `None` for any other value.
    pub(crate) fn number(self) -> Option<&'a str> {
        (self.shape() == Shape::Number).then_some(self.0)
    }

    /// A number that is whole and not negative, also where it is spelt `12.0`.
    pub(crate) fn integer(self) -> Option<u64> {
        let number = self.number()?;
        number.parse().ok().or_else(|| {
            let number: f64 = number.parse().ok()?;
            let is_exact = number.fract() == 0.0 && (0.0..=9e15).contains(&number);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked in the line above")]
            is_exact.then_some(number as u64)
        })
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        match self.shape() {
            Shape::True => Some(true),
            Shape::False => Some(false),
            _ => None,
        }
    }

    /// The members of an object; `None` for any other value.
    pub(crate) fn object(self) -> Option<Object<'a>> {
        (self.shape() == Shape::Object).then(|| Object::read(&mut Cursor::new(self.0)).ok()).flatten()
    }

    /// The elements of an array; `None` for any other value.
    pub(crate) fn array(self) -> Option<Vec<Self>> {
        if self.shape() != Shape::Array {
            return None;
        }
        let mut elements = Vec::new();
        let mut cursor = Cursor::new(self.0);
        let read = cursor.array::<Fault>(|cursor| {
            elements.push(Self(cursor.skip()?));
            Ok(())
        });
        read.ok().map(|()| elements)
    }
}

/// The members of an object, in order. One whose value is `null` counts as absent, as it does for every provider.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// Checks `text`, which must be one object.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(text);
        let object = Self::read(&mut cursor)?;
        cursor.end()?;
        Ok(object)
    }

    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        // Most have fewer, and growing to that size step by step would cost more than the rest.
        let mut members = Vec::with_capacity(8);
        cursor.object::<Fault>(|cursor, key| {
            let value = Value(cursor.skip()?);
            if value.shape() != Shape::Null {
                members.push((key.name(), value));
            }
            Ok(())
        })?;
        Ok(Self { members })
    }

    /// The value of `key`; of the last one where there are several, as most parsers have it.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.members.iter().rev().find(|(name, _)| name == key).map(|&(_, value)| value)
    }

    /// As `get`, and removes it, so that what is left is what nobody asked for.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value<'a>> {
        let value = self.get(key)?;
        self.members.retain(|(name, _)| name != key);
        Some(value)
    }

    pub(crate) fn string(&self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key)?.string()
    }

    pub(crate) fn integer(&self, key: &str) -> Option<u64> {
        self.get(key)?.integer()
    }

    pub(crate) fn object(&self, key: &str) -> Option<Self> {
        self.get(key)?.object()
    }

    /// The elements of an array; none where there is no array.
    pub(crate) fn array(&self, key: &str) -> Vec<Value<'a>> {
        self.get(key).and_then(Value::array).unwrap_or_default()
    }

    /// The elements of an array of objects, empty where there is no array; `None` where another element is among them.
    /// Reads each at once, and not first where it ends.
    pub(crate) fn objects(&self, key: &str) -> Option<Vec<Self>> {
        let mut objects = Vec::new();
        if let Some(array) = self.get(key).filter(|value| value.shape() == Shape::Array) {
            let mut cursor = Cursor::new(array.0);
            cursor.array::<Fault>(|cursor| Self::read(cursor).map(|object| objects.push(object))).ok()?;
        }
        Some(objects)
    }

    /// The members that are left.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, Value<'a>)> {
        self.members.iter().map(|(name, value)| (&**name, *value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value<'_> {
        Value::parse(text).unwrap()
    }

    #[test]
    fn what_values_are() {
        let check = |text: &str, string: Option<&str>, number, integer, boolean| {
            let value = value(text);

            assert_eq!(string, value.string().as_deref(), "{text}");
            assert_eq!((number, integer, boolean), (value.number(), value.integer(), value.boolean()), "{text}");
        };
        check(r#""a\n""#, Some("a\n"), None, None, None);
        check(r#""\ud800a""#, Some("\u{fffd}a"), None, None, None);
        check("12", None, Some("12"), Some(12), None);
        check(" 12.0 ", None, Some("12.0"), Some(12), None);
        check("1.2e1", None, Some("1.2e1"), Some(12), None);
        check("12.5", None, Some("12.5"), None, None);
        check("-1", None, Some("-1"), None, None);
        check("1e400", None, Some("1e400"), None, None);
        check("18446744073709551615", None, Some("18446744073709551615"), Some(u64::MAX), None);
        check("true", None, None, None, Some(true));
        check("false", None, None, None, Some(false));
        check("null", None, None, None, None);
        check("{}", None, None, None, None);
    }

    #[test]
    fn what_is_in_arrays_and_objects() {
        let texts = |text| value(text).array().map(|array| array.into_iter().map(Value::text).collect::<Vec<_>>());
        assert_eq!(Some(vec!["1", r#"{ "a" : [ ] }"#, "null"]), texts(r#" [ 1 , { "a" : [ ] },null] "#));
        assert_eq!(Some(vec![]), texts("[]"));
        assert_eq!(None, texts("{}"));

        let object = value(r#"{"a":1,"b\u0063":{"d":"e"},"f":null,"a":2,"g":[true]}"#).object().unwrap();
        assert_eq!(Some(2), object.integer("a"), "the last of equal keys counts");
        assert_eq!(Some("e"), object.object("bc").unwrap().string("d").as_deref(), "keys may have escapes");
        assert!(object.get("f").is_none(), "null counts as absent");
        assert_eq!((1, 0), (object.array("g").len(), object.array("a").len()));
        let n_objects = |text| Object::parse(text).unwrap().objects("a").map(|objects| objects.len());
        assert_eq!([Some(2), Some(0), Some(0)], [r#"{"a":[{},{"b":1}]}"#, r#"{"a":1}"#, "{}"].map(n_objects));
        assert_eq!(None, n_objects(r#"{"a":[{},1]}"#), "one that is no object");
        assert!(value("[]").object().is_none());
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut object = Object::parse(r#"{"a":1,"b":2,"a":3,"c":null}"#).unwrap();

        assert_eq!((Some("3"), None), (object.take("a").map(Value::text), object.take("a").map(Value::text)));
        assert_eq!(vec![("b", "2")], object.members().map(|(key, value)| (key, value.text())).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_value() {
        for text in ["", "{", "1 2", "[1,]", "nul"] {
            assert!(Value::parse(text).is_err(), "{text}");
        }
        assert!(Object::parse("[]").is_err());
    }
}
