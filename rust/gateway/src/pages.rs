//! The gateway's own pages: health, metrics, and the list of models.

use tiercel_core::keys::Principal;
use tiercel_wire::openai::models::{self, Model};

use crate::entry::Entry;
use crate::error::{Error, Kind};
use crate::{Gateway, Reply};

/// When the models "were created": no provider's list is asked for it, and clients only need a number.
const CREATED: u64 = 1_700_000_000;

/// Answers what is not for a model.
pub(crate) fn page(entry: Entry<'_>, gateway: &Gateway, principal: Option<&Principal>) -> Result<Reply, Error> {
    let may_read_metrics = principal.is_some_and(|principal| principal.may_read_metrics);
    let models = || {
        let entries = principal.map(|principal| gateway.registry().models_for(principal)).unwrap_or_default();
        entries.into_iter()
    };
    match entry {
        Entry::Live => Ok(Reply::json(200, br#"{"status":"live"}"#.to_vec())),
        Entry::Ready if gateway.is_draining() => Ok(Reply::json(503, br#"{"status":"draining"}"#.to_vec())),
        Entry::Ready => Ok(Reply::json(200, br#"{"status":"ready"}"#.to_vec())),
        Entry::Metrics if may_read_metrics => {
            Ok(Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", gateway.render_metrics().into_bytes()))
        }
        Entry::Metrics => Err(Error::new(
            Kind::Forbidden,
            "this key may not read the metrics; give it `metrics = true` in the configuration",
        )),
        Entry::Models => {
            let entries: Vec<_> = models().collect();
            let list = entries.iter().map(|entry| Model { id: &entry.id, owned_by: &entry.owned_by, created: CREATED });
            Ok(Reply::json(200, models::list(list)))
        }
        Entry::Model(id) => {
            let id = unescaped(id);
            let entry = models().find(|entry| *entry.id.as_bytes() == *id);
            let entry = entry.ok_or_else(|| {
                Error::new(Kind::UnknownModel, "there is no such model for this key; GET /v1/models lists them")
            })?;
            Ok(Reply::json(200, models::item(&Model { id: &entry.id, owned_by: &entry.owned_by, created: CREATED })))
        }
        Entry::Endpoint(_) => Err(Error::new(Kind::Internal, "an endpoint is no page")),
    }
}

/// `text` without percent-escapes: SDKs escape the slash in `openai/gpt-4o`.
fn unescaped(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_escapes_stand_for() {
        let check = |text, expected: &str| assert_eq!(expected.as_bytes(), unescaped(text), "{text}");
        check("openai/gpt-4o", "openai/gpt-4o");
        check("openai%2Fgpt-4o", "openai/gpt-4o");
        check("%41%42", "AB");
        check("100%", "100%");
        check("a%2", "a%2");
        check("a%zzb", "a%zzb");
        check("%c3%a9", "é");
        check("%+1", "%+1");
    }
}
