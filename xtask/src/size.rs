//! Measures what an app ships; `xtask/size.mjs` does it, because a bundler and brotli are there.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::pkg::{self, Flavour};
use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask size`: fails over a budget.
pub(crate) fn size(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    if !args.is_empty() {
        bail!("size takes no arguments, not {}", args.join(" "));
    }
    let package = pkg::pkg(workspace, Flavour::Published)?;
    run::check(&mut measure(workspace, &package))?;
    Ok(ExitCode::SUCCESS)
}

/// What fails only over a ceiling: what has been reached is held while a budget is not met.
pub(crate) fn ceilings(workspace: &Workspace, package: &Path) -> Command {
    let mut command = measure(workspace, package);
    command.arg("--ceilings");
    command
}

fn measure(workspace: &Workspace, package: &Path) -> Command {
    let mut command = Command::new("node");
    command
        .arg(workspace.root.join("xtask/size.mjs"))
        .arg(package)
        .arg(workspace.state.join("size"))
        .current_dir(&workspace.root);
    command
}
