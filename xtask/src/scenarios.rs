//! Runs a file of scenarios of concurrent edits.

use std::path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask scenarios FILE`; the last line counts, and the exit code is that of the count.
pub(crate) fn scenarios(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let [file] = args else {
        bail!("name one file of scenarios: cargo xtask scenarios FILE");
    };
    // The command runs in the root folder, and the name is meant in the caller's.
    let path = path::absolute(file).with_context(|| format!("{file:?} is no path"))?;
    if !path.is_file() {
        bail!("there is no file {}", path.display());
    }
    let mut command = run::cargo(workspace);
    command.args(["run", "--quiet", "--package", "draftsync"]);
    command.args(["--example", "scenarios", "--"]).arg(path);
    let status = command.status().context("cannot start cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
