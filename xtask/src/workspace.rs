//! Where things are in this repository and on this machine.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that every command works in.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// Stamps, locks and half-made files of xtask itself.
    ///
    /// It stays beside the sources even when `CARGO_TARGET_DIR` points elsewhere: a stamp speaks
    /// of `pkg/` and `node_modules/`, of which there is one each.
    pub(crate) state: PathBuf,
    /// Where installed tools are kept, shared by all clones of this user.
    pub(crate) tools: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable for `cargo run`; the compiled-in path serves a direct start.
        let xtask = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = xtask
            .parent()
            .context("the xtask folder has no parent folder")?
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        let state = root.join("target/xtask");
        fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
        Ok(Self {
            root,
            target,
            state,
            tools: tools_folder()?,
        })
    }

    /// Waits until no other xtask process holds the lock called `name`, then takes it.
    ///
    /// The lock ends when the returned file is dropped.
    pub(crate) fn lock(&self, name: &str) -> Result<File> {
        lock_file(&self.state.join(format!("{name}.lock")))
    }
}

/// Takes an exclusive lock on the file at `path`, which is made if it is not there.
pub(crate) fn lock_file(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    if file.try_lock().is_err() {
        println!(
            "xtask: waiting for another xtask process ({})",
            path.display()
        );
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

fn tools_folder() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("DRAFTSYNC_TOOLS") {
        return std::path::absolute(&folder).context("DRAFTSYNC_TOOLS is not a path");
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            // On Windows only USERPROFILE is set.
            let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
            Some(Path::new(&home).join(".cache"))
        });
    let cache = cache.context("no home folder found; set DRAFTSYNC_TOOLS to a folder for tools")?;
    Ok(cache.join("draftsync/tools"))
}
