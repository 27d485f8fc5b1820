//! A client on a real socket, of another implementation of WebSockets than the server has.

// Each program that has it uses its own part.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, MaybeTlsStream, Message, WebSocketStream};

/// Longer than anything here takes on a busy machine; who waits that long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(DEADLINE, work).await.expect("it came in time")
}

/// What came instead of a message.
#[derive(Debug)]
pub(crate) enum End {
    /// A close with its code and reason.
    Closed(u16, String),
    /// The connection broke.
    Broken(String),
    /// Nothing came until the deadline.
    Silent,
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a test does that cannot go on without an answer.
impl Client {
    pub(crate) async fn connect_to(address: SocketAddr, room: &str) -> Self {
        within(Self::try_connect(address, room)).await.unwrap()
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

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        match self.next_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("closed with {close:?}"),
        }
    }

    /// The next message, or the close code and its reason.
    pub(crate) async fn next_or_close(&mut self) -> Result<Value, (u16, String)> {
        match self.try_next().await {
            Ok(message) => Ok(message),
            Err(End::Closed(code, reason)) => Err((code, reason)),
            Err(other) => panic!("a message was to come: {other:?}"),
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

/// The same for those that reckon with a server that may be gone.
impl Client {
    pub(crate) async fn try_connect(address: SocketAddr, room: &str) -> Result<Self, End> {
        let stream = TcpStream::connect(address).await.map_err(broken)?;
        Self::try_connect_on(stream, address, room).await
    }

    pub(crate) async fn try_connect_on(
        stream: TcpStream,
        address: SocketAddr,
        room: &str,
    ) -> Result<Self, End> {
        let uri = format!("ws://{address}/rooms/{room}");
        let builder = ClientBuilder::new().uri(&uri).map_err(broken)?;
        let connecting = builder.connect_on(MaybeTlsStream::Plain(stream));
        let connected = timeout(DEADLINE, connecting)
            .await
            .map_err(|_| End::Silent)?;
        let (socket, _) = connected.map_err(broken)?;
        Ok(Self { socket })
    }

    /// Sends what the other side may refuse to read; whether it could be sent.
    pub(crate) async fn try_send_text(&mut self, text: String) -> bool {
        within(self.socket.send(Message::text(text))).await.is_ok()
    }

    pub(crate) async fn try_next(&mut self) -> Result<Value, End> {
        loop {
            let next = timeout(DEADLINE, self.socket.next()).await;
            let message = next
                .map_err(|_| End::Silent)?
                .ok_or_else(|| broken("it ended without a close"))?
                .map_err(broken)?;
            if let Some((code, reason)) = message.as_close() {
                return Err(End::Closed(code.into(), reason.to_owned()));
            }
            if let Some(text) = message.as_text() {
                return serde_json::from_str(text).map_err(broken);
            }
        }
    }
}

fn broken(why: impl ToString) -> End {
    End::Broken(why.to_string())
}
