//! Tokens, as a backend makes them, and as nobody should.

use draftsync_server::auth::Auth;
use draftsync_server::{Config, Server};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// One of the tests' keys.
pub(crate) fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/keys")
        .join(name)
}

pub(crate) fn key(name: &str) -> Vec<u8> {
    std::fs::read(key_file(name)).unwrap()
}

pub(crate) fn auth() -> Auth {
    Auth::with_secret_file(&key_file("secret"), "draftsync").unwrap()
}

/// A server that asks for tokens.
pub(crate) async fn server_with_auth() -> Server {
    let config = Config {
        auth: Some(auth()),
        ..super::config()
    };
    Server::start(config).await.unwrap()
}

/// Seconds since 1970, and so many more.
pub(crate) fn in_seconds(seconds: i64) -> i64 {
    get_current_timestamp() as i64 + seconds
}

/// What somebody may do in some rooms, for an hour.
pub(crate) fn claims(sub: &str, room: &str, can: &[&str]) -> Value {
    json!({
        "sub": sub,
        "aud": "draftsync",
        "exp": in_seconds(3_600),
        "rooms": [{"room": room, "can": can}],
    })
}

/// Claims with another value for one of them.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

/// A token that is signed with the secret.
pub(crate) fn sign(claims: &Value) -> String {
    let secret = key("secret");
    sign_with(claims, Algorithm::HS256, secret.trim_ascii_end())
}

pub(crate) fn sign_with(claims: &Value, algorithm: Algorithm, secret: &[u8]) -> String {
    let key = EncodingKey::from_secret(secret);
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

/// A token with any header and any signature.
pub(crate) fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    format!("{}.{}.{signature}", part(header), part(claims))
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(DIGITS[at as usize].into());
        }
    }
    text
}

/// A hello with a token.
pub(crate) fn hello_with(number: u32, token: &str) -> Value {
    with(super::hello(number), "token", json!(token))
}

/// What brings a newer token.
pub(crate) fn renewal(token: &str) -> Value {
    json!({"type": "auth", "token": token})
}
