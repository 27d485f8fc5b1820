//! One task for each open room: the room decides, this carries out.
//!
//! It loads the room, lives as long as somebody is there and some time longer, and stores the
//! document before it ends. The registry opens no second one before this one has ended.

use crate::engine::{Answer, Engine, EngineError, Snapshot};
use crate::limits::{APPENDS_MAX, LOG_BYTES_MAX, Limits, SNAPSHOT_CHANGES};
use crate::log_size::LogSize;
use crate::outgoing::{Outgoing, encode};
use crate::registry::{Listing, OpenError};
use axum::extract::ws::Utf8Bytes;
use draftsync::error::ErrorCode;
use draftsync::protocol::{Change, Epoch, ToClient, ToRoom, Version};
use draftsync::room::{Room, RoomOutput, SessionId, StoredError};
use draftsync::tree::Tree;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep};

/// What a socket tells its room.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A new session, whose first message follows.
    Open {
        /// Its number.
        session: SessionId,
        /// Where it hears.
        outgoing: Outgoing,
        /// Answered when the session is in; dropped when the room closed meanwhile.
        opened: oneshot::Sender<Result<(), OpenError>>,
    },
    /// It says something.
    Message {
        /// Who.
        session: SessionId,
        /// What.
        message: ToRoom<Tree>,
        /// The message's part of what its socket may have undecided.
        undecided: OwnedSemaphorePermit,
    },
    /// Its socket closed.
    Closed(SessionId),
}

/// Why a room could not be loaded.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Stored(#[from] StoredError),
}

/// Runs a room until it is not needed any more, or until its storage fails.
pub(crate) async fn run(
    listing: Listing,
    epoch: Epoch,
    engine: Arc<dyn Engine>,
    limits: Limits,
    mut mailbox: mpsc::Receiver<Mail>,
) {
    let mut actor = match load(&listing, epoch, &*engine).await {
        Ok((room, log)) => Actor::new(listing, room, log, engine, limits),
        Err(error) => {
            tracing::error!(%error, "a room could not be loaded");
            mailbox.close();
            while let Some(mail) = mailbox.recv().await {
                if let Mail::Open { opened, .. } = mail {
                    // Who does not wait for the answer does not need it.
                    let _gone = opened.send(Err(OpenError::NotLoaded));
                }
            }
            return;
        }
    };
    let lived = actor.live(&mut mailbox).await;
    // Whoever comes now finds the door closed, waits for the end, and opens the room again.
    mailbox.close();
    match lived {
        Ok(()) => actor.store_document().await,
        Err(error) => actor.fail(&error).await,
    }
}

async fn load(
    listing: &Listing,
    epoch: Epoch,
    engine: &dyn Engine,
) -> Result<(Room<Tree>, LogSize), LoadError> {
    let mut log = LogSize::default();
    let Some(stored) = engine.load(&listing.name).await? else {
        return Ok((Room::new(epoch), log));
    };
    for change in &stored.log {
        log.push(
            change.version,
            relayed(change.clone()).map_or(0, |text| text.len()),
        );
    }
    let room = Room::load(stored)?;
    Ok((room, log))
}

/// What happens when everything is durable that was decided before.
#[derive(Debug)]
enum After {
    /// The socket of a session is gone, or going: it has had its answers.
    Leave(SessionId),
    /// The socket may have this much undecided again.
    Decided(#[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit),
}

struct Actor {
    listing: Listing,
    room: Room<Tree>,
    sessions: BTreeMap<SessionId, Outgoing>,
    engine: Arc<dyn Engine>,
    limits: Limits,
    /// The appends that are not durable yet, in order.
    appends: FuturesOrdered<Answer<()>>,
    /// How many appends there were, and how many of them are durable.
    appended: u64,
    durable: u64,
    /// What waits, each for the append with its number.
    after: VecDeque<(u64, After)>,
    log: LogSize,
    /// The version of the newest snapshot.
    snapshot: Version,
}

impl Actor {
    fn new(
        listing: Listing,
        room: Room<Tree>,
        log: LogSize,
        engine: Arc<dyn Engine>,
        limits: Limits,
    ) -> Self {
        let snapshot = room.head();
        Self {
            listing,
            room,
            sessions: BTreeMap::new(),
            engine,
            limits,
            appends: FuturesOrdered::new(),
            appended: 0,
            durable: 0,
            after: VecDeque::new(),
            log,
            snapshot,
        }
    }

