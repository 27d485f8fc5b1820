//! A server in this process, and clients on real sockets.
//!
//! The clients use another implementation of WebSockets than the server, and `serde_json` values
//! instead of the project's types, so that a fault on one side does not hide on the other.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub(crate) mod disk;

use draftsync_server::engine::{Engine, Memory};
use draftsync_server::limits::Limits;
use draftsync_server::{Config, Server};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, MaybeTlsStream, Message, WebSocketStream};

/// Longer than anything here takes on a busy machine; who waits that long has failed.
const DEADLINE: Duration = Duration::from_secs(20);

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

pub(crate) fn config() -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        www: None,
        pkg: None,
        origins: Vec::new(),
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

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn connect(server: &Server, room: &str) -> Self {
        Self::connect_to(server.address(), room).await
    }

    pub(crate) async fn connect_to(address: SocketAddr, room: &str) -> Self {
        let uri = format!("ws://{address}/rooms/{room}");
        let builder = ClientBuilder::new().uri(&uri).unwrap();
        let (socket, _) = within(builder.connect()).await.unwrap();
        Self { socket }
    }

    /// Connects with the smallest receive buffer that the system gives.
    pub(crate) async fn connect_narrow(server: &Server, room: &str) -> Self {
        let uri = format!("ws://{}/rooms/{room}", server.address());
        let builder = ClientBuilder::new().uri(&uri).unwrap();
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(1).unwrap();
        let stream = within(tcp.connect(server.address())).await.unwrap();
        let stream = MaybeTlsStream::Plain(stream);
        let (socket, _) = within(builder.connect_on(stream)).await.unwrap();
        Self { socket }
    }

    /// Connects and says hello; gives the welcome too.
    pub(crate) async fn join(server: &Server, room: &str, number: u32) -> (Self, Value) {
        let mut client = Self::connect(server, room).await;
        client.send(&hello(number)).await;
        let welcome = client.next().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (client, welcome)
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        self.send_raw(Message::text(text)).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        within(self.socket.send(message)).await.unwrap();
    }

    /// Sends what the other side may refuse to read; whether it could be sent.
    pub(crate) async fn try_send_text(&mut self, text: String) -> bool {
        within(self.socket.send(Message::text(text))).await.is_ok()
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        match self.next_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("closed with {close:?}"),
        }
    }

    /// The next message, or the close code and its reason.
    pub(crate) async fn next_or_close(&mut self) -> Result<Value, (u16, String)> {
        loop {
            let message = within(self.socket.next()).await.expect("a frame").unwrap();
            if let Some((code, reason)) = message.as_close() {
                return Err((code.into(), reason.to_owned()));
            }
            if let Some(text) = message.as_text() {
                return Ok(serde_json::from_str(text).unwrap());
            }
        }
    }

    /// Reads until the server has pinged so often; each is answered while the next is waited for.
    pub(crate) async fn pinged(&mut self, times: usize) {
        for _ in 0..times {
            while !within(self.socket.next())
                .await
                .expect("a frame")
                .unwrap()
                .is_ping()
            {}
        }
    }

    /// Reads until the close; gives the code of the last `error` before it, and the close.
    pub(crate) async fn closed(&mut self) -> (Option<String>, u16, String) {
        let mut error = None;
        loop {
            match self.next_or_close().await {
                Ok(message) if message["type"] == "error" => {
                    error = message["code"].as_str().map(str::to_owned);
                }
                Ok(_) => {}
                Err((code, reason)) => return (error, code, reason),
            }
        }
    }

    /// Closes and waits for the other side to do so too.
    pub(crate) async fn leave(mut self) {
        within(self.socket.close()).await.unwrap();
        while let Some(Ok(_)) = within(self.socket.next()).await {}
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
async fn http(address: SocketAddr, request: &str, head_only: bool) -> String {
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
