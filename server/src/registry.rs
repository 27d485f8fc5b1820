//! Which rooms are open. One actor for each name, and no other.

use crate::actor::{Actor, Mail};
use crate::engine::Engine;
use crate::limits::MAILBOX_MAX;
use crate::outgoing::Outgoing;
use draftsync::protocol::Epoch;
use draftsync::room::SessionId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

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
}

/// The open rooms by name.
#[derive(Debug)]
pub(crate) struct Registry {
    rooms: Mutex<Rooms>,
    engine: Arc<dyn Engine>,
}

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random bytes for a room's epoch")]
pub(crate) struct NoRandom;

impl Registry {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Self {
        Self {
            rooms: Mutex::default(),
            engine,
        }
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
    ) -> Result<mpsc::Sender<Mail>, NoRandom> {
        loop {
            let mailbox = self.open(name)?;
            let (opened, answer) = oneshot::channel();
            let mail = Mail::Open {
                session,
                outgoing: outgoing.clone(),
                opened,
            };
            if mailbox.send(mail).await.is_ok() && answer.await.is_ok() {
                return Ok(mailbox);
            }
            // The room closed between the look and the letter, and is off the list by now.
        }
    }

    /// Takes a room that closes off the list.
    pub(crate) fn forget(&self, name: &str, generation: u64) {
        let mut rooms = self.lock();
        let same = |open: &Open| open.generation == generation;
        if rooms.open.get(name).is_some_and(same) {
            rooms.open.remove(name);
        }
    }

    /// How many rooms are open.
    pub(crate) fn len(&self) -> usize {
        self.lock().open.len()
    }

    fn open(self: &Arc<Self>, name: &str) -> Result<mpsc::Sender<Mail>, NoRandom> {
        let mut rooms = self.lock();
        if let Some(open) = rooms.open.get(name) {
            return Ok(open.mailbox.clone());
        }
        let epoch = random_epoch()?;
        rooms.generations += 1;
        let generation = rooms.generations;
        let (mailbox, mails) = mpsc::channel(MAILBOX_MAX);
        let open = Open {
            generation,
            mailbox: mailbox.clone(),
        };
        rooms.open.insert(name.to_owned(), open);
        let engine = Arc::clone(&self.engine);
        let actor = Actor::new(name.to_owned(), generation, epoch, engine, Arc::clone(self));
        tokio::spawn(actor.run(mails));
        Ok(mailbox)
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_epoch() -> Result<Epoch, NoRandom> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(Epoch(u128::from_le_bytes(bytes)))
}
