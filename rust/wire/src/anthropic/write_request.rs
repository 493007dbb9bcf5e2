//! From the form in the middle to a request for Anthropic.

use super::model::Model;
use super::write_message::{write_messages, write_system};
use super::write_parameters::Parameters;
use crate::chat::{self, Lost};
use crate::json::write_object;
use crate::request::VERTEX_VERSION;
use crate::target::{Hosting, Target};

/// Writes a request.
pub(crate) fn write_request(form: &chat::Request<'_>, target: &Target<'_>, lost: &mut Lost) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |body| {
        match target.hosting {
            Hosting::Vertex { .. } => body.string("anthropic_version", VERTEX_VERSION),
            Hosting::Own | Hosting::Azure | Hosting::AzureDeployments(_) => body.string("model", target.model),
        }
        write_system(form, body, lost);
        write_messages(form, body, lost);
        Parameters { form, model: Model::of(target.model), quirks: target.quirks, lost }.write(body);
        if form.is_stream {
            body.boolean("stream", true);
        }
    });
    output
}
