//! What a socket tells its room.

use crate::outgoing::Outgoing;
use crate::registry::OpenError;
use draftsync::protocol::ToRoom;
use draftsync::room::{SessionId, Speaker};
use draftsync::tree::Tree;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

/// One letter.
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
        /// Whose the session is, and what they may do.
        speaker: Speaker<Tree>,
        /// What.
        message: ToRoom<Tree>,
        /// The message's part of what may be undecided.
        undecided: Undecided,
    },
    /// Its token's time is nearly over.
    Expiring(SessionId),
    /// Its socket closed.
    Closed(SessionId),
}

/// A message's part of what a socket and its room may have undecided.
#[derive(Debug)]
pub(crate) struct Undecided {
    /// When it was read, if it is a push.
    pub(crate) pushed: Option<Instant>,
    pub(crate) _own: OwnedSemaphorePermit,
    pub(crate) _all: OwnedSemaphorePermit,
}
