//! The environment and the files that a configuration may name.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tiercel_core::secrets::{Environment, SecretFile};

/// One byte more than a secret may have, so that a larger file shows.
const MAX_SECRET_READ: u64 = 64 * 1024 + 1;

/// This process's environment; relative paths start at `folder`.
pub(crate) struct Process {
    pub(crate) folder: PathBuf,
}

impl Environment for Process {
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn secret_file(&self, path: &str) -> Result<SecretFile, String> {
        let path = self.folder.join(path);
        let metadata = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
        let is_symlink = metadata.is_symlink();
        let mut contents = Vec::new();
        if !is_symlink {
            let file = fs::File::open(&path).map_err(|error| error.to_string())?;
            file.take(MAX_SECRET_READ).read_to_end(&mut contents).map_err(|error| error.to_string())?;
        }
        Ok(SecretFile { contents, mode: metadata.permissions().mode(), is_symlink })
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.folder.join(path)).map_err(|error| error.to_string())
    }
}
