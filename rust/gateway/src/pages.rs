//! The gateway's own pages: health, metrics, how deployments do, and the list of models.

use tiercel_core::keys::Principal;
use tiercel_core::registry::ModelEntry;
use tiercel_wire::Client;
use tiercel_wire::models::{self, Model};

use crate::cache::Management;
use crate::entry::Entry;
use crate::error::{Error, Kind};
use crate::{Gateway, Moment, Reply, cache};

/// When the models "were created": no provider's list is asked for it, and clients only need a number.
const CREATED: u64 = 1_700_000_000;

/// Answers what is not for a model; `None` for what is.
pub(crate) fn page(
    entry: Entry<'_>,
    client: Client,
    gateway: &Gateway,
    principal: Option<&Principal>,
    now: Moment,
) -> Option<Result<Reply, Error>> {
    let may_read_metrics = principal.is_some_and(|principal| principal.may_read_metrics);
    let entries = || principal.map(|principal| gateway.registry().models_for(principal)).unwrap_or_default();
    Some(match entry {
        Entry::Live => Ok(Reply::json(200, br#"{"status":"live"}"#.to_vec())),
        Entry::Ready if gateway.is_draining() => Ok(Reply::json(503, br#"{"status":"draining"}"#.to_vec())),
        Entry::Ready => Ok(Reply::json(200, br#"{"status":"ready"}"#.to_vec())),
        Entry::Metrics if may_read_metrics => {
            Ok(Reply::new(200, "text/plain; version=0.0.4; charset=utf-8", gateway.render_metrics(now).into_bytes()))
        }
        Entry::Health if may_read_metrics => Ok(Reply::json(200, gateway.health_page(now))),
        Entry::Metrics | Entry::Health => Err(Error::new(
            Kind::Forbidden,
            "this key may not read the metrics; give it `metrics = true` in the configuration",
        )),
        Entry::ForgetHealth => check_admin(principal).map(|()| {
            gateway.forget_health(now);
            Reply::json(200, br#"{"status":"forgotten"}"#.to_vec())
        }),
        Entry::Models => {
            let entries = entries();
            let list: Vec<Model<'_>> = entries.iter().map(model).collect();
            Ok(Reply::json(200, models::list(client, &list)))
        }
        Entry::Model(id) => {
            let id = unescaped(id);
            let entries = entries();
            let entry = entries.iter().find(|entry| *entry.id.as_bytes() == *id);
            entry.map(|entry| Reply::json(200, models::item(client, &model(entry)))).ok_or_else(|| {
                Error::new(Kind::UnknownModel, "there is no such model for this key; GET /v1/models lists them")
            })
        }
        Entry::Route | Entry::Reload | Entry::Cache(_) | Entry::Endpoint(..) | Entry::Passthrough(..) => return None,
    })
}

/// What an operator asks of the cache, with the request's body.
pub(crate) fn cache(
    gateway: &Gateway,
    what: Management,
    principal: Option<&Principal>,
    body: &[u8],
    now: Moment,
) -> Result<Reply, Error> {
    check_admin(principal)?;
    cache::manage(gateway, what, body, now)
}

/// Whether `principal` may have the configuration read again, now.
pub(crate) fn check_reload(gateway: &Gateway, principal: Option<&Principal>) -> Result<(), Error> {
    check_admin(principal)?;
    gateway.check_open()
}

fn check_admin(principal: Option<&Principal>) -> Result<(), Error> {
    if principal.is_some_and(|principal| principal.is_admin) {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "this key may not change the gateway; give it `admin = true` in the configuration"))
}

fn model(entry: &ModelEntry) -> Model<'_> {
    Model { id: &entry.id, owned_by: &entry.owned_by, created: CREATED }
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
