//! Where a room's history is kept.

mod memory;

pub use memory::Memory;

use draftsync::protocol::Epoch;
use draftsync::room::Append;
use draftsync::tree::Tree;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

/// What an engine answers, later.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), EngineError>> + Send + 'a>>;

/// Makes appends of rooms durable.
///
/// A room is open from its first session on and, once written to, as long as the server runs;
/// so nothing is read back yet.
pub trait Engine: Debug + Send + Sync + 'static {
    /// Makes an append durable, all of it or nothing, when the stored head is `append.head`.
    ///
    /// An append on version 0 begins the history `epoch`, in place of any other.
    fn append<'a>(&'a self, room: &'a str, epoch: Epoch, append: &'a Append<Tree>) -> Answer<'a>;
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
    /// The storage does not work.
    #[error("the storage failed: {0}")]
    Failed(String),
}
