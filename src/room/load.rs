//! A room from what a store has of it.

use super::{Dedupe, Entry, Room};
use crate::apply::{self, Rules};
use crate::doc::{Doc, Value};
use crate::error::PatchError;
use crate::op::Patch;
use crate::protocol::{Change, ClientId, Epoch, PatchOp, Version};
use alloc::vec::Vec;

/// What a store has of a room that somebody has written to.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<V> {
    /// The name of the room's history.
    pub epoch: Epoch,
    /// The document at some version; none when the log goes back to the seed.
    pub snapshot: Option<(Version, V)>,
    /// Changes of consecutive versions, the last of which made the head. Those up to the
    /// snapshot's version only bring clients up to date.
    pub log: Vec<Change<V>>,
    /// What the room remembers of its clients.
    pub clients: Vec<(ClientId, Dedupe<V>)>,
}

/// What a store has is no room; nothing can be decided on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// A change is missing, or stands twice.
    #[error("the stored log has version {} where {} belongs", .found.0, .expected.0)]
    Gap {
        /// The version that belongs there.
        expected: Version,
        /// The version that stands there.
        found: Version,
    },
    /// There is no snapshot, and the log does not begin with the seed.
    #[error("the stored room has neither a snapshot nor a seed")]
    NoDocument,
    /// A change does not apply to the document before it.
    #[error("the stored change of version {} does not apply: {error}", .version.0)]
    Change {
        /// The version that the change made.
        version: Version,
        /// What does not fit.
        error: PatchError,
    },
}

impl<D: Doc> Room<D> {
    /// A room as it was when the last of this became durable; nobody is in it.
    ///
    /// # Errors
    /// What is stored contradicts itself, which only a fault of the store can cause.
    pub fn load(stored: Stored<D::Value>) -> Result<Self, StoredError> {
        let mut room = Self::new(stored.epoch);
        room.clients = stored.clients.into_iter().collect();
        let mut doc = None;
        if let Some((version, value)) = stored.snapshot {
            room.head = version;
            doc = Some(D::new(value));
        }
        // Where the log begins is told by its first change; from there on it has no gap.
        let first = stored.log.first().map(|change| change.version);
        let mut expected = first.map_or(room.head, |first| {
            first.clamp(Version(1), Version(room.head.0 + 1))
        });
        for change in stored.log {
            let found = change.version;
            if found != expected {
                return Err(StoredError::Gap { expected, found });
            }
            expected = Version(found.0 + 1);
            if found > room.head {
                doc = Some(next(doc, &change)?);
                room.head = found;
            }
            // Nobody can push on a version before head any more, so its typed form is not asked
            // for again.
            room.log.push_back(Entry {
                change,
                patch: Patch::default(),
            });
        }
        if !room.log.is_empty() && expected.0 != room.head.0 + 1 {
            let found = room.head;
            return Err(StoredError::Gap { expected, found });
        }
        let doc = doc.ok_or(StoredError::NoDocument)?;
        let root = doc.root();
        (room.bytes, room.nodes) = (root.json_bytes(), root.nodes());
        room.roots.push_back(doc);
        room.relayed = room.head;
        room.prune();
        Ok(room)
    }
}

fn next<D: Doc>(doc: Option<D>, change: &Change<D::Value>) -> Result<D, StoredError> {
    match (doc, change.patch.as_slice()) {
        (Some(mut doc), patch) => match apply::write(&mut doc, patch, &Rules::RFC) {
            Ok(_) => Ok(doc),
            Err(error) => Err(StoredError::Change {
                version: change.version,
                error,
            }),
        },
        // Nothing stands before the seed, so it is no patch of anything.
        (None, [PatchOp::Replace { path, value }])
            if path.is_empty() && change.version == Version(1) =>
        {
            Ok(D::new(value.clone()))
        }
        (None, _) => Err(StoredError::NoDocument),
    }
}
