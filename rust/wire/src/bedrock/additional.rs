//! What Converse has no word for, in the words that a family of models has in its own dialect.

use super::family::Family;
use super::thinking::Thinking;
use super::write_tools::sayable_choice;
use crate::chat::{Feature, Lost, Request};
use crate::json::{ObjectWriter, write_object};

/// `additionalModelRequestFields`.
pub(super) struct Additional<'a> {
    /// Whose words are used.
    pub(super) family: Family,
    pub(super) top_k: Option<&'a str>,
    pub(super) thinking: Thinking,
    /// Whether tools are to be called one at a time.
    pub(super) is_single: bool,
}

impl Additional<'_> {
    /// Writes it, if there is anything to say there.
    pub(super) fn write(&self, form: &Request<'_>, lost: &mut Lost, body: &mut ObjectWriter<'_>) {
        let mut output = Vec::new();
        write_object(&mut output, |fields| {
            match (self.top_k, self.family) {
                (None, _) => {}
                (Some(top_k), Family::Claude(_)) => fields.raw("top_k", top_k),
                (Some(top_k), Family::Nova | Family::Nova2) => {
                    fields.object("inferenceConfig", |config| config.raw("topK", top_k));
                }
                (Some(_), Family::GptOss | Family::Other) => lost.field(Feature::TopK),
            }
            self.thinking.write(fields);
            if self.is_single && !self.family.is_claude() {
                form.lose_single_calls(lost);
            } else if self.is_single {
                fields.object("tool_choice", |choice| {
                    // Where `toolChoice` says which, a second word for it is refused.
                    if sayable_choice(form, self.family).is_none() {
                        choice.string("type", "auto");
                    }
                    choice.boolean("disable_parallel_tool_use", true);
                });
            }
        });
        if output != b"{}" {
            // JSON that was written from text is text.
            body.raw("additionalModelRequestFields", &String::from_utf8(output).unwrap_or_default());
        }
    }
}
