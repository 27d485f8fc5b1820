//! The command `cargo xtask crash`: any number of crashes, any number of clients.

#[path = "mod.rs"]
mod crashes;

use clap::Parser;
use crashes::Plan;
use std::path::PathBuf;
use std::process::ExitCode;

/// Kills a server under load and looks whether it has kept its word.
#[derive(Debug, Parser)]
struct Flags {
    /// How often it is killed.
    #[arg(long, default_value_t = 10)]
    cycles: usize,
    /// How many clients write, four to a room.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// What chance begins with; the same seed gives the same plan, though not the same timing.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program of the server.
    #[arg(long)]
    server: PathBuf,
    /// A folder for its data and its log, removed first, and at the end when all was well.
    #[arg(long)]
    folder: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    // What an earlier run left over.
    let _nothing = std::fs::remove_dir_all(&flags.folder);
    let plan = Plan {
        server: flags.server,
        folder: flags.folder,
        cycles: flags.cycles,
        clients: flags.clients,
        seed: flags.seed,
    };
    let said = |outcome: &crashes::Outcome| {
        if outcome.cycles.is_multiple_of(10) {
            println!("{}", outcome.line());
        }
    };
    let outcome = match crashes::run(&plan, said).await {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("crash: seed {}: {error}", plan.seed);
            return ExitCode::FAILURE;
        }
    };
    for fault in outcome.faults.iter().take(10) {
        eprintln!("{fault}");
    }
    println!(
        "seed={} clients={} {}",
        plan.seed,
        plan.clients,
        outcome.details()
    );
    println!("{}", outcome.line());
    if outcome.faults.is_empty() {
        // What is left over is removed by the next run.
        let _left = std::fs::remove_dir_all(&plan.folder);
        return ExitCode::SUCCESS;
    }
    eprintln!("crash: the data is in {}", plan.folder.display());
    ExitCode::FAILURE
}
