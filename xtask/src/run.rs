//! Child processes: run one, or run one while reading what it says.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// A test runner that says nothing for this long hangs. A cold release build inside one takes a
/// few minutes without a line on stdout, so the limit is well above that.
const SILENCE_MAX: Duration = Duration::from_secs(15 * 60);

/// What a process said on its stdout, and whether it ended well.
pub(crate) struct Heard {
    pub(crate) success: bool,
    pub(crate) lines: Vec<String>,
}

/// A `cargo` command in the workspace that builds into the workspace's target folder.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&workspace.root)
        .env("CARGO_TARGET_DIR", &workspace.target);
    command
}

/// Runs `command` to its end with its output passed through; anything but success is an error.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`; is it installed?", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs `command` in silence and returns its stdout, trimmed.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`; is it installed?", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", shown(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs `command`, printing each line of its stdout as it comes, and returns the lines.
///
/// A process that says nothing for `SILENCE_MAX` is stopped and counts as failed.
pub(crate) fn listen(command: &mut Command) -> Result<Heard> {
    println!("xtask: $ {}", shown(command));
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`; is it installed?", shown(command)))?;
    let stdout = child
        .stdout
        .take()
        .context("the child's stdout was not piped")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    let mut lines = Vec::new();
    loop {
        match receiver.recv_timeout(SILENCE_MAX) {
            Ok(line) => {
                println!("{line}");
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                println!("xtask: silent for {} s, stopped", SILENCE_MAX.as_secs());
                child.kill().context("cannot stop a child process")?;
                child.wait().context("cannot wait for a child process")?;
                return Ok(Heard {
                    success: false,
                    lines,
                });
            }
        }
    }
    let status = child.wait().context("cannot wait for a child process")?;
    println!(
        "xtask: {status} after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    Ok(Heard {
        success: status.success(),
        lines,
    })
}

/// The first program on `PATH` with one of these names.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&path)
            .map(|folder| folder.join(&name))
            .find(|file| file.is_file())
    })
}

/// `PATH` with `folders` before everything else.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<std::ffi::OsString> {
    let old = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&old));
    env::join_paths(all).context("a folder name cannot stand in PATH")
}

/// The command as one would type it, without the folder of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let args = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}
