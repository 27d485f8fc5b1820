//! Who may talk to a server: where tokens are asked for, pages of the origins that the operator
//! names, and whoever is no browser.
//!
//! A server that asks for no token listens on loopback only. A web page from elsewhere can still reach it through
//! the browser of whoever runs it, so three things are asked of every request:
//!
//! - The peer's address is loopback, and no proxy says that it speaks for another.
//! - `Host` names loopback. A page whose own name was made to resolve to 127.0.0.1 fails here.
//! - `Origin`, before a WebSocket's upgrade, is an allowed one, compared as a whole. Browsers
//!   always send it with a WebSocket. Without it the client is no browser and could send any
//!   origin it likes, so it is let in, to loopback as to where a token is asked for.

use axum::http::header::{FORWARDED, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use std::net::SocketAddr;

/// Hosts that name loopback, as browsers write them.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whether the request comes from this machine, to this machine, by no detour.
pub(crate) fn local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let forwarded = HeaderName::from_static("x-forwarded-for");
    peer.ip().to_canonical().is_loopback()
        && !headers.contains_key(FORWARDED)
        && !headers.contains_key(forwarded)
        && only(headers, HOST).is_some_and(loopback_host)
}

/// Whether a page of this origin, or a client without one, may open a socket.
///
/// Where a token is asked for, the pages of this machine are as any other: what listens on some
/// port of a visitor's machine is not the operator's to vouch for.
pub(crate) fn may_open(headers: &HeaderMap, allowed: &[String], local_too: bool) -> bool {
    if !headers.contains_key(ORIGIN) {
        return true;
    }
    only(headers, ORIGIN).is_some_and(|origin| {
        let local = origin.strip_prefix("http://").is_some_and(loopback_host);
        (local_too && local) || allowed.iter().any(|allowed| allowed == origin)
    })
}

/// Whether a browser may send this text as an origin; any other would never be equal to one.
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let own_port = match scheme {
        "http" => Some("80"),
        "https" => Some("443"),
        _ => None,
    };
    let bracketed = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let named = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|byte| plain(byte) || byte == b'_'),
    };
    !scheme.is_empty()
        && scheme.bytes().all(plain)
        && named
        && port.is_none_or(|text| self::port(text) && own_port != Some(text))
}

/// The header's value when there is one and only one.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A loopback host, and perhaps a port.
fn loopback_host(host: &str) -> bool {
    LOOPBACK_HOSTS
        .iter()
        .filter_map(|name| host.strip_prefix(name))
        .any(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(port))
}

fn port(text: &str) -> bool {
    text.parse::<u16>()
        .is_ok_and(|port| port > 0 && port.to_string() == text)
}
