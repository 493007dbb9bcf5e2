//! Signatures of other providers in a request that goes to Google as it came.
//!
//! A conversation may have been answered by someone else before. Google refuses signatures that it did not make, and from
//! the third generation on also calls without one; so those of others are cut out of the body, or replaced by what
//! Google has for such calls. All else stays as it is.

use std::ops::Range;

use memchr::memmem;

use super::signature::{MARK, NONE, of_client};
use super::write_request::is_third_generation;
use crate::Upstream;
use crate::json::{Cursor, Fault, Shape};
use crate::request::{Edit, Request, cut};

/// The edits that do so, for a provider's `model`.
pub(crate) fn foreign_thoughts(request: &Request, model: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let body = request.body.as_bytes();
    let is_marked = [MARK, NONE].iter().any(|mark| memmem::find(body, mark.as_bytes()).is_some());
    if is_marked && let Some(contents) = request.members.value("contents") {
        let other = is_third_generation(model).then_some(NONE);
        // The scan has checked the body's syntax; where the rest is not of the dialect, Google says so better.
        let _ = read_contents(&mut Cursor::at(&request.body, contents.start), other, &mut edits);
    }
    edits
}

fn read_contents(cursor: &mut Cursor<'_>, other: Option<&'static str>, edits: &mut Vec<Edit>) -> Result<(), Fault> {
    let mut contents = Vec::new();
    cursor.array(|cursor| {
        cursor.shape()?;
        let start = cursor.position();
        let (mut parts, mut inner) = (Vec::new(), Vec::new());
        cursor.object_or_skip(|cursor, key| match &*key.name() {
            "parts" => cursor.array_or_skip(|cursor| {
                parts.push(read_part(cursor, other, &mut inner)?);
                Ok::<_, Fault>(())
            }),
            _ => cursor.skip().map(drop),
        })?;
        // A content must have a part.
        let is_cut = !parts.is_empty() && parts.iter().all(|(_, is_cut)| *is_cut);
        if !is_cut {
            cut(&parts, &mut inner);
            edits.append(&mut inner);
        }
        contents.push((start..cursor.position(), is_cut));
        Ok::<_, Fault>(())
    })?;
    cut(&contents, edits);
    Ok(())
}

/// Where a part stands, and whether it is nothing but a thought of another's.
fn read_part(
    cursor: &mut Cursor<'_>,
    other: Option<&'static str>,
    edits: &mut Vec<Edit>,
) -> Result<(Range<usize>, bool), Fault> {
    cursor.shape()?;
    let start = cursor.position();
    let (mut is_thought, mut is_said, mut is_call) = (false, false, false);
    let mut signature = None;
    let mut members = Vec::new();
    cursor.object_or_skip(|cursor, key| {
        let is_string = cursor.shape()? == Shape::String;
        let value_start = cursor.position();
        let value = cursor.skip()?;
        let value_span = value_start..cursor.position();
        let name = key.name();
        let is_signature = matches!(&*name, "thoughtSignature" | "thought_signature");
        let is_foreign = is_signature && is_string && is_foreign(value.trim_matches('"'));
        match &*name {
            "thought" => is_thought = value == "true",
            _ if is_signature => signature = is_foreign.then(|| value_span.clone()),
            "text" => is_said |= value != "\"\"",
            "functionCall" | "function_call" => (is_call, is_said) = (true, true),
            _ => is_said = true,
        }
        members.push((key.offset() - 1..value_span.end, is_foreign));
        Ok::<_, Fault>(())
    })?;
    let is_cut = signature.is_some() && (is_thought || !is_said);
    match (signature, other) {
        (Some(span), Some(other)) if is_call => edits.push(Edit { span, text: format!("\"{other}\"").into() }),
        (Some(_), _) if !is_cut => cut(&members, edits),
        _ => {}
    }
    Ok((start..cursor.position(), is_cut))
}

/// Whether a signature is another's, or stands for none. Base64 has no escapes.
fn is_foreign(text: &str) -> bool {
    !text.is_empty() && of_client(text.into()).is_none_or(|signature| signature.made_by != Upstream::Gemini)
}
