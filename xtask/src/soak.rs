//! Tries the properties of the core with any number of cases.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask soak --property NAME --cases N --seed S`; the last line counts, and the exit code
/// is that of the count.
pub(crate) fn soak(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut command = run::cargo(workspace);
    command.args(["run", "--quiet", "--profile", "soak"]);
    command.args(["--package", "draftsync", "--example", "soak", "--"]);
    let status = command.args(args).status().context("cannot start cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
