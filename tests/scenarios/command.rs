//! Runs a file of scenarios: `cargo xtask scenarios FILE`.
#![cfg(not(target_arch = "wasm32"))]

mod file;
mod runner;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("say which file of scenarios to run");
        return ExitCode::from(2);
    };
    let shown = path.to_string_lossy();
    let scenarios = match std::fs::read_to_string(&path) {
        Ok(text) => file::read(&text),
        Err(error) => Err(error.to_string()),
    };
    let scenarios = match scenarios {
        Ok(scenarios) => scenarios,
        Err(problem) => {
            eprintln!("error: {shown} cannot be run: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut failed = 0;
    for scenario in &scenarios {
        let failures = runner::failures(scenario);
        for failure in &failures {
            println!("FAILED {}, {failure}", scenario.name);
        }
        failed += usize::from(!failures.is_empty());
    }
    println!("{} passed, {failed} failed", scenarios.len() - failed);
    ExitCode::from(u8::from(failed > 0))
}
