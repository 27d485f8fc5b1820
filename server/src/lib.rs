//! The sync server: rooms over WebSockets, and the files of a page.
//!
//! It decides nothing about data: `draftsync::room` does. This keeps sockets, names and limits.

mod actor;
mod app;
pub mod engine;
pub mod limits;
mod name;
mod origin;
mod outgoing;
mod rate;
mod registry;
mod socket;

use crate::app::Shared;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::registry::Registry;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How to run a server.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; a loopback address, port 0 for any free one.
    pub listen: SocketAddr,
    /// Files served at `/`.
    pub www: Option<PathBuf>,
    /// Files served at `/pkg`.
    pub pkg: Option<PathBuf>,
    /// Origins that may open a socket, besides those of loopback.
    pub origins: Vec<String>,
    /// What it may take.
    pub limits: Limits,
    /// Where the rooms' histories are kept.
    pub engine: Arc<dyn Engine>,
}

/// Why a server did not start, or broke.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address can be reached from elsewhere.
    #[error(
        "refusing to listen on {0}: there is no authentication yet, so everybody who reaches \
         this address could write; listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// A folder of files is not there.
    #[error("{flag} names {path}, which is no folder; build it or leave the flag out")]
    NoFolder {
        /// The flag.
        flag: &'static str,
        /// What it names.
        path: String,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; use another --listen, or port 0 for any")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the configuration is unsafe or the address cannot be had.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if !config.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(config.listen));
        }
        for (flag, folder) in [("--www", &config.www), ("--pkg", &config.pkg)] {
            if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
                let path = folder.display().to_string();
                return Err(StartError::NoFolder { flag, path });
            }
        }
        let bind = |source| StartError::Bind {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let shared = Arc::new(Shared {
            registry: Arc::new(Registry::new(config.engine)),
            limits: config.limits,
            origins: config.origins,
            connections: Arc::new(Semaphore::new(config.limits.connections_max)),
            stop: watch::Sender::new(false),
        });
        let routes = app::routes(Arc::clone(&shared), config.www, config.pkg);
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let mut stop = shared.stop.subscribe();
        let stopping = async move {
            // An error means that nobody is left to say stop, which is the same.
            let _stop = stop.wait_for(|stop| *stop).await;
        };
        let serving = axum::serve(listener, routes).with_graceful_shutdown(stopping);
        Ok(Self {
            address,
            shared,
            serving: tokio::spawn(serving.into_future()),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many rooms are open.
    pub fn rooms(&self) -> usize {
        self.shared.registry.len()
    }

    /// How many sockets are open.
    pub fn connections(&self) -> usize {
        self.shared.limits.connections_max - self.shared.connections.available_permits()
    }

    /// Closes every socket and waits until they are closed, within the time of the limits.
    pub async fn stop(self) {
        self.shared.stop.send_replace(true);
        let all = u32::try_from(self.shared.limits.connections_max).unwrap_or(u32::MAX);
        let closed = async {
            let _all = self.shared.connections.acquire_many(all).await;
            let _served = self.serving.await;
        };
        if timeout(self.shared.limits.stop_timeout, closed)
            .await
            .is_err()
        {
            tracing::warn!("some connections did not close in time and were dropped");
        }
    }
}
