//! The sync server.

use clap::{Parser, ValueEnum};
use draftsync_server::engine::{Engine, Memory};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal;

/// Serves rooms over WebSockets, and the files of a page.
#[derive(Debug, Parser)]
#[command(name = "draftsync-server", version)]
struct Flags {
    /// Where to listen: a loopback address, with port 0 for any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// Files to serve at /.
    #[arg(long, value_name = "DIR")]
    www: Option<PathBuf>,
    /// Files to serve at /pkg.
    #[arg(long, value_name = "DIR")]
    pkg: Option<PathBuf>,
    /// An origin whose pages may open a socket, besides those of this machine; repeatable.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Where the rooms' histories are kept.
    #[arg(long, value_enum, default_value_t = EngineName::Memory)]
    engine: EngineName,
    /// Most sockets at once.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().connections_max)]
    connections_max: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineName {
    /// As long as the process lives.
    Memory,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("draftsync-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn std::error::Error>> {
    let engine: Arc<dyn Engine> = match flags.engine {
        EngineName::Memory => Arc::new(Memory::default()),
    };
    // Before the line on stdout: who reads that may send a signal at once.
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let server = Server::start(Config {
        listen: flags.listen,
        www: flags.www,
        pkg: flags.pkg,
        origins: flags.allow_origin,
        limits: Limits {
            connections_max: flags.connections_max,
            ..Limits::default()
        },
        engine,
    })
    .await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", server.address())?;
    stdout.flush()?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = signal::ctrl_c() => interrupted?,
    }
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}
