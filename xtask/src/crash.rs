//! Kills a real server under load, again and again, and checks what it kept.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::demo;
use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask crash --cycles N --clients K --seed S`; the last line counts, and the exit code
/// is that of the count.
pub(crate) fn crash(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let server = demo::build_server(workspace)?;
    let mut command = run::cargo(workspace);
    command.args(["run", "--quiet", "--package", "draftsync-server"]);
    command.args(["--example", "crash", "--", "--server"]);
    command.arg(server);
    command.arg("--folder").arg(workspace.target.join("crash"));
    let status = command.args(args).status().context("cannot start cargo")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
