//! What an operator asks of the cache: how much is there, and to forget some of it.

use serde::Deserialize;
use serde_json::json;

use super::row::Row;
use super::{Store, negative};
use crate::error::{Error, Kind};
use crate::{Gateway, Moment, Reply};

/// What an operator has the gateway do with its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Management {
    /// Tell how much is kept.
    Report,
    /// Forget some answers.
    Purge,
    /// Forget one that was wrong, and learn from it.
    Wrong,
}

/// Which answers are meant: those to which all that is said applies.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Selection {
    /// All of them: nothing else may be said then.
    all: bool,
    /// The one that `x-tiercel-cache` names so.
    id: Option<String>,
    /// With this mark of the client's.
    tag: Option<String>,
    /// Bought by this tenant.
    tenant: Option<String>,
    /// Of the model or route that was asked for by this name.
    model: Option<String>,
    /// Answers to exactly these last words of the user.
    prompt: Option<String>,
    /// Kept for at least so many seconds.
    older_than: Option<u64>,
}

/// An answer that was wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    /// What `x-tiercel-cache` calls it.
    id: String,
}

impl Selection {
    fn is_empty(&self) -> bool {
        let words = [&self.id, &self.tag, &self.tenant, &self.model, &self.prompt];
        words.iter().all(|word| word.is_none()) && self.older_than.is_none()
    }

    fn is_meant(&self, row: &Row, now: Moment) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.id, &row.name)
            && is(&self.tenant, &row.tenant)
            && is(&self.model, &row.model)
            && is(&self.prompt, &row.question)
            && self.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
            && self.older_than.is_none_or(|age| now.unix.saturating_sub(row.created).as_secs() >= age)
    }
}

/// Does what `what` says, `body` being the request's.
///
/// # Errors
/// `Kind::MalformedBody` for a selection that is none.
pub(crate) fn manage(gateway: &Gateway, what: Management, body: &[u8], now: Moment) -> Result<Reply, Error> {
    let entries = gateway.shared.entries();
    let page = match what {
        Management::Report => {
            let size = entries.size();
            json!({
                "mode": gateway.cache().mode,
                "scope": gateway.cache().scope,
                "n_entries": size.n_entries,
                "n_bytes": size.n_bytes,
                "n_evicted": size.n_evicted,
                "n_unwritten": size.n_unwritten,
                "classes": gateway.shared.meanings.classes.standings(),
            })
        }
        Management::Purge => {
            let selection: Selection = serde_json::from_slice(body).map_err(|error| {
                Error::new(Kind::MalformedBody, format!("this says not which answers to forget: {error}"))
            })?;
            if selection.all != selection.is_empty() {
                let message = r#"say which answers to forget: {"all": true}, or some of id, tag, tenant, model, prompt, older_than"#;
                return Err(Error::new(Kind::MalformedBody, message));
            }
            json!({"n_purged": purge(entries, &selection, now)})
        }
        Management::Wrong => {
            let wrong: Wrong = serde_json::from_slice(body).map_err(|error| {
                Error::new(Kind::MalformedBody, format!("this says not which answer was wrong: {error}"))
            })?;
            let selection = Selection { id: Some(wrong.id.clone()), ..Selection::default() };
            let n_purged = purge(entries, &selection, now);
            if n_purged > 0 {
                negative::leave(entries, &wrong.id, gateway.cache().limits, now.unix);
            }
            json!({"n_purged": n_purged})
        }
    };
    Ok(Reply::json(200, page.to_string().into_bytes()))
}

/// How many are forgotten.
fn purge(entries: &dyn Store, selection: &Selection, now: Moment) -> usize {
    let secret = entries.secret();
    entries.purge(&mut |id, bytes| match Row::read(bytes, id, &secret) {
        Some((_, row)) => selection.all || selection.is_meant(&row, now),
        // What cannot be read is an answer to nothing, and only takes room.
        None => negative::read(bytes, id, &secret).is_none(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tiercel_core::settlement::TokenUsage;

    use super::*;
    use crate::cache::row::Form;

    #[test]
    fn which_answers_are_meant() {
        let row = Row {
            name: "0a1b".to_owned(),
            created: Duration::from_secs(100),
            ttl: Duration::from_secs(60),
            cost: None,
            usage: TokenUsage::default(),
            tenant: "acme".to_owned(),
            model: "auto".to_owned(),
            question: "Where is my order?".to_owned(),
            serves_other_words: true,
            gist: None,
            form: Form::Whole,
            tags: vec!["faq".to_owned()],
            reply: Reply::json(200, Vec::new()),
        };
        let now = Moment { unix: Duration::from_secs(130), ..Moment::default() };
        let check = |expected: bool, selection: &str| {
            let selection: Selection = serde_json::from_str(selection).unwrap();
            assert_eq!(expected, selection.is_meant(&row, now), "{selection:?}");
        };
        check(true, r#"{"tag": "faq"}"#);
        check(false, r#"{"tag": "news"}"#);
        check(true, r#"{"tenant": "acme", "model": "auto"}"#);
        check(false, r#"{"tenant": "acme", "model": "small"}"#);
        check(true, r#"{"prompt": "Where is my order?"}"#);
        check(false, r#"{"prompt": "where is my order?"}"#);
        check(true, r#"{"older_than": 30}"#);
        check(false, r#"{"older_than": 31}"#);
        check(true, r#"{"id": "0a1b"}"#);
        check(false, r#"{"id": "0a1c"}"#);
    }
}
