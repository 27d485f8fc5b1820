//! One task for each open room: the room decides, this carries out.
//!
//! It loads the room, lives as long as somebody is there and some time longer, and stores the
//! document before it ends. The registry opens no second one before this one has ended.

use crate::engine::{Answer, Engine, EngineError, Snapshot};
use crate::limits::{APPENDS_MAX, Limits, SNAPSHOT_BYTES, SNAPSHOT_CHANGES};
use crate::loading::{LoadError, load, relayed};
use crate::log_size::LogSize;
use crate::mail::{Mail, Undecided};
use crate::metrics::Metrics;
use crate::outgoing::{Outgoing, encode};
use crate::registry::{Listing, OpenError};
use axum::extract::ws::Utf8Bytes;
use draftsync::error::ErrorCode;
use draftsync::protocol::{Change, Epoch, ToClient, ToRoom, Version};
use draftsync::room::{Room, RoomOutput, SessionId};
use draftsync::tree::Tree;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

/// Runs a room until it is not needed any more, or until its storage fails.
pub(crate) async fn run(
    listing: Listing,
    epoch: Epoch,
    engine: Arc<dyn Engine>,
    limits: Limits,
    metrics: Arc<Metrics>,
    mut mailbox: mpsc::Receiver<Mail>,
) {
    let loading = AssertUnwindSafe(load(&listing.name, epoch, &*engine)).catch_unwind();
    let mut actor = match loading.await.unwrap_or(Err(LoadError::Panicked)) {
        Ok((room, log)) => Actor::new(listing, room, log, engine, limits, metrics),
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

/// What happens when everything is durable that was decided before.
#[derive(Debug)]
enum After {
    /// The socket of a session is gone, or going: it has had its answers.
    Leave(SessionId),
    /// A session is to bring a newer token; it has been welcomed.
    Notice(SessionId),
    /// Its socket and its room may have this much undecided again.
    Decided(Undecided),
    /// The engine may have this document.
    Store(Snapshot),
}

struct Actor {
    listing: Listing,
    /// When the room's time began.
    began: Instant,
    room: Room<Tree>,
    sessions: BTreeMap<SessionId, Outgoing>,
    engine: Arc<dyn Engine>,
    limits: Limits,
    metrics: Arc<Metrics>,
    /// The appends that are not durable yet, in order.
    appends: FuturesOrdered<Answer<()>>,
    /// How many appends there were, and how many of them are durable.
    appended: u64,
    durable: u64,
    /// What waits, each for the append with its number.
    after: VecDeque<(u64, After)>,
    log: LogSize,
    /// The version of the newest snapshot, and the bytes of the changes since.
    snapshot: Version,
    since_snapshot: usize,
    /// The newest snapshot on its way into the engine; one at a time.
    storing: Option<JoinHandle<()>>,
}

impl Drop for Actor {
    fn drop(&mut self) {
        // Nobody is here any more when a room ends; somebody is when its task broke. Whether
        // what they said last was decided, they learn when they come again.
        for outgoing in self.sessions.values() {
            let message = "the room broke; come again and hear what was decided";
            outgoing.refuse(ErrorCode::Unavailable, message);
        }
    }
}

impl Actor {
    fn new(
        listing: Listing,
        mut room: Room<Tree>,
        log: LogSize,
        engine: Arc<dyn Engine>,
        limits: Limits,
        metrics: Arc<Metrics>,
    ) -> Self {
        let snapshot = room.head();
        room.set_message_bytes_max(limits.message_bytes_max);
        Self {
            listing,
            began: Instant::now(),
            room,
            sessions: BTreeMap::new(),
            engine,
            limits,
            metrics,
            appends: FuturesOrdered::new(),
            appended: 0,
            durable: 0,
            after: VecDeque::new(),
            log,
            snapshot,
            since_snapshot: 0,
            storing: None,
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
            let wake = self.room.poll_timeout();
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
                () = sleep_until(self.began + wake.unwrap_or_default()), if wake.is_some() => {
                    self.room.handle_time(self.began.elapsed());
                    self.carry_out();
                }
                () = sleep(rest), if empty => return Ok(()),
                () = self.listing.crowded(), if empty => return Ok(()),
            }
            // Nobody is here and nobody wrote: what is left is worth nothing.
            if self.sessions.is_empty() && self.room.head().0 == 0 && mailbox.is_empty() {
                return Ok(());
            }
            self.snapshot_now_and_then();
            self.listing
                .holds(self.room.document_bytes() + self.log.bytes());
        }
    }

    fn take(&mut self, mail: Mail) {
        self.room.handle_time(self.began.elapsed());
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
                speaker,
                message,
                undecided,
            } => {
                let writes =
                    speaker.writes && matches!(message, ToRoom::Push { .. } | ToRoom::Seed { .. });
                // A session that was closed may have sent more before it heard of that.
                if self.sessions.contains_key(&session) {
                    if writes && !self.engine.takes_writes() {
                        self.turn_away(session);
                    } else {
                        self.room.handle_message_of(session, &speaker, message);
                    }
                }
                self.carry_out();
                self.later(After::Decided(undecided));
            }
            Mail::Expiring(session) => self.later(After::Notice(session)),
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
            match what {
                After::Leave(session) => {
                    self.sessions.remove(&session);
                }
                After::Notice(session) => self.send(session, &ToClient::AuthExpiring),
                After::Decided(undecided) => {
                    if let Some(pushed) = undecided.pushed {
                        self.metrics.decided(pushed.elapsed());
                    }
                }
                After::Store(snapshot) => self.storing = Some(tokio::spawn(self.store(snapshot))),
            }
        }
    }

    /// The storage is full, so nothing is decided on what this session says; the others read on.
    fn turn_away(&mut self, session: SessionId) {
        if let Some(outgoing) = self.sessions.remove(&session) {
            let message = "the server's storage is full; the change stays pending";
            outgoing.refuse(ErrorCode::StorageFull, message);
        }
        self.room.handle_closed(session);
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
                RoomOutput::Show(sessions, client_id, message) => {
                    let Some(text) = encode(&message) else {
                        continue;
                    };
                    for session in sessions {
                        if let Some(outgoing) = self.sessions.get(&session) {
                            outgoing.face(client_id, text.clone());
                        }
                    }
                }
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
        self.since_snapshot += bytes;
        self.log.push(version, bytes);
        self.log.forget_to(self.room.first_logged());
        if let Some(newest) = self.log.newest_within(self.limits.log_bytes_max) {
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
        self.metrics.said(message);
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

    /// Hands the document to the engine when much came since the last time; not before all that
    /// it has is durable.
    fn snapshot_now_and_then(&mut self) {
        let bytes_max = SNAPSHOT_BYTES.max(self.room.document_bytes());
        let due = self.room.head().0 - self.snapshot.0 >= SNAPSHOT_CHANGES
            || self.since_snapshot >= bytes_max;
        let storing = self
            .storing
            .as_ref()
            .is_some_and(|task| !task.is_finished());
        if due
            && !storing
            && let Some(snapshot) = self.snapshot()
        {
            self.later(After::Store(snapshot));
        }
    }

    async fn store_document(&mut self) {
        if self.room.head() > self.snapshot
            && let Some(snapshot) = self.snapshot()
        {
            self.store(snapshot).await;
        }
    }

    fn snapshot(&mut self) -> Option<Snapshot> {
        let document = self.room.doc()?.clone();
        self.snapshot = self.room.head();
        self.since_snapshot = 0;
        Some(Snapshot {
            version: self.snapshot,
            document,
            forget: self.room.first_logged(),
        })
    }

    fn store(&self, snapshot: Snapshot) -> impl Future<Output = ()> + use<> {
        let (name, epoch) = (&self.listing.name, self.room.epoch());
        let stored = self.engine.snapshot(name, epoch, snapshot);
        async move {
            if let Err(error) = stored.await {
                // The log is whole without it, so the room goes on.
                tracing::warn!(%error, "a snapshot could not be stored");
            }
        }
    }

    /// Tells everybody that nothing was decided, and waits until the engine is done with it.
    async fn fail(&mut self, error: &EngineError) {
        tracing::error!(%error, "the storage failed; a room closes and nothing is decided");
        for outgoing in std::mem::take(&mut self.sessions).into_values() {
            let message = "the room's storage failed; the change stays pending";
            outgoing.refuse(error.code(), message);
        }
        while self.appends.next().await.is_some() {}
    }
}
