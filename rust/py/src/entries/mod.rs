//! The cache's answers in LMDB, in a folder that the workers of a machine share.
//!
//! # Why LMDB
//! Its readers take no lock and wait for nobody, so a look-up costs a microsecond however much others write. Whoever is
//! killed leaves what was there before its last transaction: LMDB never writes over what is in use, and a writer's lock
//! is freed with it.
//!
//! # Who writes
//! A thread of the worker ([`writer`]). Writers wait for one another, and each for the disk: a request must not. What is
//! still to be written is looked up in its queue, so a worker sees at once what it keeps, and others within a fraction of
//! a second. What the queue has no room for is not kept, and counted.
//!
//! # What a crash costs
//! The environment has none of LMDB's flags that trade safety for speed, since no request waits for the disk. `NOSYNC`
//! keeps a killed process's writes too, but a power failure may then leave pages that do not belong together; `WRITEMAP`
//! would besides kill the process with a signal when the disk is full. So a process that is killed loses what is in its
//! queue, a fraction of a second; and so does a machine without power, as every transaction is on the disk before the next.
//!
//! # What is not trusted
//! LMDB follows what a damaged file says into memory that is not there, which nothing in a process survives. So the
//! first to open the folder looks through the file's structure ([`check`]), and sets aside what is not sound. What is in
//! a row is not looked at there: its seal tells. What changes in the file behind the back of a gateway that runs cannot
//! be defended against, no more than changes of its memory.

mod check;
mod environment;
mod folder;
mod queue;
mod session;
mod tables;
mod uses;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{io, thread};

use tiercel_gateway::{CacheLimits, Change, Digest, Entry, Size, Store, Tail};

use crate::clock::Clock;
use environment::Environment;
use queue::{Pending, Queue};
use uses::Uses;

/// What is kept in a folder.
pub(crate) struct Entries(Arc<Shared>);

/// What a worker's requests and its writer have in common.
struct Shared {
    folder: PathBuf,
    limits: CacheLimits,
    clock: Clock,
    /// Not there where the folder cannot be used.
    environment: OnceLock<Environment>,
    queue: Queue,
    uses: Uses,
    n_unwritten: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    lines: Vec<String>,
    has_failed: bool,
}

impl Entries {
    /// What is kept in `folder`, which is made where there is none. `limits` are those that it is opened for: more can
    /// be asked for later, and is had after a restart.
    pub(crate) fn open(folder: PathBuf, limits: CacheLimits, clock: Clock) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            folder,
            limits,
            clock,
            environment: OnceLock::new(),
            queue: Queue::default(),
            uses: Uses::default(),
            n_unwritten: AtomicU64::new(0),
            notes: Mutex::default(),
        });
        shared.try_open();
        let writer = Arc::clone(&shared);
        thread::Builder::new().name("cache".to_owned()).spawn(move || writer::run(&writer))?;
        Ok(Self(shared))
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        self.0.queue.close();
    }
}

impl Shared {
    fn try_open(&self) {
        match Environment::open(&self.folder, self.limits) {
            Ok((environment, note)) => {
                let _ = self.environment.set(environment);
                self.note(note);
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// Takes note, once, that something is wrong.
    fn fail(&self, error: &str) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut notes.has_failed, true) {
            let folder = self.folder.display();
            notes.lines.push(format!("the cache in {folder} cannot be written, and goes on without: {error}"));
        }
    }

    fn note(&self, note: Option<String>) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).lines.extend(note);
    }

    fn count_unwritten(&self, n_rows: usize) {
        self.n_unwritten.fetch_add(n_rows as u64, Ordering::Relaxed);
    }
}

impl Store for Entries {
    fn peek(&self, id: &Digest) -> Option<Arc<[u8]>> {
        match self.0.queue.get(id) {
            Some(Pending::Row(entry)) => Some(entry.row),
            Some(Pending::Gone) => None,
            None => self.0.environment.get()?.get(id),
        }
    }

    fn count_use(&self, id: &Digest) {
        self.0.uses.count(id);
    }

    fn put(&self, entry: Entry, limits: CacheLimits, _: Duration) -> bool {
        let limits = CacheLimits { max_bytes: limits.max_bytes.min(self.0.limits.max_bytes), ..limits };
        let is_taken = entry.row.len() as u64 <= limits.max_bytes
            && self.0.environment.get().is_some()
            && self.0.queue.put(entry, limits);
        self.0.count_unwritten(usize::from(!is_taken));
        is_taken
    }

    /// Others' answers of this very moment, which they have still to write, stay.
    fn purge(&self, is_unwanted: &mut dyn FnMut(&Digest, &[u8]) -> bool) -> usize {
        let mut unwanted: Vec<_> =
            self.0.queue.rows().into_iter().filter(|(id, row)| is_unwanted(id, row)).map(|(id, _)| id).collect();
        if let Some(environment) = self.0.environment.get() {
            let look = |id: &Digest, row: &[u8]| {
                if self.0.queue.get(id).is_none() && is_unwanted(id, row) {
                    unwanted.push(*id);
                }
            };
            if let Err(error) = environment.each(look) {
                self.0.fail(&error.to_string());
            }
        }
        unwanted.sort_unstable();
        unwanted.dedup();
        for id in &unwanted {
            self.0.queue.erase(*id);
        }
        unwanted.len()
    }

    fn tail(&self, after: u64, most: usize, visit: &mut dyn FnMut(&Digest, Change)) -> Tail {
        let tail = self.0.environment.get().and_then(|environment| environment.tail(after, most, visit).ok());
        tail.unwrap_or(Tail { next: after, is_whole: true })
    }

    fn ids(&self) -> Vec<Digest> {
        let mut ids = Vec::new();
        if let Some(environment) = self.0.environment.get()
            && let Err(error) = environment.each(|id, _| ids.push(*id))
        {
            self.0.fail(&error.to_string());
        }
        ids
    }

    fn secret(&self) -> [u8; 32] {
        // Where nothing can be kept, nothing need be told from what others wrote.
        self.0.environment.get().map(|environment| environment.secret).unwrap_or_default()
    }

    fn size(&self) -> Size {
        let size = self.0.environment.get().and_then(|environment| environment.size().ok()).unwrap_or_default();
        Size { n_unwritten: self.0.n_unwritten.load(Ordering::Relaxed), ..size }
    }

    fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.0.notes.lock().unwrap_or_else(PoisonError::into_inner).lines)
    }
}
