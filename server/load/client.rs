//! A client that reads no more of a frame than it needs.

use crate::Failed;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};

/// Longer than anything takes that is not broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How many sockets come from one address: an address has some 28 000 ports.
const SOCKETS_PER_ADDRESS: usize = 5_000;

pub(crate) type Reading<S> = SplitStream<WebSocketStream<S>>;
type Writing<S> = SplitSink<WebSocketStream<S>, Message>;

/// The end that says something.
#[derive(Debug)]
pub(crate) struct Speaker<S> {
    sink: Writing<S>,
    number: usize,
    seq: u64,
}

/// Connects, says hello, and takes the welcome; gives the version too.
pub(crate) async fn join(
    address: SocketAddr,
    room: &str,
    number: usize,
) -> Result<(Speaker<TcpStream>, Reading<TcpStream>, u64), Failed> {
    join_on(connect(address, number).await?, address, room, number).await
}

/// A connection from one of the machine's own addresses.
pub(crate) async fn connect(address: SocketAddr, number: usize) -> Result<TcpStream, Failed> {
    let socket = TcpSocket::new_v4()?;
    let own = 2 + (number / SOCKETS_PER_ADDRESS) as u8;
    socket.bind(SocketAddr::from(([127, 0, 0, own], 0)))?;
    let stream = timeout(PATIENCE, socket.connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

pub(crate) async fn join_on<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    address: SocketAddr,
    room: &str,
    number: usize,
) -> Result<(Speaker<S>, Reading<S>, u64), Failed> {
    let uri = format!("ws://{address}/rooms/{room}");
    let builder = ClientBuilder::new().uri(&uri)?;
    let (socket, _) = timeout(PATIENCE, builder.connect_on(stream)).await??;
    let (mut sink, mut stream) = socket.split();
    let id = format!("{:032x}", number + 1);
    let hello = json!({"type": "hello", "protocol": 1, "client_id": id});
    sink.send(Message::text(hello.to_string())).await?;
    let welcome: Value = serde_json::from_str(&text(&mut stream).await?)?;
    let version = welcome["version"].as_u64();
    let version = version.ok_or_else(|| format!("instead of a welcome came {welcome}"))?;
    let speaker = Speaker {
        sink,
        number,
        seq: 0,
    };
    Ok((speaker, stream, version))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Speaker<S> {
    /// Gives the room its first content, for the changes to replace.
    pub(crate) async fn seed(&mut self, stream: &mut Reading<S>) -> Result<(), Failed> {
        self.seed_with(0, stream).await
    }

    /// The same with so many bytes besides.
    pub(crate) async fn seed_with(
        &mut self,
        bytes: usize,
        stream: &mut Reading<S>,
    ) -> Result<(), Failed> {
        let seed = json!({"type": "seed", "value": {"v": "", "more": "x".repeat(bytes)}});
        self.sink.send(Message::text(seed.to_string())).await?;
        text(stream).await.map(drop)
    }

    /// Pushes so many changes of about 200 bytes each, which say when they were due.
    pub(crate) async fn push(&mut self, base: u64, count: u64, due: u64) -> Result<(), Failed> {
        let changes: Vec<_> = (0..count)
            .map(|_| {
                self.seq += 1;
                let tag = format!("{:016x}", (self.number as u64) << 32 | self.seq);
                let value = format!("t={due};{:060}", self.seq);
                let patch = json!([{"op": "replace", "path": "/v", "value": value}]);
                json!({"seq": self.seq, "tag": tag, "patch": patch})
            })
            .collect();
        let push = json!({"type": "push", "base": base, "changes": changes});
        self.sink.send(Message::text(push.to_string())).await?;
        Ok(())
    }
}

/// The next message.
pub(crate) async fn text<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut Reading<S>,
) -> Result<String, Failed> {
    match timeout(PATIENCE, frame(stream)).await? {
        Ok(message) => Ok(message.as_text().unwrap_or_default().to_owned()),
        Err(why) => Err(why),
    }
}

/// The next frame with a text; pings are answered on the way.
pub(crate) async fn frame<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut Reading<S>,
) -> Result<Message, Failed> {
    loop {
        let frame = stream.next().await.ok_or("the server ended it")??;
        if let Some((code, reason)) = frame.as_close() {
            return Err(format!("closed with {} {reason}", u16::from(code)).into());
        }
        if frame.is_text() {
            return Ok(frame);
        }
    }
}

/// What a frame is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer to a push, and the version of its last change.
    Ack(u64),
    /// A change of somebody else, the version that it made, and when it was due.
    Change {
        /// The version.
        version: u64,
        /// In microseconds of the clock.
        due: u64,
    },
}

pub(crate) fn kind(message: &Message) -> Result<Kind, Failed> {
    let text = message.as_text().unwrap_or_default();
    let after = |mark: &str| text.rfind(mark).map(|at| number(&text[at + mark.len()..]));
    let version = after(r#""version":"#);
    let kind = if text.contains(r#""type":"ack""#) {
        version.map(Kind::Ack)
    } else {
        let both = version.zip(after("t="));
        both.map(|(version, due)| Kind::Change { version, due })
    };
    let failed = text.contains("rejected") || text.contains(r#""void""#);
    kind.filter(|_| !failed)
        .ok_or_else(|| format!("this was not to come: {text:.300}").into())
}

fn number(text: &str) -> u64 {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

/// A clock that all clients read, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(pub(crate) Instant);

impl Clock {
    pub(crate) fn now(self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }

    pub(crate) fn since(self, then: u64) -> Duration {
        Duration::from_micros(self.now().saturating_sub(then))
    }
}
