//! The role `developer` in a request that goes on as it came to a provider that does not take it: there it is `system`,
//! which it renamed.

use memchr::memmem;

use crate::json::{Cursor, Fault};
use crate::request::{Edit, Request};

/// The edits that rename it.
pub(crate) fn developer_roles(request: &Request) -> Vec<Edit> {
    let mut edits = Vec::new();
    if memmem::find(request.body.as_bytes(), br#""developer""#).is_some()
        && let Some(messages) = request.members.value("messages")
    {
        // The scan has checked the body's syntax; where the rest is not of the dialect, the provider says so better.
        let _ = Cursor::at(&request.body, messages.start).array(|cursor| read_message(cursor, &mut edits));
    }
    edits
}

fn read_message(cursor: &mut Cursor<'_>, edits: &mut Vec<Edit>) -> Result<(), Fault> {
    cursor.object_or_skip(|cursor, key| {
        if key.name() != "role" {
            return cursor.skip().map(drop);
        }
        if let Some(role) = cursor.string_or_skip()?
            && role.name() == "developer"
        {
            let start = role.offset();
            edits.push(Edit { span: start..start + "developer".len(), text: "system".into() });
        }
        Ok(())
    })
}
