//! Measures what an app ships; `xtask/size.mjs` does it, because a bundler and brotli are there.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::pkg::{self, Flavour};
use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask size`.
pub(crate) fn size(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    if !args.is_empty() {
        bail!("size takes no arguments, not {}", args.join(" "));
    }
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let mut command = Command::new("node");
    command
        .arg(workspace.root.join("xtask/size.mjs"))
        .arg(package);
    command
        .arg(workspace.state.join("size"))
        .current_dir(&workspace.root);
    run::check(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
