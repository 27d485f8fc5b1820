//! Runs the benchmarks: `benches/web` in headless Chromium, `benches/rebase.rs` natively, and
//! `server/load` against the server's program.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::pkg::{self, Flavour};
use crate::run;
use crate::tools;
use crate::workspace::Workspace;

/// `cargo xtask bench [words]`; the words go to `benches/web/run.mjs`, which explains them.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    if let [word, rest @ ..] = args
        && word == "server"
    {
        return server(workspace, rest);
    }
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

/// The server's program under load, on the disk of the build's folder. The words go to
/// `server/load`, which explains them.
fn server(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut build = run::cargo(workspace);
    build.args(["build", "--release", "--package", "draftsync-server"]);
    run::check(build.args(["--bin", "draftsync-server", "--example", "load"]))?;
    let release = workspace.target.join("release");
    let program = |name: &str| release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program("examples/load"));
    command.arg("--server").arg(program("draftsync-server"));
    command.arg("--folder").arg(workspace.target.join("load"));
    run::check(command.args(args))?;
    Ok(ExitCode::SUCCESS)
}
