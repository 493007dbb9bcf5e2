//! Thoughts of other dialects' providers in a request that goes to this dialect's as it came.
//!
//! A conversation may have been answered by someone else before. Clients hand back whole messages, and many a provider
//! refuses members that it does not know, or signatures that it did not make. So what is marked as another's is cut out
//! of the body, and with it the text of the thought; all else stays as it is.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use crate::json::{Cursor, Fault};
use crate::request::{Edit, Request, cut};

/// How a string begins that another dialect's provider made.
const MARK: &str = "\"tiercel.";

/// A member of an object.
struct Member<'a> {
    name: Cow<'a, str>,
    span: Range<usize>,
    value: &'a str,
}

/// The edits that cut them out.
pub(crate) fn foreign_thoughts(request: &Request) -> Vec<Edit> {
    let mut edits = Vec::new();
    if memmem::find(request.body.as_bytes(), MARK.as_bytes()).is_some()
        && let Some(messages) = request.members.value("messages")
    {
        // The scan has checked the body's syntax; where the rest is not of the dialect, the provider says so better.
        let _ = read_messages(&request.body, messages.start, &mut edits);
    }
    edits
}

fn read_messages(body: &str, start: usize, edits: &mut Vec<Edit>) -> Result<(), Fault> {
    Cursor::at(body, start).array(|cursor| {
        let members = read_members(cursor)?;
        if members.iter().any(|member| member.name == "reasoning_details" && member.value.contains(MARK)) {
            let is_thought = |member: &Member<'_>| matches!(&*member.name, "reasoning_details" | "reasoning_content");
            cut_members(&members, is_thought, edits);
        }
        for calls in members.iter().filter(|member| member.name == "tool_calls" && member.value.contains(MARK)) {
            Cursor::at(body, calls.span.end - calls.value.len()).array_or_skip(|cursor| {
                let is_signature = |member: &Member<'_>| member.name == "extra_content" && member.value.contains(MARK);
                cut_members(&read_members(cursor)?, is_signature, edits);
                Ok::<_, Fault>(())
            })?;
        }
        Ok(())
    })
}

fn read_members<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<Member<'a>>, Fault> {
    let mut members = Vec::new();
    cursor.object(|cursor, key| {
        let value = cursor.skip()?;
        members.push(Member { name: key.name(), span: key.offset() - 1..cursor.position(), value });
        Ok::<_, Fault>(())
    })?;
    Ok(members)
}

fn cut_members(members: &[Member<'_>], is_cut: impl Fn(&Member<'_>) -> bool, edits: &mut Vec<Edit>) {
    let pieces: Vec<_> = members.iter().map(|member| (member.span.clone(), is_cut(member))).collect();
    cut(&pieces, edits);
}
