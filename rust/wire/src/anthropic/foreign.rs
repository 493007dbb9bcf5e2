//! Thoughts of other providers in a request that goes to Anthropic's dialect as it came.
//!
//! A conversation may have been answered by someone else before. Anthropic refuses a thought whose signature it did not
//! make, so those that are marked as others' are cut out of the body; all else stays as it is.

use std::ops::Range;

use memchr::memmem;

use super::signature::FOREIGN;
use crate::json::{Cursor, Fault};
use crate::request::{Edit, Request, cut};

/// The edits that cut them out.
pub(crate) fn foreign_thoughts(request: &Request) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mark = [b"\"", FOREIGN.as_bytes()].concat();
    if memmem::find(request.body.as_bytes(), &mark).is_some()
        && let Some(messages) = request.members.value("messages")
    {
        // The scan has checked the body's syntax; where the rest is not of the dialect, the provider says so better.
        let _ = read_messages(&mut Cursor::at(&request.body, messages.start), &mut edits);
    }
    edits
}

fn read_messages(cursor: &mut Cursor<'_>, edits: &mut Vec<Edit>) -> Result<(), Fault> {
    cursor.array(|cursor| {
        cursor.object_or_skip(|cursor, key| {
            if key.name() != "content" {
                return cursor.skip().map(drop);
            }
            let mut blocks = Vec::new();
            cursor.array_or_skip(|cursor| {
                blocks.push(read_block(cursor)?);
                Ok::<_, Fault>(())
            })?;
            cut(&blocks, edits);
            Ok(())
        })
    })
}

/// Where an element of a message's content stands, and whether it is a thought of another's.
fn read_block(cursor: &mut Cursor<'_>) -> Result<(Range<usize>, bool), Fault> {
    cursor.shape()?;
    let start = cursor.position();
    let (mut is_thought, mut is_marked) = (false, false);
    cursor.object_or_skip(|cursor, key| {
        match &*key.name() {
            "type" => {
                let kind = cursor.string_or_skip()?;
                is_thought = kind.is_some_and(|kind| matches!(&*kind.name(), "thinking" | "redacted_thinking"));
            }
            "signature" | "data" => {
                is_marked = cursor.string_or_skip()?.is_some_and(|text| text.name().starts_with(FOREIGN));
            }
            _ => drop(cursor.skip()?),
        }
        Ok::<_, Fault>(())
    })?;
    Ok((start..cursor.position(), is_thought && is_marked))
}
