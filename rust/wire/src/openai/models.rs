//! The list of models.

use crate::json::write_string;
use crate::models::Model;

/// The body of `GET /v1/models`.
pub(crate) fn list(models: &[Model<'_>]) -> Vec<u8> {
    let mut output = br#"{"object":"list","data":["#.to_vec();
    for (index, model) in models.iter().enumerate() {
        if index > 0 {
            output.push(b',');
        }
        write(model, &mut output);
    }
    output.extend_from_slice(b"]}");
    output
}

/// The body of `GET /v1/models/{id}`.
pub(crate) fn item(model: &Model<'_>) -> Vec<u8> {
    let mut output = Vec::new();
    write(model, &mut output);
    output
}

fn write(model: &Model<'_>, output: &mut Vec<u8>) {
    output.extend_from_slice(br#"{"id":"#);
    write_string(model.id, output);
    output.extend_from_slice(format!(r#","object":"model","created":{},"owned_by":"#, model.created).as_bytes());
    write_string(model.owned_by, output);
    output.push(b'}');
}
