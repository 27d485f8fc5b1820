//! Runs the benchmarks: `benches/web` in headless Chromium, and `benches/rebase.rs` natively.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::pkg::{self, Flavour};
use crate::run;
use crate::tools;
use crate::workspace::Workspace;

/// `cargo xtask bench [words]`; the words go to `benches/web/run.mjs`, which explains them.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    if args.first().is_some_and(|word| word == "rebase") {
        native(workspace, args)?;
    }
    let browsers = tools::browsers()?;
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let mut command = Command::new("node");
    command
        .arg(workspace.root.join("benches/web/run.mjs"))
        .args(args)
        .current_dir(&workspace.root)
        .env("DRAFTSYNC_PKG", package)
        .env("DRAFTSYNC_CHROMIUM", browsers.chromium);
    run::check(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// The rebase alone, as the server does it.
fn native(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut command = run::cargo(workspace);
    command.args(["bench", "--package", "draftsync", "--bench", "rebase", "--"]);
    command.args(args.iter().filter(|word| *word == "--quick"));
    run::check(&mut command)
}
