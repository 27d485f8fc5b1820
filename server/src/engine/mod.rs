//! Where a room's history is kept.

mod disk;
mod memory;

pub use disk::{OpenFolderError, Redb};
pub use memory::Memory;

use draftsync::error::ErrorCode;
use draftsync::protocol::{Epoch, Version};
use draftsync::room::{Append, Stored};
use draftsync::tree::Tree;
use std::fmt::Debug;
use std::pin::Pin;

/// What an engine answers, later.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send>>;

/// Keeps rooms.
///
/// The order of the calls for one room is the order of what they do, whether or not the caller
/// has waited for the answers in between: a call is queued when it returns. So many appends can
/// share one write to a disk. Only a snapshot may be stored later than what was called after it.
pub trait Engine: Debug + Send + Sync + 'static {
    /// What is kept of a room; none when nobody has written to it.
    fn load(&self, room: &str) -> Answer<Option<Stored<Tree>>>;

    /// Makes an append durable, all of it or nothing, when the stored head is `append.head` and
    /// the stored history is `epoch`. A room that is not kept is at version 0 of any history.
    fn append(&self, room: &str, epoch: Epoch, append: Append<Tree>) -> Answer<()>;

    /// Takes the document of a version that is durable, so that a later load is short.
    ///
    /// Changes up to `forget` are not needed any more once it is stored. An older snapshot than
    /// the one that is stored, or one of another history, changes nothing.
    fn snapshot(&self, room: &str, epoch: Epoch, snapshot: Snapshot) -> Answer<()>;

    /// Whether there is room for more. Where there is none, changes are refused before anything
    /// is decided on them, and reading goes on.
    fn takes_writes(&self) -> bool {
        true
    }

    /// Whether the storage has failed in a way that only a new process can mend.
    fn is_broken(&self) -> bool {
        false
    }

    /// Comes when it has.
    fn broke(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

/// A document for an engine to keep.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The version that the document is at.
    pub version: Version,
    /// The document.
    pub document: Tree,
    /// The last version whose change nobody asks for any more.
    pub forget: Version,
}

/// Why an engine could not do it; nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Somebody else wrote to the room.
    #[error("the stored room is at version {stored}, the append expects {expected}")]
    HeadMoved {
        /// What is stored.
        stored: u64,
        /// What was expected.
        expected: u64,
    },
    /// The room has another history now.
    #[error("the stored room has another epoch")]
    EpochChanged,
    /// There is no room for it.
    #[error("the storage is full")]
    Full,
    /// What is stored of the room is not what was written; nobody can read or write it any more.
    #[error("the stored room is damaged: {0}")]
    Damaged(String),
    /// The storage does not work.
    #[error("the storage failed: {0}")]
    Failed(String),
}

impl EngineError {
    /// The code that the clients see.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Full => ErrorCode::StorageFull,
            _ => ErrorCode::Storage,
        }
    }
}
