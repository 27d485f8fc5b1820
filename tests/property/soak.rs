//! The command `cargo xtask soak`: any property, any number of cases.

#[cfg(not(target_arch = "wasm32"))]
#[path = "../oracle/mod.rs"]
mod oracle;
#[cfg(not(target_arch = "wasm32"))]
#[path = "mod.rs"]
mod property;
#[cfg(not(target_arch = "wasm32"))]
#[path = "../support/mod.rs"]
mod support;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // A failure is told with its reason and its seed; the panics on the way there only fill the
    // screen.
    std::panic::set_hook(Box::new(|_| {}));
    property::command::run(&args)
}

#[cfg(target_arch = "wasm32")]
fn main() {}
