//! A server in this process, and clients on real sockets.
//!
//! The clients use another implementation of WebSockets than the server, and `serde_json` values
//! instead of the project's types, so that a fault on one side does not hide on the other.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub(crate) mod client;
pub(crate) mod disk;
pub(crate) mod program;
pub(crate) mod token;

pub(crate) use client::{Client, DEADLINE};

use draftsync_server::engine::{Engine, Memory};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

pub(crate) fn config() -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        www: None,
        pkg: None,
        origins: Vec::new(),
        auth: None,
        metrics: None,
        limits: Limits::default(),
        engine: Arc::new(Memory::default()),
    }
}

pub(crate) async fn server() -> Server {
    Server::start(config()).await.unwrap()
}

pub(crate) async fn server_with_limits(limits: Limits) -> Server {
    let config = Config { limits, ..config() };
    Server::start(config).await.unwrap()
}

pub(crate) async fn server_with_engine(engine: Arc<dyn Engine>) -> Server {
    let config = Config { engine, ..config() };
    Server::start(config).await.unwrap()
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(DEADLINE, work).await.expect("it came in time")
}

/// Waits until a condition holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    within(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A client id that nobody else has.
pub(crate) fn id(number: u32) -> String {
    format!("{number:032x}")
}

impl Client {
    pub(crate) async fn connect(server: &Server, room: &str) -> Self {
        Self::connect_to(server.address(), room).await
    }

    /// Connects with the smallest receive buffer that the system gives.
    pub(crate) async fn connect_narrow(server: &Server, room: &str) -> Self {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(1).unwrap();
        let stream = within(tcp.connect(server.address())).await.unwrap();
        within(Self::try_connect_on(stream, server.address(), room))
            .await
            .unwrap()
    }

    /// Connects and says hello; gives the welcome too.
    pub(crate) async fn join(server: &Server, room: &str, number: u32) -> (Self, Value) {
        let mut client = Self::connect(server, room).await;
        client.send(&hello(number)).await;
        let welcome = client.next().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (client, welcome)
    }
}

pub(crate) fn hello(number: u32) -> Value {
    json!({"type": "hello", "protocol": 1, "client_id": id(number)})
}

pub(crate) fn seed(value: Value) -> Value {
    json!({"type": "seed", "value": value})
}

/// A push of one change whose tag follows from its seq.
pub(crate) fn push(base: u64, seq: u64, patch: Value) -> Value {
    let tag = format!("{seq:016x}");
    json!({"type": "push", "base": base, "changes": [{"seq": seq, "tag": tag, "patch": patch}]})
}

pub(crate) fn add(path: &str, value: Value) -> Value {
    json!([{"op": "add", "path": path, "value": value}])
}

/// An error word, a close code and its reason, as [`Client::closed`] gives them.
pub(crate) fn refusal(word: &str, code: u16) -> (Option<String>, u16, String) {
    (Some(word.to_owned()), code, word.to_owned())
}

/// Opens a socket, writes these bytes as they are, and gives what comes until the server closes.
pub(crate) async fn raw(server: &Server, path: &str, frames: &[u8]) -> Vec<u8> {
    let request = request(server, path, UPGRADE, &[]);
    within(async {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(frames).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    })
    .await
}

/// A folder of one test in the build's own place, gone when the test ends.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    /// A folder that is not there yet.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // What a killed run left over.
        let _nothing = std::fs::remove_dir_all(&path);
        Self { path }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is removed by the next run.
        let _left = std::fs::remove_dir_all(&self.path);
    }
}

/// Sends one HTTP request as it is written and gives the answer, up to where the server closes
/// or as far as the end of its head.
pub(crate) async fn http(address: SocketAddr, request: &str, head_only: bool) -> String {
    within(async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let mut buffer = [0; 4096];
        loop {
            let count = stream.read(&mut buffer).await.unwrap();
            answer += &String::from_utf8_lossy(&buffer[..count]);
            if count == 0 || (head_only && answer.contains("\r\n\r\n")) {
                return answer;
            }
        }
    })
    .await
}

/// A GET with these header lines, `Host` and `Connection` being said already.
pub(crate) async fn get(server: &Server, path: &str, headers: &[&str]) -> String {
    let request = request(server, path, "Connection: close", headers);
    http(server.address(), &request, false).await
}

/// The status of a WebSocket's upgrade with these header lines besides.
pub(crate) async fn upgrade(server: &Server, path: &str, headers: &[&str]) -> String {
    let mut request = request(server, path, UPGRADE, headers);
    if let Some(host) = headers.iter().find(|header| header.starts_with("Host:")) {
        let ours = format!("Host: {}\r\n", server.address());
        request = request.replacen(&ours, "", 1);
        assert!(request.contains(host), "the header's own host stays");
    }
    http(server.address(), &request, true).await
}

pub(crate) fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1).unwrap_or_default();
    word.parse().unwrap_or_default()
}

fn request(server: &Server, path: &str, connection: &str, headers: &[&str]) -> String {
    let mut lines = vec![format!("GET {path} HTTP/1.1")];
    lines.push(format!("Host: {}", server.address()));
    lines.push(connection.to_owned());
    lines.extend(headers.iter().map(|header| (*header).to_owned()));
    lines.join("\r\n") + "\r\n\r\n"
}
