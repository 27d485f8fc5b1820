//! Runs the web benchmark of `benches/web`.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::pkg::{self, Flavour};
use crate::run;
use crate::tools;
use crate::workspace::Workspace;

/// `cargo xtask bench [name]`; the words after `bench` go to `benches/web/run.mjs`.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let script = workspace.root.join("benches/web/run.mjs");
    if !script.is_file() {
        bail!("benches/web/run.mjs is missing; there is nothing to run");
    }
    let browsers = tools::browsers()?;
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let mut command = Command::new("node");
    command.arg(script).args(args).current_dir(&workspace.root);
    command
        .env("DRAFTSYNC_PKG", package)
        .env("DRAFTSYNC_CHROMIUM", browsers.chromium);
    run::check(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
