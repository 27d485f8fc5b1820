//! One socket, from its first frame to its close.

use crate::app::Shared;
use crate::limits::{HELLO_BYTES_MAX, Limits, UNDECIDED_BYTES_MAX, UNDECIDED_BYTES_MIN};
use crate::mail::{Mail, Undecided};
use crate::outgoing::{Item, Outgoing, Queue, queue};
use crate::rate::{Pace, TooFast};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use draftsync::error::ErrorCode;
use draftsync::frame;
use draftsync::protocol::{MESSAGE_BYTES_MAX, ToRoom};
use draftsync::room::SessionId;
use draftsync::tree::Tree;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::unconstrained;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

/// The close code of a server that stops; `ErrorCode` has none, for the reason is no fault.
const SERVICE_RESTART: u16 = 1012;
/// How long the other side has to answer a close before the connection is dropped.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// Why this side closes: a code and the word that goes with it.
#[derive(Clone, Copy, Debug)]
struct Close {
    code: u16,
    word: &'static str,
}

impl From<ErrorCode> for Close {
    fn from(code: ErrorCode) -> Self {
        Self {
            code: code.close_code(),
            word: code.word(),
        }
    }
}

const STOPPING: Close = Close {
    code: SERVICE_RESTART,
    word: ErrorCode::Unavailable.word(),
};

/// Serves a socket until one side ends it.
pub(crate) async fn serve(socket: WebSocket, room: String, shared: Arc<Shared>) {
    let (mut sink, mut stream) = socket.split();
    let (outgoing, mut queue) = queue(&shared.limits);
    let turn = shared.stop.turn();
    let mut unreadable = false;
    {
        let writing = write(&mut sink, &mut queue, &shared.limits);
        let reading = async {
            tokio::select! {
                left = read(&mut stream, room, outgoing, &shared) => left,
                () = turn => Left::Ending,
            }
        };
        tokio::pin!(writing);
        tokio::select! {
            () = &mut writing => {}
            left = reading => {
                if left != Left::Gone {
                    writing.await;
                }
                unreadable = left == Left::Unreadable;
            }
        }
    }
    // A connection that is dropped with bytes unread is reset, and the reset may overtake the
    // close frame; so what still comes is read and thrown away, or at least waited for.
    if unreadable {
        sleep(CLOSE_WAIT).await;
    }
    let _late = timeout(CLOSE_WAIT, async {
        while let Some(Ok(_)) = stream.next().await {}
    })
    .await;
}

/// How the reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// The other side is gone.
    Gone,
    /// This side ends it: a close waits in the queue, or the queue ends and that says it.
    Ending,
    /// The same, and no frame can be read any more.
    Unreadable,
}

/// A socket's place in its room; leaving it is told to the room, however it comes about.
struct Place {
    session: SessionId,
    mailbox: mpsc::Sender<Mail>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let (mailbox, mail) = (self.mailbox.clone(), Mail::Closed(self.session));
        if let Err(mpsc::error::TrySendError::Full(mail)) = mailbox.try_send(mail) {
            tokio::spawn(async move {
                // A room that is gone has no place to give back.
                let _gone = mailbox.send(mail).await;
            });
        }
    }
}

async fn read(
    stream: &mut SplitStream<WebSocket>,
    room: String,
    outgoing: Outgoing,
    shared: &Arc<Shared>,
) -> Left {
    let limits = &shared.limits;
    let mut reader = Reader::new(stream, limits);
    let hello = match timeout(limits.hello_timeout, reader.next(HELLO_BYTES_MAX)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(end)) => return end.tell(&outgoing),
        Err(_) => {
            let message = "no hello came in time";
            return refused(&outgoing, ErrorCode::Unauthorized, message);
        }
    };
    // A room is not even looked up for who does not say hello.
    if !matches!(hello.message, ToRoom::Hello { .. }) {
        return refused(&outgoing, ErrorCode::Protocol, "hello comes first");
    }
    let session = shared.registry.session();
    let entered = match shared.registry.enter(&room, session, &outgoing).await {
        Ok(entered) => entered,
        Err(error) => {
            tracing::warn!(%error, "a room was not opened");
            return refused(&outgoing, error.code(), "the room cannot be opened now");
        }
    };
    let place = Place {
        session,
        mailbox: entered.mailbox,
    };
    let own = Arc::new(Semaphore::new(UNDECIDED_BYTES_MAX));
    let all = entered.undecided;
    let all_max = limits.mailbox_bytes_max.min(UNDECIDED_BYTES_MAX);
    let mut message = hello;
    loop {
        // What is not decided yet, and a full mailbox, hold this up, and so the other side's
        // writing.
        let cost = message
            .bytes
            .clamp(UNDECIDED_BYTES_MIN, UNDECIDED_BYTES_MAX);
        // First its own part: a socket that waits for that takes nothing from the others.
        let Ok(own) = Arc::clone(&own).acquire_many_owned(cost as u32).await else {
            return Left::Ending;
        };
        let cost = cost.min(all_max);
        let Ok(all) = Arc::clone(&all).acquire_many_owned(cost as u32).await else {
            return Left::Ending;
        };
        let mail = Mail::Message {
            session,
            message: message.message,
            undecided: Undecided {
                _own: own,
                _all: all,
            },
        };
        if place.mailbox.send(mail).await.is_err() {
            return Left::Ending;
        }
        message = match reader.next(MESSAGE_BYTES_MAX).await {
            Ok(message) => message,
            Err(end) => return end.tell(&outgoing),
        };
    }
}

