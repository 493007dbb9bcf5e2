//! The list of models.

use crate::json::{ObjectWriter, write_object};
use crate::models::Model;

/// The body of `GET /v1beta/models`.
pub(crate) fn list(models: &[Model<'_>]) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |body| {
        body.array("models", |list| {
            for model in models {
                list.object(|item| write(model, item));
            }
        });
    });
    output
}

/// The body of `GET /v1beta/models/{model}`.
pub(crate) fn item(model: &Model<'_>) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |item| write(model, item));
    output
}

fn write(model: &Model<'_>, item: &mut ObjectWriter<'_>) {
    item.string("name", &["models/", model.id].concat());
    item.string("displayName", model.id);
    item.raw("supportedGenerationMethods", r#"["generateContent","countTokens"]"#);
}
