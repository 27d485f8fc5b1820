//! The five parts of the tests: what each needs, runs, and must at least count.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::count;
use super::report::Report;
use crate::demo;
use crate::pkg::{self, Flavour};
use crate::run;
use crate::size;
use crate::stamp;
use crate::tools::{self, WASM, WebKit};
use crate::workspace::Workspace;

/// Browser tests may compile a large module on a busy machine; the runner's own 20 s are too few.
const BROWSER_TIMEOUT_S: &str = "180";

/// One test of Node, on a busy machine. Node takes a whole file for a test too, so it is as long as
/// the longest file of end-to-end tests may take in all browsers.
const NODE_TIMEOUT_MS: &str = "600000";

/// The versions of TypeScript that read the package's declarations: last year's, ours and the
/// newest.
const TYPESCRIPTS: [&str; 3] = ["typescript-5.9", "typescript", "typescript-7.0"];

/// What WebKitGTK needs in a machine without a GPU and in a container, which has no namespaces for
/// a sandbox; and without a bus of messages it starts none, which would outlive it.
const WEBKIT_SURROUNDINGS: [(&str, &str); 4] = [
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
    ("DBUS_SESSION_BUS_ADDRESS", "disabled:"),
    ("NO_AT_BRIDGE", "1"),
];

/// A part of the tests, as one names it on the command line.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Native,
    Wasm,
    Package,
    E2e,
    Matrix,
}

impl Part {
    /// Quick and basic things first.
    pub(super) const ALL: [Self; 5] = [
        Self::Native,
        Self::Wasm,
        Self::Package,
        Self::E2e,
        Self::Matrix,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Package => "package",
            Self::E2e => "e2e",
            Self::Matrix => "matrix",
        }
    }

    /// The number of tests that must run. Raise it as tests arrive; it is never lowered to make a
    /// run pass.
    pub(super) fn floor(self) -> u32 {
        match self {
            Self::Native => 200,
            Self::Wasm => 30,
            Self::Package => 760,
            Self::E2e => 154,
            Self::Matrix => 8,
        }
    }

    pub(super) fn run(self, workspace: &Workspace, report: &mut Report) -> Result<()> {
        match self {
            Self::Native => native(workspace, report),
            Self::Wasm => wasm(workspace, report),
            Self::Package => package(workspace, report),
            Self::E2e => e2e(workspace, report),
            Self::Matrix => matrix(workspace, report),
        }
    }
}

fn native(workspace: &Workspace, report: &mut Report) -> Result<()> {
    tools::rust_components()?;
    tools::wasm_target()?;
    tools::npm_packages(workspace)?;
    let cargo = |args: &[&str]| {
        let mut command = run::cargo(workspace);
        command.args(args);
        command
    };
    report.check("rustfmt", &mut cargo(&["fmt", "--all", "--check"]));
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    report.check("clippy", &mut cargo(&clippy));
    let mut clippy = vec![
        "clippy",
        "--package",
        "draftsync",
        "--target",
        WASM,
        "--lib",
    ];
    if workspace.root.join("tests/web.rs").is_file() {
        clippy.extend(["--test", "web"]);
    }
    clippy.extend(["--", "-D", "warnings"]);
    report.check("clippy for the browser", &mut cargo(&clippy));
    let mut clippy = cargo(&["clippy", "--package", "draftsync-testing", "--target", WASM]);
    clippy.args(["--lib", "--", "-D", "warnings"]);
    report.check("clippy for the test server", &mut clippy);
    report.check(
        "prettier",
        node_tool(workspace, "prettier/bin/prettier.cjs").args(["--check", "."]),
    );
    for project in ["tsconfig.json", "tsconfig.web.json", "www/jsconfig.json"] {
        let mut tsc = node_tool(workspace, "typescript/bin/tsc");
        report.check(&format!("tsc {project}"), tsc.args(["--project", project]));
    }
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    report.tests("cargo test", &mut tests, count::libtest);
    Ok(())
}

