//! Builds the npm package into `pkg/`.
//!
//! `pkg-template/` holds everything that is hand-written. Three files are made here and imported
//! by it: `core.js` (what wasm-bindgen writes, with its snippets, as one module), `core.wasm`, and
//! `core.text.js`, the same bytes as the text of a JS module for the entry that needs no loader.
//! `testing.rs` adds two for the entry that has a room.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::papers;
use crate::run;
use crate::stamp;
use crate::testing;
use crate::tools::{self, WASM};
use crate::workspace::Workspace;

/// The file beside the glue in which wasm-opt's new names are kept.
const NAMES: &str = "names.json";

/// How wasm-opt makes the wasm small. Each was measured: all together save 6 % of the compressed
/// size over a plain `-Oz`.
const WASM_OPT: &[&str] = &[
    // The lowest kilobyte is the end of the stack, where nothing lives.
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    // A larger function with one caller stays one: its registers are its own.
    "--one-caller-inline-max-function-size=20",
    "-Oz",
    "-Oz",
    // Engines take no notice of what an access says about its alignment.
    "--dealign",
    // Functions of one module are alike, and compress better side by side.
    "--reorder-functions-by-name",
];

/// How it writes the module after `order.mjs` has put similar functions side by side, which saves
/// nearly 1 %. From text it does not know which features are in use.
const WASM_OPT_LAST: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    // Short names for imports and exports; what it prints says which, for the glue.
    "--minify-imports-and-exports-and-modules",
    // Sections that only tools read.
    "--strip-producers",
    "--strip-target-features",
];

/// Two passes of LLVM that make the wasm 1 % larger, also where it shall be small: one gives loops
/// a counter for each address, the other computes on every branch what is needed after one.
const LLVM: &str = "llvm-args=-disable-lsr -enable-pre=0";

/// What the wasm is built for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flavour {
    /// Small, without texts of panics: what is published, measured and tested.
    Published,
    /// Quick to build, with a panic hook and names in stack traces.
    Dev,
}

/// `cargo xtask pkg [--dev]`.
pub(crate) fn command(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let flavour = match args {
        [] => Flavour::Published,
        [flag] if flag == "--dev" => Flavour::Dev,
        _ => bail!("pkg takes --dev or nothing, not {}", args.join(" ")),
    };
    pkg(workspace, flavour)?;
    Ok(ExitCode::SUCCESS)
}

/// Brings `pkg/` up to date and returns its path.
pub(crate) fn pkg(workspace: &Workspace, flavour: Flavour) -> Result<PathBuf> {
    tools::wasm_target()?;
    let wasm_bindgen = tools::wasm_bindgen(workspace)?;
    tools::npm_packages(workspace)?;

    let _lock = workspace.lock("pkg")?;
    let package = workspace.root.join("pkg");
    let stamp = workspace.state.join("pkg.stamp");
    let hash = stamp::hash(
        &[if flavour == Flavour::Dev {
            "dev"
        } else {
            "published"
        }],
        &inputs(workspace),
    )?;
    if stamp::is_fresh(&stamp, &hash) && package.join("core.wasm").is_file() {
        println!("xtask: pkg/ is up to date, skipped");
        return Ok(package);
    }
    println!("xtask: building the npm package");
    let wasm = compile(workspace, flavour)?;
    let glue = bind(workspace, &wasm_bindgen, &wasm, flavour)?;
    // Assembled beside its place and renamed, so that nobody ever sees half a package.
    let staging = workspace.state.join("pkg");
    assemble(workspace, &glue, &staging)?;
    testing::assemble(workspace, &wasm_bindgen, &staging)?;
    remove_folder(&package)?;
    fs::rename(&staging, &package).context("cannot move the finished package to pkg/")?;
    stamp::write(&stamp, &hash)?;
    let size = fs::metadata(package.join("core.wasm"))?.len();
    println!("xtask: pkg/ is built ({size} bytes of wasm)");
    Ok(package)
}

/// All files that the package depends on.
fn inputs(workspace: &Workspace) -> Vec<PathBuf> {
    let paths = [
        "src",
        "pkg-template",
        "testing",
        "Cargo.toml",
        "Cargo.lock",
        "package-lock.json",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "xtask/src/pkg.rs",
        "xtask/src/papers.rs",
        "xtask/src/testing.rs",
        "xtask/bundle.mjs",
        "xtask/order.mjs",
    ];
    let paths = paths.iter().map(|path| workspace.root.join(path));
    paths.chain(papers::sources(&workspace.root)).collect()
}

