//! Instructions that a route puts before the client's own.
//!
//! # Why into the first system message
//! A message of its own would change no more of the body. But the templates of many open models take one system message
//! and no second, so where the conversation begins with one, the preface goes into it.

use crate::json::{Cursor, Fault, Shape};
use crate::request::{Edit, json_string, splice};
use crate::{Endpoint, Error, Request};

/// What stands between the preface and the client's own words.
const PARAGRAPH: &str = "\\n\\n";

impl Request {
    /// The request with `text` before all instructions, every other byte as it came. Only a request for which a model
    /// answers in a conversation has instructions; any other comes back as it is.
    ///
    /// # Errors
    /// `Kind::Invalid` where the client's instructions are of no form that its dialect has.
    pub fn with_preface(&self, text: &str) -> Result<Self, Error> {
        let edit = match self.endpoint {
            Endpoint::ChatCompletions => Some(self.before_messages(text)?),
            Endpoint::Responses => {
                Some(self.before_member("instructions", &json_string(text), |cursor| before_text(cursor, text))?)
            }
            Endpoint::Messages => {
                Some(self.before_member("system", &json_string(text), |cursor| before_content(cursor, text))?)
            }
            Endpoint::GenerateContent | Endpoint::StreamGenerateContent => {
                let snake = "system_instruction";
                let name = self.members.value(snake).map_or("systemInstruction", |_| snake);
                let part = format!(r#"{{"text":{}}}"#, json_string(text));
                let whole = format!(r#"{{"parts":[{part}]}}"#);
                Some(self.before_member(name, &whole, |cursor| before_parts(cursor, &part))?)
            }
            Endpoint::Completions
            | Endpoint::Embeddings
            | Endpoint::CountMessageTokens
            | Endpoint::CountTokens
            | Endpoint::EmbedContent
            | Endpoint::BatchEmbedContents => None,
        };
        let mut body = Vec::new();
        splice(&self.body, edit.into_iter().collect(), &mut body);
        Self::parse(self.endpoint, Some(&self.model), &body)
    }

    /// The edit that puts a preface before the value of the member `name`, or makes that member of `whole`.
    fn before_member(
        &self,
        name: &'static str,
        whole: &str,
        edit: impl FnOnce(&mut Cursor<'_>) -> Result<Option<Edit>, Fault>,
    ) -> Result<Edit, Error> {
        if let Some((mut cursor, _)) = self.members.cursor(name, &self.body)? {
            let start = cursor.position();
            return edit(&mut cursor)?.ok_or_else(|| Error::invalid(name, start, "must be instructions, as text"));
        }
        if let Some(null) = self.members.value(name) {
            return Ok(Edit { span: null, text: whole.to_owned().into() });
        }
        // A body that was read has a brace, and at least one member.
        let start = self.body.find('{').map_or(0, |brace| brace + 1);
        Ok(Edit { span: start..start, text: format!(r#""{name}":{whole},"#).into() })
    }

    fn before_messages(&self, text: &str) -> Result<Edit, Error> {
        // The scan has seen that there is a message.
        let start = self.members.value("messages").map_or(0, |messages| messages.start + 1);
        let (mut is_system, mut content) = (false, None);
        Cursor::at(&self.body, start).object_or_skip(|cursor, key| {
            match &*key.name() {
                "role" => {
                    let role = cursor.string_or_skip()?;
                    is_system = role.is_some_and(|role| matches!(&*role.name(), "system" | "developer"));
                }
                "content" => {
                    cursor.shape()?;
                    content = before_content(&mut Cursor::at(&self.body, cursor.position()), text)?;
                    cursor.skip()?;
                }
                _ => drop(cursor.skip()?),
            }
            Ok::<_, Fault>(())
        })?;
        Ok(content.filter(|_| is_system).unwrap_or_else(|| {
            let message = format!(r#"{{"role":"system","content":{}}},"#, json_string(text));
            Edit { span: start..start, text: message.into() }
        }))
    }
}

/// The edit that puts `text` before a text or before parts; `None` for what is neither.
fn before_content(cursor: &mut Cursor<'_>, text: &str) -> Result<Option<Edit>, Fault> {
    match cursor.shape()? {
        Shape::Array => before_first(cursor, &format!(r#"{{"type":"text","text":{}}}"#, json_string(text))).map(Some),
        _ => before_text(cursor, text),
    }
}

/// The edit that puts `text` before a text; `None` for what is none.
fn before_text(cursor: &mut Cursor<'_>, text: &str) -> Result<Option<Edit>, Fault> {
    let Some(own) = cursor.string_or_skip()? else { return Ok(None) };
    let literal = json_string(text);
    let separator = if own.is_empty() { "" } else { PARAGRAPH };
    let text = [&literal[1..literal.len() - 1], separator].concat();
    Ok(Some(Edit { span: own.offset()..own.offset(), text: text.into() }))
}

/// The edit that puts `part` before the parts of Gemini's instructions; `None` where they have none of a good form.
fn before_parts(cursor: &mut Cursor<'_>, part: &str) -> Result<Option<Edit>, Fault> {
    if cursor.shape()? != Shape::Object {
        return Ok(None);
    }
    let start = cursor.position() + 1;
    let (mut edit, mut has_parts, mut is_empty) = (None, false, true);
    cursor.object::<Fault>(|cursor, key| {
        is_empty = false;
        if key.name() != "parts" {
            return cursor.skip().map(drop);
        }
        has_parts = true;
        let shape = cursor.shape()?;
        let value_start = cursor.position();
        if shape == Shape::Array {
            edit = Some(before_first(cursor, part)?);
        } else {
            let value_end = value_start + cursor.skip()?.len();
            let is_null = shape == Shape::Null;
            edit = is_null.then(|| Edit { span: value_start..value_end, text: format!("[{part}]").into() });
        }
        Ok(())
    })?;
    Ok(edit.or_else(|| {
        let comma = if is_empty { "" } else { "," };
        (!has_parts).then(|| Edit { span: start..start, text: format!(r#""parts":[{part}]{comma}"#).into() })
    }))
}

/// The edit that puts `element` before those of an array, which is passed.
fn before_first(cursor: &mut Cursor<'_>, element: &str) -> Result<Edit, Fault> {
    let start = cursor.position() + 1;
    let mut comma = "";
    cursor.array::<Fault>(|cursor| {
        comma = ",";
        cursor.skip().map(drop)
    })?;
    Ok(Edit { span: start..start, text: [element, comma].concat().into() })
}

#[cfg(test)]
mod tests;
