//! What Converse has no word for, in the words that a family of models has in its own dialect.

use super::family::Family;
use super::thinking::Thinking;
use crate::chat::{Feature, Lost, Request};
use crate::json::ObjectWriter;

/// Writes `additionalModelRequestFields`, if there is anything to say there.
pub(super) fn write_additional(
    form: &Request<'_>,
    family: Family,
    thinking: Option<Thinking>,
    lost: &mut Lost,
    body: &mut ObjectWriter<'_>,
) {
    let top_k = form.top_k.filter(|_| family.is_claude() || family.is_nova());
    if form.top_k.is_some() && top_k.is_none() {
        lost.field(Feature::TopK);
    }
    let wants_one_call = form.parallel_calls == Some(false) && !form.tools.is_empty();
    let is_one_call = wants_one_call && family.is_claude();
    if wants_one_call && !is_one_call {
        lost.field(Feature::ParallelCalls);
    }
    if top_k.is_none() && thinking.is_none() && !is_one_call {
        return;
    }
    body.object("additionalModelRequestFields", |fields| {
        match top_k {
            Some(top_k) if family.is_claude() => fields.raw("top_k", top_k),
            Some(top_k) => fields.object("inferenceConfig", |config| config.raw("topK", top_k)),
            None => {}
        }
        if let Some(thinking) = thinking {
            thinking.write(fields);
        }
        if is_one_call {
            fields.object("tool_choice", |choice| {
                // Where `toolChoice` says which, a second word for it is refused.
                if form.tool_choice.is_none() {
                    choice.string("type", "auto");
                }
                choice.boolean("disable_parallel_tool_use", true);
            });
        }
    });
}
