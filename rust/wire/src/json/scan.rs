//! A cursor over a JSON text that validates all that it passes.
//!
//! # Why a cursor
//! A body is read for a handful of fields, most of it being prompt. A tree of it would cost an allocation a value; here
//! the caller walks down the members that it wants and has the rest skipped, and either way each byte is checked once.
//! The text is `str`, so UTF-8 is checked before, by the standard library at memory speed.
//!
//! # What is stricter than RFC 8259
//! Nesting is bounded, so that no body can exhaust the stack. Nothing is laxer: no `NaN`, no comments, no BOM.

use super::string::{Text, plain_end};

/// Levels of nesting that are read. The deepest tool schemas in use have a few dozen.
const MAX_DEPTH: usize = 128;

/// Where a text ceases to be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Bytes from the start of the text.
    pub(crate) offset: usize,
    /// What is wrong there, as a clause.
    pub(crate) reason: &'static str,
}

/// What a value is, told from its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// A place in a JSON text.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self::at(text, 0)
    }

    /// A cursor on the value that begins at `position`, which must be the start of a character.
    pub(crate) fn at(text: &'a str, position: usize) -> Self {
        Self { text, position, depth: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// What the next value is.
    pub(crate) fn shape(&mut self) -> Result<Shape, Fault> {
        match self.peek() {
            Some(b'"') => Ok(Shape::String),
            Some(b'{') => Ok(Shape::Object),
            Some(b'[') => Ok(Shape::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Shape::Number),
            Some(b't') => Ok(Shape::True),
            Some(b'f') => Ok(Shape::False),
            Some(b'n') => Ok(Shape::Null),
            Some(_) => Err(self.fault("a value was expected")),
            None => Err(self.fault("the text ends where a value was expected")),
        }
    }

    /// Passes one value and returns its text, without the white space around it.
    pub(crate) fn skip(&mut self) -> Result<&'a str, Fault> {
        let shape = self.shape()?;
        let start = self.position;
        match shape {
            Shape::Object => self.object(|cursor, _| cursor.skip().map(drop))?,
            Shape::Array => self.array(|cursor| cursor.skip().map(drop))?,
            Shape::String => drop(self.string()?),
            Shape::Number => self.number()?,
            Shape::True => self.word("true")?,
            Shape::False => self.word("false")?,
            Shape::Null => self.word("null")?,
        }
        Ok(&self.text[start..self.position])
    }

    /// Walks through an object. `on_member` must pass the value of each key that it is given.
    pub(crate) fn object<E: From<Fault>>(
        &mut self,
        mut on_member: impl FnMut(&mut Self, Text<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'{', "an object was expected")?;
        if !self.take(b'}') {
            loop {
                let key = self.string()?;
                self.demand(b':', "a colon was expected after the key")?;
                on_member(self, key)?;
                if !self.take(b',') {
                    break;
                }
            }
            self.demand(b'}', "a comma or a closing brace was expected")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Walks through an array. `on_element` must pass one value each time.
    pub(crate) fn array<E: From<Fault>>(
        &mut self,
        mut on_element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(b'[', "an array was expected")?;
        if !self.take(b']') {
            loop {
                on_element(self)?;
                if !self.take(b',') {
                    break;
                }
            }
            self.demand(b']', "a comma or a closing bracket was expected")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// As `object`, but passes any other value.
    pub(crate) fn object_or_skip<E: From<Fault>>(
        &mut self,
        on_member: impl FnMut(&mut Self, Text<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.shape()? == Shape::Object { self.object(on_member) } else { Ok(self.skip().map(drop)?) }
    }

    /// As `array`, but passes any other value.
    pub(crate) fn array_or_skip<E: From<Fault>>(
        &mut self,
        on_element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.shape()? == Shape::Array { self.array(on_element) } else { Ok(self.skip().map(drop)?) }
    }

    /// The next value if it is a string; any other is passed.
    pub(crate) fn string_or_skip(&mut self) -> Result<Option<Text<'a>>, Fault> {
        if self.shape()? == Shape::String { self.string().map(Some) } else { self.skip().map(|_| None) }
    }

    /// Passes a string and returns what is between its quotes.
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Fault> {
        self.demand(b'"', "a string was expected")?;
        let start = self.position;
        let mut is_escaped = false;
        loop {
            self.position = plain_end(self.text.as_bytes(), self.position);
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.fault("a control character must be escaped")),
                None => return Err(self.fault("the string is not closed")),
            }
            is_escaped = true;
        }
        let raw = &self.text[start..self.position];
        self.position += 1;
        Ok(Text::new(raw, is_escaped, start))
    }

    /// Demands that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault("nothing may follow the value")),
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let escape = &self.text.as_bytes()[self.position..];
        self.position += match escape {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [_, b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(self.fault("the escape is not one of JSON's")),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        self.take_byte(b'-');
        if !self.take_byte(b'0') {
            self.digits()?;
        } else if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.fault("a number may not begin with 0"));
        }
        if self.take_byte(b'.') {
            self.digits()?;
        }
        if self.take_byte(b'e') || self.take_byte(b'E') {
            let _sign = self.take_byte(b'+') || self.take_byte(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.position..];
        let n_digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if n_digits == 0 {
            return Err(self.fault("a digit was expected"));
        }
        self.position += n_digits;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if !self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
            return Err(self.fault("a value was expected"));
        }
        self.position += word.len();
        Ok(())
    }

    fn open(&mut self, bracket: u8, reason: &'static str) -> Result<(), Fault> {
        self.demand(bracket, reason)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.fault("more than 128 levels of nesting")) } else { Ok(()) }
    }

    fn demand(&mut self, byte: u8, reason: &'static str) -> Result<(), Fault> {
        if self.take(byte) { Ok(()) } else { Err(self.fault(reason)) }
    }

    /// Passes `byte` if it comes next, white space apart.
    fn take(&mut self, byte: u8) -> bool {
        self.peek();
        self.take_byte(byte)
    }

    fn take_byte(&mut self, byte: u8) -> bool {
        let is_there = self.byte() == Some(byte);
        self.position += usize::from(is_there);
        is_there
    }

    /// The next byte that is no white space; the cursor stands on it.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.position += 1,
                byte => return byte,
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn fault(&self, reason: &'static str) -> Fault {
        Fault { offset: self.position, reason }
    }
}
