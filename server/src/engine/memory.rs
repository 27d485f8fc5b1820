//! Keeps rooms as long as the process lives.

use super::{Answer, Engine, EngineError, Snapshot};
use draftsync::protocol::{Change, ClientId, Epoch, Version};
use draftsync::room::{Append, Dedupe, Stored};
use draftsync::tree::Tree;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The engine of a demo and of tests: what is stored is gone when the process ends.
#[derive(Debug, Default)]
pub struct Memory {
    rooms: Mutex<BTreeMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    epoch: Epoch,
    head: Version,
    snapshot: Option<(Version, Tree)>,
    log: VecDeque<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
}

impl Engine for Memory {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        let stored = self.lock().get(room).map(Kept::stored);
        now(Ok(stored))
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        let mut rooms = self.lock();
        if let Some(kept) = rooms.get_mut(room) {
            return now(kept.append(epoch, append));
        }
        let mut fresh = Kept::new(epoch);
        let stored = fresh.append(epoch, append);
        if stored.is_ok() {
            rooms.insert(room.to_owned(), fresh);
        }
        now(stored)
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        if let Some(kept) = self.lock().get_mut(room).filter(|kept| kept.epoch == epoch) {
            kept.take(snapshot);
        }
        now(Ok(()))
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            head: Version(0),
            snapshot: None,
            log: VecDeque::new(),
            clients: BTreeMap::new(),
        }
    }

    fn stored(&self) -> Stored<Tree> {
        Stored {
            epoch: self.epoch,
            snapshot: self.snapshot.clone(),
            log: self.log.iter().cloned().collect(),
            clients: self.clients.clone().into_iter().collect(),
        }
    }

    fn append(&mut self, epoch: Epoch, append: Append<Tree>) -> Result<(), EngineError> {
        if self.epoch != epoch {
            return Err(EngineError::EpochChanged);
        }
        if self.head != append.head {
            return Err(EngineError::HeadMoved {
                stored: self.head.0,
                expected: append.head.0,
            });
        }
        self.head = append
            .changes
            .last()
            .map_or(self.head, |change| change.version);
        self.log.extend(append.changes);
        self.clients.insert(append.client_id, append.dedupe);
        Ok(())
    }

    fn take(&mut self, snapshot: Snapshot) {
        let stored = self.snapshot.as_ref().map(|(version, _)| *version);
        if snapshot.version > self.head || stored.is_some_and(|stored| stored >= snapshot.version) {
            return;
        }
        let forget = snapshot.forget.min(snapshot.version);
        self.log.retain(|change| change.version > forget);
        self.snapshot = Some((snapshot.version, snapshot.document));
    }
}

fn now<T: Send + 'static>(answer: Result<T, EngineError>) -> Answer<T> {
    Box::pin(std::future::ready(answer))
}
