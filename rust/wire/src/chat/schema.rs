//! Schemas of answers.

use std::borrow::Cow;

use crate::json::{Object, write_string};

/// The schema with a description of its own, for dialects that have no other place for it.
pub(crate) fn described<'s>(schema: &'s str, description: Option<&str>) -> Cow<'s, str> {
    let Some(description) = description else { return schema.into() };
    let Ok(object) = Object::parse(schema) else { return schema.into() };
    if object.get("description").is_some() {
        return schema.into();
    }
    let rest = schema.trim_start().get(1..).unwrap_or_default().trim_start();
    let mut output = br#"{"description":"#.to_vec();
    write_string(description, &mut output);
    if !rest.starts_with('}') {
        output.push(b',');
    }
    output.extend_from_slice(rest.as_bytes());
    String::from_utf8(output).map_or(schema.into(), Cow::Owned)
}
