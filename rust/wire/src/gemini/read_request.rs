//! Reads a request into the form.

use super::node::{Node, push};
use super::{read_config, read_contents, read_tools};
use crate::Error;
use crate::chat::Request;

/// Reads the body of a request to `generateContent`, its sister with a stream, or `countTokens`.
pub(crate) fn read_request(request: &crate::Request) -> Result<Request<'_>, Error> {
    let mut top = Node::top(request.body())?;
    // Counting takes a whole request as well as bare contents.
    if let Some(inner) = top.child("generateContentRequest")? {
        top = inner;
    }
    let mut form = Request { is_stream: request.is_stream(), ..Request::default() };
    top.take("model");
    read_contents::read(&mut top, &mut form)?;
    read_tools::read(&mut top, &mut form)?;
    if let Some(config) = top.child("generationConfig")? {
        read_config::read(config, &mut form)?;
    }
    read_safety(&mut top, &mut form)?;
    for bookkeeping in ["labels", "serviceTier", "store"] {
        top.take_foreign(bookkeeping, &mut form.hints);
    }
    top.rest(&mut form.unknown);
    Ok(form)
}

/// Settings by which Google's filters block less, or as they do anyway, change nothing elsewhere.
fn read_safety<'a>(top: &mut Node<'a>, form: &mut Request<'a>) -> Result<(), Error> {
    let mut settings = top.children("safetySettings")?;
    let mut blocks = false;
    for setting in &mut settings {
        let threshold = setting.string("threshold")?.unwrap_or_default();
        blocks |= !matches!(&*threshold, "" | "HARM_BLOCK_THRESHOLD_UNSPECIFIED" | "BLOCK_NONE" | "OFF");
    }
    if !settings.is_empty() {
        push(if blocks { &mut form.unknown } else { &mut form.hints }, top.path_of("safetySettings"));
    }
    Ok(())
}
