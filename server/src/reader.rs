//! Messages from a socket, no larger and no faster than allowed.

use crate::limits::Limits;
use crate::rate::{Pace, TooFast};
use axum::extract::ws::{Message, WebSocket};
use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::ToRoom;
use draftsync::tree::Tree;
use futures_util::stream::SplitStream;
use futures_util::{FutureExt, StreamExt};
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep, timeout};

/// Why no further message comes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// The other side is gone.
    Gone,
    /// This side ends it, and says why.
    Refused(ErrorCode, &'static str),
    /// Refused, and no frame can be read any more.
    Unreadable(ErrorCode, &'static str),
}

/// A message, and the size of its frame.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) message: ToRoom<Tree>,
    pub(crate) bytes: usize,
}

/// Reads messages, no faster than allowed.
pub(crate) struct Reader<'a> {
    stream: &'a mut SplitStream<WebSocket>,
    limits: &'a Limits,
    pace: Pace,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(stream: &'a mut SplitStream<WebSocket>, limits: &'a Limits) -> Self {
        Self {
            stream,
            limits,
            pace: Pace::new(limits, Instant::now()),
        }
    }

    pub(crate) async fn next(&mut self, bytes_max: usize) -> Result<Read, End> {
        loop {
            // Without the runtime's budget, which may be used up and would look like a lull.
            let came = match unconstrained(self.stream.next()).now_or_never() {
                Some(came) => came,
                None => {
                    self.pace.lull();
                    let silence = End::Refused(ErrorCode::Slow, "nothing was heard of you");
                    let next = timeout(self.limits.idle_timeout, self.stream.next());
                    next.await.map_err(|_| silence)?
                }
            };
            let frame = match came {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(End::Gone),
            };
            match self.pace.frame(size(&frame), Instant::now()) {
                Ok(wait) if wait.is_zero() => {}
                Ok(wait) => sleep(wait).await,
                Err(TooFast) => {
                    let message = "too many messages, without waiting for the answers";
                    return Err(End::Refused(ErrorCode::RateLimited, message));
                }
            }
            let text = match frame {
                Message::Text(text) => text,
                Message::Binary(_) => {
                    return Err(End::Refused(ErrorCode::Protocol, "frames are text"));
                }
                Message::Ping(_) | Message::Pong(_) => continue,
                Message::Close(_) => return Err(End::Gone),
            };
            if text.len() > bytes_max {
                return Err(End::Refused(ErrorCode::TooLarge, TOO_LARGE));
            }
            let bytes = text.len();
            return match frame::read(&text) {
                Ok(message) => Ok(Read { message, bytes }),
                Err(error) => {
                    tracing::debug!(%error, "a frame could not be read");
                    let message = "this is no message of the protocol";
                    Err(End::Refused(ErrorCode::Protocol, message))
                }
            };
        }
    }
}

pub(crate) const TOO_LARGE: &str = "the message is larger than the room takes here";

/// The bytes of what a frame carries.
pub(crate) fn size(frame: &Message) -> usize {
    match frame {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

/// What a failed read means. Some failures leave the connection fit to be told why.
fn broken(error: axum::Error) -> End {
    let error = error.into_inner();
    match error.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Unreadable(ErrorCode::TooLarge, TOO_LARGE),
        Some(tungstenite::Error::Utf8(_)) => {
            End::Unreadable(ErrorCode::Protocol, "a text frame is not UTF-8")
        }
        _ => End::Gone,
    }
}
