//! Makes the reference of the package's API from its declarations, by typedoc.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::pkg::{self, Flavour};
use crate::run;
use crate::workspace::Workspace;

/// `cargo xtask docs`: fails when an export is not explained or a link leads nowhere.
pub(crate) fn docs(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    if !args.is_empty() {
        bail!("docs takes no arguments, not {}", args.join(" "));
    }
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let mut command = Command::new("node");
    command
        .arg("xtask/reference.mjs")
        .arg(package)
        .current_dir(&workspace.root);
    run::check(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
