//! Finds one field in a form (RFC 7578). What is not needed is not read: files pass by untouched.

use memchr::memmem;

use super::Field;
use crate::Error;

/// Bytes of a boundary (RFC 2046, 5.1.1) and of the head of one part.
const MAX_BOUNDARY: usize = 70;
const MAX_HEAD: usize = 4_096;
/// Parts of one form.
const MAX_PARTS: usize = 128;

/// The text of the field `name`, and where it stands in `body`; `None` where there is none.
pub(super) fn field(content_type: &str, body: &[u8], name: &'static str) -> Result<Option<Field>, Error> {
    let boundary = boundary(content_type).ok_or_else(|| broken("its content type has no boundary"))?;
    let delimiter = ["--", boundary].concat();
    let mut found = None;
    let mut n_parts = 0;
    let mut rest =
        body.strip_prefix(delimiter.as_bytes()).ok_or_else(|| broken("it does not begin with its boundary"))?;
    let next = ["\r\n", &delimiter].concat();
    let finder = memmem::Finder::new(next.as_bytes());
    while !rest.starts_with(b"--") {
        n_parts += 1;
        if n_parts > MAX_PARTS {
            return Err(broken("it has more than 128 parts"));
        }
        let part = rest.strip_prefix(b"\r\n").ok_or_else(|| broken("a boundary does not end its line"))?;
        let n_part = finder.find(part).ok_or_else(|| broken("it ends within a part"))?;
        let n_head =
            memmem::find(&part[..n_part.min(MAX_HEAD)], b"\r\n\r\n").ok_or_else(|| broken("a part has no head"))?;
        if is_named(&part[..n_head], name) {
            if found.is_some() {
                return Err(Error::ambiguous_key(
                    Some(name),
                    format!("the form has the field `{name}` twice; send it once"),
                ));
            }
            let start = body.len() - part.len() + n_head + 4;
            let end = body.len() - part.len() + n_part;
            let text = body.get(start..end).and_then(|text| std::str::from_utf8(text).ok());
            let text = text.ok_or_else(|| broken("the model's name is not UTF-8"))?;
            found = Some((text.to_owned(), start..end));
        }
        rest = &part[n_part + next.len()..];
    }
    Ok(found)
}

fn boundary(content_type: &str) -> Option<&str> {
    let parameter = content_type.split(';').map(str::trim).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let boundary = parameter.trim_matches('"');
    (1..=MAX_BOUNDARY).contains(&boundary.len()).then_some(boundary)
}

/// Whether the head of a part says that it is the field `name`, and no file.
fn is_named(head: &[u8], name: &str) -> bool {
    let Ok(head) = std::str::from_utf8(head) else { return false };
    head.split("\r\n").any(|line| {
        let Some((header, value)) = line.split_once(':') else { return false };
        let mut parameters = value.split(';').map(str::trim);
        header.eq_ignore_ascii_case("content-disposition")
            && parameters.any(|parameter| {
                parameter
                    .split_once('=')
                    .is_some_and(|(key, value)| key.eq_ignore_ascii_case("name") && value.trim_matches('"') == name)
            })
    })
}

fn broken(reason: &str) -> Error {
    Error::malformed(format!("the form cannot be read: {reason}; send multipart/form-data"))
}
