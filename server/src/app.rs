//! The routes.

use crate::auth::Auth;
use crate::door::{Door, Shut};
use crate::limits::{FRAME_BYTES_MAX, Limits, READ_BUFFER_BYTES, WRITE_BUFFER_BYTES};
use crate::metrics::{CONTENT_TYPE as OPENMETRICS, Metrics};
use crate::registry::Registry;
use crate::stop::Stop;
use crate::{name, origin, socket};
use axum::Router;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
    SEC_WEBSOCKET_PROTOCOL, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use draftsync::protocol::SUBPROTOCOL;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;
use tower_http::services::ServeDir;

/// What a page of this server may load: its own files, its own wasm, and sockets.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                           connect-src 'self' ws: wss:; style-src 'self'";

/// Where the rooms are.
const ROOMS: &str = "/rooms/";

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) registry: Arc<Registry>,
    pub(crate) limits: Limits,
    pub(crate) origins: Vec<String>,
    /// Checks tokens; without it only this machine is let in, and asked for none.
    pub(crate) auth: Option<Auth>,
    pub(crate) metrics: Arc<Metrics>,
    /// Counts the sockets.
    pub(crate) door: Arc<Door>,
    /// Says when the server stops.
    pub(crate) stop: Stop,
}

/// Everything the server answers.
pub(crate) fn routes(shared: Arc<Shared>, www: Option<PathBuf>, pkg: Option<PathBuf>) -> Router {
    let mut files = Router::new();
    if let Some(pkg) = pkg {
        files = files.nest_service("/pkg", ServeDir::new(pkg));
    }
    if let Some(www) = www {
        files = files.fallback_service(ServeDir::new(www));
    }
    let files = files.layer(middleware::map_response(file_headers));
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/rooms/{*room}", get(room))
        .with_state(Arc::clone(&shared))
        .merge(files);
    if shared.auth.is_some() {
        return routes;
    }
    routes.layer(middleware::from_fn_with_state(shared, local_only))
}

/// What the listener for the figures answers.
pub(crate) fn figures(shared: Arc<Shared>, only_local: bool) -> Router {
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::clone(&shared));
    if only_local {
        return routes.layer(middleware::from_fn_with_state(shared, local_only));
    }
    routes
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let registry = &shared.registry;
    let takes_writes = registry.engine().takes_writes() && !registry.engine().is_broken();
    let text = shared
        .metrics
        .text(shared.door.open(), registry.len(), takes_writes);
    match text {
        Some(text) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn local_only(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if origin::local(peer, request.headers()) {
        return next.run(request).await;
    }
    shared.metrics.refused("not-local");
    tracing::warn!(%peer, "refused a request that is not plainly from this machine");
    let message = "this server asks for no tokens and answers this machine only; \
                   ask for it as localhost, without a proxy, or start it with a key\n";
    (StatusCode::FORBIDDEN, message).into_response()
}

/// Whether it is worth sending somebody here.
async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    if shared.registry.engine().is_broken() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the storage failed\n");
    }
    if shared.stop.is_announced() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server stops\n");
    }
    if !shared.registry.engine().takes_writes() {
        // Who reads is served all the same.
        return (StatusCode::OK, "the storage is full\n");
    }
    (StatusCode::OK, "ok\n")
}

async fn file_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    response
}

async fn room(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !origin::may_open(&headers, &shared.origins, shared.auth.is_none()) {
        shared.metrics.refused("origin");
        let origin = headers.get(axum::http::header::ORIGIN);
        tracing::warn!(
            ?origin,
            "refused a page's socket; --allow-origin lets it in"
        );
        let message = "pages of this origin may not open a socket here; \
                       start the server with --allow-origin to let them\n";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    // As it was written: a name needs no escape, and what a proxy in between reads of one may be
    // another room.
    let room = uri
        .path()
        .strip_prefix(ROOMS)
        .unwrap_or_default()
        .to_owned();
    if !name::valid(&room) {
        let message = "a room's name is of letters, digits and ._~- in segments of at most 128, \
                       joined by /\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    if !speaks(&headers) {
        let message = format!("the subprotocol is {SUBPROTOCOL}\n");
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    if shared.stop.is_closing() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server stops\n").into_response();
    }
    let pass = match shared.door.enter(peer.ip(), Instant::now()) {
        Ok(pass) => pass,
        Err(shut) => {
            shared.metrics.refused(match shut {
                Shut::Full => "full",
                Shut::FullForAddress => "full-for-address",
                Shut::TooOften(_) => "too-often",
            });
            return shut_out(peer, shut);
        }
    };
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(async move |socket| {
            socket::serve(socket, room, shared).await;
            drop(pass);
        })
}

/// What somebody hears who is not let in, and what the operator reads of it.
fn shut_out(peer: SocketAddr, shut: Shut) -> Response {
    let (status, seconds, flag) = match shut {
        Shut::Full => (StatusCode::SERVICE_UNAVAILABLE, None, "--connections-max"),
        Shut::FullForAddress => {
            let flag = "--connections-per-address-max";
            (StatusCode::TOO_MANY_REQUESTS, None, flag)
        }
        Shut::TooOften(wait) => {
            // A rest of a second is a second.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let flag = "the flags on new connections";
            (StatusCode::TOO_MANY_REQUESTS, Some(seconds), flag)
        }
    };
    tracing::warn!(%peer, "refused a socket; {flag} set the limit");
    let message = "the server has no place for another connection now; come again later\n";
    let mut response = (status, message).into_response();
    if let Some(seconds) = seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Whether the client speaks the protocol, or does not say what it speaks.
fn speaks(headers: &HeaderMap) -> bool {
    let mut offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().peekable();
    offers.peek().is_none()
        || offers
            .filter_map(|offer| offer.to_str().ok())
            .flat_map(|offer| offer.split(','))
            .any(|offer| offer.trim() == SUBPROTOCOL)
}
