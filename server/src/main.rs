//! The sync server.

mod flags;

use crate::flags::{EngineName, Flags};
use clap::Parser;
use draftsync_server::engine::{Engine, Memory, Redb};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
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
    // Before the rooms are touched: a wrong key is the operator's next step, and nothing else.
    let auth = flags.tokens.auth()?;
    let engine: Arc<dyn Engine> = match flags.engine {
        EngineName::Memory => Arc::new(Memory::with_bytes_max(flags.capacity.engine_bytes_max)),
        EngineName::Redb => Arc::new(Redb::open(&flags.data, flags.capacity.disk_free_min)?),
    };
    // Before the line on stdout: who reads that may send a signal at once.
    let mut signals = Signals::listen()?;
    let server = Server::start(Config {
        listen: flags.listen,
        www: flags.www,
        pkg: flags.pkg,
        origins: flags.allow_origin,
        auth,
        metrics: flags.metrics,
        limits: Limits {
            drain_delay: Duration::from_secs(flags.drain_delay),
            ..flags.capacity.limits()
        },
        engine,
    })
    .await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", server.address())?;
    stdout.flush()?;
    let told = tokio::select! {
        told = signals.come() => Some(told?),
        () = server.broke() => None,
    };
    tracing::info!("stopping");
    if told == Some(Told::Drain) {
        tokio::select! {
            () = server.drain() => {}
            again = signals.come() => drop(again?),
            () = server.broke() => {}
        }
    }
    let broke = server.is_broken();
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

/// How the program is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// By somebody who waits at the keyboard.
    Now,
    /// By whoever starts another server in its place.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Drain,
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

    async fn come(&mut self) -> std::io::Result<Told> {
        Ok(tokio::select! {
            _ = self.interrupt.recv() => Told::Now,
            _ = self.terminate.recv() => Told::Drain,
        })
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn come(&mut self) -> std::io::Result<Told> {
        signal::ctrl_c().await.map(|()| Told::Now)
    }
}
