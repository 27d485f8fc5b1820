//! Keeps rooms as long as the process lives.

use super::{Answer, Engine, EngineError, Snapshot};
use crate::limits::ENGINE_BYTES_MAX;
use draftsync::doc::Value as _;
use draftsync::protocol::{Change, ClientId, Epoch, MESSAGE_BYTES_MAX, PatchOp, Version};
use draftsync::room::{Append, DOCUMENT_BYTES_MAX, Dedupe, Stored};
use draftsync::tree::Tree;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is kept free, so that what was decided before the engine was full still has its place.
const RESERVE_BYTES: usize = DOCUMENT_BYTES_MAX + 8 * MESSAGE_BYTES_MAX;
/// What a change, a client or an operation costs besides its texts, roughly.
const ENTRY_BYTES: usize = 128;

/// The engine of a demo and of tests: what is stored is gone when the process ends.
#[derive(Debug)]
pub struct Memory {
    rooms: Mutex<Rooms>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Rooms {
    kept: BTreeMap<String, Kept>,
    /// What all of them take together.
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    epoch: Epoch,
    head: Version,
    snapshot: Option<(Version, Tree)>,
    log: VecDeque<Change<Tree>>,
    clients: BTreeMap<ClientId, Dedupe<Tree>>,
    /// What the snapshot, the log and the clients take.
    bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_bytes_max(ENGINE_BYTES_MAX)
    }
}

impl Engine for Memory {
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>> {
        let stored = self.lock().kept.get(room).map(Kept::stored);
        now(Ok(stored))
    }

    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()> {
        let mut rooms = self.lock();
        let more = append_bytes(&append);
        if rooms.bytes.saturating_add(more) > self.bytes_max {
            return now(Err(EngineError::Full));
        }
        if let Some(kept) = rooms.kept.get_mut(room) {
            let before = kept.bytes;
            let stored = kept.append(epoch, append);
            let after = kept.bytes;
            rooms.bytes = rooms.bytes + after - before;
            return now(stored);
        }
        let mut fresh = Kept::new(epoch);
        let stored = fresh.append(epoch, append);
        if stored.is_ok() {
            rooms.bytes += fresh.bytes;
            rooms.kept.insert(room.to_owned(), fresh);
        }
        now(stored)
    }

    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()> {
        let mut rooms = self.lock();
        if let Some(kept) = rooms.kept.get_mut(room).filter(|kept| kept.epoch == epoch) {
            let before = kept.bytes;
            kept.take(snapshot);
            let after = kept.bytes;
            rooms.bytes = rooms.bytes + after - before;
        }
        now(Ok(()))
    }

    fn takes_writes(&self) -> bool {
        self.bytes().saturating_add(RESERVE_BYTES) <= self.bytes_max
    }
}

impl Memory {
    /// An engine that keeps at most so many bytes, by a rough count, of all rooms together.
    ///
    /// It takes no more writes some mebibytes before, for what is already on its way.
    pub fn with_bytes_max(bytes_max: usize) -> Self {
        Self {
            rooms: Mutex::default(),
            bytes_max,
        }
    }

    /// How many bytes are kept, by that count.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
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
            bytes: 0,
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
        self.bytes += append_bytes(&append);
        self.log.extend(append.changes);
        let before = self.clients.insert(append.client_id, append.dedupe);
        self.bytes -= before.as_ref().map_or(0, dedupe_bytes);
        Ok(())
    }

    fn take(&mut self, snapshot: Snapshot) {
        let stored = self.snapshot.as_ref().map(|(version, _)| *version);
        if snapshot.version > self.head || stored.is_some_and(|stored| stored >= snapshot.version) {
            return;
        }
        let forget = snapshot.forget.min(snapshot.version);
        while let Some(change) = self.log.pop_front_if(|change| change.version <= forget) {
            self.bytes -= change_bytes(&change);
        }
        self.bytes += snapshot.document.json_bytes();
        let before = self.snapshot.replace((snapshot.version, snapshot.document));
        self.bytes -= before.map_or(0, |(_, document)| document.json_bytes());
    }
}

fn append_bytes(append: &Append<Tree>) -> usize {
    append.changes.iter().map(change_bytes).sum::<usize>() + dedupe_bytes(&append.dedupe)
}

fn change_bytes(change: &Change<Tree>) -> usize {
    ENTRY_BYTES + patch_bytes(&change.patch)
}

fn dedupe_bytes(dedupe: &Dedupe<Tree>) -> usize {
    let results = dedupe.results.iter();
    let result = |patch: Option<&Vec<PatchOp<Tree>>>| {
        ENTRY_BYTES + patch.map_or(0, |patch| patch_bytes(patch))
    };
    let owner = dedupe.owner.as_ref().map_or(0, |owner| owner.len());
    ENTRY_BYTES
        + owner
        + results
            .map(|verdict| result(verdict.patch.as_ref()) + ENTRY_BYTES * verdict.lost.len())
            .sum::<usize>()
}

fn patch_bytes(patch: &[PatchOp<Tree>]) -> usize {
    let texts = |op: &PatchOp<Tree>| {
        op.path().len()
            + match op {
                PatchOp::Add { value, .. }
                | PatchOp::Replace { value, .. }
                | PatchOp::Test { value, .. }
                | PatchOp::StrIns { str: value, .. } => value.json_bytes(),
                PatchOp::Move { from, .. } | PatchOp::Copy { from, .. } => from.len(),
                _ => 0,
            }
    };
    patch.iter().map(|op| ENTRY_BYTES + texts(op)).sum()
}

fn now<T: Send + 'static>(answer: Result<T, EngineError>) -> Answer<T> {
    Box::pin(std::future::ready(answer))
}