    async fn live(&mut self, mailbox: &mut mpsc::Receiver<Mail>) -> Result<(), EngineError> {
        let mut empty_since = Instant::now();
        loop {
            let empty = self.sessions.is_empty() && self.appends.is_empty();
            if !empty {
                empty_since = Instant::now();
            }
            let rest = self.limits.room_idle.saturating_sub(empty_since.elapsed());
            tokio::select! {
                biased;
                Some(stored) = self.appends.next() => {
                    stored?;
                    self.durable += 1;
                    self.room.handle_durable();
                    self.carry_out();
                }
                mail = mailbox.recv(), if self.appends.len() < APPENDS_MAX => {
                    // The registry holds a sender as long as the room is listed.
                    let Some(mail) = mail else { return Ok(()) };
                    self.take(mail);
                    // Lets the sockets write before more is put into their queues.
                    tokio::task::yield_now().await;
                }
                () = sleep(rest), if empty => return Ok(()),
            }
            // Nobody is here and nobody wrote: what is left is worth nothing.
            if self.sessions.is_empty() && self.room.head().0 == 0 && mailbox.is_empty() {
                return Ok(());
            }
            self.snapshot_now_and_then();
        }
    }

    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Open {
                session,
                outgoing,
                opened,
            } => {
                if opened.send(Ok(())).is_ok() {
                    self.sessions.insert(session, outgoing);
                }
            }
            Mail::Message {
                session,
                message,
                undecided,
            } => {
                // A session that was closed may have sent more before it heard of that.
                if self.sessions.contains_key(&session) {
                    self.room.handle_message(session, message);
                }
                self.carry_out();
                self.later(After::Decided(undecided));
            }
            Mail::Closed(session) => {
                self.room.handle_closed(session);
                self.carry_out();
                self.later(After::Leave(session));
            }
        }
    }

    fn later(&mut self, what: After) {
        self.after.push_back((self.appended, what));
        self.release();
    }

    fn release(&mut self) {
        while let Some((_, what)) = self.after.pop_front_if(|(at, _)| *at <= self.durable) {
            if let After::Leave(session) = what {
                self.sessions.remove(&session);
            }
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                RoomOutput::Append(append) => {
                    let (name, epoch) = (&self.listing.name, self.room.epoch());
                    let stored = self.engine.append(name, epoch, append);
                    self.appends.push_back(stored);
                    self.appended += 1;
                }
                RoomOutput::Send(session, message) => self.send(session, &message),
                RoomOutput::Relay(sessions, change) => self.relay(sessions, change),
                RoomOutput::Close(session, code) => {
                    if let Some(outgoing) = self.sessions.remove(&session) {
                        outgoing.close(code);
                    }
                }
            }
        }
        self.release();
    }

    fn relay(&mut self, sessions: Vec<SessionId>, change: Change<Tree>) {
        let version = change.version;
        let text = relayed(change);
        let bytes = text.as_ref().map_or(0, |text| text.len());
        self.log.push(version, bytes);
        self.log.forget_to(self.room.first_logged());
        if let Some(newest) = self.log.newest_within(LOG_BYTES_MAX) {
            let newer = (self.room.head().0 - version.0) as usize;
            self.room.trim(newest + newer);
            self.log.forget_to(self.room.first_logged());
        }
        let Some(text) = text else { return };
        for session in sessions {
            self.deliver(session, text.clone());
        }
    }

    fn send(&mut self, session: SessionId, message: &ToClient<Tree>) {
        let Some(text) = encode(message) else {
            return;
        };
        if matches!(message, ToClient::Welcome(_)) {
            // Bounded by the document's limits, and nobody can be slow before the first frame.
            if let Some(outgoing) = self.sessions.get(&session) {
                outgoing.uncounted(text);
            }
        } else {
            self.deliver(session, text);
        }
    }

    fn deliver(&mut self, session: SessionId, text: Utf8Bytes) {
        let Some(outgoing) = self.sessions.get(&session) else {
            return;
        };
        if outgoing.frame(text).is_err() {
            outgoing.cut_off();
            self.sessions.remove(&session);
            self.room.handle_closed(session);
        }
    }

    /// Hands the document to the engine when many changes came since the last time.
    fn snapshot_now_and_then(&mut self) {
        if self.room.head().0 - self.snapshot.0 < SNAPSHOT_CHANGES || !self.appends.is_empty() {
            return;
        }
        if let Some(stored) = self.snapshot() {
            tokio::spawn(async move { told(stored.await) });
        }
    }

    async fn store_document(&mut self) {
        if self.room.head() > self.snapshot
            && let Some(stored) = self.snapshot()
        {
            told(stored.await);
        }
    }

    /// Only while every decision is durable, for the document has all of them.
    fn snapshot(&mut self) -> Option<Answer<()>> {
        let snapshot = Snapshot {
            version: self.room.head(),
            document: self.room.doc()?.clone(),
            forget: self.room.first_logged(),
        };
        self.snapshot = snapshot.version;
        let (name, epoch) = (&self.listing.name, self.room.epoch());
        Some(self.engine.snapshot(name, epoch, snapshot))
    }

    /// Tells everybody that nothing was decided, and waits until the engine is done with it.
    async fn fail(&mut self, error: &EngineError) {
        tracing::error!(%error, "the storage failed; a room closes and nothing is decided");
        for outgoing in std::mem::take(&mut self.sessions).into_values() {
            let message = "the room's storage failed; the change stays pending";
            outgoing.refuse(ErrorCode::Storage, message);
        }
        while self.appends.next().await.is_some() {}
    }
}

/// A change as its frame; one text for all who read it.
fn relayed(change: Change<Tree>) -> Option<Utf8Bytes> {
    encode(&ToClient::Change(change))
}

fn told(stored: Result<(), EngineError>) {
    if let Err(error) = stored {
        // The log is whole without it, so the room goes on.
        tracing::warn!(%error, "a snapshot could not be stored");
    }
}
