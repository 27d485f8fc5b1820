//! Which rooms are open. One actor for each name, and no other.
//!
//! A room is on the list from before its actor loads it until after that actor has stored what
//! it had, so the next actor of the same name begins where the one before ended. Whoever finds
//! the door of a listed room closed waits until it is off the list, and asks again.

use crate::actor;
use crate::engine::Engine;
use crate::limits::{Limits, MAILBOX_MAX};
use crate::mail::Mail;
use crate::metrics::Metrics;
use crate::outgoing::Outgoing;
use draftsync::error::ErrorCode;
use draftsync::protocol::Epoch;
use draftsync::room::SessionId;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

#[derive(Debug, Default)]
struct Rooms {
    open: BTreeMap<String, Open>,
    generations: u64,
    sessions: u64,
}

#[derive(Clone, Debug)]
struct Open {
    /// Which actor of this name it is: an old one must not take a newer one off the list.
    generation: u64,
    mailbox: mpsc::Sender<Mail>,
    /// One permit for each byte of a message that may be undecided.
    undecided: Arc<Semaphore>,
    /// Ends when the room is off the list.
    listed: watch::Receiver<()>,
}

/// The open rooms by name.
#[derive(Debug)]
pub(crate) struct Registry {
    rooms: Mutex<Rooms>,
    engine: Arc<dyn Engine>,
    limits: Limits,
    metrics: Arc<Metrics>,
    /// What the open rooms hold, by an estimate.
    bytes: AtomicUsize,
    /// Told when rooms where nobody is have to make place for others.
    crowded: Notify,
    /// Becomes true when every room has to close that nobody is in.
    closing: watch::Sender<bool>,
    /// Told when the last room is off the list.
    empty: Notify,
}

/// Where the messages of a session go.
#[derive(Debug)]
pub(crate) struct Entered {
    /// The room's.
    pub(crate) mailbox: mpsc::Sender<Mail>,
    /// One permit for each byte that may be undecided, of all its sockets together.
    pub(crate) undecided: Arc<Semaphore>,
}

/// Why a room could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a room's epoch")]
    NoRandom,
    /// There are too many rooms, or too large ones.
    #[error("the open rooms are as many as --rooms-max or as large as --rooms-bytes-max allow")]
    Full,
    /// It could not be read.
    #[error("the room cannot be loaded")]
    NotLoaded,
}

impl OpenError {
    /// The code that the client sees.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::NoRandom | Self::Full => ErrorCode::Overloaded,
            Self::NotLoaded => ErrorCode::Storage,
        }
    }
}

/// A room's place on the list; given back when this is dropped, also by an actor that broke.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The room's name.
    pub(crate) name: String,
    generation: u64,
    registry: Arc<Registry>,
    /// What the room holds, as it said last.
    bytes: usize,
    /// Dropped last, when the room is off the list.
    _listed: watch::Sender<()>,
}

impl Listing {
    /// Says what the room holds now.
    pub(crate) fn holds(&mut self, bytes: usize) {
        let all = &self.registry.bytes;
        all.fetch_add(bytes, Ordering::Relaxed);
        all.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
    }

    /// Comes when a room where nobody is should close.
    pub(crate) async fn crowded(&self) {
        let mut closing = self.registry.closing.subscribe();
        tokio::select! {
            () = self.registry.crowded.notified() => {}
            // The registry, which this room is on, holds the sender.
            _ = closing.wait_for(|closing| *closing) => {}
        }
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.holds(0);
        let mut rooms = self.registry.lock();
        let same = |open: &Open| open.generation == self.generation;
        if rooms.open.get(&self.name).is_some_and(same) {
            rooms.open.remove(&self.name);
        }
        if rooms.open.is_empty() {
            self.registry.empty.notify_waiters();
        }
    }
}

impl Registry {
    pub(crate) fn new(engine: Arc<dyn Engine>, limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            rooms: Mutex::default(),
            engine,
            limits,
            metrics,
            bytes: AtomicUsize::new(0),
            crowded: Notify::new(),
            closing: watch::Sender::new(false),
            empty: Notify::new(),
        }
    }

    /// Where the rooms are kept.
    pub(crate) fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// A number for a new session.
    pub(crate) fn session(&self) -> SessionId {
        let mut rooms = self.lock();
        rooms.sessions += 1;
        SessionId(rooms.sessions)
    }

    /// Enters a room, which is opened when it is not open.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        name: &str,
        session: SessionId,
        outgoing: &Outgoing,
    ) -> Result<Entered, OpenError> {
        loop {
            let mut open = self.open(name)?;
            let (opened, answer) = oneshot::channel();
            let mail = Mail::Open {
                session,
                outgoing: outgoing.clone(),
                opened,
            };
            if open.mailbox.send(mail).await.is_ok()
                && let Ok(answer) = answer.await
            {
                return answer.map(|()| Entered {
                    mailbox: open.mailbox,
                    undecided: open.undecided,
                });
            }
            // The room closed between the look and the letter. An error is the news waited for.
            let _off_the_list = open.listed.changed().await;
        }
    }

    /// Closes the rooms that nobody is in, each when it has stored its document, and waits until
    /// none is open.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        loop {
            let emptied = self.empty.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// How many rooms are open.
    pub(crate) fn len(&self) -> usize {
        self.lock().open.len()
    }

    fn open(self: &Arc<Self>, name: &str) -> Result<Open, OpenError> {
        let mut rooms = self.lock();
        if let Some(open) = rooms.open.get(name) {
            return Ok(open.clone());
        }
        let held = self.bytes.load(Ordering::Relaxed);
        if rooms.open.len() >= self.limits.rooms_max || held >= self.limits.rooms_bytes_max {
            // Who comes again finds the place of those that close now.
            self.crowded.notify_waiters();
            return Err(OpenError::Full);
        }
        let epoch = random_epoch()?;
        rooms.generations += 1;
        let generation = rooms.generations;
        let mailbox_bytes = self.limits.mailbox_bytes_max.min(Semaphore::MAX_PERMITS);
        let (mailbox, mails) = mpsc::channel(MAILBOX_MAX);
        let (sender, listed) = watch::channel(());
        let open = Open {
            generation,
            mailbox,
            undecided: Arc::new(Semaphore::new(mailbox_bytes)),
            listed,
        };
        rooms.open.insert(name.to_owned(), open.clone());
        let listing = Listing {
            name: name.to_owned(),
            generation,
            registry: Arc::clone(self),
            bytes: 0,
            _listed: sender,
        };
        let (engine, metrics) = (Arc::clone(&self.engine), Arc::clone(&self.metrics));
        // A runtime that stops drops the task at once, and its listing takes the lock.
        drop(rooms);
        tokio::spawn(actor::run(
            listing,
            epoch,
            engine,
            self.limits,
            metrics,
            mails,
        ));
        Ok(open)
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_epoch() -> Result<Epoch, OpenError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| OpenError::NoRandom)?;
    Ok(Epoch(u128::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests;
