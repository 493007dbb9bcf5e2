//! Answers that may be asked for again, in files that the workers share.
//!
//! # Why locks are the claims
//! Whoever holds a claim has its file locked (`flock`), and the system unlocks it when the process ends, however it
//! does. So nobody has to find out whether the holder of a claim still lives. What a process wrote when it died is either
//! whole or no answer, which its digest tells.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use tiercel_gateway::{Answers, Claim, Digest, Limits};

/// How often a file is opened anew that was erased just then.
const MAX_TRIES: usize = 8;
/// What is read of an answer that somebody holds: more than its mark.
const MARK: u64 = 64;

/// A folder of them, each named by its id.
pub(crate) struct Files {
    folder: PathBuf,
    held: Mutex<HashMap<Digest, File>>,
}

impl Files {
    /// Makes `folder` when there is something to keep.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, held: Mutex::default() }
    }

    fn path(&self, id: &Digest) -> PathBuf {
        self.folder.join(id.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat())
    }

    fn open(&self, id: &Digest) -> io::Result<File> {
        let open =
            || OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(self.path(id));
        open().or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).and_then(|()| open())
            }
            _ => Err(error),
        })
    }

    fn try_claim(&self, id: &Digest) -> io::Result<Claim> {
        let mut kept = Vec::new();
        for _ in 0..MAX_TRIES {
            let mut file = self.open(id)?;
            match file.try_lock() {
                // Between opening and locking it was erased: a file of that name is another one.
                Ok(()) if file.metadata()?.nlink() == 0 => {}
                Ok(()) => {
                    file.read_to_end(&mut kept)?;
                    self.held().insert(*id, file);
                    return Ok(Claim::Held(kept));
                }
                Err(TryLockError::WouldBlock) => {
                    file.take(MARK).read_to_end(&mut kept)?;
                    return Ok(Claim::Taken(kept));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(Claim::Taken(kept))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Digest, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers for Files {
    fn claim(&self, id: &Digest) -> Claim {
        self.try_claim(id).unwrap_or(Claim::Unavailable)
    }

    fn write(&self, id: &Digest, record: &[u8]) -> bool {
        self.held().get_mut(id).is_some_and(|file| replace(file, record).is_ok())
    }

    fn release(&self, id: &Digest) {
        self.held().remove(id);
    }

    fn erase(&self, id: &Digest) {
        if let Some(file) = self.held().remove(id) {
            // What cannot be removed is left empty, which is no answer.
            let _ = file.set_len(0);
            let _ = fs::remove_file(self.path(id));
        }
    }

    fn sweep(&self, limits: Limits, unix: Duration) {
        let folder = self.folder.clone();
        // A hundred thousand files are looked at, which takes longer than requests may wait.
        thread::spawn(move || sweep(&folder, limits, unix));
    }
}

fn replace(file: &mut File, record: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(record)
}

fn sweep(folder: &Path, limits: Limits, unix: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let kept = entries.filter_map(|entry| {
        let metadata = entry.as_ref().ok()?.metadata().ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((modified, metadata.len(), entry.ok()?.path()))
    });
    for path in limits.excess(kept.collect(), unix) {
        // What somebody holds is in use; what is locked here, nobody can take meanwhile.
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
            && file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
        {
            let _ = fs::remove_file(&path);
        }
    }
}
