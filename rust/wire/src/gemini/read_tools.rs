//! Reads what the model may call: `tools` and `toolConfig`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::node::{Node, push};
use super::schema;
use crate::Error;
use crate::chat::{Request, Tool, ToolChoice};

pub(super) fn read<'a>(top: &mut Node<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    for mut tool in top.children("tools")? {
        for function in tool.children("functionDeclarations")? {
            let function = read_function(function, form)?;
            form.tools.push(function);
        }
        // Google's own tools: searches, code, pages, maps.
        tool.rest(&mut form.unknown);
    }
    if let Some(mut config) = top.child("toolConfig")? {
        if let Some(calling) = config.child("functionCallingConfig")? {
            read_choice(calling, form)?;
        }
        config.rest(&mut form.unknown);
    }
    Ok(())
}

fn read_function<'a>(mut function: Node<'a>, form: &mut Request<'a>) -> Result<Tool<'a>, Error> {
    let name = function.string("name")?.ok_or_else(|| function.invalid("name", "must be there"))?;
    let description = function.string("description")?;
    // Since both say the same, Google refuses functions that have both.
    let parameters = match (function.take("parametersJsonSchema"), function.take("parameters")) {
        (Some(schema), _) => Some(Cow::Borrowed(schema.text())),
        (None, Some(schema)) => Some(schema::to_json_schema(schema.text()).into()),
        (None, None) => None,
    };
    for described in ["response", "responseJsonSchema"] {
        function.take_foreign(described, &mut form.hints);
    }
    let behavior = function.string("behavior")?.unwrap_or_default();
    if !matches!(&*behavior, "" | "UNSPECIFIED" | "BLOCKING") {
        push(&mut form.unknown, function.path_of("behavior"));
    }
    function.rest(&mut form.unknown);
    Ok(Tool { name, description, parameters, strict: None, cache: None })
}

fn read_choice<'a>(mut calling: Node<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    let mut allowed = calling.strings("allowedFunctionNames")?;
    let mode = calling.string("mode")?.unwrap_or_default().to_ascii_uppercase();
    form.tool_choice = match &*mode {
        "" | "MODE_UNSPECIFIED" => None,
        "AUTO" => Some(ToolChoice::Auto),
        "NONE" => Some(ToolChoice::None),
        "ANY" if allowed.len() == 1 => allowed.pop().map(ToolChoice::Named),
        "ANY" => Some(ToolChoice::Required),
        // As AUTO, with arguments that follow their schemas.
        "VALIDATED" => {
            form.hints.push(calling.path_of("mode"));
            Some(ToolChoice::Auto)
        }
        _ => return Err(calling.invalid("mode", "must be AUTO, ANY, NONE or VALIDATED")),
    };
    let allowed: BTreeSet<_> = allowed.into_iter().collect();
    if !allowed.is_empty() && form.tools.iter().any(|tool| !allowed.contains(&tool.name)) {
        push(&mut form.unknown, calling.path_of("allowedFunctionNames"));
    }
    calling.rest(&mut form.unknown);
    Ok(())
}
