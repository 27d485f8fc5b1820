//! The sync server.

mod flags;

use crate::flags::{EngineName, Flags};
use clap::Parser;
use draftsync_server::engine::{Engine, Memory, Redb};
use draftsync_server::{Config, Server};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal;

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
        EngineName::Memory => Arc::new(Memory::with_bytes_max(flags.capacity.engine_bytes_max)),
        EngineName::Redb => Arc::new(Redb::open(&flags.data, flags.capacity.disk_free_min)?),
    };
    // Before the line on stdout: who reads that may send a signal at once.
    let stop = Signals::listen()?;
    let server = Server::start(Config {
        listen: flags.listen,
        www: flags.www,
        pkg: flags.pkg,
        origins: flags.allow_origin,
        limits: flags.capacity.limits(),
        engine,
    })
    .await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", server.address())?;
    stdout.flush()?;
    let broke = tokio::select! {
        come = stop.come() => {
            come?;
            false
        }
        () = server.broke() => true,
    };
    tracing::info!("stopping");
    server.stop().await;
    if broke {
        return Err(
            "the storage failed; what was acknowledged before is on the disk, so look at \
                    the disk and start the server again"
                .into(),
        );
    }
    Ok(())
}

/// What tells the program to stop.
#[cfg(unix)]
struct Signals {
    interrupt: signal::unix::Signal,
    terminate: signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal::unix::signal(signal::unix::SignalKind::interrupt())?,
            terminate: signal::unix::signal(signal::unix::SignalKind::terminate())?,
        })
    }

    async fn come(mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn come(self) -> std::io::Result<()> {
        signal::ctrl_c().await
    }
}
