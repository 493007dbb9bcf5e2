//! "This answer was wrong": said to one worker, and for that which had given it.
//!
//! Which class of questions was deceived, only the worker knows that gave the answer. So what an operator says is left in
//! the store for a while, where each worker that follows it finds it.

use std::time::Duration;

use super::row::{seal, sealed};
use super::store::{Entry, Limits, Store};
use crate::digest::{Digest, digest};

const FORM: &[u8] = b"wrong 1";
/// All workers have seen it long before.
const LIFE: Duration = Duration::from_secs(60);

/// Has it known that the answer of this name, given to other words, was wrong.
pub(super) fn leave(entries: &dyn Store, name: &str, limits: Limits, unix: Duration) {
    let id = digest([FORM, name.as_bytes(), &unix.as_nanos().to_be_bytes()]);
    let row = seal([FORM, name.as_bytes()].concat(), &id, &entries.secret());
    entries.put(Entry { id, row, worth: 0, ends: unix + LIFE }, limits, unix);
}

/// The name, where that is what is said.
pub(super) fn read(bytes: &[u8], id: &Digest, secret: &[u8; 32]) -> Option<String> {
    let name = sealed(bytes, id, secret)?.strip_prefix(FORM)?;
    String::from_utf8(name.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Memory;

    #[test]
    fn what_is_said_is_found_and_nothing_else() {
        let entries = Memory::default();
        leave(&entries, "0a1b", Limits { max_entries: 9, max_bytes: 999 }, Duration::from_secs(5));
        let id = entries.ids()[0];
        let bytes = entries.peek(&id).unwrap();

        assert_eq!(Some("0a1b".to_owned()), read(&bytes, &id, &entries.secret()));
        assert_eq!(None, read(&bytes, &[9; 32], &entries.secret()), "under another id");
        assert_eq!(None, read(b"wrong 10a1b", &id, &entries.secret()), "without a seal");
    }
}
