//! The folder of the data, and the space on its disk.

use crate::limits::DISK_FREE_BYTES_MIN;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

/// The file with all rooms.
pub(super) const FILE: &str = "rooms.redb";

/// The same while it is made: a crash meanwhile leaves nothing that looks like rooms.
const UNFINISHED: &str = "rooms.redb.new";

/// Why a folder of data cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenFolderError {
    /// It has something else in it.
    #[error(
        "{0} has other files in it and no rooms; give --data a folder that is empty or not there"
    )]
    NotOurs(PathBuf),
    /// Another server has it.
    #[error("another process has the rooms in {0} open; stop it, or give --data another folder")]
    InUse(PathBuf),
    /// Something failed on the way.
    #[error("cannot open the rooms in {folder}: {why}")]
    Failed {
        /// The folder.
        folder: PathBuf,
        /// What the system or the store says.
        why: String,
    },
}

/// Makes the folder when it is not there, and lets nobody else into it.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, OpenFolderError> {
    let failed = |error: io::Error| OpenFolderError::Failed {
        folder: folder.to_owned(),
        why: error.to_string(),
    };
    let file = folder.join(FILE);
    fs::create_dir_all(folder).map_err(failed)?;
    // Rights are never changed on a folder that belongs to something else.
    if !file.exists() {
        for entry in fs::read_dir(folder).map_err(failed)? {
            if entry.map_err(failed)?.file_name() != UNFINISHED {
                return Err(OpenFolderError::NotOurs(folder.to_owned()));
            }
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(file)
}

/// Puts a new file in its place, after `make` has made and closed it under another name.
pub(super) fn make_file(
    folder: &Path,
    make: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let unfinished = folder.join(UNFINISHED);
    let told = |error: io::Error| error.to_string();
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told(error)),
        _ => {}
    }
    make(&unfinished)?;
    fs::rename(&unfinished, folder.join(FILE)).map_err(told)?;
    // The name is on the disk when the folder is.
    #[cfg(unix)]
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(told)?;
    Ok(())
}

/// Which file this is: a copy of it is another one, also in its place and under its name.
pub(super) fn mark(file: &Path) -> io::Result<u64> {
    let about = fs::metadata(file)?;
    let mut mark = crc32fast::Hasher::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        mark.update(&about.ino().to_le_bytes());
    }
    // A number may be given again to the file that takes the place of a removed one; where the
    // system does not know when a file was made, the number has to do.
    let made = about.created().ok();
    if let Some(made) = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok()) {
        mark.update(&made.as_nanos().to_le_bytes());
    }
    Ok(mark.finalize().into())
}

/// Whether there is room for more on the disk.
#[derive(Debug)]
pub(super) struct Space {
    /// None for a store that is on no disk.
    folder: Option<PathBuf>,
    free_min: Option<u64>,
    full: AtomicBool,
}

impl Space {
    /// `free_min`: how many bytes stay free; none for what is usual.
    pub(super) fn new(folder: Option<PathBuf>, free_min: Option<u64>) -> Self {
        let space = Self {
            folder,
            free_min,
            full: AtomicBool::new(false),
        };
        space.look();
        space
    }

    /// Asks the system; cheap, but not free.
    pub(super) fn look(&self) {
        let Some((free, all)) = self.folder.as_deref().and_then(free_and_all) else {
            return;
        };
        let usual = (all / 20).min(DISK_FREE_BYTES_MIN);
        let full = free < self.free_min.unwrap_or(usual);
        if full != self.full.swap(full, Ordering::Relaxed) {
            if full {
                tracing::error!(
                    free,
                    "the disk is nearly full: nothing can be written any more"
                );
            } else {
                tracing::info!(free, "the disk has room again");
            }
        }
    }

    /// Whether there was room the last time that somebody looked; looks again when there was none.
    pub(super) fn has_room(&self) -> bool {
        if self.full.load(Ordering::Relaxed) {
            self.look();
        }
        !self.full.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
fn free_and_all(folder: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some((
        disk.f_bavail.saturating_mul(disk.f_frsize),
        disk.f_blocks.saturating_mul(disk.f_frsize),
    ))
}

#[cfg(not(unix))]
fn free_and_all(_folder: &Path) -> Option<(u64, u64)> {
    None
}