/// Compiles the core and returns the path of the wasm as rustc wrote it.
fn compile(workspace: &Workspace, flavour: Flavour) -> Result<PathBuf> {
    let profile = if flavour == Flavour::Dev {
        "dev"
    } else {
        "wasm-release"
    };
    let mut command = run::cargo(workspace);
    // `rustc --crate-type` and not `build`: as long as the library is also an rlib, cargo leaves
    // link-time optimisation out, which costs kilobytes.
    command.args([
        "rustc",
        "--package",
        "draftsync",
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    command.args(["--target", WASM, "--profile", profile]);
    if flavour == Flavour::Published && has_package_feature(workspace)? {
        command.args(["--features", "package"]);
    }
    if flavour == Flavour::Published {
        command.args(["--", "-C", LLVM]);
    }
    run::check(&mut command)?;
    let folder = if flavour == Flavour::Dev {
        "debug"
    } else {
        profile
    };
    Ok(workspace
        .target
        .join(WASM)
        .join(folder)
        .join("draftsync.wasm"))
}

fn has_package_feature(workspace: &Workspace) -> Result<bool> {
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    Ok(manifest.lines().any(|line| line.starts_with("package = [")))
}

/// Makes `core.js`, its snippets and `core_bg.wasm` from the compiled wasm; returns their folder.
fn bind(
    workspace: &Workspace,
    wasm_bindgen: &Path,
    wasm: &Path,
    flavour: Flavour,
) -> Result<PathBuf> {
    let glue = workspace.state.join("glue");
    remove_folder(&glue)?;
    let mut command = Command::new(wasm_bindgen.join("wasm-bindgen"));
    // For bundlers, because `bundle.mjs` is one: this glue leaves the loading of the wasm to it.
    command.args(["--target", "bundler", "--no-typescript"]);
    command
        .args(["--out-name", "core", "--out-dir"])
        .arg(&glue)
        .arg(wasm);
    if flavour == Flavour::Dev {
        command.arg("--keep-debug");
    }
    run::check(&mut command)?;
    if flavour == Flavour::Published {
        let (wasm, text) = (glue.join("core_bg.wasm"), glue.join("core_bg.wat"));
        let wasm_opt = workspace.root.join("node_modules/binaryen/bin/wasm-opt");
        let mut command = Command::new("node");
        command.arg(&wasm_opt).args(WASM_OPT);
        // As text, with the names of the functions, by which calls are told apart.
        command.args(["-S", "-g", "-o"]).arg(&text).arg(&wasm);
        run::check(&mut command)?;
        let mut command = Command::new("node");
        command
            .arg(workspace.root.join("xtask/order.mjs"))
            .arg(&text);
        run::check(&mut command)?;
        let mut command = Command::new("node");
        command.arg(&wasm_opt).args(WASM_OPT_LAST);
        command.arg("-o").arg(&wasm).arg(&text);
        fs::write(glue.join(NAMES), run::read(&mut command)?)?;
    }
    Ok(glue)
}

/// Puts the hand-written and the generated files together in the folder `to`.
fn assemble(workspace: &Workspace, glue: &Path, to: &Path) -> Result<()> {
    remove_folder(to)?;
    fs::create_dir_all(to)?;
    let template = workspace.root.join("pkg-template");
    for file in stamp::files_under(&template)? {
        let place = to.join(file.strip_prefix(&template)?);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        // npm leaves out of a package whatever such a file names.
        if place
            .file_name()
            .is_some_and(|name| name != ".gitignore" && name != ".npmignore")
        {
            fs::copy(&file, &place).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    papers::put_into(to, &workspace.root)?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let file = workspace.root.join(license);
        if file.is_file() {
            fs::copy(file, to.join(license))?;
        }
    }
    let wasm = fs::read(glue.join("core_bg.wasm")).context("wasm-bindgen wrote no core_bg.wasm")?;
    fs::write(to.join("core.wasm"), &wasm)?;
    fs::write(
        to.join("core.text.js"),
        format!("export default \"{}\";\n", text_of(&wasm)),
    )?;
    let mut command = Command::new("node");
    command.arg(workspace.root.join("xtask/bundle.mjs"));
    command.arg(glue).arg(to.join("core.js"));
    run::check(command.current_dir(&workspace.root))?;
    check_that_it_starts(to)
}

/// Instantiates the finished wasm with the finished glue: an import that is missing fails here.
fn check_that_it_starts(package: &Path) -> Result<()> {
    let script = "import { readFileSync } from 'node:fs';
        const { imports, run } = await import('./core.js');
        const module = new WebAssembly.Module(readFileSync('core.wasm'));
        run(new WebAssembly.Instance(module, imports));";
    let mut command = Command::new("node");
    command
        .args(["--input-type=module", "--eval", script])
        .current_dir(package);
    run::check(&mut command).context("the built package does not start")
}

/// Characters that no text of the wasm has: some would be escaped in one string literal or the
/// other, and without `<` nothing in it ends or hides the script of a page.
const AVOIDED: &[u8] = b"\"'`\\$<";

/// The bytes as printable characters: mostly one for a byte, which `text.js` reads.
///
/// This text costs 1.01 times the compressed bytes, hexadecimal digits 1.06 times, base64 1.30
/// times, whose groups of six bits hide what repeats; and it is little more than half as long as
/// the digits. The 113 brings the commonest bytes of wasm, small ones and `i32.add`, together.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5 / 4);
    for byte in bytes {
        // The fewest steps of 85 that lead down to a character.
        let steps = (0..).find_map(|steps: u8| {
            let code = (byte ^ 113).wrapping_sub(steps.wrapping_mul(85));
            let code = code.wrapping_sub(2);
            let fits = (b'#'..=b'~').contains(&code) && !AVOIDED.contains(&code);
            fits.then_some((steps, code))
        });
        if let Some((steps, code)) = steps {
            text.extend((0..steps / 2).map(|_| '!'));
            text.extend((0..steps % 2).map(|_| ' '));
            text.push(char::from(code));
        }
    }
    text
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `text.js` does.
    fn bytes_of(text: &str) -> Vec<u8> {
        let mut more = 0_u32;
        let mut bytes = Vec::new();
        for code in text.bytes() {
            if code > 33 {
                bytes.push((u32::from(code) + more + 2) as u8 ^ 113);
                more = 0;
            } else {
                more += (u32::from(code) - 31) * 85;
            }
        }
        bytes
    }

    #[test]
    fn every_byte_is_read_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = text_of(&bytes);
        assert_eq!(bytes_of(&text), bytes);
        assert!(text.bytes().all(|code| code.is_ascii() && code >= b' '));
        assert!(!text.bytes().any(|code| AVOIDED.contains(&code)));
    }
}