/// Runs `tests/web.rs` in every browser.
///
/// The runner exits well when it skips every test, so the number of tests in the source is what
/// each browser must have run.
fn wasm(workspace: &Workspace, report: &mut Report) -> Result<()> {
    let mut written = 0;
    for file in web_tests(workspace)? {
        let source =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        written += count::wasm_bindgen_tests(&source);
    }
    if written == 0 {
        println!("xtask: tests/web.rs has no tests, skipped");
        return Ok(());
    }
    tools::wasm_target()?;
    let [wasm_bindgen, wasm_pack, geckodriver] = tools::browser_testing(workspace)?;
    let browsers = tools::browsers()?;
    let path = run::path_with(&[wasm_bindgen, wasm_pack.clone()])?;
    let wasm_pack = wasm_pack.join("wasm-pack");
    let WebKit { driver, xvfb_run } = browsers.webkit;
    let mut with_screen = Command::new(xvfb_run);
    with_screen
        .arg("-a")
        .arg(&wasm_pack)
        .envs(WEBKIT_SURROUNDINGS);
    // WebKitGTK understands what is said to Safari.
    for (name, mut command, browser, driver_flag, driver) in [
        (
            "Chromium",
            Command::new(&wasm_pack),
            "--chrome",
            "--chromedriver",
            browsers.chromedriver,
        ),
        (
            "Firefox",
            Command::new(&wasm_pack),
            "--firefox",
            "--geckodriver",
            geckodriver.join("geckodriver"),
        ),
        ("WebKit", with_screen, "--safari", "--safaridriver", driver),
    ] {
        command.args(["test", "--mode", "no-install", "--headless"]);
        command.args([browser, driver_flag]).arg(driver);
        command
            .args([".", "--test", "web"])
            .current_dir(&workspace.root);
        command
            .env("PATH", &path)
            .env("CARGO_TARGET_DIR", &workspace.target);
        command.env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TIMEOUT_S);
        let name = format!("tests/web.rs in {name}");
        let ran = report.tests(&name, &mut command, count::libtest);
        if ran.passed + ran.failed != written {
            let ran = ran.passed + ran.failed;
            report.fail(
                &name,
                format!("{ran} tests ran, but the source has {written}"),
            );
        }
    }
    Ok(())
}

/// Runs what needs the built package and no server.
fn package(workspace: &Workspace, report: &mut Report) -> Result<()> {
    let files = node_tests(
        workspace,
        &["tests/draft", "tests/package", "tests/bindings"],
    )?;
    node_test(workspace, report, "node --test (package)", &files)?;
    // The types are tested as an app sees them, in the package that was just built.
    let project = "tests/types/tsconfig.json";
    for typescript in TYPESCRIPTS {
        let mut tsc = node_tool(workspace, &format!("{typescript}/bin/tsc"));
        let name = format!("{typescript}, {project}");
        report.check(&name, tsc.args(["--project", project]));
    }
    let package = pkg::pkg(workspace, Flavour::Published)?;
    report.check("sizes, ceilings", &mut size::ceilings(workspace, &package));
    Ok(())
}

/// Runs what needs the package, the server and every browser.
fn e2e(workspace: &Workspace, report: &mut Report) -> Result<()> {
    let files = node_tests(workspace, &["tests/e2e"])?;
    node_test(workspace, report, "node --test (e2e)", &files)
}

/// Runs what needs the package, Chromium, and bundlers that nothing else needs.
fn matrix(workspace: &Workspace, report: &mut Report) -> Result<()> {
    tools::matrix_packages(workspace)?;
    let files = node_tests(workspace, &["tests/matrix"])?;
    node_test(workspace, report, "node --test (matrix)", &files)
}

fn node_test(
    workspace: &Workspace,
    report: &mut Report,
    name: &str,
    files: &[PathBuf],
) -> Result<()> {
    if files.is_empty() {
        println!("xtask: {name}: no tests, skipped");
        return Ok(());
    }
    let browsers = tools::browsers()?;
    let package = pkg::pkg(workspace, Flavour::Published)?;
    let server = demo::build_server(workspace)?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    command.arg(format!("--test-timeout={NODE_TIMEOUT_MS}"));
    command.args(files).current_dir(&workspace.root);
    command
        .env("DRAFTSYNC_PKG", package)
        .env("DRAFTSYNC_SERVER", server);
    command.env("DRAFTSYNC_CHROMIUM", browsers.chromium);
    command.env("DRAFTSYNC_FIREFOX", browsers.firefox);
    report.tests(name, &mut command, count::node);
    Ok(())
}

/// `tests/web.rs` and its modules.
fn web_tests(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let tests = workspace.root.join("tests");
    Ok([
        stamp::files_under(&tests.join("web.rs"))?,
        stamp::files_under(&tests.join("web"))?,
    ]
    .concat())
}

/// The files called `*.test.mjs` in these folders of the repository.
fn node_tests(workspace: &Workspace, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders {
        files.extend(stamp::files_under(&workspace.root.join(folder))?);
    }
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    Ok(files)
}

/// A program of an npm package, started without npx, which is slow and may ask questions.
fn node_tool(workspace: &Workspace, script: &str) -> Command {
    let mut command = Command::new("node");
    command
        .arg(workspace.root.join("node_modules").join(script))
        .current_dir(&workspace.root);
    command
}