fn refused(outgoing: &Outgoing, code: ErrorCode, message: &str) -> Left {
    outgoing.refuse(code, message);
    Left::Ending
}

/// Why no further message comes.
#[derive(Clone, Copy, Debug)]
enum End {
    Gone,
    Refused(ErrorCode, &'static str),
    /// Refused, and no frame can be read any more.
    Unreadable(ErrorCode, &'static str),
}

impl End {
    fn tell(self, outgoing: &Outgoing) -> Left {
        match self {
            Self::Gone => Left::Gone,
            Self::Refused(code, message) => refused(outgoing, code, message),
            Self::Unreadable(code, message) => {
                outgoing.refuse(code, message);
                Left::Unreadable
            }
        }
    }
}

/// A message, and the size of its frame.
#[derive(Debug)]
struct Read {
    message: ToRoom<Tree>,
    bytes: usize,
}

/// Reads messages, no faster than allowed.
struct Reader<'a> {
    stream: &'a mut SplitStream<WebSocket>,
    limits: &'a Limits,
    pace: Pace,
}

impl<'a> Reader<'a> {
    fn new(stream: &'a mut SplitStream<WebSocket>, limits: &'a Limits) -> Self {
        Self {
            stream,
            limits,
            pace: Pace::new(limits, Instant::now()),
        }
    }

    async fn next(&mut self, bytes_max: usize) -> Result<Read, End> {
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

const TOO_LARGE: &str = "the message is larger than the room takes here";

fn size(frame: &Message) -> usize {
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

async fn write(sink: &mut SplitSink<WebSocket, Message>, queue: &mut Queue, limits: &Limits) {
    let Some(close) = next_close(sink, queue, limits).await else {
        return;
    };
    let frame = Message::Close(Some(CloseFrame {
        code: close.code,
        reason: Utf8Bytes::from_static(close.word),
    }));
    // Who does not take the close either is dropped without one.
    let _late = timeout(limits.write_timeout, sink.send(frame)).await;
}

/// Writes what waits, until there is a reason to close; none when the other side is gone.
async fn next_close(
    sink: &mut SplitSink<WebSocket, Message>,
    queue: &mut Queue,
    limits: &Limits,
) -> Option<Close> {
    let mut pings = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (message, counted) = tokio::select! {
            biased;
            () = queue.cut.notified() => return Some(ErrorCode::Slow.into()),
            item = queue.items.recv() => match item {
                Some(Item::Frame { text, counted }) => (Message::Text(text), counted),
                Some(Item::Close(code)) => return Some(code.into()),
                // The reading has stopped and the room has answered what it was given.
                None => return Some(STOPPING),
            },
            _ = pings.tick() => (Message::Ping(Default::default()), false),
        };
        let bytes = size(&message);
        // A welcome may hold a whole document, which a slow line may take its time for.
        let patience = limits.write_timeout * (1 + (bytes / MESSAGE_BYTES_MAX) as u32);
        tokio::select! {
            biased;
            () = queue.cut.notified() => return Some(ErrorCode::Slow.into()),
            written = timeout(patience, sink.send(message)) => match written {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(ErrorCode::Slow.into()),
            },
        }
        if counted {
            queue.written(bytes);
        }
    }
}
