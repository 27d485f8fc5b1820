//! The commands of this repository: `cargo xtask <command>`.
//!
//! Reading order: `workspace` (where things are), `run` (child processes), `stamp` (what has
//! changed), `tools` (what must be installed), then one module for each command.

// A build tool tells people how long a step took; only the core is without a clock.
#![allow(clippy::disallowed_methods)]

mod bench;
mod crash;
mod demo;
mod docs;
mod papers;
mod pkg;
mod run;
mod scenarios;
mod size;
mod soak;
mod stamp;
mod test;
mod testing;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  demo [--port N]      build everything, start the server with the demo (port 7700)
  test [part...]       run every test, or the parts named: native, wasm, package, e2e,
                       matrix
  pkg [--dev]          build the npm package into pkg/ (--dev: fast to build, not small)
  docs                 make the reference of the package's API, in target/api
  size                 print the sizes of what an app ships; fail over a budget
  scenarios FILE       run a file of scenarios of concurrent edits, in both orders
  soak [options]       try a property with any number of cases (soak --list names them)
  crash [options]      kill a server under load, and check what it kept (crash --help)
  bench [options]      measure beside other libraries in headless Chromium (bench --help)
  bench rebase         measure the rebase alone, natively and beside Yjs
  bench server         measure the durable server under load (bench server --help)
  help                 print this

Each command installs what it needs first. Tools are kept in ~/.cache/draftsync/tools;
DRAFTSYNC_TOOLS moves them.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = args.split_first() else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let workspace = Workspace::find()?;
    match command.as_str() {
        "demo" => demo::demo(&workspace, rest),
        "test" => test::test(&workspace, rest),
        "pkg" => pkg::command(&workspace, rest),
        "docs" => docs::docs(&workspace, rest),
        "size" => size::size(&workspace, rest),
        "scenarios" => scenarios::scenarios(&workspace, rest),
        "soak" => soak::soak(&workspace, rest),
        "crash" => crash::crash(&workspace, rest),
        "bench" => bench::bench(&workspace, rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no command is called {other:?}; `cargo xtask help` lists them"),
    }
}
