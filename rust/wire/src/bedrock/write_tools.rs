//! The tools that a model may call.

use super::family::Family;
use super::write_block::write_cache_point;
use crate::chat::{Content, Feature, Lost, Request, Tool, ToolChoice};
use crate::json::ObjectWriter;

/// The schema of a function whose arguments the client did not describe.
const ANY_OBJECT: &str = r#"{"type":"object","properties":{}}"#;

/// Writes `toolConfig`; whether there is anything to say there.
pub(super) fn write_tools(
    form: &Request<'_>,
    family: Family,
    takes_schemas: bool,
    lost: &mut Lost,
    body: &mut ObjectWriter<'_>,
) -> bool {
    // There is no word for none, so tools are left out; but where there were calls, Bedrock demands them.
    if form.tools.is_empty() || form.tool_choice == Some(ToolChoice::None) && !has_calls(form) {
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

fn has_calls(form: &Request<'_>) -> bool {
    let mut parts = form.messages.iter().flat_map(|message| &message.parts);
    parts.any(|part| matches!(part.content, Content::Call(_)))
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
