//! The command `cargo xtask bench server`: what the durable server takes, on this machine's disk.
//!
//! The server is a process of its own. The clients here use another implementation of WebSockets
//! and read only what they need of a frame, so that on a small machine they do not take the
//! processor from what is measured.

#![allow(clippy::disallowed_methods, reason = "what measures time has a clock")]

mod client;
mod crowd;
mod disk;
mod durable;
mod figures;
mod node;
mod people;
mod relay;
mod slow;

use clap::{Parser, ValueEnum};
use figures::Table;
use node::Node;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Whatever goes wrong here ends the run.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Measures the server, and prints Markdown.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench server")]
struct Flags {
    /// How long each measurement takes; those of idle and slow clients take 25 at least.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often each is repeated.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many clients are idle at once.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// How many bytes the document has that idle clients are sent.
    #[arg(long, default_value_t = 0)]
    document: usize,
    /// Only these parts; all of them unless given. Repeatable.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// The program of the server.
    #[arg(long)]
    server: PathBuf,
    /// A folder for its data, on the disk that is to be measured; removed first and at the end.
    #[arg(long)]
    folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Durable changes a second.
    Durable,
    /// 500 rooms with three clients each.
    Rooms,
    /// One room with a thousand readers.
    Readers,
    /// Clients that do nothing.
    Idle,
    /// One client that reads slowly among many.
    Slow,
}

const PARTS: [Part; 5] = [
    Part::Durable,
    Part::Rooms,
    Part::Readers,
    Part::Idle,
    Part::Slow,
];

/// What every measurement needs to know.
#[derive(Debug)]
struct Plan {
    server: PathBuf,
    folder: PathBuf,
    length: Duration,
    rounds: u32,
    idle: usize,
    document: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let parts = if flags.only.is_empty() {
        PARTS.to_vec()
    } else {
        flags.only
    };
    let plan = Plan {
        server: flags.server,
        folder: flags.folder,
        length: Duration::from_secs(flags.seconds),
        rounds: flags.rounds,
        idle: flags.idle,
        document: flags.document,
    };
    let done = run(&plan, &parts).await;
    // What is left over is removed by the next run.
    let _left = std::fs::remove_dir_all(&plan.folder);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(plan: &Plan, parts: &[Part]) -> Result<(), Failed> {
    node::raise_file_limit()?;
    println!("{}\n", figures::machine(plan));
    for part in parts {
        let table = match part {
            Part::Durable => durable::measure(plan).await?,
            Part::Rooms => relay::rooms(plan).await?,
            Part::Readers => relay::readers(plan).await?,
            Part::Idle => crowd::measure(plan).await?,
            Part::Slow => slow::measure(plan).await?,
        };
        println!("{table}");
    }
    Ok(())
}

impl Plan {
    /// The same for what shows only after some time: a ping, or the end of a slow reader.
    fn long(&self) -> Duration {
        self.length.max(Duration::from_secs(25))
    }

    /// A server on a folder that is not there yet.
    async fn node(&self) -> Result<Node, Failed> {
        Node::start(&self.server, &self.folder).await
    }

    /// Runs a measurement as often as asked, each time on a new server, and says how far it is.
    async fn repeat<T>(
        &self,
        what: &str,
        mut measure: impl AsyncFnMut(&Node) -> Result<T, Failed>,
    ) -> Result<Vec<T>, Failed> {
        let mut all = Vec::new();
        for round in 1..=self.rounds {
            let began = Instant::now();
            let node = self.node().await?;
            all.push(measure(&node).await?);
            drop(node);
            let took = began.elapsed().as_secs_f64();
            eprintln!(
                "bench: {what}, round {round} of {}: {took:.0} s",
                self.rounds
            );
        }
        Ok(all)
    }
}

fn table(title: &str, head: &[&str]) -> Table {
    Table::new(title, head)
}
