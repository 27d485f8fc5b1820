//! The sync server: rooms over WebSockets, and the files of a page.
//!
//! It decides nothing about data: `draftsync::room` does. This keeps sockets, names and limits.

mod actor;
mod app;
pub mod auth;
mod door;
pub mod engine;
pub mod limits;
mod loading;
mod log_size;
mod mail;
mod metrics;
mod name;
mod origin;
mod outgoing;
mod rate;
mod reader;
mod registry;
mod socket;
mod stop;

use crate::app::Shared;
use crate::auth::Auth;
use crate::door::Door;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::stop::Stop;
use axum::serve::ListenerExt as _;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How to run a server.
#[derive(Debug)]
pub struct Config {
    /// Where to listen, port 0 for any free one; without `auth` a loopback address.
    pub listen: SocketAddr,
    /// Where to answer `GET /metrics`, a listener of its own; none for nowhere.
    pub metrics: Option<SocketAddr>,
    /// Files served at `/`.
    pub www: Option<PathBuf>,
    /// Files served at `/pkg`.
    pub pkg: Option<PathBuf>,
    /// Origins that may open a socket, besides those of loopback where there is no `auth`.
    pub origins: Vec<String>,
    /// Checks tokens; without it none is asked for.
    pub auth: Option<Auth>,
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
        "refusing to listen on {0}: without a key for tokens everybody who reaches this address \
         could write; give --auth-secret-file or --auth-public-key-file, or listen on 127.0.0.1 \
         or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// No browser sends this as its origin.
    #[error(
        "--allow-origin {0:?} is no origin; write it as a browser sends it: scheme, host and port \
         in lower case, without a path and without the scheme's own port, https://app.example"
    )]
    NoOrigin(String),
    /// A folder of files is not there.
    #[error("{flag} names {path}, which is no folder; build it or leave the flag out")]
    NoFolder {
        /// The flag.
        flag: &'static str,
        /// What it names.
        path: String,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; use another address, or port 0 for any")]
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
    metrics_address: Option<SocketAddr>,
    shared: Arc<Shared>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the configuration is unsafe or the address cannot be had.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if config.auth.is_none() && !config.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(config.listen));
        }
        if let Some(origin) = config.origins.iter().find(|text| !origin::is_origin(text)) {
            return Err(StartError::NoOrigin(origin.clone()));
        }
        for (flag, folder) in [("--www", &config.www), ("--pkg", &config.pkg)] {
            if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
                let path = folder.display().to_string();
                return Err(StartError::NoFolder { flag, path });
            }
        }
        let (listener, address) = bind(config.listen).await?;
        let limits = config.limits;
        let metrics = Arc::<Metrics>::default();
        let shared = Arc::new(Shared {
            registry: Arc::new(Registry::new(config.engine, limits, Arc::clone(&metrics))),
            limits,
            origins: config.origins,
            auth: config.auth,
            metrics,
            door: Door::new(limits, Instant::now()),
            stop: Stop::new(),
        });
        let metrics_address = match config.metrics {
            Some(metrics) => Some(serve_figures(metrics, &shared).await?),
            None => None,
        };
        let routes = app::routes(Arc::clone(&shared), config.www, config.pkg);
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let closing = shared.stop.closing();
        let listener = listener.tap_io(prepare);
        let serving = axum::serve(listener, routes).with_graceful_shutdown(closing);
        Ok(Self {
            address,
            metrics_address,
            shared,
            serving: tokio::spawn(serving.into_future()),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers what an operator watches.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// How many rooms are open.
    pub fn rooms(&self) -> usize {
        self.shared.registry.len()
    }

    /// How many sockets are open.
    pub fn connections(&self) -> usize {
        self.shared.door.open()
    }

    /// Comes when the storage has failed, after which this server can only be stopped.
    pub async fn broke(&self) {
        self.shared.registry.engine().broke().await;
    }

    /// Whether the storage has failed.
    pub fn is_broken(&self) -> bool {
        self.shared.registry.engine().is_broken()
    }

    /// Says that it is going to stop, and then closes its sockets in waves. Everything that is not
    /// closed goes on meanwhile; whoever has no patience left drops this and stops.
    pub async fn drain(&self) {
        let shared = &self.shared;
        shared.stop.drain(&shared.door, &shared.limits).await;
    }

    /// Closes every socket, stores every room, and waits until that is done, within the time of
    /// the limits.
    pub async fn stop(self) {
        self.shared.stop.at_once();
        let closed = async {
            self.shared.door.emptied().await;
            self.shared.registry.close().await;
            let _served = self.serving.await;
        };
        if timeout(self.shared.limits.stop_timeout, closed)
            .await
            .is_err()
        {
            tracing::warn!("some connections or rooms did not close in time and were dropped");
        }
    }
}

/// Makes a connection pass on at once what is written, and refuse what the other side does not
/// take: the system would keep some megabytes of it for each slow reader, and hide that it is slow.
fn prepare(stream: &mut TcpStream) {
    let mut set = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = socket2::SockRef::from(&*stream);
        set = set.and_then(|()| socket.set_tcp_notsent_lowat(limits::UNSENT_BYTES_MAX));
    }
    if let Err(error) = set {
        // It works without, only not as well.
        tracing::debug!(%error, "a connection could not be set up");
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Serves the figures until the server closes; on loopback to this machine alone, as whoever
/// listens elsewhere has said who may come there.
async fn serve_figures(listen: SocketAddr, shared: &Arc<Shared>) -> Result<SocketAddr, StartError> {
    let (listener, address) = bind(listen).await?;
    let routes = app::figures(Arc::clone(shared), listen.ip().is_loopback());
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let closing = shared.stop.closing();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(closing);
    tokio::spawn(serving.into_future());
    Ok(address)
}
