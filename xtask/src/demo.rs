//! Builds everything and becomes the server of the demo.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::pkg::{self, Flavour};
use crate::run;
use crate::workspace::Workspace;

const PORT: u16 = 7700;

/// `cargo xtask demo [--port N]`.
pub(crate) fn demo(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let port = port(args)?;
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let server = build_server(workspace)?;
    let mut command = Command::new(server);
    command.arg("--listen").arg(format!("127.0.0.1:{port}"));
    command.arg("--www").arg(workspace.root.join("www"));
    command.arg("--pkg").arg(package);
    command.arg("--data").arg(workspace.root.join(".draftsync"));
    println!("xtask: starting the server; Ctrl-C stops it");
    become_process(command)
}

/// Builds the server and returns the path of its program.
pub(crate) fn build_server(workspace: &Workspace) -> Result<PathBuf> {
    println!("xtask: building the server (cargo skips what is up to date)");
    run::check(run::cargo(workspace).args(["build", "--package", "draftsync-server"]))?;
    let name = format!("draftsync-server{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target.join("debug").join(name))
}

/// Replaces this process by `command`, so that a signal and the exit code are the server's own
/// affair. The server prints its URL when it listens, and not before.
#[cfg(unix)]
fn become_process(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot start the server")
}

/// Waits for `command`; Ctrl-C reaches both processes of the console.
#[cfg(not(unix))]
fn become_process(mut command: Command) -> Result<ExitCode> {
    let status = command.status().context("cannot start the server")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn port(args: &[String]) -> Result<u16> {
    let text = match args {
        [] => return Ok(PORT),
        [flag, value] if flag == "--port" => value,
        [both] if both.starts_with("--port=") => &both["--port=".len()..],
        _ => bail!("demo takes --port N or nothing, not {}", args.join(" ")),
    };
    text.parse()
        .with_context(|| format!("{text:?} is not a port; give a number below 65536"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_7700_unless_given() {
        let port = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            port(&args).ok()
        };
        assert_eq!(port(&[]), Some(7700));
        assert_eq!(port(&["--port", "8080"]), Some(8080));
        assert_eq!(port(&["--port=8080"]), Some(8080));
        assert_eq!(port(&["--port", "70000"]), None);
        assert_eq!(port(&["--port"]), None);
        assert_eq!(port(&["8080"]), None);
    }
}
