//! Builds what `draftsync/testing` carries: the room of the server as wasm, apart from the core.
//!
//! It is built for correctness and in little time: no app ships it, so it is neither optimised for
//! size nor stripped of the texts of panics (ADR 0013).

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::pkg::text_of;
use crate::run;
use crate::tools::WASM;
use crate::workspace::Workspace;

/// The cargo profile, which is also the name of its folder.
const PROFILE: &str = "wasm-testing";

/// Adds `testing.core.js` and `testing.text.js` to the package in the folder `to`.
pub(crate) fn assemble(workspace: &Workspace, wasm_bindgen: &Path, to: &Path) -> Result<()> {
    let mut command = run::cargo(workspace);
    command.args(["build", "--package", "draftsync-testing", "--lib"]);
    command.args(["--target", WASM, "--profile", PROFILE]);
    run::check(&mut command)?;
    let built = workspace.target.join(WASM).join(PROFILE);

    let glue = workspace.state.join("testing");
    let mut command = Command::new(wasm_bindgen.join("wasm-bindgen"));
    // The glue has to name no file: bundlers would copy that into apps.
    command.args(["--target", "web", "--omit-default-module-path"]);
    command.args(["--no-typescript", "--remove-name-section"]);
    command.args(["--out-name", "testing", "--out-dir"]);
    command.arg(&glue).arg(built.join("draftsync_testing.wasm"));
    run::check(&mut command)?;

    let wasm = fs::read(glue.join("testing_bg.wasm")).context("wasm-bindgen wrote no wasm")?;
    let text = format!("export default \"{}\";\n", text_of(&wasm));
    fs::write(to.join("testing.text.js"), text)?;
    fs::copy(glue.join("testing.js"), to.join("testing.core.js"))?;
    Ok(())
}
