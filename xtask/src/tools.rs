//! Installs what a command needs, once, and says what it did or skipped.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::stamp;
use crate::workspace::{Workspace, lock_file};

/// The target triple of the browser.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The smallest Node that vite and its bundler start on.
const NODE_MIN: (u32, u32) = (20, 19);

/// A program from crates.io, kept in a folder named for its version.
struct CargoTool {
    package: &'static str,
    version: String,
    /// One of its programs: when this file is there, the tool is installed.
    program: &'static str,
}

/// The browsers that tests and benches drive, and how they are driven.
pub(crate) struct Browsers {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
    pub(crate) firefox: PathBuf,
    pub(crate) webkit: WebKit,
}

/// WebKitGTK, which has no mode without a screen.
pub(crate) struct WebKit {
    pub(crate) driver: PathBuf,
    /// Runs a command with a screen that nobody sees.
    pub(crate) xvfb_run: PathBuf,
}

/// Makes sure rustc can build for the browser.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries =
        run::read(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    if PathBuf::from(libraries).is_dir() {
        println!("xtask: rust target {WASM} is installed, skipped");
        return Ok(());
    }
    println!("xtask: adding the rust target {WASM}");
    run::check(Command::new("rustup").args(["target", "add", WASM]))
}

/// Makes sure of rustfmt and clippy, which a minimal Rust installation leaves out.
pub(crate) fn rust_components() -> Result<()> {
    for (component, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let version = Command::new("cargo").args([command, "--version"]).output();
        if version.is_ok_and(|output| output.status.success()) {
            println!("xtask: {component} is installed, skipped");
            continue;
        }
        println!("xtask: adding the rust component {component}");
        run::check(Command::new("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

/// Makes sure of wasm-bindgen; returns the folder of its programs.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let [folder] = install(workspace, [wasm_bindgen_tool(workspace)?])?;
    Ok(folder)
}

/// Makes sure of all that runs tests in browsers: wasm-bindgen, wasm-pack, and geckodriver, which
/// Debian does not package. Returns the folders of their programs in this order.
pub(crate) fn browser_testing(workspace: &Workspace) -> Result<[PathBuf; 3]> {
    let tool = |package, version: &str| CargoTool {
        package,
        version: version.to_owned(),
        program: package,
    };
    let wasm_bindgen = wasm_bindgen_tool(workspace)?;
    let tools = [
        wasm_bindgen,
        tool("wasm-pack", "0.15.1"),
        tool("geckodriver", "0.37.1"),
    ];
    install(workspace, tools)
}

/// Makes sure that `node_modules` is what `package-lock.json` says.
pub(crate) fn npm_packages(workspace: &Workspace) -> Result<()> {
    let _lock = workspace.lock("npm")?;
    npm_ci(&workspace.root, "npm packages")
}

/// Makes sure of the packages that only the matrix of bundlers needs, and returns their folder.
///
/// They are kept away from `node_modules` of the repository, because they are large and some are
/// other versions of what is there.
pub(crate) fn matrix_packages(workspace: &Workspace) -> Result<PathBuf> {
    let _lock = workspace.lock("matrix")?;
    let folder = workspace.state.join("matrix");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        let source = workspace.root.join("tests/matrix").join(file);
        fs::copy(&source, folder.join(file))
            .with_context(|| format!("cannot copy {}", source.display()))?;
    }
    npm_ci(&folder, "npm packages of the matrix")?;
    Ok(folder)
}

fn npm_ci(folder: &Path, what: &str) -> Result<()> {
    let version = run::read(Command::new("node").arg("--version"))
        .context("Node is needed: install Node 20 or later")?;
    if !node_is_new_enough(&version) {
        let (major, minor) = NODE_MIN;
        bail!("Node is {version}, but the tools need {major}.{minor} or later; install it");
    }
    // A native npm package belongs to one Node, so the stamp names it.
    let hash = stamp::hash(&[&version], &[folder.join("package-lock.json")])?;
    let stamp = folder.join("node_modules/.draftsync-stamp");
    if stamp::is_fresh(&stamp, &hash) {
        println!("xtask: {what} are those of package-lock.json, skipped");
        return Ok(());
    }
    println!("xtask: installing the {what} (under a minute)");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder);
    run::check(&mut command)?;
    stamp::write(&stamp, &hash)
}

/// Makes sure of Chromium with its driver, of Firefox, and of WebKitGTK with its driver and a
/// screen, by apt where that is possible.
pub(crate) fn browsers() -> Result<Browsers> {
    if let Some(found) = find_browsers() {
        println!("xtask: Chromium, Firefox and WebKitGTK are installed, skipped");
        return Ok(found);
    }
    let packages = [
        "chromium",
        "chromium-driver",
        "firefox-esr",
        "webkit2gtk-driver",
        "xvfb",
        "xauth",
    ];
    let advice = format!(
        "the tests need Chromium, chromedriver, Firefox, WebKitWebDriver (with \
         MiniBrowser, which it starts) and xvfb-run on PATH; \
         on Debian: apt-get install {}",
        packages.join(" ")
    );
    let Some(apt_get) = run::on_path(&["apt-get"]) else {
        bail!("{advice}")
    };
    let Some(prefix) = root_prefix() else {
        bail!("{advice} (as root)")
    };
    let apt = |args: &[&str]| {
        let words = prefix
            .iter()
            .map(Into::into)
            .chain([apt_get.clone().into_os_string()]);
        let words: Vec<std::ffi::OsString> = words.collect();
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive");
        run::check(&mut command)
    };
    println!(
        "xtask: installing {} by apt (a few minutes)",
        packages.join(", ")
    );
    apt(&["update", "-q"]).with_context(|| advice.clone())?;
    apt(&[
        &["install", "-y", "-q", "--no-install-recommends"],
        &packages[..],
    ]
    .concat())
    .with_context(|| advice.clone())?;
    find_browsers().context(advice)
}

fn find_browsers() -> Option<Browsers> {
    let given = env::var_os("DRAFTSYNC_CHROMIUM").map(PathBuf::from);
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    Some(Browsers {
        chromium: given.or_else(|| run::on_path(&names))?,
        chromedriver: run::on_path(&["chromedriver"])?,
        firefox: run::on_path(&["firefox-esr", "firefox"])?,
        webkit: WebKit {
            driver: run::on_path(&["WebKitWebDriver"])?,
            xvfb_run: run::on_path(&["xvfb-run"])?,
        },
    })
}

/// The words before a command that let it run as root: none for root, `sudo` where sudo asks for
/// no password. A password prompt in the middle of a build would look like a hang.
fn root_prefix() -> Option<Vec<&'static str>> {
    let id = run::read(Command::new("id").arg("-u")).ok()?;
    if id == "0" {
        return Some(Vec::new());
    }
    run::on_path(&["sudo"])?;
    let sudo = Command::new("sudo").args(["-n", "true"]).output().ok()?;
    sudo.status.success().then(|| vec!["sudo", "-n"])
}

