//! The folder: whose it is, who uses it, and its secret.
//!
//! # Two locks
//! Whoever opens the data has a file locked, so one does after the other. Whoever has them open has the folder locked,
//! together with all others who have. So the one who opens knows whether it is alone, and only then looks through the
//! data, or begins anew. The system unlocks both when a process ends, however it does. It is the folder that is locked,
//! as nobody can remove it, or put another in its place, and leave the data.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::check;
use super::environment::MAX_READERS;

/// LMDB's names.
const DATA: &str = "data.mdb";
const LOCK: &str = "lock.mdb";
/// What was set aside; the one before goes.
const DAMAGED: &str = "data.mdb.damaged";
/// Locked by whoever opens them.
const OPENING: &str = "opening";
const SECRET: &str = "secret";
const SECRET_DRAFT: &str = "secret.draft";
/// A cache line a reader, and what LMDB has beside them.
const LOCK_BYTES: usize = 64 * (MAX_READERS as usize + 2);

/// Locked for opening.
pub(super) struct Folder<'a> {
    pub(super) path: &'a Path,
    /// Nobody else has it open.
    pub(super) is_alone: bool,
    is_new: bool,
    secret: [u8; 32],
    in_use: File,
    _opening: File,
}

impl<'a> Folder<'a> {
    pub(super) fn lock(path: &'a Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let in_use = File::open(path)?;
        let owner = fs::metadata("/proc/self")?.uid();
        let metadata = in_use.metadata()?;
        if metadata.uid() != owner || metadata.permissions().mode() & 0o022 != 0 {
            return Err(io::Error::other("the folder is another user's, or others may write to it"));
        }
        for name in [DATA, LOCK, OPENING, SECRET] {
            match fs::symlink_metadata(path.join(name)) {
                Ok(metadata) => check_file(name, &metadata, owner)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let opening = OpenOptions::new().append(true).create(true).mode(0o600).open(path.join(OPENING))?;
        opening.lock()?;
        let is_alone = in_use.try_lock().is_ok();
        let (secret, is_new) = read_secret(path)?;
        Ok(Self { path, is_alone, is_new, secret, in_use, _opening: opening })
    }

    /// Sees to it that LMDB can open what is there, of at most `size` bytes. What it had better not is set aside, and a
    /// line for the operator says so.
    pub(super) fn prepare(&self, size: usize) -> io::Result<Option<String>> {
        // Whatever is in there is of processes that are no more. It is mapped: on a full disk, what LMDB itself makes
        // would be a hole in which the process falls.
        let lock = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.path.join(LOCK));
        lock.and_then(|mut lock| lock.write_all(&vec![0; LOCK_BYTES]).and_then(|()| lock.sync_data()))?;
        let data = self.path.join(DATA);
        let damage = match File::open(&data) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
            Ok(_) if self.is_new => Some("its secret is lost".to_owned()),
            Ok(file) => check::check(&file, size as u64).err().map(|error| error.to_string()),
        };
        let Some(damage) = damage else { return Ok(None) };
        let damaged = self.path.join(DAMAGED);
        fs::rename(&data, &damaged)?;
        Ok(Some(format!(
            "the cache begins anew, as its file is damaged ({damage}); it was moved to {}",
            damaged.display()
        )))
    }

    /// Lets others open it. The secret, and what is locked as long as it is in use.
    pub(super) fn unlock(self) -> io::Result<([u8; 32], File)> {
        if self.is_alone {
            self.in_use.unlock()?;
        }
        // Between the two nobody else is alone: whoever would be still waits to open.
        self.in_use.lock_shared()?;
        Ok((self.secret, self.in_use))
    }
}

fn check_file(name: &str, metadata: &Metadata, owner: u32) -> io::Result<()> {
    let others_rights = metadata.permissions().mode() & 0o077;
    if metadata.is_file() && metadata.uid() == owner && others_rights == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("{name} is not a file of this user's alone")))
}

/// It, and whether it was made just now: whole, or not at all.
fn read_secret(folder: &Path) -> io::Result<([u8; 32], bool)> {
    let path = folder.join(SECRET);
    let mut known = Vec::new();
    if let Ok(file) = File::open(&path) {
        file.take(33).read_to_end(&mut known)?;
    }
    if let Ok(secret) = known.try_into() {
        return Ok((secret, false));
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let draft = folder.join(SECRET_DRAFT);
    // Of a process that was killed here.
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    fs::rename(&draft, &path)?;
    Ok((secret, true))
}
