//! From Gemini's own language of schemas, which is of `OpenAPI` 3.0, to JSON Schema.
//!
//! The differences: names of types are in capitals, `nullable` is a member, `enum` is a format, bounds on lengths may be
//! strings (they are 64 bits wide), and properties have an order beside the one in which they stand, for which JSON
//! Schema has no word.
//! `type` and `enum` are written last, since a `nullable` that changes them may stand anywhere.

use crate::json::{Cursor, Fault, Shape, write_string};

/// The JSON Schema that means the same as `schema`, whose syntax was checked.
pub(super) fn to_json_schema(schema: &str) -> String {
    let mut output = Vec::with_capacity(schema.len());
    // What was checked has no faults, and what is made of text is text.
    let _ = copy(&mut Cursor::new(schema), &mut output);
    String::from_utf8(output).unwrap_or_default()
}

fn copy(cursor: &mut Cursor<'_>, output: &mut Vec<u8>) -> Result<(), Fault> {
    if cursor.shape()? != Shape::Object {
        output.extend_from_slice(cursor.skip()?.as_bytes());
        return Ok(());
    }
    let (mut is_nullable, mut types, mut choices) = (false, None, None);
    output.push(b'{');
    let start = output.len();
    cursor.object::<Fault>(|cursor, key| {
        let name = key.name();
        match &*name {
            "nullable" => is_nullable = cursor.skip()? == "true",
            "type" => types = Some(cursor.skip()?),
            "enum" => choices = Some(cursor.skip()?),
            "propertyOrdering" | "property_ordering" => drop(cursor.skip()?),
            "properties" => {
                write_key("properties", start, output);
                copy_members(cursor, output)?;
            }
            "anyOf" | "any_of" => {
                write_key("anyOf", start, output);
                copy_elements(cursor, output)?;
            }
            "items" => {
                write_key("items", start, output);
                copy(cursor, output)?;
            }
            "minItems" | "min_items" => copy_number("minItems", cursor, start, output)?,
            "maxItems" | "max_items" => copy_number("maxItems", cursor, start, output)?,
            "minLength" | "min_length" => copy_number("minLength", cursor, start, output)?,
            "maxLength" | "max_length" => copy_number("maxLength", cursor, start, output)?,
            "minProperties" | "min_properties" => copy_number("minProperties", cursor, start, output)?,
            "maxProperties" | "max_properties" => copy_number("maxProperties", cursor, start, output)?,
            _ => {
                let value = cursor.skip()?;
                if (&*name, value) != ("format", "\"enum\"") {
                    write_key(&name, start, output);
                    output.extend_from_slice(value.as_bytes());
                }
            }
        }
        Ok(())
    })?;
    if let Some(types) = types {
        write_key("type", start, output);
        // The names of types have no escapes, and what is no string, as a list of names, has no capitals either.
        let types = types.to_ascii_lowercase();
        let null = if is_nullable && types.starts_with('"') { ["[", &types, r#","null"]"#].concat() } else { types };
        output.extend_from_slice(null.as_bytes());
    }
    if let Some(choices) = choices {
        write_key("enum", start, output);
        let choices = choices
            .strip_suffix(']')
            .filter(|start| is_nullable && start.len() > 1)
            .map_or_else(|| choices.to_owned(), |start| [start, ",null]"].concat());
        output.extend_from_slice(choices.as_bytes());
    }
    output.push(b'}');
    Ok(())
}

fn copy_members(cursor: &mut Cursor<'_>, output: &mut Vec<u8>) -> Result<(), Fault> {
    output.push(b'{');
    let start = output.len();
    cursor.object_or_skip::<Fault>(|cursor, key| {
        write_key(&key.name(), start, output);
        copy(cursor, output)
    })?;
    output.push(b'}');
    Ok(())
}

fn copy_elements(cursor: &mut Cursor<'_>, output: &mut Vec<u8>) -> Result<(), Fault> {
    output.push(b'[');
    let start = output.len();
    cursor.array_or_skip::<Fault>(|cursor| {
        separate(start, output);
        copy(cursor, output)
    })?;
    output.push(b']');
    Ok(())
}

fn copy_number(name: &str, cursor: &mut Cursor<'_>, start: usize, output: &mut Vec<u8>) -> Result<(), Fault> {
    write_key(name, start, output);
    let number = cursor.skip()?;
    let digits = number.trim_matches('"');
    output.extend_from_slice(if digits.parse::<u64>().is_ok() { digits } else { number }.as_bytes());
    Ok(())
}

fn write_key(name: &str, start: usize, output: &mut Vec<u8>) {
    separate(start, output);
    write_string(name, output);
    output.push(b':');
}

/// Writes a comma behind what stands in `output` from `start` on.
fn separate(start: usize, output: &mut Vec<u8>) {
    if output.len() > start {
        output.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, schema: &str, expected: &str) {
        let written = to_json_schema(schema);

        assert_eq!(expected, written, "{name}");
    }

    #[test]
    fn what_schemas_become() {
        check("a type", r#"{"type":"STRING"}"#, r#"{"type":"string"}"#);
        check("a type in small letters", r#"{"type":"string"}"#, r#"{"type":"string"}"#);
        check(
            "an object",
            r#"{ "type": "OBJECT", "properties": { "a\"b": { "type": "INTEGER" }, "c": {} }, "required": ["c"] }"#,
            r#"{"properties":{"a\"b":{"type":"integer"},"c":{}},"required":["c"],"type":"object"}"#,
        );
        check(
            "a property that is named as a keyword",
            r#"{"properties":{"type":{"type":"NUMBER"},"nullable":{"type":"BOOLEAN"}}}"#,
            r#"{"properties":{"type":{"type":"number"},"nullable":{"type":"boolean"}}}"#,
        );
        check(
            "an array",
            r#"{"items":{"type":"STRING"},"type":"ARRAY"}"#,
            r#"{"items":{"type":"string"},"type":"array"}"#,
        );
        check("null allowed", r#"{"nullable":true,"type":"STRING"}"#, r#"{"type":["string","null"]}"#);
        check("null not allowed", r#"{"type":"STRING","nullable":false}"#, r#"{"type":"string"}"#);
        check(
            "null among choices",
            r#"{"type":"STRING","format":"enum","enum":["A","B"],"nullable":true}"#,
            r#"{"type":["string","null"],"enum":["A","B",null]}"#,
        );
        check("choices", r#"{"enum":["A"],"type":"STRING"}"#, r#"{"type":"string","enum":["A"]}"#);
        check(
            "either of two",
            r#"{"any_of":[{"type":"STRING"},{"type":"NULL"}]}"#,
            r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
        );
        check(
            "bounds as strings",
            r#"{"type":"ARRAY","minItems":"1","max_items":3}"#,
            r#"{"minItems":1,"maxItems":3,"type":"array"}"#,
        );
        check("numbers as they are spelt", r#"{"minimum":1.50,"default":1e2}"#, r#"{"minimum":1.50,"default":1e2}"#);
        check("an order of properties", r#"{"propertyOrdering":["b","a"],"type":"OBJECT"}"#, r#"{"type":"object"}"#);
        check(
            "descriptions",
            r#"{"description":"A \"B\"","type":"STRING"}"#,
            r#"{"description":"A \"B\"","type":"string"}"#,
        );
        check("a format", r#"{"type":"STRING","format":"date-time"}"#, r#"{"format":"date-time","type":"string"}"#);
        check("no schema", "true", "true");
        check("no list", r#"{"anyOf":1,"properties":2}"#, r#"{"anyOf":[],"properties":{}}"#);
    }
}
