//! One socket, from its first frame to its close.

use crate::app::Shared;
use crate::auth::{self, Grant, Lease};
use crate::limits::{HELLO_BYTES_MAX, Limits, UNDECIDED_BYTES_MAX, UNDECIDED_BYTES_MIN};
use crate::mail::{Mail, Undecided};
use crate::outgoing::{Item, Outgoing, Queue, queue};
use crate::reader::{End, Read, Reader, TOO_LARGE, size};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use draftsync::error::ErrorCode;
use draftsync::protocol::{MESSAGE_BYTES_MAX, ToRoom};
use draftsync::room::{SessionId, Speaker};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{
    Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout, timeout_at,
};

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
        let writing = write(&mut sink, &mut queue, &shared);
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

/// What a socket has told and been told before its room hears of it.
struct Guest<'a> {
    room: String,
    session: SessionId,
    /// What its token allows; none where no token is asked for.
    grant: Option<Grant>,
    /// Until when, before the room has its hello; nothing is to come before the welcome.
    lease: Option<Lease>,
    /// The same from then on.
    began: watch::Sender<Option<Lease>>,
    outgoing: Outgoing,
    shared: &'a Shared,
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
        Ok(Err(end)) => return tell(end, &outgoing),
        Err(_) => {
            let message = "no hello came in time";
            return refused(&outgoing, ErrorCode::Unauthorized, message);
        }
    };
    // A room is not even looked up for who does not say hello, or is not let in.
    let ToRoom::Hello { token, .. } = &hello.message else {
        return refused(&outgoing, ErrorCode::Protocol, "hello comes first");
    };
    let admitted = shared.auth.as_ref().map(|auth| {
        let token = token.as_deref();
        auth.grant(token, &room, auth::wall_clock())
    });
    let grant = match admitted.transpose() {
        Ok(grant) => grant,
        Err(why) => {
            shared.metrics.refused_token(why);
            return refused(&outgoing, why.code(), &why.to_string());
        }
    };
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
    let lease = |grant: &Grant| Lease::new(grant.rest_seconds, Instant::now());
    let (began, watched) = watch::channel(None);
    let mut guest = Guest {
        room,
        session,
        lease: grant.as_ref().map(lease),
        grant,
        began,
        outgoing: outgoing.clone(),
        shared,
    };
    tokio::select! {
        left = guest.talk(&mut reader, hello, &place, entered.undecided) => left,
        () = ended(watched, &place) => {
            let message = "the token's time is over, and no newer one came";
            refused(&outgoing, ErrorCode::Unauthorized, message)
        }
    }
}

/// Comes when the time of a session's token is over, having asked for a newer one before; never
/// where no token is asked for.
async fn ended(mut lease: watch::Receiver<Option<Lease>>, place: &Place) {
    loop {
        let known = *lease.borrow_and_update();
        // A newer token begins a new lease, and it is all looked at again.
        let asked = async {
            let Some(known) = known else {
                return pending().await;
            };
            sleep_until(known.notice).await;
            // A room that is gone ends the socket, too; and one that has no place for a letter
            // keeps nobody longer.
            let asking = place.mailbox.send(Mail::Expiring(place.session));
            let _unasked = timeout_at(known.end, asking).await;
            sleep_until(known.end).await;
        };
        tokio::select! {
            () = asked => return,
            renewed = lease.changed() => if renewed.is_err() {
                return pending().await;
            },
        }
    }
}

impl Guest<'_> {
    /// Hands on what the socket says, from its hello on, until it ends or is ended.
    async fn talk(
        &mut self,
        reader: &mut Reader<'_>,
        hello: Read,
        place: &Place,
        all: Arc<Semaphore>,
    ) -> Left {
        let own = Arc::new(Semaphore::new(UNDECIDED_BYTES_MAX));
        let all_max = self
            .shared
            .limits
            .mailbox_bytes_max
            .min(UNDECIDED_BYTES_MAX);
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
            self.shared.metrics.message();
            let is_push = matches!(message.message, ToRoom::Push { .. });
            let mail = Mail::Message {
                session: self.session,
                speaker: self.grant.as_ref().map_or(Speaker::ANYBODY, Grant::speaker),
                message: message.message,
                undecided: Undecided {
                    pushed: is_push.then(Instant::now),
                    _own: own,
                    _all: all,
                },
            };
            if place.mailbox.send(mail).await.is_err() {
                return Left::Ending;
            }
            if let Some(lease) = self.lease.take() {
                self.began.send_replace(Some(lease));
            }
            message = match reader.next(self.shared.limits.message_bytes_max).await {
                Ok(message) => message,
                Err(end) => return tell(end, &self.outgoing),
            };
            let (ToRoom::Auth { token }, Some(grant), Some(auth)) =
                (&message.message, &mut self.grant, &self.shared.auth)
            else {
                continue;
            };
            if message.bytes > HELLO_BYTES_MAX {
                return refused(&self.outgoing, ErrorCode::TooLarge, TOO_LARGE);
            }
            match auth.renew(grant, token, &self.room, auth::wall_clock()) {
                Ok(newer) => {
                    let lease = Lease::new(newer.rest_seconds, Instant::now());
                    self.began.send_replace(Some(lease));
                    *grant = newer;
                }
                Err(why) => {
                    self.shared.metrics.refused_token(why);
                    return refused(&self.outgoing, why.code(), &why.to_string());
                }
            }
            // The room never sees a token, but hears at once what the session may do now.
            let token = String::new();
            message.message = ToRoom::Auth { token };
        }
    }
}

fn refused(outgoing: &Outgoing, code: ErrorCode, message: &str) -> Left {
    outgoing.refuse(code, message);
    Left::Ending
}

fn tell(end: End, outgoing: &Outgoing) -> Left {
    match end {
        End::Gone => Left::Gone,
        End::Refused(code, message) => refused(outgoing, code, message),
        End::Unreadable(code, message) => {
            outgoing.refuse(code, message);
            Left::Unreadable
        }
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, queue: &mut Queue, shared: &Shared) {
    let limits = &shared.limits;
    let Some(close) = next_close(sink, queue, limits).await else {
        return;
    };
    shared.metrics.closed(close.word);
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
    let cut = Arc::clone(&queue.cut);
    loop {
        let (message, counted) = tokio::select! {
            biased;
            () = cut.notified() => return Some(ErrorCode::Slow.into()),
            item = queue.next() => match item {
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
            () = cut.notified() => return Some(ErrorCode::Slow.into()),
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