/// The program and the crate must have the same version, so `Cargo.lock` is the only place that
/// names it.
fn wasm_bindgen_tool(workspace: &Workspace) -> Result<CargoTool> {
    let lock = workspace.root.join("Cargo.lock");
    let lock =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .context("Cargo.lock has no package called wasm-bindgen")?;
    Ok(CargoTool {
        package: "wasm-bindgen-cli",
        version: version.to_owned(),
        program: "wasm-bindgen-test-runner",
    })
}

/// Installs the tools that are missing and returns the folders of all their programs.
fn install<const N: usize>(workspace: &Workspace, tools: [CargoTool; N]) -> Result<[PathBuf; N]> {
    fs::create_dir_all(&workspace.tools)
        .with_context(|| format!("cannot make {}", workspace.tools.display()))?;
    let _lock = lock_file(&workspace.tools.join("lock"))?;
    // One build folder for all tools, for they share many dependencies; a gigabyte in the end.
    let build = workspace.tools.join("build");
    for tool in &tools {
        let CargoTool {
            package, version, ..
        } = tool;
        if tool.file(workspace).is_file() {
            println!("xtask: {package} {version} is installed, skipped");
            continue;
        }
        println!("xtask: compiling {package} {version}, once for this user (1 to 4 minutes)");
        let mut command = Command::new("cargo");
        // Not `--locked`: the lock files that these packages carry no longer resolve.
        command.args(["install", package, "--version", version, "--root"]);
        command.arg(tool.home(workspace));
        command
            .current_dir(&workspace.tools)
            .env("CARGO_TARGET_DIR", &build);
        // The tools are started a few times a day: compiling them quickly is worth more.
        for (key, value) in [
            ("OPT_LEVEL", "1"),
            ("LTO", "off"),
            ("DEBUG", "0"),
            ("CODEGEN_UNITS", "16"),
        ] {
            command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        run::check(&mut command)?;
    }
    if build.is_dir() {
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))?;
    }
    Ok(tools.map(|tool| tool.home(workspace).join("bin")))
}

impl CargoTool {
    fn home(&self, workspace: &Workspace) -> PathBuf {
        workspace
            .tools
            .join(format!("{}-{}", self.package, self.version))
    }

    fn file(&self, workspace: &Workspace) -> PathBuf {
        let program = format!("{}{}", self.program, env::consts::EXE_SUFFIX);
        self.home(workspace).join("bin").join(program)
    }
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

/// Whether a version as `node --version` prints it is at least `NODE_MIN`.
fn node_is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    (major, minor) >= NODE_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_locked_package_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn an_old_or_unreadable_node_is_refused() {
        for (version, expected) in [
            ("v20.19.0", true),
            ("v22.0.0", true),
            ("v20.18.9", false),
            ("v18.20.0", false),
            ("", false),
            ("v20", false),
        ] {
            assert_eq!(node_is_new_enough(version), expected, "{version:?}");
        }
    }
}
