//! Has anything changed since a step was done? A stamp is a file with a hash of its inputs.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Hashes `words` and the names and contents of all files in `paths`, which may be folders.
///
/// A path that does not exist counts as empty. The hash may differ between Rust releases; then a
/// step is done once more than needed.
pub(crate) fn hash(words: &[&str], paths: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    for path in paths {
        for file in files_under(path)? {
            let bytes =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            file.hash(&mut hasher);
            bytes.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Whether the stamp at `path` was written with this hash.
pub(crate) fn is_fresh(path: &Path, hash: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|written| written == hash)
}

/// Writes the stamp; do it last, so that a step cut short is done again.
pub(crate) fn write(path: &Path, hash: &str) -> Result<()> {
    fs::write(path, hash).with_context(|| format!("cannot write {}", path.display()))
}

/// All files at or below `path` in a fixed order.
pub(crate) fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    if metadata.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let read = || fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
    let entries: std::io::Result<Vec<PathBuf>> = read();
    let mut entries = entries.with_context(|| format!("cannot list {}", path.display()))?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        files.extend(files_under(&entry)?);
    }
    Ok(files)
}
