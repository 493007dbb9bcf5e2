//! The tools that a model may call.

use std::collections::BTreeSet;

use super::family::Family;
use super::write_block::write_cache_point;
use crate::chat::{Call, Content, Feature, Lost, Request, Tool, ToolChoice};
use crate::json::ObjectWriter;

/// The schema of a function whose arguments the client did not describe.
const ANY_OBJECT: &str = r#"{"type":"object","properties":{}}"#;

/// Writes `toolConfig`; whether tools of the client's are in it.
pub(super) fn write_tools(
    form: &Request<'_>,
    family: Family,
    takes_schemas: bool,
    lost: &mut Lost,
    body: &mut ObjectWriter<'_>,
) -> bool {
    if form.tools.is_empty() {
        write_called(form, lost, body);
        return false;
    }
    // There is no word for none, so tools are left out; but where there were calls, Bedrock demands them.
    if form.tool_choice == Some(ToolChoice::None) && calls(form).next().is_none() {
        return false;
    }
    let choice = sayable_choice(form, family);
    if choice.is_none() && form.tool_choice.is_some() {
        lost.field(Feature::ToolChoice);
    }
    body.object("toolConfig", |config| {
        config.array("tools", |tools| {
            for tool in &form.tools {
                tools.object(|object| write_tool(tool, takes_schemas, lost, object));
                match tool.cache {
                    Some(mark) if family.is_claude() => tools.object(|object| write_cache_point(mark, object)),
                    Some(_) => lost.hint(Feature::CacheMark),
                    None => {}
                }
            }
        });
        match choice {
            None | Some(ToolChoice::None) => {}
            Some(ToolChoice::Auto) => config.object("toolChoice", |choice| choice.object("auto", |_| ())),
            Some(ToolChoice::Required) => config.object("toolChoice", |choice| choice.object("any", |_| ())),
            Some(ToolChoice::Named(name)) => {
                config.object("toolChoice", |choice| choice.object("tool", |tool| tool.string("name", name)));
            }
        }
    });
    true
}

/// Bedrock refuses calls in a conversation without tools, so the functions that were called stand in where the client
/// gives none.
fn write_called(form: &Request<'_>, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
    let names: BTreeSet<_> = calls(form).map(|call| &*call.name).collect();
    if names.is_empty() {
        return;
    }
    body.object("toolConfig", |config| {
        config.array("tools", |tools| {
            for name in names {
                let tool = Tool { name: name.into(), description: None, parameters: None, strict: None, cache: None };
                tools.object(|object| write_tool(&tool, false, lost, object));
            }
        });
    });
}

fn calls<'f>(form: &'f Request<'f>) -> impl Iterator<Item = &'f Call<'f>> {
    form.messages.iter().flat_map(|message| &message.parts).filter_map(|part| match &part.content {
        Content::Call(call) => Some(call),
        _ => None,
    })
}

/// What `toolChoice` says.
pub(super) fn sayable_choice<'f>(form: &'f Request<'f>, family: Family) -> Option<&'f ToolChoice<'f>> {
    form.tool_choice.as_ref().filter(|choice| match choice {
        ToolChoice::Auto => true,
        ToolChoice::None => false,
        ToolChoice::Required | ToolChoice::Named(_) => family.is_forced(),
    })
}

fn write_tool(tool: &Tool<'_>, takes_schemas: bool, lost: &mut Lost, object: &mut ObjectWriter<'_>) {
    object.object("toolSpec", |spec| {
        spec.string("name", &tool.name);
        spec.optional_string("description", tool.description.as_deref().filter(|text| !text.is_empty()));
        spec.object("inputSchema", |schema| schema.raw("json", tool.parameters.as_deref().unwrap_or(ANY_OBJECT)));
        match tool.strict {
            Some(true) if takes_schemas => spec.boolean("strict", true),
            Some(true) => lost.hint(Feature::Strict),
            Some(false) | None => {}
        }
    });
}
